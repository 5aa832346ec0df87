//! The converter composes chains of rules in advance. Here the rules are applied one by one, as they are described, to every
//! type with every number of parameters; both must come out the same.

use falco_catalog::conversion::{self, Action, Fallback, Instruction};
use falco_catalog::{EventType, ParamType, event};
use falco_scap::builder::CaptureBuilder;
use falco_scap::{EventBuf, Reader};

#[derive(Debug, Clone, PartialEq)]
struct Made {
    ty: EventType,
    params: Vec<Vec<u8>>,
}

impl Made {
    fn buf(&self, ts: u64) -> EventBuf {
        let mut buf = EventBuf::default();
        buf.begin(ts, 7, 0, self.ty, 0);
        self.params.iter().for_each(|p| buf.push(p));
        buf
    }
}

fn size(ty: ParamType) -> Option<usize> {
    use ParamType as T;
    match ty {
        T::Int8 | T::Uint8 | T::Flags8 | T::Enumflags8 | T::Sigtype | T::L4proto | T::Sockfamily => Some(1),
        T::Int16 | T::Uint16 | T::Flags16 | T::Enumflags16 | T::Syscallid | T::Port => Some(2),
        T::Int64 | T::Uint64 | T::Errno | T::Fd | T::Pid | T::Reltime | T::Abstime | T::Double => Some(8),
        T::Ipv6addr => Some(16),
        T::Charbuf | T::Bytebuf | T::Fspath | T::Fsrelpath | T::Sockaddr | T::Socktuple | T::Fdlist | T::Dyn => None,
        T::Charbufarray | T::CharbufPairArray => None,
        _ => Some(4),
    }
}

fn default(ty: ParamType) -> Vec<u8> {
    let byte = if matches!(ty, ParamType::Uid | ParamType::Gid) { 0xFF } else { 0 };
    vec![byte; size(ty).unwrap_or(0)]
}

fn cut(bytes: &[u8], ty: ParamType) -> Vec<u8> {
    bytes[..bytes.len().min(size(ty).unwrap_or(65_535))].to_vec()
}

/// The rules, one after another. `Ok(None)`: the event is dropped.
fn by_the_book(slot: &mut Option<Made>, mut e: Made) -> Result<Option<Made>, &'static str> {
    for _ in 0..50 {
        let info = e.ty.info().unwrap();
        let (old, table) = (info.flags.old_version(), info.params.len());
        if info.flags.unused() {
            return Ok(None);
        }
        if !info.flags.converter_managed() {
            return if !old {
                Ok(Some(e))
            } else if !info.is_exit {
                Ok(None)
            } else {
                Err("unmanaged")
            };
        }
        if info.is_exit {
            if e.params.len() > table {
                return Err("too many");
            }
            if !old && e.params.len() == table {
                return Ok(Some(e));
            }
        }
        let rule = conversion::rule(e.ty, e.params.len()).ok_or("Required conversion")?;
        let (ty, instructions, mut params) = match rule.action {
            Action::Store => {
                *slot = Some(e);
                return Ok(None);
            }
            Action::StoreAndPass => {
                *slot = Some(e.clone());
                return Ok(Some(e));
            }
            Action::Pass => return Ok(Some(e)),
            Action::AddParams(i) => (e.ty, i, e.params.clone()),
            Action::ChangeType(ty, i) => (ty, i, Vec::new()),
        };
        let mut used = false;
        for instruction in instructions {
            let dest = ty.info().unwrap().params[params.len()].ty;
            let fall = |fallback| match fallback {
                Fallback::Empty => Vec::new(),
                Fallback::Default => default(dest),
            };
            params.push(match *instruction {
                Instruction::Empty => Vec::new(),
                Instruction::Default => default(dest),
                Instruction::Old(i) => cut(e.params.get(usize::from(i)).ok_or("We want to take parameter")?, dest),
                Instruction::Enter { index, fallback } => match &*slot {
                    None => fall(fallback),
                    Some(stored) if stored.ty.0 + 1 != e.ty.0 => return Err("The enter event"),
                    Some(stored) => {
                        used = true;
                        cut(stored.params.get(usize::from(index)).ok_or("We want to take parameter")?, dest)
                    }
                },
                // Its own test says what comes out; here it falls back, the parameters being noise.
                Instruction::ContainerJson { fallback } => fall(fallback),
            });
        }
        if used {
            *slot = None;
        }
        e = Made { ty, params };
    }
    Err("loop")
}

