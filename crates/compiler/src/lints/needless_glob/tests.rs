use crate::fixture::{check_lint, conditions_without};

#[test]
fn it_is_found() {
    check_lint(
        "needless-glob",
        r#"
- rule: a
  desc: a rule of a test
  condition: evt.type = open and fd.name glob "/etc/*"
#                                ^^^^^^^^^^^^^^^^^^^^^ warning: `startswith` does what this pattern does
  output: x %proc.name
  priority: INFO
"#,
    );
}

#[test]
fn the_rest_is_left_alone() {
    for condition in [
        r#"evt.type = open and fd.name glob "/etc/*.conf""#,
        r#"evt.type = open and fd.name glob "/etc/?""#,
        r#"evt.type = open and fd.name startswith "/etc/*""#,
    ] {
        conditions_without("needless-glob", condition);
    }
}
