use crate::fixture::{check_lint, conditions_without};

#[test]
fn it_is_found() {
    check_lint(
        "single-item-in",
        r#"
- rule: a
  desc: a rule of a test
  condition: evt.type = open and proc.name in (curl)
#                                ^^^^^^^^^^^^^^^^^^^ warning: `in` with one value is `proc.name = curl`
  output: x %proc.name
  priority: INFO
"#,
    );
}

#[test]
fn the_rest_is_left_alone() {
    for condition in [r#"evt.type = open and proc.name in (curl, wget)"#, r#"evt.type = open and proc.name = curl"#] {
        conditions_without("single-item-in", condition);
    }
}
