use crate::fixture::check_lint;

#[test]
fn it_is_found() {
    check_lint(
        "short-description",
        r#"
- rule: a
#       ^ warning: the description has 5 words; 8 are asked for
  desc: a rule of a test
  condition: evt.type = open
  output: x %proc.name
  priority: INFO
- rule: b
  desc: a rule of a test with more than enough words
  condition: evt.type = open
  output: x
  priority: INFO
"#,
    );
}
