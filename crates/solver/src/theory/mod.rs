//! What tests of one variable can hold together.

mod order;
mod text;

use crate::space::{Budget, Variable};
use crate::test::{Test, Value};

/// What tests of one variable come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Finding {
    /// They hold together, for instance for this value, or for none.
    Possible(Option<Value>),
    /// They never do.
    Impossible,
    /// Not known.
    Unknown,
}

/// A test, and whether it is to pass.
pub(crate) type Asserted<'a> = (&'a Test, bool);

/// Judges tests of one variable.
pub(crate) fn judge(variable: &Variable, tests: &[Asserted<'_>], budget: &mut Budget) -> Finding {
    let needs_value = variable.required || tests.iter().any(|(_, pass)| *pass);
    if !needs_value {
        // Without a value nothing passes.
        return Finding::Possible(None);
    }
    if tests.iter().any(|(test, pass)| matches!(test, Test::Exists) && !pass) {
        return Finding::Impossible;
    }
    // Values that are named: one of them it must be.
    let named = tests.iter().filter_map(|(test, pass)| match (test, pass) {
        (Test::In(set), true) | (Test::NotIn(set), false) => Some(set),
        _ => None,
    });
    if let Some(set) = named.chain(&variable.domain).min_by_key(|set| set.len()) {
        let outside = |value: &&Value| {
            variable.domain.as_ref().is_some_and(|domain| domain.binary_search(value).is_err())
                || !in_range(variable, value)
        };
        let values = set.iter().filter(|value| !outside(value));
        return among(values, tests, budget);
    }
    if tests.iter().any(|(test, _)| is_text(test)) {
        return text::judge(tests, budget);
    }
    let mut candidates = order::candidates(tests, variable.range);
    if candidates.is_empty() {
        candidates.push(variable.sample.clone());
    }
    among(candidates.iter().filter(|value| in_range(variable, value)), tests, budget)
}

/// The first value that does what all tests ask for. The values are all that matter.
fn among<'v>(values: impl Iterator<Item = &'v Value>, tests: &[Asserted<'_>], budget: &mut Budget) -> Finding {
    let mut unknown = false;
    for value in values {
        if !budget.take(1 + tests.len() / 8) {
            return Finding::Unknown;
        }
        match passes_all(value, tests) {
            Some(true) => return Finding::Possible(Some(value.clone())),
            Some(false) => {}
            None => unknown = true,
        }
    }
    if unknown { Finding::Unknown } else { Finding::Impossible }
}

/// Whether a value does what all tests ask for, as far as that is known.
fn passes_all(value: &Value, tests: &[Asserted<'_>]) -> Option<bool> {
    let mut unknown = false;
    for (test, pass) in tests {
        match test.passes(value) {
            Some(passes) if passes != *pass => return Some(false),
            Some(_) => {}
            None => unknown = true,
        }
    }
    (!unknown).then_some(true)
}

fn in_range(variable: &Variable, value: &Value) -> bool {
    match value {
        Value::Number(number) => variable.range.0 <= *number && *number <= variable.range.1,
        _ => true,
    }
}

fn is_text(test: &Test) -> bool {
    match test {
        Test::StartsWith(_) | Test::EndsWith(_) | Test::Contains(_) | Test::ContainsNoCase(_) | Test::PathPrefix(_) => {
            true
        }
        Test::In(set) | Test::NotIn(set) => matches!(set.first(), Some(Value::Text(_))),
        _ => false,
    }
}
