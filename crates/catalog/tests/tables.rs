//! The catalogue against the shared tables of facts, and the quality of our documentation.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use falco_catalog::conversion::{Action, Fallback, Instruction};
use falco_catalog::language::{OPERATORS, TRANSFORMERS};
use falco_catalog::{
    ArgSpec, Catalog, EventType, FieldInfo, ParamType, PrintFormat, Syscall, codes, conversion, event, field, flags,
    keys, language, syscall,
};
use serde_json::Value;

/// A shared table, or `None` with a visible line where it is not at hand.
fn table(name: &str) -> Option<Value> {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/tables")).join(name);
    match std::fs::read_to_string(path) {
        Ok(text) => Some(serde_json::from_str(&text).unwrap()),
        Err(_) => {
            // Past the capturing of tests that pass: a skip must be seen.
            let _ = std::io::Write::write_all(
                &mut std::io::stderr(),
                format!("skipped: ../shared is not here (tables/{name})\n").as_bytes(),
            );
            None
        }
    }
}

fn list<'v>(value: &'v Value, key: &str) -> &'v Vec<Value> {
    value[key].as_array().unwrap_or_else(|| panic!("{key}"))
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_else(|| panic!("{key}"))
}

fn number(value: &Value, key: &str) -> usize {
    usize::try_from(value[key].as_u64().unwrap_or_else(|| panic!("{key}"))).unwrap()
}

fn param_type(id: usize) -> ParamType {
    ParamType::from_number(u8::try_from(id).unwrap()).unwrap()
}

fn format_number(format: PrintFormat) -> usize {
    match format {
        PrintFormat::Na => 0,
        PrintFormat::Dec => 1,
        PrintFormat::Hex => 2,
        PrintFormat::PaddedDec10 => 3,
        PrintFormat::Id => 4,
        PrintFormat::Dir => 5,
        PrintFormat::Oct => 6,
    }
}

#[test]
fn counts() {
    assert_eq!(EventType::COUNT, 454);
    assert_eq!(Syscall::COUNT, 454);
    assert_eq!(syscall::x86_64().len(), 380);
    assert_eq!(field::builtin().len(), 233);
    assert_eq!(field::known().len() - field::builtin().len(), 400);
    assert_eq!(conversion::rules().len(), 253);
    assert_eq!(flags::tables().len(), 55);
    assert_eq!(field::classes().len(), 9);
    assert_eq!(Catalog::builtin().plugins().count(), 11);
    assert_eq!(codes::CODES.iter().filter(|c| c.is_error).count(), 7);
    assert_eq!(OPERATORS.len(), 20);
    assert_eq!(TRANSFORMERS.len(), 9);
}

#[test]
fn events_equal_the_table() {
    let Some(table) = table("events.json") else { return };
    let formats = &table["print_formats"];
    let events = list(&table, "events");
    assert_eq!(events.len(), event::EVENTS.len());
    for (e, ours) in events.iter().zip(&event::EVENTS) {
        let code = text(e, "code");
        assert_eq!(format!("PPME_{}", ours.code), code);
        assert_eq!(ours.name, text(e, "name"), "{code}");
        assert_eq!(usize::from(ours.ty.0), number(e, "id"), "{code}");
        assert_eq!(ours.is_exit, text(e, "direction") == "exit", "{code}");
        assert_eq!(usize::from(ours.category as u16 | ours.sources.0), number(e, "category_raw"), "{code}");
        assert_eq!(usize::from(ours.flags.0), number(e, "flags_raw"), "{code}");
        assert_eq!(ours.flags.unused(), e["unused"].as_bool().unwrap(), "{code}");
        assert_eq!(ours.flags.old_version(), e["old_version"].as_bool().unwrap(), "{code}");
        assert_eq!(ours.flags.large_payload(), e["large_payload"].as_bool().unwrap(), "{code}");
        assert_eq!(ours.flags.converter_managed(), e["converter_managed"].as_bool().unwrap(), "{code}");
        let calls: Vec<&str> = list(e, "ppm_sc").iter().map(|s| s.as_str().unwrap()).collect();
        assert_eq!(ours.syscalls.iter().map(|s| s.name().unwrap()).collect::<Vec<_>>(), calls, "{code}");
        let params = list(e, "params");
        assert_eq!(params.len(), ours.params.len(), "{code}");
        for (p, own) in params.iter().zip(ours.params) {
            let place = format!("{code}.{}", own.name);
            assert_eq!(own.name, text(p, "name"));
            assert_eq!(own.ty, param_type(number(p, "type_id")), "{place}");
            assert_eq!(format_number(own.format), number(formats, text(p, "fmt")), "{place}");
            assert_eq!(own.flags.map(|t| t.name), p["flags_table"].as_str(), "{place}");
            assert_eq!(own.dirfd_param.map(u64::from), p["dirfd_param"].as_u64(), "{place}");
            let dynamic = p["dyn_table"].as_str().map_or(&[][..], |t| list(&table["dynamic_params"], t));
            assert_eq!(own.dynamic.len(), dynamic.len(), "{place}");
            for (d, own) in dynamic.iter().zip(own.dynamic) {
                assert_eq!(own.ty, param_type(number(d, "type_id")), "{place}");
                assert_eq!(format_number(own.format), number(formats, text(d, "fmt")), "{place}");
            }
        }
    }
}

