//! What becomes of an event of a given type and number of parameters.
//!
//! The catalogue's conversion rules are applied one after another until the event is current: an `execve` of an old capture
//! takes eleven rounds. All that a chain does is decided by the type and the number of parameters, so every chain is composed
//! once, into a [`Plan`] that says for each parameter of the final event where its bytes come from.

use std::sync::LazyLock;

use falco_catalog::conversion::{self, Action, Fallback, Instruction};
use falco_catalog::{EventType, ParamType};

use crate::error::ErrorKind;

/// No event of the table has more parameters.
pub(crate) const MAX_PARAMS: usize = 32;

/// A chain longer than this is an error of the table.
const MAX_ROUNDS: u32 = 50;

/// Facts about a type that every event needs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Facts {
    /// How many parameters the table names.
    pub(crate) nparams: u8,
    /// What the converter does with the type.
    pub(crate) class: Class,
    /// Whether parameter lengths take four bytes.
    pub(crate) large: bool,
    /// Whether the event needs no conversion when it has all its parameters.
    pub(crate) current: bool,
    /// Whether it is an exit event.
    pub(crate) exit: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// Goes through whatever its parameters.
    Deliver,
    /// Never goes through.
    Drop,
    /// Old, an exit event and without rules: not expected.
    Unmanaged,
    /// Depends on the number of parameters.
    Managed,
}

/// What becomes of an event.
#[derive(Debug)]
pub(crate) struct Plan {
    /// Where it ends.
    pub(crate) verdict: Verdict,
    /// Its final type.
    pub(crate) ty: EventType,
    /// Where the final parameters come from.
    pub(crate) params: Vec<From>,
    /// The type that the thread's stored enter event must have, when the chain uses it.
    pub(crate) enter: Option<EventType>,
    /// Whether the final parameters are the old ones, unchanged, then only empty ones: nothing needs to be copied.
    pub(crate) in_place: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Deliver,
    Drop,
    Store,
    StoreAndPass,
    Fail(Failure),
}

/// Why a chain has no end. `ty` is the type when it got stuck, with its number of parameters there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    Unmanaged { ty: EventType },
    TooMany { ty: EventType, found: u32 },
    Missing { ty: EventType, nparams: u32 },
    Param { ty: EventType, index: u32, found: u32 },
    Loop,
}

impl Failure {
    #[cold]
    pub(crate) fn error(self) -> ErrorKind {
        match self {
            Self::Unmanaged { ty } => ErrorKind::ConvertUnmanaged { ty },
            Self::TooMany { ty, found } => ErrorKind::ConvertTooManyParams {
                ty,
                found,
                most: plans().facts(ty).map_or(0, |f| u32::from(f.nparams)),
            },
            Self::Missing { ty, nparams } => ErrorKind::ConvertMissing { ty, nparams },
            Self::Param { ty, index, found } => ErrorKind::ConvertParam { event: event_name(ty), index, found },
            Self::Loop => ErrorKind::ConvertLoop { rounds: MAX_ROUNDS },
        }
    }
}

/// Where a parameter's bytes come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum From {
    /// A parameter of the event in the file, cut to `most` bytes.
    Old { index: u8, most: u32 },
    /// A parameter of the stored enter event, cut to `most` bytes; `or` when none is stored.
    Enter { index: u8, most: u32, or: Fill },
    /// Constant bytes.
    Fill(Fill),
    /// JSON made of the parameters of an old container event; `or` when they do not give any.
    ContainerJson { or: Fill },
}

/// `len` times `byte`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fill {
    pub(crate) len: u8,
    pub(crate) byte: u8,
}

impl Fill {
    const EMPTY: Self = Self { len: 0, byte: 0 };

    /// The default value of a type: zeros, and "nobody" for users and groups.
    fn default_of(ty: ParamType) -> Self {
        let byte = if matches!(ty, ParamType::Uid | ParamType::Gid) { 0xFF } else { 0 };
        Self { len: fixed_size(ty).unwrap_or(0), byte }
    }

