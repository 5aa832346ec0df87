//! From compiled conditions to the solver's formulas, and back to the places that their checks were written at.
//!
//! Only what a value can be is told to the solver, not how fields depend on each other: to it, `fd.name` and `fd.directory` have
//! nothing to do with each other. So what it says can never hold never holds; what it says can hold may still not.

mod atoms;
mod relate;

use std::sync::Arc;

use falco_solver::{Formula, Space, VarId};

use crate::check::{CExpr, Checked};
use crate::loc::Loc;
use crate::session::MacroChecks;
use crate::stage::{Condition, RuleUnit, Units};

pub use relate::{Part, Relation, Witness};

/// Conditions with more checks are not looked at.
pub(crate) const MAX_CHECKS: u64 = 2_000;

/// A condition with its macros opened.
pub(crate) struct Logic<'a> {
    pub(crate) space: Space,
    pub(crate) tree: Tree,
    pub(crate) checks: Vec<Occurrence<'a>>,
}

/// A condition's structure.
#[derive(Debug, Clone)]
pub(crate) enum Tree {
    And(Vec<Tree>),
    Or(Vec<Tree>),
    Not(Box<Tree>),
    /// Index into [`Logic::checks`].
    Check(u32),
}

/// A check where it was written.
pub(crate) struct Occurrence<'a> {
    pub(crate) formula: Formula,
    pub(crate) variable: VarId,
    /// The condition that it stands in, and where.
    condition: &'a Condition,
    range: (u32, u32),
    /// How many macros lead to it.
    pub(crate) depth: u32,
    /// Whether some of its values come from a list, which other files can add to.
    pub(crate) uses_list: bool,
}

impl Occurrence<'_> {
    /// Where it was written.
    pub(crate) fn loc(&self) -> Loc {
        self.condition.pasted.place(self.range.0, self.range.1).loc
    }

    /// The place of its last byte.
    pub(crate) fn end(&self) -> Loc {
        self.condition.pasted.place(self.range.1.saturating_sub(1), self.range.1).loc
    }

    /// Its text.
    pub(crate) fn text(&self) -> String {
        let text = self.condition.text.get(self.range.0 as usize..self.range.1 as usize).unwrap_or_default();
        let text = text.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
        match text.char_indices().nth(60) {
            Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
            None => text,
        }
    }

    /// Whether it was pasted from an exception.
    pub(crate) fn is_exception(&self) -> bool {
        self.depth == 0 && self.condition.pasted.exception_at(self.range.0).is_some()
    }

    /// Whether it stands in the condition itself: not in a macro, an exception or a list.
    pub(crate) fn is_own(&self) -> bool {
        self.depth == 0 && self.condition.pasted.exception_at(self.range.0).is_none()
    }
}

/// Lowers the condition of a rule into `space`; `None` if something in it is wrong, or it is too much.
pub(crate) fn of_rule<'a>(
    units: &'a Units,
    macro_checks: &'a MacroChecks,
    unit: &'a RuleUnit,
    space: Space,
) -> Option<Logic<'a>> {
    if !unit.ok || unit.nodes > MAX_CHECKS {
        return None;
    }
    lower(units, macro_checks, &unit.source, (&unit.condition, &unit.checked, &unit.targets), space)
}

/// Lowers the condition of a macro into `space` as the rules of a source have it; `None` if something in it is wrong, or it is too much.
pub(crate) fn of_macro<'a>(
    units: &'a Units,
    macro_checks: &'a MacroChecks,
    id: u32,
    source: &Arc<str>,
    space: Space,
) -> Option<Logic<'a>> {
    let unit = units.macro_(id)?;
    if unit.broken || unit.too_large() || unit.nodes > MAX_CHECKS {
        return None;
    }
    let checked = macro_checks.of(id, source)?;
    lower(units, macro_checks, source, (&unit.condition, checked, &unit.targets), space)
}

