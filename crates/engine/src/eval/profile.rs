//! Where the time of judging goes, rule by rule and atom by atom.
//!
//! A [`Profile`] is filled by [`Session::matches_profiled`](super::Session::matches_profiled), a path of its own: the ordinary path reads no clock
//! and counts nothing of this. Every atom that is judged is timed, without sampling, by two readings of the monotonic clock; what
//! two readings right after each other cost, measured when the profile is made, is taken off each.
//!
//! What is shared is charged to whoever asked first: an atom's time to the rule that asked first on this event, a value's
//! extraction (or the one look-up that decides many atoms) to the first atom that needed it. Answers from memory are counted and cost
//! nothing. So a rule's time is what would be gone if only this rule were, and times add up to the whole.

use std::time::Instant;

use falco_compiler::program::{AtomId, BoolExpr, Program, Provenance};
use rustc_hash::FxHashMap;

use super::explain::Truth;
use super::index::atom_text;

/// Time and hits by rule and by atom. Profiles of several threads add up with [`Self::merge`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profile {
    /// Events that were judged.
    pub events: u64,
    /// By rule number.
    pub rules: Vec<RuleCost>,
    /// By atom number.
    pub atoms: Vec<AtomCost>,
    /// By rule and atom: how often the rule was the first to ask for the atom, and what that took. The leaves of a flame graph.
    pub pairs: FxHashMap<(u32, AtomId), PairCost>,
    /// Of the rules' time, what went into look-ups that rule many rules out at once; no atom has it.
    pub shared_ns: u64,
    /// What was taken off each timing, in nanoseconds.
    pub clock_ns: u64,
}

/// What a rule cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RuleCost {
    /// Events whose kind left it to look at. Most end at a check that it shares with other rules, of which it does not have the
    /// time unless it is the first of them.
    pub evaluated: u64,
    /// Events that it matched.
    pub matched: u64,
    /// Nanoseconds of the atoms that it was the first to ask for.
    pub time_ns: u64,
}

/// What an atom cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AtomCost {
    /// Events on which it was judged: the sum of the next three.
    pub evaluated: u64,
    /// It held.
    pub yes: u64,
    /// It did not hold.
    pub no: u64,
    /// It did not hold because a side had no value.
    pub no_value: u64,
    /// Further questions on the same event, answered from memory.
    pub remembered: u64,
    /// Nanoseconds.
    pub time_ns: u64,
}

/// What an atom cost as asked first by one rule.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PairCost {
    /// How often.
    pub evaluated: u64,
    /// Nanoseconds.
    pub time_ns: u64,
}

/// Where an atom is used.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AtomUse {
    /// The comparison in canonical form, lists opened.
    pub text: String,
    /// The rules whose conditions have it, in order.
    pub rules: Vec<u32>,
    /// Where it was written, each place once.
    pub written: Vec<Provenance>,
}

impl Profile {
    /// An empty profile of a program. Takes a moment to measure the clock.
    pub fn new(program: &Program) -> Self {
        Self {
            events: 0,
            rules: vec![RuleCost::default(); program.rules.len()],
            atoms: vec![AtomCost::default(); program.atoms.len()],
            pairs: FxHashMap::default(),
            shared_ns: 0,
            clock_ns: clock_cost(),
        }
    }

    /// Nanoseconds of all rules together.
    pub fn time_ns(&self) -> u64 {
        self.rules.iter().map(|rule| rule.time_ns).sum()
    }

    /// Rules that the events' kinds left to look at, on all events together.
    pub fn evaluated(&self) -> u64 {
        self.rules.iter().map(|rule| rule.evaluated).sum()
    }

    /// Matches of all rules together.
    pub fn matched(&self) -> u64 {
        self.rules.iter().map(|rule| rule.matched).sum()
    }

    /// Adds another profile of the same program.
    pub fn merge(&mut self, other: &Self) {
        self.events += other.events;
        self.shared_ns += other.shared_ns;
        self.clock_ns = self.clock_ns.max(other.clock_ns);
        for (mine, theirs) in self.rules.iter_mut().zip(&other.rules) {
            mine.evaluated += theirs.evaluated;
            mine.matched += theirs.matched;
            mine.time_ns += theirs.time_ns;
        }
        for (mine, theirs) in self.atoms.iter_mut().zip(&other.atoms) {
            mine.evaluated += theirs.evaluated;
            mine.yes += theirs.yes;
            mine.no += theirs.no;
            mine.no_value += theirs.no_value;
            mine.remembered += theirs.remembered;
            mine.time_ns += theirs.time_ns;
        }
        for (pair, theirs) in &other.pairs {
            let mine = self.pairs.entry(*pair).or_default();
            mine.evaluated += theirs.evaluated;
            mine.time_ns += theirs.time_ns;
        }
    }

