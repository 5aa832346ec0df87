use crate::fixture::check;

#[test]
fn a_word_is_no_override() {
    check(
        r#"
- list: l
#       ^ warning: list `l` is not used by anything
  items: [a]
  override: append
#           ^^^^^^ warning: this `override` has no effect; it must be a mapping such as `items: append`
"#,
    );
}
