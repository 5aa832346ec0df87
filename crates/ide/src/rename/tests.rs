use super::*;
use crate::fixture::Fixture;

/// The files after the rename, those that changed, each with its path before it.
fn rename(text: &str, new: &str) -> Result<String, String> {
    let fixture = Fixture::new(text);
    let edits = fixture.analysis.rename(fixture.position(), new).map_err(|e| e.to_string())?;
    let mut out = String::new();
    for (file, edits) in edits {
        let mut text = fixture.texts[file.0 as usize].clone();
        for edit in edits.iter().rev() {
            text.replace_range(std::ops::Range::<usize>::from(edit.range), &edit.text);
        }
        out.push_str(&format!("//- /{}\n{text}", fixture.analysis.path(file)));
    }
    Ok(out)
}

/// Everywhere that `old` stands as `<old>` the new name must come to stand.
fn check(text: &str, new: &str) {
    let marked = |with: &str| {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('<') {
            let (name, after) = after.split_once('>').unwrap();
            out.push_str(before);
            out.push_str(if with.is_empty() { name } else { with });
            rest = after;
        }
        out + rest
    };
    let expected = marked(new).replace("$0", "");
    let renamed = rename(&marked(""), new).unwrap();
    let starts = |text: &str| format!("//- /rules.yaml\n{text}");
    assert_eq!(renamed, if text.starts_with("//-") { expected } else { starts(&expected) });
}

fn check_refused(text: &str, new: &str, reason: &str) {
    assert_eq!(rename(text, new).unwrap_err(), reason);
}

const MACROS: &str = "- macro: she$0ll
  condition: proc.name in (bash)
- macro: other
  condition: not shell and proc.cmdline contains shell
- list: names
  items: [a, b]
- rule: R
  desc: d
  condition: shell and other and proc.name in (names)
  output: x
  priority: INFO
";

#[test]
fn a_macro_in_every_style_of_scalar() {
    check(
        "- macro: $0<shell>
  condition: evt.type = open
- macro: 'single'
  condition: '<shell> or proc.name = ''shell'''
- macro: double
  condition: \"<shell> and proc.name = \\\"shell\\\"\"
- macro: literal
  condition: |
    <shell>
    and not <shell>
- macro: folded
  condition: >-
    (<shell>

    or <shell>)
- macro: plain
  condition: not
    <shell> and
    shells
- macro: shells
  condition: <shell>
",
        "is_shell",
    );
}

#[test]
fn an_escape_in_the_name_is_no_hiding_place() {
    let renamed =
        rename("- macro: s$0hell\n  condition: evt.type = open\n- macro: m\n  condition: \"sh\\x65ll\"\n", "x_1");
    assert_eq!(
        renamed.unwrap(),
        "//- /rules.yaml\n- macro: x_1\n  condition: evt.type = open\n- macro: m\n  condition: \"x_1\"\n"
    );
}

