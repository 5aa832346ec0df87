//! Rules files of the Falco project.

use std::path::{Path, PathBuf};

use falco_compiler::{Severity, SourceFile, compile};

use crate::{options, with_lints};

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus");

fn load(name: &str) -> SourceFile {
    let path = Path::new(CORPUS).join(name);
    SourceFile::new(name, std::fs::read_to_string(path).unwrap())
}

fn there(test: &str) -> bool {
    let there = Path::new(CORPUS).exists();
    if !there {
        // Past the capturing of tests that pass: a skip must be seen.
        let _ = std::io::Write::write_all(
            &mut std::io::stderr(),
            format!("skipped: ../shared is not here ({test})\n").as_bytes(),
        );
    }
    there
}

const OFFICIAL: [&str; 3] =
    ["falco/falco_rules.yaml", "falco/falco-incubating_rules.yaml", "falco/falco-sandbox_rules.yaml"];

/// The texts of the official rules files, where they are at hand.
pub(crate) fn official(test: &str) -> Option<Vec<String>> {
    there(test).then(|| OFFICIAL.map(|name| load(name).text.to_string()).to_vec())
}

/// Checks in the official files that do not matter, argued in the lint's page, by what they begin with.
const NEEDLESS: [&[&str]; 3] = [
    &[],
    &["`user.name=root`", "`proc.cmdline contains \"--list\"`"],
    &[
        "`fd.name startswith /etc/httpd/conf.d/`",
        "`fd.name=/etc/redis.conf`",
        "`proc.args endswith \\`",
        "`proc.cmdline contains \"--decode\"`",
    ],
];

/// The findings are those, and nothing else.
#[track_caller]
fn only_needless(found: &[falco_compiler::Diagnostic], expected: &[&str], name: &str) {
    let as_expected = found.len() == expected.len()
        && found.iter().zip(expected).all(|(d, begin)| d.code == "useless-check" && d.message.starts_with(begin));
    assert!(as_expected, "{name}: {found:?}");
}

#[test]
fn official_rules_load_alone_and_together_without_a_finding() {
    if !there("official_rules_load_alone_and_together_without_a_finding") {
        return;
    }
    let mut expected = NEEDLESS.iter();
    let counts = OFFICIAL.map(|name| {
        let compilation = compile(&[load(name)], &with_lints());
        assert!(compilation.loads(), "{name}: {:?}", compilation.load_results());
        only_needless(&compilation.diagnostics(), expected.next().unwrap(), name);
        assert_eq!(compilation.load_results()[0].warnings, [], "{name}");
        assert!(compilation.load_results()[0].schema.as_ref().is_some_and(|schema| schema.is_valid()), "{name}");
        compilation.program().rules.len()
    });
    assert_eq!(counts, [25, 31, 37]);
    let together = compile(&OFFICIAL.map(load), &with_lints());
    assert!(together.loads());
    only_needless(&together.diagnostics(), &NEEDLESS.concat(), "together");
    assert_eq!(together.program().rules.len(), 93);
}

#[test]
fn plugin_rules_load() {
    if !there("plugin_rules_load") {
        return;
    }
    let names = ["aws_cloudtrail_rules", "gcp_auditlog_rules", "github", "k8s_audit_rules", "okta_rules"];
    for name in names {
        let compilation = compile(&[load(&format!("plugins/{name}.yaml"))], &options());
        assert!(compilation.loads(), "{name}: {:?}", compilation.diagnostics());
        assert!(!compilation.program().rules.is_empty(), "{name}");
        let loud: Vec<_> = compilation.iter().filter(|d| d.severity <= Severity::Warning).collect();
        assert!(loud.is_empty(), "{name}: {loud:?}");
    }
    // It changes rules of another file, and needs it.
    let gke = "plugins/k8s_audit_rules_gke.yaml";
    assert!(!compile(&[load(gke)], &options()).loads());
    let both = compile(&[load("plugins/k8s_audit_rules.yaml"), load(gke)], &options());
    assert!(both.loads(), "{:?}", both.diagnostics());
    // Its plugin's event types are not in the catalogue.
    let krsi = compile(&[load("plugins/example_rules.yaml")], &options());
    assert!(krsi.iter().all(|d| d.message.starts_with("unknown event type `krsi_")));
}

#[test]
fn archived_rules_load() {
    if !there("archived_rules_load") {
        return;
    }
    for name in ["application_rules", "falco-deprecated_rules"] {
        let compilation = compile(&[load(&format!("falco-archive/{name}.yaml"))], &options());
        assert!(compilation.loads(), "{name}: {:?}", compilation.diagnostics());
    }
}

/// Any prefix, and any line removed, doubled or garbled: nothing panics, and the damage stays local.
#[test]
fn damage_stays_local() {
    if !there("damage_stays_local") {
        return;
    }
    let text = std::fs::read_to_string(PathBuf::from(CORPUS).join(OFFICIAL[0])).unwrap();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let rules = 25;
    let mut cache = falco_compiler::Cache::default();
    let mut compile_lines = |lines: &[&str]| {
        let file = SourceFile::new("rules.yaml", lines.concat());
        falco_compiler::compile_cached(&[file], &options(), &mut cache)
    };
    for step in (0..lines.len()).step_by(7) {
        let prefix = compile_lines(&lines[..step]);
        assert!(prefix.diagnostics().len() < 400, "prefix of {step} lines: {}", prefix.diagnostics().len());
        let mut removed = lines.clone();
        removed.remove(step);
        let mut doubled = lines.clone();
        doubled.insert(step, lines[step]);
        let mut garbled = lines.clone();
        let junk: String = lines[step].chars().rev().filter(|c| *c != '\n').chain(['\n']).collect();
        garbled[step] = &junk;
        for (what, damaged) in [("removed", removed), ("doubled", doubled), ("garbled", garbled)] {
            let compilation = compile_lines(&damaged);
            let errors = compilation.iter().filter(|d| d.severity == Severity::Error).count();
            assert!(errors <= 40, "line {} {what}: {errors} errors", step + 1);
            let left = compilation.items().rules.len();
            assert!(left + 3 >= rules, "line {} {what}: {left} rules are left", step + 1);
        }
    }
}