/// Parameters of noise, some empty, some longer than their type.
fn noise(seed: &mut u64, ty: EventType, count: usize) -> Made {
    let mut next = || {
        *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        *seed >> 40
    };
    let params = ty.info().unwrap().params.iter().take(count);
    let params = params
        .map(|p| {
            let len = match next() % 8 {
                0 => 0,
                1 => size(p.ty).unwrap_or(3) + 5,
                _ => size(p.ty).unwrap_or(11),
            };
            (0..len).map(|_| next() as u8).collect()
        })
        .collect();
    Made { ty, params }
}

/// What the reader makes of events, in the same form.
fn by_the_reader(events: &[Made]) -> (Vec<Made>, Option<String>) {
    let mut builder = CaptureBuilder::new();
    for (ts, e) in (0..).zip(events) {
        builder = builder.raw_event(&e.buf(ts).event());
    }
    let bytes = builder.build().unwrap();
    let mut reader = Reader::from_bytes(&bytes);
    let mut out = Vec::new();
    loop {
        match reader.next_event_only() {
            Ok(Some(e)) => out.push(Made { ty: e.ty, params: e.params().map(<[u8]>::to_vec).collect() }),
            Ok(None) => return (out, None),
            Err(e) => return (out, Some(e.kind().to_string())),
        }
    }
}

fn compare(events: &[Made]) {
    let (mut slot, mut want, mut failed) = (None, Vec::new(), None);
    for e in events {
        match by_the_book(&mut slot, e.clone()) {
            Ok(made) => want.extend(made),
            Err(text) => {
                failed = Some(text);
                break;
            }
        }
    }
    let (found, error) = by_the_reader(events);
    let codes: Vec<_> = events.iter().map(|e| (e.ty.info().unwrap().code, e.params.len())).collect();
    assert_eq!(found, want, "{codes:?}");
    match (failed, error) {
        (None, None) => {}
        (Some("unmanaged"), Some(text)) => assert!(text.contains("without a conversion"), "{codes:?}: {text}"),
        (Some(start), Some(text)) => assert!(text.starts_with(start), "{codes:?}: {text}"),
        (failed, error) => panic!("{codes:?}: {failed:?}, {error:?}"),
    }
}

#[test]
fn chains_of_rules_come_out_as_one_by_one() {
    let mut seed = 1;
    let mut rules = 0;
    for ty in EventType::all() {
        let most = ty.info().unwrap().params.len();
        for count in 0..=most {
            rules += usize::from(conversion::rule(ty, count).is_some());
            let event = noise(&mut seed, ty, count);
            // Alone; after its own enter event; twice after it; after another thread's kind of enter event.
            compare(std::slice::from_ref(&event));
            if ty.is_exit() {
                let enter = EventType(ty.0 - 1);
                for enter_count in 0..=enter.info().unwrap().params.len() {
                    let enter = noise(&mut seed, enter, enter_count);
                    compare(&[enter, event.clone(), event.clone()]);
                }
                let stored = noise(&mut seed, event::SYSCALL_FUTEX_E, 3);
                compare(&[stored, event.clone()]);
                let execve = noise(&mut seed, event::SYSCALL_EXECVE_18_E, 1);
                compare(&[execve, event]);
            }
        }
    }
    assert_eq!(rules, conversion::rules().len(), "every rule was tried");
}
