//! Captures: any bytes are read to an end or an error, with state and rendered arguments.
#![no_main]

use std::sync::LazyLock;

use falco_catalog::Catalog;
use falco_compiler::{OutputProgram, compile_output};
use falco_engine::eval::Evaluator;
use falco_engine::inspector::Inspector;
use falco_scap::Reader;
use libfuzzer_sys::fuzz_target;

static CATALOG: LazyLock<Catalog> = LazyLock::new(Catalog::builtin);

fn format() -> OutputProgram {
    let text = "*%evt.num %evt.type %evt.args %fd.name %proc.cmdline %proc.aname %user.name %fs.path.name";
    compile_output(&CATALOG, "syscall", text).expect("the format compiles")
}

fuzz_target!(|bytes: &[u8]| {
    let (mut evaluator, template) =
        Evaluator::for_query("syscall", None, format(), &CATALOG).expect("the query can be prepared");
    let mut inspector = Inspector::new(Reader::from_bytes(bytes));
    let mut line = Vec::new();
    while let Ok(Some(step)) = inspector.next_visible() {
        line.clear();
        evaluator.on(&step.view()).format(&template, &mut line);
    }
});
