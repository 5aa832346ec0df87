//! # lax-yaml
//!
//! Falco's YAML reader is laxer than YAML 1.2 in some places: comments glued to values, control characters, blank lines of block
//! scalars that are indented too deeply.
//!
//! ## Bad
//!
//! ```yaml
//! - list: shells
//!   items: [bash,#comment
//!     zsh]
//! ```
//!
//! ## Good
//!
//! ```yaml
//! - list: shells
//!   items: [bash, # comment
//!     zsh]
//! ```
//!
//! ## Why
//!
//! Other tools refuse the file or read something else.

use crate::lints::{Lint, LintCategory};
use crate::options::LintLevel;

/// See the module's documentation.
pub static LINT: Lint = Lint {
    code: "lax-yaml",
    category: LintCategory::Suspicious,
    level: LintLevel::Warn,
    summary: "text that Falco reads although YAML forbids it",
    source: include_str!("lax_yaml.rs"),
};

#[cfg(test)]
mod tests {
    use crate::fixture::check;

    #[test]
    fn a_comment_needs_a_blank() {
        check(
            r##"
- list: shells
#       ^^^^^^ warning: list `shells` is not used by anything
  items: ["bash"#comment
#               ^ warning: a comment needs a blank in front of its `#`
    , zsh]
"##,
        );
    }
}
