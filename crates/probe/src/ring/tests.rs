//! Rings that are written as the kernel writes them, in memory of our own.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, FromRawFd};
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicU64, Ordering};

use super::*;

/// A ring of one page, and what the kernel does with it.
struct Kernel {
    file: File,
    end: u64,
}

const SIZE: u64 = 4096;

impl Kernel {
    fn new() -> Self {
        // SAFETY: makes a descriptor, which is nobody else's.
        let file = unsafe { File::from_raw_fd(libc::memfd_create(c"ring".as_ptr(), libc::MFD_CLOEXEC)) };
        file.set_len(2 * page() as u64 + 2 * SIZE).unwrap();
        Self { file, end: 0 }
    }

    fn open(&self) -> Ring {
        Ring::open(self.file.as_fd(), SIZE as u32).unwrap()
    }

    fn read(&self, at: u64) -> u64 {
        let mut bytes = [0; 8];
        self.file.read_exact_at(&mut bytes, at).unwrap();
        u64::from_ne_bytes(bytes)
    }

    /// The data are there twice, one behind the other: a record that goes over the end of the first goes on in the second, and at the
    /// beginning of the first.
    fn put(&self, at: u64, bytes: &[u8]) {
        let (data, at) = (2 * page() as u64, at % SIZE);
        let until = |end: u64| bytes.len().min((end - at) as usize);
        self.file.write_all_at(&bytes[..until(2 * SIZE)], data + at).unwrap();
        self.file.write_all_at(&bytes[..until(SIZE)], data + SIZE + at).unwrap();
        self.file.write_all_at(&bytes[until(SIZE)..], data).unwrap();
    }

    /// Writes a record, its length with `bits`; false when there is no room.
    fn write(&mut self, record: &[u8], bits: u32) -> bool {
        let len = (record.len() as u64 + 8).next_multiple_of(8);
        if self.end + len - self.read(0) > SIZE {
            return false;
        }
        self.put(self.end + 8, record);
        self.put(self.end, &(record.len() as u32 | bits).to_ne_bytes());
        self.end += len;
        self.file.write_all_at(&self.end.to_ne_bytes(), page() as u64).unwrap();
        true
    }
}

/// A record with this time, as the merger looks for it.
fn event(ts: u64, len: usize) -> Vec<u8> {
    let mut record = vec![0, 0];
    record.extend_from_slice(&ts.to_ne_bytes());
    record.resize(len.max(10), ts as u8);
    record
}

#[test]
fn what_is_written_is_read_round_and_round() {
    let mut kernel = Kernel::new();
    let mut ring = kernel.open();
    assert_eq!(ring.peek(), Peek::Empty);
    let mut waiting = std::collections::VecDeque::new();
    let (mut full, mut read) = (0, 0);
    // Lengths and the moments of reading of a simple generator; every place of the ring becomes a beginning.
    let mut seed = 7u64;
    for n in 0..20_000u64 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let record = vec![n as u8; (seed >> 40) as usize % 300];
        match kernel.write(&record, 0) {
            true => waiting.push_back(record),
            false => full += 1,
        }
        if n % 5 == 0 {
            assert!(kernel.write(b"nobody wants this", DISCARDED) || waiting.len() > 5, "{n}");
        }
        for _ in 0..(seed >> 33) % 3 {
            let Some(expected) = waiting.pop_front() else { break };
            assert_eq!(ring.peek(), Peek::Record(expected.len()));
            assert_eq!(ring.record(expected.len()).unwrap(), expected);
            ring.pass(expected.len());
            read += 1;
        }
    }
    assert!(full > 100 && read > 10_000, "{full} {read}");
}

