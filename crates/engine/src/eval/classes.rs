//! Many atoms that ask about one value, decided by one look at it.
//!
//! Rules ask the same few fields for membership in many sets (`proc.name in (…)`). All constants that one field is compared with
//! for equality are numbered; a value's number, found by one hash look-up per event, then decides every such atom by a bit.
//! Likewise all words that a field is searched for (`contains`) go into one automaton. So the cost per event does not grow with
//! the number of rules.

use aho_corasick::automaton::OverlappingState;
use aho_corasick::{AhoCorasick, AhoCorasickBuilder, MatchKind};
use falco_catalog::FieldArg;
use falco_catalog::field as ids;
use falco_compiler::program::{Const, Extract, ExtractId, ExtractKind, Operand, Program};
use falco_syntax::condition::ast::{Modifier, Operator};
use rustc_hash::FxHashMap;

use super::EvalError;
use super::matcher::{automaton, c_str};
use super::prepare::{Group, Judge};

/// Fewer constants than this are compared one by one.
const MIN_CONSTANTS: usize = 8;
/// Fewer words than this are searched for one by one.
const MIN_NEEDLES: usize = 4;

/// The class of values that are none of the constants.
pub(crate) const OTHER: u32 = u32::MAX;

/// The constants of one field's equality atoms.
#[derive(Debug)]
pub(crate) struct ClassGroup {
    extract: ExtractId,
    /// Whether the value is one text, not all ancestors'.
    single: bool,
    classes: FxHashMap<Box<[u8]>, u32>,
}

impl ClassGroup {
    /// How many classes there are beside [`OTHER`].
    pub(crate) fn len(&self) -> usize {
        self.classes.len()
    }

    /// The value, where its class alone decides the group's atoms.
    pub(crate) fn extract_of_texts(&self) -> Option<ExtractId> {
        self.single.then_some(self.extract)
    }

    /// The value's class; `None` where equality is not plain (a NUL inside) and each atom must compare by itself.
    pub(crate) fn class_of(&self, value: &[u8]) -> Option<u32> {
        if memchr::memchr(0, value).is_some() {
            return None;
        }
        Some(self.classes.get(value).copied().unwrap_or(OTHER))
    }
}

/// Whether a class is among the members.
pub(crate) fn has_class(members: &[u64], class: u32) -> bool {
    members.get((class / 64) as usize).is_some_and(|word| word >> (class % 64) & 1 == 1)
}

/// The words of one field's `contains` atoms.
#[derive(Debug)]
pub(crate) struct NeedleGroup {
    automaton: AhoCorasick,
    /// Finds whether there is any of the words, several times faster than `automaton` finds all. Mostly there is none.
    any: AhoCorasick,
    words: usize,
}

impl NeedleGroup {
    /// How many 64-bit words a result needs.
    pub(crate) fn width(&self) -> usize {
        self.words.div_ceil(64)
    }

    /// Marks the words that occur in the value.
    pub(crate) fn find(&self, value: &[u8], found: &mut [u64]) {
        found.fill(0);
        let text = c_str(value);
        if !self.any.is_match(text) {
            return;
        }
        let mut state = OverlappingState::start();
        loop {
            self.automaton.find_overlapping(text, &mut state);
            let Some(hit) = state.get_match() else {
                return;
            };
            let word = hit.pattern().as_usize();
            if let Some(bits) = found.get_mut(word / 64) {
                *bits |= 1 << (word % 64);
            }
        }
    }
}

/// The groups of a program.
pub(crate) type Groups = (Box<[ClassGroup]>, Box<[NeedleGroup]>);

