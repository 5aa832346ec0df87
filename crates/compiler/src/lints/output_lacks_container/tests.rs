use crate::fixture::check_lint;

#[test]
fn it_is_found() {
    check_lint(
        "output-lacks-container",
        r#"
- rule: a
#       ^ warning: the condition looks at the container, the output does not name it
  desc: a rule of a test
  condition: evt.type = execve and container.id != host
  output: x %proc.name
  priority: INFO
- rule: b
  desc: a rule of a test
  condition: evt.type = execve and container.id != host
  output: x %container.id
  priority: INFO
"#,
    );
}
