use crate::fixture::check_lint;

#[test]
fn exceptions_that_never_apply_are_found() {
    check_lint(
        "useless-exception",
        r#"
- rule: a
  desc: a rule of a test
  condition: evt.type = open and proc.name in (cat, less)
  output: x
  priority: INFO
  exceptions:
    - name: editors
      fields: [proc.name]
      values: [[vim], [less]]
#               ^^^ warning: this exception never applies: the condition rules `proc.name = vim` out already
"#,
    );
}
