//! Every finding that there is, with what its repair makes of an example, or why it has none.

use std::collections::BTreeSet;

use super::tests::{Selected, outcome};
use crate::types::ActionKind;

/// A rule around what an example is about.
fn rule(condition: &str, more: &str) -> String {
    format!("- rule: r\n  desc: d\n  condition: {condition}\n  output: o\n  priority: INFO\n{more}")
}

/// Code, beginning of the action's title, example, what comes of it.
type Row = (&'static str, &'static str, String, String);

fn table() -> Vec<Row> {
    let row = |code, title, before: &str, after: &str| (code, title, before.to_owned(), after.to_owned());
    let condition = |code, title, before: &str, after: &str| (code, title, rule(before, ""), rule(after, ""));
    let more = |code, title, before: &str, after: &str| {
        let condition = "evt.type = open";
        (code, title, rule(condition, before), rule(condition, after))
    };
    vec![
        // ---- the shape of items
        row(
            "LOAD_ERR_YAML_VALIDATE",
            "Add `output`",
            "- rule: $0r\n  desc: d\n  condition: evt.type = open\n  priority: INFO\n",
            "- rule: r\n  desc: d\n  condition: evt.type = open\n  priority: INFO\n  output: event %evt.type\n",
        ),
        row(
            "LOAD_ERR_YAML_VALIDATE",
            "Add what a rule needs",
            "- rule: $0r\n  tags: [a]\n",
            "- rule: r\n  tags: [a]\n  desc: TODO\n  condition: evt.num >= 0\n  output: event %evt.type\n  priority: NOTICE\n",
        ),
        row("LOAD_ERR_YAML_VALIDATE", "Make it a sequence", "- list: l\n  items: $0a, b\n", "- list: l\n  items: ['a, b']\n"),
        row("LOAD_ERR_YAML_VALIDATE", "Add `items`", "- list: $0l\n", "- list: l\n  items: []\n"),
        row(
            "LOAD_ERR_YAML_VALIDATE",
            "Take it out of the sequence",
            "- macro: m\n  condition: $0[evt.type = open]\n",
            "- macro: m\n  condition: evt.type = open\n",
        ),
        more("LOAD_ERR_YAML_VALIDATE", "Replace with `false`", "  enabled: $0flase\n", "  enabled: false\n"),
        more("LOAD_ERR_YAML_VALIDATE", "Remove `source`", "  $0source:\n", ""),
        row(
            "LOAD_ERR_YAML_VALIDATE",
            "Replace with `Warning`",
            "- rule: r\n  desc: d\n  condition: evt.type = open\n  output: o\n  priority: $0WARN\n",
            "- rule: r\n  desc: d\n  condition: evt.type = open\n  output: o\n  priority: Warning\n",
        ),
        row(
            "LOAD_ERR_YAML_VALIDATE",
            "Add `tags: replace` to `override`",
            &rule("evt.type = open", "- rule: r\n  desc: e\n  $0tags: [a]\n  override: {desc: replace}\n"),
            &rule("evt.type = open", "- rule: r\n  desc: e\n  tags: [a]\n  override: {desc: replace, tags: replace}\n"),
        ),
        row(
            "LOAD_ERR_YAML_VALIDATE",
            "Remove `tags` from `override`",
            &rule("evt.type = open", "- rule: r\n  desc: e\n  override: {desc: replace, $0tags: replace}\n"),
            &rule("evt.type = open", "- rule: r\n  desc: e\n  override: {desc: replace}\n"),
        ),
        row(
            "LOAD_ERR_YAML_VALIDATE",
            "Replace with `append`",
            "- list: l\n  items: [a]\n- list: l\n  items: [b]\n  override: {items: $0apend}\n",
            "- list: l\n  items: [a]\n- list: l\n  items: [b]\n  override: {items: append}\n",
        ),
        row(
            "LOAD_ERR_YAML_VALIDATE",
            "Remove `append`",
            "- list: l\n  items: [a]\n- list: l\n  items: [b]\n  $0append: true\n  override: {items: append}\n",
            "- list: l\n  items: [a]\n- list: l\n  items: [b]\n  override: {items: append}\n",
        ),
        row(
            "LOAD_ERR_YAML_VALIDATE",
            "Replace with `0.31.0`",
            "- required_engine_version: $00.31\n",
            "- required_engine_version: 0.31.0\n",
        ),
        row("LOAD_UNKNOWN_ITEM", "Replace with `macro`", "- $0marco: m\n  condition: evt.type = open\n", "- macro: m\n  condition: evt.type = open\n"),
        row("LOAD_UNKNOWN_ITEM", "Remove the item", "- $0zzz: m\n\n- list: l\n  items: []\n", "- list: l\n  items: []\n"),
        more("LOAD_UNKNOWN_KEY", "Replace with `tags`", "  $0tgas: [a]\n", "  tags: [a]\n"),
        more("LOAD_UNKNOWN_KEY", "Remove `author`", "  $0author: me # c\n", ""),
        more("duplicate-key", "Remove this one", "  tags: [a]\n  $0tags: [b]\n", "  tags: [a]\n"),
        more("duplicate-key", "Remove the first one", "  tags: [a]\n  $0tags: [b]\n", "  tags: [b]\n"),
        row(
            "boolean-spelling",
            "Replace with `false`",
            &rule("evt.type = open", "  enabled: $0off\n"),
            &rule("evt.type = open", "  enabled: false\n"),
        ),
        // ---- names and order
        row(
            "LOAD_ERR_VALIDATE",
            "Replace with `spawned`",
            "- macro: spawned\n  condition: evt.type = execve\n- macro: m\n  condition: $0spwaned\n",
            "- macro: spawned\n  condition: evt.type = execve\n- macro: m\n  condition: spawned\n",
        ),
        row(
            "LOAD_ERR_VALIDATE",
            "Create macro `is_shell`",
            &format!("# shells\n{}", rule("evt.type = open and $0is_shell", "")),
            &format!(
                "# TODO: say when `is_shell` holds; until then it never does\n- macro: is_shell\n  condition: (evt.num=0)\n\n# shells\n{}",
                rule("evt.type = open and is_shell", "")
            ),
        ),
        row(
            "LOAD_ERR_VALIDATE",
            "Create macro `is_shell`",
            &format!("- macro: never_true\n  condition: (evt.num=0)\n{}", rule("evt.type = open and $0is_shell", "")),
            &format!(
                "- macro: never_true\n  condition: (evt.num=0)\n# TODO: say when `is_shell` holds; until then it never does\n- macro: is_shell\n  condition: (never_true)\n\n{}",
                rule("evt.type = open and is_shell", "")
            ),
        ),
        row(
            "LOAD_ERR_VALIDATE",
            "Move macro `late` in front of this item",
            "- macro: m\n  condition: $0late\n\n# it\n- macro: late\n  condition: evt.type = open\n",
            "# it\n- macro: late\n  condition: evt.type = open\n\n- macro: m\n  condition: late\n\n",
        ),
        row(
            "LOAD_ERR_VALIDATE",
            "Replace with `shells`",
            "- list: shells\n  items: [sh]\n- list: $0shels\n  items: [bash]\n  override: {items: append}\n",
            "- list: shells\n  items: [sh]\n- list: shells\n  items: [bash]\n  override: {items: append}\n",
        ),
        row(
            "LOAD_ERR_VALIDATE",
            "Define the list here",
            "- list: $0own\n  items: [bash]\n  append: true\n",
            "- list: own\n  items: [bash]\n",
        ),
        row(
            "LOAD_ERR_VALIDATE",
            "Replace with `in`",
            &rule("evt.type = open", "  exceptions:\n    - {name: e, fields: proc.name, comps: $0inn, values: [a]}\n"),
            &rule("evt.type = open", "  exceptions:\n    - {name: e, fields: proc.name, comps: in, values: [a]}\n"),
        ),
        row(
            "LOAD_ERR_VALIDATE",
            "Write `fields` and `comps` as sequences of one",
            &rule("evt.type = open", "  exceptions:\n    - {name: e, fields: proc.name, comps: $0=, values: [a, b]}\n"),
            &rule("evt.type = open", "  exceptions:\n    - {name: e, fields: [proc.name], comps: [=], values: [[a], [b]]}\n"),
        ),
        row(
            "LOAD_ERR_VALIDATE",
            "Replace with `[=, =]`",
            &rule("evt.type = open", "  exceptions:\n    - {name: e, fields: [proc.name, fd.name], comps: $0[=], values: [[a, b]]}\n"),
            &rule("evt.type = open", "  exceptions:\n    - {name: e, fields: [proc.name, fd.name], comps: [=, =], values: [[a, b]]}\n"),
        ),
        row(
            "LOAD_ERR_VALIDATE",
            "Take it out of the sequence",
            &rule("evt.type = open", "  exceptions:\n    - {name: e, fields: proc.name, values: [a, $0[b]]}\n"),
            &rule("evt.type = open", "  exceptions:\n    - {name: e, fields: proc.name, values: [a, b]}\n"),
        ),
        row(
            "LOAD_ERR_VALIDATE",
            "Remove `fields`",
            &rule("evt.type = open", "  exceptions:\n    - {name: e, fields: proc.name, values: [a]}\n- rule: r\n  exceptions:\n    - {name: e, $0fields: proc.name, values: [b]}\n  override: {exceptions: append}\n").replace("$0fields: proc.name", "fields: $0proc.name"),
            &rule("evt.type = open", "  exceptions:\n    - {name: e, fields: proc.name, values: [a]}\n- rule: r\n  exceptions:\n    - {name: e, values: [b]}\n  override: {exceptions: append}\n"),
        ),
        more("LOAD_UNKNOWN_SOURCE", "Replace with `syscall`", "  source: $0sycall\n", "  source: syscall\n"),
        row(
            "LOAD_APPEND_NO_VALUES",
            "Remove the exception",
            &rule("evt.type = open", "  exceptions:\n    - {name: e, fields: proc.name}\n- rule: r\n  exceptions:\n    - name: e\n      values: [a]\n    - name: $0e\n  override: {exceptions: append}\n"),
            &rule("evt.type = open", "  exceptions:\n    - {name: e, fields: proc.name}\n- rule: r\n  exceptions:\n    - name: e\n      values: [a]\n  override: {exceptions: append}\n"),
        ),
        row("LOAD_UNUSED_MACRO", "Remove the macro", "- list: a\n  items: []\n\n# never\n- macro: $0m\n  condition: evt.type = open\n", "- list: a\n  items: []\n\n"),
        row("LOAD_UNUSED_LIST", "Remove the list", "- list: $0l\n  items: []\n- list: k\n  items: []\n", "- list: k\n  items: []\n"),
        row(
            "nested-list",
            "Add `a` to the list",
            "- list: a\n  items: [x]\n- list: b\n  items: [a]\n- list: c\n  items: [$0b]\n",
            "- list: a\n  items: [x]\n- list: b\n  items: [a]\n- list: c\n  items: [b, a]\n",
        ),
        // ---- deprecated forms
        row(
            "LOAD_DEPRECATED_ITEM",
            "Replace with `override`",
            "- list: l\n  items: [a]\n- list: l\n  items: [b]\n  $0append: true # c\n",
            "- list: l\n  items: [a]\n- list: l\n  items: [b]\n  override: {items: append} # c\n",
        ),
        row(
            "LOAD_DEPRECATED_ITEM",
            "Add `override`",
            &rule("evt.type = open", "- rule: r\n  $0enabled: false # c\n"),
            &rule("evt.type = open", "- rule: r\n  enabled: false # c\n  override: {enabled: replace}\n"),
        ),
        condition("LOAD_DEPRECATED_ITEM", "Remove the check", "evt.type = open and evt.$0dir = < and fd.num > 1", "evt.type = open and fd.num > 1"),
        condition("LOAD_DEPRECATED_ITEM", "Remove the check", ">\n    evt.$0dir=<\n    and evt.type = open", ">\n    evt.type = open"),
        row(
            "LOAD_DEPRECATED_ITEM",
            "Remove it",
            "- rule: r\n  desc: d\n  condition: evt.type = open\n  output: \"o $0%container.info\"\n  priority: INFO\n",
            "- rule: r\n  desc: d\n  condition: evt.type = open\n  output: \"o \"\n  priority: INFO\n",
        ),
        row(
            "ignored-key",
            "Replace `append` with `override`",
            &rule("evt.type = open", "- rule: r\n  condition: and fd.num > 1\n  $0enabled: false\n  append: true\n"),
            &rule("evt.type = open", "- rule: r\n  condition: and fd.num > 1\n  enabled: false\n  override: {condition: append, enabled: replace}\n"),
        ),
        row(
            "override-ignored",
            "Write `{items: append}`",
            "- list: l\n  items: [a]\n- list: l\n  items: [b]\n  override: $0append\n",
            "- list: l\n  items: [a]\n- list: l\n  items: [b]\n  override: {items: append}\n",
        ),
        row(
            "deprecated-field",
            "Remove the check",
            &rule("evt.type = open and not proc.is_container_$0healthcheck = true", ""),
            &rule("evt.type = open", ""),
        ),
        // ---- conditions
        condition("LOAD_ERR_COMPILE_CONDITION", "Replace with `proc.name`", "evt.type = open and proc.$0nam = a", "evt.type = open and proc.name = a"),
        condition(
            "LOAD_ERR_COMPILE_CONDITION",
            "Replace with `startswith`",
            "evt.type = open and fd.name $0startwith /etc",
            "evt.type = open and fd.name startswith /etc",
        ),
        condition(
            "LOAD_ERR_COMPILE_CONDITION",
            "Replace with `and`",
            "evt.type = open $0&& fd.num = 1",
            "evt.type = open and fd.num = 1",
        ),
        condition("LOAD_ERR_COMPILE_CONDITION", "Replace with `execve`", "evt.type = $0exceve", "evt.type = execve"),
        condition("LOAD_ERR_COMPILE_CONDITION", "Replace with `tolower`", "evt.type = open and tolwer($0proc.name) = a".replace("tolwer($0", "$0tolwer(").as_str(), "evt.type = open and tolower(proc.name) = a"),
        row(
            "LOAD_ERR_COMPILE_OUTPUT",
            "Replace with `proc.name`",
            "- rule: r\n  desc: d\n  condition: evt.type = open\n  output: o %proc.$0nam\n  priority: INFO\n",
            "- rule: r\n  desc: d\n  condition: evt.type = open\n  output: o %proc.name\n  priority: INFO\n",
        ),
        row(
            "LOAD_UNKNOWN_FILTER",
            "Replace with `proc.name`",
            &rule("evt.type = open and proc.$0nam = a", "  skip-if-unknown-filter: true\n"),
            &rule("evt.type = open and proc.name = a", "  skip-if-unknown-filter: true\n"),
        ),
        condition("LOAD_COMPILE_CONDITION", "Replace with `val(proc.pname)`", "evt.type = open and proc.name = $0proc.pname", "evt.type = open and proc.name = val(proc.pname)"),
        condition("LOAD_COMPILE_CONDITION", "Replace with `startswith /etc`", "evt.type = open and fd.name regex $0^/etc.*", "evt.type = open and fd.name startswith /etc"),
        row(
            "LOAD_UNSAFE_NA_CHECK",
            "Replace with `ka.verb exists`",
            &rule("$0ka.verb != <NA>", "  source: k8s_audit\n"),
            &rule("ka.verb exists", "  source: k8s_audit\n"),
        ),
        row(
            "LOAD_NO_EVTTYPE",
            "Set `warn_evttypes: false`",
            "- rule: $0r\n  desc: d\n  condition: proc.name = a\n  output: o\n  priority: INFO\n",
            "- rule: r\n  desc: d\n  condition: proc.name = a\n  output: o\n  priority: INFO\n  warn_evttypes: false\n",
        ),
        row(
            "unchecked-macro",
            "Replace with `proc.name`",
            "- macro: m\n  condition: proc.$0nam = a\n",
            "- macro: m\n  condition: proc.name = a\n",
        ),
        row(
            "list-without-parentheses",
            "Replace with `(l)`",
            &format!("- list: l\n  items: [a]\n{}", rule("evt.type = open and proc.name in $0l", "")),
            &format!("- list: l\n  items: [a]\n{}", rule("evt.type = open and proc.name in (l)", "")),
        ),
        condition(
            "net-in-list",
            "Replace with `(fd.net = 10.0.0.0/8 or fd.net = 11.0.0.0/8)`",
            "evt.type = connect and fd.net $0in (10.0.0.0/8, 11.0.0.0/8)",
            "evt.type = connect and (fd.net = 10.0.0.0/8 or fd.net = 11.0.0.0/8)",
        ),
        condition("number-wraps", "Replace with `80`", "evt.type = connect and fd.sport = $065616", "evt.type = connect and fd.sport = 80"),
        condition(
            "swallowed-text",
            r#"Replace with `"a\\ b"`"#,
            r#"evt.type = open and proc.name = $0"a\ b""#,
            r#"evt.type = open and proc.name = "a\\ b""#,
        ),
        condition(
            "needless-glob",
            "Replace with `fd.name startswith \"/etc/\"`",
            "evt.type = open and fd.name $0glob \"/etc/*\"",
            "evt.type = open and fd.name startswith \"/etc/\"",
        ),
        row(
            "stale-ignore",
            "Remove the comment",
            "- list: l\n  items: [a] # falco-rs: ignore $0duplicate-key\n",
            "- list: l\n  items: [a] \n",
        ),
        more(
            "exception-shape",
            "Replace with `\"a,b\"`",
            "  exceptions:\n    - {name: e, fields: proc.name, values: [$0'a,b']}\n",
            "  exceptions:\n    - {name: e, fields: proc.name, values: ['\"a,b\"']}\n",
        ),
        more(
            "unknown-exception-key",
            "Replace with `values`",
            "  exceptions:\n    - {name: e, fields: proc.name, $0value: [a]}\n",
            "  exceptions:\n    - {name: e, fields: proc.name, values: [a]}\n",
        ),
    ]
}

