//! What tests exercised: every comparison of the rules that they judge, by the place where it was written.

pub mod html;
pub mod json;
pub mod lcov;

use std::collections::BTreeMap;
use std::ops::Range;

use falco_compiler::SourceFile;
use falco_compiler::program::Program;
use falco_engine::eval::{Counts, Coverage};

/// A comparison with its counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Covered {
    /// The file, as its path was given.
    pub file: String,
    /// Where the comparison stands in it.
    pub range: Range<u32>,
    /// As it was written.
    pub text: String,
    /// The innermost macro that it stands in.
    pub in_macro: Option<String>,
    /// The exception that it was made from.
    pub exception: Option<String>,
    /// The rules that came to it, in load order.
    pub rules: Vec<String>,
    /// What was counted, for all rules together.
    pub counts: Counts,
}

/// What is asked of a comparison: that tests saw it hold, saw it not hold, and saw it decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// It held.
    True,
    /// It did not hold, with or without a value.
    False,
    /// It decided: had it alone come out the other way, so had the rule.
    Decisive,
}

impl Point {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::True, Self::False, Self::Decisive];

    /// What is said when nobody saw it.
    pub fn lack(self) -> &'static str {
        match self {
            Self::True => "never true",
            Self::False => "never false",
            Self::Decisive => "never decisive",
        }
    }
}

/// How well a comparison is exercised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Not at all.
    None,
    /// Some points were not seen.
    Some,
    /// Every point was seen.
    Full,
}

impl Covered {
    /// How often a point was seen.
    pub fn seen(&self, point: Point) -> u64 {
        match point {
            Point::True => self.counts.yes,
            Point::False => self.counts.no + self.counts.no_value,
            Point::Decisive => self.counts.decisive,
        }
    }

    /// The points that nobody saw.
    pub fn lacks(&self) -> Vec<Point> {
        Point::ALL.into_iter().filter(|point| self.seen(*point) == 0).collect()
    }

    /// How often it was judged.
    pub fn judged(&self) -> u64 {
        self.counts.yes + self.counts.no + self.counts.no_value
    }

    /// How well it is exercised.
    pub fn level(&self) -> Level {
        match (self.judged(), self.lacks().len()) {
            (0, _) => Level::None,
            (_, 0) => Level::Full,
            _ => Level::Some,
        }
    }

    /// What it belongs to: a macro, a rule's exception, or a rule.
    pub fn owner(&self) -> String {
        let rule = self.rules.first().map_or("", String::as_str);
        match (&self.in_macro, &self.exception) {
            (Some(name), _) => format!("macro {name}"),
            (None, Some(exception)) => format!("rule {rule}, exception {exception}"),
            (None, None) => format!("rule {rule}"),
        }
    }
}

/// Points that were seen, of how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Share {
    /// Seen.
    pub seen: usize,
    /// Of so many.
    pub of: usize,
}

impl Share {
    fn add(&mut self, covered: &Covered) {
        self.of += Point::ALL.len();
        self.seen += Point::ALL.len() - covered.lacks().len();
    }

    /// In percent; all of nothing is all.
    pub fn percent(self) -> f64 {
        if self.of == 0 { 100.0 } else { 100.0 * self.seen as f64 / self.of as f64 }
    }
}

/// Comparisons by file, place and exception. Coverages of several programs over the same files add up.
#[derive(Debug, Clone, Default)]
pub struct CoverageReport {
    comparisons: BTreeMap<(String, u32, u32, Option<String>), Covered>,
}

impl CoverageReport {
    /// Adds what was counted for the rules of a program. `of` says which rules count.
    pub fn add(&mut self, coverage: &Coverage, program: &Program, files: &[SourceFile], of: impl Fn(u32) -> bool) {
        for (number, rule) in (0u32..).zip(&program.rules).filter(|(number, _)| of(*number)) {
            for (written, counts) in rule.provenance.iter().zip(coverage.of(number)) {
                let Some(file) = files.get(written.file as usize) else { continue };
                let key = (file.path.clone(), written.range.start, written.range.end, written.exception.clone());
                let covered = self.comparisons.entry(key).or_insert_with(|| Covered {
                    file: file.path.clone(),
                    range: written.range.clone(),
                    text: written.text.clone(),
                    in_macro: written.macros.last().cloned(),
                    exception: written.exception.clone(),
                    rules: Vec::new(),
                    counts: Counts::default(),
                });
                covered.counts.add(*counts);
                if !covered.rules.contains(&rule.name) {
                    covered.rules.push(rule.name.clone());
                }
            }
        }
    }

    /// Adds another report.
    pub fn merge(&mut self, other: Self) {
        for (key, theirs) in other.comparisons {
            match self.comparisons.get_mut(&key) {
                Some(mine) => {
                    mine.counts.add(theirs.counts);
                    let new = theirs.rules.into_iter().filter(|rule| !mine.rules.contains(rule));
                    let new: Vec<String> = new.collect();
                    mine.rules.extend(new);
                }
                None => {
                    self.comparisons.insert(key, theirs);
                }
            }
        }
    }

    /// The comparisons, by file and place.
    pub fn comparisons(&self) -> impl Iterator<Item = &Covered> {
        self.comparisons.values()
    }

    /// The points of everything.
    pub fn share(&self) -> Share {
        let mut share = Share::default();
        self.comparisons().for_each(|covered| share.add(covered));
        share
    }

    /// The points of each rule, macro and exception, by file and place.
    pub fn owners(&self) -> Vec<(&str, String, Share)> {
        let mut owners: Vec<(&str, String, Share)> = Vec::new();
        for covered in self.comparisons() {
            let owner = covered.owner();
            match owners.iter_mut().find(|(file, name, _)| *file == covered.file && *name == owner) {
                Some((.., share)) => share.add(covered),
                None => {
                    let mut share = Share::default();
                    share.add(covered);
                    owners.push((&covered.file, owner, share));
                }
            }
        }
        owners
    }
}

/// Line and column of a place, both from 1; columns count characters.
pub fn place(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before.get(line..).unwrap_or_default().chars().count() + 1)
}

#[cfg(test)]
mod tests;
