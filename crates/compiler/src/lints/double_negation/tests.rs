use crate::fixture::{check_lint, conditions_without};

#[test]
fn it_is_found() {
    check_lint(
        "double-negation",
        r#"
- rule: a
  desc: a rule of a test
  condition: evt.type = open and not (not proc.name = cat)
#                                ^^^^^^^^^^^^^^^^^^^^^^^^^ warning: two negations say nothing
  output: x %proc.name
  priority: INFO
"#,
    );
}

#[test]
fn the_rest_is_left_alone() {
    for condition in [
        r#"evt.type = open and not proc.name != cat"#,
        r#"evt.type = open and not (proc.name = a or not proc.name = b)"#,
    ] {
        conditions_without("double-negation", condition);
    }
}
