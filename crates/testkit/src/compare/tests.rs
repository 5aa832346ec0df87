//! Each kind of change, and the bump it asks for.

use std::sync::Arc;

use falco_catalog::Catalog;
use falco_compiler::{Options, SourceFile, compile};

use super::{Bump, Relation, RuleSet, What, bump, compare};

const BASE: &str = "\
- required_engine_version: 0.40.0
- list: shells
  items: [bash, sh]
- macro: started
  condition: evt.type = execve
- rule: Shell
  desc: d
  condition: started and proc.name in (shells) and fd.num > 3
  output: shell %proc.name
  priority: NOTICE
  tags: [process]
  exceptions:
    - name: parents
      fields: proc.pname
      values: [cron]
- rule: Other
  desc: d
  condition: evt.type = open and fd.name startswith /etc
  output: o
  priority: NOTICE
";

/// The changes, each with its bump, and all of them with theirs.
fn changes(new: &str) -> (Vec<String>, Bump) {
    let of = |text: &str| vec![SourceFile::new("rules.yaml", text)];
    let (old, new) = (of(BASE), of(new));
    let options = Options::new(Arc::new(Catalog::builtin()));
    let (before, after) = (compile(&old, &options), compile(&new, &options));
    assert!(before.loads() && after.loads(), "{:?}", after.diagnostics());
    let set = |files, compilation| RuleSet { files, compilation };
    let changes = compare(set(&old, &before), set(&new, &after));
    let line = |change: &super::Change| {
        let what = match &change.what {
            What::Condition { relation, own } => {
                let relation = match relation {
                    Relation::Equal => "equal".to_owned(),
                    Relation::Looser { gained } => format!("looser +({gained})"),
                    Relation::Tighter { lost } => format!("tighter -({lost})"),
                    Relation::Incomparable { gained, lost } => format!("incomparable +({gained}) -({lost})"),
                    Relation::Unknown => "unknown".to_owned(),
                };
                format!("{relation} {}", if *own { "itself" } else { "by others" })
            }
            what => format!("{what:?}"),
        };
        format!("{} {}: {what} [{}]", change.kind.head_key(), change.name, change.bump())
    };
    (changes.iter().map(line).collect(), bump(&changes))
}

#[track_caller]
fn check(from: &str, to: &str, expected: &[&str], all: Bump) {
    assert!(BASE.contains(from), "{from}");
    let (found, bump) = changes(&BASE.replace(from, to));
    assert_eq!(found, expected);
    assert_eq!(bump, all);
}

#[test]
fn the_same_rules_in_other_words_are_the_same() {
    assert_eq!(changes(BASE), (Vec::new(), Bump::None));
    check("evt.type = execve", "evt.type in (execve)", &[], Bump::None);
    check(
        "condition: started and proc.name in (shells) and fd.num > 3",
        "condition: not (not started or not proc.name in (shells)) and fd.num >= 4",
        &[],
        Bump::None,
    );
}

#[test]
fn conditions_become_looser_tighter_or_other() {
    // Which text the solver thinks of is its own affair, as long as only one of the two takes it.
    let (found, all) = changes(&BASE.replace("startswith /etc", "startswith /et"));
    assert!(
        found.len() == 1 && found[0].starts_with("rule Other: looser +(evt.type = open, fd.name = /et"),
        "{found:?}"
    );
    assert!(!found[0].contains("/etc") && found[0].ends_with("itself [patch]"), "{found:?}");
    assert_eq!(all, Bump::Patch);
    let (found, all) = changes(&BASE.replace("startswith /etc", "startswith /etc/"));
    assert!(
        found.len() == 1 && found[0].starts_with("rule Other: tighter -(evt.type = open, fd.name = /etc"),
        "{found:?}"
    );
    assert!(!found[0].contains("/etc/") && found[0].ends_with("itself [major]"), "{found:?}");
    assert_eq!(all, Bump::Major);
    let (found, _) = changes(&BASE.replace("startswith /etc", "startswith /usr"));
    assert!(found.len() == 1 && found[0].starts_with("rule Other: incomparable +("), "{found:?}");
}

