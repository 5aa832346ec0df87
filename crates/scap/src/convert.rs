//! The converter: carries out the plans, and keeps what enter events left for their exits.

use falco_catalog::EventType;
use rustc_hash::FxHashMap;

use crate::block::MAX_EVENT_LEN;
use crate::error::ErrorKind;
use crate::event::Event;
use crate::params::ParamProblem;
use crate::plan::{Class, Facts, Fill, From, MAX_PARAMS, Plan, Plans, Verdict, event_name};

type Result<T> = std::result::Result<T, ErrorKind>;

/// What the converter did with an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Nothing is delivered.
    Dropped,
    /// Deliver it with its old bytes; parameters beyond the old ones are empty.
    InPlace { ty: EventType, nparams: usize },
    /// Deliver what [`Converter::made`] holds.
    Made { ty: EventType },
}

#[derive(Debug, Default)]
pub(crate) struct Converter {
    entered: Entered,
    /// The event that was made last; buffers are reused.
    ends: Vec<u32>,
    data: Vec<u8>,
    /// Treat an enter event of another kind as none.
    pub(crate) lenient: bool,
}

impl Converter {
    /// Converts an event as it stands in the file. `event` has the parameters that the table names, `nparams` and `len` are
    /// the file's.
    pub(crate) fn convert(
        &mut self,
        plans: &Plans,
        facts: Facts,
        event: &Event<'_>,
        nparams: u32,
        len: u32,
    ) -> Result<Outcome> {
        let ty = event.ty;
        match facts.class {
            Class::Deliver => return Ok(Outcome::InPlace { ty, nparams: event.param_count() }),
            Class::Drop => return Ok(Outcome::Dropped),
            Class::Unmanaged => return Err(ErrorKind::ConvertUnmanaged { ty }),
            Class::Managed => {}
        }
        let most = u32::from(facts.nparams);
        if facts.exit && nparams > most {
            return Err(ErrorKind::ConvertTooManyParams { ty, found: nparams, most });
        }
        if len > MAX_EVENT_LEN {
            return Err(ErrorKind::ConvertTooLong { len, most: MAX_EVENT_LEN });
        }
        // Rules are found by the low byte of the number.
        match plans.plan(ty, (nparams & 0xFF) as usize) {
            Some(plan) => self.apply(plan, event),
            None => Err(ErrorKind::ConvertMissing { ty, nparams }),
        }
    }

    fn apply(&mut self, plan: &Plan, event: &Event<'_>) -> Result<Outcome> {
        if let Verdict::Fail(failure) = plan.verdict {
            return Err(failure.error());
        }
        if plan.verdict == Verdict::Drop {
            return Ok(Outcome::Dropped);
        }
        if plan.in_place {
            if matches!(plan.verdict, Verdict::Store | Verdict::StoreAndPass) {
                self.entered.store(event.tid, plan.ty, event.ends, event.data, plan.params.len());
            }
            if plan.verdict == Verdict::Store {
                return Ok(Outcome::Dropped);
            }
            return Ok(Outcome::InPlace { ty: plan.ty, nparams: plan.params.len() });
        }
        self.make(plan, event)?;
        if matches!(plan.verdict, Verdict::Store | Verdict::StoreAndPass) {
            self.entered.store(event.tid, plan.ty, &self.ends, &self.data, self.ends.len());
        }
        if plan.verdict == Verdict::Store {
            return Ok(Outcome::Dropped);
        }
        Ok(Outcome::Made { ty: plan.ty })
    }

    /// The event that [`Outcome::Made`] speaks of.
    pub(crate) fn made(&self) -> (&[u32], &[u8]) {
        (&self.ends, &self.data)
    }

    /// Forgets every stored event.
    pub(crate) fn clear(&mut self) {
        self.entered = Entered::default();
    }

    /// How many stored enter events were given up to stay within bounds.
    pub(crate) fn forgotten(&self) -> u64 {
        self.entered.forgotten
    }

    fn make(&mut self, plan: &Plan, event: &Event<'_>) -> Result<()> {
        self.ends.clear();
        self.data.clear();
        let stored = match plan.enter {
            None => None,
            Some(wanted) => match self.entered.take(event.tid) {
                Some(slot) if slot.ty == wanted => Some(slot),
                Some(_) if self.lenient => None,
                Some(slot) => {
                    let exit = event_name(EventType(wanted.0 + 1));
                    return Err(ErrorKind::ConvertEnterType { exit, found: event_name(slot.ty) });
                }
                None => None,
            },
        };
        for from in &plan.params {
            match *from {
                From::Old { index, most } => {
                    let bytes = event.param(usize::from(index)).unwrap_or_default();
                    self.data.extend_from_slice(cut(bytes, most));
                }
                From::Fill(fill) => fill_with(&mut self.data, fill),
                From::Enter { index, most, or } => match stored {
                    None => fill_with(&mut self.data, or),
                    Some(slot) => match slot.param(usize::from(index)) {
                        Some(bytes) => self.data.extend_from_slice(cut(bytes, most)),
                        None => {
                            let (event, found) = (event_name(slot.ty), slot.ends.len() as u32);
                            return Err(ErrorKind::ConvertParam { event, index: u32::from(index), found });
                        }
                    },
                },
                From::ContainerJson { or } => {
                    let start = self.data.len();
                    if container_json(event, &mut self.data).is_none() {
                        self.data.truncate(start);
                        fill_with(&mut self.data, or);
                    }
                }
            }
            self.ends.push(self.data.len() as u32);
        }
        Ok(())
    }
}

