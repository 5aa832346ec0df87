use crate::fixture::check;

#[test]
fn only_conditions_and_exceptions_are_appended() {
    check(
        r#"
- rule: r
  desc: d
  condition: evt.type = open
  output: x
  priority: INFO
- rule: r
  condition: and proc.name = cat
  enabled: false
# ^^^^^^^ warning: `append: true` ignores `enabled`; write `override: {enabled: replace}` to change it
  append: true
# ^^^^^^^^^^^^ warning: `append` is deprecated; use `override`
"#,
    );
}
