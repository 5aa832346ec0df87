use crate::fixture::check;

#[test]
fn one_item_works_by_chance() {
    check(
        r#"
- list: l
  items: [cat]
- rule: r
  desc: d
  condition: evt.type = open and proc.name in l
#                                             ^ warning: list `l` stands without parentheses, which only works while it has one item
  output: x
  priority: INFO
"#,
    );
}
