//! The findings with lines, columns and repairs, as every machine-readable form wants them.

use std::cell::OnceCell;
use std::collections::HashMap;

use falco_compiler::{Diagnostic, ItemName, Severity, Span};
use falco_ide::actions::fixes_of;
use falco_ide::{Analysis, Settings, project};

use crate::commands::fix;
use crate::inputs::Rules;
use crate::places::{Place, Places};

/// The code of a file that is not text.
const NOT_TEXT: &str = "LOAD_ERR_YAML_PARSE";

/// What was found in some files.
pub struct Findings<'a> {
    rules: &'a Rules,
    found: &'a [&'a Diagnostic],
    settings: &'a Settings,
    places: Vec<Places<'a>>,
    /// How a repair is written depends on the layout around it, which the editor features know. Not every form wants repairs.
    analysis: OnceCell<Option<Analysis>>,
}

/// One of them.
pub struct Finding<'a> {
    /// Falco's code or ours.
    pub code: &'a str,
    /// How much it matters.
    pub severity: Severity,
    /// Lower case, no full stop.
    pub message: String,
    /// Where.
    pub at: Stretch<'a>,
    /// The item it stands in.
    pub item: Option<&'a ItemName>,
    /// Other places, and what is to be seen there.
    pub labels: Vec<(Stretch<'a>, &'a str)>,
    /// What to try.
    pub help: Option<&'a str>,
    diagnostic: Option<&'a Diagnostic>,
}

/// A stretch of a file.
#[derive(Clone)]
pub struct Stretch<'a> {
    /// The file's path, as it was given.
    pub file: &'a str,
    /// Its first character.
    pub start: Place,
    /// The place behind its last.
    pub end: Place,
}

/// A repair.
pub struct Repair<'a> {
    /// What it does, as a command.
    pub title: String,
    /// Whether what Falco loads stays the same.
    pub safe: bool,
    /// What is replaced by which text.
    pub edits: Vec<(Stretch<'a>, String)>,
}

impl<'a> Findings<'a> {
    /// For the findings of `rules`.
    pub fn new(rules: &'a Rules, found: &'a [&'a Diagnostic], settings: &'a Settings) -> Self {
        let places = rules.sources().map(Places::new).collect();
        Self { rules, found, settings, places, analysis: OnceCell::new() }
    }

    /// The paths of all files, those that are not text last.
    pub fn files(&self) -> impl Iterator<Item = &'a str> {
        let texts = self.rules.files.iter().map(|file| file.path.as_str());
        texts.chain(self.rules.binary.iter().map(|file| file.path.as_str()))
    }

    /// How many there are.
    pub fn summary(&self) -> Summary {
        Summary::of(self.rules, self.found)
    }

    /// All of them: files that are not text first, then in order.
    pub fn iter(&self) -> impl Iterator<Item = Finding<'a>> {
        let binary = self.rules.binary.iter().map(|binary| {
            let place = Place { line: binary.line, column: binary.column, offset: binary.offset };
            Finding {
                code: NOT_TEXT,
                severity: Severity::Error,
                message: binary.message(),
                at: Stretch { file: &binary.path, start: place, end: place },
                item: None,
                labels: Vec::new(),
                help: None,
                diagnostic: None,
            }
        });
        let found = self.found.iter().filter_map(|diagnostic| {
            let labels = diagnostic.labels.iter();
            Some(Finding {
                code: diagnostic.code,
                severity: diagnostic.severity,
                message: diagnostic.message.clone(),
                at: self.stretch(diagnostic.span)?,
                item: diagnostic.item.as_ref(),
                labels: labels.filter_map(|l| Some((self.stretch(l.span)?, l.message.as_str()))).collect(),
                help: diagnostic.help.as_deref(),
                diagnostic: Some(diagnostic),
            })
        });
        binary.chain(found)
    }

    /// The repairs of one of them.
    pub fn repairs(&self, finding: &Finding<'a>) -> Vec<Repair<'a>> {
        if finding.code == project::CODE {
            return self.repair_of_project(finding).into_iter().collect();
        }
        let analysis = self.analysis.get_or_init(|| {
            let repairable = self.found.iter().any(|diagnostic| !diagnostic.fixes.is_empty());
            repairable.then(|| Analysis::new(fix::workspace_files(&self.rules.files), self.settings, None))
        });
        let (Some(analysis), Some(diagnostic)) = (analysis, finding.diagnostic) else { return Vec::new() };
        let repair = |fix: falco_ide::actions::Fix| {
            let edits = fix.change.edits.iter();
            let edits = edits.flat_map(|(file, edits)| edits.iter().map(move |edit| (file.0, edit)));
            let edits = edits.filter_map(|(file, edit)| {
                let range = std::ops::Range::<usize>::from(edit.range);
                Some((self.stretch_of(file as usize, range)?, edit.text.clone()))
            });
            Repair { title: fix.title, safe: fix.safe, edits: edits.collect() }
        };
        fixes_of(analysis, diagnostic).into_iter().map(repair).collect()
    }

    /// Whether what a project file says stays the same by it, nobody can know.
    fn repair_of_project(&self, finding: &Finding<'a>) -> Option<Repair<'a>> {
        let span = finding.diagnostic?.span;
        let mut found = self.rules.project.as_ref()?.findings.iter();
        let fix =
            found.find(|found| std::ops::Range::<usize>::from(found.diagnostic.range) == span.range())?.fix.clone();
        let (title, edit) = fix?;
        let at = self.stretch_of(span.file.index(), edit.range.into())?;
        Some(Repair { title, safe: false, edits: vec![(at, edit.text)] })
    }

    /// What identifies each of them from run to run, whatever its line: a number of 64 bits out of its code, file, item and message, and
    /// how many before it have the same.
    pub fn fingerprints(&self) -> impl Iterator<Item = (Finding<'a>, u64)> {
        let mut seen: HashMap<u64, u64> = HashMap::new();
        self.iter().map(move |finding| {
            let item = finding.item.map(|item| (item.kind.head_key(), item.name.as_str()));
            let once = stable_hash(&(finding.code, finding.at.file, item, &finding.message));
            let nth = seen.entry(once).or_insert(0);
            *nth += 1;
            let number = stable_hash(&(once, *nth));
            (finding, number)
        })
    }

    fn stretch(&self, span: Span) -> Option<Stretch<'a>> {
        self.stretch_of(span.file.index(), span.range())
    }

    fn stretch_of(&self, file: usize, range: std::ops::Range<usize>) -> Option<Stretch<'a>> {
        let (places, source) = (self.places.get(file)?, self.rules.sources().nth(file)?);
        Some(Stretch { file: &source.path, start: places.at(range.start), end: places.at(range.end) })
    }
}

/// The same number in every build and on every machine.
fn stable_hash(value: &impl std::hash::Hash) -> u64 {
    use std::hash::Hasher as _;
    let mut hasher = siphasher::sip::SipHasher13::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// How many findings of each kind.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// What Falco refuses, and lints of that level.
    pub errors: usize,
    /// Falco's warnings.
    pub warnings: usize,
    /// Ours that are no errors.
    pub lints: usize,
}

impl Summary {
    /// Falco's own codes count by severity, ours as lints unless they are errors.
    pub fn of(rules: &Rules, found: &[&Diagnostic]) -> Self {
        let mut summary = Self { errors: rules.binary.len(), ..Self::default() };
        for diagnostic in found {
            match diagnostic.severity {
                Severity::Error => summary.errors += 1,
                Severity::Warning if diagnostic.code.starts_with("LOAD_") => summary.warnings += 1,
                _ => summary.lints += 1,
            }
        }
        summary
    }
}
