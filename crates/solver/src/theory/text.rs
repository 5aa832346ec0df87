//! Text: a value is built from what must be at its beginning, in it and at its end.
//!
//! The pieces are joined by a byte that no test names. So whatever else a test finds in the value it finds inside of one piece, and
//! what is inside of a piece is in every value that passes: the built value shows either that the tests hold together or that
//! they do not. Only paths and texts whose case does not matter leave doubts.

use crate::space::Budget;
use crate::test::{Test, Value, contains, parts};
use crate::theory::{Asserted, Finding, passes_all};

pub(super) fn judge(tests: &[Asserted<'_>], budget: &mut Budget) -> Finding {
    let Some(filler) = unnamed_byte(tests) else { return Finding::Unknown };
    if !budget.take(tests.len() * tests.len()) {
        return Finding::Unknown;
    }
    let passing = |tests: &[Asserted<'_>], is: fn(&Test) -> Option<&[u8]>| -> Vec<Vec<u8>> {
        tests.iter().filter(|(_, pass)| *pass).filter_map(|(test, _)| is(test).map(<[u8]>::to_vec)).collect()
    };
    let starts = passing(tests, |test| if let Test::StartsWith(text) = test { Some(text) } else { None });
    let ends = passing(tests, |test| if let Test::EndsWith(text) = test { Some(text) } else { None });
    let inside = passing(tests, |test| match test {
        Test::Contains(text) | Test::ContainsNoCase(text) => Some(text),
        _ => None,
    });
    let paths: Vec<&[Box<[u8]>]> = tests
        .iter()
        .filter(|(_, pass)| *pass)
        .filter_map(|(test, _)| if let Test::PathPrefix(parts) = test { Some(&**parts) } else { None })
        .collect();

    let start = starts.iter().max_by_key(|text| text.len());
    let end = ends.iter().max_by_key(|text| text.len());
    let path = paths.iter().max_by_key(|parts| parts.len());
    let agree = start.is_none_or(|longest| starts.iter().all(|text| longest.starts_with(text)))
        && end.is_none_or(|longest| ends.iter().all(|text| longest.ends_with(text)))
        && path.is_none_or(|longest| paths.iter().all(|parts| longest.starts_with(parts)));
    if !agree {
        return Finding::Impossible;
    }

    let path =
        path.map(|parts| parts.iter().flat_map(|part| [b"/", &**part]).flatten().copied().chain([b'/']).collect());
    let path: Vec<u8> = path.unwrap_or_default();
    let start = start.map(Vec::as_slice).unwrap_or_default();
    let mut value = if path.starts_with(start) { path } else { start.to_vec() };
    value.push(filler);
    for piece in &inside {
        value.extend(piece);
        value.push(filler);
    }
    value.extend(end.into_iter().flatten());
    let value = Value::Text(value.into());
    match passes_all(&value, tests) {
        Some(true) => return Finding::Possible(Some(value)),
        None => return if refuted(tests) { Finding::Impossible } else { Finding::Unknown },
        Some(false) => {}
    }
    if refuted(tests) { Finding::Impossible } else { Finding::Unknown }
}

/// Whether something that must not be is in something that must.
fn refuted(tests: &[Asserted<'_>]) -> bool {
    let failing = || tests.iter().filter(|(_, pass)| !pass).map(|(test, _)| *test);
    let passing = || tests.iter().filter(|(_, pass)| *pass).map(|(test, _)| *test);
    passing().any(|must| failing().any(|must_not| entails(must, must_not)))
}

/// Whether every text that passes the first passes the second.
fn entails(first: &Test, second: &Test) -> bool {
    match (first, second) {
        (Test::StartsWith(first), Test::StartsWith(second)) => first.starts_with(second),
        (Test::EndsWith(first), Test::EndsWith(second)) => first.ends_with(second),
        (Test::StartsWith(text) | Test::EndsWith(text) | Test::Contains(text), Test::Contains(needle)) => {
            contains(text, needle)
        }
        (
            Test::StartsWith(text) | Test::EndsWith(text) | Test::Contains(text) | Test::ContainsNoCase(text),
            Test::ContainsNoCase(needle),
        ) => contains(&text.to_ascii_lowercase(), needle),
        (Test::PathPrefix(first), Test::PathPrefix(second)) => first.starts_with(second),
        (Test::StartsWith(text), Test::PathPrefix(path)) => {
            // The last part may go on.
            let mut whole: Vec<&[u8]> = parts(text).collect();
            if !text.ends_with(b"/") {
                whole.pop();
            }
            path.len() <= whole.len() && path.iter().zip(whole).all(|(part, own)| **part == *own)
        }
        _ => first == second,
    }
}

/// A byte that no test names: a letter if there is one.
fn unnamed_byte(tests: &[Asserted<'_>]) -> Option<u8> {
    let mut named = [false; 256];
    let mut note = |bytes: &[u8]| {
        for byte in bytes {
            for byte in [byte.to_ascii_lowercase(), byte.to_ascii_uppercase()] {
                if let Some(slot) = named.get_mut(usize::from(byte)) {
                    *slot = true;
                }
            }
        }
    };
    for (test, _) in tests {
        match test {
            Test::StartsWith(text) | Test::EndsWith(text) | Test::Contains(text) | Test::ContainsNoCase(text) => {
                note(text)
            }
            Test::PathPrefix(parts) => parts.iter().for_each(|part| note(part)),
            // What has another byte than all values is none of them, but one that looks like them is the better example.
            Test::In(set) | Test::NotIn(set) => {
                for value in set.iter().take(64) {
                    if let Value::Text(text) = value {
                        note(text);
                    }
                }
            }
            _ => {}
        }
    }
    let letters = (b'a'..=b'z').rev().chain(b'0'..=b'9').chain(*b"_-+~@%").chain(1..=255).filter(|byte| *byte != b'/');
    letters.into_iter().find(|byte| !named.get(usize::from(*byte)).copied().unwrap_or(true))
}
