//! What texts resolve to.

use super::*;
use crate::catalog::{Catalog, FieldSchema, PluginSchema};
use crate::types::ParamType;

/// Resolves in the default catalogue; the id must be `id`.
#[track_caller]
fn is(text: &str, id: FieldId, arg: FieldArg) -> FieldRef {
    let found = Catalog::builtin().resolve("syscall", text);
    match found {
        Ok(f) => {
            assert_eq!((f.id, &f.arg), (id, &arg), "{text}");
            f
        }
        Err(e) => panic!("{text}: {e}"),
    }
}

#[track_caller]
fn fails(text: &str) -> FieldError {
    Catalog::builtin().resolve("syscall", text).unwrap_err()
}

#[track_caller]
fn unknown(text: &str) {
    let e = fails(text);
    assert!(e.is_unknown_name(), "{text}: {e}");
}

fn key(text: &str) -> FieldArg {
    FieldArg::Key(text.into())
}

#[test]
fn plain_names() {
    let f = is("proc.name", field::PROC_NAME, FieldArg::None);
    assert_eq!((f.ty, f.is_list), (ParamType::Charbuf, false));
    is("evt.num", field::EVT_NUM, FieldArg::None);
    is("evt.args", field::EVT_ARGS, FieldArg::None);
    is("evt.time", field::EVT_TIME, FieldArg::None);
    is("evt.time.iso8601", field::EVT_TIME_ISO8601, FieldArg::None);
    is("evt.latency.human", field::EVT_LATENCY_HUMAN, FieldArg::None);
    is("evt.latency.quantized", field::EVT_LATENCY_QUANTIZED, FieldArg::None);
    is("thread.cgroups", field::THREAD_CGROUPS, FieldArg::None);
    is("util.cnt", field::UTIL_CNT, FieldArg::None);
    is("fs.path.nameraw", field::FS_PATH_NAMERAW, FieldArg::None);
    assert!(is("fd.types", field::FD_TYPES, FieldArg::None).is_list);
}

#[test]
fn every_known_field_resolves_in_its_source() {
    let catalog = Catalog::builtin();
    let mut seen = 0;
    for source in catalog.sources() {
        for f in catalog.fields_of_source(source.name) {
            seen += 1;
            match catalog.resolve(source.name, f.name) {
                Ok(r) => assert_eq!((r.id, r.ty, r.is_list), (f.id, f.ty, f.is_list), "{}", f.name),
                Err(FieldError::MissingArgument { .. }) => assert_eq!(f.arg, ArgSpec::Required, "{}", f.name),
                Err(e) => panic!("{} of {}: {e}", f.name, source.name),
            }
        }
    }
    assert!(seen > 633);
}

#[test]
fn superfluous_text_reads_as_unknown() {
    for text in [
        "proc.nam",
        "proc.names",
        "proc.name[0]",
        "proc.name.x",
        "evt.time.x",
        "evt.args[0]",
        "evt.argsx",
        "evt.numb",
        "nosuch.field",
        "evt",
        "",
        "proc.",
        "container",
        "container.idx",
        "container.idx[0]",
        "fd.name[x]",
        "fd.typesx",
        "fd.types[x]",
        "ka.verb",
    ] {
        unknown(text);
    }
}

#[test]
fn event_arguments() {
    is("evt.arg.flags", field::EVT_ARG, key("flags"));
    is("evt.arg[0]", field::EVT_ARG, FieldArg::Index(0));
    is("evt.arg[ +7]", field::EVT_ARG, FieldArg::Index(7));
    is("evt.arg[-2]", field::EVT_ARG, FieldArg::Index(-2));
    unknown("evt.arg[0]x");
    unknown("evt.arg.flagsx");
    unknown("evt.arg.flags.x");
    assert!(matches!(fails("evt.arg"), FieldError::MissingArgument { .. }));
    assert!(matches!(fails("evt.argx"), FieldError::MissingArgument { .. }));
    assert!(matches!(fails("evt.arg[x]"), FieldError::BadArgument { .. }));
    assert!(matches!(fails("evt.arg[]"), FieldError::BadArgument { .. }));
    assert!(matches!(fails("evt.arg[0"), FieldError::MissingArgument { .. }));
    assert!(matches!(fails("evt.arg.nosuchparam"), FieldError::UnknownParameter { .. }));
    for text in ["evt.arg", "evt.arg[x]", "evt.arg.nosuchparam"] {
        assert!(!fails(text).is_unknown_name(), "{text}");
    }
}

