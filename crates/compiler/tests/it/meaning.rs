//! What files come to: programs, reports, indices, filters.

use std::sync::Arc;

use falco_catalog::{Catalog, EventSet};
use falco_compiler::program::{BoolExpr, Const, ExtractKind, Operand, OutputPiece, Transformer};
use falco_compiler::{
    AppendOutput, Change, Effective, FalcoCode, ItemKind, LintLevel, LoadedPlugin, Severity, SourceFile, Version,
    compile, compile_filter, compile_output, fixture,
};
use falco_syntax::condition::ast::Operator;

use crate::{compiled, file, options, rule};

const TWO_RULES: &str = "
- list: shells
  items: [bash, zsh]
- macro: spawned
  condition: evt.type in (execve, execveat) and evt.arg.res = 0
- rule: Shell
  desc: A shell
  condition: spawned and proc.name in (shells) and not tolower(proc.pname) startswith x
  output: \"%-5 shell %10proc.name of %user.name[0] (%len(proc.args))\"
  priority: warning
  tags: [b, a, b]
- rule: Other
  desc: d
  condition: spawned and proc.name in (bash, zsh)
  output: other
  priority: INFO
  enabled: no
  capture: true
  capture_duration: 500
";

#[test]
fn rules_share_atoms_and_extractions() {
    let compilation = compiled(&TWO_RULES.replace("%-5 ", ""));
    assert!(compilation.loads(), "{:?}", compilation.diagnostics());
    let program = compilation.program();
    let [shell, other] = program.rules.as_slice() else { panic!() };
    assert_eq!(
        (shell.name.as_str(), shell.priority.as_str(), shell.enabled, shell.capture),
        ("Shell", "Warning", true, None)
    );
    assert_eq!(shell.tags, ["a", "b"]);
    assert_eq!((other.enabled, other.capture), (false, Some(500)));
    assert_eq!(
        shell.condition_text,
        "((evt.type in (execve, execveat) and evt.arg.res = 0) and proc.name in (bash, zsh) and not tolower(proc.pname) startswith x)"
    );
    // The macro's two atoms and the list are the same in both; only the transformer's is the first rule's own.
    assert_eq!(program.atoms.len(), 4);
    let BoolExpr::And(parts) = &other.condition else { panic!() };
    let [BoolExpr::And(spawned), BoolExpr::Atom(names, _)] = parts.as_slice() else { panic!() };
    assert!(matches!(spawned.as_slice(), [BoolExpr::Atom(a, 0), BoolExpr::Atom(b, 1)] if (a.0, b.0) == (0, 1)));
    let atom = &program.atoms[names.0 as usize];
    assert_eq!(atom.op, Operator::In);
    assert_eq!(atom.right, Operand::Consts([Const::Bytes(b"bash"[..].into()), Const::Bytes(b"zsh"[..].into())].into()));
    assert_eq!(&*program.extracts[atom.left.0 as usize].text, "proc.name");
    let lower = program.extracts.iter().find(|e| &*e.text == "tolower(proc.pname)").unwrap();
    let ExtractKind::Call { transformer: Transformer::Tolower, args, suffix: None } = &lower.kind else { panic!() };
    assert_eq!(&*program.extracts[args[0].0 as usize].text, "proc.pname");
    assert_eq!(shell.events, EventSet::by_names(["execve", "execveat"]));
}

#[test]
fn outputs_are_pieces() {
    let compilation = compiled(&TWO_RULES.replace("%-5 ", ""));
    let program = compilation.program();
    let output = &program.rules[0].output;
    assert!(output.keep_missing);
    let shown: Vec<String> = output
        .pieces
        .iter()
        .map(|piece| match piece {
            OutputPiece::Text(text) => format!("{text:?}"),
            OutputPiece::Value { extract, width } => {
                format!("{}:{width:?}", program.extracts[extract.0 as usize].text)
            }
        })
        .collect();
    assert_eq!(
        shown,
        ["\"shell \"", "proc.name:Some(10)", "\" of \"", "user.name:None", "\"[0] (\"", "len(proc.args):None", "\")\""]
    );
}

