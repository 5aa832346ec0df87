//! A normal form of conditions: two conditions with the same form hold on the same events.
//!
//! A check either holds or does not (one whose field has no value does not), so negations can be pushed to the checks, and `and` and
//! `or` are sets. `in` on a single value is one `=` for each constant. The form tells equal conditions apart only where they differ
//! by more than that: it never calls different conditions equal.

use std::collections::BTreeSet;
use std::fmt::Write;

use falco_catalog::Catalog;
use falco_syntax::condition::ast::{Check, Expr, Left, Modifier, Operator, Right};

use crate::compilation::Inner;
use crate::program::{Atom, AtomId, BoolExpr, Extract, ExtractId, ExtractKind, Operand, Program};
use crate::stage::Condition;

/// The one field whose `in` is not one `=` for each constant: it looks at the first of them only.
const FIRST_ONLY: &str = "fd.net";

/// The check that holds for every exit event.
const EXIT: &str = "evt.dir:Charbuf Eq Bytes([60])";

/// A condition in normal form.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Form {
    Leaf { check: String, negated: bool },
    All(BTreeSet<Form>),
    Any(BTreeSet<Form>),
}

impl Form {
    /// The form of a rule's condition; with `exit_only` the rule is judged on exit events alone.
    pub(super) fn of_rule(program: &Program, condition: &BoolExpr, exit_only: bool) -> Self {
        Self::of_bool(program, condition, false, exit_only)
    }

    fn of_bool(program: &Program, expr: &BoolExpr, negated: bool, exit_only: bool) -> Self {
        match expr {
            BoolExpr::And(children) | BoolExpr::Or(children) => {
                let parts = children.iter().map(|child| Self::of_bool(program, child, negated, exit_only)).collect();
                Self::join(matches!(expr, BoolExpr::And(_)) != negated, parts)
            }
            BoolExpr::Not(child) => Self::of_bool(program, child, !negated, exit_only),
            BoolExpr::Atom(id, _) => match of_atom(program, *id, negated) {
                Self::Leaf { check, negated } if exit_only && check == EXIT => Self::join(!negated, Vec::new()),
                form => form,
            },
        }
    }

    /// The form of a macro's condition with the macros in it opened; checks as they are written, since nothing says for which
    /// source they are meant.
    pub(super) fn of_macro(inner: &Inner, condition: &Condition, targets: &[Option<u32>]) -> Self {
        let mut targets = targets.iter().copied();
        Self::of_parsed(inner, &condition.parsed.expr, false, &mut targets)
    }

    fn of_parsed(inner: &Inner, expr: &Expr, negated: bool, targets: &mut dyn Iterator<Item = Option<u32>>) -> Self {
        match expr {
            Expr::And { children, .. } | Expr::Or { children, .. } => {
                let parts = children.iter().map(|child| Self::of_parsed(inner, child, negated, targets)).collect();
                Self::join(matches!(expr, Expr::And { .. }) != negated, parts)
            }
            Expr::Not { child, .. } => Self::of_parsed(inner, child, !negated, targets),
            Expr::Check(check) => of_check(&inner.options.catalog, check, negated),
            Expr::Macro { name, .. } => match targets.next().flatten().and_then(|id| inner.units.macro_(id)) {
                Some(unit) => {
                    let mut targets = unit.targets.iter().copied();
                    Self::of_parsed(inner, &unit.condition.parsed.expr, negated, &mut targets)
                }
                None => Self::Leaf { check: format!("macro {name}"), negated },
            },
            Expr::Missing { .. } => Self::Leaf { check: "missing".to_owned(), negated },
        }
    }

    /// The parts joined by `and` (`all`) or by `or`, groups of the same kind opened.
    fn join(all: bool, parts: Vec<Self>) -> Self {
        let mut set = BTreeSet::new();
        for part in parts {
            match (all, part) {
                (true, Self::All(inner)) | (false, Self::Any(inner)) => set.extend(inner),
                (_, part) => {
                    set.insert(part);
                }
            }
        }
        match set.len() {
            1 => set.pop_first().unwrap_or(Self::All(BTreeSet::new())),
            _ if all => Self::All(set),
            _ => Self::Any(set),
        }
    }

    /// A check with several constants of which one has to be met.
    fn any_of(left: &str, constants: impl Iterator<Item = String>, negated: bool) -> Self {
        let parts = constants.map(|constant| Self::Leaf { check: format!("{left} Eq {constant}"), negated }).collect();
        Self::join(negated, parts)
    }
}