#[test]
fn raw_arguments_have_the_type_of_the_parameter() {
    assert_eq!(is("evt.rawarg.fd", field::EVT_RAWARG, key("fd")).ty, ParamType::Fd);
    assert_eq!(is("evt.rawarg.data", field::EVT_RAWARG, key("data")).ty, ParamType::Bytebuf);
    assert_eq!(is("evt.rawarg.name", field::EVT_RAWARG, key("name")).ty, ParamType::Fspath);
    assert_eq!(is("evt.arg.fd", field::EVT_ARG, key("fd")).ty, ParamType::Charbuf);
    assert!(matches!(fails("evt.rawarg[0]"), FieldError::BadArgument { .. }));
    assert!(matches!(fails("evt.rawarg"), FieldError::MissingArgument { .. }));
    assert!(matches!(fails("evt.rawarg.nosuch"), FieldError::UnknownParameter { .. }));
}

#[test]
fn around_abspath_and_type_is() {
    is("evt.around[1404996934793590564]", field::EVT_AROUND, FieldArg::Index(1_404_996_934_793_590_564));
    assert!(matches!(fails("evt.around"), FieldError::MissingArgument { .. }));
    assert!(matches!(fails("evt.around.x"), FieldError::MissingArgument { .. }));
    assert!(matches!(fails("evt.around[-1]"), FieldError::BadArgument { .. }));
    unknown("evt.around[1]x");
    is("evt.abspath", field::EVT_ABSPATH, FieldArg::None);
    is("evt.abspath.src", field::EVT_ABSPATH, key("src"));
    is("evt.abspath.dst", field::EVT_ABSPATH, key("dst"));
    unknown("evt.abspath.x");
    unknown("evt.abspath[0]");
    is("evt.type.is.open", field::EVT_TYPE_IS, key("open"));
    is("evt.type.is.3", field::EVT_TYPE_IS, FieldArg::Index(3));
    unknown("evt.type.is.nosuch");
    assert!(matches!(fails("evt.type.is"), FieldError::MissingArgument { .. }));
    is("evt.type", field::EVT_TYPE, FieldArg::None);
    unknown("evt.type[0]");
}

#[test]
fn indices_of_ancestors_and_arguments() {
    is("proc.aname[2]", field::PROC_ANAME, FieldArg::Index(2));
    is("proc.aname", field::PROC_ANAME, FieldArg::None);
    is("proc.aname[-1]", field::PROC_ANAME, FieldArg::None);
    is("proc.aexepath[1]", field::PROC_AEXEPATH, FieldArg::Index(1));
    is("proc.aexe[1]", field::PROC_AEXE, FieldArg::Index(1));
    is("proc.apid[0]", field::PROC_APID, FieldArg::Index(0));
    is("proc.acmdline[3]", field::PROC_ACMDLINE, FieldArg::Index(3));
    is("proc.args[1]", field::PROC_ARGS, FieldArg::Index(1));
    is("proc.args", field::PROC_ARGS, FieldArg::None);
    is("proc.aargs[1]", field::PROC_AARGS, FieldArg::Index(1));
    is("fd.types[3]", field::FD_TYPES, FieldArg::Index(3));
    for text in
        ["proc.aname[x]", "proc.aname[1", "proc.aname[1]x", "proc.anames", "proc.aexex", "proc.args.x", "proc.aname[]"]
    {
        unknown(text);
    }
    // Beyond 32 bits only the low bits are left, as in C.
    is("proc.aname[4294967298]", field::PROC_ANAME, FieldArg::Index(2));
}

