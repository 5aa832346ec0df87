//! # output-tail
//!
//! A `%` token of an output is the longest text that names a field. What follows is literal, so that a misspelt ending or an argument
//! that the field does not take is printed instead of being refused.
//!
//! ## Bad
//!
//! ```yaml
//! output: "%proc.namee opened %fd.name[0]"
//! ```
//!
//! ## Good
//!
//! ```yaml
//! output: "%proc.name opened %fd.name"
//! ```
//!
//! ## Why
//!
//! The alert shows `cate opened /etc/passwd[0]`.

use crate::lints::{Lint, LintCategory};
use crate::options::LintLevel;

/// See the module's documentation.
pub static LINT: Lint = Lint {
    code: "output-tail",
    category: LintCategory::Suspicious,
    level: LintLevel::Warn,
    summary: "text right behind a field of an output is printed as it stands",
    source: include_str!("output_tail.rs"),
};

#[cfg(test)]
mod tests {
    use crate::fixture::check;

    #[test]
    fn endings_and_arguments_are_found() {
        check(
            r#"
- rule: r
  desc: d
  condition: evt.type = open
  output: "%proc.namee %proc.name[0] %user.name.x (%fd.name). %proc.pid: %evt.num,%evt.num"
#                    ^ warning: `e` is no part of the field `%proc.name` and is printed as it stands
#                                ^^^ warning: `[0]` is no part of the field `%proc.name` and is printed as it stands
#                                              ^^ warning: `.x` is no part of the field `%user.name` and is printed as it stands
  priority: INFO
"#,
        );
    }
}
