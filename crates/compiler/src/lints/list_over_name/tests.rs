use crate::fixture::check;

#[test]
fn a_list_hides_a_macro() {
    check(
        r#"
- macro: m
#        ^ warning: macro `m` is not used by anything
  condition: evt.type = open
- macro: n
  condition: evt.type = close
- list: m
  items: [n]
- rule: r
  desc: d
  condition: proc.name in (a, b) and (m)
#                                     ^ warning: list `m` takes the place of `m` here; give the list another name
  output: x
  priority: INFO
"#,
    );
}
