//! How fast conditions and outputs are parsed, with a tree and without: `cargo bench -p falco-syntax --bench condition`.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use falco_syntax::condition::{expected_at, parse, parse_expr};
use falco_syntax::{TextSize, output};
use std::hint::black_box;

/// Conditions of the usual mix, about as long as those of real rules.
fn conditions(count: usize) -> Vec<String> {
    (0..count)
        .map(|index| {
            format!(
                "evt.type in (open, openat, openat2) and evt.is_open_write = true\nand group_{index}_running\n\
                 and not proc.pname in (alpha{index}, beta, \"gamma daemon\", delta, epsilon, /usr/sbin/zeta)\n\
                 and (fd.name startswith /etc/group{index}/ or fd.name pmatch (/root/.ssh, '/home/*/.ssh'))\n\
                 and not (proc.aname[2] contains \"sshd\" or user.uid > 1000) and tolower(proc.exe) != val(proc.exe)"
            )
        })
        .collect()
}

fn condition(criterion: &mut Criterion) {
    let texts = conditions(600);
    let bytes: usize = texts.iter().map(String::len).sum();
    let mut group = criterion.benchmark_group("condition");
    group.throughput(Throughput::Bytes(bytes as u64));
    group.bench_function("expr", |bencher| {
        bencher.iter(|| texts.iter().map(|text| parse_expr(black_box(text)).1.len()).sum::<usize>());
    });
    group.bench_function("tree", |bencher| {
        bencher.iter(|| texts.iter().map(|text| parse(black_box(text)).errors().len()).sum::<usize>());
    });
    group.finish();

    let mut group = criterion.benchmark_group("completion");
    let text = texts.join(" or ");
    let text = text.get(..4000).unwrap_or(&text);
    group.bench_function("expected_at", |bencher| bencher.iter(|| expected_at(black_box(text), TextSize::of(text))));
    group.finish();
}

fn outputs(criterion: &mut Criterion) {
    let text = "Configuration written (user=%user.name command=%proc.cmdline file=%fd.name parent=%proc.pname \
                gparent=%proc.aname[2] container=%container.id image=%container.image.repository)";
    let mut group = criterion.benchmark_group("output");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("split", |bencher| bencher.iter(|| output::split(black_box(text), &mut |_| true)));
    group.bench_function("tree", |bencher| bencher.iter(|| output::parse(black_box(text))));
    group.finish();
}

criterion_group!(benches, condition, outputs);
criterion_main!(benches);
