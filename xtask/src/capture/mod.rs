//! `cargo xtask capture`: a recording of any length, the same for the same seed, for measuring and for trying things out.
//!
//! It is the day of a small server: people log in and build programs, a web server answers from its application, database and
//! cache in containers, timers run, journals grow; and now and then something happens that the official rules speak about. Events
//! are of the current generation, exit events only, as a live recording has them today. Nothing is kept of what is written.

mod habits;
mod head;
mod program;
mod rng;
mod sim;

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use falco_scap::{Compression, Writer};

use rng::Rng;
use sim::Sim;

/// What is asked for.
#[derive(Debug, PartialEq)]
pub struct Options {
    events: u64,
    seed: u64,
    gzip: bool,
    output: PathBuf,
}

impl Options {
    /// Reads the arguments after `capture`.
    pub fn parse(args: &[&str]) -> Result<Self> {
        let (mut events, mut seed, mut gzip, mut output) = (5_000_000, 1, false, None);
        let mut args = args.iter();
        while let Some(&arg) = args.next() {
            let mut value = || args.next().copied().with_context(|| format!("`{arg}` takes a value"));
            let number = |text: &str| text.replace('_', "").parse().with_context(|| format!("`{text}` is no number"));
            match arg {
                "--events" => events = number(value()?)?,
                "--seed" => seed = number(value()?)?,
                "--gzip" => gzip = true,
                "-o" | "--output" => output = Some(PathBuf::from(value()?)),
                _ => bail!("unknown argument `{arg}`"),
            }
        }
        Ok(Self { events, seed, gzip, output: output.context("`-o FILE` says where to write")? })
    }
}

/// Writes the capture.
pub fn run(options: &Options) -> Result<u64> {
    let name = options.output.display();
    let file = File::create(&options.output).with_context(|| format!("cannot write `{name}`"))?;
    let compression = if options.gzip { Compression::Gzip } else { Compression::None };
    write(file, options.events, options.seed, compression)?.sync_all()?;
    Ok(std::fs::metadata(&options.output)?.len())
}

