use crate::fixture::{check_lint, conditions_without};

#[test]
fn conditions_that_always_hold_are_found() {
    check_lint(
        "always-true",
        r#"
- rule: a
#       ^ warning: every event satisfies the condition of this rule
  desc: a rule of a test
  condition: not proc.name = a or proc.name = a
  output: x %proc.name
  priority: INFO
  warn_evttypes: false
"#,
    );
}

#[test]
fn a_missing_value_satisfies_neither() {
    conditions_without("always-true", "proc.name != a or proc.name = a");
    conditions_without("always-true", "evt.num >= 0");
}
