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

#[cfg(test)]
mod tests {
    use crate::options::{LintLevel, Options};
    use crate::{SourceFile, compile};

    #[test]
    fn it_speaks_when_asked() {
        let mut options = Options::new(std::sync::Arc::new(falco_catalog::Catalog::builtin()));
        let file = SourceFile::new("r.yaml", "- list: l\n  items: [\n    a\n  ]\n");
        let codes = |options: &Options| {
            let found = compile(std::slice::from_ref(&file), options).diagnostics();
            found.iter().map(|d| d.code).collect::<Vec<_>>()
        };
        assert_eq!(codes(&options), ["LOAD_UNUSED_LIST"]);
        options.lints.set("flow-indent", LintLevel::Warn);
        assert_eq!(codes(&options), ["LOAD_UNUSED_LIST", "flow-indent"]);
    }
}
