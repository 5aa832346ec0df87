//! Alerts against expectations.

use std::collections::HashSet;

use serde_json::Value;

use super::judge::Raised;
use crate::file::Expect;

/// In what an alert differs from what was expected of it.
pub(crate) fn mismatches(expect: &Expect, raised: &Raised) -> Vec<String> {
    let mut wrong = Vec::new();
    let alert = &raised.alert;
    if let Some(priority) = expect.priority.as_ref().filter(|p| p.value != alert.priority) {
        wrong.push(format!("priority should be {}, is {}", priority.value.as_str(), alert.priority.as_str()));
    }
    if let Some(tags) = &expect.tags {
        let mut tags = tags.clone();
        tags.sort();
        tags.dedup();
        if tags != alert.tags {
            wrong.push(format!("tags should be [{}], are [{}]", tags.join(", "), alert.tags.join(", ")));
        }
    }
    if let Some(mismatch) = expect.output.as_ref().and_then(|m| m.mismatch(Some(&alert.message))) {
        wrong.push(format!("output {mismatch}"));
    }
    for (name, matcher) in &expect.fields {
        let text = match alert.fields.get(&name.value) {
            None => {
                wrong.push(format!("field `{}` is not in the rule's output", name.value));
                continue;
            }
            Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text.clone()),
            Some(other) => Some(other.to_string()),
        };
        if let Some(mismatch) = matcher.mismatch(text.as_deref()) {
            wrong.push(format!("field `{}` {mismatch}", name.value));
        }
    }
    wrong
}

/// A largest pairing: for each alert the expectation that it fills. `fits` names the expectations that an alert could fill,
/// `room` how many alerts each takes.
pub(crate) fn pair(fits: &[Vec<usize>], room: &[u64]) -> Vec<Option<usize>> {
    let mut pairing =
        Pairing { fits, room: room.to_vec(), held: vec![Vec::new(); room.len()], pairs: vec![None; fits.len()] };
    // Once an alert finds no place, none that fits the same expectations ever will.
    let mut hopeless: HashSet<&[usize]> = HashSet::new();
    for (alert, options) in fits.iter().enumerate() {
        if !hopeless.contains(options.as_slice()) && !pairing.place(alert, &mut vec![false; room.len()]) {
            hopeless.insert(options);
        }
    }
    pairing.pairs
}

struct Pairing<'a> {
    fits: &'a [Vec<usize>],
    room: Vec<u64>,
    held: Vec<Vec<usize>>,
    pairs: Vec<Option<usize>>,
}

impl Pairing<'_> {
    /// Finds an expectation for an alert, if need be by moving another alert on. As deep as there are expectations.
    fn place(&mut self, alert: usize, tried: &mut [bool]) -> bool {
        for &expect in self.fits.get(alert).into_iter().flatten() {
            match tried.get_mut(expect) {
                Some(tried) if !*tried => *tried = true,
                _ => continue,
            }
            let has_room = self.room.get(expect).is_some_and(|room| *room > 0);
            let moved = if has_room { None } else { self.move_one(expect, tried) };
            if !has_room && moved.is_none() {
                continue;
            }
            if let (true, Some(room)) = (has_room, self.room.get_mut(expect)) {
                *room -= 1;
            }
            if let Some(held) = self.held.get_mut(expect) {
                held.retain(|h| Some(*h) != moved);
                held.push(alert);
            }
            if let Some(pair) = self.pairs.get_mut(alert) {
                *pair = Some(expect);
            }
            return true;
        }
        false
    }

    /// Moves one of an expectation's alerts elsewhere.
    fn move_one(&mut self, expect: usize, tried: &mut [bool]) -> Option<usize> {
        let held = self.held.get(expect)?.clone();
        held.into_iter().find(|other| self.place(*other, tried))
    }
}

/// For each alert the expectations that it could fill, as [`pair`] takes them.
pub(crate) fn fits(expect: &[Expect], raised: &[Raised]) -> Vec<Vec<usize>> {
    let fitting = |raised: &Raised| {
        let all = expect.iter().enumerate();
        all.filter(|(_, e)| e.rule.value == raised.alert.name && mismatches(e, raised).is_empty())
            .map(|(i, _)| i)
            .collect()
    };
    raised.iter().map(fitting).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairing_moves_alerts_on() {
        // The first alert could fill both, the second only the first.
        assert_eq!(pair(&[vec![0, 1], vec![0]], &[1, 1]), [Some(1), Some(0)]);
        assert_eq!(pair(&[vec![0], vec![0], vec![0]], &[2]), [Some(0), Some(0), None]);
        assert_eq!(pair(&[vec![0, 1], vec![0, 2], vec![0]], &[1, 1, 1]).iter().flatten().count(), 3);
        assert_eq!(pair(&[vec![]], &[1]), [None]);
    }
}
