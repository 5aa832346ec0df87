//! # unchecked-macro
//!
//! Falco checks the fields and values of a macro only when a rule uses it. This lint looks at the macros that none does, and tells
//! what is wrong for rules of every event source.
//!
//! ## Bad
//!
//! ```yaml
//! - macro: reads_secrets
//!   condition: fd.nam startswith /run/secrets
//! ```
//!
//! ## Good
//!
//! ```yaml
//! - macro: reads_secrets
//!   condition: fd.name startswith /run/secrets
//! ```
//!
//! ## Why
//!
//! The first rule that uses the macro does not load.

use crate::lints::{Lint, LintCategory};
use crate::options::LintLevel;

/// See the module's documentation.
pub static LINT: Lint = Lint {
    code: "unchecked-macro",
    category: LintCategory::Correctness,
    level: LintLevel::Warn,
    summary: "a macro that no rule uses would compile in no rule",
    source: include_str!("unchecked_macro.rs"),
};

#[cfg(test)]
mod tests {
    use crate::fixture::check;

    #[test]
    fn what_is_wrong_everywhere_is_told() {
        check(
            r#"
- macro: m
#        ^ warning: macro `m` is not used by anything
  condition: fd.nam = x and ka.verb = get
#            ^^^^^^ warning: unknown field `fd.nam`; did you mean `fd.name`?
"#,
        );
    }
}
