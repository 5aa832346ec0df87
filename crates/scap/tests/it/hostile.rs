//! Captures that lie: no panic, no unbounded memory, no unbounded time.

use falco_catalog::event;
use falco_scap::builder::CaptureBuilder;
use falco_scap::{Compression, Error, ErrorKind, Item, Limits, Options, ProcessEntry, Reader, Status, params};
use proptest::prelude::*;

use crate::alloc::count;
use crate::shared::{plain, shared, whole_captures};

/// Reads to the end and touches every byte that is given.
fn drain(mut reader: Reader<'_>) -> (u64, Option<Error>) {
    let mut sum = 0u64;
    loop {
        match reader.next() {
            Ok(Some(Item::Event(event))) => {
                for (i, param) in event.params().enumerate() {
                    sum = sum.wrapping_add(param.iter().map(|b| u64::from(*b)).sum());
                    let _ = (event.u32(i), event.i64(i), event.str(i), event.sockaddr(i), event.socktuple(i));
                    let _ =
                        (event.list(i).map(Iterator::count), event.fdlist(i).map(Iterator::count), event.dynamic(i));
                }
            }
            Ok(Some(_)) => {}
            Ok(None) => return (reader.event_number(), None),
            Err(error) => {
                assert!(!error.to_string().is_empty());
                return (reader.event_number(), Some(error));
            }
        }
    }
}

#[derive(Debug, Clone)]
enum Mutation {
    Set { at: prop::sample::Index, value: u8 },
    Word { at: prop::sample::Index, value: u32 },
    Cut { at: prop::sample::Index },
    Insert { at: prop::sample::Index, bytes: Vec<u8> },
    Remove { at: prop::sample::Index, len: usize },
    Swap { from: prop::sample::Index, to: prop::sample::Index, len: usize },
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let at = || any::<prop::sample::Index>();
    let word = prop_oneof![
        any::<u32>(),
        Just(0),
        Just(u32::MAX),
        Just(0x7FFF_FFFF),
        0u32..70,
        0x200u32..0x223,
        Just(0x0A0D_0D0A)
    ];
    prop_oneof![
        1 => (at(), any::<u8>()).prop_map(|(at, value)| Mutation::Set { at, value }),
        4 => (at(), word).prop_map(|(at, value)| Mutation::Word { at, value }),
        1 => at().prop_map(|at| Mutation::Cut { at }),
        1 => (at(), prop::collection::vec(any::<u8>(), 1..40)).prop_map(|(at, bytes)| Mutation::Insert { at, bytes }),
        1 => (at(), 1usize..200).prop_map(|(at, len)| Mutation::Remove { at, len }),
        1 => (at(), at(), 1usize..200).prop_map(|(from, to, len)| Mutation::Swap { from, to, len }),
    ]
}

fn apply(bytes: &mut Vec<u8>, mutation: &Mutation) {
    if bytes.len() < 8 {
        return;
    }
    let len = bytes.len();
    match mutation {
        Mutation::Set { at, value } => bytes[at.index(len)] = *value,
        Mutation::Word { at, value } => {
            // Most words stand at multiples of two.
            let at = at.index(len - 4) & !1;
            bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
        }
        Mutation::Cut { at } => bytes.truncate(at.index(len)),
        Mutation::Insert { at, bytes: new } => {
            let at = at.index(len);
            bytes.splice(at..at, new.iter().copied());
        }
        Mutation::Remove { at, len: n } => {
            let at = at.index(len);
            bytes.drain(at..(at + n).min(len));
        }
        Mutation::Swap { from, to, len: n } => {
            let (from, to) = (from.index(len), to.index(len));
            let n = (*n).min(len - from).min(len - to);
            bytes.copy_within(from..from + n, to);
        }
    }
}

/// What a reader may hold beyond the capture itself: its window, portions of lists, stored events.
const ALLOWANCE: usize = 4 << 20;

fn check(bytes: &[u8], mutations: &[Mutation], convert: bool) {
    let mut bytes = bytes.to_vec();
    mutations.iter().for_each(|m| apply(&mut bytes, m));
    let options = Options { convert, ..Options::default() };
    let size = bytes.len();
    let ((delivered, error), _, peak) = count(|| drain(Reader::from_bytes(&bytes).with_options(options)));
    assert!(peak < 4 * size + ALLOWANCE, "{peak} bytes for a capture of {size}");
    let ((streamed, stream_error), _, peak) = count(|| drain(Reader::new(&bytes[..]).with_options(options)));
    assert!(peak < 4 * size + ALLOWANCE, "{peak} bytes for a capture of {size}");
    // A stream gives what memory gives.
    assert_eq!(delivered, streamed);
    let text = |e: Option<Error>| e.map(|e| e.to_string());
    assert_eq!(text(error), text(stream_error));
}

