//! One event under evaluation.

use std::time::Instant;

use bumpalo::Bump;
use bumpalo::collections::Vec as BumpVec;
use falco_catalog::event;
use falco_catalog::field as ids;
use falco_catalog::{EventType, FieldArg, FieldId, FieldRef, ParamType};
use falco_compiler::program::{Atom, AtomId, Extract, ExtractId, ExtractKind, Operand, Program};
use falco_syntax::condition::ast::Operator;
use rustc_hash::FxHashMap;

use super::classes::{OTHER, has_class};
use super::code::{Instr, MATCH};
use super::explain::{Explanation, Truth};
use super::gates::{Check, Gates, Indexed, Look};
use super::index::{Plan, PlanKey, RuleIndex, carries_its_name, is_host_name};
use super::matcher::compare_values;
use super::prepare::{ByCode, Group, Judge, Part, Prepared, Route, Shape};
use super::profile::{self, Profile};
use super::transform;
use super::{EvalCounters, Matching};
use crate::fields::paths::join_items;
use crate::value::{FieldSource, Value};

const NANOSECONDS: u64 = 1_000_000_000;

/// What has been found out, stamped with the event's epoch so that nothing needs clearing between events.
#[derive(Debug)]
pub(crate) struct Memo {
    epoch: u32,
    /// For each atom the epoch, and its truth in the lowest bit.
    atoms: Box<[u32]>,
    /// For each extraction the epoch and the place in the session's values.
    extracts: Box<[(u32, u32)]>,
    /// For each class group the epoch and the value's class; `None` when atoms must compare by themselves.
    classes: Box<[(u32, Option<u32>)]>,
    /// For each needle group the epoch and the words found.
    needles: Box<[(u32, Box<[u64]>)]>,
    /// For fields that look back: what they need to know of the events before.
    looks: Box<[u64]>,
    times: Times,
    pub(crate) counters: EvalCounters,
    /// The rules that are still alive; only for its buffer.
    alive: Vec<u64>,
    /// Of a gate's rules, those that it leaves alive; likewise.
    kept: Vec<u64>,
    /// The buffer that outputs showed last; see [`Work::shown_buffer`].
    buffer: Vec<u8>,
}

/// Times by field and by processor or thread.
#[derive(Debug, Default)]
struct Times(FxHashMap<(u32, Owner), u64>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Owner {
    Cpu(i64),
    Thread(i64),
}

impl Times {
    /// More threads than this are not remembered; they count from nothing each time.
    const MAX: usize = 1 << 18;

    fn get(&self, of: (u32, Owner)) -> u64 {
        self.0.get(&of).copied().unwrap_or(0)
    }

    /// Sets a time and gives the one before, 0 if there was none.
    fn replace(&mut self, of: (u32, Owner), time: u64) -> u64 {
        match self.0.get_mut(&of) {
            Some(slot) => std::mem::replace(slot, time),
            None => {
                if self.0.len() < Self::MAX {
                    self.0.insert(of, time);
                }
                0
            }
        }
    }
}

impl Memo {
    pub(crate) fn new(prepared: &Prepared) -> Self {
        Self {
            epoch: 0,
            atoms: vec![0; prepared.program.atoms.len()].into(),
            extracts: vec![(0, 0); prepared.program.extracts.len()].into(),
            classes: vec![(0, None); prepared.classes.len()].into(),
            needles: prepared.needles.iter().map(|group| (0, vec![0; group.width()].into())).collect(),
            looks: vec![0; prepared.program.extracts.len()].into(),
            times: Times::default(),
            counters: EvalCounters::default(),
            alive: Vec::new(),
            kept: Vec::new(),
            buffer: Vec::new(),
        }
    }

    #[cfg(test)]
    pub(crate) fn set_epoch_for_test(&mut self, epoch: u32) {
        self.epoch = epoch;
    }

    /// Forgets everything but the looks back.
    fn next_event(&mut self) {
        self.epoch += 1;
        if self.epoch == u32::MAX >> 1 {
            self.epoch = 1;
            self.atoms.fill(0);
            self.extracts.fill((0, 0));
            self.classes.fill((0, None));
            self.needles.iter_mut().for_each(|group| group.0 = 0);
        }
    }
}

/// One event under evaluation: what is asked for is found out once and remembered until the session ends.
#[derive(Debug)]
pub struct Session<'s, S> {
    index: &'s mut RuleIndex,
    work: Work<'s, S>,
}