#[test]
fn flags_equal_the_table() {
    let Some(table) = table("flags.json") else { return };
    let tables = table["tables"].as_object().unwrap();
    assert_eq!(tables.len(), flags::tables().len());
    for (name, entries) in tables {
        let ours = flags::table(name).unwrap();
        let theirs: Vec<(&str, u32)> = entries
            .as_array()
            .unwrap()
            .iter()
            .map(|e| (text(e, "name"), u32::try_from(number(e, "value")).unwrap()))
            .collect();
        assert_eq!(ours.entries, theirs, "{name}");
    }
}

#[test]
fn syscalls_equal_the_table() {
    let Some(table) = table("syscalls.json") else { return };
    for (code, s) in Syscall::all().zip(list(&table, "ppm_sc")) {
        assert_eq!(usize::from(code.0), number(s, "code"));
        assert_eq!(code.name(), s["name"].as_str());
    }
    let native = list(&table, "x86_64");
    assert_eq!(native.len(), syscall::x86_64().len());
    for (s, ours) in native.iter().zip(syscall::x86_64()) {
        assert_eq!(usize::from(ours.nr), number(s, "nr"));
        assert_eq!(usize::from(ours.code.0), number(s, "ppm_sc"));
        assert_eq!(Some(ours.enter), event::by_code(text(s, "enter")));
        assert_eq!(Some(ours.exit), event::by_code(text(s, "exit")));
        assert_eq!(usize::from(ours.flags), number(s, "uf_flags"));
        assert_eq!(syscall::native_x86_64(ours.nr), Some(ours));
    }
}

#[test]
fn conversions_equal_the_table() {
    let Some(table) = table("conversions.json") else { return };
    let entries = list(&table, "entries");
    assert_eq!(entries.len(), conversion::rules().len());
    for e in entries {
        let event = event::by_code(text(e, "event")).unwrap();
        assert_eq!(usize::from(event.0), number(e, "id"));
        let n = number(e, "nparams");
        let rule = conversion::rule(event, n).unwrap();
        let (action, target, made) = match rule.action {
            Action::Store => ("store", event, &[][..]),
            Action::StoreAndPass => ("store_and_pass", event, &[][..]),
            Action::Pass => ("pass", event, &[][..]),
            Action::AddParams(made) => ("add_params", event, made),
            Action::ChangeType(to, made) => ("change_type", to, made),
        };
        let place = format!("{} with {n} parameters", text(e, "event"));
        assert_eq!(action, text(e, "action"), "{place}");
        assert_eq!(e["target"].as_str().is_some(), action == "change_type", "{place}");
        if let Some(to) = e["target_id"].as_u64() {
            assert_eq!(u64::from(target.0), to, "{place}");
        }
        let instructions = list(e, "instructions");
        assert_eq!(made.len(), instructions.len(), "{place}");
        let kept = if action == "add_params" { n } else { 0 };
        for (k, (i, own)) in instructions.iter().zip(made).enumerate() {
            // Where the value goes and of what type it is follows from the target's own entry.
            let param = &target.info().unwrap().params[kept + k];
            assert_eq!(kept + k, number(i, "dest_index"), "{place}");
            assert_eq!(param.name, text(i, "dest_name"), "{place}");
            let fallback = |f: &Fallback| if *f == Fallback::Empty { "empty" } else { "default" };
            let (from, index, fallback) = match own {
                Instruction::Empty => ("empty", None, None),
                Instruction::Default => ("default", None, None),
                Instruction::Old(index) => ("old", Some(*index), None),
                Instruction::Enter { index, fallback: f } => ("enter", Some(*index), Some(fallback(f))),
                Instruction::ContainerJson { fallback: f } => ("callback", Some(0), Some(fallback(f))),
            };
            assert_eq!(from, text(i, "frm"), "{place}");
            assert_eq!(index.map(u64::from), i["index"].as_u64(), "{place}");
            assert_eq!(fallback, i["fallback"].as_str(), "{place}");
        }
    }
}