#[test]
fn atoms_know_where_they_were_written() {
    let compilation = compiled(&TWO_RULES.replace("%-5 ", ""));
    let text = TWO_RULES.replace("%-5 ", "");
    let text = text.trim_start_matches('\n');
    let program = compilation.program();
    let places: Vec<(&str, Vec<String>, &str)> = program.rules[0]
        .provenance
        .iter()
        .map(|p| (p.text.as_str(), p.macros.clone(), &text[p.range.start as usize..p.range.end as usize]))
        .collect();
    let spawned = || vec!["spawned".to_owned()];
    assert_eq!(
        places,
        [
            ("evt.type in (execve, execveat)", spawned(), "evt.type in (execve, execveat)"),
            ("evt.arg.res = 0", spawned(), "evt.arg.res = 0"),
            ("proc.name in (shells)", vec![], "proc.name in (shells)"),
            ("tolower(proc.pname) startswith x", vec![], "tolower(proc.pname) startswith x"),
        ]
    );
}

#[test]
fn atoms_of_exceptions_know_their_exception() {
    let text = rule("evt.type = open")
        + "  exceptions:\n    - name: mine\n      fields: [proc.name, fd.name]\n      comps: [in, startswith]\n      values:\n        - [[a, b], /x]\n        - [c, \"/a b\"]\n";
    let compilation = compile(&[file(&text)], &options());
    let program = compilation.program();
    let rule = &program.rules[0];
    assert_eq!(
        rule.condition_text,
        "(evt.type = open and not ((proc.name in (a, b) and fd.name startswith /x) or (proc.name in (c) and fd.name startswith \"/a b\")))"
    );
    let exceptions: Vec<Option<&str>> = rule.provenance.iter().map(|p| p.exception.as_deref()).collect();
    assert_eq!(exceptions, [None, Some("mine"), Some("mine"), Some("mine"), Some("mine")]);
    assert_eq!(rule.provenance[3].text, "proc.name in (c)");
}

#[test]
fn constants_have_the_type_of_their_field() {
    let text = rule(
        "evt.type = open and fd.sport = http and fd.sip = ::1 and fd.snet = 10.1.2.3/8 and evt.is_io = true and proc.pid = -3 and evt.num = 7 and evt.buffer bcontains 00ff and thread.cpu > 5",
    );
    let program = compile(&[file(&text)], &options()).program();
    let consts: Vec<String> = program.atoms[1..]
        .iter()
        .map(|atom| match &atom.right {
            Operand::Consts(consts) => format!("{:?}", consts[0]),
            other => format!("{other:?}"),
        })
        .collect();
    assert_eq!(
        consts,
        ["Uint(80)", "Ip(::1)", "Net(10.1.2.3/8)", "Bool(true)", "Int(-3)", "Uint(7)", "Bytes([0, 255])", "Int(5)"]
    );
}

#[test]
fn configured_outputs_are_joined() {
    let mut options = options();
    options.append_outputs = vec![
        AppendOutput { extra_output: Some("on %evt.hostname".into()), ..AppendOutput::default() },
        AppendOutput {
            rule: Some("r".into()),
            tags: vec!["t".into()],
            extra_fields: vec![("host".into(), "%evt.hostname!".into()), ("proc.pid".into(), String::new())],
            ..AppendOutput::default()
        },
        AppendOutput {
            source: Some("k8s_audit".into()),
            extra_output: Some("never".into()),
            ..AppendOutput::default()
        },
    ];
    let text = rule("evt.type = open") + "  tags: [t]\n";
    let program = compile(&[file(&text)], &options).program();
    assert_eq!(program.rules[0].output.text, "x on %evt.hostname");
    let fields: Vec<(&str, &str)> =
        program.rules[0].extra_fields.iter().map(|(key, format)| (key.as_str(), format.text.as_str())).collect();
    assert_eq!(fields, [("host", "%evt.hostname!"), ("proc.pid", "%proc.pid")]);
    options.append_outputs[0].extra_output = Some("%nosuch.field".into());
    let compilation = compile(&[file(&text)], &options);
    assert_eq!(compilation.load_results()[0].errors[0].code, FalcoCode::ErrCompileOutput);
}

