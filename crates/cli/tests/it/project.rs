//! The project file and Falco's configuration on the command line.

use std::process::{Command, Output};

use serde_json::Value;

use crate::lsp_workspace::Folder;

const MACRO: &str = "- macro: started\n  condition: evt.type = execve\n";
const RULE: &str = "- rule: R\n  desc: d\n  condition: started and proc.name = x\n  output: x\n  priority: INFO\n";

fn run(folder: &Folder, below: &str, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_falco-rs"));
    command.args(args).current_dir(folder.path.join(below)).env("NO_COLOR", "1").output().unwrap()
}

#[track_caller]
fn check(folder: &Folder, below: &str, args: &[&str], status: i32) -> String {
    let output = run(folder, below, args);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(status), "{out}\n{err}");
    format!("{out}{err}")
}

#[test]
fn falcos_configuration_names_the_rules() {
    let config =
        "rules_files:\n  - /etc/falco-rs-nowhere/z_rules.yaml\n  - /etc/falco-rs-nowhere/rules.d\n  - rules.empty\n";
    let folder = Folder::new(
        "cli-falco",
        &[
            ("falco.yaml", config),
            ("z_rules.yaml", MACRO),
            ("rules.d/a.yaml", RULE),
            ("rules.empty/x.txt", ""),
            ("sub/x", ""),
        ],
    );
    for below in ["", "sub"] {
        let out = check(&folder, below, &["check", "--format", "json"], 0);
        let document: Value = serde_json::from_str(&out).unwrap();
        let files: Vec<&str> = document["files"].as_array().unwrap().iter().map(|f| f.as_str().unwrap()).collect();
        assert!(
            matches!(files.as_slice(), [a, b] if a.ends_with("z_rules.yaml") && b.ends_with("rules.d/a.yaml")),
            "{out}"
        );
    }
    folder.write(".falco-rs.yaml", "rules: [rules.d/a.yaml]\n");
    assert!(check(&folder, "", &["check"], 1).contains("started"));
}

#[test]
fn what_is_wrong_with_the_project_file_has_its_place() {
    let project = "rules: [a_rules.yaml, gone.yaml]\nengin_version: 0.57.0\ncaptures: [x.scap]\n";
    let folder =
        Folder::new("cli-project", &[(".falco-rs.yaml", project), ("a_rules.yaml", "- list: l\n  items: [a]\n")]);
    let out = check(&folder, "", &["check"], 1);
    assert!(out.contains("error[project-file]: unknown key `engin_version`\n  ┌─ .falco-rs.yaml:2:1\n"), "{out}");
    assert!(out.contains("did you mean `engine_version`?"), "{out}");
    assert!(out.contains("there is no rules file or folder `gone.yaml`"), "{out}");
    // The rules are judged all the same.
    assert!(out.contains("LOAD_UNUSED_LIST"), "{out}");
    let document: Value = serde_json::from_str(&check(&folder, "", &["check", "--format", "json"], 1)).unwrap();
    let diagnostics = document["diagnostics"].as_array().unwrap();
    let wrong = diagnostics.iter().find(|d| d["message"].as_str().unwrap().contains("engin_version")).unwrap();
    assert_eq!((&wrong["file"], &wrong["range"]["start"]["line"]), (&".falco-rs.yaml".into(), &2.into()));
    assert_eq!(wrong["fixes"][0]["edits"][0]["text"], "engine_version");
    // What runs rules does not begin.
    let err = check(&folder, "", &["fmt", "--check"], 2);
    assert!(err.contains("`.falco-rs.yaml` line 1 column 23: there is no rules file or folder `gone.yaml`"), "{err}");
    folder.write(".falco-rs.yaml", "rules: [a_rules.yaml]\ncaptures: [x.scap]\n");
    let out = check(&folder, "", &["check"], 0);
    assert!(out.contains("warning[project-file]: there is no capture `x.scap`"), "{out}");
}
