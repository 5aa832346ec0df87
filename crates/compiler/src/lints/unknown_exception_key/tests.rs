use crate::fixture::check;

#[test]
fn a_misspelt_key_is_found() {
    check(
        r#"
- rule: r
  desc: d
  condition: evt.type = open
  output: x
  priority: INFO
  exceptions:
    - name: e
      fields: proc.name
      value: [a]
#     ^^^^^ warning: an exception has no key `value`, and Falco ignores it without a word; did you mean `values`?
"#,
    );
}