    fn of(fallback: Fallback, ty: ParamType) -> Self {
        match fallback {
            Fallback::Empty => Self::EMPTY,
            Fallback::Default => Self::default_of(ty),
        }
    }
}

impl From {
    fn cut(self, limit: u32) -> Self {
        match self {
            Self::Old { index, most } => Self::Old { index, most: most.min(limit) },
            Self::Enter { index, most, or } => Self::Enter { index, most: most.min(limit), or: or.cut(limit) },
            Self::Fill(fill) => Self::Fill(fill.cut(limit)),
            // Strings fit wherever strings go.
            Self::ContainerJson { or } => Self::ContainerJson { or },
        }
    }
}

impl Fill {
    fn cut(self, limit: u32) -> Self {
        Self { len: self.len.min(u8::try_from(limit).unwrap_or(u8::MAX)), ..self }
    }
}

/// The size of a value of the type, for types whose values all have one size.
pub(crate) fn fixed_size(ty: ParamType) -> Option<u8> {
    use ParamType as T;
    Some(match ty {
        T::Int8 | T::Uint8 | T::Flags8 | T::Enumflags8 | T::Sigtype | T::L4proto | T::Sockfamily => 1,
        T::Int16 | T::Uint16 | T::Flags16 | T::Enumflags16 | T::Syscallid | T::Port => 2,
        T::Int32
        | T::Uint32
        | T::Flags32
        | T::Enumflags32
        | T::Uid
        | T::Gid
        | T::Mode
        | T::Sigset
        | T::Bool
        | T::Ipv4addr
        | T::Fd32
        | T::Pid32 => 4,
        T::Int64 | T::Uint64 | T::Errno | T::Fd | T::Pid | T::Reltime | T::Abstime | T::Double => 8,
        T::Ipv6addr => 16,
        _ => return None,
    })
}

/// The plans of every type and number of parameters.
pub(crate) struct Plans {
    facts: Vec<Facts>,
    /// By type, then number of parameters; empty for types that need no plan.
    plans: Vec<Vec<Plan>>,
}

/// The one table, composed at first use.
pub(crate) fn plans() -> &'static Plans {
    static PLANS: LazyLock<Plans> = LazyLock::new(Plans::compose);
    &PLANS
}

impl Plans {
    /// How many types there are; larger ones come from newer producers.
    #[inline]
    pub(crate) fn facts(&self, ty: EventType) -> Option<Facts> {
        self.facts.get(usize::from(ty.0)).copied()
    }

    /// The plan of a managed type.
    #[inline]
    pub(crate) fn plan(&self, ty: EventType, nparams: usize) -> Option<&Plan> {
        self.plans.get(usize::from(ty.0))?.get(nparams)
    }

    fn compose() -> Self {
        let facts: Vec<Facts> = EventType::all()
            .filter_map(EventType::info)
            .map(|info| {
                let old = info.flags.old_version();
                let class = if info.flags.unused() {
                    Class::Drop
                } else if info.flags.converter_managed() {
                    Class::Managed
                } else if !old {
                    Class::Deliver
                } else if info.is_exit {
                    Class::Unmanaged
                } else {
                    Class::Drop
                };
                Facts {
                    nparams: info.params.len().min(MAX_PARAMS) as u8,
                    class,
                    large: info.flags.large_payload(),
                    current: class == Class::Deliver || (class == Class::Managed && info.is_exit && !old),
                    exit: info.is_exit,
                }
            })
            .collect();
        let plans = EventType::all()
            .zip(&facts)
            .map(|(ty, f)| match f.class {
                Class::Managed => (0..=MAX_PARAMS).map(|n| compose(&facts, ty, n)).collect(),
                _ => Vec::new(),
            })
            .collect();
        Self { facts, plans }
    }
}