#[test]
fn a_later_file_is_judged_with_everything_before_it() {
    let fixture = fixture::strip(
        "
//- first.yaml
- macro: used_later
  condition: evt.type = open
- list: l
  items: [a]
- rule: r
  desc: d
  condition: proc.name regex foo and proc.name in (l)
  output: x
  priority: INFO
//- second.yaml
- rule: q
  desc: d
  condition: used_later
  output: x
  priority: INFO
",
    );
    let compilation = compile(&fixture.files, &options());
    let codes = |i: usize| compilation.load_results()[i].warnings.iter().map(|w| w.code.as_str()).collect::<Vec<_>>();
    assert_eq!(codes(0), ["LOAD_COMPILE_CONDITION", "LOAD_NO_EVTTYPE", "LOAD_UNUSED_MACRO"]);
    // What concerns the first file is said again, under the first file's name.
    assert_eq!(codes(1), ["LOAD_COMPILE_CONDITION", "LOAD_NO_EVTTYPE"]);
    assert_eq!(compilation.load_results()[1].warnings[0].locations[0].position.name, "first.yaml");
    let ours: Vec<&str> = compilation.iter().map(|d| d.code).collect();
    assert_eq!(ours, ["LOAD_NO_EVTTYPE", "LOAD_COMPILE_CONDITION"]);
}

#[test]
fn what_is_defined_in_a_later_file_is_missing_in_the_earlier_one() {
    let fixture = fixture::strip(
        "
//- first.yaml
- rule: r
  desc: d
  condition: later
  output: x
  priority: INFO
//- second.yaml
- macro: later
  condition: evt.type = open
",
    );
    let compilation = compile(&fixture.files, &options());
    assert!(!compilation.load_results()[0].successful);
    assert!(compilation.load_results()[1].successful);
    assert_eq!(compilation.diagnostics().len(), 1);
    assert_eq!(compilation.diagnostics()[0].message, "undefined macro `later`");
    // The program has what the files mean in the end.
    assert_eq!(compilation.program().rules[0].condition_text, "evt.type = open");
}

#[test]
fn falco_goes_on_with_what_it_had_collected_before_an_error() {
    let fixture = fixture::strip(
        "
//- first.yaml
- macro: a
  condition: evt.type = open
- macro: b
- macro: c
  condition: evt.type = close
//- second.yaml
- rule: r
  desc: d
  condition: a or c
  output: x
  priority: INFO
",
    );
    let compilation = compile(&fixture.files, &options());
    // Falco stopped at `b` and never saw `c`; we did.
    assert_eq!(compilation.load_results()[1].errors[0].message, "undefined macro `c`");
    let ours: Vec<&str> = compilation.iter().map(|d| &*d.message).collect();
    assert_eq!(ours, ["macro has no `condition`"]);
}

#[test]
fn the_schema_has_its_own_opinion() {
    let schema = |text: &str| compile(&[file(text)], &options()).load_results()[0].schema.clone();
    assert!(schema(&rule("evt.type = open")).unwrap().is_valid());
    // A priority in lower case loads, but is none of the schema's.
    let lower = schema(&rule("evt.type = open").replace("INFO", "info")).unwrap();
    assert_eq!(lower.warnings, ["item 0: `priority` is none of the priorities in upper case"]);
    // A key of another kind of item passes; an unknown one does not.
    assert!(schema("- macro: m\n  condition: evt.type = open\n  items: [a]\n").unwrap().is_valid());
    assert!(!schema("- macro: m\n  condition: evt.type = open\n  typo: 1\n").unwrap().is_valid());
    assert!(schema("- list: l\n  items: [a]\n---\n- typo: 1\n").unwrap().is_valid(), "only the first document counts");
    assert_eq!(schema("# nothing\n"), None);
    assert_eq!(schema("- [\n"), None);
}

#[test]
fn comparisons_with_na_are_warned_about() {
    let text = "- rule: r\n  desc: d\n  condition: ka.verb = <NA> and ka.verb in (<NA>, x)\n  output: x\n  priority: INFO\n  source: k8s_audit\n";
    let compilation = compile(&[file(text)], &options());
    let codes: Vec<&str> = compilation.load_results()[0].warnings.iter().map(|w| w.code.as_str()).collect();
    assert_eq!(codes, ["LOAD_UNSAFE_NA_CHECK"]);
    assert_eq!(compilation.diagnostics().len(), 2);
}