#[test]
fn environment_and_cgroups() {
    is("proc.env", field::PROC_ENV, FieldArg::None);
    is("proc.env[PATH]", field::PROC_ENV, key("PATH"));
    is("proc.env[a b]", field::PROC_ENV, key("a b"));
    is("proc.env[7]", field::PROC_ENV, FieldArg::Index(7));
    is("proc.env[]", field::PROC_ENV, FieldArg::None);
    is("proc.aenv[LD_PRELOAD]", field::PROC_AENV, key("LD_PRELOAD"));
    unknown("proc.env[a]b]");
    unknown("proc.environ");
    is("thread.cgroup.cpu_acct", field::THREAD_CGROUP, key("cpu_acct"));
    unknown("thread.cgroup.cpu1");
    assert!(matches!(fails("thread.cgroup"), FieldError::MissingArgument { .. }));
    assert!(matches!(fails("thread.cgroup[cpu]"), FieldError::MissingArgument { .. }));
}

#[test]
fn plugin_arguments() {
    let found = is("container.label[app.kubernetes.io/name]", field::CONTAINER_LABEL, key("app.kubernetes.io/name"));
    assert_eq!(found.ty, ParamType::Charbuf);
    is("container.mount.source[0]", field::CONTAINER_MOUNT_SOURCE, FieldArg::Index(0));
    is("container.mount.source[/etc/*]", field::CONTAINER_MOUNT_SOURCE, key("/etc/*"));
    is("container.mount[01]", field::CONTAINER_MOUNT, key("01"));
    is("container.labels", field::CONTAINER_LABELS, FieldArg::None);
    is("proc.is_container_healthcheck", field::PROC_IS_CONTAINER_HEALTHCHECK, FieldArg::None);
    assert!(matches!(fails("container.label"), FieldError::MissingArgument { .. }));
    assert!(matches!(fails("container.labelx"), FieldError::MissingArgument { .. }));
    assert!(matches!(fails("container.id[0]"), FieldError::UnexpectedArgument { .. }));
    assert!(matches!(fails("container.label[x"), FieldError::BadArgument { .. }));
    unknown("container.label[x]y");

    let catalog = Catalog::builtin();
    let audit = |text: &str| catalog.resolve("k8s_audit", text);
    assert_eq!(audit("ka.req.pod.containers.image[3]").unwrap().arg, FieldArg::Index(3));
    for text in
        ["ka.req.pod.containers.image[x]", "ka.req.pod.containers.image[03]", "ka.sourceips[99999999999999999999]"]
    {
        assert!(matches!(audit(text), Err(FieldError::BadArgument { .. })), "{text}");
    }
    assert_eq!(audit("ka.uri.param[name]").unwrap().arg, key("name"));
}

#[test]
fn sources_have_their_own_fields_and_the_generic_ones() {
    let catalog = Catalog::builtin();
    assert!(catalog.resolve("k8s_audit", "ka.verb").is_ok());
    assert!(catalog.resolve("k8s_audit", "evt.num").is_ok());
    assert!(catalog.resolve("k8s_audit", "evt.pluginname").is_ok());
    assert!(catalog.resolve("k8s_audit", "json.value[/verb]").is_ok());
    assert!(catalog.resolve("k8s_audit", "jevt.value[/verb]").is_ok());
    for text in ["proc.name", "evt.type", "fd.name", "container.id", "ct.name"] {
        assert!(catalog.resolve("k8s_audit", text).unwrap_err().is_unknown_name(), "{text}");
    }
    assert!(catalog.resolve("syscall", "k8s.ns.name").is_ok());
    assert!(catalog.resolve("syscall", "k8smeta.ns.name").is_ok());
    assert!(catalog.resolve("syscall", "json.value[/x]").is_err());
    assert!(Catalog::libs_only().resolve("syscall", "container.id").unwrap_err().is_unknown_name());
    assert!(Catalog::with_known_plugins(["container"]).resolve("syscall", "container.id").is_ok());
    assert!(catalog.resolve("no_such_source", "evt.num").is_ok());
    assert_eq!(catalog.sources_of("ka.verb"), ["k8s_audit"]);
}

