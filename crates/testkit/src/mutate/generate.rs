//! The changes that are made to a program, one at a time.

use std::collections::BTreeMap;
use std::ops::Range;

use falco_compiler::program::{Atom, AtomId, BoolExpr, Const, Operand, Program, Provenance, RuleProgram};
use falco_engine::eval::{atom_text, show_const};
use falco_syntax::condition::ast::{Modifier, Operator};
use rustc_hash::FxHashMap;

use super::equal::are_equal;

/// A change, by where it is made in the rules and what it is. The same change of a macro in several rules is one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Number of the file in load order.
    pub(crate) file: u32,
    /// Where.
    pub(crate) range: (u32, u32),
    /// Which exception's text it is.
    pub(crate) exception: Option<String>,
    /// What changes.
    pub(crate) change: String,
}

/// What a change makes of a rule.
#[derive(Debug, Clone)]
pub(crate) struct Mutant {
    pub(crate) rule: u32,
    pub(crate) condition: BoolExpr,
    /// Where in the condition it differs, from the root.
    pub(crate) path: Vec<usize>,
}

/// All changes of a program.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    /// The program, with the comparisons that changed rules have.
    pub(crate) program: Program,
    /// What each change makes of the rules that have it. One that makes no difference to any rule is not here.
    pub(crate) mutants: BTreeMap<Place, Vec<Mutant>>,
    /// Changes that make no difference.
    pub(crate) equal: usize,
}

/// Changes the rules of a program that `wanted` says.
pub(crate) fn changes(program: &Program, wanted: impl Fn(u32, &RuleProgram) -> bool) -> Changes {
    let mut maker = Maker { program: program.clone(), known: FxHashMap::default() };
    let ids = (0..).map(AtomId);
    maker.known = program.atoms.iter().cloned().zip(ids).collect();
    let mut mutants: BTreeMap<Place, Vec<Mutant>> = BTreeMap::new();
    let mut equal = std::collections::BTreeSet::new();
    for (number, rule) in (0u32..).zip(&program.rules).filter(|(number, rule)| wanted(*number, rule)) {
        let mut edits: Vec<(Place, Vec<usize>, BoolExpr)> = Vec::new();
        maker.walk(rule, &rule.condition, &mut Vec::new(), false, &mut edits);
        let mut by_place: BTreeMap<Place, Vec<(Vec<usize>, BoolExpr)>> = BTreeMap::new();
        edits.into_iter().for_each(|(place, path, new)| by_place.entry(place).or_default().push((path, new)));
        for (place, mut edits) in by_place {
            let mut condition = rule.condition.clone();
            // The deeper ones first: the outer ones hold what the inner ones were before.
            edits.sort_by_key(|(path, _)| std::cmp::Reverse(path.len()));
            for (path, new) in &edits {
                if let Some(slot) = at_mut(&mut condition, path) {
                    *slot = new.clone();
                }
            }
            if are_equal(&rule.condition, &condition) {
                equal.insert(place);
            } else {
                let path = edits.pop().map(|(path, _)| path).unwrap_or_default();
                mutants.entry(place).or_default().push(Mutant { rule: number, condition, path });
            }
        }
    }
    let equal = equal.into_iter().filter(|place| !mutants.contains_key(place)).count();
    Changes { program: maker.program, mutants, equal }
}

/// A part of a condition.
pub(crate) fn at<'e>(expr: &'e BoolExpr, path: &[usize]) -> Option<&'e BoolExpr> {
    let Some((first, rest)) = path.split_first() else { return Some(expr) };
    match expr {
        BoolExpr::And(children) | BoolExpr::Or(children) => at(children.get(*first)?, rest),
        BoolExpr::Not(child) => at(child, rest),
        BoolExpr::Atom(..) => None,
    }
}

fn at_mut<'e>(expr: &'e mut BoolExpr, path: &[usize]) -> Option<&'e mut BoolExpr> {
    let Some((first, rest)) = path.split_first() else { return Some(expr) };
    match expr {
        BoolExpr::And(children) | BoolExpr::Or(children) => at_mut(children.get_mut(*first)?, rest),
        BoolExpr::Not(child) => at_mut(child, rest),
        BoolExpr::Atom(..) => None,
    }
}