#[test]
fn plugins_are_required_only_where_it_is_known_what_is_loaded() {
    let text = "- required_plugin_versions:\n  - {name: json, version: 0.7.0, alternatives: [{name: other, version: 1.2.0}]}\n";
    let with = |plugins: Option<&[(&str, Version)]>| {
        let mut options = options();
        options.plugins = plugins.map(|plugins| {
            plugins.iter().map(|(name, version)| LoadedPlugin { name: (*name).into(), version: *version }).collect()
        });
        compile(&[file(text)], &options).diagnostics().into_iter().map(|d| d.message).collect::<Vec<_>>()
    };
    assert!(with(None).is_empty());
    assert!(with(Some(&[("json", Version::new(0, 7, 3))])).is_empty());
    assert!(with(Some(&[("other", Version::new(1, 2, 0))])).is_empty());
    assert_eq!(with(Some(&[])), ["plugin `json` 0.7.0 or `other` 1.2.0 is required, but not loaded"]);
    assert_eq!(
        with(Some(&[("json", Version::new(1, 0, 0))])),
        ["plugin `json` is loaded in version 1.0.0, but `json` 0.7.0 or `other` 1.2.0 is required"]
    );
}

#[test]
fn sources_can_be_restricted() {
    let mut options = options();
    let text = "- rule: r\n  desc: d\n  condition: ka.verb = get\n  output: x\n  priority: INFO\n  source: k8s_audit\n";
    assert!(compile(&[file(text)], &options).diagnostics().is_empty());
    options.sources = Some(vec!["syscall".into()]);
    let compilation = compile(&[file(text)], &options);
    assert_eq!(compilation.diagnostics()[0].code, "LOAD_UNKNOWN_SOURCE");
    assert!(compilation.loads() && compilation.program().rules.is_empty());
}

#[test]
fn newer_engines_are_laxer_and_stricter() {
    let mut options = options();
    let both = rule("evt.type = open and evt.type = close").replace("  warn_evttypes: false\n", "");
    let codes = |text: &str, options: &falco_compiler::Options| {
        compile(&[file(text)], options).iter().map(|d| d.code).collect::<Vec<_>>()
    };
    let escape = rule("'evt.type = open and proc.name = \"\\x41\"'");
    let zero = rule("evt.num = 0").replace("  warn_evttypes: false\n", "");
    assert_eq!(codes(&both, &options), ["LOAD_NO_EVTTYPE"]);
    assert_eq!(codes(&escape, &options), ["LOAD_ERR_COMPILE_CONDITION"]);
    assert_eq!(codes(&zero, &options), ["LOAD_NO_EVTTYPE"]);
    options.engine_version = Version::NEXT;
    assert!(codes(&both, &options).is_empty());
    assert!(codes(&escape, &options).is_empty());
    assert!(codes(&zero, &options).is_empty());
}

#[test]
fn lints_have_levels() {
    let text = rule("evt.type = open") + "  desc: e\n";
    let mut options = options();
    let severity = |options: &falco_compiler::Options| {
        compile(&[file(&text)], options).diagnostics().first().map(|d| (d.code, d.severity))
    };
    assert_eq!(severity(&options), Some(("duplicate-key", Severity::Warning)));
    options.lints.set("duplicate-key", LintLevel::Error).unwrap();
    assert_eq!(severity(&options), Some(("duplicate-key", Severity::Error)));
    options.lints.set("duplicate-key", LintLevel::Off).unwrap();
    assert_eq!(severity(&options), None);
}

