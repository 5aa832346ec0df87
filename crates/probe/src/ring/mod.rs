//! A ring of the kernel's, read through shared memory.
//!
//! A BPF ring is a page with the reader's place, a page with the writers' place, and the data, which are mapped twice in a row so that
//! no record has a seam. A record begins with a word of its length, whose highest bits say that it is still being written or that nobody
//! wants it, and a word for the kernel. Reading takes no system call, and no right beyond having been given the descriptor.

mod mapping;
mod merge;

use std::io;
use std::os::fd::BorrowedFd;
use std::sync::atomic::Ordering;

pub use self::mapping::{Mapping, page};
pub use self::merge::{Next, Rings};

const BUSY: u32 = 1 << 31;
const DISCARDED: u32 = 1 << 30;
/// The two words before each record.
const HEADER: usize = 8;

/// One ring.
#[derive(Debug)]
pub struct Ring {
    consumer: Mapping,
    /// The writers' place, and the data a page later.
    producer: Mapping,
    page: usize,
    size: u64,
    /// Where the next record begins, counted from the ring's beginning of time.
    at: u64,
    /// Up to where the kernel was told that the ring is free.
    released: u64,
    /// Up to where there are records, when last looked.
    end: u64,
}

/// What stands at a ring's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peek {
    /// Nothing.
    Empty,
    /// A record that is not ready yet.
    Busy,
    /// A record of so many bytes.
    Record(usize),
}

impl Ring {
    /// Maps a ring of `bytes` bytes, which must be the ring's real size.
    pub fn open(fd: BorrowedFd<'_>, bytes: u32) -> io::Result<Self> {
        let (page, size) = (page(), bytes as usize);
        if !size.is_power_of_two() || size < page {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "no size of a ring"));
        }
        let consumer = Mapping::new(fd, 0, page, true)?;
        let producer = Mapping::new(fd, page, page + 2 * size, false)?;
        let at = consumer.atomic_u64(0).map_or(0, |place| place.load(Ordering::Acquire));
        Ok(Self { consumer, producer, page, size: size as u64, at, released: at, end: at })
    }

    /// Looks at the next record, past those that nobody wants.
    pub fn peek(&mut self) -> Peek {
        loop {
            if self.at >= self.end {
                self.end = self.producer.atomic_u64(0).map_or(0, |place| place.load(Ordering::Acquire));
                if self.at >= self.end {
                    self.release();
                    return Peek::Empty;
                }
            }
            let word = self.producer.atomic_u32(self.page + self.offset());
            let word = word.map_or(BUSY, |word| word.load(Ordering::Acquire));
            if word & BUSY != 0 {
                self.release();
                return Peek::Busy;
            }
            let len = (word & !DISCARDED) as usize;
            if word & DISCARDED == 0 {
                return Peek::Record(len);
            }
            self.pass(len);
        }
    }

    fn offset(&self) -> usize {
        (self.at & (self.size - 1)) as usize
    }

    /// The record of `len` bytes that [`Self::peek`] saw.
    pub fn record(&self, len: usize) -> Option<&[u8]> {
        let at = self.page + self.offset() + HEADER;
        // SAFETY: the kernel does not touch a finished record until it is released, which takes `&mut self`.
        unsafe { self.producer.bytes(at, len) }
    }

    /// Goes on behind the record of `len` bytes that [`Self::peek`] saw.
    pub fn pass(&mut self, len: usize) {
        self.at += (len + HEADER).next_multiple_of(HEADER) as u64;
        // Each time that this is told costs the writers a look at memory that another processor changed.
        if self.at - self.released >= self.size / 8 {
            self.release();
        }
    }

    fn release(&mut self) {
        if self.released != self.at {
            self.released = self.at;
            if let Some(place) = self.consumer.atomic_u64(0) {
                place.store(self.at, Ordering::Release);
            }
        }
    }
}

#[cfg(test)]
mod tests;
