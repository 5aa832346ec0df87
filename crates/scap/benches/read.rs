//! How fast captures are read and written, in events a second.

#![allow(clippy::unwrap_used, clippy::print_stderr, missing_docs)]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use falco_catalog::event;
use falco_scap::builder::{self, Params};
use falco_scap::params::Socktuple;
use falco_scap::{Compression, EventBuf, Item, Options, Reader, Writer, params};

const EVENTS: u64 = 200_000;

/// The system calls of a busy server: files read and written, a connection now and then, spread over threads. `old` writes them
/// as captures had them before enter events were dropped: enter and exit, with the arguments on the enter side.
fn capture(old: bool, compression: Compression) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new(), compression).unwrap();
    let mut buf = EventBuf::default();
    let mut put = |i: u64, ty, params: Params| {
        let tid = 1000 + (i / 8 % 64) as i64;
        builder::encode(&mut buf, 1_700_000_000_000_000_000 + i * 731, tid, (i % 4) as u16, ty, 0, &params).unwrap();
        writer.event(&buf.event()).unwrap();
    };
    // Half of what is read and written is noise, so that compression has something to do.
    let mut noise = 1u64;
    let mut data = || {
        let mut data = [b'A'; 80];
        for chunk in data.chunks_mut(16) {
            noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            chunk[..8].copy_from_slice(&noise.to_be_bytes());
        }
        data
    };
    let (sip, dip) = ([10, 0, 0, 1].into(), [10, 0, 0, 2].into());
    let tuple = Socktuple::V4 { sip, sport: 40_000, dip, dport: 443 };
    let step = if old { 2 } else { 1 };
    let mut i = 0;
    while i < EVENTS {
        match (i / step % 8, old) {
            (0, _) => put(
                i,
                event::SYSCALL_OPENAT_2_X,
                params! { fd = 7, dirfd = -100, name = "/usr/lib/x86_64-linux-gnu/libc.so.6", flags = 1, mode = 0, dev = 8, ino = 99 },
            ),
            (7, false) => put(i, event::SYSCALL_CLOSE_X, params![0, 7]),
            (7, true) => {
                put(i, event::SYSCALL_CLOSE_E, params![7]);
                put(i, event::SYSCALL_CLOSE_X, params![0]);
            }
            (3, false) => put(i, event::SOCKET_SENDTO_X, params![80, &data(), 7, 80, tuple]),
            (3, true) => {
                put(i, event::SOCKET_SENDTO_E, params![7, 80, tuple]);
                put(i, event::SOCKET_SENDTO_X, params![80, &data()]);
            }
            (k, false) if k % 2 == 0 => put(i, event::SYSCALL_WRITE_X, params![80, &data(), 7, 80]),
            (k, true) if k % 2 == 0 => {
                put(i, event::SYSCALL_WRITE_E, params![7, 80]);
                put(i, event::SYSCALL_WRITE_X, params![80, &data()]);
            }
            (_, false) => put(i, event::SYSCALL_READ_X, params![80, &data(), 7, 80]),
            (_, true) => {
                put(i, event::SYSCALL_READ_E, params![7, 80]);
                put(i, event::SYSCALL_READ_X, params![80, &data()]);
            }
        }
        i += step;
    }
    writer.finish().unwrap()
}

fn drain(mut reader: Reader<'_>) -> u64 {
    let mut sum = 0;
    while let Some(item) = reader.next().unwrap() {
        if let Item::Event(event) = item {
            sum += event.ts ^ event.param(0).map_or(0, |p| p.len() as u64);
        }
    }
    black_box(sum);
    reader.raw_events()
}

fn reading(c: &mut Criterion) {
    let mut group = c.benchmark_group("read");
    group.sample_size(20);
    for (name, old) in [("current", false), ("with enter events", true)] {
        let plain = capture(old, Compression::None);
        let gzip = capture(old, Compression::Gzip);
        let events = drain(Reader::from_bytes(&plain));
        assert!(events >= EVENTS / 2);
        group.throughput(Throughput::Elements(events));
        group.bench_with_input(BenchmarkId::new("memory", name), &plain, |b, bytes| {
            b.iter(|| drain(Reader::from_bytes(bytes)));
        });
        group.bench_with_input(BenchmarkId::new("stream", name), &plain, |b, bytes| {
            b.iter(|| drain(Reader::new(&bytes[..])));
        });
        group.bench_with_input(BenchmarkId::new("gzip", name), &gzip, |b, bytes| {
            b.iter(|| drain(Reader::from_bytes(bytes)));
        });
    }
    let old = capture(true, Compression::None);
    group.throughput(Throughput::Elements(drain(Reader::from_bytes(&old))));
    group.bench_function("memory, not converted/with enter events", |b| {
        let raw = Options { convert: false, ..Options::default() };
        b.iter(|| drain(Reader::from_bytes(&old).with_options(raw)));
    });
    group.finish();
}

/// The peer's own measure: the events of a real capture, of the first file version and full of enter events, many times over.
fn sample(c: &mut Criterion) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/captures/curl_google.scap");
    let Ok(gzip) = std::fs::read(path) else {
        eprintln!("skipped: ../shared is not here (sample)");
        return;
    };
    let mut plain = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::MultiGzDecoder::new(&gzip[..]), &mut plain).unwrap();
    let mut reader = Reader::from_bytes(&plain);
    reader.next_event_only().unwrap();
    let first = reader.raw().offset as usize;
    drop(reader);
    let events = plain.split_off(first);
    for _ in 0..100 {
        plain.extend(&events);
    }
    let lenient = Options { lenient_enter: true, ..Options::default() };
    let count = drain(Reader::from_bytes(&plain).with_options(lenient));
    assert_eq!(count, 153_600);
    let mut group = c.benchmark_group("curl_google, 100 times");
    group.sample_size(20);
    group.throughput(Throughput::Elements(count));
    group.bench_function("memory", |b| b.iter(|| drain(Reader::from_bytes(&plain).with_options(lenient))));
    group.bench_function("stream", |b| b.iter(|| drain(Reader::new(&plain[..]).with_options(lenient))));
    group.finish();
}

fn writing(c: &mut Criterion) {
    let plain = capture(false, Compression::None);
    let mut group = c.benchmark_group("write");
    group.sample_size(10);
    group.throughput(Throughput::Elements(EVENTS));
    for (name, compression) in [("plain", Compression::None), ("gzip", Compression::Gzip)] {
        group.bench_function(name, |b| {
            b.iter(|| {
                let mut reader = Reader::from_bytes(&plain);
                let mut writer = Writer::new(std::io::sink(), compression).unwrap();
                while let Some(event) = reader.next_event_only().unwrap() {
                    writer.event(&event).unwrap();
                }
                writer.events()
            });
        });
    }
    group.finish();
}

criterion_group!(benches, reading, sample, writing);
criterion_main!(benches);