fn lower<'a>(
    units: &'a Units,
    macro_checks: &'a MacroChecks,
    source: &Arc<str>,
    condition: Opened<'a>,
    space: Space,
) -> Option<Logic<'a>> {
    let mut lowering = Lowering { units, macro_checks, source: Arc::clone(source), space, checks: Vec::new() };
    let tree = lowering.expr(&condition.1.expr, condition, 0)?;
    Some(Logic { space: lowering.space, tree, checks: lowering.checks })
}

/// A condition, its checks, and the macros that it refers to.
type Opened<'a> = (&'a Condition, &'a Checked, &'a [Option<u32>]);

struct Lowering<'a> {
    units: &'a Units,
    macro_checks: &'a MacroChecks,
    source: Arc<str>,
    space: Space,
    checks: Vec<Occurrence<'a>>,
}

impl<'a> Lowering<'a> {
    fn expr(&mut self, expr: &CExpr, within: Opened<'a>, depth: u32) -> Option<Tree> {
        let mut all = |children: &[CExpr]| {
            children.iter().map(|child| self.expr(child, within, depth)).collect::<Option<Vec<Tree>>>()
        };
        Some(match expr {
            CExpr::And(children) => Tree::And(all(children)?),
            CExpr::Or(children) => Tree::Or(all(children)?),
            CExpr::Not(child) => Tree::Not(Box::new(self.expr(child, within, depth)?)),
            CExpr::Atom(number) => {
                let atom = within.1.atoms.get(*number as usize)?;
                let typed = atom.typed.as_ref()?;
                let lists = uses_list(within.0, atom.range);
                let (formula, variable) = atoms::lower(&mut self.space, typed, lists);
                let check =
                    Occurrence { formula, variable, condition: within.0, range: atom.range, depth, uses_list: lists };
                self.checks.push(check);
                Tree::Check(self.checks.len() as u32 - 1)
            }
            CExpr::Ref(slot) => {
                let target = within.2.get(*slot as usize).copied().flatten()?;
                let unit = self.units.macro_(target)?;
                let checked = self.macro_checks.of(target, &self.source)?;
                self.expr(&checked.expr, (&unit.condition, checked, &unit.targets), depth + 1)?
            }
            CExpr::Missing => return None,
        })
    }
}

/// Whether a list is pasted into a range of a condition.
pub(crate) fn uses_list(condition: &Condition, range: (u32, u32)) -> bool {
    if condition.lists.is_empty() {
        return false;
    }
    let place = condition.pasted.place(range.0, range.1).loc;
    let inside = |loc: &Loc| loc.uid == place.uid && place.start <= loc.start && loc.end <= place.end;
    condition.lists.iter().any(|(_, loc)| inside(loc))
}

impl Logic<'_> {
    /// The formula of a part of the condition.
    pub(crate) fn formula(&self, tree: &Tree) -> Formula {
        let all = |children: &[Tree]| children.iter().map(|child| self.formula(child)).collect();
        match tree {
            Tree::And(children) => Formula::And(all(children)),
            Tree::Or(children) => Formula::Or(all(children)),
            Tree::Not(child) => self.formula(child).negated(),
            Tree::Check(check) => {
                self.checks.get(*check as usize).map_or(Formula::FALSE, |check| check.formula.clone())
            }
        }
    }

    /// The parts that must all hold, conjunctions in conjunctions opened.
    pub(crate) fn conjuncts(&self) -> Vec<&Tree> {
        fn open<'t>(tree: &'t Tree, into: &mut Vec<&'t Tree>) {
            match tree {
                Tree::And(children) => children.iter().for_each(|child| open(child, into)),
                other => into.push(other),
            }
        }
        let mut conjuncts = Vec::new();
        open(&self.tree, &mut conjuncts);
        conjuncts
    }

    /// The checks in a part of the condition.
    pub(crate) fn checks_in(&self, tree: &Tree) -> Vec<&Occurrence<'_>> {
        let mut found = Vec::new();
        let mut work = vec![tree];
        while let Some(tree) = work.pop() {
            match tree {
                Tree::And(children) | Tree::Or(children) => work.extend(children.iter().rev()),
                Tree::Not(child) => work.push(child),
                Tree::Check(check) => found.extend(self.checks.get(*check as usize)),
            }
        }
        found
    }
}
