//! Judging events allocates nothing once the buffers have grown to what the events need.

#![allow(clippy::unwrap_used, clippy::print_stderr, clippy::print_stdout)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use falco_catalog::Catalog;
use falco_compiler::{Options, SourceFile, compile};
use falco_engine::eval::{Evaluator, Matching};
use falco_engine::inspector::Inspector;
use falco_scap::Reader;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: every call goes to the system's allocator unchanged; the counter is a constant-initialised thread-local without a
// destructor, so touching it neither allocates nor fails.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller's promise about `layout` is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: `ptr` came from `alloc` or `realloc` above, that is, from the system's allocator, with this layout.
        unsafe { System.dealloc(ptr, layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: as for `dealloc`, and the new size is passed on.
        unsafe { System.realloc(ptr, layout, new_size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Runs a capture through the rules and counts what judging its events allocates, alerts not counted.
fn allocations(evaluator: &mut Evaluator, capture: &[u8], matches: &mut Vec<u32>) -> (u64, u64) {
    let mut inspector = Inspector::new(Reader::from_bytes(capture));
    let (mut events, mut allocations) = (0, 0);
    while let Some(step) = inspector.next_visible().unwrap() {
        let view = step.view();
        let before = ALLOCATIONS.get();
        evaluator.on(&view).matches(Matching::All, matches);
        allocations += ALLOCATIONS.get() - before;
        events += 1;
    }
    (events, allocations)
}

#[test]
fn judging_a_known_kind_of_stream_allocates_nothing() {
    let shared = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared"));
    if !shared.is_dir() {
        // Past the capturing of tests that pass: a skip must be seen.
        let _ = std::io::Write::write_all(
            &mut std::io::stderr(),
            b"skipped: ../shared is not here (judging_a_known_kind_of_stream_allocates_nothing)\n",
        );
        return;
    }
    let catalog = Catalog::builtin();
    let files = ["falco_rules.yaml", "falco-incubating_rules.yaml", "falco-sandbox_rules.yaml"]
        .map(|name| SourceFile::new(name, fs::read_to_string(shared.join("corpus/falco").join(name)).unwrap()));
    let compilation = compile(&files, &Options::new(Arc::new(catalog.clone())));
    let mut evaluator = Evaluator::new(compilation.program(), &catalog).unwrap();
    let mut matches = Vec::new();
    for name in ["captures/curl_google.scap", "expected/modern/workload.scap", "expected/synth/alltypes1.scap"] {
        let capture = fs::read(shared.join(name)).unwrap();
        // The arena keeps its last chunk only, so it may take two rounds until one chunk holds the largest event's values.
        allocations(&mut evaluator, &capture, &mut matches);
        allocations(&mut evaluator, &capture, &mut matches);
        let (events, count) = allocations(&mut evaluator, &capture, &mut matches);
        println!("{name}: {count} allocations for {events} events");
        assert_eq!(count, 0, "{name}");
    }
}
