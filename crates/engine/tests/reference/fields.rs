//! Every field has a value somewhere.

use std::collections::BTreeMap;
use std::fs;

use falco_catalog::{Catalog, ParamType, event};
use falco_compiler::program::ExtractId;
use falco_compiler::{compile_filter, compile_output};
use falco_engine::eval::Evaluator;
use falco_engine::inspector::{EventSource, Inspector};
use falco_engine::value::Value;
use falco_scap::builder::CaptureBuilder;
use falco_scap::{Advance, Event, MachineInfo, ProcessEntry, Reader, params};
use serde_json::Value as Json;

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

/// Whether a value is of the kind that its field's type has.
fn fits(ty: ParamType, value: &Value<'_>) -> bool {
    match value {
        Value::List(items) | Value::Ends(items) | Value::Ancestors(items) => items.iter().all(|item| fits(ty, item)),
        Value::Bytes(_) => matches!(
            ty,
            ParamType::Charbuf | ParamType::Bytebuf | ParamType::Fspath | ParamType::Fsrelpath | ParamType::None
        ),
        Value::Bool(_) => ty == ParamType::Bool,
        // Whether it lies in a network is asked of an address.
        Value::Ip(_) => matches!(
            ty,
            ParamType::Ipaddr
                | ParamType::Ipv4addr
                | ParamType::Ipv6addr
                | ParamType::Ipnet
                | ParamType::Ipv4net
                | ParamType::Ipv6net
        ),
        Value::Net(_) => matches!(ty, ParamType::Ipnet | ParamType::Ipv4net | ParamType::Ipv6net),
        Value::Double(_) => ty == ParamType::Double,
        Value::Int(_) | Value::Uint(_) => {
            !matches!(ty, ParamType::Charbuf | ParamType::Bytebuf | ParamType::Bool | ParamType::Double)
        }
    }
}

/// A capture as a live source would give it: the machine's boot time counts.
struct Live<'b>(Reader<'b>);

impl EventSource for Live<'_> {
    type Error = falco_scap::Error;

    fn advance(&mut self) -> Result<Advance, Self::Error> {
        self.0.advance()
    }

    fn event(&self) -> Option<Event<'_>> {
        self.0.event()
    }
}

/// What no capture of the reference material has: a container engine's event, a process of a machine whose boot time counts.
fn made() -> Vec<u8> {
    let told = params! {
        res = 0, exe = "x", args = ["y"], tid = 7, pid = 7, ptid = 1, cwd = "", fdlimit = 1, comm = "x", flags = 0, uid = 0, gid = 0,
        vtid = 7, vpid = 7
    };
    let execve = params! {
        res = 0, exe = "x", args = ["y"], tid = 7, pid = 7, ptid = 1, cwd = "", fdlimit = 1, comm = "x", env = ["A=1"], tty = 0,
        exe_ino = 5, exe_ino_ctime = 9_000_000_000_000_u64, exe_ino_mtime = 1
    };
    CaptureBuilder::new()
        .machine(MachineInfo { boot_ts_epoch: 1000, ..MachineInfo::default() })
        .thread(ProcessEntry { tid: 1, pid: 1, ptid: 0, comm: b"init".to_vec(), ..ProcessEntry::default() })
        .event(5, 7, event::SYSCALL_CLONE_20_X, told)
        .event(6, 7, event::SYSCALL_EXECVE_19_X, execve)
        .event(
            7,
            -1,
            event::INFRASTRUCTURE_EVENT_E,
            params!["docker", "x", "Event: e; ID: 0123456789abcdef; name: n; Image: i", "s"],
        )
        .build()
        .unwrap()
}

/// Notes which of an evaluator's values events have, and that they are of their types.
fn look<S: EventSource>(mut inspector: Inspector<S>, evaluator: &mut Evaluator, seen: &mut [bool]) {
    let types: Vec<(ParamType, String)> =
        evaluator.program().extracts.iter().map(|extract| (extract.ty, extract.text.to_string())).collect();
    while let Ok(Some(step)) = inspector.next() {
        let view = step.view();
        let mut session = evaluator.on(&view);
        for (number, (seen, (ty, text))) in (0..).zip(seen.iter_mut().zip(&types)) {
            if let Some(value) = session.value(ExtractId(number)) {
                // A raw argument has the type of the event's parameter; a host's name is found from its address.
                let own_type =
                    text.starts_with("evt.rawarg.") || (text.starts_with("fd.") && text.ends_with("ip.name"));
                assert!(own_type || fits(*ty, &value), "{text} is declared {ty:?} and is {value:?}");
                *seen = true;
            }
        }
    }
}

#[test]
fn every_field_of_the_table_is_computed() {
    let Some(shared) = shared("every_field_of_the_table_is_computed") else { return };
    let catalog = Catalog::builtin();
    let table: Json = serde_json::from_slice(&fs::read(shared.join("tables/fields.json")).unwrap()).unwrap();
    let mut classes: BTreeMap<&str, &str> = BTreeMap::new();
    let mut forms = Vec::new();
    for class in table["classes"].as_array().unwrap() {
        for field in class["fields"].as_array().unwrap() {
            let name = field["name"].as_str().unwrap();
            classes.insert(name, class["id"].as_str().unwrap());
            // A condition takes an event's number in a name for no operator.
            let forms_of = with_argument(name).into_iter().filter(|form| form != "evt.type.is.3");
            forms.extend(forms_of.map(|form| (name, form)));
        }
    }
    assert_eq!(classes.len() as u64, table["total_fields"].as_u64().unwrap());
    let checks: Vec<String> = forms
        .iter()
        .map(|(name, form)| if *name == "evt.around" { format!("{form} = 1") } else { format!("{form} exists") })
        .collect();
    let filter = compile_filter(&catalog, "syscall", &checks.join(" or ")).unwrap();
    let output = compile_output(&catalog, "syscall", "%evt.num").unwrap();
    let (mut evaluator, _) = Evaluator::for_query("syscall", Some(filter), output, &catalog).unwrap();
    let mut seen = vec![false; evaluator.program().extracts.len()];
    for path in captures(&shared) {
        let capture = fs::read(path).unwrap();
        look(Inspector::new(Reader::from_bytes(&capture)), &mut evaluator, &mut seen);
    }
    let made = made();
    look(Inspector::new(Live(Reader::from_bytes(&made))), &mut evaluator, &mut seen);
    let texts: Vec<&str> = evaluator.program().extracts.iter().map(|extract| &*extract.text).collect();
    let has_value = |name: &str| {
        let own = forms.iter().filter(|(of, _)| *of == name);
        own.flat_map(|(_, form)| texts.iter().position(|text| text == form)).any(|at| seen[at])
    };
    let mut tally: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut missing = Vec::new();
    for (name, class) in &classes {
        let (with, all) = tally.entry(class).or_default();
        *all += 1;
        if has_value(name) {
            *with += 1;
        } else {
            missing.push(*name);
        }
    }
    for (class, (with, all)) in &tally {
        println!("every_field_of_the_table_is_computed: {class}: {with} of {all} have a value, of the declared type");
        assert!(*with > 0, "{class}");
    }
    // The fields of plugins, of which none is loaded here.
    assert_eq!(missing, ["evt.plugininfo", "evt.pluginname"]);
}