#[test]
fn a_record_that_is_not_ready_is_waited_for() {
    let mut kernel = Kernel::new();
    let mut ring = kernel.open();
    kernel.write(b"first", 0);
    let at = kernel.end;
    kernel.write(b"second", BUSY);
    kernel.write(b"third", 0);
    assert_eq!(ring.peek(), Peek::Record(5));
    ring.pass(5);
    assert_eq!(ring.peek(), Peek::Busy);
    kernel.put(at, &6u32.to_ne_bytes());
    assert_eq!(ring.peek(), Peek::Record(6));
    assert_eq!(ring.record(6).unwrap(), b"second");
}

#[test]
fn lengths_beyond_the_ring_are_no_records() {
    let mut kernel = Kernel::new();
    let mut ring = kernel.open();
    kernel.write(b"x", 0);
    kernel.put(0, &0x3fff_ffffu32.to_ne_bytes());
    let Peek::Record(len) = ring.peek() else { panic!() };
    assert_eq!(ring.record(len), None);
    assert_eq!(Ring::open(kernel.file.as_fd(), 5000).unwrap_err().kind(), io::ErrorKind::InvalidInput);
}

fn times(rings: &mut Rings, now: u64) -> Vec<u64> {
    let mut times = Vec::new();
    while rings.next(|| now) == Next::Record {
        times.push(u64::from_ne_bytes(*rings.record().unwrap()[2..].first_chunk().unwrap()));
    }
    times
}

#[test]
fn several_rings_are_one_in_order_of_time() {
    const MS: u64 = 1_000_000;
    let mut kernels = [Kernel::new(), Kernel::new(), Kernel::new()];
    let mut rings = Rings::new(kernels.iter().map(Kernel::open).collect());
    for (ring, ts) in [(0, 1), (2, 2), (1, 3), (0, 5), (1, 4)] {
        kernels[ring].write(&event(ts * MS, 40), 0);
    }
    // After 2 the third ring is empty: something older than 3 may still be on its way there.
    assert_eq!(times(&mut rings, 2 * MS), [MS, 2 * MS]);
    assert_eq!(rings.next(|| 2 * MS), Next::Soon);
    kernels[2].write(&event(2 * MS + 1, 10), 0);
    assert_eq!(times(&mut rings, 5 * MS), [2 * MS + 1, 3 * MS], "those that are old enough");
    kernels[2].write(&event(6 * MS, 10), 0);
    assert_eq!(times(&mut rings, 6 * MS), [4 * MS], "and those before which nothing can come");
    assert_eq!(times(&mut rings, u64::MAX), [5 * MS, 6 * MS], "at the end nothing waits");
    assert_eq!((rings.next(|| u64::MAX), rings.late()), (Next::Nothing, 0));
    kernels[0].write(&event(MS, 10), 0);
    assert_eq!((times(&mut rings, u64::MAX), rings.late()), (vec![MS], 1), "late is better than never");
}

#[test]
fn one_ring_waits_for_nothing() {
    let mut kernel = Kernel::new();
    let mut rings = Rings::new(vec![kernel.open()]);
    for ts in [5, 4, 6] {
        kernel.write(&event(ts, 20), 0);
    }
    assert_eq!(times(&mut rings, 0), [5, 4, 6]);
    assert_eq!(rings.late(), 0);
}

#[test]
fn numbers_outside_a_mapping_are_not_there() {
    let kernel = Kernel::new();
    let mapping = Mapping::new(kernel.file.as_fd(), 0, page(), false).unwrap();
    assert!(mapping.atomic_u64(page() - 8).is_some());
    assert!(mapping.atomic_u64(page() - 7).is_none() && mapping.atomic_u64(usize::MAX - 7).is_none());
    assert!(mapping.atomic_u32(page()).is_none());
    assert!(!mapping.write(0, b"not writable"));
    let writable = Mapping::new(kernel.file.as_fd(), 0, page(), true).unwrap();
    assert!(writable.write(8, &7u64.to_ne_bytes()) && !writable.write(page() - 1, b"ab"));
    assert_eq!(mapping.atomic_u64(8).map(|n: &AtomicU64| n.load(Ordering::Relaxed)), Some(7));
}
