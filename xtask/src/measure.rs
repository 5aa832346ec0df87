//! What measurements need beside `falco-rs run --stats`: the stages below it, and rule sets of any size.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context as _, Result};
use falco_engine::inspector::Inspector;
use falco_scap::{Advance, Reader};

/// Reads a capture, then reads it into a machine's state; the lines to print.
pub fn replay(path: &Path) -> Result<Vec<String>> {
    let open = || Reader::open(path).with_context(|| format!("cannot read `{}`", path.display()));
    let line = |what: &str, events: u64, started: Instant| {
        let seconds = started.elapsed().as_secs_f64();
        format!("{what}: {events} events in {seconds:.3} s, {:.2} million a second", events as f64 / seconds / 1e6)
    };
    let (mut reader, started) = (open()?, Instant::now());
    while !matches!(reader.advance()?, Advance::End) {}
    let reading = line("reading", reader.event_number(), started);

    let (mut inspector, started) = (Inspector::new(open()?), Instant::now());
    let mut events = 0;
    while inspector.next_visible()?.is_some() {
        events += 1;
    }
    Ok(vec![reading, line("with state", events, started)])
}

/// Rules about many programs and files, no two alike, none of which matches anything.
pub fn rules(count: usize) -> String {
    let mut out = String::from("# Made by `cargo xtask rules`.\n");
    for i in 0..count {
        out.push_str(&format!(
            "- rule: r{i}\n  desc: d\n  condition: evt.type in (open, openat, execve, connect) and proc.name in (p{i}, q{i}) and \
             (fd.name contains \"/w{i}\" or fd.name startswith \"/d{i}\" or proc.pname = x{i})\n  output: o %proc.name\n  \
             priority: INFO\n"
        ));
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::Arc;

    use falco_catalog::Catalog;
    use falco_compiler::{Options, SourceFile, compile};

    #[test]
    fn rules_load() {
        let files = [SourceFile::new("many.yaml", super::rules(30).as_str())];
        let compilation = compile(&files, &Options::new(Arc::new(Catalog::builtin())));
        assert!(compilation.loads());
        assert_eq!(compilation.program().rules.len(), 30);
    }

    #[test]
    fn both_stages_see_the_same_events() {
        let capture = concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata/captures/intrusion.scap");
        let lines = super::replay(capture.as_ref()).unwrap();
        assert!(lines.iter().all(|line| line.contains(": 43 events in ")), "{lines:?}");
    }
}