/// Writes a capture of so many events.
pub fn write<W: Write>(out: W, events: u64, seed: u64, compression: Compression) -> Result<W> {
    let mut rng = Rng::new(seed);
    let containers = head::containers(&mut rng);
    let mut sim = Sim::new(Writer::new(out, compression)?, rng, containers, events);
    head::write(&mut sim)?;
    sim.run()?;
    sim.finish()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::BTreeMap;
    use std::path::Path;
    use std::sync::Arc;

    use falco_catalog::{Catalog, event};
    use falco_compiler::{SourceFile, compile};
    use falco_engine::eval::{Evaluator, Matching};
    use falco_engine::inspector::Inspector;
    use falco_engine::state::FdType;
    use falco_scap::{Item, Reader};

    use super::*;

    fn capture(events: u64, seed: u64) -> Vec<u8> {
        write(Vec::new(), events, seed, Compression::None).unwrap()
    }

    #[test]
    fn the_seed_decides() {
        assert!(capture(20_000, 7) == capture(20_000, 7));
        assert!(capture(20_000, 7) != capture(20_000, 8));
        // More events are the same events and more.
        let (short, long) = (capture(1_000, 7), capture(20_000, 7));
        assert!(long.starts_with(&short[..short.len() - 1]));
        let packed = write(Vec::new(), 20_000, 7, Compression::Gzip).unwrap();
        assert!(packed.len() < long.len() / 3);
        let (mut one, mut other) = (Reader::from_bytes(&long), Reader::from_bytes(&packed));
        loop {
            match (one.next().unwrap(), other.next().unwrap()) {
                (None, None) => break,
                (a, b) => assert_eq!(format!("{a:?}"), format!("{b:?}")),
            }
        }
    }

    #[test]
    fn reads_back_with_a_consistent_state() {
        let bytes = capture(60_000, 3);
        let mut inspector = Inspector::new(Reader::from_bytes(&bytes));
        let (mut events, mut kinds) = (0, BTreeMap::<&str, u64>::new());
        while let Some(step) = inspector.next().unwrap() {
            events += 1;
            let Some(info) = step.event.ty.info() else { panic!("an event without a type") };
            *kinds.entry(info.name).or_default() += 1;
            let async_event = step.event.ty == event::ASYNCEVENT_E;
            let view = step.view();
            let thread = view.thread();
            assert!(async_event || thread.is_some_and(|t| !t.comm.is_empty() && !t.exe.is_empty()), "{info:?}");
            let reads =
                matches!(step.event.ty, event::SYSCALL_READ_X | event::SYSCALL_WRITE_X | event::SOCKET_SENDTO_X);
            // Pipes have no name.
            let known = view.fd().is_some_and(|fd| !fd.name.is_empty() || fd.ty == FdType::Fifo);
            assert!(!reads || known, "event {events}: {:?}", step.event);
        }
        let counters = inspector.machine().counters();
        assert_eq!((counters.fake_threads, counters.malformed_events, counters.threads_dropped), (0, 0, 0));
        // What comes before the first system call is state and not delivered.
        assert!(events >= 59_990, "{events}");
        for kind in
            ["clone", "execve", "procexit", "openat", "read", "write", "close", "renameat2", "unlinkat", "connect"]
        {
            assert!(kinds.get(kind).is_some_and(|&n| n > 20), "{kind}: {kinds:?}");
        }
    }

    #[test]
    fn the_head_is_whole() {
        let bytes = capture(10, 1);
        let mut reader = Reader::from_bytes(&bytes);
        let mut kinds = Vec::new();
        while let Some(item) = reader.next().unwrap() {
            kinds.push(match item {
                Item::Machine(_) => "machine",
                Item::Interfaces(_) => "interfaces",
                Item::Users(_) => "users",
                Item::Processes(_) => "processes",
                Item::Fds(_) => "fds",
                _ => continue,
            });
        }
        kinds.dedup();
        assert_eq!(kinds, ["machine", "interfaces", "users", "processes", "fds"]);
    }

    #[test]
    fn the_official_rules_find_something() {
        let rules = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/corpus/falco/falco_rules.yaml"));
        let Ok(text) = std::fs::read_to_string(rules) else {
            let _ =
                std::io::stderr().write_all(b"skipped: ../shared is not here (the_official_rules_find_something)\n");
            return;
        };
        let catalog = Arc::new(Catalog::builtin());
        let files = [SourceFile::new("falco_rules.yaml", text.as_str())];
        let compilation = compile(&files, &falco_compiler::Options::new(Arc::clone(&catalog)));
        let mut evaluator = Evaluator::new(compilation.program(), &catalog).unwrap();
        let bytes = capture(800_000, 1);
        let mut inspector = Inspector::new(Reader::from_bytes(&bytes));
        let (mut matches, mut alerts) = (Vec::new(), BTreeMap::<String, u64>::new());
        while let Some(step) = inspector.next_visible().unwrap() {
            evaluator.on(&step.view()).matches(Matching::All, &mut matches);
            for &rule in &matches {
                *alerts.entry(evaluator.rule(rule).unwrap().name.clone()).or_default() += 1;
            }
        }
        for rule in [
            "Terminal shell in container",
            "Read sensitive file untrusted",
            "Search Private Keys or Passwords",
            "Create Symlink Over Sensitive Files",
            "Drop and execute new binary in container",
            "Netcat Remote Code Execution in Container",
            "Redirect STDOUT/STDIN to Network Connection in Container",
            "Directory traversal monitored file read",
            "Execution from /dev/shm",
            "Fileless execution via memfd_create",
            "Run shell untrusted",
        ] {
            assert!(alerts.contains_key(rule), "{rule} is missing: {alerts:#?}");
        }
        let total: u64 = alerts.values().sum();
        assert!(total < 1000, "everyday work must be quiet: {alerts:#?}");
    }

    #[test]
    fn arguments() {
        let options = Options::parse(&["--events", "5_000", "--seed", "9", "-o", "x.scap", "--gzip"]).unwrap();
        assert_eq!(options, Options { events: 5000, seed: 9, gzip: true, output: "x.scap".into() });
        for wrong in [&["--events"][..], &["--events", "many", "-o", "x"], &["--seed", "1"], &["x"]] {
            assert!(Options::parse(wrong).is_err());
        }
    }
}
