//! An event that tells a changed rule from the rule: what a test would need.

use std::collections::BTreeMap;

use falco_catalog::Catalog;
use falco_compiler::program::{Atom, AtomId, BoolExpr, Const, ExtractId, ExtractKind, Operand, Program};
use falco_engine::eval::{Evaluator, show_const};
use falco_engine::fields::{MapSource, MapValue};
use falco_syntax::condition::ast::Operator;

use super::equal::holds;
use super::generate::{Mutant, at};

/// Values tried for one field.
const MAX_VALUES: usize = 64;

/// Fields with values, as a test writes an event. Only what was tried is suggested: on the event, one of the two rules matches and the
/// other does not.
pub(crate) fn suggest(evaluator: &mut Evaluator, mutant: &Mutant, catalog: &Catalog) -> Option<String> {
    let program = evaluator.program().clone();
    let rule = program.rules.get(mutant.rule as usize)?;
    let mut wants: Vec<(AtomId, bool)> = Vec::new();
    let target = reach(&rule.condition, &mutant.path, &mut wants)?;
    let changed = at(&mutant.condition, &mutant.path)?;
    let mut near = Vec::new();
    super::equal::collect(target, &mut near);
    super::equal::collect(changed, &mut near);
    near.dedup();
    // What would make the part come out as something, and what would leave it without values.
    let mut variants: Vec<Vec<(AtomId, bool)>> = vec![Vec::new()];
    for truth in [true, false] {
        let mut wants = Vec::new();
        satisfy(target, truth, &mut wants);
        variants.push(wants);
        let mut wants = Vec::new();
        satisfy(changed, truth, &mut wants);
        variants.push(wants);
    }
    // Of an `and` that became an `or`: one of its parts and no other.
    if let BoolExpr::And(children) | BoolExpr::Or(children) = target {
        for child in children {
            let mut wants = Vec::new();
            satisfy(child, true, &mut wants);
            variants.push(wants);
        }
    }
    for variant in &variants {
        let mut fields = solve(&program, &wants, variant, evaluator, catalog, &rule.source);
        if tells(evaluator, &fields, mutant, catalog, &rule.source) {
            return Some(shown(&fields));
        }
        // Then the values of the field itself, one after the other.
        for atom in near.iter().filter_map(|id| program.atoms.get(id.0 as usize)) {
            let Some(name) = field_of(&program, atom.left) else { continue };
            let before = fields.get(&name).cloned();
            for value in near_values(&program, &near, atom.left) {
                fields.insert(name.clone(), value);
                if tells(evaluator, &fields, mutant, catalog, &rule.source) {
                    return Some(shown(&fields));
                }
            }
            match before {
                Some(before) => fields.insert(name, before),
                None => fields.remove(&name),
            };
        }
    }
    None
}

/// Goes to a part, asking of what stands beside it that the part decides.
fn reach<'e>(expr: &'e BoolExpr, path: &[usize], wants: &mut Vec<(AtomId, bool)>) -> Option<&'e BoolExpr> {
    let Some((first, rest)) = path.split_first() else { return Some(expr) };
    match expr {
        BoolExpr::Atom(..) => None,
        BoolExpr::Not(child) => reach(child, rest, wants),
        BoolExpr::And(children) | BoolExpr::Or(children) => {
            let neutral = matches!(expr, BoolExpr::And(_));
            for (_, other) in children.iter().enumerate().filter(|(number, _)| number != first) {
                satisfy(other, neutral, wants);
            }
            reach(children.get(*first)?, rest, wants)
        }
    }
}

/// Comparisons that make a part come out as wanted.
fn satisfy(expr: &BoolExpr, wanted: bool, wants: &mut Vec<(AtomId, bool)>) {
    match expr {
        BoolExpr::Atom(atom, _) => wants.push((*atom, wanted)),
        BoolExpr::Not(child) => satisfy(child, !wanted, wants),
        BoolExpr::And(children) | BoolExpr::Or(children) => {
            let all = matches!(expr, BoolExpr::And(_)) == wanted;
            let few = if all { children.len() } else { 1 };
            children.iter().take(few).for_each(|child| satisfy(child, wanted, wants));
        }
    }
}

type Fields = BTreeMap<String, MapValue>;

