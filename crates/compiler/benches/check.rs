//! How long checking takes: the official rules where they are at hand, else a set of the same size made here.
//!
//! `cargo bench -p falco-compiler`

#![allow(clippy::unwrap_used, clippy::print_stderr, missing_docs)]

use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use falco_catalog::Catalog;
use falco_compiler::{Cache, Options, SourceFile, compile, compile_cached};

const OFFICIAL: [&str; 3] = ["falco_rules.yaml", "falco-incubating_rules.yaml", "falco-sandbox_rules.yaml"];

/// The official files in load order, or made-up ones.
fn files() -> Vec<SourceFile> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus/falco");
    let read = |name: &str| Some(SourceFile::new(name, std::fs::read_to_string(corpus.join(name)).ok()?));
    OFFICIAL.iter().map(|name| read(name)).collect::<Option<Vec<_>>>().unwrap_or_else(|| {
        eprintln!("skipped: ../shared is not here (official rules); measuring generated ones");
        (0..3).map(|i| SourceFile::new(format!("generated{i}.yaml"), generated(i * 100, 100))).collect()
    })
}

/// As many lists, macros and rules as the official file has lines for.
fn generated(first: usize, count: usize) -> String {
    let mut text = String::new();
    for i in first..first + count {
        writeln!(text, "- list: names_{i}\n  items: [bash, zsh, perl, python, {i}]").unwrap();
        writeln!(text, "- macro: opens_{i}\n  condition: >\n    evt.type in (open, openat, openat2) and evt.is_open_read=true\n    and fd.name startswith /etc/{i}").unwrap();
        writeln!(text, "- rule: Reads {i}\n  desc: >\n    Somebody reads configuration number {i}.\n  condition: >\n    opens_{i} and proc.name in (names_{i}) and not proc.pname in (systemd, init)\n    and not (container.id = host or fd.directory = /etc/{i}/public)\n  output: Configuration read | file=%fd.name process=%proc.name parent=%proc.pname user=%user.name\n  priority: NOTICE\n  tags: [host, T{i}]").unwrap();
    }
    text
}

fn benches(c: &mut Criterion) {
    let files = files();
    let mut options = Options::new(Arc::new(Catalog::builtin()));
    let bytes: usize = files.iter().map(|file| file.text.len()).sum();
    eprintln!("{} files, {bytes} bytes", files.len());

    let mut group = c.benchmark_group("check");
    group.bench_function("falco_rules", |b| b.iter(|| compile(&files[..1], &options)));
    group.bench_function("official_three", |b| b.iter(|| compile(&files, &options)));
    let compiled = compile(&files, &options);
    group.bench_function("lower_three", |b| b.iter(|| compile(&files, &options).program()));
    assert!(!compiled.program().rules.is_empty());
    let large = SourceFile::new("large.yaml", generated(0, 7_000));
    eprintln!("large: {} lines", large.text.lines().count());
    group.sample_size(10);
    group.bench_function("hundred_thousand_lines", |b| b.iter(|| compile(std::slice::from_ref(&large), &options)));
    group.finish();

    // A keystroke: one letter in a condition in the middle of the first file, everything else as it was.
    options.falco_report = false;
    let mut group = c.benchmark_group("keystroke");
    let middle = files[0].text.len() / 2;
    let at = middle + files[0].text[middle..].find("condition:").unwrap();
    let at = at + files[0].text[at..].find(" and ").unwrap();
    let variants: Vec<Arc<str>> = ["", " x", " xy", " xyz"]
        .into_iter()
        .map(|typed| Arc::from(format!("{}{typed}{}", &files[0].text[..at], &files[0].text[at..])))
        .collect();
    for (name, count) in [("falco_rules", 1), ("official_three", files.len())] {
        let mut cache = Cache::default();
        let mut set = files[..count].to_vec();
        let mut turn = 0;
        group.bench_function(name, |b| {
            b.iter(|| {
                turn += 1;
                set[0] = SourceFile::new(set[0].path.clone(), Arc::clone(&variants[turn % variants.len()]));
                compile_cached(&set, &options, &mut cache)
            });
        });
    }
    let mut cache = Cache::default();
    let mut set: Vec<SourceFile> =
        (0..70).map(|i| SourceFile::new(format!("{i}.yaml"), generated(i * 100, 100))).collect();
    let (mut turn, mut last) = (0, None);
    group.sample_size(20);
    group.bench_function("hundred_thousand_lines_in_seventy_files", |b| {
        b.iter(|| {
            turn += 1;
            let text = generated(0, 100).replacen("/etc/50", &format!("/etc/5{turn}"), 1);
            set[0] = SourceFile::new("0.yaml", text);
            // As in an editor, the state before is there until the next one is.
            last = Some(compile_cached(&set, &options, &mut cache));
            std::hint::black_box(&last);
        });
    });
    group.finish();
}

criterion_group!(all, benches);
criterion_main!(all);
