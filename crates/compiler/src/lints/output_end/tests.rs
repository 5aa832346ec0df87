use crate::fixture::check_lint;

#[test]
fn full_stops_are_found() {
    check_lint(
        "output-end",
        r#"
- rule: a
  desc: a rule of a test
  condition: evt.type = open
  output: Opened by %proc.name.
#                             ^ warning: the full stop looks like a part of the alert's last value
  priority: INFO
- rule: b
  desc: a rule of a test
  condition: evt.type = open
  output: Opened by %proc.name and so on ...
  priority: INFO
"#,
    );
}
