//! How the events that a condition holds on changed from one compilation to another.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use falco_solver::{Answer, Budget, Formula, Space, Value};

use super::{Logic, Tree};
use crate::collect::Node;
use crate::named::Named;

/// Steps for a comparison: some hundredths of a second at most.
const STEPS: u32 = 2_000_000;

/// How the events that a condition holds on changed. As everywhere in the solver, fields are taken to be independent of each other: what it
/// says is looser is looser, but an event that it names need not be possible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Relation {
    /// The same events.
    Equal,
    /// All events from before, and others.
    Looser {
        /// One of the others.
        gained: Witness,
    },
    /// Only events from before, but not all of them.
    Tighter {
        /// One that is missing.
        lost: Witness,
    },
    /// Some events are new, some are missing.
    Incomparable {
        /// One that is new.
        gained: Witness,
        /// One that is missing.
        lost: Witness,
    },
    /// It could not be proven.
    Unknown,
}

/// An event, by the fields that matter; `None`: no value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Witness {
    /// Values by the field or the call that has them.
    pub values: BTreeMap<String, Option<String>>,
}

impl fmt::Display for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.values.is_empty() {
            return f.write_str("any event");
        }
        for (number, (field, value)) in self.values.iter().enumerate() {
            let comma = if number == 0 { "" } else { ", " };
            match value {
                Some(value) => write!(f, "{comma}{field} = {value}")?,
                None => write!(f, "{comma}{field} has no value")?,
            }
        }
        Ok(())
    }
}

/// Which part of a rule's condition is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    All,
    /// What is left without the exceptions.
    WithoutExceptions,
}

impl Named<'_> {
    /// How the events that a rule's or a macro's condition holds on changed from `self` to `later`, which may be of another compilation.
    /// Unknown where one of them is a list, does not compile, is too large, or is of another event source.
    pub fn relate(&self, later: &Named<'_>, part: Part) -> Relation {
        let mut space = Space::default();
        let mut formula = |named: &Named<'_>, source: &Arc<str>| -> Option<Formula> {
            let logic = named.logic(source, std::mem::take(&mut space))?;
            let formula = match part {
                Part::All => Some(logic.formula(&logic.tree)),
                Part::WithoutExceptions => without_exceptions(&logic, &logic.tree).map(|tree| logic.formula(&tree)),
            };
            space = logic.space;
            // Nothing but exceptions: it always holds.
            Some(formula.unwrap_or(Formula::TRUE))
        };
        let Some(source) = self.sources().into_iter().find(|source| later.sources().contains(source)) else {
            return Relation::Unknown;
        };
        let (Some(before), Some(after)) = (formula(self, &source), formula(later, &source)) else {
            return Relation::Unknown;
        };
        let compared = space.compare(&before, &after, &mut Budget::new(STEPS));
        match (compared.only_first, compared.only_second) {
            (Answer::No, Answer::No) => Relation::Equal,
            (Answer::No, Answer::Yes(gained)) => Relation::Looser { gained: named(&space, &gained) },
            (Answer::Yes(lost), Answer::No) => Relation::Tighter { lost: named(&space, &lost) },
            (Answer::Yes(lost), Answer::Yes(gained)) => {
                Relation::Incomparable { gained: named(&space, &gained), lost: named(&space, &lost) }
            }
            (Answer::Unknown, _) | (_, Answer::Unknown) => Relation::Unknown,
        }
    }

    /// The event sources that its condition was checked for.
    fn sources(&self) -> Vec<Arc<str>> {
        match self.node {
            Node::List(_) => Vec::new(),
            Node::Rule(id) => {
                self.inner.collection.rules.get(id).map(|rule| Arc::clone(&rule.source)).into_iter().collect()
            }
            Node::Macro(id) => {
                let mut sources: Vec<Arc<str>> = self.inner.macro_checks.sources(id).cloned().collect();
                sources.sort_unstable();
                sources
            }
        }
    }

    fn logic(&self, source: &Arc<str>, space: Space) -> Option<Logic<'_>> {
        let (units, checks) = (&self.inner.units, &self.inner.macro_checks);
        match self.node {
            Node::List(_) => None,
            Node::Rule(id) => super::of_rule(units, checks, units.rule(id)?, space),
            Node::Macro(id) => super::of_macro(units, checks, id, source, space),
        }
    }
}

/// The condition without the checks that exceptions made; `None` if nothing is left.
fn without_exceptions(logic: &Logic<'_>, tree: &Tree) -> Option<Tree> {
    let all = |children: &[Tree]| -> Vec<Tree> {
        children.iter().filter_map(|child| without_exceptions(logic, child)).collect()
    };
    Some(match tree {
        Tree::And(children) => match all(children) {
            left if left.is_empty() => return None,
            left => Tree::And(left),
        },
        Tree::Or(children) => match all(children) {
            left if left.is_empty() => return None,
            left => Tree::Or(left),
        },
        Tree::Not(child) => Tree::Not(Box::new(without_exceptions(logic, child)?)),
        Tree::Check(check) => {
            let is_exception = logic.checks.get(*check as usize).is_some_and(|check| check.is_exception());
            return (!is_exception).then(|| tree.clone());
        }
    })
}

fn named(space: &Space, witness: &falco_solver::Witness) -> Witness {
    let values = witness.values.iter().filter_map(|(variable, value)| {
        let name = space.variable_of(*variable)?.name.to_string();
        Some((name, value.as_ref().map(text)))
    });
    Witness { values: values.collect() }
}

/// A value as a condition would have it.
fn text(value: &Value) -> String {
    match value {
        Value::Text(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Value::Number(number) => number.to_string(),
        Value::Bool(value) => value.to_string(),
        Value::Ip(ip) => ip.to_string(),
    }
}
