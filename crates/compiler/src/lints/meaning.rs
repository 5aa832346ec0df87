//! What lints look at that want a macro or a rule with its macros opened.

use std::sync::Arc;

use falco_solver::{Budget, Space};
use rustc_hash::FxHashMap;

use crate::check::{CExpr, Checked, Range, TypedCheck};
use crate::collect::{Collection, Node, RuleState};
use crate::diagnostic::ItemKind;
use crate::lints::Lint;
use crate::loc::Loc;
use crate::logic::{self, Logic};
use crate::options::Options;
use crate::session::MacroChecks;
use crate::sink::RawDiag;
use crate::stage::{Condition, RuleUnit, Units};

/// The solver's steps for one macro or rule. Official rules take some hundreds.
const STEPS: u32 = 60_000;

/// The compiled whole.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) options: &'a Options,
    pub(crate) collection: &'a Collection,
    pub(crate) units: &'a Units,
    pub(crate) macro_checks: &'a MacroChecks,
    pub(crate) reached: &'a FxHashMap<u32, Vec<Arc<str>>>,
}

/// A macro or a rule with its macros opened.
pub(crate) struct Subject<'a> {
    pub(crate) options: &'a Options,
    pub(crate) kind: ItemKind,
    pub(crate) name: &'a Arc<str>,
    /// Where it is defined.
    pub(crate) loc: Loc,
    pub(crate) condition: &'a Condition,
    pub(crate) checked: &'a Checked,
    /// If it is a rule.
    pub(crate) rule: Option<(&'a RuleState, &'a RuleUnit)>,
    /// For the solver; `None` if something is wrong, or too much.
    pub(crate) logic: Option<Logic<'a>>,
    pub(crate) budget: Budget,
    pub(crate) diags: Vec<RawDiag>,
}

impl Subject<'_> {
    /// A finding, if the settings want it; the function makes it complete.
    pub(crate) fn push(
        &mut self,
        lint: &Lint,
        message: impl Into<String>,
        loc: Loc,
        more: impl FnOnce(RawDiag) -> RawDiag,
    ) {
        if let Some(diag) = lint.diag(&self.options.lints, message, loc) {
            let mut diag = more(diag);
            diag.item = Some((self.kind, Arc::clone(self.name)));
            self.diags.push(diag);
        }
    }

    /// The noun for it.
    pub(crate) fn noun(&self) -> &'static str {
        if self.rule.is_some() { "rule" } else { "macro" }
    }

    /// The place of a range of its own condition.
    pub(crate) fn place(&self, range: Range) -> Loc {
        self.condition.pasted.place(range.0, range.1).loc
    }

    /// Its own checks with their ranges; not those of exceptions.
    pub(crate) fn own_checks(&self) -> impl Iterator<Item = (&TypedCheck, Range)> {
        self.checked.atoms.iter().filter_map(|atom| {
            let own = self.condition.pasted.exception_at(atom.range.0).is_none();
            Some((&**atom.typed.as_ref().filter(|_| own)?, atom.range))
        })
    }

    /// Those of its own checks that no `not` stands before.
    pub(crate) fn positive_checks(&self) -> impl Iterator<Item = (&TypedCheck, Range)> {
        let mut found = Vec::new();
        positive(&self.checked.expr, true, &mut found);
        found.sort_unstable();
        let atoms = found.into_iter().filter_map(|atom| self.checked.atoms.get(atom as usize));
        atoms.filter_map(|atom| {
            let own = self.condition.pasted.exception_at(atom.range.0).is_none();
            Some((&**atom.typed.as_ref().filter(|_| own)?, atom.range))
        })
    }

    /// The text of a range of its own condition, in one line.
    pub(crate) fn text(&self, range: Range) -> String {
        let text = self.condition.text.get(range.0 as usize..range.1 as usize).unwrap_or_default();
        text.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Whether a list is pasted into a range of its own condition.
    pub(crate) fn uses_list(&self, range: Range) -> bool {
        logic::uses_list(self.condition, range)
    }
}

/// The checks that are negated by no or by two `not`s.
fn positive(expr: &CExpr, sign: bool, found: &mut Vec<u32>) {
    match expr {
        CExpr::And(children) | CExpr::Or(children) => {
            children.iter().for_each(|child| positive(child, sign, found));
        }
        CExpr::Not(child) => positive(child, !sign, found),
        CExpr::Atom(atom) if sign => found.push(*atom),
        CExpr::Atom(_) | CExpr::Ref(_) | CExpr::Missing => {}
    }
}

/// What lints have to say about a macro or a rule with its macros opened.
pub(crate) fn meaning(view: &View<'_>, node: Node) -> Vec<RawDiag> {
    let Some(mut subject) = subject(view, node) else { return Vec::new() };
    // What a rule means that Falco refuses is nobody's concern yet.
    for (lint, check) in super::OF_MEANING {
        if lint.severity(&view.options.lints).is_some() {
            check(&mut subject);
        }
    }
    subject.diags
}

fn subject<'a>(view: &View<'a>, node: Node) -> Option<Subject<'a>> {
    let budget = Budget::new(STEPS);
    match node {
        Node::List(_) => None,
        Node::Macro(id) => {
            let (macro_, unit) = (view.collection.macros.get(id)?, view.units.macro_(id)?);
            let source = view.reached.get(&id)?.first()?;
            Some(Subject {
                options: view.options,
                kind: ItemKind::Macro,
                name: &macro_.name,
                loc: macro_.definition_name,
                condition: &unit.condition,
                checked: view.macro_checks.of(id, source)?,
                rule: None,
                logic: logic::of_macro(view.units, view.macro_checks, id, source, Space::default()),
                budget,
                diags: Vec::new(),
            })
        }
        Node::Rule(id) => {
            let (rule, unit) = (view.collection.rules.get(id)?, view.units.rule(id)?);
            unit.compiled.then(|| Subject {
                options: view.options,
                kind: ItemKind::Rule,
                name: &rule.name,
                loc: rule.definition_name,
                condition: &unit.condition,
                checked: &unit.checked,
                rule: Some((rule, unit)),
                logic: logic::of_rule(view.units, view.macro_checks, unit, Space::default()),
                budget,
                diags: Vec::new(),
            })
        }
    }
}