#[test]
fn a_list_across_files_overrides_and_exceptions() {
    check(
        "//- /a.yaml
- list: <shells>
  items: [bash]
- list: all
  items: [zsh, \"<shells>\", ksh]
- rule: R
  desc: shells
  condition: evt.type = open and proc.name in (<shells>)
  output: shells
  priority: INFO
  exceptions:
    - {name: e, fields: proc.pname, comps: in, values: [<shells>]}
//- /b.yaml
- list: <shel$0ls>
  items: [zsh]
  override: {items: append}
- rule: R
  condition: and not proc.aname in (<shells>, x)
  override: {condition: append}
",
        "shell_names",
    );
}

#[test]
fn a_rule_keeps_its_quotes() {
    check(
        "//- /a.yaml
- rule: <Old one>
  desc: d
  condition: evt.type = open
  output: x
  priority: INFO
//- /b.yaml
- rule: \"<Old o$0ne>\"
  condition: and proc.name = x
  override: {condition: append}
- rule: '<Old one>'
  enabled: false
  override: {enabled: replace}
",
        "A new one, indeed".replace(',', "").as_str(),
    );
}

#[test]
fn a_rule_gets_quotes_where_it_needs_them() {
    let renamed =
        rename("- rule: $0R\n  desc: d\n  condition: evt.type = open\n  output: x\n  priority: INFO\n", "A: \"b\"");
    assert!(renamed.unwrap().contains("- rule: \"A: \\\"b\\\"\"\n"));
}

#[test]
fn an_exception_in_its_rule_only() {
    check(
        "- rule: R
  desc: d
  condition: evt.type = open
  output: x
  priority: INFO
  exceptions:
    - name: <known>
      fields: proc.name
- rule: S
  desc: d
  condition: evt.type = open
  output: x
  priority: INFO
  exceptions:
    - name: known
      fields: proc.name
- rule: R
  exceptions:
    - {name: <kn$0own>, values: [x]}
  override: {exceptions: append}
",
        "well_known",
    );
}

#[test]
fn names_that_are_taken_or_mean_something() {
    check_refused(MACROS, "other", "there is a macro `other` already");
    check_refused(MACROS, "names", "there is a list `names` already");
    check_refused(
        MACROS,
        "proc.name",
        "`proc.name` cannot be the name of a macro: a condition would not read it as one word for a macro",
    );
    check_refused(MACROS, "and", "`and` cannot be the name of a macro: it is a word of the language");
    check_refused(MACROS, "open", "`open` cannot be the name of a macro: it is the name of an event type");
    check_refused(
        MACROS,
        "two words",
        "`two words` cannot be the name of a macro: a condition would not read it as one word for a macro",
    );
    check_refused(MACROS, "", "`` cannot be the name of a macro: a name is one line without blanks at its ends");
    let list = MACROS.replace("she$0ll", "shell").replace("list: names", "list: na$0mes");
    check_refused(&list, "bash", "`bash` already stands in macro `shell`, where it would become the list's name");
    check_refused(&list, "shell", "there is a macro `shell` already");
    check_refused(&list, "in", "`in` cannot be the name of a list: it is a word of the language");
    check_refused(
        &list,
        "a b",
        "`a b` cannot be the name of a list: a list's name is made of letters, digits, `_`, `-` and `.`",
    );
    let rule = MACROS.replace("she$0ll", "shell").replace("rule: R", "rule: $0R")
        + "- rule: S\n  desc: d\n  condition: shell\n  output: x\n  priority: INFO\n";
    check_refused(&rule, "S", "there is a rule `S` already");
}

#[test]
fn errors_may_hide_uses() {
    check_refused(
        &MACROS.replace("condition: shell and", "condition: (shell and"),
        "x_1",
        "`rules.yaml` has errors that may hide uses of `shell`; correct them first",
    );
    check_refused(
        &(MACROS.to_owned() + "- macro: [torn\n  condition: shell\n"),
        "x_1",
        "`rules.yaml` has errors that may hide uses of `shell`; correct them first",
    );
}

#[test]
fn a_name_that_would_give_meaning_to_what_has_none() {
    check_refused(
        &(MACROS.to_owned() + "- macro: odd\n  condition: is_shell\n"),
        "is_shell",
        "macro `odd` would mean something else under the new name",
    );
}

#[test]
fn prepare_tells_the_name_without_quotes() {
    let fixture = Fixture::new("- macro: \"m$0m\"\n  condition: evt.type = open\n");
    let (range, name) = fixture.analysis.prepare_rename(fixture.position()).unwrap();
    assert_eq!((&fixture.texts[0][range], name.as_str()), ("mm", "mm"));
    let fixture = Fixture::new("- macro: m\n  condition: evt.t$0ype = open\n");
    assert_eq!(fixture.analysis.prepare_rename(fixture.position()), Err(RenameError::NoName));
}

#[test]
fn tests_name_rules() {
    let text = "rules: [a.yaml]
tests:
  - name: Old
    only: [Old, 'Old']
    expect:
      - rule: Old
      - {rule: \"Old\", count: 2}
      - rule: Older
";
    let mut edited = text.to_owned();
    for edit in crate::rename_in_test(text, "Old", "New: x").iter().rev() {
        edited.replace_range(std::ops::Range::<usize>::from(edit.range), &edit.text);
    }
    assert_eq!(
        edited,
        "rules: [a.yaml]
tests:
  - name: Old
    only: [\"New: x\", 'New: x']
    expect:
      - rule: \"New: x\"
      - {rule: \"New: x\", count: 2}
      - rule: Older
"
    );
    assert_eq!(crate::named_in_test(text).len(), 5);
}
