use crate::fixture::check;

#[test]
fn the_third_level_stays_text() {
    check(
        r#"
- list: a
  items: [x]
- list: b
  items: [a]
- list: c
  items: [b]
#         ^ warning: list `a` is two levels deep here, through `b`, and stays the plain text `a`; name `a` in list `c` itself
- rule: r
  desc: d
  condition: evt.type = open and proc.name in (c)
  output: x
  priority: INFO
"#,
    );
}

#[test]
fn a_later_list_is_still_pasted() {
    check(
        r#"
- list: c
  items: [b]
- list: b
  items: [a]
- list: a
  items: [x]
- rule: r
  desc: d
  condition: evt.type = open and proc.name in (c)
  output: x
  priority: INFO
"#,
    );
}
