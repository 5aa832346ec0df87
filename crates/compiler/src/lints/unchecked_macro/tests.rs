use crate::fixture::check;

#[test]
fn what_is_wrong_everywhere_is_told() {
    check(
        r#"
- macro: m
#        ^ warning: macro `m` is not used by anything
  condition: fd.nam = x and ka.verb = get
#            ^^^^^^ warning: unknown field `fd.nam`; did you mean `fd.name`?
"#,
    );
}
