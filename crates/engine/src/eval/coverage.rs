//! What events did to the comparisons of rules: which came out true, false, without a value, and which decided.

use falco_compiler::program::{BoolExpr, Program};

use super::explain::Truth;
use super::session::Session;
use crate::value::FieldSource;

/// How a comparison came out over many events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// It held.
    pub yes: u64,
    /// It did not hold.
    pub no: u64,
    /// It did not hold because a side had no value.
    pub no_value: u64,
    /// It decided: had it alone come out the other way, so had the rule.
    pub decisive: u64,
}

impl Counts {
    /// Adds others.
    pub fn add(&mut self, other: Self) {
        self.yes += other.yes;
        self.no += other.no;
        self.no_value += other.no_value;
        self.decisive += other.decisive;
    }
}

/// Counts for every place of every rule at which a comparison stands. All of a condition is judged, also what a rule that is only to be
/// matched would not look at any more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    rules: Vec<Box<[Counts]>>,
}

impl Coverage {
    /// Nothing counted yet.
    pub fn new(program: &Program) -> Self {
        let places = |len| vec![Counts::default(); len].into_boxed_slice();
        Self { rules: program.rules.iter().map(|rule| places(rule.provenance.len())).collect() }
    }

    /// Counts a rule's comparisons on an event; says whether the rule's condition holds.
    pub fn look<S: FieldSource>(&mut self, session: &mut Session<'_, S>, rule: u32) -> bool {
        let program = session.program();
        let (Some(rule_program), Some(places)) = (program.rules.get(rule as usize), self.rules.get_mut(rule as usize))
        else {
            return false;
        };
        let condition = &rule_program.condition;
        count(condition, true, session, places);
        holds(condition, session)
    }

    /// The counts of a rule, by the numbers of the places in its provenance.
    pub fn of(&self, rule: u32) -> &[Counts] {
        self.rules.get(rule as usize).map_or(&[], |places| places)
    }
}

fn holds<S: FieldSource>(expr: &BoolExpr, session: &mut Session<'_, S>) -> bool {
    match expr {
        BoolExpr::And(children) => children.iter().all(|child| holds(child, session)),
        BoolExpr::Or(children) => children.iter().any(|child| holds(child, session)),
        BoolExpr::Not(child) => !holds(child, session),
        BoolExpr::Atom(atom, _) => session.holds(*atom),
    }
}

/// A part decides when what is around it does and no sibling settles that already.
fn count<S: FieldSource>(expr: &BoolExpr, decides: bool, session: &mut Session<'_, S>, places: &mut [Counts]) {
    let (children, settling) = match expr {
        BoolExpr::Atom(atom, place) => {
            let Some(counts) = places.get_mut(*place as usize) else { return };
            match session.truth(*atom) {
                Truth::True => counts.yes += 1,
                Truth::False => counts.no += 1,
                Truth::NoValue => counts.no_value += 1,
            }
            counts.decisive += u64::from(decides);
            return;
        }
        BoolExpr::Not(child) => return count(child, decides, session, places),
        BoolExpr::And(children) => (children, false),
        BoolExpr::Or(children) => (children, true),
    };
    let settled: Vec<bool> = children.iter().map(|child| holds(child, session) == settling).collect();
    let all = settled.iter().filter(|settled| **settled).count();
    for (child, settled) in children.iter().zip(settled) {
        count(child, decides && all == usize::from(settled), session, places);
    }
}
