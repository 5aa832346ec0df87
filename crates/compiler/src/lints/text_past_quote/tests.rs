use crate::fixture::check;

#[test]
fn texts_that_go_on_are_found() {
    check(
        r#"
- rule: r
  desc: d
  condition: evt.type = open and (fd.name = "C:\\" or fd.name = " or proc.name = "it\"s" or proc.name = "a\\b")
#                                           ^^^^^^^^^^^^^^^^^^^^^ warning: this text goes on behind the quote after `\\`: a quote after a backslash never closes a text; a backslash at the end of a text is written `\ `, with a blank
  output: x
  priority: INFO
"#,
    );
}