fn compose(facts: &[Facts], first: EventType, nparams: usize) -> Plan {
    let mut ty = first;
    let mut params: Vec<From> = (0..nparams).map(|i| From::Old { index: i as u8, most: u32::MAX }).collect();
    let mut enter = None;
    let mut rounds = 0;
    let verdict = loop {
        if rounds == MAX_ROUNDS {
            break Verdict::Fail(Failure::Loop);
        }
        rounds += 1;
        let found = params.len() as u32;
        let Some(f) = facts.get(usize::from(ty.0)) else { break Verdict::Fail(Failure::Unmanaged { ty }) };
        match f.class {
            Class::Deliver => break Verdict::Deliver,
            Class::Drop => break Verdict::Drop,
            Class::Unmanaged => break Verdict::Fail(Failure::Unmanaged { ty }),
            Class::Managed if f.exit && found > u32::from(f.nparams) => {
                break Verdict::Fail(Failure::TooMany { ty, found });
            }
            Class::Managed if f.current && found == u32::from(f.nparams) => break Verdict::Deliver,
            Class::Managed => {}
        }
        let rule = conversion::rule(ty, params.len());
        let Some(rule) = rule else { break Verdict::Fail(Failure::Missing { ty, nparams: found }) };
        let (target, instructions, mut next) = match rule.action {
            Action::Store => break Verdict::Store,
            Action::StoreAndPass => break Verdict::StoreAndPass,
            Action::Pass => break Verdict::Deliver,
            Action::AddParams(instructions) => (ty, instructions, params.clone()),
            Action::ChangeType(target, instructions) => (target, instructions, Vec::new()),
        };
        match step(&params, ty, target, instructions, &mut enter, &mut next) {
            Ok(()) => {}
            Err(failure) => break Verdict::Fail(failure),
        }
        (ty, params) = (target, next);
    };
    let unchanged = params.iter().take(nparams).enumerate();
    let in_place = params.len() >= nparams
        && unchanged.into_iter().all(
            |(i, p)| matches!(*p, From::Old { index, most } if usize::from(index) == i && most >= u32::from(u16::MAX)),
        )
        && params[nparams.min(params.len())..].iter().all(|p| *p == From::Fill(Fill::EMPTY));
    Plan { verdict, ty, params, enter, in_place }
}

/// One round: appends to `next` what the instructions say.
fn step(
    params: &[From],
    ty: EventType,
    target: EventType,
    instructions: &[Instruction],
    enter: &mut Option<EventType>,
    next: &mut Vec<From>,
) -> Result<(), Failure> {
    let table = target.info().map_or(&[][..], |info| info.params);
    let mut used = false;
    for instruction in instructions {
        let dest = table.get(next.len()).map_or(ParamType::None, |p| p.ty);
        let most = fixed_size(dest).map_or(u32::from(u16::MAX), u32::from);
        next.push(match *instruction {
            Instruction::Empty => From::Fill(Fill::EMPTY),
            Instruction::Default => From::Fill(Fill::default_of(dest)),
            Instruction::Old(index) => match params.get(usize::from(index)) {
                Some(from) => from.cut(most),
                None => return Err(Failure::Param { ty, index: u32::from(index), found: params.len() as u32 }),
            },
            // An earlier round of this chain that used the stored event has cleared it.
            Instruction::Enter { fallback, .. } if enter.is_some() && !used => From::Fill(Fill::of(fallback, dest)),
            Instruction::Enter { index, fallback } => {
                used = true;
                *enter = Some(EventType(ty.0.saturating_sub(1)));
                From::Enter { index, most, or: Fill::of(fallback, dest) }
            }
            Instruction::ContainerJson { fallback } => From::ContainerJson { or: Fill::of(fallback, dest) },
        });
    }
    Ok(())
}

/// The name that rules use for an event.
pub(crate) fn event_name(ty: EventType) -> &'static str {
    ty.info().map_or("?", |info| info.name)
}
