//! # duplicate-key
//!
//! Of two equal keys in an item Falco takes the first and says nothing. Most YAML tools refuse such a file or take the last one.
//!
//! ## Bad
//!
//! ```yaml
//! - macro: reads
//!   condition: evt.type = read
//!   condition: evt.type in (read, pread)
//! ```
//!
//! ## Good
//!
//! ```yaml
//! - macro: reads
//!   condition: evt.type in (read, pread)
//! ```
//!
//! ## Why
//!
//! Whoever added the second key believes that it counts.

use crate::lints::{Lint, LintCategory};
use crate::options::LintLevel;

/// See the module's documentation.
pub static LINT: Lint = Lint {
    code: "duplicate-key",
    category: LintCategory::Correctness,
    level: LintLevel::Warn,
    summary: "a key stands twice in an item, and Falco ignores the second",
    source: include_str!("duplicate_key.rs"),
};

#[cfg(test)]
mod tests {
    use crate::fixture::check;

    #[test]
    fn the_first_one_counts() {
        check(
            r#"
- macro: m
#        ^ warning: macro `m` is not used by anything
  condition: evt.type = open
  condition: evt.type = close
# ^^^^^^^^^ warning: `condition` stands twice in this item; Falco takes the first and ignores this one
"#,
        );
    }
}
