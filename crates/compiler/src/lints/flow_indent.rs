//! # flow-indent
//!
//! YAML wants every line of `[ … ]` and `{ … }` deeper than the key that it belongs to. Falco does not mind, and its own rules put
//! the closing bracket under the key, so this lint is off unless it is asked for.
//!
//! ## Bad
//!
//! ```yaml
//! - list: shells
//!   items: [
//!     bash, zsh
//!   ]
//! ```
//!
//! ## Good
//!
//! ```yaml
//! - list: shells
//!   items: [
//!     bash, zsh
//!     ]
//! ```
//!
//! ## Why
//!
//! Strict YAML tools refuse the file.

use crate::lints::{Lint, LintCategory};
use crate::options::LintLevel;

/// See the module's documentation.
pub static LINT: Lint = Lint {
    code: "flow-indent",
    category: LintCategory::Style,
    level: LintLevel::Allow,
    summary: "a line of a flow collection is not indented",
    source: include_str!("flow_indent.rs"),
};