#[test]
fn a_lists_items_are_a_patch_for_the_list_and_its_users() {
    let (found, all) = changes(&BASE.replace("[bash, sh]", "[bash, sh, zsh]"));
    assert_eq!(found[0], r#"list shells: Items { added: ["zsh"], removed: [] } [patch]"#);
    assert!(found[1].starts_with("rule Shell: looser +(") && found[1].contains("by others [patch]"), "{found:?}");
    assert!(found[1].contains("proc.name = zsh"), "{found:?}");
    assert_eq!((found.len(), all), (2, Bump::Patch));
}

#[test]
fn a_macro_that_holds_on_other_events_is_a_major_change() {
    let (found, all) = changes(&BASE.replace("evt.type = execve", "evt.type in (execve, execveat)"));
    assert_eq!(found[0], "macro started: looser +(evt.type = execveat) itself [major]");
    assert!(found[1].contains("by others [patch]"), "{found:?}");
    assert_eq!(all, Bump::Major);
}

#[test]
fn what_comes_and_goes() {
    check("- rule: Other", "- rule: Renamed", &[r#"rule Other: Renamed { to: "Renamed" } [major]"#], Bump::Major);
    check(
        "- macro: started",
        "- macro: fresh\n  condition: evt.type = close\n- macro: started",
        &["macro fresh: Added [minor]"],
        Bump::Minor,
    );
    let without = &BASE[..BASE.find("- rule: Other").unwrap()];
    assert_eq!(changes(without), (vec!["rule Other: Removed [major]".to_owned()], Bump::Major));
}

#[test]
fn what_a_rule_says_about_itself() {
    check(
        "priority: NOTICE\n  tags",
        "priority: WARNING\n  tags",
        &["rule Shell: Priority { from: Notice, to: Warning } [patch]"],
        Bump::Patch,
    );
    check(
        "priority: NOTICE\n  tags",
        "priority: DEBUG\n  tags",
        &["rule Shell: Priority { from: Notice, to: Debug } [major]"],
        Bump::Major,
    );
    check(
        "[process]",
        "[process, T1059]",
        &[r#"rule Shell: Tags { added: ["T1059"], removed: [] } [patch]"#],
        Bump::Patch,
    );
    check("[process]", "[]", &[r#"rule Shell: Tags { added: [], removed: ["process"] } [major]"#], Bump::Major);
    check("tags: [process]", "tags: [process]\n  enabled: false", &["rule Shell: Enabled(false) [major]"], Bump::Major);
    check(
        "values: [cron]",
        "values: [cron, atd]",
        &[r#"rule Shell: Exceptions { added: [], removed: [], changed: ["parents"] } [patch]"#],
        Bump::Patch,
    );
    check(
        "shell %proc.name",
        "a shell %proc.name",
        &[r#"rule Shell: Output { from: "shell %proc.name", to: "a shell %proc.name" } [patch]"#],
        Bump::Patch,
    );
}

#[test]
fn what_is_asked_of_engine_and_plugins() {
    let (found, all) = changes(&BASE.replace("0.40.0", "0.45.0"));
    assert!(found.len() == 1 && found[0].contains("minor: 45") && found[0].ends_with("[minor]"), "{found:?}");
    assert_eq!(all, Bump::Minor);
    assert_eq!(changes(&BASE.replace("0.40.0", "0.39.0")).1, Bump::Patch);
    let plugin = format!("- required_plugin_versions:\n    - name: json\n      version: 0.7.0\n{BASE}");
    let (found, all) = changes(&plugin);
    assert!(found.len() == 1 && found[0].starts_with("required_plugin_versions json: "), "{found:?}");
    assert_eq!(all, Bump::Minor);
}
