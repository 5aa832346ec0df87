//! Completion of a field's argument: in brackets, or behind the dot of a field that takes it so.

use falco_catalog::{ArgSpec, event};
use falco_syntax::TextRange;

use super::{Completions, goes_with};
use crate::types::*;

/// Ancestors, as the fields of the processes above one count them.
const ANCESTORS: &[(&str, &str)] =
    &[("0", "the process itself"), ("1", "the parent"), ("2", "the grandparent"), ("3", "three levels up")];

/// Arguments that rules are known to use, with what they stand for, by field.
const KNOWN: &[(&str, &[(&str, &str)])] = &[
    ("proc.aname", ANCESTORS),
    ("proc.apid", ANCESTORS),
    ("proc.aexe", ANCESTORS),
    ("proc.aexepath", ANCESTORS),
    ("proc.acmdline", ANCESTORS),
    ("proc.aargs", ANCESTORS),
    ("proc.aenv", ENVIRONMENT),
    ("proc.env", ENVIRONMENT),
    ("proc.args", &[("0", "the first argument"), ("1", "the second argument"), ("2", "the third argument")]),
    ("fd.types", &[("0", "standard input"), ("1", "standard output"), ("2", "standard error")]),
    ("evt.arg", &[("0", "the first parameter"), ("1", "the second parameter"), ("2", "the third parameter")]),
    ("k8s.pod.label", LABELS),
    ("k8s.ns.label", LABELS),
    ("k8s.deployment.label", LABELS),
    ("container.label", LABELS),
    ("container.mount", MOUNTS),
    ("container.mount.dest", MOUNTS),
    ("container.mount.mode", MOUNTS),
    ("container.mount.propagation", MOUNTS),
    ("container.mount.rdwr", MOUNTS),
    ("container.mount.source", &[("0", "the first mount"), ("/etc", "by destination"), ("/var/log", "by destination")]),
];

const ENVIRONMENT: &[(&str, &str)] = &[
    ("HISTFILE", "where the shell keeps its history"),
    ("HOME", "the user's home"),
    ("LD_LIBRARY_PATH", "where libraries are looked for first"),
    ("LD_PRELOAD", "libraries that are loaded into every program"),
    ("PATH", "where programs are looked for"),
    ("SHELL", "the user's shell"),
    ("SSH_CLIENT", "who is logged in over SSH, from where"),
    ("SSH_CONNECTION", "both ends of the SSH connection"),
    ("SUDO_USER", "who called sudo"),
    ("USER", "the user's name"),
];

const LABELS: &[(&str, &str)] = &[
    ("app", "the application"),
    ("app.kubernetes.io/component", "the part of the application"),
    ("app.kubernetes.io/name", "the application"),
];

const MOUNTS: &[(&str, &str)] = &[
    ("0", "the first mount"),
    ("/proc", "by source"),
    ("/var/run/docker.sock", "by source"),
    ("/etc*", "by source, with a pattern"),
];

/// What can stand in the brackets behind a field's name.
pub(crate) fn in_brackets(out: &mut Completions<'_>, field: &str, typed: &str, range: TextRange) {
    if out.catalog().field_by_name(field).is_none_or(|info| info.arg == ArgSpec::None) {
        return;
    }
    let known = KNOWN.iter().filter(|(name, _)| *name == field).flat_map(|(_, known)| known.iter());
    for (rank, (argument, what)) in known.enumerate() {
        if argument.starts_with(typed) || goes_with(argument, typed) {
            let rank = u8::try_from(rank).unwrap_or(u8::MAX);
            out.word(argument, CompletionKind::Value, range, rank, Some((*what).to_owned()), None);
        }
    }
}

/// The subsystems of `thread.cgroup.NAME`.
const CGROUPS: [&str; 8] = ["blkio", "cpu", "cpuacct", "cpuset", "devices", "freezer", "memory", "pids"];

/// What can stand behind the dot of a field that takes its argument so: `evt.arg.flags`. False if `typed` has no such field.
pub(crate) fn behind_dot(out: &mut Completions<'_>, typed: &str, range: TextRange) -> bool {
    let fields = ["evt.arg.", "evt.rawarg.", "evt.type.is.", "evt.abspath.", "thread.cgroup."];
    let Some((field, part)) = fields.iter().find_map(|f| Some((*f, typed.strip_prefix(f)?))) else { return false };
    let names: Vec<&str> = match field {
        "evt.arg." | "evt.rawarg." => event::param_names().collect(),
        "evt.type.is." => out.catalog().event_names().collect(),
        "evt.abspath." => vec!["src", "dst"],
        _ => CGROUPS.to_vec(),
    };
    for name in names.into_iter().filter(|name| goes_with(name, part)) {
        let is_parameter = matches!(field, "evt.arg." | "evt.rawarg.");
        let detail = event::param_by_prefix(name).filter(|_| is_parameter).map(|p| p.ty.label().to_owned());
        let topic = Topic::Field(field.trim_end_matches('.').to_owned());
        out.word(&format!("{field}{name}"), CompletionKind::Field, range, 20, detail, Some(topic));
    }
    true
}