fn arg_spec(name: &str) -> ArgSpec {
    match name {
        "none" => ArgSpec::None,
        "allowed" => ArgSpec::Allowed,
        "required" => ArgSpec::Required,
        other => panic!("{other}"),
    }
}

#[test]
fn fields_equal_the_table() {
    let (Some(table), Some(events)) = (table("fields.json"), table("events.json")) else { return };
    let mut ours = field::builtin().iter();
    for (class, own) in list(&table, "classes").iter().zip(field::classes()) {
        assert_eq!((own.name, own.id), (text(class, "class"), text(class, "id")));
        assert_eq!(own.generic, text(class, "sources") == "all");
        assert_eq!(own.hidden, text(class, "class_flags") == "FL_HIDDEN");
        assert_eq!(own.fields().len(), number(class, "field_count"));
        for f in list(class, "fields") {
            let own = ours.next().unwrap();
            let name = text(f, "name");
            assert_eq!(own.name, name);
            assert_eq!(own.ty, param_type(number(&events["param_types"], text(f, "type"))), "{name}");
            assert_eq!(format_number(own.format), number(&events["print_formats"], text(f, "print_format")), "{name}");
            assert_eq!(own.arg, arg_spec(text(f, "arg")), "{name}");
            let yes = |key: &str| f[key].as_bool().unwrap();
            assert_eq!(own.is_list, yes("list"), "{name}");
            assert_eq!(own.flags.deprecated(), yes("deprecated"), "{name}");
            assert_eq!(own.flags.filter_only(), yes("filter_only"), "{name}");
            assert_eq!(own.flags.print_only(), yes("print_only"), "{name}");
            assert_eq!(own.flags.hidden(), yes("hidden"), "{name}");
            assert_eq!(own.flags.rhs_allowed(), yes("rhs_allowed"), "{name}");
            assert_eq!(own.flags.transformer_allowed(), yes("transformer_allowed"), "{name}");
            let has = |flag: &str| list(f, "flags").iter().any(|x| x == flag);
            assert_eq!(own.flags.no_ptr_stability(), has("EPF_NO_PTR_STABILITY"), "{name}");
            assert_eq!(own.flags.table_only(), has("EPF_TABLE_ONLY"), "{name}");
            assert_eq!(own.deprecated.is_some(), yes("deprecated"), "{name}");
        }
    }
    assert!(ours.next().is_none());
}

#[test]
fn plugin_fields_equal_the_table() {
    let Some(table) = table("plugin-fields.json") else { return };
    let catalog = Catalog::builtin();
    let mut seen = 0;
    for plugin in list(&table, "plugins") {
        let name = text(plugin, "plugin");
        let ours: BTreeMap<&str, &FieldInfo> =
            catalog.fields().filter(|f| f.plugin == Some(name)).map(|f| (f.name, f)).collect();
        assert_eq!(ours.len(), number(plugin, "field_count"), "{name}");
        for f in list(plugin, "fields") {
            seen += 1;
            let field = text(f, "name");
            let own = ours[field];
            let ty = match text(f, "type") {
                "string" => ParamType::Charbuf,
                "uint64" => ParamType::Uint64,
                "bool" => ParamType::Bool,
                "ipaddr" => ParamType::Ipaddr,
                "abstime" => ParamType::Abstime,
                "reltime" => ParamType::Reltime,
                other => panic!("{other}"),
            };
            assert_eq!((own.ty, own.arg), (ty, arg_spec(text(f, "arg"))), "{field}");
            assert_eq!(own.is_list, f["list"].as_bool().unwrap(), "{field}");
            let has = |key: &str, word: &str| list(f, key).iter().any(|x| x == word);
            assert_eq!((own.arg_index, own.arg_key), (has("arg_kind", "index"), has("arg_kind", "key")), "{field}");
            assert_eq!(own.flags.plugin_hidden(), has("properties", "hidden"), "{field}");
            assert_eq!(own.flags.conversation(), has("properties", "conversation"), "{field}");
            assert_eq!(own.flags.info(), has("properties", "info"), "{field}");
            assert_eq!(own.flags.suggested_output(), f["suggested_output"].as_bool().unwrap(), "{field}");
        }
        if let Some(source) = plugin["event_source"].as_str() {
            assert!(catalog.is_known_source(source));
        }
        for source in plugin["extract_event_sources"].as_array().into_iter().flatten() {
            let source = source.as_str().unwrap();
            let here = catalog.fields_of_source(source).filter(|f| f.plugin == Some(name)).count();
            assert_eq!(here, ours.len(), "{name} for {source}");
        }
    }
    assert_eq!(seen, 400);
}

