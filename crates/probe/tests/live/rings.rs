//! Several rings: what is written into them comes as if there were one.

use std::io::Write as _;
use std::sync::atomic::Ordering;

use falco_catalog::EventSet;
use falco_engine::inspector::Inspector;
use falco_probe::{Live, Rings, Scope, Settings};

use crate::turn;

const CHILDREN: u64 = 4;
const CALLS: u64 = 20_000;

/// Children that all close nothing, many times; their events.
fn check(rings: Rings) {
    let _turn = turn();
    let settings = Settings { events: EventSet::by_name("close"), scope: Scope::Started, rings, ..Settings::default() };
    let live = match Live::open(&settings) {
        Ok(live) => live,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "skipped: {error} ({rings:?})");
            return;
        }
    };
    let children: Vec<_> = (0..CHILDREN)
        .map(|_| {
            // SAFETY: the child only makes system calls and ends.
            let pid = unsafe { libc::fork() };
            if pid == 0 {
                // SAFETY: closing nothing does nothing.
                unsafe {
                    (0..CALLS).for_each(|_| {
                        libc::close(-1);
                    });
                    libc::_exit(0);
                }
            }
            pid
        })
        .collect();
    let stop = std::sync::Arc::clone(&settings.stop);
    let waiting = std::thread::spawn(move || {
        for pid in children {
            // SAFETY: waits for a child.
            unsafe { libc::waitpid(pid, std::ptr::null_mut(), 0) };
        }
        stop.store(true, Ordering::Relaxed);
    });
    let mut inspector = Inspector::new(live);
    let (mut last, mut backwards, mut closed, mut read) = (0, 0, 0, 0);
    while let Some(step) = inspector.next().unwrap() {
        backwards += u64::from(step.event.ts < last);
        last = last.max(step.event.ts);
        closed += u64::from(step.event.ty.name() == "close");
        read += 1;
    }
    waiting.join().unwrap();
    let (counters, late) = (inspector.source().counters(), inspector.source().late());
    assert_eq!((counters.lost(), closed), (0, CHILDREN * CALLS), "{rings:?}");
    assert_eq!(counters.sent, read);
    match rings {
        // Two processors may take the time in one order and a place in the ring in the other.
        Rings::One => assert_eq!(late, 0),
        _ => assert_eq!(backwards, late, "{rings:?}"),
    }
    assert!(late <= read / 1000, "{rings:?}: {late}");
}

#[test]
fn one_for_all() {
    check(Rings::One);
}

#[test]
fn one_for_each_processor() {
    check(Rings::PerCpu);
}

#[test]
fn one_for_some_processes() {
    check(Rings::PerProcess(3));
}
