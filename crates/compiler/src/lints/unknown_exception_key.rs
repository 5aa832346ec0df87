//! # unknown-exception-key
//!
//! Falco warns about unknown keys of items, but not about those of exceptions in them.
//!
//! ## Bad
//!
//! ```yaml
//! exceptions:
//!   - name: builds
//!     fields: proc.name
//!     value: [make, ninja]
//! ```
//!
//! ## Good
//!
//! ```yaml
//! exceptions:
//!   - name: builds
//!     fields: proc.name
//!     values: [make, ninja]
//! ```
//!
//! ## Why
//!
//! Without `values` the exception excepts nothing.

use crate::lints::{Lint, LintCategory};
use crate::options::LintLevel;

/// See the module's documentation.
pub static LINT: Lint = Lint {
    code: "unknown-exception-key",
    category: LintCategory::Correctness,
    level: LintLevel::Warn,
    summary: "an exception has a key that Falco ignores",
    source: include_str!("unknown_exception_key.rs"),
};

#[cfg(test)]
mod tests {
    use crate::fixture::check;

    #[test]
    fn a_misspelt_key_is_found() {
        check(
            r#"
- rule: r
  desc: d
  condition: evt.type = open
  output: x
  priority: INFO
  exceptions:
    - name: e
      fields: proc.name
      value: [a]
#     ^^^^^ warning: an exception has no key `value`, and Falco ignores it without a word; did you mean `values`?
"#,
        );
    }
}
