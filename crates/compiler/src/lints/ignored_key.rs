//! # ignored-key
//!
//! A rule with `append: true` may bring a condition and exceptions. Everything else in it is ignored without a word.
//!
//! ## Bad
//!
//! ```yaml
//! - rule: Reads
//!   condition: and proc.name = cat
//!   enabled: false
//!   append: true
//! ```
//!
//! ## Good
//!
//! ```yaml
//! - rule: Reads
//!   condition: and proc.name = cat
//!   enabled: false
//!   override: {condition: append, enabled: replace}
//! ```
//!
//! ## Why
//!
//! The rule stays enabled, and nobody notices.

use crate::lints::{Lint, LintCategory};
use crate::options::LintLevel;

/// See the module's documentation.
pub static LINT: Lint = Lint {
    code: "ignored-key",
    category: LintCategory::Correctness,
    level: LintLevel::Warn,
    summary: "`append: true` ignores a key",
    source: include_str!("ignored_key.rs"),
};

#[cfg(test)]
mod tests {
    use crate::fixture::check;

    #[test]
    fn only_conditions_and_exceptions_are_appended() {
        check(
            r#"
- rule: r
  desc: d
  condition: evt.type = open
  output: x
  priority: INFO
- rule: r
  condition: and proc.name = cat
  enabled: false
# ^^^^^^^ warning: `append: true` ignores `enabled`; write `override: {enabled: replace}` to change it
  append: true
# ^^^^^^^^^^^^ warning: `append` is deprecated; use `override`
"#,
        );
    }
}