/// The session without the index, which is read while this changes.
#[derive(Debug)]
struct Work<'s, S> {
    prepared: &'s Prepared,
    memo: &'s mut Memo,
    arena: &'s Bump,
    event: &'s S,
    values: BumpVec<'s, Option<Value<'s>>>,
}

impl<'s, S: FieldSource> Session<'s, S> {
    pub(crate) fn new(
        prepared: &'s Prepared,
        index: &'s mut RuleIndex,
        memo: &'s mut Memo,
        arena: &'s Bump,
        event: &'s S,
    ) -> Self {
        memo.next_event();
        let mut work = Work { prepared, memo, arena, event, values: BumpVec::new_in(arena) };
        if prepared.shows_buffer {
            work.note_name();
        }
        Self { index, work }
    }

    /// The program.
    pub fn program(&self) -> &'s Program {
        &self.work.prepared.program
    }

    /// The event.
    pub fn event(&self) -> &'s S {
        self.work.event
    }

    /// The numbers of the rules that the event matches, in order. `matches` is cleared first.
    pub fn matches(&mut self, matching: Matching, matches: &mut Vec<u32>) {
        self.run(matching, matches, &mut Unwatched);
    }

    /// The same, with the time of every step written down. Costs two readings of the clock for each atom that is judged.
    pub fn matches_profiled(&mut self, matching: Matching, matches: &mut Vec<u32>, profile: &mut Profile) {
        profile.events += 1;
        self.run(matching, matches, profile);
    }

    #[inline]
    fn run<W: Watch>(&mut self, matching: Matching, matches: &mut Vec<u32>, watch: &mut W) {
        matches.clear();
        let Some(plan) = self.plan_key().and_then(|key| self.index.plan(key)) else {
            return;
        };
        let Plan { rules, code, gates } = plan;
        let work = &mut self.work;
        if !rules.is_empty() {
            watch.begin(rules);
            // Moved out for the borrow's sake; nothing is allocated.
            let mut alive = std::mem::take(&mut work.memo.alive);
            work.pass_gates(rules, code, gates, &mut alive, watch);
            'words: for (word, bits) in alive.iter().enumerate() {
                let mut rest = *bits;
                while rest != 0 {
                    let place = word * 64 + rest.trailing_zeros() as usize;
                    rest &= rest - 1;
                    let Some(&(rule, start)) = rules.get(place) else { break };
                    if work.run_code(code, start, rule, watch) {
                        watch.matched(rule);
                        matches.push(rule);
                        if matching == Matching::First {
                            break 'words;
                        }
                    }
                }
            }
            work.memo.alive = alive;
        }
        work.count(rules.len(), matches.len());
    }

    /// The place of the event's plan, made on the first event of its kind; `None` when no rule is about its source.
    fn plan_key(&mut self) -> Option<PlanKey> {
        let event = self.work.event;
        let code = if event.is_recorded() { event.event_type() } else { None };
        let key = self.index.key(event.source(), code)?;
        if self.index.plan(key).is_none() {
            let fixed = self.work.fixed_atoms(code);
            self.index.build(key, self.work.prepared, &fixed);
        }
        Some(key)
    }

    /// Whether an atom holds. False too where a side has no value.
    pub fn holds(&mut self, atom: AtomId) -> bool {
        self.work.holds(atom)
    }

    /// A value of the program, or `None` where the event has none.
    pub fn value(&mut self, extract: ExtractId) -> Option<Value<'s>> {
        self.work.value(extract)
    }

    /// An atom's truth in three values.
    pub fn truth(&mut self, atom: AtomId) -> Truth {
        self.work.truth(atom)
    }

    /// Why a rule does or does not match; `None` for a number that is no rule's. Switched-off rules are judged as well.
    pub fn explain(&mut self, rule: u32) -> Option<Explanation> {
        Explanation::new(self, rule)
    }

    /// The value as outputs show it: an address whose name is asked for becomes the name that rules resolved to it.
    pub(crate) fn shown_value(&mut self, extract: ExtractId) -> Option<Value<'s>> {
        let program = self.program();
        if let Some(ExtractKind::Field(field)) = program.extracts.get(extract.0 as usize).map(|e| &e.kind) {
            // Compared, these are all ancestors' values; printed, the process's own.
            let own = match (field.id, &field.arg) {
                (ids::PROC_APID, FieldArg::None) => Some(ids::PROC_PID),
                (ids::PROC_AENV, FieldArg::None) => Some(ids::PROC_ENV),
                _ => None,
            };
            if let Some(id) = own {
                return self.work.event.extract(&FieldRef { id, ..field.clone() }, self.work.arena);
            }
        }
        let value = self.value(extract)?;
        match value {
            Value::Bytes(bytes) if program.extracts.get(extract.0 as usize).is_some_and(is_buffer) => {
                Some(Value::Bytes(self.work.shown_buffer(bytes)))
            }
            Value::Ip(ip) if self.program().extracts.get(extract.0 as usize).is_some_and(is_host_name) => {
                self.work.prepared.host_names().find_map(|names| names.name_of(ip)).map(Value::Bytes)
            }
            _ => Some(value),
        }
    }

    /// What is known beforehand of an extraction.
    pub(crate) fn shape(&self, extract: ExtractId) -> Option<(&'s Extract, &'s Shape)> {
        let i = extract.0 as usize;
        Some((self.work.prepared.program.extracts.get(i)?, self.work.prepared.extracts.get(i)?))
    }

    #[cfg(test)]
    pub(crate) fn holds_without_groups(&mut self, atom: AtomId) -> bool {
        let prepared = self.work.prepared;
        let (atom, judge) = (&prepared.program.atoms[atom.0 as usize], &prepared.atoms[atom.0 as usize]);
        self.value(atom.left).is_some_and(|left| self.work.compare(atom, judge, left))
    }
}

