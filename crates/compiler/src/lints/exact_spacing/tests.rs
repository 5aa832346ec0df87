use crate::fixture::{check_lint, conditions_without};

#[test]
fn it_is_found() {
    check_lint(
        "exact-spacing",
        r#"
- rule: a
  desc: a rule of a test
  condition: evt.type = execve and proc.cmdline contains "nc -e"
#                                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ warning: another argument between the words of `nc -e` is enough to get around this
  output: x %proc.name
  priority: INFO
"#,
    );
}

#[test]
fn the_rest_is_left_alone() {
    for condition in [
        r#"evt.type = execve and proc.args contains "-e""#,
        r#"evt.type = execve and proc.cmdline = "nc -e""#,
        r#"evt.type = execve and proc.cmdline contains " -e""#,
    ] {
        conditions_without("exact-spacing", condition);
    }
}