/// Findings that nothing can repair without knowing what was meant, and why.
const WITHOUT: &[(&str, &str)] = &[
    ("LOAD_ERR_FILE_READ", "the file has no text"),
    ("LOAD_ERR_YAML_PARSE", "what is missing or too much can be anywhere before the place where YAML readers give up"),
    ("LOAD_EXCEPTION_NAME_NOT_UNIQUE", "both exceptions apply; which one needs another name is the author's to say"),
    ("LOAD_INVALID_MACRO_NAME", "a rename, which `textDocument/rename` does everywhere"),
    ("LOAD_INVALID_LIST_NAME", "a rename, which `textDocument/rename` does everywhere"),
    (
        "append-precedence",
        "whether the whole or its last part was meant is the author's to say, and appends are there to leave the first definition alone",
    ),
    ("argument-never-there", "the argument that was meant, or the events, are the author's to say"),
    ("attack-tag", "the technique that was meant is the author's to say"),
    (
        "costly-first",
        "the order of checks can be meant for readers, and moving checks past appended ones changes more than it saves",
    ),
    ("disabled-rule", "whether it is to be on is the author's to say"),
    (
        "double-negation",
        "taking both out can leave parentheses that belong elsewhere; the formatter keeps the author's",
    ),
    ("exact-spacing", "what else tells of the program is the author's to say"),
    ("io-uring-blind", "it takes a rule of its own"),
    ("missing-sibling-syscall", "the list or macro to extend may stand elsewhere and serve others"),
    ("name-alone", "what else tells of the program is the author's to say"),
    ("network-host-bits", "the prefix or the address is wrong; which one is the author's to say"),
    ("output-end", "a full stop behind literal text can be meant"),
    ("output-lacks-container", "which fields the alert needs is the author's to say"),
    ("prefix-without-slash", "the beginning of a name may be meant"),
    ("relative-path", "where the path begins is the author's to say"),
    ("short-description", "only the author knows what it is for"),
    ("single-item-in", "it is off by default; the lint's own tests look at its repair"),
    ("useless-exception", "a misspelt value is to be corrected, an old one to be removed"),
    ("always-true", "what was meant is the author's to say"),
    ("never-true", "which of the checks that exclude each other is wrong is the author's to say"),
    ("useless-check", "a check that does not matter is often misspelt, and then to be corrected, not removed"),
    ("flow-indent", "how deep is a matter of the formatter, which does it"),
    (
        "lax-yaml",
        "what other tools would read is not what Falco reads; which of the two is meant is the author's to say",
    ),
    ("list-as-value", "the list needs another name, or the operator another form"),
    ("list-in-quotes", "a rename, which `textDocument/rename` does everywhere"),
    ("list-over-name", "a rename, which `textDocument/rename` does everywhere"),
    ("maybe-newer-than-engine", "whether the rules or the engine are to change is the author's to say"),
    ("newer-than-engine", "whether the rules or the engine are to change is the author's to say"),
    ("output-tail", "the text may be meant"),
    ("text-past-quote", "where the text was to end is the author's to say"),
];

