//! Ruling rules out many at a time.
//!
//! Most rules of an event's kind fail on a check that they share with others: `evt.is_open_write = true`, `container.id != host`,
//! `proc.name in (…)`. A gate is such a check with the set of rules that cannot match without it. It is looked at once, and takes
//! all of them out of the set of rules that are still alive; a rule that is out is not touched any more. All checks of membership
//! in sets that rules need of one field make a single gate: the value's class gives the rules that it leaves alive, whatever their
//! number.
//!
//! Gates only ever take out rules that cannot match: those that stay run their whole condition. So which gates are asked, and in
//! what order, changes no answer, and may be learnt from the events: see [`Gates::tune`].

use falco_compiler::program::{AtomId, ExtractId};
use rustc_hash::FxHashMap;

use super::code::{self, Form, Instr};
use super::prepare::{Group, Prepared};

/// More gates than this are not tried for one kind of event.
const MAX_GATES: usize = 48;
/// So many events make a round of learning.
const ROUND: u32 = 8192;
/// In the first events of a round all gates are asked.
const TRIAL: u32 = 64;

/// The gates of one kind of event.
#[derive(Debug, Clone, Default)]
pub(crate) struct Gates {
    pub(crate) list: Box<[Gate]>,
    /// How many of the list are asked.
    active: usize,
    /// Events of this round.
    seen: u32,
}

/// A check that rules need.
#[derive(Debug, Clone)]
pub(crate) struct Gate {
    pub(crate) check: Check,
    /// The rules that need it, as bits by their place in the plan.
    pub(crate) users: Box<[u64]>,
    cost: u32,
    /// In this round's trial: how often it was asked and how many rules it took out.
    asked: u32,
    pub(crate) removed: u32,
}

/// What is looked at.
#[derive(Debug, Clone)]
pub(crate) enum Check {
    /// Code that ends in a match for the rules to stay.
    Code(u32),
    /// Classes of values, or words in them. Users that none of them leaves alive are taken out.
    Values(Box<[Indexed]>),
}

/// A value with the users that what is seen of it leaves alive.
#[derive(Debug, Clone)]
pub(crate) struct Indexed {
    pub(crate) extract: ExtractId,
    pub(crate) look: Look,
    /// By class or word.
    pub(crate) alive: Box<[Box<[u32]>]>,
}

/// What of a value is looked at; the number is the group's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    Class(u32),
    Words(u32),
}

impl Gates {
    /// Finds the gates of a plan's rules, and emits the code of their checks.
    pub(crate) fn new(
        rules: &[Form],
        prepared: &Prepared,
        code: &mut Vec<Instr>,
        cost: &dyn Fn(AtomId) -> u32,
    ) -> Self {
        if rules.len() < 2 {
            return Self::default();
        }
        let words = rules.len().div_ceil(64);
        let mut list = value_gates(rules, prepared, words);
        let mut shared: FxHashMap<&Form, Vec<u32>> = FxHashMap::default();
        for (place, rule) in rules.iter().enumerate() {
            for conjunct in rule.conjuncts() {
                let users = shared.entry(conjunct).or_default();
                if users.last() != Some(&(place as u32)) {
                    users.push(place as u32);
                }
            }
        }
        let mut shared: Vec<(&Form, Vec<u32>)> = shared.into_iter().filter(|(_, users)| users.len() > 1).collect();
        // By users, and then by what does not hang on the map's order.
        shared.sort_by_cached_key(|(form, users)| (std::cmp::Reverse(users.len()), users.clone(), format!("{form:?}")));
        shared.truncate(MAX_GATES.saturating_sub(list.len()));
        for (form, users) in shared {
            let start = code::emit(form, code, cost);
            list.push(Gate::new(Check::Code(start), bits(&users, words), code::total_cost(form, cost)));
        }
        list.sort_by_key(|gate| {
            let users: u32 = gate.users.iter().map(|word| word.count_ones()).sum();
            gate.cost.saturating_add(1).saturating_mul(64) / users.max(1)
        });
        Self { active: list.len(), list: list.into(), seen: 0 }
    }

