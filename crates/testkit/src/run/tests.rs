//! Tests of running test files.

use falco_catalog::event;
use falco_scap::builder::CaptureBuilder;
use falco_scap::params;

use super::*;
use crate::command::{CommandError, NoCommands, Recorded};
use crate::report::{Failure, Outcome};

fn run(rules: &str, test: &str) -> FileReport {
    run_with(rules, test, &NoCommands)
}

fn run_with(rules: &str, test: &str, commands: &dyn Commands) -> FileReport {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("falco-rs-testkit-{}-{number}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("rules.yaml"), rules).unwrap();
    let path = folder.join("rules_test.yaml");
    std::fs::write(&path, format!("rules: [rules.yaml]\n{test}")).unwrap();
    let report = run_file(&path, &Arc::new(Catalog::builtin()), None, commands);
    std::fs::remove_dir_all(folder).unwrap();
    report
}

const RULES: &str = "- rule: Shell
  desc: d
  condition: evt.type = execve and proc.name in (bash, zsh) and not user.name = root
  output: shell %proc.name by %user.name
  priority: NOTICE
  tags: [b, a]
- rule: Off
  desc: d
  condition: evt.type = execve and proc.tty = 0
  output: off
  priority: DEBUG
  enabled: false
";

fn failures(test: &str) -> Vec<Failure> {
    let report = run(RULES, test);
    assert_eq!(report.problems, []);
    let [case] = report.cases.as_slice() else { panic!("{report:?}") };
    match &case.outcome {
        Outcome::Passed => Vec::new(),
        Outcome::Failed(failures) => failures.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn exact_expectations() {
    let good = "tests:
  - name: t
    events: [{evt.type: execve, proc.name: bash, user.name: ada}, {evt.type: execve, proc.name: ls}]
    expect: [{rule: Shell, tags: [a, b], priority: notice, output: shell bash by ada, fields: {user.name: ada}}]
";
    assert_eq!(failures(good), []);
    let found = failures(&good.replace("expect: [{rule", "expect: [] # [{rule"));
    let [Failure::Unexpected { event: 1, why, .. }] = found.as_slice() else { panic!("{found:?}") };
    assert!(why.contains("proc.name"), "{why}");
}

#[test]
fn a_missing_alert_names_the_nearest_event() {
    let test = "tests:
  - name: t
    events: [{evt.type: open}, {evt.type: execve, proc.name: bash, user.name: root}]
    expect: [{rule: Shell}]
";
    let found = failures(test);
    let [Failure::Missing { rule, count: 1, near: Some(near), .. }] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((rule.as_str(), near.event, near.distance), ("Shell", 2, 1));
    assert!(near.tree.contains("root"), "{}", near.tree);
}

#[test]
fn a_different_alert_says_in_what() {
    let test = "tests:
  - name: t
    events: [{evt.type: execve, proc.name: zsh, user.name: ada}]
    expect: [{rule: Shell, priority: Error, output: {contains: bash}, fields: {fd.name: x}}]
";
    let found = failures(test);
    let [Failure::Different { wrong, .. }] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(
        *wrong,
        [
            "priority should be Error, is Notice",
            "output should contain `bash`, is `shell zsh by ada`",
            "field `fd.name` is not in the rule's output"
        ]
    );
}

#[test]
fn disabled_rules_count_where_they_are_named() {
    let test = "tests:
  - name: t
    events: [{evt.type: execve, proc.name: ls, proc.tty: 0}]
    expect: [{rule: Off}]
";
    assert_eq!(failures(test), []);
    assert_eq!(failures(&test.replace("[{rule: Off}]", "[]")), []);
    let only = test.replace("    expect: [{rule: Off}]", "    only: [Shell]\n    expect: []");
    assert_eq!(failures(&only), []);
}

#[test]
fn counts() {
    let test = "defaults: {evt.type: execve, proc.name: bash}
tests:
  - name: t
    events: [{user.name: a}, {user.name: b}, {user.name: c}]
    expect: [{rule: Shell, count: 3}]
";
    assert_eq!(failures(test), []);
    let found = failures(&test.replace("count: 3", "count: 4"));
    assert!(matches!(found.as_slice(), [Failure::Missing { count: 1, .. }]), "{found:?}");
    let found = failures(&test.replace("count: 3", "count: 2"));
    assert!(matches!(found.as_slice(), [Failure::Unexpected { .. }]), "{found:?}");
}

/// A recorder that knows one command, which starts a shell as its second argument says.
struct Shells;

impl Commands for Shells {
    fn record(&self, argv: &[String], folder: &Path) -> Result<Recorded, CommandError> {
        assert!(folder.join("rules.yaml").exists(), "it runs beside the test");
        let [program, shell] = argv else { return Err(CommandError::Failed("no such command".into())) };
        assert_eq!(program, "start");
        let exec = params! { res = 0, exe = &shell[..], tid = 7, pid = 7, ptid = 1, comm = &shell[..], fdlimit = 1024 };
        let recorded = Recorded::new().unwrap();
        let capture = CaptureBuilder::new().event(1, 7, event::SYSCALL_EXECVE_19_X, exec).build().unwrap();
        std::fs::write(recorded.capture(), capture).unwrap();
        Ok(recorded)
    }
}

#[test]
fn commands_are_recorded_and_judged() {
    let test = |command: &str| format!("tests:\n  - name: t\n    command: {command}\n    expect: [{{rule: Shell}}]\n");
    let outcome = |command, commands: &dyn Commands| {
        let mut report = run_with(RULES, &test(command), commands);
        assert_eq!(report.problems, []);
        let skipped = matches!(report.cases[0].outcome, Outcome::Skipped(_));
        assert_eq!(report.passed(), skipped || report.cases[0].passed());
        report.cases.remove(0).outcome
    };
    let started = outcome("[start, zsh]", &Shells);
    assert!(matches!(started, Outcome::Passed), "{started:?}");
    assert!(matches!(outcome("[start, ls]", &Shells), Outcome::Failed(_)));
    let Outcome::Broken(problem) = outcome("[start]", &Shells) else { panic!() };
    assert_eq!(problem.message, "no such command");
    let Outcome::Skipped(reason) = outcome("[start, zsh]", &NoCommands) else { panic!() };
    assert_eq!(reason, "commands are not run here");
}

#[test]
fn coverage_counts_the_comparisons_of_the_rules_that_cases_name() {
    let mut texts = Texts::default();
    texts.insert(Path::new("/nowhere/rules.yaml"), RULES);
    let test = "rules: [rules.yaml]
defaults: {evt.type: execve, proc.name: bash}
tests:
  - name: t
    events: [{user.name: ada}, {user.name: root}, {}]
    expect: [{rule: Shell, count: 2}]
";
    texts.insert(Path::new("/nowhere/rules_test.yaml"), test);
    let options = RunOptions { texts, coverage: Counted::Named, ..RunOptions::default() };
    let report =
        run_file_with(Path::new("/nowhere/rules_test.yaml"), &Arc::new(Catalog::builtin()), &options, &NoCommands);
    assert!(report.passed(), "{report:?}");
    let counts: Vec<_> = report
        .coverage
        .comparisons()
        .map(|c| (c.text.as_str(), c.counts.yes, c.counts.no, c.counts.no_value, c.counts.decisive))
        .collect();
    assert_eq!(
        counts,
        [("evt.type = execve", 3, 0, 0, 2), ("proc.name in (bash, zsh)", 3, 0, 0, 2), ("user.name = root", 1, 1, 1, 3)]
    );
}

#[test]
fn mistakes_have_their_place() {
    let report = run(RULES, "tests:\n  - name: t\n    events: [{proc.nmae: x}]\n    expect: [{rule: Shel}]\n");
    assert_eq!(report.problems.len(), 1, "{report:?}");
    assert_eq!(&report.text[report.problems[0].span.clone()], "Shel");
    assert_eq!(report.problems[0].help.as_deref(), Some("did you mean `Shell`?"));

    let report = run(RULES, "tests:\n  - name: t\n    events: [{proc.nmae: x}]\n    expect: []\n");
    let Outcome::Broken(problem) = &report.cases[0].outcome else { panic!("{report:?}") };
    assert_eq!(&report.text[problem.span.clone()], "proc.nmae");

    let report = run("- rule: x\n", "tests:\n  - name: t\n    events: []\n    expect: []\n");
    assert!(!report.refused.is_empty());
    assert!(!report.passed());
}

#[test]
fn mocks_replace_macros_and_lists() {
    let rules = "- list: shells
  items: [bash]
- macro: trusted
  condition: user.name = root
- rule: Shell
  desc: d
  condition: evt.type = execve and proc.name in (shells) and not trusted
  output: x %proc.name
  priority: INFO
";
    let test = "mock: {lists: {shells: [ash]}}
defaults: {evt.type: execve, user.name: ada}
tests:
  - name: the file's list
    events: [{proc.name: bash}, {proc.name: ash}, {proc.name: ash, user.name: root}]
    expect: [{rule: Shell, fields: {proc.name: ash}}]
  - name: both
    mock: {lists: {shells: [fish, bash]}, macros: {trusted: user.name = ada or proc.pname = init}}
    events: [{proc.name: fish, user.name: root}, {proc.name: bash}, {proc.name: ash}]
    expect: [{rule: Shell, fields: {proc.name: fish}}]
  - name: a quoted one
    mock: {macros: {trusted: 'proc.cmdline = \"a: b\"'}}
    events: [{proc.name: ash}, {proc.name: ash, proc.cmdline: 'a: b'}]
    expect: [{rule: Shell}]
";
    let report = run(rules, test);
    assert!(report.passed() && report.cases.len() == 3, "{report:?}");
    let problem = |from: &str, to: &str| {
        let report = run(rules, &test.replace(from, to));
        let Some(problem) = report.problems.first() else { panic!("{report:?}") };
        let help = problem.help.clone().unwrap_or_default();
        format!("{}: {} {help}", &report.text[problem.span.clone()], problem.message)
    };
    assert_eq!(
        problem("{trusted: user", "{trusty: user"),
        "trusty: no macro `trusty` is loaded did you mean `trusted`?"
    );
    assert_eq!(
        problem("{lists: {shells: [fish", "{lists: {shell: [fish"),
        "shell: no list `shell` is loaded did you mean `shells`?"
    );
    let wrong = problem("proc.pname = init", "proc.pnam = init");
    assert!(wrong.starts_with("user.name = ada or proc.pnam = init: the mock does not load: unknown field"), "{wrong}");
    assert!(problem("macros: {trusted", "macro: {trusted").contains("did you mean `macros`?"));
}

#[test]
fn a_matrix_makes_a_test_for_each_combination() {
    let test = "defaults: {evt.type: execve, user.name: ada}
tests:
  - name: ${user} starts ${shell}
    matrix: {user: [ada, bob], shell: [bash, zsh]}
    events: [{proc.name: \"${shell}\", user.name: \"${user}\"}]
    expect: [{rule: Shell, output: \"shell ${shell} by ${user}\", fields: {proc.name: {contains: \"${shell}\"}}}]
  - name: rows
    matrix:
      - {user: root, n: 0}
      - {user: ada, n: 1}
      - {user: null, n: 1}
    events: [{proc.name: bash, user.name: \"${user}\"}]
    expect: [{rule: Shell, count: \"${n}\"}]
";
    let report = run(RULES, test);
    assert!(report.passed(), "{report:?}");
    let names: Vec<&str> = report.cases.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "ada starts bash",
            "ada starts zsh",
            "bob starts bash",
            "bob starts zsh",
            "rows [user=root, n=0]",
            "rows [user=ada, n=1]",
            "rows [user=, n=1]"
        ]
    );
    let problem = |from: &str, to: &str| {
        let report = run(RULES, &test.replace(from, to));
        let Some(problem) = report.problems.first() else { panic!("{report:?}") };
        format!("{} ({})", problem.message, problem.help.clone().unwrap_or_default())
    };
    assert_eq!(
        problem(
            "user.name: \"${user}\"}]\n    expect: [{rule: Shell, count",
            "user.name: \"${usr}\"}]\n    expect: [{rule: Shell, count"
        ),
        "the matrix has no parameter `usr` (did you mean `${user}`?)"
    );
    assert_eq!(
        problem("shell: [bash, zsh]}", "shell: [bash, zsh], more: [1]}"),
        "nothing in the test uses the parameter `more` (write `${more}` where its value belongs)"
    );
    assert_eq!(problem("shell: [bash, zsh]}", "shell: []}"), "`shell` of the matrix has no values ()");
}

#[test]
fn fail_fast_stops_at_the_first_failure() {
    let mut texts = Texts::default();
    texts.insert(Path::new("/nowhere/rules.yaml"), RULES);
    let case =
        |name: &str| format!("  - name: {name}\n    events: [{{evt.type: execve, proc.name: bash}}]\n    expect: []\n");
    texts.insert(Path::new("/nowhere/r_test.yaml"), format!("rules: [rules.yaml]\ntests:\n{}{}", case("a"), case("b")));
    let options = RunOptions { texts, fail_fast: true, ..RunOptions::default() };
    let report = run_file_with(Path::new("/nowhere/r_test.yaml"), &Arc::new(Catalog::builtin()), &options, &NoCommands);
    assert_eq!(report.cases.len(), 1);
}

#[test]
fn the_cases_of_a_rule_name_it_or_expect_silence() {
    let case = |name: &str, more: &str| format!("  - name: {name}\n    events: []\n    {more}\n");
    let cases = [
        case("expects it", "expect: [{rule: Shell}]"),
        case("judges it", "only: [Shell]\n    expect: []"),
        case("silent", "expect: []"),
        case("expects another", "expect: [{rule: Other}]"),
        case("judges another", "only: [Other]\n    expect: []"),
    ];
    let mut texts = Texts::default();
    texts.insert(Path::new("/nowhere/rules.yaml"), format!("{RULES}{}", RULES.replace("rule: Shell", "rule: Other")));
    texts.insert(Path::new("/nowhere/a_test.yaml"), format!("rules: [rules.yaml]\ntests:\n{}", cases.concat()));
    let names = |rule: &str| {
        let options = RunOptions { texts: texts.clone(), rule: Some(rule.to_owned()), ..RunOptions::default() };
        let path = Path::new("/nowhere/a_test.yaml");
        let report = run_file_with(path, &Arc::new(Catalog::builtin()), &options, &NoCommands);
        assert_eq!(report.problems, []);
        report.cases.into_iter().map(|case| case.name).collect::<Vec<_>>()
    };
    assert_eq!(names("Shell"), ["expects it", "judges it", "silent"]);
    assert_eq!(names("Other"), ["silent", "expects another", "judges another"]);
    assert_eq!(names("Elsewhere"), [] as [&str; 0]);
}
