//! How fast rules files are parsed, tree included: `cargo bench -p falco-syntax`.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use falco_syntax::TextRange;
use falco_syntax::ast::RulesFile;
use falco_syntax::yaml::{self, TextEdit};
use falco_syntax::{condition, output};
use std::fmt::Write as _;
use std::hint::black_box;

/// A rules file of the usual mix: comments, lists in brackets and on lines, folded conditions, quoted outputs, exceptions.
fn rules(items: usize) -> String {
    let mut text = String::from("# A generated rules file.\n- required_engine_version: 0.50.0\n");
    for index in 0..items {
        let _ = write!(
            text,
            r#"
# The programs of group {index}, as packages name them.
- list: group_{index}_binaries
  items: [alpha{index}, beta{index}, gamma-daemon, delta, "epsilon", zeta, eta, theta, iota, kappa, lambda, mu]

- list: group_{index}_paths
  items:
    - /usr/lib/group{index}/bin
    - /opt/group{index}

- macro: group_{index}_running
  condition: (proc.name in (group_{index}_binaries) and not proc.pname in (init, systemd, containerd-shim))

- rule: Group {index} program writes below its configuration
  desc: >
    A program of group {index} opened a file below its configuration for writing. Programs of this group only read
    their configuration, so this is a sign of a manual change or of an attacker at work.
  condition: >
    evt.type in (open, openat, openat2) and evt.is_open_write=true
    and group_{index}_running
    and fd.name startswith /etc/group{index}/ # not the defaults
    and not fd.name endswith ".swp"
    and container.id != host
  output: "Configuration of group {index} written (user=%user.name command=%proc.cmdline file=%fd.name parent=%proc.pname container=%container.id image=%container.image.repository)"
  priority: WARNING
  tags: [filesystem, group{index}, mitre_persistence, T1543]
  exceptions:
    - name: proc_file
      fields: [proc.name, fd.name]
      comps: [in, startswith]
      values:
        - [[updater{index}, installer], /etc/group{index}/cache]
        - [[gamma-daemon], /etc/group{index}/state]
"#
        );
    }
    text
}

fn parse(criterion: &mut Criterion) {
    let text = rules(300);
    let mut group = criterion.benchmark_group("yaml");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("parse", |bencher| bencher.iter(|| yaml::parse(black_box(&text))));
    let parse = yaml::parse(&text);
    group.bench_function("view", |bencher| bencher.iter(|| RulesFile::from_parse(black_box(&parse)).items().count()));
    group.bench_function("verdict", |bencher| bencher.iter(|| yaml::verdict(black_box(&text))));
    // A key pressed in a folded condition in the middle.
    let at = text.find("group_150_running\n    and fd").unwrap_or(0) as u32;
    let edit = TextEdit { range: TextRange::empty(at.into()), inserted: 1.into() };
    let edited = [&text[..at as usize], "x", &text[at as usize..]].concat();
    group.bench_function("reparse", |bencher| bencher.iter(|| parse.reparse(black_box(&edited), edit)));
    group.finish();
}

const OFFICIAL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus/falco");

/// The texts of all conditions and outputs.
fn embedded(texts: &[String]) -> (Vec<String>, Vec<String>) {
    let (mut conditions, mut outputs) = (Vec::new(), Vec::new());
    for item in texts.iter().flat_map(|text| RulesFile::from_parse(&yaml::parse(text)).items().collect::<Vec<_>>()) {
        let text = |key: &str| Some(item.body().value(key)?.as_scalar()?.decode().text);
        conditions.extend(text("condition"));
        outputs.extend(text("output"));
    }
    (conditions, outputs)
}

/// Everything that an editor needs of a file, with all the walking and decoding that leads there: its tree, and the trees of the
/// conditions and outputs in it.
fn all_trees(text: &str) -> usize {
    let parse = yaml::parse(text);
    let mut errors = parse.errors().len();
    for item in RulesFile::from_parse(&parse).items() {
        let body = item.body();
        if let Some(scalar) = body.value("condition").and_then(|node| node.as_scalar()) {
            errors += condition::parse(&scalar.decode().text).errors().len();
        }
        if let Some(scalar) = body.value("output").and_then(|node| node.as_scalar()) {
            errors += output::parse(&scalar.decode().text).errors().len();
        }
    }
    errors
}

fn official(criterion: &mut Criterion) {
    let files = ["falco_rules.yaml", "falco-incubating_rules.yaml", "falco-sandbox_rules.yaml"];
    let texts: Vec<String> =
        files.iter().filter_map(|file| std::fs::read_to_string(format!("{OFFICIAL}/{file}")).ok()).collect();
    if texts.len() != files.len() {
        return;
    }
    let mut group = criterion.benchmark_group("official");
    group.throughput(Throughput::Bytes(texts.iter().map(|text| text.len() as u64).sum()));
    group.bench_function("parse", |bencher| {
        bencher.iter(|| texts.iter().map(|text| yaml::parse(black_box(text)).errors().len()).sum::<usize>());
    });
    // The trees alone, the texts of the embedded ones being at hand.
    let (conditions, outputs) = embedded(&texts);
    group.bench_function("trees", |bencher| {
        bencher.iter(|| {
            let files: usize = texts.iter().map(|text| yaml::parse(black_box(text)).errors().len()).sum();
            let conditions: usize =
                conditions.iter().map(|text| condition::parse(black_box(text)).errors().len()).sum();
            let outputs: usize = outputs.iter().map(|text| output::parse(black_box(text)).errors().len()).sum();
            files + conditions + outputs
        });
    });
    group.bench_function("all_trees", |bencher| {
        bencher.iter(|| texts.iter().map(|text| all_trees(black_box(text))).sum::<usize>());
    });
    group.finish();
}

criterion_group!(benches, parse, official);
criterion_main!(benches);