#[test]
fn plugins_at_run_time() {
    let mut catalog = Catalog::libs_only();
    let mut input = FieldSchema::new("tool.input", ParamType::Charbuf, "The input of the tool call.");
    input.arg = ArgSpec::Allowed;
    input.arg_key = true;
    let schema = PluginSchema {
        name: "agent_test".into(),
        event_source: Some("agent".into()),
        async_events: vec!["agent_seen".into()],
        fields: vec![FieldSchema::new("tool.name", ParamType::Charbuf, "The tool's name."), input],
        ..PluginSchema::default()
    };
    catalog.with_plugin(&schema).unwrap();
    assert!(catalog.is_known_source("agent") && catalog.is_known_event("agent_seen"));
    let name = catalog.resolve("agent", "tool.name").unwrap();
    assert_eq!(catalog.field(name.id).unwrap().doc, "The tool's name.");
    assert!(usize::from(name.id.0) >= field::known().len());
    assert_eq!(catalog.resolve("agent", "tool.input[a]").unwrap().arg, key("a"));
    assert!(catalog.resolve("syscall", "tool.name").is_err());
    assert_eq!(catalog.fields_of_source("agent").filter(|f| f.plugin.is_some()).count(), 2);

    // Loading it once more replaces it.
    let smaller = PluginSchema { fields: schema.fields[..1].to_vec(), ..schema.clone() };
    catalog.with_plugin(&smaller).unwrap();
    assert!(catalog.resolve("agent", "tool.input").is_err());
    assert_eq!(catalog.sources().count(), 2);
}

#[test]
fn a_plugin_loaded_for_a_known_one_keeps_the_known_ids() {
    let mut catalog = Catalog::builtin();
    let mut label = FieldSchema::new("container.label", ParamType::Charbuf, "label");
    (label.arg, label.arg_key) = (ArgSpec::Required, true);
    catalog
        .with_plugin(&PluginSchema {
            name: "container".into(),
            extract_sources: vec!["syscall".into()],
            fields: vec![
                FieldSchema::new("container.id", ParamType::Charbuf, "id"),
                FieldSchema::new("container.privileged", ParamType::Uint64, "now a number"),
                FieldSchema::new("container.brand_new", ParamType::Bool, "new"),
                label,
            ],
            ..PluginSchema::default()
        })
        .unwrap();
    assert_eq!(catalog.resolve("syscall", "container.id").unwrap().id, field::CONTAINER_ID);
    assert_eq!(catalog.resolve("syscall", "container.label[a]").unwrap().id, field::CONTAINER_LABEL);
    let changed = catalog.resolve("syscall", "container.privileged").unwrap();
    assert_eq!(changed.ty, ParamType::Uint64);
    assert_ne!(changed.id, field::CONTAINER_PRIVILEGED);
    assert!(catalog.resolve("syscall", "container.brand_new").is_ok());
    assert!(catalog.resolve("syscall", "container.name").is_err());
}

#[test]
fn malformed_schemas_are_refused_and_change_nothing() {
    let mut catalog = Catalog::libs_only();
    let with = |fields: Vec<FieldSchema>| PluginSchema { name: "p".into(), fields, ..PluginSchema::default() };
    let field = |name: &str, ty| FieldSchema::new(name, ty, "text");
    for bad in [
        PluginSchema::default(),
        with(vec![field("nodots", ParamType::Charbuf)]),
        with(vec![field("a.", ParamType::Charbuf)]),
        with(vec![field("a.b c", ParamType::Charbuf)]),
        with(vec![field("a.b", ParamType::Dyn)]),
        with(vec![field("a.b", ParamType::Charbuf), field("a.b", ParamType::Bool)]),
        with((0..70_000).map(|i| field(&format!("a.f{i}"), ParamType::Bool)).collect()),
    ] {
        let error = catalog.with_plugin(&bad).unwrap_err();
        assert!(error.to_string().len() > 10);
    }
    assert_eq!(catalog, Catalog::libs_only());
}