#[test]
fn operators_equal_the_matrix() {
    let (Some(table), Some(events)) = (table("operators.json"), table("events.json")) else { return };
    let order: Vec<&str> = list(&table["lexer_order"], "after_left_side").iter().map(|n| n.as_str().unwrap()).collect();
    assert_eq!(OPERATORS.iter().map(|o| o.name).collect::<Vec<_>>(), order);
    let mut listed = BTreeSet::new();
    for (ty, row) in table["matrix"].as_object().unwrap() {
        let ty = param_type(number(&events["param_types"], ty));
        listed.insert(ty);
        for (name, allowed) in row.as_object().unwrap() {
            let own = language::operator(name).unwrap();
            assert_eq!(own.accepts(ty, false), allowed.as_bool().unwrap(), "{ty:?} {name}");
        }
    }
    for ty in ParamType::ALL.iter().filter(|t| !listed.contains(t)) {
        assert!(OPERATORS.iter().all(|o| o.accepts(*ty, false) == (o.name == "exists")), "{ty:?}");
    }
    for ty in ParamType::ALL {
        let element = list(&table["list_fields"], "element_types")
            .iter()
            .any(|t| param_type(number(&events["param_types"], t.as_str().unwrap())) == ty);
        for o in &OPERATORS {
            let wanted = o.name == "exists" || element && matches!(o.name, "in" | "intersects");
            assert_eq!(o.accepts(ty, true), wanted, "list of {ty:?} {}", o.name);
        }
    }
    for o in list(&table, "operators") {
        let own = language::operator(text(o, "name")).unwrap();
        assert_eq!(own.blank_after, o["blank_after"].as_bool().unwrap());
        assert_eq!(own.takes_modifier(), o["modifiers"].as_bool().unwrap_or(false));
    }
    let names: Vec<&str> = list(&table, "transformers").iter().map(|t| text(t, "name")).collect();
    assert_eq!(TRANSFORMERS.iter().map(|t| t.name).collect::<Vec<_>>(), names);
}

#[test]
fn codes_equal_the_table() {
    let Some(table) = table("diagnostics.json") else { return };
    let theirs: Vec<(&str, bool)> = list(&table, "errors")
        .iter()
        .map(|c| (text(c, "code"), true))
        .chain(list(&table, "warnings").iter().map(|c| (text(c, "code"), false)))
        .collect();
    assert_eq!(codes::CODES.iter().map(|c| (c.code, c.is_error)).collect::<Vec<_>>(), theirs);
    let warned: BTreeSet<&str> = list(&table, "deprecated_fields").iter().map(|f| text(f, "field")).collect();
    let ours: BTreeSet<&str> =
        field::builtin().iter().filter(|f| f.flags.deprecated() && !f.flags.table_only()).map(|f| f.name).collect();
    assert_eq!(ours, warned);
}

