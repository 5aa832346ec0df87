use crate::fixture::check;

#[test]
fn a_comma_makes_two_values() {
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
      values: ["a,b", "c d,e", '"f,g"']
#              ^^^^^ warning: `a,b` is pasted as text and becomes more than one value; to compare with this text, write `'"a,b"'`
"#,
    );
}
