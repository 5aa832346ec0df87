//! What the process that reads rules and the one that has the privilege say to each other.
//!
//! Messages on a socket that keeps their bounds. Each begins with the version and a kind; numbers are little-endian; nothing follows the
//! last part. docs/security.md has the table. The privileged side takes three kinds, the largest of which has 77 bytes; nothing in them names a
//! file or a program.

use falco_catalog::{EventSet, EventType};

use crate::kernel::Layout;
use crate::{Rings, Scope, Settings};

/// Both sides are one program: another version means that the file was replaced meanwhile.
pub const VERSION: u8 = 1;
/// Bytes of a message at most.
pub const MOST_BYTES: usize = 4096;
/// Descriptors of a message at most: the rings, where is counted, the picture of the machine.
pub const MOST_FDS: usize = Rings::MOST as usize + 2;
/// Bytes of a text; longer ones are cut.
const MOST_TEXT: usize = 2048;
/// Bits for all events.
const EVENT_BYTES: usize = EventType::COUNT.div_ceil(8);

/// From the one who reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// The first message, once: load the programs for this.
    Open(Opening),
    /// From now on these events.
    Events(EventSet),
    /// What does this process have open?
    Descriptors(i64),
}

/// What the reader may choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// The events of interest.
    pub events: EventSet,
    /// Whose events.
    pub scope: Scope,
    /// Bytes of data.
    pub snaplen: u32,
    /// The size of a ring.
    pub ring_bytes: u32,
    /// How many rings.
    pub rings: Rings,
}

/// From the privileged one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// Everything is attached, and the command is started. Brings the rings' descriptors, the counters', and a capture's head.
    Opened {
        /// What the descriptors lead to.
        layout: Layout,
        /// Whether paths are read when calls begin.
        early: bool,
    },
    /// It cannot be done; nothing follows.
    Failed(Failure),
    /// What the process has open comes along as a capture's block; `false` when it is not there.
    Descriptors(i64, bool),
    /// The command ended, with this status as `wait` has it.
    Ended(i32),
}

/// Why it cannot be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The command cannot be started; the system's number for why.
    Command(i32),
    /// Anything else, for people.
    Other(String),
}

/// A message that is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a message that makes no sense")]
pub struct BadMessage;

const OPEN: u8 = 1;
const EVENTS: u8 = 2;
const DESCRIPTORS: u8 = 3;
const OPENED: u8 = 0x81;
const FAILED: u8 = 0x82;
const LIST: u8 = 0x83;
const ENDED: u8 = 0x84;

struct Encoder(Vec<u8>);

impl Encoder {
    fn new(kind: u8) -> Self {
        Self(vec![VERSION, kind])
    }

    fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    fn u8(self, n: u8) -> Self {
        self.bytes(&[n])
    }

    fn u32(self, n: u32) -> Self {
        self.bytes(&n.to_le_bytes())
    }

    fn u64(self, n: u64) -> Self {
        self.bytes(&n.to_le_bytes())
    }

    fn events(mut self, events: &EventSet) -> Self {
        let mut bits = [0u8; EVENT_BYTES];
        for event in events.iter() {
            if let Some(byte) = bits.get_mut(usize::from(event.0) / 8) {
                *byte |= 1 << (event.0 % 8);
            }
        }
        self.0.extend_from_slice(&bits);
        self
    }
}

struct Decoder<'a>(&'a [u8]);

impl Decoder<'_> {
    fn array<const N: usize>(&mut self) -> Result<[u8; N], BadMessage> {
        let (first, rest) = self.0.split_first_chunk().ok_or(BadMessage)?;
        self.0 = rest;
        Ok(*first)
    }

    fn u8(&mut self) -> Result<u8, BadMessage> {
        self.array().map(|[byte]| byte)
    }

    fn bool(&mut self) -> Result<bool, BadMessage> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(BadMessage),
        }
    }

    fn u32(&mut self) -> Result<u32, BadMessage> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Result<u64, BadMessage> {
        self.array().map(u64::from_le_bytes)
    }

    fn i64(&mut self) -> Result<i64, BadMessage> {
        self.array().map(i64::from_le_bytes)
    }

    fn i32(&mut self) -> Result<i32, BadMessage> {
        self.array().map(i32::from_le_bytes)
    }

    fn at_most(&mut self, most: u32) -> Result<u32, BadMessage> {
        self.u32().and_then(|n| if n <= most { Ok(n) } else { Err(BadMessage) })
    }

    fn events(&mut self) -> Result<EventSet, BadMessage> {
        let bits: [u8; EVENT_BYTES] = self.array()?;
        let mut events = EventSet::EMPTY;
        for (at, byte) in (0u16..).step_by(8).zip(bits) {
            for bit in (0..8).filter(|bit| byte & 1 << bit != 0) {
                let event = EventType(at + bit);
                if usize::from(event.0) >= EventType::COUNT {
                    return Err(BadMessage);
                }
                events.insert(event);
            }
        }
        Ok(events)
    }

    fn scope(&mut self) -> Result<Scope, BadMessage> {
        match (self.u8()?, self.u32()?) {
            (0, 0) => Ok(Scope::Machine),
            (1, 0) => Ok(Scope::Started),
            (2, pid) => Ok(Scope::Process(pid)),
            _ => Err(BadMessage),
        }
    }

    fn rings(&mut self) -> Result<Rings, BadMessage> {
        match (self.u8()?, self.at_most(Rings::MOST)?) {
            (0, 0) => Ok(Rings::One),
            (1, 0) => Ok(Rings::PerCpu),
            (2, count) => Ok(Rings::PerProcess(count)),
            _ => Err(BadMessage),
        }
    }

    /// Nothing may follow.
    fn end<T>(self, message: T) -> Result<T, BadMessage> {
        if self.0.is_empty() { Ok(message) } else { Err(BadMessage) }
    }
}

