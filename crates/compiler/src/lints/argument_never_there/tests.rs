use crate::fixture::{check_lint, conditions_without};

#[test]
fn it_is_found() {
    check_lint(
        "argument-never-there",
        r#"
- rule: a
  desc: a rule of a test
  condition: evt.type = connect and evt.arg.flags contains O_TRUNC
#                                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ warning: no event that the rule can match has an argument `flags`
  output: x %proc.name
  priority: INFO
"#,
    );
}

#[test]
fn the_rest_is_left_alone() {
    for condition in [r#"evt.type = openat and evt.arg.flags contains O_TRUNC"#, r#"evt.arg.flags contains O_TRUNC"#] {
        conditions_without("argument-never-there", condition);
    }
}
