use crate::fixture::check;

#[test]
fn a_comment_needs_a_blank() {
    check(
        r##"
- list: shells
#       ^^^^^^ warning: list `shells` is not used by anything
  items: ["bash"#comment
#               ^ warning: a comment needs a blank in front of its `#`
, zsh]
"##,
    );
}
