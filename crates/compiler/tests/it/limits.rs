//! Input of any size and depth: bounded time and memory, and a clear answer.

use std::fmt::Write;
use std::time::{Duration, Instant};

use falco_compiler::{Compilation, compile};

use crate::{file, options, rule};

#[track_caller]
fn quickly(text: &str) -> Compilation {
    let begin = Instant::now();
    let compilation = compile(&[file(text)], &options());
    let program = compilation.program();
    let items = compilation.items();
    assert!(items.rules.len() >= program.rules.len());
    // Generous: the tests run without optimisation and next to others.
    assert!(begin.elapsed() < Duration::from_secs(30), "{:?}", begin.elapsed());
    compilation
}

fn errors(compilation: &Compilation) -> Vec<&str> {
    compilation.iter().filter(|d| d.code.starts_with("LOAD_ERR")).map(|d| &*d.message).collect()
}

#[test]
fn macros_that_double_forty_times() {
    let mut text = String::from("- macro: m0\n  condition: evt.type = open\n");
    for i in 1..=40 {
        writeln!(text, "- macro: m{i}\n  condition: m{0} or not m{0}", i - 1).unwrap();
    }
    text += &rule("m40");
    let compilation = quickly(&text);
    // Told once, at the first macro that grows too large.
    assert_eq!(errors(&compilation), ["macro `m18` becomes too large when the macros in it are opened"]);
    assert!(compilation.program().rules.is_empty());
}

#[test]
fn hints_in_doubling_macros() {
    let mut text = String::from("- macro: m0\n  condition: evt.type = open and proc.name regex foo\n");
    for i in 1..=14 {
        writeln!(text, "- macro: m{i}\n  condition: m{0} or m{0}", i - 1).unwrap();
    }
    text += &rule("m14");
    let compilation = quickly(&text);
    assert!(compilation.loads());
    assert_eq!(compilation.load_results()[0].warnings.len(), 500);
    assert_eq!(compilation.program().rules[0].provenance.len(), 2 << 14);
}

#[test]
fn a_chain_of_twenty_thousand_macros() {
    let mut text = String::from("- macro: m0\n  condition: evt.type = open\n");
    for i in 1..=20_000 {
        writeln!(text, "- macro: m{i}\n  condition: m{}", i - 1).unwrap();
    }
    text += &rule("m20000");
    let compilation = quickly(&text);
    assert_eq!(errors(&compilation), ["macro `m1500` becomes too large when the macros in it are opened"]);
}

#[test]
fn a_chain_of_macros_that_are_defined_backwards() {
    // Each is redefined at the end, so that all see all: no macro is resolved when the first one looks.
    let mut text = String::new();
    for i in 0..5_000 {
        writeln!(text, "- macro: m{i}\n  condition: evt.type = open").unwrap();
    }
    for i in 0..5_000 {
        writeln!(text, "- macro: m{i}\n  condition: m{} or evt.type = close", (i + 1) % 5_000).unwrap();
    }
    let compilation = quickly(&text);
    let loops = errors(&compilation).iter().filter(|e| e.contains("uses itself through")).count();
    assert_eq!(loops, 1);
}

#[test]
fn a_list_of_a_hundred_thousand_items() {
    let mut text = String::from("- list: big\n  items:\n");
    for i in 0..100_000 {
        writeln!(text, "  - item{i}").unwrap();
    }
    for i in 0..20 {
        text += &rule("evt.type = open and proc.name in (big)").replace("rule: r", &format!("rule: r{i}"));
    }
    let compilation = quickly(&text);
    assert!(compilation.loads(), "{:?}", compilation.diagnostics());
    let program = compilation.program();
    assert_eq!((program.rules.len(), program.atoms.len()), (20, 2));
    assert!(program.rules[0].condition_text.len() <= (1 << 20) + 3);
}

#[test]
fn lists_that_multiply_each_other() {
    let mut text = String::new();
    for i in 0..10 {
        let inner = format!("l{}, ", i + 1).repeat(99);
        writeln!(text, "- list: l{i}\n  items: [{inner}x]").unwrap();
    }
    text += "- list: l10\n  items: [a, b]\n";
    for i in 0..50 {
        text += &rule("evt.type = open and proc.name in (l0)").replace("rule: r", &format!("rule: r{i}"));
    }
    let compilation = quickly(&text);
    assert_eq!(errors(&compilation).len(), 50);
    assert!(errors(&compilation).iter().all(|e| e.contains("is too large to be pasted here")));
}

#[test]
fn brackets_two_hundred_thousand_deep() {
    let deep = "(".repeat(200_000);
    assert!(!quickly(&rule(&format!("'{deep}'"))).loads());
    assert!(!quickly(&rule(&format!("'evt.type = open and {}'", "not ".repeat(200_000)))).loads());
    assert!(!quickly(&"[".repeat(200_000)).loads());
    assert!(!quickly(&"- ".repeat(200_000)).loads());
    assert!(!quickly(&format!("- list: l\n  items: {}{}\n", "[".repeat(200_000), "]".repeat(200_000))).loads());
    let call = format!("{}proc.name{} = x", "tolower(".repeat(50_000), ")".repeat(50_000));
    assert!(!quickly(&rule(&call)).loads());
    let output = rule("evt.type = open").replace("output: x", &format!("output: '%{}'", "tolower(".repeat(100_000)));
    assert!(!quickly(&output).loads());
}

#[test]
fn aliases_that_multiply_each_other() {
    let mut text = String::from("- list: a0\n  items: &x0 [a, a]\n");
    for i in 1..60 {
        writeln!(text, "- rule: r\n  values{i}: &x{i} [*x{0}, *x{0}, *x{0}]", i - 1).unwrap();
    }
    text += "- rule: q\n  exceptions: [{name: e, fields: [proc.name], values: *x59}]\n";
    quickly(&text);
}

#[test]
fn ten_thousand_items() {
    let mut text = String::new();
    for i in 0..3_000 {
        writeln!(text, "- list: l{i}\n  items: [a{i}, b, c]").unwrap();
        writeln!(text, "- macro: m{i}\n  condition: evt.type = open and proc.name in (l{i})").unwrap();
        text += &rule(&format!("m{i} and not proc.pname in (x, l{i})")).replace("rule: r", &format!("rule: r{i}"));
    }
    let compilation = quickly(&text);
    assert!(compilation.loads());
    assert_eq!(compilation.diagnostics(), []);
    assert_eq!(compilation.program().rules.len(), 3_000);
}

#[test]
fn a_condition_with_thousands_of_lists() {
    let mut text = String::new();
    let mut names = String::new();
    for i in 0..2_000 {
        writeln!(text, "- list: l{i}\n  items: [a{i}]").unwrap();
        write!(names, "l{i}, ").unwrap();
    }
    text += &rule(&format!("evt.type = open and proc.name in ({names}x)"));
    let compilation = quickly(&text);
    assert!(compilation.loads());
}

#[test]
fn odd_bytes_and_empty_things() {
    for text in [
        "",
        "\n",
        "---\n---\n",
        "\u{feff}",
        "\0",
        "- \0: x",
        "- rule: \"\\0\"\n  enabled: true",
        "~",
        "- ~\n- []\n- {}\n",
        "&a",
        "*a",
        "- *a",
        "!!x",
        "- ? \n",
    ] {
        quickly(text);
    }
    quickly(&rule("\"evt.type = \\x00\""));
    quickly(&rule("'evt.type = é and proc.name = \"日本\"'").replace("output: x", "output: '%é %proc.nameé'"));
}
