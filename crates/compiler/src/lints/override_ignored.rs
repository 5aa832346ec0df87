//! # override-ignored
//!
//! An `override` with a single value counts as absent: the item is taken for a definition.
//!
//! ## Bad
//!
//! ```yaml
//! - macro: reads
//!   condition: or evt.type = pread
//!   override: append
//! ```
//!
//! ## Good
//!
//! ```yaml
//! - macro: reads
//!   condition: or evt.type = pread
//!   override: {condition: append}
//! ```
//!
//! ## Why
//!
//! The item replaces what it was meant to add to.

use crate::lints::{Lint, LintCategory};
use crate::options::LintLevel;

/// See the module's documentation.
pub static LINT: Lint = Lint {
    code: "override-ignored",
    category: LintCategory::Correctness,
    level: LintLevel::Warn,
    summary: "an `override` that is no mapping has no effect",
    source: include_str!("override_ignored.rs"),
};

#[cfg(test)]
mod tests {
    use crate::fixture::check;

    #[test]
    fn a_word_is_no_override() {
        check(
            r#"
- list: l
#       ^ warning: list `l` is not used by anything
  items: [a]
  override: append
#           ^^^^^^ warning: this `override` has no effect; it must be a mapping such as `items: append`
"#,
        );
    }
}
