use crate::fixture::check_lint;

#[test]
fn it_is_found() {
    check_lint(
        "disabled-rule",
        r#"
- rule: a
#       ^ warning: the rule is switched off
  desc: a rule of a test
  condition: evt.type = open
  output: x %proc.name
  priority: INFO
  enabled: false
- rule: b
  desc: a rule of a test
  condition: evt.type = open
  output: x %proc.name
  priority: INFO
"#,
    );
}
