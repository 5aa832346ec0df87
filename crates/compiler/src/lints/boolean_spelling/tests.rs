use crate::fixture::check;

#[test]
fn only_two_spellings_are_yaml() {
    check(
        r#"
- rule: r
  desc: d
  condition: evt.type = open
  output: x
  priority: INFO
  enabled: off
#          ^^^ hint: `off` is read as `false`
  capture: "Yes"
#          ^^^^^ hint: `Yes` is read as `true`
"#,
    );
}