    /// The gates to ask about the next event, and whether they are to be counted.
    pub(crate) fn next_event(&mut self) -> (&mut [Gate], bool) {
        if self.list.is_empty() {
            return (&mut [], false);
        }
        self.seen += 1;
        if self.seen == TRIAL {
            self.tune();
        } else if self.seen == ROUND {
            self.seen = 0;
            self.active = self.list.len();
            self.list.iter_mut().for_each(|gate| (gate.asked, gate.removed) = (0, 0));
        }
        let trial = self.seen < TRIAL;
        (self.list.get_mut(..self.active).unwrap_or_default(), trial)
    }

    /// Puts the gates that took out most for their cost first, and leaves out those that hardly take out any. In place: nothing is
    /// allocated.
    fn tune(&mut self) {
        // Rules taken out in a thousand questions, by cost. A gate that was never asked had nothing left to take out.
        let score = |gate: &Gate| match gate.asked {
            0 => 0,
            asked => u64::from(gate.removed) * 1000 / u64::from(asked) * 16 / u64::from(gate.cost + 4),
        };
        self.list.sort_unstable_by_key(|gate| std::cmp::Reverse(score(gate)));
        let useful = |gate: &Gate| u64::from(gate.removed) * 4 >= u64::from(gate.asked) && gate.removed > 0;
        // Those that are of use move to the front, in order.
        let mut kept = 0;
        for at in 0..self.list.len() {
            if self.list.get(at).is_some_and(useful) {
                if let Some(range) = self.list.get_mut(kept..=at) {
                    range.rotate_right(1);
                }
                kept += 1;
            }
        }
        self.active = kept;
    }
}

impl Gate {
    fn new(check: Check, users: Box<[u64]>, cost: u32) -> Self {
        Self { check, users, cost, asked: 0, removed: 0 }
    }

    /// Whether a rule that is alive needs the check. Counts that it is asked.
    pub(crate) fn is_needed(&mut self, alive: &[u64], trial: bool) -> bool {
        let needed = self.users.iter().zip(alive).any(|(users, alive)| users & alive != 0);
        self.asked += u32::from(needed & trial);
        needed
    }

    /// The first rule alive that needs the check.
    pub(crate) fn first_user(&self, alive: &[u64]) -> Option<usize> {
        let at = self.users.iter().zip(alive).position(|(users, alive)| users & alive != 0)?;
        Some(at * 64 + (self.users.get(at)? & alive.get(at)?).trailing_zeros() as usize)
    }
}

/// The sets of rules by place in the plan.
pub(crate) fn bits(places: &[u32], words: usize) -> Box<[u64]> {
    let mut out = vec![0u64; words];
    for place in places {
        if let Some(word) = out.get_mut((place / 64) as usize) {
            *word |= 1 << (place % 64);
        }
    }
    out.into()
}

/// A place to look at, and how many classes or words it tells apart.
struct Source {
    extract: ExtractId,
    look: Look,
    len: usize,
}

/// Numbers of classes or words, as bits, by the source's place in the list.
type Needed = Vec<(usize, Vec<u64>)>;

/// A gate for each field of which at least two rules need one of some values, or one of some words in it, and one for the rules
/// that need one thing or another of several fields.
fn value_gates(rules: &[Form], prepared: &Prepared, words: usize) -> Vec<Gate> {
    let classes = (0..).zip(prepared.classes.iter()).map(|(n, g)| (Look::Class(n), g.len(), g.extract_of_texts()));
    let needles = (0..).zip(prepared.needles.iter()).map(|(n, g)| (Look::Words(n), g.len(), g.extract_of_texts()));
    let sources: Vec<Source> = classes
        .chain(needles)
        .filter_map(|(look, len, extract)| Some(Source { extract: extract?, look, len }))
        .collect();
    let mut gates = Vec::new();
    let mut covered = vec![false; rules.len()];
    for only in 0..sources.len() {
        let needs: Vec<(u32, Needed)> = (0..)
            .zip(rules)
            .filter_map(|(place, rule)| Some((place, needed(rule, &|source| source == only, &sources, prepared)?)))
            .collect();
        if needs.len() > 1 {
            needs.iter().for_each(|(place, _)| covered[*place as usize] = true);
            gates.push(value_gate(&needs, &sources, prepared, words));
        }
    }
    let rest: Vec<(u32, Needed)> = (0..)
        .zip(rules)
        .filter(|(place, _)| !covered[*place as usize])
        .filter_map(|(place, rule)| Some((place, needed(rule, &|_| true, &sources, prepared)?)))
        .collect();
    if rest.len() > 1 {
        gates.push(value_gate(&rest, &sources, prepared, words));
    }
    gates
}