#[test]
fn every_example_is_repaired() {
    let mut wrong = Vec::new();
    for (code, title, before, after) in table() {
        let selected = Selected::new(&before);
        let actions = selected.actions();
        let fixes = actions.iter().filter(|a| a.kind == ActionKind::QuickFix && a.title.starts_with(title));
        let codes: Vec<&str> = fixes.filter_map(|a| a.fixes.as_ref()).map(|(_, code)| code.as_str()).collect();
        if !codes.is_empty() {
            assert_eq!(codes, [code], "{title}\n{before}");
        }
        match outcome(title, &before) {
            Ok(got) if got == after => {}
            Ok(got) => wrong.push(format!("{code}: {title}\n--- expected\n{after}\n--- ours\n{got}")),
            Err(error) => wrong.push(format!("{code}: {error}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_finding_has_a_repair_or_a_reason_for_having_none() {
    let repaired: BTreeSet<&str> = table().iter().map(|row| row.0).collect();
    let reasons: BTreeSet<&str> = WITHOUT.iter().map(|row| row.0).collect();
    let lints = falco_compiler::lints::ALL.iter().map(|lint| lint.code);
    for code in lints.chain(falco_catalog::codes::CODES.iter().filter(|code| !code.reserved).map(|code| code.code)) {
        assert!(repaired.contains(code) != reasons.contains(code), "{code}");
    }
}