impl<'s, S: FieldSource> Work<'s, S> {
    /// Atoms that hold or fail for every event of this one's code, with their truth.
    fn fixed_atoms(&mut self, code: Option<EventType>) -> FxHashMap<AtomId, bool> {
        let Some(code) = code else {
            return FxHashMap::default();
        };
        let named = carries_its_name(code);
        let prepared = self.prepared;
        (0..prepared.program.atoms.len() as u32)
            .map(AtomId)
            .filter(|atom| match prepared.by_code(*atom) {
                ByCode::Always => true,
                ByCode::UnlessNamed => !named,
                ByCode::No => false,
            })
            .map(|atom| (atom, self.holds(atom)))
            .collect()
    }

    fn count(&mut self, evaluated: usize, matched: usize) {
        let counters = &mut self.memo.counters;
        counters.events += 1;
        counters.evaluated += evaluated as u64;
        counters.matched += matched as u64;
    }

    fn truth(&mut self, atom: AtomId) -> Truth {
        let Some(Atom { left, right, .. }) = self.prepared.program.atoms.get(atom.0 as usize) else {
            return Truth::NoValue;
        };
        let has_right = match right {
            Operand::Extract(id) => self.value(*id).is_some(),
            _ => true,
        };
        match (self.holds(atom), has_right && self.value(*left).is_some()) {
            (true, _) => Truth::True,
            (false, true) => Truth::False,
            (false, false) => Truth::NoValue,
        }
    }

