//! Whatever the number of threads, what comes out is what one thread puts out.

use std::convert::Infallible;
use std::fs;
use std::path::{Path, PathBuf};

use falco_catalog::event;
use falco_scap::builder::CaptureBuilder;
use falco_scap::{ProcessEntry, Reader, params};

use super::*;

/// Writes down each event with what the state says about it.
#[derive(Debug, Default, Clone)]
struct Clerk {
    /// Says nothing about most events.
    quiet: bool,
}

impl Judge for Clerk {
    type Output = Vec<String>;

    fn judge(&mut self, step: &Step<'_>, out: &mut Vec<String>) -> bool {
        if self.quiet && !step.ctx.num.is_multiple_of(7) {
            return false;
        }
        let view = step.view();
        let thread = view.thread().map(|t| (t.comm.clone(), t.ptid));
        let fd = view.fd().map(|fd| fd.name.clone());
        out.push(format!("{} {:?} {thread:?} {fd:?}", step.ctx.num, step.event));
        true
    }
}

struct Outcome {
    lines: Vec<String>,
    replayed: Replayed<Clerk>,
}

fn run(bytes: &[u8], jobs: usize, settings: Settings, quiet: bool) -> Outcome {
    let reader = Reader::new(std::io::Cursor::new(bytes.to_vec()));
    let mut lines = Vec::new();
    let mut seen = 0;
    let replayed = replay(reader, &settings, vec![Clerk { quiet }; jobs], |out, progress| {
        lines.extend(out);
        assert!(progress.events >= seen, "progress goes forward");
        seen = progress.events;
        Ok::<(), Infallible>(())
    });
    let Ok(replayed) = replayed;
    Outcome { lines, replayed }
}

#[track_caller]
fn check_same(name: &str, bytes: &[u8]) {
    for limit in [u64::MAX, 25, 0] {
        let settings = |batch| Settings { limit, batch, read_ahead: batch > 0, ..Settings::default() };
        for quiet in [false, true] {
            let one = run(bytes, 1, settings(0), quiet);
            for (jobs, batch) in [(1, 10), (2, 1), (2, 1000), (3, 7), (4, 64)] {
                let many = run(bytes, jobs, settings(batch), quiet);
                assert!(one.lines == many.lines, "{name}, {jobs} jobs of {batch}");
                let (a, b) = (&one.replayed, &many.replayed);
                assert_eq!(
                    (a.events, a.counters, &a.counts, a.error.as_ref().map(ToString::to_string)),
                    (b.events, b.counters, &b.counts, b.error.as_ref().map(ToString::to_string)),
                    "{name}, {jobs} jobs of {batch}"
                );
                assert_eq!(b.judges.len(), jobs);
                if limit == u64::MAX {
                    assert_eq!(a.input, b.input, "{name}");
                }
            }
        }
    }
}

fn capture() -> CaptureBuilder {
    let mut capture =
        CaptureBuilder::new().thread(ProcessEntry { tid: 7, pid: 7, comm: b"cat".to_vec(), ..ProcessEntry::default() });
    for n in 0..300i64 {
        let (ts, fd) = (n as u64, 3 + n / 3);
        capture = match n % 3 {
            0 => capture.event(ts, 7, event::SYSCALL_OPEN_X, params! { fd = fd, name = format!("/tmp/{n}") }),
            1 => capture.event(ts, 7, event::SYSCALL_READ_X, params! { res = 1, data = "x", fd = fd, size = 1u32 }),
            _ => capture.event(ts, 7, event::SYSCALL_CLOSE_X, params! { res = 0, fd = fd - n % 2 }),
        };
    }
    capture
}

#[test]
fn jobs_change_nothing() {
    let whole = capture().build().unwrap();
    check_same("whole", &whole);
    check_same("cut", &whole[..whole.len() - 5]);
    check_same("cut in the head", &whole[..60]);
    check_same("twice", &[&whole[..], &whole[..]].concat());
    check_same("compressed", &capture().build_with(falco_scap::Compression::Gzip).unwrap());
    check_same("nothing", b"");
}

#[test]
fn jobs_change_nothing_on_any_capture() {
    let shared = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared"));
    let folders = ["captures", "expected/synth", "expected/modern", "expected/corrupt"];
    let files = folders.iter().flat_map(|folder| fs::read_dir(shared.join(folder)).into_iter().flatten());
    let files: Vec<PathBuf> =
        files.map(|f| f.unwrap().path()).filter(|f| f.extension().is_some_and(|e| e == "scap")).collect();
    if files.is_empty() {
        // Past the capturing of tests that pass: a skip must be seen.
        let text = b"skipped: ../shared is not here (jobs_change_nothing_on_any_capture)\n";
        let _ = std::io::Write::write_all(&mut std::io::stderr(), text);
        return;
    }
    assert!(files.len() > 30, "{}", files.len());
    for file in files {
        check_same(&file.display().to_string(), &fs::read(&file).unwrap());
    }
}

#[test]
fn an_error_of_the_merger_ends_everything() {
    for jobs in [1, 3] {
        let bytes = capture().build().unwrap();
        let reader = Reader::new(std::io::Cursor::new(bytes));
        let settings = Settings { batch: 1, ..Settings::default() };
        let mut lines = 0;
        let result = replay(reader, &settings, vec![Clerk::default(); jobs], |out: Vec<String>, _| {
            lines += out.len();
            if lines >= 10 { Err("enough") } else { Ok(()) }
        });
        assert_eq!((result.err(), lines), (Some("enough"), 10));
    }
}

/// A pipe whose writer never says anything more.
struct Stalled(std::io::Cursor<Vec<u8>>);

impl std::io::Read for Stalled {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let n = self.0.read(out)?;
        if n == 0 {
            loop {
                std::thread::park();
            }
        }
        Ok(n)
    }
}

#[test]
fn a_reader_that_waits_for_input_does_not_hold_up_the_end() {
    let bytes = capture().build().unwrap();
    let settings = Settings { batch: 10, limit: 50, ..Settings::default() };
    let reader = Reader::new(Stalled(std::io::Cursor::new(bytes)));
    let Ok(replayed) = replay(reader, &settings, vec![Clerk::default(); 2], |_, _| Ok::<(), Infallible>(()));
    assert_eq!(replayed.events, 50);
}
