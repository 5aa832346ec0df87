//! Lints: findings of ours that Falco does not report.
//!
//! One lint, one folder: `mod.rs` finds, `page.md` explains (also shown by tools, see [`Lint::documentation`]), `tests.rs` tests. To
//! add one, add a folder and a line in [`ALL`], and run `cargo xtask lints`.

pub mod always_true;
pub mod append_precedence;
pub mod argument_never_there;
pub mod attack_tag;
pub mod boolean_spelling;
mod context;
pub mod costly_first;
pub mod deprecated_field;
pub mod disabled_rule;
pub mod double_negation;
pub mod duplicate_key;
pub mod exact_spacing;
pub mod exception_shape;
pub mod flow_indent;
pub mod ignored_key;
pub mod io_uring_blind;
pub mod lax_yaml;
pub mod list_as_value;
pub mod list_in_quotes;
pub mod list_over_name;
pub mod list_without_parentheses;
pub mod maybe_newer_than_engine;
mod meaning;
pub mod missing_sibling_syscall;
pub mod name_alone;
pub mod needless_glob;
pub mod nested_list;
pub mod net_in_list;
pub mod network_host_bits;
pub mod never_true;
pub mod newer_than_engine;
pub mod number_wraps;
pub mod output_end;
pub mod output_lacks_container;
pub mod output_tail;
pub mod override_ignored;
pub mod prefix_without_slash;
pub mod relative_path;
pub mod settings;
pub mod short_description;
pub mod single_item_in;
pub mod stale_ignore;
pub mod swallowed_text;
pub mod text_past_quote;
pub mod unchecked_macro;
pub mod unknown_exception_key;
pub mod useless_check;
pub mod useless_exception;

use crate::collect::{Collection, Node};
use crate::diagnostic::Severity;
use crate::loc::Loc;
use crate::options::Options;
use crate::sink::RawDiag;
use crate::stage::Units;

pub(crate) use context::Context;
pub(crate) use meaning::{Subject, View, meaning};
pub use settings::{LintLevel, LintOption, LintSettings, LintSettingsError, OptionDefault, OptionValue};

/// Every lint, by code.
pub static ALL: &[&Lint] = &[
    &always_true::LINT,
    &append_precedence::LINT,
    &argument_never_there::LINT,
    &attack_tag::LINT,
    &boolean_spelling::LINT,
    &costly_first::LINT,
    &deprecated_field::LINT,
    &disabled_rule::LINT,
    &double_negation::LINT,
    &duplicate_key::LINT,
    &exact_spacing::LINT,
    &exception_shape::LINT,
    &flow_indent::LINT,
    &ignored_key::LINT,
    &io_uring_blind::LINT,
    &lax_yaml::LINT,
    &list_as_value::LINT,
    &list_in_quotes::LINT,
    &list_over_name::LINT,
    &list_without_parentheses::LINT,
    &maybe_newer_than_engine::LINT,
    &missing_sibling_syscall::LINT,
    &name_alone::LINT,
    &needless_glob::LINT,
    &nested_list::LINT,
    &net_in_list::LINT,
    &network_host_bits::LINT,
    &never_true::LINT,
    &newer_than_engine::LINT,
    &number_wraps::LINT,
    &output_end::LINT,
    &output_lacks_container::LINT,
    &output_tail::LINT,
    &override_ignored::LINT,
    &prefix_without_slash::LINT,
    &relative_path::LINT,
    &short_description::LINT,
    &single_item_in::LINT,
    &stale_ignore::LINT,
    &swallowed_text::LINT,
    &text_past_quote::LINT,
    &unchecked_macro::LINT,
    &unknown_exception_key::LINT,
    &useless_check::LINT,
    &useless_exception::LINT,
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

/// A lint that looks at a macro or a rule with its macros opened.
type OfMeaning = (&'static Lint, fn(&mut Subject<'_>));

/// The lints that look at a macro or a rule with its macros opened, in order.
pub(crate) const OF_MEANING: &[OfMeaning] = &[
    (&never_true::LINT, never_true::check),
    (&always_true::LINT, always_true::check),
    (&useless_check::LINT, useless_check::check),
    (&useless_exception::LINT, useless_exception::check),
    (&disabled_rule::LINT, disabled_rule::check),
    (&output_end::LINT, output_end::check),
    (&output_lacks_container::LINT, output_lacks_container::check),
    (&attack_tag::LINT, attack_tag::check),
    (&short_description::LINT, short_description::check),
    (&argument_never_there::LINT, argument_never_there::check),
    (&network_host_bits::LINT, network_host_bits::check),
    (&double_negation::LINT, double_negation::check),
    (&single_item_in::LINT, single_item_in::check),
    (&needless_glob::LINT, needless_glob::check),
    (&costly_first::LINT, costly_first::check),
    (&io_uring_blind::LINT, io_uring_blind::check),
    (&name_alone::LINT, name_alone::check),
    (&exact_spacing::LINT, exact_spacing::check),
    (&prefix_without_slash::LINT, prefix_without_slash::check),
    (&relative_path::LINT, relative_path::check),
    (&missing_sibling_syscall::LINT, missing_sibling_syscall::check),
];

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
