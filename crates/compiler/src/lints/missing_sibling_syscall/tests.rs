use crate::fixture::{check_lint, conditions_without};

#[test]
fn it_is_found() {
    check_lint(
        "missing-sibling-syscall",
        r#"
- rule: a
  desc: a rule of a test
  condition: evt.type in (open, openat) and proc.name = cat
#            ^^^^^^^^^^^^^^^^^^^^^^^^^^ warning: `open` is watched, but not `openat2`, which does the same
  output: x %proc.name
  priority: INFO
"#,
    );
}

#[test]
fn the_rest_is_left_alone() {
    for condition in [
        r#"evt.type in (open, openat, openat2) and proc.name = cat"#,
        r#"proc.name = cat and (evt.type = open or evt.type in (openat, openat2))"#,
        r#"evt.type in (close, openat, openat2, open) and not evt.type = open"#,
        r#"evt.type in (setuid, close) and not evt.type = open"#,
    ] {
        conditions_without("missing-sibling-syscall", condition);
    }
}
