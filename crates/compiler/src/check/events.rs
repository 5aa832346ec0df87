//! The events on which a condition can hold.

use falco_catalog::EventSet;
use falco_syntax::condition::ast::{Check, Left, Operator, Right, Text};

use crate::check::{CExpr, CheckCx, CheckedAtom, TOperand, TypedCheck};
use crate::options::Version;
use crate::program::Const;

/// What a check says about event types; `None` if nothing.
pub(super) fn of_check(cx: &CheckCx<'_>, check: &Check, typed: &TypedCheck) -> Option<EventSet> {
    let Left::Field(field) = &check.left else { return None };
    if field.arg.is_some() || check.modifier.is_some() {
        return None;
    }
    match &*field.name {
        "evt.type" | "syscall.type" => of_event_type(check, typed.op),
        "evt.num" if cx.engine >= Version::NEXT => of_number(typed),
        _ => None,
    }
}

fn of_event_type(check: &Check, op: Operator) -> Option<EventSet> {
    if op == Operator::Exists {
        return Some(EventSet::all());
    }
    let items = match &check.right {
        Right::Value(text) => std::slice::from_ref(text),
        Right::List { items, .. } => items.as_slice(),
        _ => return None,
    };
    let set = || EventSet::by_names(items.iter().filter_map(|text: &Text| std::str::from_utf8(&text.value).ok()));
    match op {
        Operator::Eq | Operator::In => Some(set()),
        Operator::Ne => Some(set().complement()),
        _ => None,
    }
}

/// Event numbers begin with 1.
fn of_number(typed: &TypedCheck) -> Option<EventSet> {
    let TOperand::Consts(consts) = &typed.right else { return None };
    let numbers: Vec<u64> = consts
        .iter()
        .map(|value| match value {
            Const::Uint(n) => *n,
            _ => u64::MAX,
        })
        .collect();
    let number = numbers.first().copied()?;
    let always = match typed.op {
        Operator::Eq if number == 0 => false,
        Operator::Lt if number <= 1 => false,
        Operator::Le if number == 0 => false,
        Operator::In if numbers.iter().all(|n| *n == 0) => false,
        Operator::Ne if number == 0 => true,
        Operator::Gt if number == 0 => true,
        Operator::Ge if number <= 1 => true,
        _ => return None,
    };
    Some(if always { EventSet::all() } else { EventSet::EMPTY })
}

/// The events of a condition and of its negation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Events {
    pub(crate) plain: EventSet,
    pub(crate) negated: EventSet,
}

impl Events {
    pub(crate) fn neutral() -> Self {
        Self { plain: EventSet::all(), negated: EventSet::all() }
    }
}

/// The events of a checked condition; `of_ref` gives those of a macro.
pub(crate) fn of_expr(expr: &CExpr, atoms: &[CheckedAtom], of_ref: &dyn Fn(u32) -> Events) -> Events {
    match expr {
        CExpr::And(children) => fold(children, atoms, of_ref, |a, b| Events {
            plain: a.plain.intersection(&b.plain),
            negated: a.negated.union(&b.negated),
        }),
        CExpr::Or(children) => fold(children, atoms, of_ref, |a, b| Events {
            plain: a.plain.union(&b.plain),
            negated: a.negated.intersection(&b.negated),
        }),
        CExpr::Not(child) => {
            let child = of_expr(child, atoms, of_ref);
            Events { plain: child.negated, negated: child.plain }
        }
        CExpr::Atom(atom) => match atoms.get(*atom as usize).and_then(|atom| atom.events.as_ref()) {
            Some(set) => Events { plain: (**set).clone(), negated: set.complement() },
            None => Events::neutral(),
        },
        CExpr::Ref(slot) => of_ref(*slot),
        CExpr::Missing => Events::neutral(),
    }
}

fn fold(
    children: &[CExpr],
    atoms: &[CheckedAtom],
    of_ref: &dyn Fn(u32) -> Events,
    join: impl Fn(Events, Events) -> Events,
) -> Events {
    children.iter().map(|child| of_expr(child, atoms, of_ref)).reduce(join).unwrap_or_else(Events::neutral)
}
