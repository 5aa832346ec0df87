use crate::fixture::check;

#[test]
fn quotes_do_not_protect() {
    check(
        r#"
- list: l1
  items: [zz]
- rule: r
  desc: d
  condition: evt.type = open and proc.cmdline contains "x l1 y" and proc.name in (l1, "l1")
#                                                         ^^ warning: list `l1` is pasted into this quoted text; give the list another name
  output: x
  priority: INFO
"#,
    );
}
