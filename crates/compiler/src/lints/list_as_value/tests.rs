use crate::fixture::check;

#[test]
fn the_value_is_another_one() {
    check(
        r#"
- list: open
  items: [close]
- rule: r
  desc: d
  condition: evt.type = open
#                       ^^^^ warning: the word `open` is replaced by the item of list `open`; write `in (open)` if the list is meant, else give the list another name
  output: x
  priority: INFO
"#,
    );
}