    /// Whether code that starts at `at` ends in a match. `rule` is who wants to know.
    #[inline]
    fn run_code<W: Watch>(&mut self, code: &[Instr], mut at: u32, rule: u32, watch: &mut W) -> bool {
        while let Some(instr) = code.get(at as usize) {
            at = if watch.holds(self, rule, instr.atom) { instr.on_true } else { instr.on_false };
        }
        at == MATCH
    }

    /// Sets the bits of the rules, by place, that no gate rules out.
    #[inline]
    fn pass_gates<W: Watch>(
        &mut self,
        rules: &[(u32, u32)],
        code: &[Instr],
        gates: &mut Gates,
        alive: &mut Vec<u64>,
        watch: &mut W,
    ) {
        alive.clear();
        alive.resize(rules.len() / 64, u64::MAX);
        if !rules.len().is_multiple_of(64) {
            alive.push((1 << (rules.len() % 64)) - 1);
        }
        let (gates, trial) = gates.next_event();
        for gate in gates {
            if !gate.is_needed(alive, trial) {
                continue;
            }
            let rule = gate.first_user(alive).and_then(|place| rules.get(place)).map_or(0, |(rule, _)| *rule);
            let before = if trial { count_bits(alive) } else { 0 };
            match &gate.check {
                Check::Code(start) => {
                    if !self.run_code(code, *start, rule, watch) {
                        alive.iter_mut().zip(&gate.users).for_each(|(alive, users)| *alive &= !users);
                    }
                }
                Check::Values(indexed) => {
                    let mut kept = std::mem::take(&mut self.memo.kept);
                    kept.clear();
                    kept.resize(alive.len(), 0);
                    for Indexed { extract, look, alive: by_number } in indexed {
                        let seen = watch.timed(self, rule, |work| work.look_at(*extract, *look));
                        let mut keep = |number: usize| {
                            for place in by_number.get(number).into_iter().flatten() {
                                if let Some(word) = kept.get_mut((place / 64) as usize) {
                                    *word |= 1 << (place % 64);
                                }
                            }
                        };
                        match seen {
                            Seen::Nothing => {}
                            Seen::Class(class) => keep(class as usize),
                            Seen::Words(group) => {
                                let found = self.memo.needles.get(group).map_or(&[][..], |(_, found)| found);
                                for (word, bits) in found.iter().enumerate() {
                                    let mut rest = *bits;
                                    while rest != 0 {
                                        keep(word * 64 + rest.trailing_zeros() as usize);
                                        rest &= rest - 1;
                                    }
                                }
                            }
                            // Atoms must look at it by themselves.
                            Seen::Odd => kept.copy_from_slice(alive),
                        }
                    }
                    for ((alive, users), kept) in alive.iter_mut().zip(&gate.users).zip(&kept) {
                        *alive &= !users | kept;
                    }
                    self.memo.kept = kept;
                }
            }
            if trial {
                gate.removed += before - count_bits(alive);
            }
            if alive.iter().all(|word| *word == 0) {
                return;
            }
        }
    }

    /// What a value gate sees.
    fn look_at(&mut self, extract: ExtractId, look: Look) -> Seen {
        let value = match self.value(extract) {
            Some(Value::Bytes(bytes)) => bytes,
            Some(_) => return Seen::Odd,
            None => return Seen::Nothing,
        };
        match look {
            Look::Class(group) => match self.class_of(group as usize, value) {
                Some(OTHER) => Seen::Nothing,
                Some(class) => Seen::Class(class),
                None => Seen::Odd,
            },
            Look::Words(group) => {
                // Any word does: what is found stays until the next event.
                self.has_needle(group as usize, 0, value);
                Seen::Words(group as usize)
            }
        }
    }

    fn holds(&mut self, atom: AtomId) -> bool {
        let i = atom.0 as usize;
        let epoch = self.memo.epoch;
        match self.memo.atoms.get(i) {
            Some(&stamp) if stamp >> 1 == epoch => return stamp & 1 == 1,
            Some(_) => {}
            None => return false,
        }
        let truth = self.judge(i);
        self.memo.atoms[i] = epoch << 1 | u32::from(truth);
        truth
    }

