//! Rules for an older engine: what it lacks is an error there and nowhere else.

use falco_compiler::{Options, Version, compile};

use crate::{check_with, file, options, rule};

fn engine(minor: u32) -> Options {
    Options { engine_version: Version::new(0, minor, 0), ..options() }
}

/// Whether a Falco with this engine loads a rule with the condition.
fn loads(minor: u32, condition: &str) -> bool {
    compile(&[file(&rule(condition))], &engine(minor)).loads()
}

#[test]
fn every_kind_of_thing_is_looked_at() {
    for (condition, too_old, old_enough) in [
        ("evt.type = open and evt.is_open_exec = true", 5, 6),
        ("evt.type = open and proc.is_exe_upper_layer = true", 14, 16),
        ("evt.type = open and proc.pgid = 1", 43, 49),
        ("evt.type = open and tolower(proc.pgid.name) = x", 43, 49),
        ("evt.type = open and proc.name = val(proc.pgid.name)", 43, 49),
        ("evt.type = open and proc.env[HOME] = /root", 26, 31),
        ("evt.type = open and proc.args[1] = x", 43, 57),
        ("evt.type = open and evt.buffer bcontains 00", 8, 15),
        ("evt.type = open and proc.name regex a.*", 31, 43),
        ("evt.type = open and basename(proc.exepath) = x", 31, 43),
        ("evt.type = open and tolower(proc.name) = x", 31, 42),
        ("evt.type = open and proc.name = val(proc.pname)", 31, 42),
        ("evt.type = open and concat(proc.name, proc.pname) = x", 58, 62),
        ("evt.type = open and proc.name startswith anyof (a, b)", 58, 62),
        ("evt.type = renameat2", 6, 7),
    ] {
        assert!(!loads(too_old, condition), "engine {too_old}: {condition}");
        assert!(loads(old_enough, condition), "engine {old_enough}: {condition}");
        assert!(loads(62, condition), "{condition}");
    }
    // What nothing is known about, or what was always there, is not judged.
    for condition in ["evt.type = open and proc.name = x", "evt.type = open and proc.env contains x"] {
        assert!(loads(2, condition), "{condition}");
    }
}

#[test]
fn it_is_said_where_it_stands() {
    check_with(
        "\
- macro: leaders
  condition: proc.is_pgid_leader = true
#            ^^^^^^^^^^^^^^^^^^^ error: field `proc.is_pgid_leader` is newer than engine 0.43.0; it came with Falco 0.40 (engine 0.49.0 at the latest)
- rule: r
  desc: d
  condition: evt.type = open and leaders and proc.name = anyof (a, b) and evt.dir = <
#                                                        ^^^^^ error: modifier `anyof` is newer than engine 0.43.0; it came with Falco 0.44 (engine 0.62.0)
  output: a %proc.pgid.exe
#            ^^^^^^^^^^^^^ error: field `proc.pgid.exe` is newer than engine 0.43.0; it came with Falco 0.40 (engine 0.49.0 at the latest)
  priority: INFO
",
        &engine(43),
    );
}

#[test]
fn unknown_names_can_be_skipped() {
    let text = rule("evt.type = open and proc.pgid = 1") + "  skip-if-unknown-filter: true\n";
    let compilation = compile(&[file(&text)], &engine(43));
    assert!(compilation.loads(), "{:?}", compilation.diagnostics());
    assert_eq!(compilation.iter().map(|d| d.code).collect::<Vec<_>>(), ["LOAD_UNKNOWN_FILTER"]);
    assert!(compilation.program().rules.is_empty());
}

#[test]
fn warnings_of_deprecated_fields_begin_with_their_release() {
    let text = rule("evt.type = open and evt.dir = < and evt.latency > 0").replace("output: x", "output: x %evt.dir");
    let warnings = |minor: u32| -> Vec<String> {
        let compilation = compile(&[file(&text)], &engine(minor));
        let ours = compilation.iter().filter(|d| d.code == "LOAD_DEPRECATED_ITEM").count();
        let falcos =
            compilation.load_results()[0].warnings.iter().filter(|w| w.code.as_str() == "LOAD_DEPRECATED_ITEM");
        let fields: Vec<String> = falcos.filter_map(|w| w.deprecated_field).map(str::to_owned).collect();
        assert_eq!(ours, fields.len());
        fields
    };
    assert_eq!(warnings(43), [] as [&str; 0]);
    assert_eq!(warnings(57), ["evt.dir", "evt.dir"]);
    assert_eq!(warnings(62), ["evt.dir", "evt.dir", "evt.latency"]);
}
