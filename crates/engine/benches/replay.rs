//! How fast a capture is replayed, in delivered events a second: reading, state, rules.
//!
//! The input is Falco's sample capture with its events many times over; without ../shared there is nothing to measure.

#![allow(clippy::unwrap_used, clippy::print_stderr, missing_docs)]

use std::fs;
use std::hint::black_box;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use falco_catalog::Catalog;
use falco_compiler::{Options, SourceFile, compile};
use falco_engine::eval::{Evaluator, Matching};
use falco_engine::inspector::Inspector;
use falco_scap::{Advance, Options as ReadOptions, Reader};

const REPEATS: usize = 100;
const EVENT_BLOCKS: [u32; 2] = [0x204, 0x216];

/// A capture's metadata once and its events many times, uncompressed.
fn repeated(path: &Path) -> Vec<u8> {
    let mut plain = Vec::new();
    flate2::read::MultiGzDecoder::new(fs::File::open(path).unwrap()).read_to_end(&mut plain).unwrap();
    let word = |at: usize| u32::from_le_bytes(plain[at..at + 4].try_into().unwrap());
    let mut at = 0;
    while !EVENT_BLOCKS.contains(&word(at)) {
        at += word(at + 4) as usize;
    }
    let mut out = plain[..at].to_vec();
    (0..REPEATS).for_each(|_| out.extend_from_slice(&plain[at..]));
    out
}

fn evaluator(catalog: &Catalog, files: &[(String, String)]) -> Evaluator {
    let files: Vec<SourceFile> = files.iter().map(|(name, text)| SourceFile::new(name, text.as_str())).collect();
    let compilation = compile(&files, &Options::new(Arc::new(catalog.clone())));
    assert!(compilation.loads());
    Evaluator::new(compilation.program(), catalog).unwrap()
}

/// Rules about many programs and files, no two alike.
fn many_rules(count: usize) -> String {
    (0..count)
        .map(|i| {
            format!(
                "- rule: r{i}\n  desc: d\n  condition: evt.type in (open, openat, execve, connect) and proc.name in (p{i}, q{i}) and \
                 (fd.name contains \"/w{i}\" or fd.name startswith \"/d{i}\" or proc.pname = x{i})\n  output: o %proc.name\n  \
                 priority: INFO\n"
            )
        })
        .collect()
}

/// The same calls again: an exit finds the enter event of the round before.
fn reader(capture: &[u8]) -> Reader<'_> {
    Reader::from_bytes(capture).with_options(ReadOptions { lenient_enter: true, ..ReadOptions::default() })
}

fn replay(c: &mut Criterion) {
    let shared = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared"));
    if !shared.is_dir() {
        eprintln!("skipped: ../shared is not here (replay)");
        return;
    }
    let capture = repeated(&shared.join("captures/curl_google.scap"));
    let catalog = Catalog::builtin();
    let mut counted = reader(&capture);
    while !matches!(counted.advance().unwrap(), Advance::End) {}
    let events = counted.event_number();

    let mut group = c.benchmark_group("replay");
    group.throughput(Throughput::Elements(events)).sample_size(10);
    group.bench_function("read", |b| {
        b.iter(|| {
            let mut reader = reader(&capture);
            while !matches!(reader.advance().unwrap(), Advance::End) {}
            black_box(reader.event_number())
        });
    });
    group.bench_function("state", |b| {
        b.iter(|| {
            let mut inspector = Inspector::new(reader(&capture));
            while let Some(step) = inspector.next_visible().unwrap() {
                black_box(step.ctx.num);
            }
        });
    });
    let official = |names: &[&str]| {
        let read =
            |name: &&str| ((*name).to_owned(), fs::read_to_string(shared.join("corpus/falco").join(name)).unwrap());
        names.iter().map(read).collect::<Vec<_>>()
    };
    let sets = [
        ("falco_rules", official(&["falco_rules.yaml"])),
        ("all_official", official(&["falco_rules.yaml", "falco-incubating_rules.yaml", "falco-sandbox_rules.yaml"])),
        ("rules_100", vec![("100.yaml".to_owned(), many_rules(100))]),
        ("rules_1000", vec![("1000.yaml".to_owned(), many_rules(1000))]),
    ];
    for (name, files) in sets {
        let mut evaluator = evaluator(&catalog, &files);
        let mut matches = Vec::new();
        group.bench_function(name, |b| {
            b.iter(|| {
                let mut inspector = Inspector::new(reader(&capture));
                while let Some(step) = inspector.next_visible().unwrap() {
                    evaluator.on(&step.view()).matches(Matching::First, &mut matches);
                    black_box(&matches);
                }
            });
        });
    }
    group.finish();
}

criterion_group!(benches, replay);
criterion_main!(benches);
