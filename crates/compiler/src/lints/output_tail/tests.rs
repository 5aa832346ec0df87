use crate::fixture::check;

#[test]
fn endings_and_arguments_are_found() {
    check(
        r#"
- rule: r
  desc: d
  condition: evt.type = open
  output: "%proc.namee %proc.name[0] %user.name.x (%fd.name). %proc.pid: %evt.num,%evt.num"
#                    ^ warning: `e` is no part of the field `%proc.name` and is printed as it stands
#                                ^^^ warning: `[0]` is no part of the field `%proc.name` and is printed as it stands
#                                              ^^ warning: `.x` is no part of the field `%user.name` and is printed as it stands
  priority: INFO
"#,
    );
}
