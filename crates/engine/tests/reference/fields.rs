//! Every field has a value somewhere.

use std::fs;

use falco_catalog::Catalog;
use falco_compiler::compile_output;
use falco_engine::eval::Evaluator;
use falco_engine::inspector::Inspector;
use falco_scap::Reader;

use crate::{SEPARATOR, captures, shared, split};

/// A field with an argument that it can take.
fn with_argument(name: &str) -> Vec<String> {
    let forms: &[&str] = match name {
        "evt.arg" => &["[0]", ".name", ".flags", ".res", ".fd"],
        "evt.rawarg" => &[".name", ".flags", ".res", ".fd", ".tuple", ".data"],
        "evt.around" => &["[1534527342999999999]"],
        "evt.abspath" => &["", ".src", ".dst"],
        "evt.type.is" => &[".open", ".3"],
        "thread.cgroup" => &[".cpuset"],
        "proc.env" | "proc.aenv" => &["", "[A]", "[1]"],
        "proc.aname" | "proc.apid" | "proc.aexe" | "proc.aexepath" | "proc.acmdline" | "proc.aargs" | "proc.args"
        | "fd.types" => &["", "[0]", "[1]", "[2]"],
        _ => &[""],
    };
    forms.iter().map(|form| format!("{name}{form}")).collect()
}

#[test]
fn every_field_of_every_event_prints() {
    let Some(shared) = shared("every_field_of_every_event_prints") else { return };
    let catalog = Catalog::builtin();
    let mut names = Vec::new();
    let plugins = [None, Some("container")];
    for field in catalog.fields_of_source("syscall").filter(|field| plugins.contains(&field.plugin)) {
        match field.name {
            name if name.starts_with("container.mount") && name != "container.mounts" => {
                names.push(format!("{name}[0]"))
            }
            name if field.plugin.is_some() && field.arg_key => names.push(format!("{name}[a]")),
            name if field.plugin.is_some() => names.push(name.to_owned()),
            name => names.extend(with_argument(name)),
        }
    }
    let format = names.iter().map(|name| format!("%{name}{SEPARATOR}")).collect::<String>();
    let output = compile_output(&catalog, "syscall", &format!("*{format}")).unwrap();
    let (mut evaluator, template) = Evaluator::for_query("syscall", None, output, &catalog).unwrap();
    let mut seen = vec![false; names.len()];
    for path in captures(&shared) {
        let capture = fs::read(path).unwrap();
        let mut inspector = Inspector::new(Reader::from_bytes(&capture));
        let mut line = Vec::new();
        // Damaged captures end in an error after their good events.
        while let Ok(Some(step)) = inspector.next() {
            let view = step.view();
            let mut session = evaluator.on(&view);
            line.clear();
            assert!(session.format(&template, &mut line));
            let values: Vec<&[u8]> = split(&line);
            assert_eq!(values.len(), names.len() + 1, "no value holds the separator");
            for (seen, value) in seen.iter_mut().zip(values) {
                *seen |= value != b"<NA>";
            }
        }
    }
    let missing: Vec<&String> = names.iter().zip(&seen).filter(|(_, seen)| !**seen).map(|(name, _)| name).collect();
    println!(
        "every_field_of_every_event_prints: {} of {} have a value somewhere",
        names.len() - missing.len(),
        names.len()
    );
    let unprinted: Vec<&String> =
        missing.into_iter().filter(|name| !name.starts_with("container.") && !name.starts_with("k8s.")).collect();
    assert_eq!(unprinted, WITHOUT_VALUE, "what no capture here has a value for, or Falco does not print");
}

/// No loaded plugin, no infrastructure event, no boot time in captures; `evt.type.is` and socket tuples have no printed form,
/// both ends of a connection are for conditions only, and nobody compared a host name.
const WITHOUT_VALUE: [&str; 18] = [
    "evt.pluginname",
    "evt.plugininfo",
    "evt.type.is.open",
    "evt.rawarg.tuple",
    "evt.infra.docker.name",
    "evt.infra.docker.container.id",
    "evt.infra.docker.container.name",
    "evt.infra.docker.container.image",
    "proc.exe_ino.ctime_duration_pidns_start",
    "proc.pidns_init_start_ts",
    "fd.ip",
    "fd.port",
    "fd.proto",
    "fd.net",
    "fd.cip.name",
    "fd.sip.name",
    "fd.lip.name",
    "fd.rip.name",
];
