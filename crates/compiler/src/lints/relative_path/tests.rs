use crate::fixture::{check_lint, conditions_without};

#[test]
fn it_is_found() {
    check_lint(
        "relative-path",
        r#"
- rule: a
  desc: a rule of a test
  condition: evt.type = open and fd.name startswith etc/ssh
#                                ^^^^^^^^^^^^^^^^^^^^^^^^^^ warning: `etc/ssh` is no absolute path, but `fd.name` is one
  output: x %proc.name
  priority: INFO
"#,
    );
}

#[test]
fn the_rest_is_left_alone() {
    for condition in [
        r#"evt.type = open and fd.name startswith /etc"#,
        r#"evt.type = open and fd.name startswith "127.0.0.1:80->""#,
        r#"evt.type = open and fd.name contains etc/ssh"#,
        r#"evt.type = open and proc.name = a/b"#,
    ] {
        conditions_without("relative-path", condition);
    }
}