/// Turns what each rule needs round: for each class or word the rules that it serves.
fn value_gate(needs: &[(u32, Needed)], sources: &[Source], prepared: &Prepared, words: usize) -> Gate {
    let mut alive: Vec<Vec<Vec<u32>>> = sources.iter().map(|_| Vec::new()).collect();
    for (place, needed) in needs {
        for (source, bits) in needed {
            let lists = &mut alive[*source];
            lists.resize(sources[*source].len, Vec::new());
            for (word, &bits) in bits.iter().enumerate() {
                let mut rest = bits;
                while rest != 0 {
                    if let Some(list) = lists.get_mut(word * 64 + rest.trailing_zeros() as usize) {
                        list.push(*place);
                    }
                    rest &= rest - 1;
                }
            }
        }
    }
    let indexed: Box<[Indexed]> = sources
        .iter()
        .zip(alive)
        .filter(|(_, lists)| !lists.is_empty())
        .map(|(source, lists)| Indexed {
            extract: source.extract,
            look: source.look,
            alive: lists.into_iter().map(Vec::into_boxed_slice).collect(),
        })
        .collect();
    let work = |indexed: &Indexed| match indexed.look {
        Look::Class(_) => 2,
        Look::Words(_) => 6,
    };
    let cost = indexed.iter().map(|one| prepared.extract_cost(one.extract) + work(one)).sum();
    let users: Vec<u32> = needs.iter().map(|(place, _)| *place).collect();
    Gate::new(Check::Values(indexed), bits(&users, words), cost)
}

/// The classes and words of admitted sources one of which must be there for a condition to hold; `None` when it can hold without.
fn needed(form: &Form, admit: &dyn Fn(usize) -> bool, sources: &[Source], prepared: &Prepared) -> Option<Needed> {
    let size =
        |needed: &Needed| -> u32 { needed.iter().flat_map(|(_, bits)| bits).map(|word| word.count_ones()).sum() };
    match form {
        Form::Atom { negated: true, .. } => None,
        Form::Atom { atom, negated: false } => {
            let (look, bits) = match &prepared.atoms.get(atom.0 as usize)?.group {
                Group::Class { group, members, negated: false } => (Look::Class(*group), members.to_vec()),
                Group::Needle { group, needle } => {
                    let mut bits = vec![0; (*needle / 64) as usize];
                    bits.push(1 << (needle % 64));
                    (Look::Words(*group), bits)
                }
                _ => return None,
            };
            let source = sources.iter().position(|source| source.look == look).filter(|source| admit(*source))?;
            Some(vec![(source, bits)])
        }
        Form::And(children) => {
            children.iter().filter_map(|child| needed(child, admit, sources, prepared)).min_by_key(size)
        }
        Form::Or(children) => {
            let mut all: Needed = Vec::new();
            for child in children {
                for (source, bits) in needed(child, admit, sources, prepared)? {
                    match all.iter_mut().find(|(of, _)| *of == source) {
                        Some((_, mine)) => {
                            mine.resize(mine.len().max(bits.len()), 0);
                            mine.iter_mut().zip(bits).for_each(|(mine, more)| *mine |= more);
                        }
                        None => all.push((source, bits)),
                    }
                }
            }
            Some(all)
        }
    }
}
