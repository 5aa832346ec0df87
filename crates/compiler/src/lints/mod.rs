//! Lints: findings of ours that Falco does not report.
//!
//! One lint, one folder: `mod.rs` finds, `page.md` explains (also shown by tools, see [`Lint::documentation`]), `tests.rs` tests. To
//! add one, add a folder and a line in [`ALL`], and run `cargo xtask lints`.

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
pub mod settings;
pub mod swallowed_text;
pub mod text_past_quote;
pub mod unchecked_macro;
pub mod unknown_exception_key;

use crate::collect::{Collection, Node};
use crate::diagnostic::Severity;
use crate::loc::Loc;
use crate::options::Options;
use crate::sink::RawDiag;
use crate::stage::Units;

pub(crate) use context::Context;
pub use settings::{LintLevel, LintOption, LintSettings, LintSettingsError, OptionDefault, OptionValue};

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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LintCategory {
    /// What is written very likely is not what was meant.
    Correctness,
    /// Attackers get around the rule.
    Evasion,
    /// The rule costs more than it needs to.
    Performance,
    /// The rule raises alerts that nobody can use.
    Noise,
    /// Other engines or tools read it in another way, or not at all.
    Compatibility,
    /// What people and tools are told of the rule.
    Metadata,
    /// Tidiness.
    Style,
}

impl LintCategory {
    /// Every category.
    pub const ALL: [Self; 7] = [
        Self::Correctness,
        Self::Evasion,
        Self::Performance,
        Self::Noise,
        Self::Compatibility,
        Self::Metadata,
        Self::Style,
    ];

    /// The name in settings.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Correctness => "correctness",
            Self::Evasion => "evasion",
            Self::Performance => "performance",
            Self::Noise => "noise",
            Self::Compatibility => "compatibility",
            Self::Metadata => "metadata",
            Self::Style => "style",
        }
    }

    /// One line on what its lints have in common.
    pub fn summary(self) -> &'static str {
        match self {
            Self::Correctness => "what is written very likely is not what was meant",
            Self::Evasion => "attackers get around the rule",
            Self::Performance => "the rule costs more than it needs to",
            Self::Noise => "the rule raises alerts that nobody can use",
            Self::Compatibility => "other engines or tools read it in another way, or not at all",
            Self::Metadata => "what people and tools are told of the rule",
            Self::Style => "tidiness",
        }
    }

    /// The category of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|category| category.as_str() == name)
    }
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
    /// What the settings can tell it beside its level.
    pub options: &'static [LintOption],
    /// Its page without the table of facts.
    page: &'static str,
}

impl Lint {
    /// Its page: what it finds, an example of bad and good, why it matters, its level and its options. Markdown.
    pub fn documentation(&self) -> String {
        let mut page = format!(
            "{}\n## Settings\n\nCategory `{}`, level `{}` by default. In `.falco-rs.yaml`:\n\n```yaml\nlints:\n",
            self.page,
            self.category.as_str(),
            self.level
        );
        let loud = if self.level == LintLevel::Off { "warning" } else { "off" };
        match self.options {
            [] => page.push_str(&format!("  {}: {loud}\n```\n", self.code)),
            options => {
                page.push_str(&format!("  {}:\n    level: {}\n", self.code, self.level));
                for option in options {
                    let value = match option.default {
                        OptionDefault::Number(number) => number.to_string(),
                        OptionDefault::Words(words) => format!("[{}]", words.join(", ")),
                    };
                    page.push_str(&format!("    {}: {value}\n", option.name));
                }
                page.push_str("```\n\n");
                for option in options {
                    page.push_str(&format!("- `{}`: {}\n", option.name, option.summary));
                }
            }
        }
        page
    }

    /// The option of that name.
    pub fn option(&self, name: &str) -> Option<&'static LintOption> {
        self.options.iter().find(|option| option.name == name)
    }

    /// The severity that it speaks with under the settings; `None`: it is silent.
    pub(crate) fn severity(&self, settings: &LintSettings) -> Option<Severity> {
        match settings.level(self) {
            LintLevel::Off => None,
            LintLevel::Hint => Some(Severity::Hint),
            LintLevel::Info => Some(Severity::Info),
            LintLevel::Warning => Some(Severity::Warning),
            LintLevel::Error => Some(Severity::Error),
        }
    }

    /// The severity that it speaks with unless the settings say otherwise; `None`: it is silent.
    pub fn default_severity(&self) -> Option<Severity> {
        self.severity(&LintSettings::default())
    }

    /// A finding, if the settings want it.
    pub(crate) fn diag(&self, settings: &LintSettings, message: impl Into<String>, loc: Loc) -> Option<RawDiag> {
        Some(RawDiag::new(self.code, self.severity(settings)?, message, loc))
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
            for part in ["## Bad", "## Good", "## Why", "## Settings"] {
                assert!(page.contains(part), "{} lacks {part}", lint.code);
            }
        }
        assert!(ALL.is_sorted_by_key(|lint| lint.code));
        assert!(by_code("duplicate-key").is_some());
    }
}
