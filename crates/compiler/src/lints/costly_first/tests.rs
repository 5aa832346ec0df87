use crate::fixture::{check_lint, conditions_without};

#[test]
fn it_is_found() {
    check_lint(
        "costly-first",
        r#"
- rule: a
  desc: a rule of a test
  condition: evt.type = execve and proc.cmdline regex "a+b" and proc.name = curl
#                                  ^^^^^^^^^^^^^^^^^^^^^^^^ warning: this check costs more than `proc.name = curl`, which stands behind it
  output: x %proc.name
  priority: INFO
"#,
    );
}

#[test]
fn the_rest_is_left_alone() {
    for condition in [
        r#"evt.type = execve and proc.name = curl and proc.cmdline regex "a+b""#,
        r#"proc.cmdline regex "a+b" and evt.type = execve"#,
    ] {
        conditions_without("costly-first", condition);
    }
}
