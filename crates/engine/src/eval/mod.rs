//! Evaluation: which rules an event matches, and why.
//!
//! A [`Program`] is prepared once into an [`Evaluator`]. For each event [`Evaluator::on`] opens a [`Session`], in which every
//! atom is judged at most once and every value extracted at most once, when first needed: by the rules, by an alert's output or by
//! an explanation. Nothing is allocated per event once the buffers have grown to what the events need.

mod classes;
mod code;
mod coverage;
mod explain;
mod gates;
mod glob;
mod hosts;
mod index;
mod matcher;
mod paths;
mod prepare;
mod profile;
mod regexp;
mod session;
mod transform;

use std::sync::Arc;

use bumpalo::Bump;
use falco_catalog::Catalog;
use falco_compiler::program::{OutputTemplate, Program, RuleProgram};
use falco_compiler::{FilterProgram, OutputProgram};

pub(crate) use glob::Glob;
pub(crate) use matcher::c_str;

pub use coverage::{Counts, Coverage};
pub use explain::{ExplainKind, ExplainNode, Explanation, Miss, Nearest, Truth, show_const};
pub use index::atom_text;
pub use profile::{AtomCost, AtomUse, PairCost, Profile, RuleCost, atom_uses};
pub use session::Session;

use crate::value::FieldSource;
use index::RuleIndex;
use prepare::Prepared;
use session::Memo;

/// Which of the rules that an event satisfies count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Matching {
    /// The first in order, as Falco's default.
    #[default]
    First,
    /// All of them.
    All,
}

/// Why a program cannot be prepared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EvalError {
    /// A regular expression that the engine does not take.
    #[error("the regular expression `{pattern}` cannot be used: {reason}")]
    Regex {
        /// The pattern.
        pattern: String,
        /// The regex engine's reason.
        reason: String,
    },
    /// Search words that the engine does not take.
    #[error("the search words cannot be prepared: {reason}")]
    Automaton {
        /// The search engine's reason.
        reason: String,
    },
}

/// What an evaluator did so far. Always counted; see [`Profile`] for what costs something to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EvalCounters {
    /// Events that were judged by rules.
    pub events: u64,
    /// Rules that an event's kind left to look at, on all events together.
    pub evaluated: u64,
    /// Matches, on all events together.
    pub matched: u64,
}

/// What an event's values mostly fit in.
const ARENA_SIZE: usize = 16 << 10;

/// A prepared program with the buffers that judging events needs. One for each thread: [`Clone`] shares the prepared part.
#[derive(Debug)]
pub struct Evaluator {
    prepared: Arc<Prepared>,
    index: RuleIndex,
    memo: Memo,
    arena: Bump,
}

impl Clone for Evaluator {
    fn clone(&self) -> Self {
        Self {
            prepared: Arc::clone(&self.prepared),
            index: self.index.clone(),
            memo: Memo::new(&self.prepared),
            arena: Bump::with_capacity(ARENA_SIZE),
        }
    }
}

impl Evaluator {
    /// Prepares a program. The catalogue must be the one that the program was compiled with.
    pub fn new(program: impl Into<Arc<Program>>, catalog: &Catalog) -> Result<Self, EvalError> {
        let prepared = Arc::new(Prepared::new(program.into(), catalog)?);
        let index = RuleIndex::new(&prepared.program);
        let memo = Memo::new(&prepared);
        Ok(Self { prepared, index, memo, arena: Bump::with_capacity(ARENA_SIZE) })
    }

    /// Prepares a stand-alone filter and an output format: the filter is rule 0, absent it matches every event of the source.
    /// Gives the format back in terms of the joint program, for [`Session::format`].
    pub fn for_query(
        source: &str,
        filter: Option<FilterProgram>,
        output: OutputProgram,
        catalog: &Catalog,
    ) -> Result<(Self, OutputTemplate), EvalError> {
        let (program, template) = index::join_query(source, filter, output);
        Ok((Self::new(program, catalog)?, template))
    }

    /// The program.
    pub fn program(&self) -> &Program {
        &self.prepared.program
    }

    /// A rule by its number, which is its place in the program.
    pub fn rule(&self, rule: u32) -> Option<&RuleProgram> {
        self.prepared.program.rules.get(rule as usize)
    }

    /// Switches a rule on or off. Rules begin as they say themselves.
    pub fn set_enabled(&mut self, rule: u32, enabled: bool) {
        self.index.set_enabled(rule, enabled);
    }

    /// Whether a rule is switched on.
    pub fn is_enabled(&self, rule: u32) -> bool {
        self.index.is_enabled(rule)
    }

    /// What was counted since the evaluator was made. A clone begins at nothing.
    pub fn counters(&self) -> EvalCounters {
        self.memo.counters
    }

    /// Opens an event.
    pub fn on<'s, S: FieldSource>(&'s mut self, event: &'s S) -> Session<'s, S> {
        self.arena.reset();
        Session::new(&self.prepared, &mut self.index, &mut self.memo, &self.arena, event)
    }

    /// The numbers of the rules that an event matches, in order. `matches` is cleared first.
    pub fn evaluate<S: FieldSource>(&mut self, event: &S, matching: Matching, matches: &mut Vec<u32>) {
        self.on(event).matches(matching, matches);
    }

    /// Why a rule does or does not match an event; `None` for a number that is no rule's.
    pub fn explain<S: FieldSource>(&mut self, rule: u32, event: &S) -> Option<Explanation> {
        self.on(event).explain(rule)
    }
}

#[cfg(test)]
mod tests;