/// What is always so, and what never.
fn constant(truth: bool) -> BoolExpr {
    if truth { BoolExpr::And(Vec::new()) } else { BoolExpr::Or(Vec::new()) }
}

struct Maker {
    program: Program,
    known: FxHashMap<Atom, AtomId>,
}

type Edits = Vec<(Place, Vec<usize>, BoolExpr)>;

impl Maker {
    /// `excepted`: an exception around it is a change of its own already.
    fn walk(&mut self, rule: &RuleProgram, expr: &BoolExpr, path: &mut Vec<usize>, excepted: bool, out: &mut Edits) {
        let whole = whole_exception(rule, expr);
        let mut add = |change: String, new: BoolExpr| {
            if let Some(place) = place(rule, expr, change) {
                out.push((place, path.clone(), new));
            }
        };
        if let (Some(name), false, BoolExpr::Not(_)) = (&whole, excepted, expr) {
            add(format!("without the exception `{name}`"), constant(true));
        }
        let excepted = excepted || whole.is_some();
        match expr {
            BoolExpr::Atom(id, written) => self.atom(rule, *id, *written, path, out),
            BoolExpr::Not(child) => {
                if !excepted || matches!(**child, BoolExpr::Atom(..)) {
                    add(format!("`not` of {} taken away", brief(rule, child)), (**child).clone());
                }
                path.push(0);
                self.walk(rule, child, path, excepted, out);
                path.pop();
            }
            BoolExpr::And(children) | BoolExpr::Or(children) => {
                let (from, to, swapped): (_, _, fn(Vec<BoolExpr>) -> BoolExpr) = match expr {
                    BoolExpr::And(_) => ("and", "or", BoolExpr::Or),
                    _ => ("or", "and", BoolExpr::And),
                };
                if children.len() > 1 {
                    let [first, second] = [0, 1].map(|n| children.get(n).map(|c| brief(rule, c)).unwrap_or_default());
                    let more = if children.len() > 2 { " …" } else { "" };
                    add(format!("{first} {from} {second}{more}: `{from}` → `{to}`"), swapped(children.clone()));
                }
                for (number, child) in children.iter().enumerate() {
                    path.push(number);
                    self.walk(rule, child, path, excepted, out);
                    path.pop();
                }
            }
        }
    }

    fn atom(&mut self, rule: &RuleProgram, id: AtomId, written: u32, path: &[usize], out: &mut Edits) {
        let Some(atom) = self.program.atoms.get(id.0 as usize).cloned() else { return };
        let expr = BoolExpr::Atom(id, written);
        let shown = brief(rule, &expr);
        let mut add = |change: String, new: BoolExpr| {
            if let Some(place) = place(rule, &expr, change) {
                out.push((place, path.to_vec(), new));
            }
        };
        add(format!("{shown} → true"), constant(true));
        add(format!("{shown} → false"), constant(false));
        for op in swaps(&atom) {
            let new = Atom { op, ..atom.clone() };
            let text = clipped(&atom_text(&self.program, &new));
            let id = self.intern(new);
            add(format!("{shown} → `{text}`"), BoolExpr::Atom(id, written));
        }
        if matches!(atom.op, Operator::In | Operator::Intersects | Operator::Exists) {
            add(format!("{shown} → not that"), BoolExpr::Not(Box::new(expr.clone())));
        }
        let Operand::Consts(consts) = &atom.right else { return };
        let is_list =
            atom.modifier.is_some() || matches!(atom.op, Operator::In | Operator::Intersects | Operator::Pmatch);
        if !is_list || consts.len() < 2 {
            return;
        }
        for left_out in 0..consts.len() {
            let rest: Vec<Const> =
                consts.iter().enumerate().filter(|(n, _)| *n != left_out).map(|(_, c)| c.clone()).collect();
            let entry = consts.get(left_out).map(show_const).unwrap_or_default();
            let id = self.intern(Atom { right: Operand::Consts(rest.into()), ..atom.clone() });
            add(format!("{shown} without `{entry}`"), BoolExpr::Atom(id, written));
        }
    }

