//! The event table.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use crate::docs::Docs;
use crate::facts::{Flags, Syscalls};
use crate::text::{Line, camel, constant, lines, param_type, print_format};

struct Param {
    name: String,
    rust: String,
}

struct Event {
    code: String,
    name: String,
    category: String,
    sources: u16,
    flags: u16,
    params: Vec<Param>,
    /// `None`: the system call of the event's own name.
    syscalls: Option<Vec<usize>>,
}

pub struct Events {
    events: Vec<Event>,
}

fn bits(line: &Line, text: &str, known: &[(&str, u16)]) -> u16 {
    if text == "-" {
        return 0;
    }
    text.split('+')
        .map(|word| known.iter().find(|(n, _)| *n == word).map_or_else(|| line.fail("unknown bit"), |&(_, b)| b))
        .fold(0, |a, b| a | b)
}

impl Events {
    pub fn read(path: &Path, flags: &Flags, syscalls: &Syscalls) -> Self {
        let mut events: Vec<Event> = Vec::new();
        for line in lines(path) {
            let words = line.words();
            if !line.indented {
                let [code, name, category, sources, flags] = words[..] else { line.fail("five words expected") };
                events.push(Event {
                    code: code.to_owned(),
                    name: name.to_owned(),
                    category: camel(category),
                    sources: bits(
                        &line,
                        sources,
                        &[
                            ("SYSCALL", 1 << 9),
                            ("TRACEPOINT", 1 << 10),
                            ("PLUGIN", 1 << 11),
                            ("METAEVENT", 1 << 12),
                            ("ITER", 1 << 13),
                        ],
                    ),
                    flags: bits(
                        &line,
                        flags,
                        &[
                            ("CREATES_FD", 1),
                            ("DESTROYS_FD", 1 << 1),
                            ("USES_FD", 1 << 2),
                            ("READS_FROM_FD", 1 << 3),
                            ("WRITES_TO_FD", 1 << 4),
                            ("MODIFIES_STATE", 1 << 5),
                            ("UNUSED", 1 << 6),
                            ("WAITS", 1 << 7),
                            ("SKIPPARSERESET", 1 << 8),
                            ("OLD_VERSION", 1 << 9),
                            ("LARGE_PAYLOAD", 1 << 11),
                            ("CONVERTER_MANAGED", 1 << 12),
                        ],
                    ),
                    params: Vec::new(),
                    syscalls: None,
                });
                continue;
            }
            let Some(event) = events.last_mut() else { line.fail("parameter without an event") };
            if words[0] == "@" {
                let to = event.syscalls.get_or_insert_with(Vec::new);
                for name in words[1..].iter().filter(|n| **n != "-") {
                    to.push(syscalls.code(name).unwrap_or_else(|| line.fail("unknown system call")));
                }
                continue;
            }
            let [name, ty, format, ref rest @ ..] = words[..] else { line.fail("three words expected") };
            let (mut table, mut dynamic, mut dirfd) = ("None".to_owned(), "&[]".to_owned(), "None".to_owned());
            for word in rest {
                match word.split_once('=') {
                    Some(("flags", t)) if flags.has_table(t) => table = format!("Some(&flags::{})", constant(t)),
                    Some(("dyn", t)) if flags.has_dynamic(t) => dynamic = format!("flags::{}", constant(t)),
                    Some(("dirfd", n)) => dirfd = format!("Some({n})"),
                    _ => line.fail("unknown word or table"),
                }
            }
            event.params.push(Param {
                name: name.to_owned(),
                rust: format!(
                    "ParamInfo {{ name: {name:?}, ty: {}, format: {}, flags: {table}, dynamic: {dynamic}, dirfd_param: {dirfd} }}",
                    param_type(&line, ty),
                    print_format(&line, format)
                ),
            });
        }
        Self { events }
    }

    /// The number of an event by its constant's name.
    pub fn code_of(&self, code: &str) -> usize {
        self.events.iter().position(|e| e.code == code).unwrap_or_else(|| panic!("no event `{code}`"))
    }

    pub fn emit(&self, _flags: &Flags, syscalls: &Syscalls, docs: &Docs) -> String {
        let mut out = String::new();
        let mut by_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        let mut params: BTreeMap<&str, Vec<(usize, usize)>> = BTreeMap::new();
        let mut tables = String::new();
        for (i, e) in self.events.iter().enumerate() {
            let _ = writeln!(out, "#[doc = \"`PPME_{}`, named `{}` in rules.\"]", e.code, e.name);
            let _ = writeln!(out, "pub const {}: EventType = EventType({i});", e.code);
            by_name.entry(&e.name).or_default().push(i);
            for (k, p) in e.params.iter().enumerate() {
                params.entry(&p.name).or_default().push((i, k));
            }
            let own;
            let calls = match &e.syscalls {
                Some(calls) => calls,
                None => {
                    own = vec![syscalls.code(&e.name).unwrap_or_else(|| panic!("no system call `{}`", e.name))];
                    &own
                }
            };
            let calls: Vec<String> = calls.iter().map(|c| format!("Syscall({c})")).collect();
            let rust: Vec<&str> = e.params.iter().map(|p| p.rust.as_str()).collect();
            let _ = writeln!(
                tables,
                "    EventInfo {{ ty: EventType({i}), code: {:?}, name: {:?}, is_exit: {}, category: EventCategory::{}, \
                 sources: EventSources({}), flags: EventFlags({}), params: &[{}], syscalls: &[{}] }},",
                e.code,
                e.name,
                i % 2 == 1,
                e.category,
                e.sources,
                e.flags,
                rust.join(", "),
                calls.join(", ")
            );
        }
        let _ =
            writeln!(out, "/// Every event, by its code.\npub static EVENTS: [EventInfo; {}] = [", self.events.len());
        out.push_str(&tables);
        out.push_str("];\n");

        let _ = writeln!(out, "static BY_NAME: &[(&str, &[EventType])] = &[");
        for (name, codes) in &by_name {
            let codes: Vec<String> = codes.iter().map(|c| format!("EventType({c})")).collect();
            let _ = writeln!(out, "    ({name:?}, &[{}]),", codes.join(", "));
        }
        out.push_str("];\n");

        // Each parameter name with every place where it occurs, in table order: the first one decides the type of `evt.rawarg`.
        let _ = writeln!(out, "static PARAMS: &[(&str, &[(EventType, u8)])] = &[");
        for (name, places) in &params {
            let places: Vec<String> = places.iter().map(|(e, k)| format!("(EventType({e}), {k})")).collect();
            let _ = writeln!(out, "    ({name:?}, &[{}]),", places.join(", "));
        }
        out.push_str("];\n");

        // What `evt.type` can be compared with: names of events (placeholders aside) and of system calls.
        let mut values: Vec<&str> = by_name.keys().copied().filter(|n| *n != "NA" && *n != "syscall").collect();
        values.extend(syscalls.names().iter().map(String::as_str).filter(|n| *n != "unknown" && !n.starts_with("na_")));
        values.sort_unstable();
        values.dedup();
        let _ = writeln!(out, "static VALUES: &[(&str, Doc)] = &[");
        for name in &values {
            let doc = docs.take("events", name);
            let _ = writeln!(out, "    ({name:?}, Doc {{ text: {:?}, example: {:?} }}),", doc.text, doc.example);
        }
        out.push_str("];\n");
        out
    }
}