/// Every text of our documentation, with what it is of.
fn all_docs() -> Vec<(String, &'static str)> {
    let mut docs: Vec<(String, &'static str)> = Vec::new();
    docs.extend(field::known().iter().map(|f| (f.name.to_owned(), f.doc)));
    docs.extend(field::classes().iter().map(|c| (format!("class {}", c.id), c.doc)));
    docs.extend(OPERATORS.iter().map(|o| (format!("operator {}", o.name), o.doc().text)));
    docs.extend(TRANSFORMERS.iter().map(|t| (format!("transformer {}", t.name), t.doc().text)));
    docs.extend(language::MODIFIERS.iter().map(|m| (format!("modifier {m}"), language::modifier_doc(m).text)));
    docs.extend(language::CONNECTIVES.iter().map(|m| (format!("word {m}"), language::connective_doc(m).text)));
    docs.extend(language::PRIORITIES.iter().map(|p| (format!("priority {p}"), language::priority_doc(p).text)));
    docs.extend(keys::KEYS.iter().map(|k| (format!("key {:?}.{}", k.item, k.name), k.doc().text)));
    docs.extend(keys::OVERRIDE_ACTIONS.iter().map(|a| (format!("action {a}"), keys::override_action_doc(a).text)));
    docs.extend(codes::CODES.iter().map(|c| (format!("code {}", c.code), c.doc().text)));
    docs.extend(Catalog::builtin().sources().map(|s| (format!("source {}", s.name), s.doc)));
    docs.extend(language::tags().map(|t| (format!("tag {}", t.name), t.doc.text)));
    docs
}

#[test]
fn everything_is_documented_and_nothing_in_the_same_words() {
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    for (what, doc) in all_docs() {
        assert!(doc.len() >= 20, "{what}: `{doc}` is too short");
        let last = doc.trim_end_matches('`').chars().last().unwrap();
        assert!(matches!(last, '.' | ')'), "{what}: `{doc}` does not end a sentence");
        assert!(!doc.contains("  ") && doc.trim() == doc, "{what}: stray blanks in `{doc}`");
        assert!(doc.matches('`').count() % 2 == 0, "{what}: an open backtick in `{doc}`");
        // The same but for case and punctuation counts as the same.
        let plain: String = doc.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        if let Some(other) = seen.insert(plain, what.clone()) {
            panic!("{what} and {other} are documented in the same words: `{doc}`");
        }
    }
    assert!(seen.len() > 900, "{}", seen.len());
}

#[test]
fn hidden_columns_and_others_are_told_apart() {
    for f in field::builtin() {
        let internal = f.doc.contains("internal column") || f.doc.contains("not for rules");
        assert!(!f.flags.hidden() || internal, "{} is table-only, its documentation does not say so", f.name);
    }
}

#[test]
fn the_common_events_are_documented() {
    let documented = event::names().filter(|n| event::doc(n).text.len() >= 20).count();
    assert!(documented >= 120, "{documented}");
    for name in ["open", "openat", "execve", "connect", "accept", "unlink", "ptrace", "mount", "setuid", "procexit"] {
        assert!(event::doc(name).text.len() >= 20, "{name}");
    }
    // Every event that is in use; calls without an event of their own may lack a text.
    for e in event::EVENTS.iter().filter(|e| e.is_used() && e.name != "syscall") {
        assert!(e.doc().text.len() >= 15, "{}", e.name);
    }
}

/// The words of an example that stand where a field can: lower-case parts with dots between them, outside of quotes, and not
/// behind an operator.
fn field_words(example: &str) -> Vec<String> {
    let mut words = Vec::new();
    for line in example.lines() {
        let outside: String = line.split('"').step_by(2).collect::<Vec<_>>().join(" ");
        let outside: String =
            outside.split('[').map(|part| part.split_once(']').map_or(part, |(_, rest)| rest)).collect();
        let outside = outside.replace(['(', ')', ','], " ");
        let mut before = "";
        for word in outside.split_whitespace() {
            let word = word.trim_start_matches('%');
            let value = matches!(before, "=" | "!=" | "in" | "startswith" | "endswith" | "contains");
            let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_');
            let dotted = word.contains('.') && !word.starts_with('.') && !word.ends_with('.');
            if dotted && !value && word.chars().all(is_word) && word.starts_with(|c: char| c.is_ascii_lowercase()) {
                words.push(word.to_owned());
            }
            before = word;
        }
    }
    words
}

#[test]
fn examples_use_fields_that_exist_and_show_their_own() {
    let catalog = Catalog::builtin();
    let known = |word: &str| {
        catalog.sources().any(|s| {
            let found = catalog.resolve(s.name, word);
            found.is_ok() || matches!(found, Err(falco_catalog::FieldError::MissingArgument { .. }))
        })
    };
    for f in field::known() {
        let words = field_words(f.example);
        for word in &words {
            assert!(known(word), "{}: the example names `{word}`, which is no field", f.name);
        }
        if !f.example.is_empty() && !f.example.starts_with("output:") {
            let own = words.iter().any(|w| w.starts_with(f.name));
            assert!(own, "{}: the example does not show it: {}", f.name, f.example);
        }
    }
    for name in event::names() {
        for word in field_words(event::doc(name).example) {
            assert!(known(&word), "{name}: the example names `{word}`, which is no field");
        }
    }
}
