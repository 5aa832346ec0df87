//! # boolean-spelling
//!
//! Falco takes `yes`, `on`, `y` and the like for booleans, quoted or not. YAML 1.2 takes them for texts.
//!
//! ## Bad
//!
//! ```yaml
//! - rule: Shell
//!   enabled: off
//!   override: {enabled: replace}
//! ```
//!
//! ## Good
//!
//! ```yaml
//! - rule: Shell
//!   enabled: false
//!   override: {enabled: replace}
//! ```
//!
//! ## Why
//!
//! Tools that follow YAML 1.2 read something else than Falco.

use crate::lints::{Lint, LintCategory};
use crate::options::LintLevel;

/// See the module's documentation.
pub static LINT: Lint = Lint {
    code: "boolean-spelling",
    category: LintCategory::Style,
    level: LintLevel::Hint,
    summary: "a boolean is not written `true` or `false`",
    source: include_str!("boolean_spelling.rs"),
};

#[cfg(test)]
mod tests {
    use crate::fixture::check;

    #[test]
    fn only_two_spellings_are_yaml() {
        check(
            r#"
- rule: r
  desc: d
  condition: evt.type = open
  output: x
  priority: INFO
  enabled: off
#          ^^^ hint: `off` is read as `false`
  capture: "Yes"
#          ^^^^^ hint: `Yes` is read as `true`
"#,
        );
    }
}
