use crate::fixture::check;

#[test]
fn what_is_dropped_is_told() {
    check(
        r#"
- rule: r
  desc: d
  condition: evt.type = open and (proc.name in ("\q") or proc.name = "a\ b" or proc.name in ("c\ d", e))
#                                              ^^^^^^ warning: Falco reads this list as empty, since its value has an escape that it does not know; write a backslash as `\\`
#                                                                    ^^^^^^ warning: the blank behind the backslash is lost: `\ ` stands for a backslash alone; write `\\ ` for a backslash and a blank
#                                                                                            ^^^^^^ warning: the blank behind the backslash is lost: `\ ` stands for a backslash alone; write `\\ ` for a backslash and a blank
  output: x
  priority: INFO
- rule: fine
  desc: d
  condition: evt.type = open and (proc.name in () or proc.name in ( ) or proc.name in ("\\q") or proc.name = "a\\ b" or proc.name = "a\ ")
  output: x
  priority: INFO
"#,
    );
}
