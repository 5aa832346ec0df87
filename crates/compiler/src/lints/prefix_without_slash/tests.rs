use crate::fixture::{check_lint, conditions_without};

#[test]
fn it_is_found() {
    check_lint(
        "prefix-without-slash",
        r#"
- rule: a
  desc: a rule of a test
  condition: evt.type = open and fd.name startswith /etc/ssh
#                                ^^^^^^^^^^^^^^^^^^^^^^^^^^^ warning: `/etc/ssh` is the beginning of other names as well; end a folder with a slash, or use `pmatch`
  output: x %proc.name
  priority: INFO
"#,
    );
}

#[test]
fn the_rest_is_left_alone() {
    for condition in [
        r#"evt.type = open and fd.name startswith /etc/ssh/"#,
        r#"evt.type = open and fd.name startswith /tmp/x-"#,
        r#"evt.type = open and fd.name = /etc/ssh"#,
    ] {
        conditions_without("prefix-without-slash", condition);
    }
}