/// Values for the fields, as far as each can be chosen by itself.
fn solve(
    program: &Program,
    around: &[(AtomId, bool)],
    own: &[(AtomId, bool)],
    evaluator: &mut Evaluator,
    catalog: &Catalog,
    source: &str,
) -> Fields {
    let mut by_field: BTreeMap<String, Vec<(AtomId, bool)>> = BTreeMap::new();
    for (id, wanted) in around.iter().chain(own) {
        let name = program.atoms.get(id.0 as usize).and_then(|atom| field_of(program, atom.left));
        if let Some(name) = name {
            by_field.entry(name).or_default().push((*id, *wanted));
        }
    }
    let mut fields = Fields::new();
    for (name, wants) in by_field {
        // What must not hold does not where there is no value.
        if wants.iter().all(|(_, wanted)| !wanted) {
            continue;
        }
        let atoms: Vec<AtomId> = wants.iter().map(|(id, _)| *id).collect();
        let left = atoms.first().and_then(|id| program.atoms.get(id.0 as usize)).map(|atom| atom.left);
        let Some(left) = left else { continue };
        let mut best: Option<(usize, MapValue)> = None;
        for value in near_values(program, &atoms, left) {
            let alone = Fields::from([(name.clone(), value.clone())]);
            let Some(event) = event(&alone, catalog, source) else { continue };
            let mut session = evaluator.on(&event);
            let met = wants.iter().filter(|(id, wanted)| session.holds(*id) == *wanted).count();
            if best.as_ref().is_none_or(|(most, _)| met > *most) {
                best = Some((met, value));
            }
        }
        if let Some((_, value)) = best {
            fields.insert(name, value);
        }
    }
    fields
}

/// Whether an event tells the two apart.
fn tells(evaluator: &mut Evaluator, fields: &Fields, mutant: &Mutant, catalog: &Catalog, source: &str) -> bool {
    let Some(event) = event(fields, catalog, source) else { return false };
    let mut session = evaluator.on(&event);
    let Some(rule) = session.program().rules.get(mutant.rule as usize) else { return false };
    holds(&rule.condition, &mut |atom| session.holds(atom)) != holds(&mutant.condition, &mut |atom| session.holds(atom))
}

fn event(fields: &Fields, catalog: &Catalog, source: &str) -> Option<MapSource> {
    let mut event = MapSource::new(source);
    fields.iter().try_for_each(|(name, value)| event.set(catalog, name, value)).ok()?;
    Some(event)
}

/// The field that an event must have for a comparison's left side: that inside of a transformer's call, if need be.
fn field_of(program: &Program, mut extract: ExtractId) -> Option<String> {
    loop {
        let found = program.extracts.get(extract.0 as usize)?;
        match &found.kind {
            ExtractKind::Field(_) => return Some(found.text.to_string()),
            // A call's arguments come before it, so this ends.
            ExtractKind::Call { args, .. } => extract = args.first().copied().filter(|arg| arg.0 < extract.0)?,
            _ => return None,
        }
    }
}

/// Values around what comparisons of one field look for.
fn near_values(program: &Program, atoms: &[AtomId], left: ExtractId) -> Vec<MapValue> {
    let field = field_of(program, left);
    let mut values = Vec::new();
    let same = |atom: &&Atom| field_of(program, atom.left) == field;
    let atoms: Vec<&Atom> = atoms.iter().filter_map(|id| program.atoms.get(id.0 as usize)).filter(same).collect();
    let mut starts = vec![String::new()];
    let mut ends = vec![String::new()];
    for atom in &atoms {
        let Operand::Consts(consts) = &atom.right else { continue };
        for constant in consts {
            match constant {
                Const::Bytes(bytes) => {
                    let text = String::from_utf8_lossy(bytes).into_owned();
                    match atom.op {
                        Operator::Startswith => starts.push(text.clone()),
                        Operator::Endswith | Operator::Contains => ends.push(text.clone()),
                        Operator::Glob | Operator::Iglob => values.push(text.replace(['*', '?'], "x").as_str().into()),
                        _ => {}
                    }
                    let around = [
                        text.clone(),
                        format!("x{text}"),
                        format!("{text}x"),
                        format!("x{text}x"),
                        format!("{text}/x"),
                    ];
                    values.extend(around.iter().map(|text| MapValue::from(text.as_str())));
                }
                Const::Int(n) => values.extend([*n, n.saturating_add(1), n.saturating_sub(1)].map(MapValue::Int)),
                Const::Uint(n) => values.extend([*n, n.saturating_add(1), n.saturating_sub(1)].map(MapValue::Uint)),
                Const::Bool(b) => values.extend([*b, !*b].map(MapValue::Bool)),
                Const::Ip(_) | Const::Net(_) => {
                    let text = show_const(constant);
                    values.push(text.split('/').next().unwrap_or_default().into());
                }
            }
        }
    }
    for start in &starts {
        for end in ends.iter().filter(|end| !(start.is_empty() && end.is_empty())) {
            values.push(format!("{start}{end}").as_str().into());
            values.push(format!("{start}x{end}").as_str().into());
        }
    }
    // For what only asks whether there is a value, and for what must be something else.
    values.extend([MapValue::from("other"), MapValue::Int(7)]);
    values.dedup();
    values.truncate(MAX_VALUES);
    values
}

/// As a test writes it.
fn shown(fields: &Fields) -> String {
    let value = |value: &MapValue| match value {
        MapValue::Text(text) => serde_json::Value::from(text.as_str()).to_string(),
        MapValue::Int(n) => n.to_string(),
        MapValue::Uint(n) => n.to_string(),
        MapValue::Bool(b) => b.to_string(),
        _ => "null".to_owned(),
    };
    let all: Vec<String> = fields.iter().map(|(name, v)| format!("{name}: {}", value(v))).collect();
    format!("{{{}}}", all.join(", "))
}
