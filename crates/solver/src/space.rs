//! Variables and atoms, and the questions about formulas over them.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::formula::{AtomId, Formula, VarId};
use crate::search::{Search, Verdict};
use crate::test::{Test, Value};

/// What is known of a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: Box<str>,
    /// Whether it always has a value.
    pub required: bool,
    /// All values that it can have, sorted, if they can be listed.
    pub domain: Option<Arc<[Value]>>,
    /// Some value that it can have, for when nothing names one.
    pub sample: Value,
    /// The least and the largest number that it can be.
    pub range: (i128, i128),
}

impl Variable {
    /// A variable that may have any value or none.
    pub fn new(name: impl Into<Box<str>>) -> Self {
        Self {
            name: name.into(),
            required: false,
            domain: None,
            sample: Value::text("x"),
            range: (i128::from(i64::MIN), i128::from(u64::MAX)),
        }
    }
}

/// Steps that may still be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget(u32);

impl Budget {
    /// So many steps. One is about as much work as looking at one atom.
    pub fn new(steps: u32) -> Self {
        Self(steps)
    }

    /// Takes some; false when there are not so many.
    pub(crate) fn take(&mut self, steps: usize) -> bool {
        match self.0.checked_sub(u32::try_from(steps).unwrap_or(u32::MAX)) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => {
                self.0 = 0;
                false
            }
        }
    }

    /// Whether none are left.
    pub fn is_spent(self) -> bool {
        self.0 == 0
    }
}

/// Values of variables; `None`: no value. Variables that are not here may have any value or none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Witness {
    /// By variable.
    pub values: BTreeMap<VarId, Option<Value>>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It can hold, for instance so.
    Yes(Witness),
    /// It never holds.
    No,
    /// Not decided: something that the solver does not look into, or not enough steps.
    Unknown,
}

impl Answer {
    /// Whether it is proven that it never holds.
    pub fn is_no(&self) -> bool {
        matches!(self, Self::No)
    }
}

/// How two formulas differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// Whether the first can hold where the second does not.
    pub only_first: Answer,
    /// Whether the second can hold where the first does not.
    pub only_second: Answer,
}

impl Comparison {
    /// Whether they are proven to say the same.
    pub fn is_equal(&self) -> bool {
        self.only_first.is_no() && self.only_second.is_no()
    }
}

/// Variables and atoms.
#[derive(Debug, Default)]
pub struct Space {
    variables: Vec<Variable>,
    by_name: FxHashMap<Box<str>, VarId>,
    atoms: Vec<(VarId, Test)>,
    ids: FxHashMap<(VarId, Test), AtomId>,
}

impl Space {
    /// The variable of that name, made if there is none.
    pub fn variable(&mut self, name: &str, make: impl FnOnce() -> Variable) -> VarId {
        if let Some(known) = self.by_name.get(name) {
            return *known;
        }
        let id = VarId(self.variables.len() as u32);
        self.variables.push(make());
        self.by_name.insert(name.into(), id);
        id
    }

    /// The atom of a test of a variable.
    pub fn atom(&mut self, variable: VarId, test: Test) -> AtomId {
        if let Some(known) = self.ids.get(&(variable, test.clone())) {
            return *known;
        }
        let id = AtomId(self.atoms.len() as u32);
        self.atoms.push((variable, test.clone()));
        self.ids.insert((variable, test), id);
        id
    }

    /// What is known of a variable.
    pub fn variable_of(&self, id: VarId) -> Option<&Variable> {
        self.variables.get(id.0 as usize)
    }

    /// The variable and the test of an atom.
    pub fn test(&self, id: AtomId) -> Option<(VarId, &Test)> {
        self.atoms.get(id.0 as usize).map(|(variable, test)| (*variable, test))
    }

    /// How many variables there are.
    pub fn variables(&self) -> usize {
        self.variables.len()
    }

    /// How many atoms there are.
    pub fn atoms(&self) -> usize {
        self.atoms.len()
    }

    /// Whether all of these can hold together.
    pub fn satisfy(&self, all: &[&Formula], budget: &mut Budget) -> Answer {
        match Search::new(self, budget).run(all) {
            Verdict::Sat(witness) => Answer::Yes(witness),
            Verdict::Unsat => Answer::No,
            Verdict::Unknown => Answer::Unknown,
        }
    }

    /// Whether it is proven that a formula always holds.
    pub fn is_valid(&self, formula: &Formula, budget: &mut Budget) -> bool {
        self.satisfy(&[&formula.clone().negated()], budget).is_no()
    }

    /// Whether it is proven that `second` holds wherever `first` does.
    pub fn implies(&self, first: &Formula, second: &Formula, budget: &mut Budget) -> bool {
        self.satisfy(&[first, &second.clone().negated()], budget).is_no()
    }

    /// How two formulas differ, with a witness for either side.
    pub fn compare(&self, first: &Formula, second: &Formula, budget: &mut Budget) -> Comparison {
        Comparison {
            only_first: self.satisfy(&[first, &second.clone().negated()], budget),
            only_second: self.satisfy(&[second, &first.clone().negated()], budget),
        }
    }

    /// Of formulas that cannot hold together some that cannot either, as few as can be found by leaving out one after the other.
    /// Gives their places.
    pub fn core(&self, all: &[&Formula], budget: &mut Budget) -> Vec<usize> {
        let mut kept: Vec<usize> = (0..all.len()).collect();
        for candidate in 0..all.len() {
            let fewer: Vec<usize> = kept.iter().copied().filter(|place| *place != candidate).collect();
            let formulas: Vec<&Formula> = fewer.iter().filter_map(|place| all.get(*place).copied()).collect();
            if self.satisfy(&formulas, budget).is_no() {
                kept = fewer;
            }
        }
        kept
    }

    /// Whether a formula holds under a witness; variables that it does not name have no value. `None`: nobody knows.
    pub fn holds(&self, formula: &Formula, witness: &Witness) -> Option<bool> {
        let unknown = std::cell::Cell::new(false);
        let holds = formula.holds(&|id| {
            let Some((variable, test)) = self.test(id) else { return false };
            let value = witness.values.get(&variable).and_then(Option::as_ref);
            value.is_some_and(|value| {
                test.passes(value).unwrap_or_else(|| {
                    unknown.set(true);
                    false
                })
            })
        });
        (!unknown.get()).then_some(holds)
    }
}