/// A small capture of our own, so that the property holds without shared files too.
fn own() -> Vec<u8> {
    let mut builder = CaptureBuilder::new();
    for tid in 1..4 {
        let comm = b"comm".to_vec();
        builder = builder.thread(ProcessEntry { tid, pid: tid, comm, ..Default::default() });
    }
    for i in 0..40 {
        builder = builder
            .event(i, 1, event::SYSCALL_CLOSE_E, params![3])
            .event(i, 1, event::SYSCALL_CLOSE_X, params![0])
            .event(i, 2, event::SYSCALL_OPEN_X, params! { fd = 3, name = "/etc/hosts" });
    }
    builder.build().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn damaged_captures_never_panic(mutations in prop::collection::vec(mutation(), 1..6), convert in any::<bool>()) {
        check(&own(), &mutations, convert);
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        check(&bytes, &[], true);
        let mut after_header = own()[..28].to_vec();
        after_header.extend(bytes);
        check(&after_header, &[], true);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn damaged_samples_never_panic(
        which in any::<prop::sample::Index>(),
        mutations in prop::collection::vec(mutation(), 1..8),
        convert in any::<bool>(),
    ) {
        let Some(shared) = shared("damaged_samples_never_panic") else { return Ok(()) };
        let captures = whole_captures(&shared);
        check(&plain(&captures[which.index(captures.len())]), &mutations, convert);
    }

    #[test]
    fn damaged_gzip_never_panics(mutations in prop::collection::vec(mutation(), 1..4)) {
        let mut bytes = CaptureBuilder::new()
            .event(1, 1, event::SYSCALL_CLOSE_X, params![0, 3])
            .event(2, 1, event::SYSCALL_CLOSE_X, params![0, 3])
            .build_with(Compression::Gzip)
            .unwrap();
        mutations.iter().for_each(|m| apply(&mut bytes, m));
        let (_, _, peak) = count(|| drain(Reader::from_bytes(&bytes)));
        prop_assert!(peak < ALLOWANCE, "{}", peak);
    }
}

/// A block that claims `total` bytes after a section header, with nothing behind it.
fn claim(block_type: u32, total: u32, body: &[u8]) -> Vec<u8> {
    let mut bytes = own()[..28].to_vec();
    bytes.extend(block_type.to_le_bytes());
    bytes.extend(total.to_le_bytes());
    bytes.extend(body);
    bytes
}

#[test]
fn claimed_lengths_cost_nothing() {
    let types =
        [0x201, 0x202, 0x203, 0x205, 0x206, 0x215, 0x218, 0x219, 0x220, 0x204, 0x216, 0x217, 0x221, 0x222, 0x999];
    for block_type in types {
        for total in [0, 11, 12, 40, 0x7FFF_FFF0, u32::MAX] {
            for body in [&[][..], &[0; 64], &[0xFF; 64]] {
                let bytes = claim(block_type, total, body);
                for reader in [Reader::from_bytes(&bytes), Reader::new(&bytes[..])] {
                    let ((_, error), _, peak) = count(|| drain(reader));
                    assert!(error.is_some(), "{block_type:x} {total}");
                    assert!(peak < 2 << 20, "{block_type:x} {total}: {peak}");
                }
            }
        }
    }
}

#[test]
fn huge_lists_stop_at_the_limit() {
    // A gzip bomb: users without names, far more than the limit.
    let mut body = Vec::new();
    for _ in 0..3_000_000 {
        body.extend([11, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    }
    let bytes = claim(0x220, u32::MAX, &body);
    let ((_, error), _, peak) = count(|| drain(Reader::new(&bytes[..])));
    assert_eq!(error.unwrap().status(), Status::Limit);
    assert!(peak < 200 << 20, "{peak}");
    // Lists that come in portions have no limit and need none.
    let mut body = 5i64.to_le_bytes().to_vec();
    for _ in 0..2_000_000 {
        body.extend([21, 0, 0, 0]);
        body.extend([0; 17]);
    }
    let bytes = claim(0x218, u32::MAX, &body);
    let ((_, error), _, peak) = count(|| drain(Reader::new(&bytes[..])));
    assert!(matches!(error.unwrap().kind(), ErrorKind::Truncated { .. }));
    assert!(peak < 2 << 20, "{peak}");
}

#[test]
fn large_events_stop_at_the_limit() {
    let bytes = claim(0x221, 1 << 29, &[0; 4096]);
    let (_, error) = drain(Reader::from_bytes(&bytes));
    assert!(matches!(error.unwrap().kind(), ErrorKind::EventTooLarge { .. }));
    let limits = Limits { event_bytes: u32::MAX, ..Limits::default() };
    let options = Options { limits, ..Options::default() };
    let ((_, error), _, peak) = count(|| drain(Reader::new(&bytes[..]).with_options(options)));
    assert!(matches!(error.unwrap().kind(), ErrorKind::Truncated { .. }));
    assert!(peak < 2 << 20, "{peak}");
}

#[test]
fn reading_events_allocates_nothing() {
    let Some(shared) = shared("reading_events_allocates_nothing") else { return };
    for path in whole_captures(&shared) {
        let bytes = plain(&path);
        let mut reader = Reader::from_bytes(&bytes);
        reader.next_event_only().unwrap();
        let first = reader.raw_events();
        // Threads that appear for the first time may need a place for their enter event; nothing else does.
        let (events, calls, _) = count(|| {
            while reader.next_event_only().unwrap().is_some() {}
            reader.raw_events() - first
        });
        let threads = 200;
        assert!(calls <= 3 * threads, "{path:?}: {calls} allocations for {events} events");
        if path.ends_with("workload.scap") {
            assert_eq!(calls, 0, "a capture in the current format needs no conversion");
        }
    }
}
