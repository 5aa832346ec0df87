//! Whether two conditions are the same whatever the comparisons come out as.

use falco_compiler::program::{AtomId, BoolExpr};

/// Conditions of more comparisons are not shown equal by trying everything.
const MAX_ATOMS: usize = 12;

/// Whether they are shown to be equal. False says nothing.
pub(crate) fn are_equal(a: &BoolExpr, b: &BoolExpr) -> bool {
    if a == b {
        return true;
    }
    let mut atoms = Vec::new();
    collect(a, &mut atoms);
    collect(b, &mut atoms);
    atoms.sort_unstable();
    atoms.dedup();
    if atoms.len() > MAX_ATOMS {
        return false;
    }
    (0u32..1 << atoms.len()).all(|bits| {
        let truth = |atom: AtomId| atoms.binary_search(&atom).is_ok_and(|n| bits >> n & 1 == 1);
        holds(a, &mut |atom| truth(atom)) == holds(b, &mut |atom| truth(atom))
    })
}

/// The comparisons of a condition.
pub(crate) fn collect(expr: &BoolExpr, out: &mut Vec<AtomId>) {
    match expr {
        BoolExpr::Atom(atom, _) => out.push(*atom),
        BoolExpr::Not(child) => collect(child, out),
        BoolExpr::And(children) | BoolExpr::Or(children) => children.iter().for_each(|child| collect(child, out)),
    }
}

/// Whether a condition holds.
pub(crate) fn holds(expr: &BoolExpr, truth: &mut dyn FnMut(AtomId) -> bool) -> bool {
    match expr {
        BoolExpr::Atom(atom, _) => truth(*atom),
        BoolExpr::Not(child) => !holds(child, truth),
        BoolExpr::And(children) => children.iter().all(|child| holds(child, truth)),
        BoolExpr::Or(children) => children.iter().any(|child| holds(child, truth)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn atom(n: u32) -> BoolExpr {
        BoolExpr::Atom(AtomId(n), n)
    }

    #[test]
    fn absorption_is_seen_and_differences_are() {
        let absorbed = BoolExpr::Or(vec![atom(1), BoolExpr::And(vec![atom(1), atom(2)])]);
        assert!(are_equal(&absorbed, &atom(1)));
        assert!(!are_equal(&absorbed, &atom(2)));
        let many = BoolExpr::And((0..20).map(atom).collect());
        assert!(are_equal(&many, &many));
        assert!(!are_equal(&many, &BoolExpr::And((0..19).map(atom).collect())));
    }
}