fn cut(bytes: &[u8], most: u32) -> &[u8] {
    bytes.get(..most as usize).unwrap_or(bytes)
}

fn fill_with(out: &mut Vec<u8>, fill: Fill) {
    out.resize(out.len() + usize::from(fill.len), fill.byte);
}

/// The JSON text of a container, from an old event's id, type, name and image. `None` when one of them cannot be read.
fn container_json(event: &Event<'_>, out: &mut Vec<u8>) -> Option<()> {
    let text = |index| -> Option<&[u8]> {
        match event.str(index) {
            Ok(text) => text,
            Err(error) => {
                debug_assert_eq!(error.problem, ParamProblem::Text);
                None
            }
        }
    };
    let (id, kind, name, image) = (text(0)?, event.u32(1).ok()??, text(2)?, text(3)?);
    let start = out.len();
    out.extend_from_slice(b"{\"id\":\"");
    escape(id, out);
    out.extend_from_slice(format!("\",\"type\":{kind},\"name\":\"").as_bytes());
    escape(name, out);
    out.extend_from_slice(b"\",\"image\":\"");
    escape(image, out);
    out.extend_from_slice(b"\"}\0");
    (out.len() - start <= usize::from(u16::MAX)).then_some(())
}

fn escape(text: &[u8], out: &mut Vec<u8>) {
    for &b in text {
        match b {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', b]),
            0..0x20 => out.extend_from_slice(format!("\\u{b:04x}").as_bytes()),
            _ => out.push(b),
        }
    }
}

/// The last enter event of each thread.
///
/// Threads that ended leave theirs behind, and a capture can name any number of threads; so the events live in two generations.
/// When the younger one is full it becomes the older one and what that held is forgotten: an event is kept at least until
/// [`Entered::MOST`] other threads have stored one.
#[derive(Debug, Default)]
struct Entered {
    young: FxHashMap<i64, Slot>,
    old: FxHashMap<i64, Slot>,
    young_bytes: usize,
    forgotten: u64,
}

/// A stored event. Taken ones stay for their buffers.
#[derive(Debug)]
struct Slot {
    ty: EventType,
    taken: bool,
    ends: Vec<u32>,
    data: Vec<u8>,
}

impl Slot {
    fn param(&self, index: usize) -> Option<&[u8]> {
        Event::new(0, 0, 0, self.ty, 0, &self.ends, &self.data).param(index)
    }
}

impl Entered {
    /// Threads of one generation.
    const MOST: usize = 1 << 16;
    /// Bytes of one generation.
    const MOST_BYTES: usize = 32 << 20;

    fn store(&mut self, tid: i64, ty: EventType, ends: &[u32], data: &[u8], nparams: usize) {
        if !self.young.contains_key(&tid) {
            if self.young.len() >= Self::MOST || self.young_bytes >= Self::MOST_BYTES {
                let old = std::mem::replace(&mut self.old, std::mem::take(&mut self.young));
                self.forgotten += old.values().filter(|slot| !slot.taken).count() as u64;
                self.young_bytes = 0;
            }
            let slot =
                self.old.remove(&tid).unwrap_or_else(|| Slot { ty, taken: true, ends: Vec::new(), data: Vec::new() });
            self.young_bytes += slot.data.capacity();
            self.young.insert(tid, slot);
        }
        let Some(slot) = self.young.get_mut(&tid) else { return };
        let before = slot.data.capacity();
        slot.ty = ty;
        slot.taken = false;
        slot.ends.clear();
        slot.ends.extend_from_slice(ends);
        let end = ends.last().copied().unwrap_or(0);
        slot.ends.resize(nparams.min(MAX_PARAMS), end);
        slot.data.clear();
        slot.data.extend_from_slice(data.get(..end as usize).unwrap_or(data));
        self.young_bytes += slot.data.capacity() - before;
    }

    /// The thread's event, which counts as used from now on.
    fn take(&mut self, tid: i64) -> Option<&Slot> {
        let slot = match self.young.get_mut(&tid) {
            Some(slot) => slot,
            None => self.old.get_mut(&tid)?,
        };
        if slot.taken {
            return None;
        }
        slot.taken = true;
        Some(slot)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn stored_events_are_bounded_and_recent_ones_stay() {
        let mut entered = Entered::default();
        let ty = EventType(4);
        for tid in 0..400_000 {
            entered.store(tid, ty, &[8], &7u64.to_le_bytes(), 1);
        }
        assert!(entered.young.len() + entered.old.len() <= 2 * Entered::MOST);
        assert!(entered.forgotten > 0);
        let slot = entered.take(400_000 - Entered::MOST as i64).unwrap();
        assert_eq!(slot.param(0), Some(&7u64.to_le_bytes()[..]));
        assert!(entered.take(400_000 - Entered::MOST as i64).is_none());
        assert!(entered.take(0).is_none());
    }

    #[test]
    fn large_stored_events_are_bounded_too() {
        let mut entered = Entered::default();
        let data = vec![0; 60_000];
        for tid in 0..5_000 {
            entered.store(tid, EventType(4), &[60_000], &data, 1);
        }
        let held: usize = entered.young.values().chain(entered.old.values()).map(|slot| slot.data.capacity()).sum();
        assert!(held <= 2 * (Entered::MOST_BYTES + 65_536), "{held}");
    }
}
