//! What tests notice, and what not.

use std::path::Path;

use super::*;
use crate::texts::Texts;

const RULES: &str = "- list: shells
  items: [bash, zsh]
- macro: started
  condition: (evt.type = execve and evt.res = SUCCESS)
- rule: Shell
  desc: d
  condition: >
    started and proc.name in (shells)
    and fd.num > 0
    and not user.name startswith ada
  exceptions:
    - name: known
      fields: [proc.pname]
      comps: [=]
      values: [[sshd], [cron]]
  output: x %proc.name
  priority: INFO
";

fn options(rules: &str, tests: &str) -> RunOptions {
    let mut texts = Texts::default();
    texts.insert(Path::new("/nowhere/r.yaml"), rules);
    texts.insert(Path::new("/nowhere/r_test.yaml"), format!("rules: [r.yaml]\n{tests}"));
    RunOptions { texts, ..RunOptions::default() }
}

fn passes(rules: &str, tests: &str) -> bool {
    let path = Path::new("/nowhere/r_test.yaml");
    crate::run_file_with(path, &Arc::new(Catalog::builtin()), &options(rules, tests), &crate::NoCommands).passed()
}

fn mutation(rules: &str, tests: &str) -> Mutation {
    assert!(passes(rules, tests));
    let path = PathBuf::from("/nowhere/r_test.yaml");
    mutate(&[path], 1, &Arc::new(Catalog::builtin()), &options(rules, tests), None)
}

fn changes(mutation: &Mutation) -> Vec<&str> {
    mutation.survivors.iter().map(|s| s.change.as_str()).collect()
}

const GOOD: &str = "defaults: {evt.type: execve, evt.res: SUCCESS, proc.name: bash, fd.num: 1, user.name: bob}
tests:
  - name: good
    events: [{}, {proc.name: zsh}, {user.name: null}, {user.name: the ada}]
    expect: [{rule: Shell, count: 4}]
  - name: nothing
    events:
      - {evt.type: execveat}
      - {evt.res: EPERM}
      - {proc.name: ls}
      - {fd.num: 0}
      - {user.name: ada}
      - {user.name: adam}
      - {proc.pname: sshd}
      - {proc.pname: cron}
    expect: []
";

#[test]
fn good_tests_notice_everything() {
    let result = mutation(RULES, GOOD);
    assert_eq!(changes(&result), Vec::<&str>::new());
    assert!(result.tried >= 30 && result.noticed == result.tried, "{} of {}", result.noticed, result.tried);
}

#[test]
fn what_is_not_looked_at_is_told_with_an_event_that_shows_it() {
    for (gone, change) in [
        ("      - {proc.pname: cron}\n", "`proc.pname = cron` → false"),
        ("      - {fd.num: 0}\n", "`fd.num > 0` → `fd.num >= 0`"),
        (", {proc.name: zsh}", "without `zsh`"),
        (", {user.name: the ada}", "`user.name startswith ada` → `user.name contains ada`"),
    ] {
        let mut tests = GOOD.replace(gone, "");
        if gone.starts_with(',') {
            tests = tests.replace("count: 4", "count: 3");
        }
        let result = mutation(RULES, &tests);
        let found: Vec<&Survivor> = result.survivors.iter().filter(|s| s.change.contains(change)).collect();
        let [survivor] = found.as_slice() else { panic!("{change}: {:?}", changes(&result)) };
        assert_eq!(survivor.rules, ["Shell"]);
        // The suggested event, made a test, makes the change noticed: of a rule that raises an alert on it or one that does not.
        let event = survivor.suggestion.as_ref().unwrap_or_else(|| panic!("no suggestion: {change}"));
        let own = |expect: &str| format!("tests:\n  - name: new\n    events: [{event}]\n    expect: {expect}\n");
        let silent = if passes(RULES, &own("[]")) { own("[]") } else { own("[{rule: Shell}]") };
        let result = mutation(RULES, &silent);
        assert!(!changes(&result).iter().any(|c| *c == survivor.change), "{event} does not show {}", survivor.change);
    }
}

#[test]
fn changes_have_places() {
    let result = mutation(RULES, &GOOD.replace("      - {fd.num: 0}\n", ""));
    let survivor = result.survivors.iter().find(|s| s.change.contains(">=")).unwrap();
    assert_eq!(&RULES[survivor.range.clone()], "fd.num > 0");
    let document = result.document();
    assert_eq!(
        (document["survivors"][0]["line"].as_u64(), document["survivors"][0]["column"].as_u64()),
        (Some(9), Some(9))
    );
}

#[test]
fn comments_argue_and_go_stale() {
    let tests = GOOD.replace("      - {fd.num: 0}\n", "");
    let with =
        |comment: &str| RULES.replace("- rule: Shell", &format!("# falco-rs: mutant-ok {comment}\n- rule: Shell"));
    let result = mutation(&with("`fd.num >= 0`: zero is no number of ours"), &tests);
    assert!(!changes(&result).iter().any(|c| c.contains(">=")), "{:?}", changes(&result));
    assert_eq!(result.argued.len(), 1);
    assert_eq!(result.argued[0].1, "zero is no number of ours");
    let result = mutation(&with("`fd.num >= 9`: never"), GOOD);
    assert_eq!(result.stale.len(), 1);
}

#[test]
fn what_makes_no_difference_is_left_out() {
    let rules = "- rule: R
  desc: d
  condition: evt.type = open and (fd.name = a or (fd.name = a and proc.name = b))
  output: x
  priority: INFO
";
    let tests = "tests:
  - name: t
    events: [{evt.type: open, fd.name: a}]
    expect: [{rule: R}]
  - name: u
    events: [{evt.type: close, fd.name: a}, {evt.type: open, fd.name: c}]
    expect: []
";
    let result = mutation(rules, tests);
    assert!(result.equal >= 3, "{}", result.equal);
    assert!(!changes(&result).contains(&"`proc.name = b` → false"), "{:?}", changes(&result));
}

#[test]
fn an_exception_is_taken_away_whole() {
    let tests = GOOD.replace("      - {proc.pname: sshd}\n      - {proc.pname: cron}\n", "");
    let result = mutation(RULES, &tests);
    assert!(changes(&result).contains(&"without the exception `known`"), "{:?}", changes(&result));
}
