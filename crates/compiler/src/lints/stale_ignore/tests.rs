use crate::fixture::check_lint;
use crate::{Options, SourceFile, compile};

#[test]
fn comments_that_silence_nothing_are_found() {
    check_lint(
        "stale-ignore",
        r#"
# falco-rs: ignore duplicate-key
#                  ^^^^^^^^^^^^^ warning: there is no finding `duplicate-key` here to be silenced
- list: l
  items: [bash] # falco-rs: ignore duplicate-kye
#                                  ^^^^^^^^^^^^^ warning: there is no finding of the code `duplicate-kye`; did you mean `duplicate-key`?
- macro: m
  # falco-rs: ignore
# ^^^^^^^^^^^^^^^^^^ warning: the comment names no code, and silences nothing
  condition: evt.type = open and proc.name in (l)
- list: n
  items: [] # falco-rs: ignores duplicate-key
#           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ warning: comments for falco-rs are `falco-rs: ignore CODE` and `falco-rs: ignore-file CODE`
"#,
    );
}

fn codes(text: &str) -> Vec<&'static str> {
    compile(&[SourceFile::new("rules.yaml", text)], &Options::default()).iter().map(|d| d.code).collect()
}

#[test]
fn findings_are_silenced_at_their_line_item_key_and_file() {
    let macro_ = "- macro: m\n  condition: evt.type = close\n  condition: evt.type = open\n";
    assert_eq!(codes(macro_), ["LOAD_UNUSED_MACRO", "duplicate-key"]);
    let silent = |text: &str| assert_eq!(codes(text), Vec::<&str>::new(), "{text}");
    silent(&format!("# falco-rs: ignore LOAD_UNUSED_MACRO, duplicate-key\n{macro_}"));
    silent(&format!(
        "# falco-rs: ignore-file LOAD_UNUSED_MACRO duplicate-key -- a reason\n- list: l # falco-rs: ignore LOAD_UNUSED_LIST\n  items: []\n{macro_}"
    ));
    silent(
        "- macro: m # falco-rs: ignore LOAD_UNUSED_MACRO\n  condition: evt.type = open\n  # falco-rs: ignore duplicate-key\n  condition: evt.type = close\n",
    );
}

#[test]
fn errors_of_falco_are_not_silenced() {
    let text = "# falco-rs: ignore LOAD_ERR_COMPILE_CONDITION\n- rule: r\n  desc: d\n  condition: proc.nam = a\n  output: x\n  priority: INFO\n";
    assert_eq!(codes(text), ["stale-ignore", "LOAD_ERR_COMPILE_CONDITION"]);
}
