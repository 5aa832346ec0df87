use crate::fixture::check;

#[test]
fn numbers_that_change_are_found() {
    check(
        r#"
- rule: r
  desc: d
  condition: evt.type = open and fd.sport = 65616 and evt.num = -1 and proc.pid = 99999999999999999999 and proc.pid in (1, -1)
#                                           ^^^^^ warning: this number does not fit the type port and becomes `80`
#                                                               ^^ warning: this number does not fit the type unsigned integer and becomes `18446744073709551615`
#                                                                                 ^^^^^^^^^^^^^^^^^^^^ warning: this number does not fit the type integer and becomes `9223372036854775807`
  output: x
  priority: INFO
"#,
    );
}
