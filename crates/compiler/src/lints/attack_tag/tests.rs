use crate::fixture::check_lint;

#[test]
fn tags_that_are_none_are_found() {
    check_lint(
        "attack-tag",
        r#"
- rule: a
#       ^ warning: ATT&CK has no tactic `mitre_persistance`; did you mean `mitre_persistence`?
#       ^ warning: ATT&CK has no technique `T0042`; one looks like `T1059` or `T1059.004`
#       ^ warning: ATT&CK has no technique `T1059.1`; one looks like `T1059` or `T1059.004`
#       ^ warning: ATT&CK has no technique `t1059`; one looks like `T1059` or `T1059.004`
  desc: a rule of a test
  condition: evt.type = open
  output: x
  priority: INFO
  tags: [mitre_persistance, T0042, T1059.1, t1059]
- rule: b
  desc: a rule of a test
  condition: evt.type = open
  output: x
  priority: INFO
  tags: [mitre_persistence, T1547.001, T1610, TODO, t1, container]
"#,
    );
}
