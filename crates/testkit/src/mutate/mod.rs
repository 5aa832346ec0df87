//! Mutation: the rules are changed one small thing at a time, and tests that still pass did not look there.
//!
//! What changes is the compiled program: comparisons are swapped or taken out, list entries, negations and exceptions taken away, `and`
//! and `or` exchanged. Nothing is parsed or compiled again, and every event is read once for all changes.

mod argued;
mod equal;
mod generate;
mod judge;
mod suggest;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use falco_catalog::Catalog;
use falco_compiler::SourceFile;
use serde_json::{Value, json};

use crate::coverage::place;
use crate::order::in_order;
use crate::report::FileReport;
use crate::run::RunOptions;

/// A change that no test noticed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survivor {
    /// The file.
    pub file: String,
    /// Where in it.
    pub range: std::ops::Range<usize>,
    /// What changed.
    pub change: String,
    /// The exception whose text it is.
    pub exception: Option<String>,
    /// The rules that it changes.
    pub rules: Vec<String>,
    /// Fields of an event on which exactly one of the two matches, if one was found.
    pub suggestion: Option<String>,
}

/// A comment that speaks of no change that went unnoticed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stale {
    /// The file.
    pub file: String,
    /// Where in it.
    pub at: usize,
    /// The words that it gives.
    pub words: String,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Mutation {
    /// How many changes were tried.
    pub tried: usize,
    /// How many some test noticed.
    pub noticed: usize,
    /// Changes that are shown to make no difference, and were not tried.
    pub equal: usize,
    /// What no test noticed, by file and place.
    pub survivors: Vec<Survivor>,
    /// The same, where a comment says why that is right, with the reason.
    pub argued: Vec<(Survivor, String)>,
    /// Comments about nothing.
    pub stale: Vec<Stale>,
    /// Cases that could not take part: file, case, reason.
    pub left: Vec<(String, String, String)>,
    /// The rules files.
    pub files: Vec<SourceFile>,
    /// Test files whose tests cannot be run.
    pub broken: Vec<FileReport>,
}

/// Changes the rules of test files (or one rule of them) and asks the tests, on up to `jobs` threads. The tests must pass on the rules
/// as they are.
pub fn mutate(
    files: &[PathBuf],
    jobs: usize,
    catalog: &Arc<Catalog>,
    options: &RunOptions,
    rule: Option<&str>,
) -> Mutation {
    let mut out = Mutation::default();
    let mut all: BTreeMap<(String, usize, usize, Option<String>, String), judge::Noticed> = BTreeMap::new();
    in_order(
        files,
        jobs,
        |path| judge::file(path, catalog, options, rule),
        |_, of: judge::OfFile| {
            let judge::OfFile { report, changes, equal, left } = of;
            out.equal = out.equal.max(equal);
            let path = report.path.display().to_string();
            out.left.extend(left.into_iter().map(|(case, reason)| (path.clone(), case, reason)));
            for (change, noticed) in changes {
                let Some(file) = report.rules.get(change.file as usize) else { continue };
                let bytes = change.bytes();
                let key = (file.path.clone(), bytes.start, bytes.end, change.exception, change.change);
                let entry = all.entry(key).or_default();
                entry.killed |= noticed.killed;
                let new: Vec<String> = noticed.rules.into_iter().filter(|rule| !entry.rules.contains(rule)).collect();
                entry.rules.extend(new);
                entry.suggestion = entry.suggestion.take().or(noticed.suggestion);
            }
            for file in &report.rules {
                if !out.files.iter().any(|other| other.path == file.path) {
                    out.files.push(file.clone());
                }
            }
            if !report.problems.is_empty() || !report.refused.is_empty() {
                out.broken.push(report);
            }
            true
        },
    );
    out.tried = all.len();
    out.noticed = all.values().filter(|noticed| noticed.killed).count();
    let comments: Vec<(&str, Vec<argued::Argued>)> =
        out.files.iter().map(|file| (file.path.as_str(), argued::comments(&file.text))).collect();
    let mut used: Vec<(&str, usize)> = Vec::new();
    for ((file, start, end, exception, change), noticed) in all.into_iter().filter(|(_, noticed)| !noticed.killed) {
        let mine = comments.iter().find(|(path, _)| *path == file);
        let comment = mine.and_then(|(path, all)| Some((*path, all.iter().find(|c| c.is_about(start, &change))?)));
        let judge::Noticed { rules, suggestion, .. } = noticed;
        let survivor = Survivor { file, range: start..end, change, exception, rules, suggestion };
        match comment {
            Some((path, comment)) => {
                used.push((path, comment.at));
                out.argued.push((survivor, comment.reason.clone()));
            }
            None => out.survivors.push(survivor),
        }
    }
    // With one rule alone, comments about others are not at stake.
    if rule.is_none() {
        for (path, all) in &comments {
            for comment in all.iter().filter(|comment| !used.contains(&(*path, comment.at))) {
                let (file, words) = ((*path).to_owned(), comment.words().to_owned());
                out.stale.push(Stale { file, at: comment.at, words });
            }
        }
    }
    out
}

impl Mutation {
    /// The document of `--format json`.
    pub fn document(&self) -> Value {
        let spot = |file: &str, at: usize| {
            let text = self.files.iter().find(|f| f.path == file).map_or("", |f| &*f.text);
            place(text, at)
        };
        let survivor = |s: &Survivor| {
            let (line, column) = spot(&s.file, s.range.start);
            json!({
                "file": s.file, "line": line, "column": column, "start": s.range.start, "end": s.range.end,
                "change": s.change, "exception": s.exception, "rules": s.rules, "suggestion": s.suggestion,
            })
        };
        let argued = self.argued.iter().map(|(s, reason)| {
            let mut value = survivor(s);
            value["reason"] = json!(reason);
            value
        });
        let stale = self.stale.iter().map(|s| json!({"file": s.file, "line": spot(&s.file, s.at).0, "words": s.words}));
        let left = self.left.iter().map(|(file, case, why)| json!({"file": file, "test": case, "reason": why}));
        json!({
            "version": 1, "tried": self.tried, "noticed": self.noticed, "equal": self.equal,
            "survivors": self.survivors.iter().map(survivor).collect::<Vec<_>>(),
            "argued": argued.collect::<Vec<_>>(), "stale_comments": stale.collect::<Vec<_>>(),
            "left": left.collect::<Vec<_>>(),
        })
    }
}

#[cfg(test)]
mod tests;
