//! How far an event is from a rule, and which events of many came nearest.
//!
//! The distance is the least number of comparisons that would have to come out the other way for the rule to match. It is found
//! without making an explanation, so that every event of a capture can be asked; only the few that are kept are explained.

use falco_compiler::program::{AtomId, BoolExpr};

use super::Explanation;
use crate::eval::session::Session;
use crate::value::FieldSource;

/// Finds the cheapest way to make `expr` come out as `wanted`: how many comparisons must change, and (appended to `blockers`) which,
/// by their places in the rule. Stops counting when there are more than `limit`.
pub(super) fn cheapest(
    expr: &BoolExpr,
    wanted: bool,
    limit: usize,
    holds: &mut dyn FnMut(AtomId) -> bool,
    blockers: &mut Vec<u32>,
) -> usize {
    match expr {
        BoolExpr::Atom(atom, place) => {
            if holds(*atom) == wanted {
                return 0;
            }
            blockers.push(*place);
            1
        }
        BoolExpr::Not(child) => cheapest(child, !wanted, limit, holds, blockers),
        BoolExpr::And(children) if wanted => every(children, wanted, limit, holds, blockers),
        BoolExpr::Or(children) if !wanted => every(children, wanted, limit, holds, blockers),
        BoolExpr::And(children) | BoolExpr::Or(children) => one(children, wanted, limit, holds, blockers),
    }
}

fn every(
    children: &[BoolExpr],
    wanted: bool,
    limit: usize,
    holds: &mut dyn FnMut(AtomId) -> bool,
    blockers: &mut Vec<u32>,
) -> usize {
    let mut sum = 0;
    for child in children {
        sum += cheapest(child, wanted, limit.saturating_sub(sum), holds, blockers);
        if sum > limit {
            break;
        }
    }
    sum
}

fn one(
    children: &[BoolExpr],
    wanted: bool,
    limit: usize,
    holds: &mut dyn FnMut(AtomId) -> bool,
    blockers: &mut Vec<u32>,
) -> usize {
    let start = blockers.len();
    let mut best: Option<usize> = None;
    for child in children {
        let before = blockers.len();
        // What costs as much as what was found already is not worth knowing.
        let limit = best.map_or(limit, |best| limit.min(best.saturating_sub(1)));
        let cost = cheapest(child, wanted, limit, holds, blockers);
        if best.is_none_or(|best| cost < best) {
            blockers.drain(start..before);
            best = Some(cost);
        } else {
            blockers.truncate(before);
        }
        if cost == 0 {
            break;
        }
    }
    // A choice among nothing cannot be made to hold by any comparison.
    best.unwrap_or(usize::MAX >> 1)
}

/// A kind of near miss: all events that the same comparisons kept from matching.
#[derive(Debug, Clone, PartialEq)]
pub struct Miss {
    /// The first such event.
    pub event: u64,
    /// How many comparisons would have to come out the other way.
    pub distance: usize,
    /// How many events were kept from matching by these comparisons.
    pub count: u64,
    /// Why the first of them does not match.
    pub explanation: Explanation,
    blockers: Vec<u32>,
}

/// Looks at events one by one and keeps the near misses of a rule.
#[derive(Debug, Clone)]
pub struct Nearest {
    rule: u32,
    keep: usize,
    /// Events that were looked at.
    pub looked_at: u64,
    /// Events that matched.
    pub matched: u64,
    misses: Vec<Miss>,
    blockers: Vec<u32>,
}

impl Nearest {
    /// Keeps the `keep` nearest kinds of misses of a rule.
    pub fn new(rule: u32, keep: usize) -> Self {
        Self { rule, keep, looked_at: 0, matched: 0, misses: Vec::new(), blockers: Vec::new() }
    }

    /// Looks at an event; says whether it matches. `number` is what the event is called in the result.
    pub fn look<S: FieldSource>(&mut self, session: &mut Session<'_, S>, number: u64) -> bool {
        let program = session.program();
        let Some(rule) = program.rules.get(self.rule as usize) else { return false };
        self.looked_at += 1;
        let full = self.misses.len() >= self.keep;
        let limit = self.misses.last().filter(|_| full).map_or(usize::MAX >> 1, |worst| worst.distance);
        self.blockers.clear();
        let mut holds = |atom| session.holds(atom);
        let distance = cheapest(&rule.condition, true, limit, &mut holds, &mut self.blockers);
        if distance == 0 {
            self.matched += 1;
            return true;
        }
        if distance > limit {
            return false;
        }
        if let Some(known) = self.misses.iter_mut().find(|miss| miss.blockers == self.blockers) {
            known.count += 1;
            return false;
        }
        let at = self.misses.partition_point(|miss| miss.distance <= distance);
        if at < self.keep
            && let Some(explanation) = session.explain(self.rule)
        {
            self.misses.truncate(self.keep - 1);
            let blockers = self.blockers.clone();
            self.misses.insert(at, Miss { event: number, distance, count: 1, explanation, blockers });
        }
        false
    }

    /// Whether a nearer miss than those that are kept is impossible.
    pub fn is_settled(&self) -> bool {
        self.misses.len() >= self.keep && self.misses.iter().all(|miss| miss.distance == 1)
    }

    /// The misses, the nearest first; those that are equally near in the order of their first events.
    pub fn misses(&self) -> &[Miss] {
        &self.misses
    }

    /// The misses, the nearest first.
    pub fn into_misses(self) -> Vec<Miss> {
        self.misses
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn atom(n: u32) -> BoolExpr {
        BoolExpr::Atom(AtomId(n), n)
    }

    fn distance(expr: &BoolExpr, held: &[u32]) -> (usize, Vec<u32>) {
        let mut blockers = Vec::new();
        let cost = cheapest(expr, true, 100, &mut |a| held.contains(&a.0), &mut blockers);
        (cost, blockers)
    }

    #[test]
    fn the_cheapest_way_is_taken() {
        use BoolExpr::{And, Not, Or};
        // (0 and 1) or (2 and not (3 or 4))
        let expr = Or(vec![And(vec![atom(0), atom(1)]), And(vec![atom(2), Not(Box::new(Or(vec![atom(3), atom(4)])))])]);
        assert_eq!(distance(&expr, &[]), (1, vec![2]));
        assert_eq!(distance(&expr, &[0]), (1, vec![1]));
        assert_eq!(distance(&expr, &[2, 3, 4]), (2, vec![0, 1]));
        assert_eq!(distance(&expr, &[2, 4]), (1, vec![4]));
        assert_eq!(distance(&expr, &[0, 1]), (0, vec![]));
        assert_eq!(distance(&And(vec![]), &[]).0, 0);
        assert!(distance(&Or(vec![]), &[]).0 > 1000);
    }

    #[test]
    fn a_limit_ends_the_count() {
        let expr = BoolExpr::And((0..50).map(atom).collect());
        let mut blockers = Vec::new();
        assert_eq!(cheapest(&expr, true, 3, &mut |_| false, &mut blockers), 4);
    }
}