    /// The pairs as stacks for a flame graph, `rule;atom nanoseconds`, one a line, in order of the rules. Semicolons and line
    /// ends within names become commas and blanks.
    pub fn folded_stacks(&self, program: &Program) -> String {
        let mut pairs: Vec<_> = self.pairs.iter().filter(|(_, cost)| cost.time_ns > 0).collect();
        pairs.sort_by_key(|(pair, _)| **pair);
        let frame = |text: &str| text.replace(';', ",").replace(['\n', '\r'], " ");
        let mut out = String::new();
        for ((rule, atom), cost) in pairs {
            let name = program.rules.get(*rule as usize).map_or("?", |rule| rule.name.as_str());
            let text = program.atoms.get(atom.0 as usize).map(|atom| atom_text(program, atom)).unwrap_or_default();
            out.push_str(&format!("{};{} {}\n", frame(name), frame(&text), cost.time_ns));
        }
        out
    }

    pub(super) fn judged(&mut self, rule: u32, atom: AtomId, truth: Truth, elapsed_ns: u64) {
        let time_ns = elapsed_ns.saturating_sub(self.clock_ns);
        if let Some(cost) = self.atoms.get_mut(atom.0 as usize) {
            cost.evaluated += 1;
            cost.time_ns += time_ns;
            match truth {
                Truth::True => cost.yes += 1,
                Truth::False => cost.no += 1,
                Truth::NoValue => cost.no_value += 1,
            }
        }
        if let Some(cost) = self.rules.get_mut(rule as usize) {
            cost.time_ns += time_ns;
        }
        let pair = self.pairs.entry((rule, atom)).or_default();
        pair.evaluated += 1;
        pair.time_ns += time_ns;
    }

    pub(super) fn remembered(&mut self, atom: AtomId) {
        if let Some(cost) = self.atoms.get_mut(atom.0 as usize) {
            cost.remembered += 1;
        }
    }

    pub(super) fn began(&mut self, rule: u32) {
        if let Some(cost) = self.rules.get_mut(rule as usize) {
            cost.evaluated += 1;
        }
    }

    pub(super) fn ended_in_match(&mut self, rule: u32) {
        if let Some(cost) = self.rules.get_mut(rule as usize) {
            cost.matched += 1;
        }
    }

    /// Work that rules share: the look-ups by which many are ruled out at once.
    pub(super) fn shared(&mut self, rule: u32, elapsed_ns: u64) {
        let time_ns = elapsed_ns.saturating_sub(self.clock_ns);
        self.shared_ns += time_ns;
        if let Some(cost) = self.rules.get_mut(rule as usize) {
            cost.time_ns += time_ns;
        }
    }
}

/// Texts and places of a program's atoms, by atom number.
pub fn atom_uses(program: &Program) -> Vec<AtomUse> {
    let mut uses: Vec<AtomUse> =
        program.atoms.iter().map(|atom| AtomUse { text: atom_text(program, atom), ..AtomUse::default() }).collect();
    for (number, rule) in program.rules.iter().enumerate() {
        let mut stack = vec![&rule.condition];
        while let Some(expr) = stack.pop() {
            match expr {
                BoolExpr::And(children) | BoolExpr::Or(children) => stack.extend(children.iter().rev()),
                BoolExpr::Not(child) => stack.push(child),
                BoolExpr::Atom(atom, place) => {
                    let Some(found) = uses.get_mut(atom.0 as usize) else { continue };
                    if found.rules.last() != Some(&(number as u32)) {
                        found.rules.push(number as u32);
                    }
                    if let Some(written) = rule.provenance.get(*place as usize) {
                        let same = |w: &Provenance| w.file == written.file && w.range == written.range;
                        if !found.written.iter().any(same) {
                            found.written.push(written.clone());
                        }
                    }
                }
            }
        }
    }
    uses
}

/// What two readings of the clock right after each other show: the median, since one may be interrupted.
fn clock_cost() -> u64 {
    let mut readings: Vec<u64> = (0..1001)
        .map(|_| {
            let start = Instant::now();
            nanoseconds(start)
        })
        .collect();
    readings.sort_unstable();
    readings.get(readings.len() / 2).copied().unwrap_or(0)
}

pub(super) fn nanoseconds(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_nanos()).unwrap_or(u64::MAX)
}