    fn judge(&mut self, i: usize) -> bool {
        let prepared = self.prepared;
        let (Some(atom), Some(judge)) = (prepared.program.atoms.get(i), prepared.atoms.get(i)) else {
            return false;
        };
        let Some(left) = self.value(atom.left) else {
            return false;
        };
        if let Value::Bytes(bytes) = left {
            match &judge.group {
                Group::None => {}
                Group::Class { group, members, negated } => {
                    if let Some(class) = self.class_of(*group as usize, bytes) {
                        return has_class(members, class) != *negated;
                    }
                }
                Group::Needle { group, needle } => return self.has_needle(*group as usize, *needle, bytes),
            }
        }
        self.compare(atom, judge, left)
    }

    /// Compares without the help of groups.
    fn compare(&mut self, atom: &Atom, judge: &Judge, left: Value<'s>) -> bool {
        match (&judge.test, &atom.right) {
            (Some(test), _) => holds_for(atom.op, left, |value| test.holds(value)),
            (None, Operand::Extract(right)) => match self.value(*right) {
                Some(right) => holds_for(atom.op, left, |value| compare_values(atom.op, judge.text, value, &right)),
                None => false,
            },
            (None, _) => false,
        }
    }

    fn class_of(&mut self, group: usize, value: &[u8]) -> Option<u32> {
        let epoch = self.memo.epoch;
        let slot = self.memo.classes.get_mut(group)?;
        if slot.0 != epoch {
            *slot = (epoch, self.prepared.classes.get(group)?.class_of(value));
        }
        slot.1
    }

    fn has_needle(&mut self, group: usize, needle: u32, value: &[u8]) -> bool {
        let epoch = self.memo.epoch;
        let (Some(slot), Some(words)) = (self.memo.needles.get_mut(group), self.prepared.needles.get(group)) else {
            return false;
        };
        if slot.0 != epoch {
            words.find(value, &mut slot.1);
            slot.0 = epoch;
        }
        has_class(&slot.1, needle)
    }