#[test]
fn a_prefix_in_an_earlier_class_ends_the_search() {
    let mut catalog = Catalog::libs_only();
    let schema = |name: &str, field: &str| PluginSchema {
        name: name.into(),
        extract_sources: vec!["syscall".into()],
        fields: vec![FieldSchema::new(field, ParamType::Charbuf, "text")],
        ..PluginSchema::default()
    };
    catalog.with_plugin(&schema("first", "proc.name.extra")).unwrap();
    catalog.with_plugin(&schema("second", "proc.colour")).unwrap();
    // `proc.name` begins the text, so the plugin is never asked; nothing built in begins `proc.colour`.
    assert!(catalog.resolve("syscall", "proc.name.extra").unwrap_err().is_unknown_name());
    assert!(catalog.resolve("syscall", "proc.colour").is_ok());
}

#[test]
fn the_longest_prefix_is_found_past_names_that_sort_between() {
    let names = ["ab", "ab.a", "ab.b", "ab.b.a", "b"];
    let find = |text: &str| longest_prefix(names.len(), |i| names[i].as_bytes(), text.as_bytes()).map(|i| names[i]);
    assert_eq!(find("ab.c"), Some("ab"));
    assert_eq!(find("ab.b.b"), Some("ab.b"));
    assert_eq!(find("ab.b.a.c"), Some("ab.b.a"));
    assert_eq!(find("a"), None);
    assert_eq!(find("c"), None);
    assert_eq!(find(""), None);
    // Against the plain definition, for every text of the known names with something behind or cut off.
    let sorted: Vec<&str> = {
        let mut v: Vec<_> = field::known().iter().map(|f| f.name).collect();
        v.sort_unstable();
        v
    };
    for name in &sorted {
        for text in [format!("{name}x"), format!("{name}.zz"), name[..name.len() - 1].to_owned(), (*name).to_owned()] {
            let fast = longest_prefix(sorted.len(), |i| sorted[i].as_bytes(), text.as_bytes()).map(|i| sorted[i]);
            let slow = sorted.iter().filter(|n| text.starts_with(**n)).max_by_key(|n| n.len()).copied();
            assert_eq!(fast, slow, "{text}");
        }
    }
}

#[test]
fn errors_say_what_is_wrong() {
    let text = |t: &str| fails(t).to_string();
    assert_eq!(text("proc.nam"), "unknown field `proc.nam`");
    assert_eq!(text("evt.arg"), "field `evt.arg` needs an argument");
    assert_eq!(
        text("container.labelx"),
        "field `container.label` needs an argument; it is the longest field that begins `container.labelx`"
    );
    assert_eq!(text("evt.arg.nosuch"), "no event has a parameter `nosuch`");
    assert_eq!(text("container.id[0]"), "field `container.id` takes no argument, but has `0`");
    assert!(text("evt.arg[x]").starts_with("field `evt.arg` cannot take the argument `x`: "));
}

#[test]
fn hostile_texts_are_answered_quickly() {
    let catalog = Catalog::builtin();
    for text in [
        "[".repeat(200_000),
        "proc.aname".to_owned() + &"[".repeat(200_000),
        "é".repeat(50_000),
        "evt.arg.".to_owned() + &"x".repeat(100_000),
        format!("proc.aname[{}]", "9".repeat(100_000)),
        "fd.é".into(),
        "evt.argé".into(),
        "proc.env[é]".into(),
        "a\0b".into(),
    ] {
        let _ = catalog.resolve("syscall", &text);
        let _ = catalog.suggest("syscall", &text);
    }
}