/// Finds the groups and enters the atoms in them.
pub(crate) fn find_groups(program: &Program, atoms: &mut [Judge]) -> Result<Groups, EvalError> {
    let mut equal: FxHashMap<ExtractId, Vec<usize>> = FxHashMap::default();
    let mut contain: FxHashMap<ExtractId, Vec<usize>> = FxHashMap::default();
    for (i, atom) in program.atoms.iter().enumerate() {
        let scalar = program.extracts.get(atom.left.0 as usize).is_some_and(|e| !e.is_list);
        if !scalar || !atoms[i].text || texts(&atom.right).is_none() {
            continue;
        }
        match (atom.op, atom.modifier) {
            (Operator::Eq | Operator::EqEq | Operator::Ne | Operator::In, None)
            | (Operator::Eq | Operator::EqEq, Some(Modifier::AnyOf)) => equal.entry(atom.left).or_default().push(i),
            (Operator::Contains, None) => contain.entry(atom.left).or_default().push(i),
            _ => {}
        }
    }

    let mut class_groups = Vec::new();
    for (extract, members) in in_order(equal) {
        let mut classes: FxHashMap<Box<[u8]>, u32> = FxHashMap::default();
        for text in members.iter().filter_map(|&i| texts(&program.atoms[i].right)).flatten() {
            let next = classes.len() as u32;
            classes.entry(text.into()).or_insert(next);
        }
        if classes.len() < MIN_CONSTANTS {
            continue;
        }
        for i in members {
            let mut bits = vec![0u64; classes.len().div_ceil(64)];
            for text in texts(&program.atoms[i].right).into_iter().flatten() {
                if let Some(&class) = classes.get(text) {
                    bits[(class / 64) as usize] |= 1 << (class % 64);
                }
            }
            let negated = program.atoms[i].op == Operator::Ne;
            atoms[i].group = Group::Class { group: class_groups.len() as u32, members: bits.into(), negated };
        }
        let single = program.extracts.get(extract.0 as usize).is_some_and(|e| !is_ancestors(e));
        class_groups.push(ClassGroup { extract, single, classes });
    }

    let mut needle_groups = Vec::new();
    for (_, members) in in_order(contain) {
        let mut words: Vec<&[u8]> = Vec::new();
        let mut numbers = Vec::new();
        for &i in &members {
            for text in texts(&program.atoms[i].right).into_iter().flatten() {
                numbers.push(words.iter().position(|w| *w == text).unwrap_or(words.len()) as u32);
                if !words.contains(&text) {
                    words.push(text);
                }
            }
        }
        if words.len() < MIN_NEEDLES || numbers.len() != members.len() {
            continue;
        }
        for (&i, &needle) in members.iter().zip(&numbers) {
            atoms[i].group = Group::Needle { group: needle_groups.len() as u32, needle };
        }
        let any = AhoCorasickBuilder::new()
            .match_kind(MatchKind::LeftmostFirst)
            .build(&words)
            .map_err(|error| EvalError::Automaton { reason: error.to_string() })?;
        needle_groups.push(NeedleGroup {
            automaton: automaton(words.iter().copied(), false)?,
            any,
            words: words.len(),
        });
    }
    Ok((class_groups.into(), needle_groups.into()))
}

fn in_order(groups: FxHashMap<ExtractId, Vec<usize>>) -> Vec<(ExtractId, Vec<usize>)> {
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(extract, _)| *extract);
    groups
}

/// Whether an atom is about the value of each ancestor.
fn is_ancestors(extract: &Extract) -> bool {
    matches!(&extract.kind, ExtractKind::Field(field) if field.arg == FieldArg::None && matches!(
        field.id,
        ids::PROC_ANAME | ids::PROC_AEXE | ids::PROC_AEXEPATH | ids::PROC_ACMDLINE | ids::PROC_AARGS | ids::PROC_AENV
    ))
}

/// The constants, where all are text.
fn texts(right: &Operand) -> Option<impl Iterator<Item = &[u8]>> {
    let Operand::Consts(consts) = right else {
        return None;
    };
    let all =
        !consts.is_empty() && consts.iter().all(|c| matches!(c, Const::Bytes(b) if memchr::memchr(0, b).is_none()));
    all.then(|| {
        consts.iter().filter_map(|c| match c {
            Const::Bytes(bytes) => Some(&**bytes),
            _ => None,
        })
    })
}
