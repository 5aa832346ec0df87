//! Event blocks: header, parameter lengths, parameters.

use std::ops::Range;

use falco_catalog::{EventType, event};

use crate::block::{EVENT_HEADER_LEN, EVENT_HEADER_V1_LEN, HEADER_LEN, MAX_EVENT_LEN, TRAILER_LEN};
use crate::error::ErrorKind;
use crate::plan::{Facts, MAX_PARAMS};

type Result<T> = std::result::Result<T, ErrorKind>;

/// How an event block is laid out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layout {
    /// 1, or from 2 on with the number of parameters in the header.
    pub(crate) version: u8,
    /// Whether flags follow the processor number.
    pub(crate) flags: bool,
}

/// The fixed part of an event.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Header {
    pub(crate) ts: u64,
    pub(crate) tid: i64,
    pub(crate) cpu: u16,
    pub(crate) flags: u32,
    pub(crate) ty: EventType,
    len: u32,
    /// Absent in version 1.
    nparams: u32,
}

/// Where the parameters are.
#[derive(Debug, Clone)]
pub(crate) struct Params {
    /// How many the file has, which may be more than the table names.
    pub(crate) nparams: u32,
    /// The event's length in the file.
    pub(crate) len: u32,
    /// The parameters' bytes in the block's payload.
    pub(crate) data: Range<usize>,
}

impl Layout {
    /// The processor number and flags.
    fn prefix(self) -> usize {
        if self.flags { 6 } else { 2 }
    }

    fn header_len(self) -> u32 {
        if self.version >= 2 { EVENT_HEADER_LEN } else { EVENT_HEADER_V1_LEN }
    }

    /// What is known before the block is read.
    #[inline]
    pub(crate) fn check_total(self, total: u32, large: bool, most: u32) -> Result<()> {
        if total < HEADER_LEN + self.header_len() + TRAILER_LEN {
            return Err(ErrorKind::BlockTooShort { found: total });
        }
        let body = total - HEADER_LEN;
        if !large && body > MAX_EVENT_LEN {
            return Err(ErrorKind::BlockTooLong { found: body, most: MAX_EVENT_LEN });
        }
        if total > most {
            return Err(ErrorKind::EventTooLarge { found: total, most });
        }
        Ok(())
    }

    /// Reads the header from a block's payload, which is everything but the frame.
    #[inline]
    pub(crate) fn header(self, payload: &[u8]) -> Result<Header> {
        let event = payload.get(self.prefix()..).unwrap_or_default();
        // Fixed arrays, so that the compiler sees that no read is out of bounds.
        let (fixed, nparams) = if self.version >= 2 {
            let Some(bytes) = event.first_chunk::<{ EVENT_HEADER_LEN as usize }>() else {
                return Err(ErrorKind::EventHeader { available: event.len() as u32, needed: EVENT_HEADER_LEN });
            };
            let Some(fixed) = bytes.first_chunk::<{ EVENT_HEADER_V1_LEN as usize }>() else {
                return Err(ErrorKind::EventHeader { available: event.len() as u32, needed: EVENT_HEADER_LEN });
            };
            (fixed, u32_at(bytes, 22))
        } else {
            let Some(fixed) = event.first_chunk::<{ EVENT_HEADER_V1_LEN as usize }>() else {
                return Err(ErrorKind::EventHeader { available: event.len() as u32, needed: EVENT_HEADER_V1_LEN });
            };
            (fixed, 0)
        };
        Ok(Header {
            ts: u64_at(fixed, 0),
            tid: u64_at(fixed, 8).cast_signed(),
            cpu: u16_at(payload, 0),
            flags: if self.flags { u32_at(payload, 2) } else { 0 },
            len: u32_at(fixed, 16),
            ty: EventType(u16_at(fixed, 20)),
            nparams,
        })
    }

    /// Finds the parameters. `ends` gets the end of each one that the table names, relative to the data.
    #[inline]
    pub(crate) fn params(
        self,
        payload: &[u8],
        header: &Header,
        facts: Facts,
        ends: &mut [u32; MAX_PARAMS],
    ) -> Result<Params> {
        let prefix = self.prefix();
        let event = payload.get(prefix..).unwrap_or_default();
        let (nparams, lengths, data, len) =
            if self.version >= 2 { v2_params(event, header, facts)? } else { v1_params(event, prefix, header, facts)? };
        let room = len - data;
        let lengths = event.get(lengths as usize..data as usize).unwrap_or_default();
        let end = if facts.large && self.version >= 2 {
            add_up(lengths.as_chunks::<4>().0.iter().map(|size| u32::from_le_bytes(*size)), room, len, ends)?
        } else {
            add_up(lengths.as_chunks::<2>().0.iter().map(|size| u32::from(u16::from_le_bytes(*size))), room, len, ends)?
        };
        let start = prefix + data as usize;
        Ok(Params { nparams, len: header.len, data: start..start + end as usize })
    }
}

