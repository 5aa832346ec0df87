use crate::fixture::check;

#[test]
fn an_and_behind_an_or_is_found() {
    check(
        r#"
- macro: m
  condition: evt.type = open or evt.type = close
- macro: m
  condition: and fd.name = x
#            ^^^^^^^^^^^^^^^ warning: the appended `and` only applies to the last part of the `or` before it; replace the whole condition, with parentheses around the `or`
  override: {condition: append}
- rule: r
  desc: d
  condition: m
  output: x
  priority: INFO
- rule: r
  condition: and proc.name = x
  override: {condition: append}
"#,
    );
}