fn decoder(bytes: &[u8]) -> Result<(u8, Decoder<'_>), BadMessage> {
    match bytes {
        [VERSION, kind, rest @ ..] => Ok((*kind, Decoder(rest))),
        _ => Err(BadMessage),
    }
}

impl Opening {
    /// What of the settings the other side must know.
    pub fn of(settings: &Settings) -> Self {
        let most = Rings::MOST;
        Self {
            events: settings.events.clone(),
            scope: settings.scope,
            snaplen: settings.snaplen.min(Settings::MOST_SNAPLEN),
            ring_bytes: settings.real_ring_bytes(),
            rings: match settings.rings {
                Rings::PerProcess(count) => Rings::PerProcess(count.min(most)),
                rings => rings,
            },
        }
    }

    /// The same for the loader.
    pub fn settings(&self) -> Settings {
        let Self { events, scope, snaplen, ring_bytes, rings } = self.clone();
        Settings { events, scope, snaplen, ring_bytes, rings, ..Settings::default() }
    }
}

impl Request {
    /// As it is sent.
    pub fn encode(&self) -> Vec<u8> {
        let message = match self {
            Self::Open(Opening { events, scope, snaplen, ring_bytes, rings }) => {
                let (scope, pid) = match scope {
                    Scope::Machine => (0, 0),
                    Scope::Started => (1, 0),
                    Scope::Process(pid) => (2, *pid),
                };
                let (rings, count) = match rings {
                    Rings::One => (0, 0),
                    Rings::PerCpu => (1, 0),
                    Rings::PerProcess(count) => (2, *count),
                };
                let message = Encoder::new(OPEN).events(events).u8(scope).u32(pid);
                message.u32(*snaplen).u32(*ring_bytes).u8(rings).u32(count)
            }
            Self::Events(events) => Encoder::new(EVENTS).events(events),
            Self::Descriptors(tid) => Encoder::new(DESCRIPTORS).u64(*tid as u64),
        };
        message.0
    }

    /// Reads one.
    pub fn decode(bytes: &[u8]) -> Result<Self, BadMessage> {
        let (kind, mut from) = decoder(bytes)?;
        let request = match kind {
            OPEN => Self::Open(Opening {
                events: from.events()?,
                scope: from.scope()?,
                snaplen: from.at_most(Settings::MOST_SNAPLEN)?,
                ring_bytes: from.at_most(Settings::MOST_RING_BYTES)?,
                rings: from.rings()?,
            }),
            EVENTS => Self::Events(from.events()?),
            DESCRIPTORS => Self::Descriptors(from.i64()?),
            _ => return Err(BadMessage),
        };
        from.end(request)
    }
}

impl Reply {
    /// As it is sent.
    pub fn encode(&self) -> Vec<u8> {
        let message = match self {
            Self::Opened { layout: Layout { ring_bytes, processors, boot_epoch }, early } => {
                Encoder::new(OPENED).u32(*ring_bytes).u32(*processors).u64(*boot_epoch).u8(u8::from(*early))
            }
            Self::Failed(Failure::Command(number)) => Encoder::new(FAILED).u8(1).u32(*number as u32),
            Self::Failed(Failure::Other(text)) => {
                let end = text.floor_char_boundary(MOST_TEXT);
                Encoder::new(FAILED).u8(0).bytes(text.get(..end).unwrap_or_default().as_bytes())
            }
            Self::Descriptors(tid, there) => Encoder::new(LIST).u64(*tid as u64).u8(u8::from(*there)),
            Self::Ended(status) => Encoder::new(ENDED).u32(*status as u32),
        };
        message.0
    }

