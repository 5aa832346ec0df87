//! Findings as they arise: ours, and beside them what Falco would report, in Falco's order.

use std::sync::Arc;

use crate::diagnostic::{ItemKind, Repair, Severity};
use crate::loc::{Loc, Uid};
use crate::report::FalcoCode;

/// A diagnostic whose places still count from items' starts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RawDiag {
    pub(crate) code: &'static str,
    pub(crate) severity: Severity,
    pub(crate) message: String,
    pub(crate) loc: Loc,
    pub(crate) item: Option<(ItemKind, Arc<str>)>,
    pub(crate) labels: Vec<(Loc, String)>,
    pub(crate) help: Option<String>,
    pub(crate) fixes: Vec<RawFix>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RawFix {
    pub(crate) title: String,
    pub(crate) edits: Vec<(Loc, String)>,
    pub(crate) repairs: Vec<Repair<Loc>>,
    pub(crate) safe: bool,
}

impl RawDiag {
    pub(crate) fn new(code: &'static str, severity: Severity, message: impl Into<String>, loc: Loc) -> Self {
        Self {
            code,
            severity,
            message: message.into(),
            loc,
            item: None,
            labels: Vec::new(),
            help: None,
            fixes: Vec::new(),
        }
    }

    pub(crate) fn falco(code: FalcoCode, message: impl Into<String>, loc: Loc) -> Self {
        let severity = if code.is_error() { Severity::Error } else { Severity::Warning };
        Self::new(code.as_str(), severity, message, loc)
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub(crate) fn maybe_help(mut self, help: Option<String>) -> Self {
        if help.is_some() {
            self.help = help;
        }
        self
    }

    pub(crate) fn label(mut self, loc: Loc, message: impl Into<String>) -> Self {
        self.labels.push((loc, message.into()));
        self
    }

    pub(crate) fn fix(mut self, title: impl Into<String>, loc: Loc, text: impl Into<String>, safe: bool) -> Self {
        let edits = vec![(loc, text.into())];
        self.fixes.push(RawFix { title: title.into(), edits, repairs: Vec::new(), safe });
        self
    }

    /// A fix that needs more than other text at a place.
    pub(crate) fn repair(mut self, title: impl Into<String>, repairs: Vec<Repair<Loc>>, safe: bool) -> Self {
        self.fixes.push(RawFix { title: title.into(), edits: Vec::new(), repairs, safe });
        self
    }

    /// "did you mean", with the replacement as fix.
    pub(crate) fn did_you_mean(self, loc: Loc, best: &str) -> Self {
        self.help(format!("did you mean `{best}`?")).fix(format!("replace with `{best}`"), loc, best, false)
    }
}

/// Falco's names for kinds of things in locations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ItemType {
    ValueFor,
    Exceptions,
    Exception,
    ExceptionValues,
    ExceptionValue,
    RulesContentItem,
    RequiredEngineVersion,
    RequiredPluginVersions,
    RequiredPluginVersionsEntry,
    RequiredPluginVersionsAlternative,
    List,
    ListItem,
    Macro,
    MacroCondition,
    Rule,
    RuleCondition,
    RuleOutput,
    RulePriority,
    Overrides,
}

impl ItemType {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::ValueFor => "value for",
            Self::Exceptions => "exceptions",
            Self::Exception => "exception",
            Self::ExceptionValues => "exception values",
            Self::ExceptionValue => "exception value",
            Self::RulesContentItem => "rules content item",
            Self::RequiredEngineVersion => "required_engine_version",
            Self::RequiredPluginVersions => "required plugin versions",
            Self::RequiredPluginVersionsEntry => "required plugin versions entry",
            Self::RequiredPluginVersionsAlternative => "required plugin versions alternative",
            Self::List => "list",
            Self::ListItem => "list item",
            Self::Macro => "macro",
            Self::MacroCondition => "macro condition",
            Self::Rule => "rule",
            Self::RuleCondition => "rule condition",
            Self::RuleOutput => "rule output",
            Self::RulePriority => "rule priority",
            Self::Overrides => "overrides",
        }
    }
}

/// Falco's location of a message: from the item (the whole file is implied) to the innermost thing.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Path {
    pub(crate) steps: Vec<Step>,
    /// Inside a condition: the last step.
    pub(crate) condition: Option<ConditionPlace>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Step {
    pub(crate) ty: ItemType,
    pub(crate) name: Arc<str>,
    pub(crate) uid: Uid,
    pub(crate) at: u32,
}

/// A place in a condition's text, which Falco adds to the position of the step before it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ConditionPlace {
    /// The text that the name and the snippet are taken from.
    pub(crate) text: Arc<str>,
    pub(crate) offset: u32,
    pub(crate) line: u32,
    pub(crate) column: u32,
}

impl Path {
    /// The whole file.
    pub(crate) fn file() -> Self {
        Self::default()
    }

    pub(crate) fn step(&self, ty: ItemType, name: impl Into<Arc<str>>, uid: Uid, at: u32) -> Self {
        let mut steps = self.steps.clone();
        steps.push(Step { ty, name: name.into(), uid, at });
        Self { steps, condition: None }
    }

    pub(crate) fn condition(&self, place: ConditionPlace) -> Self {
        Self { steps: self.steps.clone(), condition: Some(place) }
    }
}

/// A message of Falco before its positions are worked out.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RawFalco {
    pub(crate) code: FalcoCode,
    pub(crate) message: String,
    pub(crate) path: Path,
    pub(crate) deprecated_field: Option<&'static str>,
}

impl RawFalco {
    pub(crate) fn new(code: FalcoCode, message: impl Into<String>, path: Path) -> Self {
        Self { code, message: message.into(), path, deprecated_field: None }
    }
}

/// Where findings go.
#[derive(Debug, Default)]
pub(crate) struct Sink {
    pub(crate) diags: Vec<RawDiag>,
    /// Falco's messages up to and including the first error; what comes after it is dropped.
    pub(crate) falco: Vec<RawFalco>,
    pub(crate) failed: bool,
    /// The item that ours are attributed to.
    pub(crate) item: Option<(ItemKind, Arc<str>)>,
}

impl Sink {
    /// Something that only we report.
    pub(crate) fn ours(&mut self, mut diag: RawDiag) {
        if diag.item.is_none() {
            diag.item.clone_from(&self.item);
        }
        self.diags.push(diag);
    }

    /// Something that Falco reports: the diagnostic is ours, the path where Falco places it.
    pub(crate) fn report(&mut self, code: FalcoCode, diag: RawDiag, path: Path) {
        self.falco(RawFalco::new(code, diag.message.clone(), path));
        self.ours(diag);
    }

    /// Something that only Falco's report says.
    pub(crate) fn falco(&mut self, message: RawFalco) {
        if self.failed {
            return;
        }
        self.failed = message.code.is_error();
        self.falco.push(message);
    }
}
