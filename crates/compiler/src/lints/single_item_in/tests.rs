use crate::diagnostic::Repair;
use crate::fixture::{check_lint, conditions_without};
use crate::{LintLevel, Options, SourceFile, compile};

#[test]
fn it_is_found() {
    check_lint(
        "single-item-in",
        r#"
- rule: a
  desc: a rule of a test
  condition: evt.type = open and proc.name in (curl)
#                                ^^^^^^^^^^^^^^^^^^^ warning: `in` with one value is `proc.name = curl`
  output: x %proc.name
  priority: INFO
"#,
    );
}

#[test]
fn the_repair_writes_a_plain_comparison() {
    let text = "- rule: r\n  desc: d\n  condition: evt.type = open and proc.name in ( 'a b' )\n  output: o\n  priority: INFO\n";
    let mut options = Options::default();
    options.lints.set("single-item-in", LintLevel::Warning).unwrap();
    let compilation = compile(&[SourceFile::new("r.yaml", text)], &options);
    let found = compilation.iter().find(|found| found.code == "single-item-in").unwrap();
    let [fix] = &found.fixes[..] else { panic!("{:?}", found.fixes) };
    let [Repair::Rewrite { at, text: new }] = &fix.repairs[..] else { panic!("{:?}", fix.repairs) };
    assert!(fix.safe);
    assert_eq!(&text[at.range()], "proc.name in ( 'a b' )");
    assert_eq!(new, "proc.name = 'a b'");
}

#[test]
fn the_rest_is_left_alone() {
    for condition in [r#"evt.type = open and proc.name in (curl, wget)"#, r#"evt.type = open and proc.name = curl"#] {
        conditions_without("single-item-in", condition);
    }
}