/// Adds lengths up, noting where each of the first parameters ends; they must not pass `room`.
#[inline]
fn add_up(
    lengths: impl Iterator<Item = u32> + Clone,
    room: u32,
    len: u32,
    ends: &mut [u32; MAX_PARAMS],
) -> Result<u32> {
    // Sums only grow, so it is enough to look at the last one; 64 bits hold any sum of as many lengths as fit in a block.
    let mut end = 0u64;
    let mut rest = lengths.clone();
    for (slot, size) in ends.iter_mut().zip(rest.by_ref()) {
        end += u64::from(size);
        *slot = end as u32;
    }
    // The slots come first in the `zip`: when they run out no length has been taken for nothing.
    if end <= u64::from(room) && rest.next().is_none() {
        return Ok(end as u32);
    }
    add_up_long(lengths, room, len)
}

/// The rare cases: more parameters than the table can have, or a length that lies.
#[cold]
fn add_up_long(lengths: impl Iterator<Item = u32>, room: u32, len: u32) -> Result<u32> {
    let mut end = 0u64;
    for (index, param_len) in (0..).zip(lengths) {
        end += u64::from(param_len);
        if end > u64::from(room) {
            return Err(ErrorKind::EventParamLen { index, param_len, len });
        }
    }
    Ok(end as u32)
}

/// Number of parameters, offset of the lengths, offset of the data, end: all within `event`.
#[inline]
fn v2_params(event: &[u8], header: &Header, facts: Facts) -> Result<(u32, u32, u32, u32)> {
    let Header { len, nparams, .. } = *header;
    let available = event.len() as u32;
    if len < EVENT_HEADER_LEN {
        return Err(ErrorKind::EventLenSmall { len });
    }
    if len > available {
        return Err(ErrorKind::EventLenLarge { len, available });
    }
    let size = if facts.large { 4 } else { 2 };
    let data = u64::from(EVENT_HEADER_LEN) + u64::from(nparams) * size;
    if data > u64::from(len) {
        return Err(ErrorKind::EventParams { nparams, len });
    }
    Ok((nparams, EVENT_HEADER_LEN, data as u32, len))
}

/// Old headers do not say how many parameters there are: it is the number, from the table's down, with which the lengths come
/// out exactly at the event's end.
fn v1_params(event: &[u8], prefix: usize, header: &Header, facts: Facts) -> Result<(u32, u32, u32, u32)> {
    // All that is read of the block goes into one buffer, and the header grows by four bytes there.
    let grown = (prefix + event.len()) as u32 + TRAILER_LEN + 4;
    if grown > MAX_EVENT_LEN {
        return Err(ErrorKind::V1TooLong { found: grown, most: MAX_EVENT_LEN });
    }
    // Old writers stored these two wrong.
    let excess = if matches!(header.ty, event::NOTIFICATION_E | event::INFRASTRUCTURE_EVENT_E) { 3 } else { 0 };
    let end = header.len.saturating_sub(excess);
    for nparams in (0..=u32::from(facts.nparams)).rev() {
        let data = EVENT_HEADER_V1_LEN + 2 * nparams;
        if data > end {
            continue;
        }
        let Some(lengths) = event.get(EVENT_HEADER_V1_LEN as usize..data as usize) else {
            return Err(ErrorKind::V1Params);
        };
        let sizes: u32 = lengths.as_chunks::<2>().0.iter().map(|size| u32::from(u16::from_le_bytes(*size))).sum();
        match (data + sizes).cmp(&end) {
            std::cmp::Ordering::Greater => {}
            std::cmp::Ordering::Equal if end as usize <= event.len() => {
                return Ok((nparams, EVENT_HEADER_V1_LEN, data, end));
            }
            _ => return Err(ErrorKind::V1Params),
        }
    }
    Err(ErrorKind::V1ParamsNone)
}

/// Reads a number; 0 past the end. Callers have checked the length.
#[inline]
pub(crate) fn u16_at(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |b| u16::from_le_bytes(*b))
}

/// Reads a number; 0 past the end. Callers have checked the length.
#[inline]
pub(crate) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |b| u32::from_le_bytes(*b))
}

/// Reads a number; 0 past the end. Callers have checked the length.
#[inline]
pub(crate) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |b| u64::from_le_bytes(*b))
}