#[test]
fn the_index_knows_sites_and_uses() {
    let fixture = fixture::strip(
        "
//- a.yaml
- list: shells
  items: [bash]
- list: all
  items: [shells, perl]
- macro: m
  condition: proc.name in (all)
- rule: r
  desc: d
  condition: evt.type = execve and m and not m
  output: x
  priority: INFO
//- b.yaml
- list: shells
  items: [zsh]
  override: {items: append}
- rule: r
  enabled: false
  override: {enabled: replace}
",
    );
    let text = |span: falco_compiler::Span| &fixture.files[span.file.index()].text[span.range()];
    let compilation = compile(&fixture.files, &options());
    let items = compilation.items();
    let shells = items.list_named("shells").unwrap();
    assert_eq!(shells.sites.iter().map(|s| s.change).collect::<Vec<_>>(), [Change::Define, Change::Append]);
    assert_eq!(text(shells.sites[1].body.unwrap()), "[zsh]");
    assert_eq!(text(shells.sites[0].name), "shells");
    assert_eq!((text(shells.references[0].span), &*shells.references[0].from), ("shells", "all"));
    let Effective::List { items: effective } = &items.list_named("all").unwrap().effective else { panic!() };
    let effective: Vec<(&str, &str)> = effective.iter().map(|(item, span)| (item.as_str(), text(*span))).collect();
    assert_eq!(effective, [("bash", "bash"), ("zsh", "zsh"), ("perl", "perl")]);
    let m = items.macro_named("m").unwrap();
    assert_eq!(m.references.len(), 2);
    assert!(m.references.iter().all(|r| r.from_kind == ItemKind::Rule && text(r.span) == "m"));
    let Effective::Macro { expanded, .. } = &m.effective else { panic!() };
    assert_eq!(expanded.as_deref(), Some("proc.name in (bash, zsh, perl)"));
    let r = items.rule_named("r").unwrap();
    assert_eq!(r.sites[1].change, Change::Replace);
    let Effective::Rule { enabled, events, .. } = &r.effective else { panic!() };
    assert_eq!((*enabled, events.clone()), (false, Some(EventSet::by_name("execve"))));
}

#[test]
fn filters_stand_alone() {
    let catalog = Catalog::builtin();
    let filter = compile_filter(&catalog, "syscall", "evt.type=open and not fd.name contains lib").unwrap();
    assert!(matches!(filter.condition, BoolExpr::And(_)));
    assert_eq!(filter.spans, [0..13, 22..42]);
    assert_eq!(filter.program.atoms.len(), 2);
    let error = |text: &str| {
        let error = compile_filter(&catalog, "syscall", text).unwrap_err();
        (error.message, error.range)
    };
    assert_eq!(error("proc.nam = x"), ("unknown field `proc.nam`".into(), 0..8));
    assert_eq!(
        error("evt.type = open and shell"),
        ("`shell` is no check: a filter that stands alone has no macros".into(), 20..25)
    );
    assert_eq!(error("evt.type = open and").1, 19..19);
    assert!(compile_filter(&catalog, "syscall", "").is_err());
    let deep = format!("{}evt.num = 1{}", "(".repeat(30), ")".repeat(30));
    assert!(compile_filter(&catalog, "syscall", &deep).is_err(), "the recursion limit is 100");
}

#[test]
fn formats_stand_alone() {
    let catalog = Catalog::builtin();
    let plain = compile_output(&catalog, "syscall", "%evt.num %proc.name").unwrap();
    assert!(!plain.template.keep_missing);
    let starred = compile_output(&catalog, "syscall", "*%evt.num %proc.name").unwrap();
    assert!(starred.template.keep_missing);
    assert_eq!(plain.template.pieces, starred.template.pieces);
    let error = compile_output(&catalog, "syscall", "*%evt.num %proc.nam").unwrap_err();
    assert_eq!((&*error.message, error.range), ("unknown field `proc.nam`", 11..19));
    assert!(compile_output(&catalog, "syscall", "").is_err());
    assert!(compile_output(&catalog, "syscall", "*").is_err());
    assert!(compile_output(&catalog, "syscall", "100%").is_err());
}

#[test]
fn results_can_be_sent_to_other_threads() {
    let compilation = Arc::new(compiled(&TWO_RULES.replace("%-5 ", "")));
    let other = Arc::clone(&compilation);
    let rules = std::thread::spawn(move || other.program().rules.len()).join().unwrap();
    assert_eq!(rules, 2);
    assert_eq!(SourceFile::new("a", "b").path, "a");
}
