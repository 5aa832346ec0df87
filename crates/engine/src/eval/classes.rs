//! Many atoms that ask about one value, decided by one look at it.
//!
//! Rules ask the same few fields for membership in many sets (`proc.name in (…)`). All constants that one field is compared with
//! for equality are numbered; a value's number, found by one hash look-up per event, then decides every such atom by a bit.
//! Likewise all words that a field is searched for (`contains`) go into one automaton, and all that it may begin or end with into a trie. So the cost per event does not grow with
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

/// The words of one field's `contains`, `startswith` or `endswith` atoms.
#[derive(Debug)]
pub(crate) struct NeedleGroup {
    extract: ExtractId,
    /// Whether the value is one text, not all ancestors'.
    single: bool,
    finder: Finder,
    words: usize,
}

/// Finds all words at once.
#[derive(Debug)]
enum Finder {
    Anywhere {
        all: AhoCorasick,
        /// Finds whether there is any of the words, several times faster than all. Mostly there is none.
        any: AhoCorasick,
    },
    AtStart(Trie),
    AtEnd(Trie),
}

/// Words as paths from a root, byte by byte.
#[derive(Debug, Default)]
struct Trie {
    steps: FxHashMap<(u32, u8), u32>,
    /// By node: the word that ends there.
    ends: Vec<Option<u32>>,
}

impl Trie {
    fn new<'w>(words: impl Iterator<Item = impl Iterator<Item = &'w u8>>) -> Self {
        let mut trie = Self { steps: FxHashMap::default(), ends: vec![None] };
        for (number, word) in (0..).zip(words) {
            let mut node = 0;
            for &byte in word {
                let next = trie.ends.len() as u32;
                node = *trie.steps.entry((node, byte)).or_insert(next);
                if node == next {
                    trie.ends.push(None);
                }
            }
            if let Some(end) = trie.ends.get_mut(node as usize) {
                *end = Some(number);
            }
        }
        trie
    }

    /// Calls back with every word that the bytes begin with.
    fn walk<'v>(&self, bytes: impl Iterator<Item = &'v u8>, mut found: impl FnMut(u32)) {
        let end = |node: u32| self.ends.get(node as usize).copied().flatten();
        let mut node = 0;
        end(node).into_iter().for_each(&mut found);
        for &byte in bytes {
            match self.steps.get(&(node, byte)) {
                Some(&next) => node = next,
                None => return,
            }
            end(node).into_iter().for_each(&mut found);
        }
    }
}

impl NeedleGroup {
    fn new(extract: ExtractId, single: bool, place: Place, words: &[&[u8]]) -> Result<Self, EvalError> {
        let finder = match place {
            Place::Anywhere => Finder::Anywhere {
                all: automaton(words.iter().copied(), false)?,
                any: AhoCorasickBuilder::new()
                    .match_kind(MatchKind::LeftmostFirst)
                    .build(words)
                    .map_err(|error| EvalError::Automaton { reason: error.to_string() })?,
            },
            Place::Start => Finder::AtStart(Trie::new(words.iter().map(|word| word.iter()))),
            Place::End => Finder::AtEnd(Trie::new(words.iter().map(|word| word.iter().rev()))),
        };
        Ok(Self { extract, single, finder, words: words.len() })
    }

    /// How many words there are.
    pub(crate) fn len(&self) -> usize {
        self.words
    }

    /// The value, where it is a single text.
    pub(crate) fn extract_of_texts(&self) -> Option<ExtractId> {
        self.single.then_some(self.extract)
    }

    /// How many 64-bit words a result needs.
    pub(crate) fn width(&self) -> usize {
        self.words.div_ceil(64)
    }

    /// Marks the words that the value has in the group's place.
    pub(crate) fn find(&self, value: &[u8], found: &mut [u64]) {
        found.fill(0);
        let mut mark = |word: u32| {
            if let Some(bits) = found.get_mut((word / 64) as usize) {
                *bits |= 1 << (word % 64);
            }
        };
        let text = c_str(value);
        match &self.finder {
            Finder::AtStart(trie) => trie.walk(text.iter(), mark),
            Finder::AtEnd(trie) => trie.walk(text.iter().rev(), mark),
            Finder::Anywhere { any, .. } if !any.is_match(text) => {}
            Finder::Anywhere { all, .. } => {
                let mut state = OverlappingState::start();
                loop {
                    all.find_overlapping(text, &mut state);
                    match state.get_match() {
                        Some(hit) => mark(hit.pattern().as_u32()),
                        None => return,
                    }
                }
            }
        }
    }
}

/// Where a value must have a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Place {
    Anywhere,
    Start,
    End,
}

impl Place {
    /// Fewer words than this are looked for one by one.
    fn min_words(self) -> usize {
        match self {
            Self::Anywhere => 4,
            Self::Start | Self::End => 12,
        }
    }
}

/// The groups of a program.
pub(crate) type Groups = (Box<[ClassGroup]>, Box<[NeedleGroup]>);

/// Finds the groups and enters the atoms in them.
pub(crate) fn find_groups(program: &Program, atoms: &mut [Judge]) -> Result<Groups, EvalError> {
    let mut equal: FxHashMap<ExtractId, Vec<usize>> = FxHashMap::default();
    let mut contain: FxHashMap<(ExtractId, Place), Vec<usize>> = FxHashMap::default();
    for (i, atom) in program.atoms.iter().enumerate() {
        let scalar = program.extracts.get(atom.left.0 as usize).is_some_and(|e| !e.is_list);
        if !scalar || !atoms[i].text || texts(&atom.right).is_none() {
            continue;
        }
        match (atom.op, atom.modifier) {
            (Operator::Eq | Operator::EqEq | Operator::Ne | Operator::In, None)
            | (Operator::Eq | Operator::EqEq, Some(Modifier::AnyOf)) => equal.entry(atom.left).or_default().push(i),
            (Operator::Contains, None) => contain.entry((atom.left, Place::Anywhere)).or_default().push(i),
            (Operator::Startswith, None) => contain.entry((atom.left, Place::Start)).or_default().push(i),
            (Operator::Endswith, None) => contain.entry((atom.left, Place::End)).or_default().push(i),
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
    for ((extract, place), members) in in_order(contain) {
        let mut words: Vec<&[u8]> = Vec::new();
        let mut known: FxHashMap<&[u8], u32> = FxHashMap::default();
        let mut numbers = Vec::new();
        for &i in &members {
            for text in texts(&program.atoms[i].right).into_iter().flatten() {
                let next = words.len() as u32;
                let number = *known.entry(text).or_insert(next);
                if number == next {
                    words.push(text);
                }
                numbers.push(number);
            }
        }
        if words.len() < place.min_words() || numbers.len() != members.len() {
            continue;
        }
        for (&i, &needle) in members.iter().zip(&numbers) {
            atoms[i].group = Group::Needle { group: needle_groups.len() as u32, needle };
        }
        let single = program.extracts.get(extract.0 as usize).is_some_and(|e| !is_ancestors(e));
        needle_groups.push(NeedleGroup::new(extract, single, place, &words)?);
    }
    Ok((class_groups.into(), needle_groups.into()))
}

fn in_order<K: Ord + Copy>(groups: FxHashMap<K, Vec<usize>>) -> Vec<(K, Vec<usize>)> {
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(key, _)| *key);
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