/// Whether the order of an operator's constants, and how often each stands there, says nothing.
fn is_set(op: Operator, modifier: Option<Modifier>, left: &str) -> bool {
    match modifier {
        Some(modifier) => modifier != Modifier::OneOf,
        None => matches!(op, Operator::In | Operator::Intersects | Operator::Pmatch) && left != FIRST_ONLY,
    }
}

fn of_atom(program: &Program, id: AtomId, negated: bool) -> Form {
    let Some(Atom { left, op, modifier, right }) = program.atoms.get(id.0 as usize) else {
        return Form::Leaf { check: "missing".to_owned(), negated };
    };
    let value = program.extracts.get(left.0 as usize);
    let name = value.map_or("", |value| &*value.text);
    let mut check = String::new();
    describe(program, *left, &mut check);
    let single = value.is_some_and(|value| !value.is_list) && name != FIRST_ONLY;
    match right {
        Operand::Consts(consts) if *op == Operator::In && modifier.is_none() && single && !consts.is_empty() => {
            return Form::any_of(&check, consts.iter().map(|constant| format!("{constant:?}")), negated);
        }
        Operand::Consts(consts) => {
            // Writing to a string cannot fail.
            let _ = write!(check, " {op:?}");
            if let Some(modifier) = modifier {
                let _ = write!(check, " {modifier:?}");
            }
            let mut constants: Vec<String> = consts.iter().map(|constant| format!("{constant:?}")).collect();
            if is_set(*op, *modifier, name) {
                constants.sort_unstable();
                constants.dedup();
            }
            let _ = write!(check, " {}", constants.join(" "));
        }
        Operand::Extract(other) => {
            let _ = write!(check, " {op:?} {modifier:?} ");
            describe(program, *other, &mut check);
        }
        Operand::None => {
            let _ = write!(check, " {op:?}");
        }
    }
    Form::Leaf { check, negated }
}

/// A value in words that no other value shares.
fn describe(program: &Program, id: ExtractId, out: &mut String) {
    let Some(Extract { kind, ty, is_list, text }) = program.extracts.get(id.0 as usize) else { return };
    // Writing to a string cannot fail.
    let _ = match kind {
        ExtractKind::Field(_) => write!(out, "{text}:{ty:?}{}", if *is_list { "[]" } else { "" }),
        ExtractKind::Const(bytes) => write!(out, "{:?}", String::from_utf8_lossy(bytes)),
        ExtractKind::List(items) => {
            out.push('(');
            for item in items {
                describe(program, *item, out);
                out.push(',');
            }
            write!(out, ")")
        }
        ExtractKind::Call { transformer, args, suffix } => {
            let _ = write!(out, "{transformer:?}(");
            for arg in args {
                describe(program, *arg, out);
                out.push(',');
            }
            write!(out, "){suffix:?}")
        }
    };
}

fn of_check(catalog: &Catalog, check: &Check, negated: bool) -> Form {
    let left = Expr::Check(Box::new(Check {
        op: None,
        modifier: None,
        right: Right::None,
        left: check.left.clone(),
        range: check.range,
    }));
    let left = left.source().to_string();
    let op = check.op.map(|(op, _)| if op == Operator::EqEq { Operator::Eq } else { op });
    let modifier = check.modifier.map(|(modifier, _)| modifier);
    let single = match &check.left {
        Left::Field(field) => {
            field.name != FIRST_ONLY && catalog.field_by_name(&field.name).is_some_and(|field| !field.is_list)
        }
        Left::Call(_) => false,
    };
    let constant = |bytes: &[u8]| format!("{:?}", String::from_utf8_lossy(bytes));
    let text = match (&check.right, op) {
        (Right::List { items, .. }, Some(Operator::In)) if modifier.is_none() && single && !items.is_empty() => {
            return Form::any_of(&left, items.iter().map(|item| constant(&item.value)), negated);
        }
        (Right::List { items, .. }, Some(op)) => {
            let mut constants: Vec<String> = items.iter().map(|item| constant(&item.value)).collect();
            if is_set(op, modifier, &left) {
                constants.sort_unstable();
                constants.dedup();
            }
            format!("{left} {op:?} {modifier:?} {}", constants.join(" "))
        }
        (Right::Value(value), Some(op)) => format!("{left} {op:?} {}", constant(&value.value)),
        _ => Expr::Check(Box::new(check.clone())).source().to_string(),
    };
    Form::Leaf { check: text, negated }
}
