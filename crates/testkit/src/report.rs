//! What came of a test file, and its text.

use std::fmt::Write;
use std::ops::Range;
use std::path::PathBuf;
use std::time::Duration;

use falco_compiler::{Diagnostic, SourceFile};

use crate::coverage::CoverageReport;
use crate::file::Problem;

/// What came of a test file.
#[derive(Debug, Default)]
pub struct FileReport {
    /// The file.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
    /// What is wrong in it; then nothing was run.
    pub problems: Vec<Problem>,
    /// The rules files.
    pub rules: Vec<SourceFile>,
    /// Why the rules do not load; then nothing was run.
    pub refused: Vec<Diagnostic>,
    /// The cases that were run, in order.
    pub cases: Vec<CaseReport>,
    /// What they exercised, if that was asked for.
    pub coverage: CoverageReport,
}

/// What came of a case.
#[derive(Debug)]
pub struct CaseReport {
    /// Its name.
    pub name: String,
    /// Where the name stands.
    pub span: Range<usize>,
    /// What came of it.
    pub outcome: Outcome,
    /// How many events were judged.
    pub events: u64,
    /// How long it took.
    pub elapsed: Duration,
}

/// What came of a case.
#[derive(Debug)]
pub enum Outcome {
    /// Exactly the expected alerts.
    Passed,
    /// Others.
    Failed(Vec<Failure>),
    /// It could not be run.
    Broken(Problem),
    /// It cannot be run here, for this reason.
    Skipped(String),
}

/// What was otherwise than expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// An alert that must come did not.
    Missing {
        /// The rule.
        rule: String,
        /// The expectation.
        span: Range<usize>,
        /// How many of them did not come.
        count: u64,
        /// The event that came nearest.
        near: Option<Near>,
    },
    /// An alert came that no expectation names.
    Unexpected {
        /// The rule.
        rule: String,
        /// The event: its place among `events`, or its number in the capture.
        event: u64,
        /// The alert's line.
        output: String,
        /// The explanation tree.
        why: String,
    },
    /// The rule's alert came, but not as expected.
    Different {
        /// The rule.
        rule: String,
        /// The expectation.
        span: Range<usize>,
        /// The event.
        event: u64,
        /// The alert's line.
        output: String,
        /// In what it differs.
        wrong: Vec<String>,
    },
}

/// An event that nearly matched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Near {
    /// Its place among `events`, or its number in the capture.
    pub event: u64,
    /// How many comparisons would have to come out differently.
    pub distance: usize,
    /// The explanation tree.
    pub tree: String,
}

impl FileReport {
    /// Whether nothing that was run is otherwise than it should be.
    pub fn passed(&self) -> bool {
        self.problems.is_empty() && self.refused.is_empty() && !self.cases.iter().any(CaseReport::failed)
    }

    /// The 1-based line of a place in the test file.
    pub fn line(&self, offset: usize) -> usize {
        self.text.as_bytes().get(..offset).unwrap_or_default().iter().filter(|b| **b == b'\n').count() + 1
    }
}

impl CaseReport {
    /// Whether the case passed.
    pub fn passed(&self) -> bool {
        matches!(self.outcome, Outcome::Passed)
    }

    /// Whether it was run, or should have been, and did not pass.
    pub fn failed(&self) -> bool {
        matches!(self.outcome, Outcome::Failed(_) | Outcome::Broken(_))
    }
}

impl Failure {
    /// The place in the test file, where the failure has one.
    pub fn span(&self) -> Option<Range<usize>> {
        match self {
            Self::Missing { span, .. } | Self::Different { span, .. } => Some(span.clone()),
            Self::Unexpected { .. } => None,
        }
    }

    /// One line.
    pub fn headline(&self) -> String {
        match self {
            Self::Missing { rule, count: 1, .. } => format!("no alert of `{rule}`"),
            Self::Missing { rule, count, .. } => format!("{count} alerts of `{rule}` did not come"),
            Self::Unexpected { rule, event, .. } => format!("unexpected alert of `{rule}` on event {event}"),
            Self::Different { rule, event, .. } => format!("the alert of `{rule}` on event {event} is not as expected"),
        }
    }

    /// What explains it, several lines without indentation.
    pub fn details(&self) -> String {
        let mut out = String::new();
        match self {
            Self::Missing { near: Some(near), .. } => {
                let n = near.distance;
                let comparisons = if n == 1 { "1 comparison".to_owned() } else { format!("{n} comparisons") };
                let _ = writeln!(out, "nearest is event {}, {comparisons} away:", near.event);
                out.push_str(&near.tree);
            }
            Self::Missing { near: None, .. } => out.push_str("no event comes near it\n"),
            Self::Unexpected { output, why, .. } => {
                let _ = writeln!(out, "{output}");
                out.push_str(why);
            }
            Self::Different { output, wrong, .. } => {
                let _ = writeln!(out, "{output}");
                for wrong in wrong {
                    let _ = writeln!(out, "{wrong}");
                }
            }
        }
        out
    }
}
