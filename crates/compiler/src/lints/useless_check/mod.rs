//! The lint `useless-check`; its page is `page.md`.

use std::rc::Rc;

use falco_solver::{Budget, Formula, VarId};
use rustc_hash::FxHashMap;

use crate::lints::{Lint, LintCategory, LintLevel, Subject};
use crate::loc::Loc;
use crate::logic::{Logic, Tree};

/// See `page.md`.
pub static LINT: Lint = Lint {
    code: "useless-check",
    category: LintCategory::Correctness,
    level: LintLevel::Info,
    summary: "a check cannot influence whether the condition holds",
    options: &[],
    page: include_str!("page.md"),
};

pub(super) fn check(subject: &mut Subject<'_>) {
    // A condition that never or always holds is told of as a whole.
    let whole = [super::never_true::LINT.code, super::always_true::LINT.code];
    if subject.diags.iter().any(|diag| whole.contains(&diag.code)) {
        return;
    }
    let Some(logic) = &subject.logic else { return };
    let mut uses: FxHashMap<VarId, u32> = FxHashMap::default();
    for check in &logic.checks {
        *uses.entry(check.variable).or_default() += 1;
    }
    // Checks of fields that nothing else looks at always matter.
    if !logic.checks.iter().any(|check| check.is_own() && uses.get(&check.variable).is_some_and(|uses| *uses > 1)) {
        return;
    }
    let mut walk = Walk {
        logic,
        uses,
        context: Vec::new(),
        outer: 0,
        either: false,
        budget: &mut subject.budget,
        found: Vec::new(),
    };
    walk.visit(&logic.tree, false);
    for (loc, message) in walk.found {
        subject.push(&LINT, message, loc, |diag| diag);
    }
}

/// A part that holds whenever another one decides, and what it looks at.
#[derive(Clone)]
struct Given {
    formula: Rc<Formula>,
    variables: Rc<[VarId]>,
}

struct Walk<'a> {
    logic: &'a Logic<'a>,
    uses: FxHashMap<VarId, u32>,
    /// What holds whenever the part at hand decides.
    context: Vec<Given>,
    /// How much of the context the siblings do not make, and whether they are alternatives.
    outer: usize,
    either: bool,
    budget: &'a mut Budget,
    found: Vec<(Loc, String)>,
}

impl Walk<'_> {
    fn visit(&mut self, tree: &Tree, judge: bool) {
        if self.budget.is_spent() || !self.concerns(tree) {
            return;
        }
        if judge && self.judge(tree) {
            return;
        }
        match tree {
            Tree::And(children) => self.children(children, false),
            Tree::Or(children) => self.children(children, true),
            // What a check decides, its negation decides.
            Tree::Not(child) if matches!(**child, Tree::Check(_)) => {}
            Tree::Not(child) => self.visit(child, false),
            Tree::Check(_) => {}
        }
    }

    /// Each of several parts, in the context of the others.
    fn children(&mut self, children: &[Tree], either: bool) {
        let depth = self.context.len();
        let formulas: Vec<Rc<Formula>> = children.iter().map(|child| Rc::new(self.logic.formula(child))).collect();
        let opposites = formulas.iter().map(|formula| Rc::new(Formula::clone(formula).negated()));
        let given: Vec<Rc<Formula>> = if either { opposites.collect() } else { formulas.clone() };
        let variables = children.iter().map(|child| self.variables(child));
        let given: Vec<Given> =
            given.into_iter().zip(variables).map(|(formula, variables)| Given { formula, variables }).collect();
        for (place, child) in children.iter().enumerate() {
            if !self.concerns(child) {
                continue;
            }
            // Of two parts that say the same one counts.
            let others = given.iter().zip(&formulas).enumerate().filter(|(other, (_, formula))| {
                *other != place && !(*other > place && formulas.get(place) == Some(formula))
            });
            self.context.extend(others.map(|(_, (given, _))| given.clone()));
            self.outer = depth;
            self.either = either;
            self.visit(child, true);
            self.context.truncate(depth);
        }
    }

    fn variables(&self, tree: &Tree) -> Rc<[VarId]> {
        let mut variables: Vec<VarId> = self.logic.checks_in(tree).iter().map(|check| check.variable).collect();
        variables.sort_unstable();
        variables.dedup();
        variables.into()
    }

    /// The context that can have to do with a part: what looks at the same fields as it, or as what does. The rest holds by itself or not,
    /// whatever the part says.
    fn near<'c>(context: &'c [Given], variables: &[VarId]) -> Vec<&'c Formula> {
        let mut known = variables.to_vec();
        let mut rest: Vec<&Given> = context.iter().collect();
        let mut near = Vec::new();
        loop {
            let before = near.len();
            rest.retain(|given| {
                let touches = given.variables.iter().any(|variable| known.contains(variable));
                if touches {
                    known.extend(given.variables.iter());
                    near.push(&*given.formula);
                }
                !touches
            });
            if near.len() == before {
                return near;
            }
        }
    }

    /// Whether a part has a check of its own on a field that others look at too.
    fn concerns(&self, tree: &Tree) -> bool {
        let shared = |variable: &VarId| self.uses.get(variable).is_some_and(|uses| *uses > 1);
        let checks = self.logic.checks_in(tree);
        checks.iter().any(|check| check.is_own() && shared(&check.variable))
    }

    /// Tells of a part that does not matter.
    fn judge(&mut self, tree: &Tree) -> bool {
        let formula = self.logic.formula(tree);
        let variables = self.variables(tree);
        let mut possible = |formula: &Formula, context: &[Given]| {
            let all: Vec<&Formula> = Self::near(context, &variables).into_iter().chain([formula]).collect();
            !self.logic.space.satisfy(&all, self.budget).is_no()
        };
        let outer = self.context.get(..self.outer).unwrap_or_default();
        let verdict = if !possible(&formula, &self.context) {
            if self.either && possible(&formula, outer) {
                "adds nothing to the other alternatives"
            } else {
                "can never hold here, with the other checks of the condition"
            }
        } else if !possible(&formula.negated(), &self.context) {
            if self.either && possible(&self.logic.formula(tree).negated(), outer) {
                "makes the other alternatives needless"
            } else {
                "always holds here, with the other checks of the condition"
            }
        } else {
            return false;
        };
        let checks = self.logic.checks_in(tree);
        let negated = if matches!(tree, Tree::Not(_)) { "not " } else { "" };
        let Some(check) = checks.iter().find(|check| check.is_own()) else { return false };
        // A list can be longer tomorrow.
        if checks.iter().any(|check| check.uses_list) {
            return false;
        }
        let message = match checks.as_slice() {
            [one] => format!("`{negated}{}` {verdict}", one.text()),
            _ => format!("what begins with `{negated}{}` {verdict}", check.text()),
        };
        self.found.push((check.loc(), message));
        true
    }
}

#[cfg(test)]
mod tests;
