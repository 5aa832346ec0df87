//! Lints: findings of ours that Falco does not report.

use crate::diagnostic::Severity;
use crate::options::{LintLevel, LintLevels};

use crate::collect::Collection;
use crate::options::Options;
use crate::sink::RawDiag;
use crate::stage::Stage;

/// Runs the lints that look at the compiled whole.
pub(crate) fn run(options: &Options, collection: &Collection, stage: &Stage<'_>, diags: &mut Vec<RawDiag>) {
    let _ = (options, collection, stage, diags);
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
}

impl Lint {
    /// The severity at the default level.
    pub(crate) fn severity(&self) -> Severity {
        severity(self.level).unwrap_or(Severity::Hint)
    }
}

fn severity(level: LintLevel) -> Option<Severity> {
    match level {
        LintLevel::Allow => None,
        LintLevel::Hint => Some(Severity::Hint),
        LintLevel::Info => Some(Severity::Info),
        LintLevel::Warn => Some(Severity::Warning),
        LintLevel::Deny => Some(Severity::Error),
    }
}

/// The severity that a lint speaks with under the settings; `None`: it is silent.
pub(crate) fn level(levels: &LintLevels, lint: &Lint) -> Option<Severity> {
    severity(levels.get(lint.code).unwrap_or(lint.level))
}

macro_rules! lints {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $category:ident, $level:ident, $summary:literal;)*) => {
        $($(#[$doc])* pub static $name: Lint = Lint {
            code: $code,
            category: LintCategory::$category,
            level: LintLevel::$level,
            summary: $summary,
        };)*

        /// Every lint.
        pub static ALL: &[&Lint] = &[$(&$name),*];
    };
}

lints! {
    /// Of two equal keys Falco takes the first.
    DUPLICATE_KEY = "duplicate-key", Correctness, Warn, "a key is given twice in an item; Falco ignores the second";
    /// `override` with a single value.
    OVERRIDE_IGNORED = "override-ignored", Correctness, Warn, "an `override` that is no mapping has no effect";
    /// `append: true` next to keys that it ignores.
    IGNORED_KEY = "ignored-key", Correctness, Warn, "a key that `append: true` ignores";
    /// A key of an exception that Falco does not know.
    UNKNOWN_EXCEPTION_KEY = "unknown-exception-key", Correctness, Warn, "an exception has a key that Falco ignores";
    /// A list in a list in a list.
    NESTED_LIST = "nested-list", Correctness, Warn, "a list named two levels deep in a list is not opened, and stays text";
    /// Something wrong in a macro that no rule uses.
    UNCHECKED_MACRO = "unchecked-macro", Correctness, Warn, "a macro that no rule uses would not compile in any rule";
    /// Text right behind a field in an output.
    OUTPUT_TAIL = "output-tail", Suspicious, Warn, "text right behind a field in an output is printed as it stands";
    /// YAML that Falco's reader takes although YAML 1.2 does not.
    LAX_YAML = "lax-yaml", Suspicious, Warn, "text that Falco reads although it is no YAML";
    /// Lines of flow collections that are not indented: Falco's own rules are full of them.
    FLOW_INDENT = "flow-indent", Style, Allow, "a line of a flow collection is not indented";
}
