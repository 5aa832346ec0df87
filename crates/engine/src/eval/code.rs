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

/// A condition in which negation stands at the atoms alone, operands of one kind are joined, and atoms whose truth is known are
/// gone. `And` of nothing is true, `Or` of nothing false.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Form {
    And(Vec<Form>),
    Or(Vec<Form>),
    /// The atom, or that it does not hold.
    Atom {
        atom: AtomId,
        negated: bool,
    },
}

impl Form {
    pub(crate) fn is_true(&self) -> bool {
        matches!(self, Self::And(children) if children.is_empty())
    }

    pub(crate) fn is_false(&self) -> bool {
        matches!(self, Self::Or(children) if children.is_empty())
    }

    /// What must all hold.
    pub(crate) fn conjuncts(&self) -> &[Form] {
        match self {
            Self::And(children) => children,
            other => std::slice::from_ref(other),
        }
    }
}

/// Brings a condition into [`Form`]. `known` tells atoms whose truth is known.
pub(crate) fn simplify(expr: &BoolExpr, known: &dyn Fn(AtomId) -> Option<bool>) -> Form {
    simplify_as(expr, false, known)
}

fn simplify_as(expr: &BoolExpr, negated: bool, known: &dyn Fn(AtomId) -> Option<bool>) -> Form {
    match expr {
        BoolExpr::Not(child) => simplify_as(child, !negated, known),
        BoolExpr::Atom(atom, _) => match known(*atom) {
            Some(truth) if truth != negated => Form::And(Vec::new()),
            Some(_) => Form::Or(Vec::new()),
            None => Form::Atom { atom: *atom, negated },
        },
        BoolExpr::And(children) | BoolExpr::Or(children) => {
            let all = matches!(expr, BoolExpr::And(_)) != negated;
            let mut out: Vec<Form> = Vec::with_capacity(children.len());
            for child in children {
                match simplify_as(child, negated, known) {
                    Form::And(inner) if all => out.extend(inner),
                    Form::Or(inner) if !all => out.extend(inner),
                    settled if settled.is_true() || settled.is_false() => return settled,
                    other => out.push(other),
                }
            }
            match (out.len(), all) {
                (1, _) => out.swap_remove(0),
                (_, true) => Form::And(out),
                (_, false) => Form::Or(out),
            }
        }
    }
}

/// Emits code for a condition and returns where it starts (which may be one of the two ends). Instructions are emitted from the
/// last to the first, so that targets are known. `cost` orders the operands of `and` and `or`: an atom has no side effect, so
/// cheap ones go first.
pub(crate) fn emit(form: &Form, code: &mut Vec<Instr>, cost: &dyn Fn(AtomId) -> u32) -> u32 {
    emit_to(form, MATCH, NO_MATCH, code, cost)
}

fn emit_to(form: &Form, on_true: u32, on_false: u32, code: &mut Vec<Instr>, cost: &dyn Fn(AtomId) -> u32) -> u32 {
    match form {
        Form::Atom { .. } if on_true == on_false => on_true,
        Form::Atom { atom, negated } => {
            let (on_true, on_false) = if *negated { (on_false, on_true) } else { (on_true, on_false) };
            code.push(Instr { atom: *atom, on_true, on_false });
            (code.len() - 1) as u32
        }
        Form::And(children) => {
            let mut next = on_true;
            for child in cheapest_first(children, cost).into_iter().rev() {
                next = emit_to(child, next, on_false, code, cost);
            }
            next
        }
        Form::Or(children) => {
            let mut next = on_false;
            for child in cheapest_first(children, cost).into_iter().rev() {
                next = emit_to(child, on_true, next, code, cost);
            }
            next
        }
    }
}

fn cheapest_first<'e>(children: &'e [Form], cost: &dyn Fn(AtomId) -> u32) -> Vec<&'e Form> {
    let mut ordered: Vec<&Form> = children.iter().collect();
    ordered.sort_by_cached_key(|child| total_cost(child, cost));
    ordered
}

/// The cost of all atoms together.
pub(crate) fn total_cost(form: &Form, cost: &dyn Fn(AtomId) -> u32) -> u32 {
    match form {
        Form::Atom { atom, .. } => cost(*atom),
        Form::And(children) | Form::Or(children) => {
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
                let start = emit(&simplify(&expr, &known), &mut code, &|a| 5 - a.0);
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
        let start = emit(&simplify(&expr, &|a| (a.0 == 0).then_some(false)), &mut code, &|_| 1);
        assert_eq!(start, NO_MATCH);
    }
}
