use crate::fixture::{check_lint, conditions_without};

#[test]
fn it_is_found() {
    check_lint(
        "io-uring-blind",
        r#"
- rule: a
#       ^ warning: what this rule watches can be done through io_uring without these calls
  desc: a rule of a test
  condition: evt.type = connect
  output: x %proc.name
  priority: INFO
"#,
    );
}

#[test]
fn the_rest_is_left_alone() {
    for condition in [r#"evt.type = setuid"#, r#"evt.type in (connect, io_uring_enter)"#] {
        conditions_without("io-uring-blind", condition);
    }
}
