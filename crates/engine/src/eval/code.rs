//! Conditions as jump code: one instruction for each occurrence of an atom, with the next instruction for either answer.
//!
//! Short-circuiting, negation and nesting are all in the targets, so running a rule is one loop without recursion. Answers that
//! are known beforehand (the event's type is, for every event of one code) leave no instruction behind.

use falco_compiler::program::{AtomId, BoolExpr};

/// One step: judge the atom, go on at the target of the answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Instr {
    pub(crate) atom: AtomId,
    pub(crate) on_true: u32,
    pub(crate) on_false: u32,
}

/// The rule matches.
pub(crate) const MATCH: u32 = u32::MAX;
/// The rule does not match.
pub(crate) const NO_MATCH: u32 = u32::MAX - 1;

/// Emits code for a condition and returns where it starts (which may be one of the two ends). Instructions are emitted from the
/// last to the first, so that targets are known. `known` tells atoms whose truth is known, `cost` orders the operands of `and`
/// and `or`: an atom has no side effect, so cheap ones go first.
pub(crate) fn emit(
    expr: &BoolExpr,
    code: &mut Vec<Instr>,
    known: &dyn Fn(AtomId) -> Option<bool>,
    cost: &dyn Fn(AtomId) -> u32,
) -> u32 {
    emit_to(expr, MATCH, NO_MATCH, code, known, cost)
}

fn emit_to(
    expr: &BoolExpr,
    on_true: u32,
    on_false: u32,
    code: &mut Vec<Instr>,
    known: &dyn Fn(AtomId) -> Option<bool>,
    cost: &dyn Fn(AtomId) -> u32,
) -> u32 {
    match expr {
        BoolExpr::Not(child) => emit_to(child, on_false, on_true, code, known, cost),
        BoolExpr::Atom(atom, _) => match known(*atom) {
            Some(true) => on_true,
            Some(false) => on_false,
            None if on_true == on_false => on_true,
            None => {
                code.push(Instr { atom: *atom, on_true, on_false });
                (code.len() - 1) as u32
            }
        },
        BoolExpr::And(children) => {
            let mut next = on_true;
            for child in cheapest_first(children, cost).into_iter().rev() {
                next = emit_to(child, next, on_false, code, known, cost);
            }
            next
        }
        BoolExpr::Or(children) => {
            let mut next = on_false;
            for child in cheapest_first(children, cost).into_iter().rev() {
                next = emit_to(child, on_true, next, code, known, cost);
            }
            next
        }
    }
}

fn cheapest_first<'e>(children: &'e [BoolExpr], cost: &dyn Fn(AtomId) -> u32) -> Vec<&'e BoolExpr> {
    let mut ordered: Vec<&BoolExpr> = children.iter().collect();
    ordered.sort_by_cached_key(|child| total_cost(child, cost));
    ordered
}

fn total_cost(expr: &BoolExpr, cost: &dyn Fn(AtomId) -> u32) -> u32 {
    match expr {
        BoolExpr::Atom(atom, _) => cost(*atom),
        BoolExpr::Not(child) => total_cost(child, cost),
        BoolExpr::And(children) | BoolExpr::Or(children) => {
            children.iter().fold(0, |sum: u32, child| sum.saturating_add(total_cost(child, cost)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(code: &[Instr], mut at: u32, truth: impl Fn(u32) -> bool) -> bool {
        while at < NO_MATCH {
            let instr = code[at as usize];
            at = if truth(instr.atom.0) { instr.on_true } else { instr.on_false };
        }
        at == MATCH
    }

    fn plain(expr: &BoolExpr, truth: &impl Fn(u32) -> bool) -> bool {
        match expr {
            BoolExpr::And(children) => children.iter().all(|c| plain(c, truth)),
            BoolExpr::Or(children) => children.iter().any(|c| plain(c, truth)),
            BoolExpr::Not(child) => !plain(child, truth),
            BoolExpr::Atom(atom, _) => truth(atom.0),
        }
    }

    /// A pseudo-random expression over five atoms.
    fn expression(seed: &mut u32, depth: u32) -> BoolExpr {
        *seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let pick = *seed >> 24;
        if depth == 0 || pick < 64 {
            return BoolExpr::Atom(AtomId(pick % 5), 0);
        }
        if pick < 100 {
            return BoolExpr::Not(Box::new(expression(seed, depth - 1)));
        }
        let children = (0..2 + pick % 3).map(|_| expression(seed, depth - 1)).collect();
        if pick < 180 { BoolExpr::And(children) } else { BoolExpr::Or(children) }
    }

    #[test]
    fn code_agrees_with_the_tree() {
        let mut seed = 7;
        for _ in 0..300 {
            let expr = expression(&mut seed, 4);
            for known_bits in [0u32, 0b00001, 0b10110] {
                let mut code = Vec::new();
                let truths = seed >> 5;
                let known = |a: AtomId| (known_bits >> a.0 & 1 == 1).then_some(truths >> a.0 & 1 == 1);
                let start = emit(&expr, &mut code, &known, &|a| 5 - a.0);
                assert!(code.iter().all(|i| known(i.atom).is_none()));
                for bits in 0..32u32 {
                    let truth = |a: u32| known(AtomId(a)).unwrap_or(bits >> a & 1 == 1);
                    assert_eq!(run(&code, start, truth), plain(&expr, &truth), "{expr:?}");
                }
            }
        }
    }

    #[test]
    fn known_answers_leave_nothing() {
        let expr = BoolExpr::And(vec![BoolExpr::Atom(AtomId(0), 0), BoolExpr::Atom(AtomId(1), 1)]);
        let mut code = Vec::new();
        let start = emit(&expr, &mut code, &|a| (a.0 == 0).then_some(false), &|_| 1);
        assert_eq!(start, NO_MATCH);
    }
}
