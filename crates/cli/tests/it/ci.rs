//! What CI services run: the steps of the action, the hooks, the recipe of the container.

use std::path::Path;
use std::process::{Command, Output};

use serde_yaml::Value;

use crate::repository;

fn yaml(path: &str) -> Value {
    serde_yaml::from_str(&std::fs::read_to_string(repository().join(path)).unwrap()).unwrap()
}

/// The script of the action's step.
fn step(id: &str) -> String {
    let action = yaml("action.yml");
    let steps = action["runs"]["steps"].as_sequence().unwrap();
    steps.iter().find(|step| step["id"] == id).unwrap()["run"].as_str().unwrap().to_owned()
}

/// Runs a step as a runner would, with the program under test on `PATH`.
fn run(id: &str, env: &[(&str, &str)], outputs: &Path) -> Output {
    let program = Path::new(env!("CARGO_BIN_EXE_falco-rs"));
    let path = format!("{}:{}", program.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let mut command = Command::new("bash");
    command.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", &step(id)]).current_dir(repository());
    command.env("PATH", path).env("GITHUB_OUTPUT", outputs).env("GITHUB_PATH", outputs).envs(env.iter().copied());
    command.output().unwrap()
}

#[test]
fn the_action_checks_and_tests() {
    let folder = std::env::temp_dir().join(format!("falco-rs-action-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let outputs = folder.join("outputs");
    let said = || std::fs::read_to_string(&outputs).unwrap_or_default();

    // The program is there already, so nothing is built.
    assert!(run("install", &[("ACTION_PATH", ".")], &outputs).status.success());
    assert_eq!(said(), "");

    let sarif = folder.join("found.sarif");
    let env = [("RULES", "rules/\n\n"), ("DENY", "true"), ("SARIF", sarif.to_str().unwrap())];
    let clean = run("check", &env, &outputs);
    assert!(clean.status.success(), "{clean:?}");
    assert_eq!(said(), "findings=false\n");
    let report: serde_sarif::sarif::Sarif = serde_json::from_slice(&std::fs::read(&sarif).unwrap()).unwrap();
    assert_eq!(report.runs.len(), 1);

    let env = [("RULES", "testdata/broken/unknown_field.yaml"), ("DENY", "false"), ("SARIF", sarif.to_str().unwrap())];
    let found = run("check", &env, &outputs);
    assert_eq!(found.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&found.stdout).starts_with("::error file=testdata/broken/unknown_field.yaml"));
    assert!(said().ends_with("findings=true\n"));

    // A mistake in the workflow is no finding.
    let env = [("RULES", "nothing.yaml"), ("DENY", "false"), ("SARIF", sarif.to_str().unwrap())];
    assert_eq!(run("check", &env, &outputs).status.code(), Some(2));

    let formatted = run("fmt", &[("RULES", "rules/")], &outputs);
    assert!(formatted.status.success(), "{formatted:?}");
    let tested = run("test", &[("TESTS", "rules/")], &outputs);
    assert!(tested.status.success(), "{tested:?}");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn every_input_of_the_action_is_used() {
    let action = yaml("action.yml");
    let text = std::fs::read_to_string(repository().join("action.yml")).unwrap();
    for (name, input) in action["inputs"].as_mapping().unwrap() {
        let name = name.as_str().unwrap();
        assert!(text.contains(&format!("inputs.{name} ")), "{name}");
        assert!(input["description"].is_string() && input["default"].is_string(), "{name}");
    }
}

#[test]
fn hooks_run_on_this_repository() {
    let hooks = yaml(".pre-commit-hooks.yaml");
    let ids: Vec<&str> = hooks.as_sequence().unwrap().iter().map(|hook| hook["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["falco-rs-check", "falco-rs-fmt", "falco-rs-test"]);
    for hook in hooks.as_sequence().unwrap() {
        let entry = hook["entry"].as_str().unwrap();
        let arguments: Vec<&str> = entry.strip_prefix("falco-rs ").unwrap().split(' ').collect();
        let files = regex::Regex::new(hook["files"].as_str().unwrap()).unwrap();
        assert!(files.is_match("rules.d/local_rules.yaml") && !files.is_match("src/main.rs"), "{entry}");
        let mut command = Command::new(env!("CARGO_BIN_EXE_falco-rs"));
        // pre-commit gives the changed files to those that want them.
        let changed = if hook["pass_filenames"] == false { "" } else { "rules/base.yaml" };
        command
            .args(arguments)
            .args((!changed.is_empty()).then_some(changed))
            .current_dir(repository().join("testdata/project"));
        if !changed.is_empty() {
            command.arg("--check").current_dir(repository());
        }
        let output = command.output().unwrap();
        assert!(output.status.success(), "{entry}: {output:?}");
    }
}

#[test]
fn the_container_copies_what_a_build_needs() {
    let recipe = std::fs::read_to_string(repository().join("docs/ci/Containerfile")).unwrap();
    let readme = std::fs::read_to_string(repository().join("README.md")).unwrap();
    let mut copied = Vec::new();
    for line in recipe.lines().filter_map(|line| line.strip_prefix("COPY ")).filter(|line| !line.starts_with("--from"))
    {
        let mut words: Vec<&str> = line.split(' ').collect();
        words.pop();
        for source in words {
            assert!(repository().join(source).exists(), "{source}");
            copied.push(source);
        }
    }
    for needed in ["Cargo.toml", "Cargo.lock", "crates", "bpf", "xtask"] {
        assert!(copied.contains(&needed), "{needed}");
    }
    // The packages of a build are those of the README.
    let need = readme.split("need=\"").nth(1).unwrap().split('"').next().unwrap();
    let line = recipe.lines().find(|line| line.contains("clang")).unwrap();
    for package in need.split(' ') {
        assert!(line.contains(package), "{package}");
    }
    let release = std::fs::read_to_string(repository().join("rust-toolchain.toml")).unwrap();
    let channel = release.split("channel = \"").nth(1).unwrap().split('"').next().unwrap();
    let (version, _) = channel.rsplit_once('.').unwrap();
    assert!(recipe.contains(&format!("rust:{version}-")), "{channel}");
}
