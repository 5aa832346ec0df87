//! Lints: findings of ours that Falco does not report.
//!
//! One lint, one file: its documentation (also shown by tools, see [`Lint::documentation`]), what it says, its tests. To add one,
//! add a file and a line in [`ALL`].

pub mod append_precedence;
pub mod boolean_spelling;
mod context;
pub mod deprecated_field;
pub mod duplicate_key;
pub mod exception_shape;
pub mod flow_indent;
pub mod ignored_key;
pub mod lax_yaml;
pub mod list_as_value;
pub mod list_in_quotes;
pub mod list_over_name;
pub mod list_without_parentheses;
pub mod maybe_newer_than_engine;
pub mod nested_list;
pub mod net_in_list;
pub mod newer_than_engine;
pub mod number_wraps;
pub mod output_tail;
pub mod override_ignored;
pub mod swallowed_text;
pub mod text_past_quote;
pub mod unchecked_macro;
pub mod unknown_exception_key;

use crate::collect::{Collection, Node};
use crate::diagnostic::Severity;
use crate::loc::Loc;
use crate::options::{LintLevel, LintLevels, Options};
use crate::sink::RawDiag;
use crate::stage::Units;

pub(crate) use context::Context;

/// Every lint, by code.
pub static ALL: &[&Lint] = &[
    &append_precedence::LINT,
    &boolean_spelling::LINT,
    &deprecated_field::LINT,
    &duplicate_key::LINT,
    &exception_shape::LINT,
    &flow_indent::LINT,
    &ignored_key::LINT,
    &lax_yaml::LINT,
    &list_as_value::LINT,
    &list_in_quotes::LINT,
    &list_over_name::LINT,
    &list_without_parentheses::LINT,
    &maybe_newer_than_engine::LINT,
    &nested_list::LINT,
    &net_in_list::LINT,
    &newer_than_engine::LINT,
    &number_wraps::LINT,
    &output_tail::LINT,
    &override_ignored::LINT,
    &swallowed_text::LINT,
    &text_past_quote::LINT,
    &unchecked_macro::LINT,
    &unknown_exception_key::LINT,
];

/// The lint of that code.
pub fn by_code(code: &str) -> Option<&'static Lint> {
    ALL.iter().copied().find(|lint| lint.code == code)
}

/// What a lint is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LintCategory {
    /// What is written very likely is not what was meant.
    Correctness,
    /// Legal, but surprising.
    Suspicious,
    /// Tidiness.
    Style,
}

/// A lint.
#[derive(Debug)]
pub struct Lint {
    /// Its kebab-case name.
    pub code: &'static str,
    /// What it is about.
    pub category: LintCategory,
    /// Its level unless the settings say otherwise.
    pub level: LintLevel,
    /// One line on what it finds.
    pub summary: &'static str,
    /// The text of its file.
    source: &'static str,
}

impl Lint {
    /// Its page: what it finds, an example of bad and good, why it matters. Markdown.
    pub fn documentation(&self) -> String {
        let lines = self.source.lines().map_while(|line| line.strip_prefix("//!"));
        lines.map(|line| line.strip_prefix(' ').unwrap_or(line)).fold(String::new(), |mut page, line| {
            page.push_str(line);
            page.push('\n');
            page
        })
    }

    /// The severity that it speaks with under the settings; `None`: it is silent.
    pub(crate) fn severity(&self, levels: &LintLevels) -> Option<Severity> {
        match levels.get(self.code).unwrap_or(self.level) {
            LintLevel::Allow => None,
            LintLevel::Hint => Some(Severity::Hint),
            LintLevel::Info => Some(Severity::Info),
            LintLevel::Warn => Some(Severity::Warning),
            LintLevel::Deny => Some(Severity::Error),
        }
    }

    /// A finding, if the settings want it.
    pub(crate) fn diag(&self, levels: &LintLevels, message: impl Into<String>, loc: Loc) -> Option<RawDiag> {
        Some(RawDiag::new(self.code, self.severity(levels)?, message, loc))
    }
}

/// Runs the lints that look at compiled macros and rules, on some of them.
pub(crate) fn run(options: &Options, collection: &Collection, units: &Units, scope: &[Node]) -> Vec<RawDiag> {
    let mut cx = Context::new(options, collection, units, scope);
    list_in_quotes::check(&mut cx);
    list_without_parentheses::check(&mut cx);
    list_as_value::check(&mut cx);
    list_over_name::check(&mut cx);
    exception_shape::check(&mut cx);
    append_precedence::check(&mut cx);
    cx.diags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_lint_has_a_page() {
        for lint in ALL {
            let page = lint.documentation();
            assert!(page.starts_with(&format!("# {}\n", lint.code)), "{}: {page}", lint.code);
            for part in ["## Bad", "## Good", "## Why"] {
                assert!(page.contains(part), "{} lacks {part}", lint.code);
            }
        }
        assert!(ALL.is_sorted_by_key(|lint| lint.code));
        assert!(by_code("duplicate-key").is_some());
    }
}