    /// Reads one.
    pub fn decode(bytes: &[u8]) -> Result<Self, BadMessage> {
        let (kind, mut from) = decoder(bytes)?;
        let reply = match kind {
            OPENED => {
                let layout = Layout {
                    ring_bytes: from.at_most(Settings::MOST_RING_BYTES)?,
                    processors: from.u32()?,
                    boot_epoch: from.u64()?,
                };
                Self::Opened { layout, early: from.bool()? }
            }
            FAILED => match from.u8()? {
                1 => Self::Failed(Failure::Command(from.i32()?)),
                0 => {
                    let text = String::from_utf8(std::mem::take(&mut from.0).to_vec()).map_err(|_| BadMessage)?;
                    Self::Failed(Failure::Other(text))
                }
                _ => return Err(BadMessage),
            },
            LIST => Self::Descriptors(from.i64()?, from.bool()?),
            ENDED => Self::Ended(from.i32()?),
            _ => return Err(BadMessage),
        };
        from.end(reply)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn requests() -> impl Strategy<Value = Request> {
        let events = prop::collection::vec(0..EventType::COUNT as u16, 0..40).prop_map(|codes| {
            let mut set = EventSet::EMPTY;
            codes.into_iter().for_each(|code| {
                set.insert(EventType(code));
            });
            set
        });
        let scope = prop_oneof![Just(Scope::Machine), Just(Scope::Started), any::<u32>().prop_map(Scope::Process)];
        let rings = prop_oneof![Just(Rings::One), Just(Rings::PerCpu), (0..=64u32).prop_map(Rings::PerProcess)];
        prop_oneof![
            (events.clone(), scope, 0..=4096u32, 0..=1u32 << 30, rings).prop_map(
                |(events, scope, snaplen, ring_bytes, rings)| {
                    Request::Open(Opening { events, scope, snaplen, ring_bytes, rings })
                }
            ),
            events.prop_map(Request::Events),
            any::<i64>().prop_map(Request::Descriptors),
        ]
    }

    fn replies() -> impl Strategy<Value = Reply> {
        prop_oneof![
            (0..=1u32 << 30, any::<u32>(), any::<u64>(), any::<bool>()).prop_map(
                |(ring_bytes, processors, boot_epoch, early)| Reply::Opened {
                    layout: Layout { ring_bytes, processors, boot_epoch },
                    early
                }
            ),
            any::<i32>().prop_map(|n| Reply::Failed(Failure::Command(n))),
            ".{0,600}".prop_map(|text| Reply::Failed(Failure::Other(text))),
            (any::<i64>(), any::<bool>()).prop_map(|(tid, there)| Reply::Descriptors(tid, there)),
            any::<i32>().prop_map(Reply::Ended),
        ]
    }

    proptest! {
        #[test]
        fn what_is_sent_is_read(request in requests(), reply in replies()) {
            let (one, other) = (request.encode(), reply.encode());
            prop_assert!(one.len() <= MOST_BYTES && other.len() <= MOST_BYTES);
            prop_assert_eq!(Request::decode(&one), Ok(request));
            if reply.encode().len() < MOST_TEXT {
                prop_assert_eq!(Reply::decode(&other), Ok(reply));
            }
        }

        #[test]
        fn any_bytes_are_a_message_or_none(bytes in prop::collection::vec(any::<u8>(), 0..200), kind in 0..8u8) {
            // Half of them with a beginning that is right.
            for kind in [kind, kind | 0x80] {
                let whole = [&[VERSION, kind], &bytes[..]].concat();
                for bytes in [&bytes[..], &whole] {
                    if let Ok(request) = Request::decode(bytes) {
                        prop_assert_eq!(request.encode(), bytes);
                    }
                    if let Ok(reply) = Reply::decode(bytes) {
                        prop_assert_eq!(reply.encode(), bytes);
                    }
                }
            }
        }

        #[test]
        fn a_damaged_message_is_another_or_none(request in requests(), at in any::<prop::sample::Index>(), bit in 0..8u8) {
            let mut bytes = request.encode();
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            if let Ok(other) = Request::decode(&bytes) {
                prop_assert_eq!(other.encode(), bytes);
            }
            prop_assert_eq!(Request::decode(&request.encode()[..at]), Err(BadMessage));
        }
    }

    #[test]
    fn the_largest_request_is_as_the_documentation_says() {
        let all = Request::Open(Opening::of(&Settings { rings: Rings::PerProcess(1000), ..Settings::default() }));
        assert_eq!(all.encode().len(), 77);
        assert_eq!(Request::decode(&all.encode()), Ok(all));
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        let text = "é".repeat(5000);
        let Ok(Reply::Failed(Failure::Other(read))) = Reply::decode(&Reply::Failed(Failure::Other(text)).encode())
        else {
            panic!()
        };
        assert_eq!(read.len(), MOST_TEXT);
    }
}
