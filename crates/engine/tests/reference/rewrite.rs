//! A capture that is written anew in the current format says the same.

use std::fs;

use falco_catalog::Catalog;
use falco_compiler::compile_output;
use falco_engine::eval::Evaluator;
use falco_engine::inspector::Inspector;
use falco_scap::{Advance, Compression, Reader, Writer};

use crate::{captures, shared};

/// Reads a capture and writes all that comes of it. `None` for one that ends in an error: of it there is no whole.
fn rewritten(capture: &[u8], compression: Compression) -> Option<Vec<u8>> {
    let mut reader = Reader::from_bytes(capture);
    let mut writer = Writer::new(Vec::new(), compression).unwrap();
    loop {
        match reader.advance().ok()? {
            Advance::Item(item) => writer.item(&item).unwrap(),
            Advance::Event => writer.event(&reader.event().unwrap()).unwrap(),
            Advance::End => return Some(writer.finish().unwrap()),
        }
    }
}

/// What every event says of itself and of the state that it is seen in, hidden events too, and the state at the end.
fn told(capture: &[u8], catalog: &Catalog, format: &str) -> (Vec<u8>, String) {
    let output = compile_output(catalog, "syscall", format).unwrap();
    let (mut evaluator, template) = Evaluator::for_query("syscall", None, output, catalog).unwrap();
    let mut inspector = Inspector::new(Reader::from_bytes(capture));
    let mut lines = Vec::new();
    while let Some(step) = inspector.next().unwrap() {
        let visible = step.ctx.visible;
        lines.extend_from_slice(format!("{} {visible} ", step.event.ty.0).as_bytes());
        evaluator.on(&step.view()).format(&template, &mut lines);
        lines.push(b'\n');
    }
    let machine = inspector.machine();
    let mut threads: Vec<String> = machine.threads().map(|thread| format!("{thread:?}")).collect();
    threads.sort();
    let mut users: Vec<String> = machine.users().users("").map(|user| format!("{user:?}")).collect();
    users.sort();
    (lines, format!("{threads:#?}{users:#?}{:?}{:?}", machine.info(), machine.interfaces()))
}

#[test]
fn rewritten_captures_tell_the_same() {
    let Some(shared) = shared("rewritten_captures_tell_the_same") else { return };
    let catalog = Catalog::builtin();
    // Everything of the event, and of the state what hangs on threads, descriptors, users, interfaces and time.
    let format = "*%evt.num %evt.rawtime %evt.type %evt.cpu %evt.args %evt.res %evt.reltime %thread.tid %proc.pid %proc.ppid %proc.aname \
                  %proc.cmdline %proc.exepath %proc.cwd %proc.env %proc.tty %proc.sid %proc.vpgid %proc.fdopencount %proc.fdlimit %thread.cgroups \
                  %thread.cap_effective %user.name %user.loginuid %group.name %fd.num %fd.name %fd.type %fd.types %fd.cip %fd.sip %fd.cport \
                  %fd.sport %fd.is_server %fd.l4proto %fd.ino %fd.dev %proc.exe_ino %proc.vmsize %container.id %evt.hostname";
    let (mut whole, mut events) = (0, 0);
    for path in captures(&shared) {
        let capture = fs::read(&path).unwrap();
        let Some(again) = rewritten(&capture, Compression::None) else { continue };
        let zipped = rewritten(&capture, Compression::Gzip).unwrap();
        let before = told(&capture, &catalog, format);
        let after = told(&again, &catalog, format);
        let name = path.display();
        assert!(before.0 == after.0, "{name}: what events tell");
        assert!(before.1 == after.1, "{name}: the state at the end");
        assert!(told(&zipped, &catalog, format) == after, "{name}: compressed");
        assert!(rewritten(&again, Compression::None).unwrap() == again, "{name}: written twice is written once");
        whole += 1;
        events += before.0.split(|&b| b == b'\n').count() - 1;
    }
    println!("rewritten_captures_tell_the_same: {whole} captures, {events} events");
    assert!(whole >= 12);
}