    fn intern(&mut self, atom: Atom) -> AtomId {
        if let Some(id) = self.known.get(&atom) {
            return *id;
        }
        let id = AtomId(u32::try_from(self.program.atoms.len()).unwrap_or(u32::MAX));
        self.program.atoms.push(atom.clone());
        self.known.insert(atom, id);
        id
    }
}

/// Operators that somebody might have meant.
fn swaps(atom: &Atom) -> Vec<Operator> {
    // Text operators on a value of the event or with a quantifier keep to their own.
    let plain = matches!(&atom.right, Operand::Consts(c) if atom.modifier != Some(Modifier::AllOf) && matches!(c.first(), Some(Const::Bytes(_))));
    match atom.op {
        Operator::Eq | Operator::EqEq => vec![Operator::Ne],
        Operator::Ne => vec![Operator::Eq],
        Operator::Lt => vec![Operator::Le],
        Operator::Le => vec![Operator::Lt],
        Operator::Gt => vec![Operator::Ge],
        Operator::Ge => vec![Operator::Gt],
        Operator::Startswith if plain => vec![Operator::Endswith, Operator::Contains],
        Operator::Endswith if plain => vec![Operator::Startswith, Operator::Contains],
        Operator::Contains if plain => vec![Operator::Startswith, Operator::Endswith],
        Operator::Icontains if plain => vec![Operator::Contains],
        _ => Vec::new(),
    }
}

/// The exception that all of a part comes from.
fn whole_exception(rule: &RuleProgram, expr: &BoolExpr) -> Option<String> {
    let written = all_written(rule, expr);
    let first = written.first()?.exception.clone()?;
    written.iter().all(|w| w.exception.as_ref() == Some(&first)).then_some(first)
}

fn all_written<'r>(rule: &'r RuleProgram, expr: &BoolExpr) -> Vec<&'r Provenance> {
    let mut out = Vec::new();
    let mut stack = vec![expr];
    while let Some(expr) = stack.pop() {
        match expr {
            BoolExpr::Atom(_, written) => out.extend(rule.provenance.get(*written as usize)),
            BoolExpr::Not(child) => stack.push(child),
            BoolExpr::And(children) | BoolExpr::Or(children) => stack.extend(children.iter().rev()),
        }
    }
    out
}

/// Where a part was written: from its first comparison to its last, of those that stand outermost.
fn place(rule: &RuleProgram, expr: &BoolExpr, change: String) -> Option<Place> {
    let written = all_written(rule, expr);
    let depth = written.iter().map(|w| w.macros.len()).min()?;
    let outermost: Vec<&&Provenance> = written.iter().filter(|w| w.macros.len() == depth).collect();
    let file = outermost.first()?.file;
    let here = || outermost.iter().filter(|w| w.file == file).map(|w| &w.range);
    let range = here().map(|r| r.start).min()?..here().map(|r| r.end).max()?;
    let exception = whole_exception(rule, expr);
    Some(Place { file, range: (range.start, range.end), exception, change })
}

/// A part in a few words: a macro by its name, a comparison as it was written.
fn brief(rule: &RuleProgram, expr: &BoolExpr) -> String {
    let written = all_written(rule, expr);
    match (expr, written.as_slice()) {
        (BoolExpr::Atom(..), [one]) => format!("`{}`", clipped(&one.text)),
        (_, [first, ..]) => format!("(`{}` …)", clipped(&first.text)),
        (_, []) => "nothing".to_owned(),
    }
}

/// What is longer than a line is cut.
fn clipped(text: &str) -> String {
    const LONG: usize = 60;
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(LONG) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text,
    }
}

impl Place {
    /// Its bytes.
    pub(crate) fn bytes(&self) -> Range<usize> {
        self.range.0 as usize..self.range.1 as usize
    }
}