    fn value(&mut self, extract: ExtractId) -> Option<Value<'s>> {
        let i = extract.0 as usize;
        let epoch = self.memo.epoch;
        let &(stamp, place) = self.memo.extracts.get(i)?;
        if stamp == epoch {
            return self.values.get(place as usize).copied().flatten();
        }
        let value = self.compute(i);
        self.memo.extracts[i] = (epoch, self.values.len() as u32);
        self.values.push(value);
        value
    }

    fn compute(&mut self, i: usize) -> Option<Value<'s>> {
        let prepared = self.prepared;
        let extract = prepared.program.extracts.get(i)?;
        match &extract.kind {
            ExtractKind::Field(field) => {
                let value = self.event.extract(field, self.arena);
                match prepared.extracts.get(i)?.route {
                    Route::Event => value,
                    route if self.event.is_recorded() => self.look_back(i as u32, route, value),
                    _ => value,
                }
            }
            ExtractKind::Const(bytes) => Some(Value::Bytes(bytes)),
            ExtractKind::List(items) => {
                let mut out = BumpVec::with_capacity_in(items.len(), self.arena);
                for item in items.iter().filter(|id| (id.0 as usize) < i) {
                    out.push(self.value(*item)?);
                }
                Some(Value::List(out.into_bump_slice()))
            }
            ExtractKind::Call { transformer, args, suffix } => {
                let mut values = BumpVec::with_capacity_in(args.len(), self.arena);
                // A call's arguments come before it; that they do is what bounds the recursion.
                for arg in args.iter().filter(|id| (id.0 as usize) < i) {
                    values.push(flattened(self.value(*arg)?, self.arena));
                }
                let first = args.first().and_then(|id| prepared.program.extracts.get(id.0 as usize))?;
                transform::apply(*transformer, &values, *suffix, first.ty, self.arena)
            }
        }
    }

    /// Fields that compare with the events before.
    fn look_back(&mut self, extract: u32, route: Route, value: Option<Value<'s>>) -> Option<Value<'s>> {
        match route {
            Route::Event => value,
            Route::Count => {
                let last = self.memo.looks.get_mut(extract as usize)?;
                *last += 1;
                Some(Value::Uint(*last))
            }
            Route::Delta(part) => {
                let now = self.event.timestamp();
                let last = self.memo.looks.get_mut(extract as usize)?;
                let delta = if *last == 0 { 0 } else { now.wrapping_sub(*last) };
                *last = now;
                Some(Value::Uint(match part {
                    Part::Whole => delta,
                    Part::Seconds => delta / NANOSECONDS,
                    Part::Nanoseconds => delta % NANOSECONDS,
                }))
            }
            Route::ExecTime { total } => {
                let switch = matches!(self.event.event_type(), Some(event::SCHEDSWITCH_1_E | event::SCHEDSWITCH_6_E));
                let mut time = 0;
                if switch {
                    let cpu = self.number(ids::EVT_CPU, ParamType::Int16)?;
                    let now = self.event.timestamp();
                    let last = self.memo.times.replace((extract, Owner::Cpu(cpu)), now);
                    time = if last == 0 { 0 } else { now.wrapping_sub(last) };
                }
                if total {
                    self.number(ids::PROC_PID, ParamType::Pid)?;
                    let thread = (extract, Owner::Thread(self.number(ids::THREAD_TID, ParamType::Int64)?));
                    time = self.memo.times.get(thread).wrapping_add(time);
                    self.memo.times.replace(thread, time);
                }
                Some(Value::Uint(time))
            }
            Route::CpuTime => {
                let Some(Value::Uint(used)) = value else { return None };
                let thread = self.number(ids::THREAD_TID, ParamType::Int64)?;
                let last = self.memo.times.replace((extract, Owner::Thread(thread)), used);
                let delta = if last == 0 { 0.0 } else { used.wrapping_sub(last) as f64 };
                Some(Value::Double(delta.min(100.0)))
            }
        }
    }

    /// `evt.buffer` in an output. For an event whose buffer is empty Falco prints the buffer of the last output once more, its
    /// beginning overwritten by `NULL`: the text's place is reused and its length is not set anew. The reference answers show it.
    fn shown_buffer(&mut self, bytes: &'s [u8]) -> &'s [u8] {
        let last = &mut self.memo.buffer;
        if !self.event.is_recorded() {
            return bytes;
        }
        if !bytes.is_empty() {
            last.clear();
            last.extend_from_slice(bytes);
            return bytes;
        }
        overwrite(last, b"NULL");
        self.arena.alloc_slice_copy(last)
    }

    /// A new name of the event's socket is written in the same place; see [`Self::shown_buffer`].
    fn note_name(&mut self) {
        let field = |id| FieldRef { id, arg: FieldArg::None, ty: ParamType::Charbuf, is_list: false };
        let (event, arena) = (self.event, self.arena);
        if !event.is_recorded() || event.extract(&field(ids::FD_NAME_CHANGED), arena) != Some(Value::Bool(true)) {
            return;
        }
        let is_socket =
            matches!(event.extract(&field(ids::FD_TYPECHAR), arena), Some(Value::Bytes(b"4" | b"6" | b"u")));
        if let Some(Value::Bytes(name)) = event.extract(&field(ids::FD_NAME), arena).filter(|_| is_socket) {
            overwrite(&mut self.memo.buffer, name);
        }
    }

    fn number(&self, id: FieldId, ty: ParamType) -> Option<i64> {
        let field = FieldRef { id, arg: FieldArg::None, ty, is_list: false };
        match self.event.extract(&field, self.arena)? {
            Value::Int(n) => Some(n),
            Value::Uint(n) => i64::try_from(n).ok(),
            _ => None,
        }
    }
}

/// What a value gate saw.
enum Seen {
    /// No value, or none of those that rules ask for.
    Nothing,
    Class(u32),
    /// The words that stand in this group's memory.
    Words(usize),
    /// Something that atoms must look at by themselves.
    Odd,
}

fn count_bits(words: &[u64]) -> u32 {
    words.iter().map(|word| word.count_ones()).sum()
}

/// Who looks on while rules are judged: nobody, at no cost, or a profile.
trait Watch: Sized {
    /// Rules are looked at.
    fn begin(&mut self, _rules: &[(u32, u32)]) {}
    /// A rule matches.
    fn matched(&mut self, _rule: u32) {}
    /// Judges an atom that `rule` asks for.
    fn holds<S: FieldSource>(&mut self, work: &mut Work<'_, S>, rule: u32, atom: AtomId) -> bool;
    /// Does work that many atoms share, on behalf of `rule`.
    fn timed<'s, S, T>(&mut self, work: &mut Work<'s, S>, rule: u32, what: impl FnOnce(&mut Work<'s, S>) -> T) -> T;
}

struct Unwatched;

impl Watch for Unwatched {
    #[inline]
    fn holds<S: FieldSource>(&mut self, work: &mut Work<'_, S>, _: u32, atom: AtomId) -> bool {
        work.holds(atom)
    }

    #[inline]
    fn timed<'s, S, T>(&mut self, work: &mut Work<'s, S>, _: u32, what: impl FnOnce(&mut Work<'s, S>) -> T) -> T {
        what(work)
    }
}

impl Watch for Profile {
    fn begin(&mut self, rules: &[(u32, u32)]) {
        rules.iter().for_each(|(rule, _)| self.began(*rule));
    }

    fn matched(&mut self, rule: u32) {
        self.ended_in_match(rule);
    }

    fn holds<S: FieldSource>(&mut self, work: &mut Work<'_, S>, rule: u32, atom: AtomId) -> bool {
        if work.memo.atoms.get(atom.0 as usize).is_none_or(|stamp| stamp >> 1 == work.memo.epoch) {
            self.remembered(atom);
            return work.holds(atom);
        }
        let start = Instant::now();
        let holds = work.holds(atom);
        let elapsed = profile::nanoseconds(start);
        self.judged(rule, atom, work.truth(atom), elapsed);
        holds
    }

    fn timed<'s, S, T>(&mut self, work: &mut Work<'s, S>, rule: u32, what: impl FnOnce(&mut Work<'s, S>) -> T) -> T {
        let start = Instant::now();
        let out = what(work);
        self.shared(rule, profile::nanoseconds(start));
        out
    }
}

/// All ancestors as transformers see them: one text.
fn flattened<'a>(value: Value<'a>, arena: &'a Bump) -> Value<'a> {
    match value {
        Value::Ancestors(items) => Value::Bytes(join_items(items.iter().filter_map(Value::as_bytes), b' ', arena)),
        other => other,
    }
}

/// Writes a C string over the beginning of a text, as far as that goes.
fn overwrite(text: &mut [u8], new: &[u8]) {
    text.iter_mut().zip(new.iter().chain(&[0])).for_each(|(old, new)| *old = *new);
}

pub(super) fn is_buffer(extract: &Extract) -> bool {
    matches!(&extract.kind, ExtractKind::Field(field) if field.id == ids::EVT_BUFFER)
}

/// Spreads a comparison over the elements of a compound value.
fn holds_for(op: Operator, value: Value<'_>, test: impl Fn(&Value<'_>) -> bool) -> bool {
    match value {
        Value::List(items) => match op {
            Operator::Exists => true,
            Operator::In => items.iter().all(test),
            Operator::Intersects => items.iter().any(test),
            _ => false,
        },
        // "Is not x" must hold for both ends; everything else for either.
        Value::Ends(items) if op == Operator::Ne => !items.is_empty() && items.iter().all(test),
        Value::Ends(items) | Value::Ancestors(items) => items.iter().any(test),
        scalar => test(&scalar),
    }
}
