//! What tests exercised: every comparison of the rules that they judge, by the place where it was written.

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
}
