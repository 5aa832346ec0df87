//! Properties of all texts.

use std::path::Path;

use proptest::prelude::*;
use rowan::{TextRange, TextSize};

use crate::condition::ast::{Arg, Expr, Field, Left, Right};
use crate::condition::{expected_at, parse, parse_expr};

/// Pieces that conditions are made of, whole and broken.
fn piece() -> impl Strategy<Value = String> {
    const PIECES: &[&str] = &[
        "and",
        "or",
        "not",
        "(",
        ")",
        "[",
        "]",
        ",",
        "=",
        "==",
        "!=",
        "<",
        "<=",
        ">",
        ">=",
        "in",
        "intersects",
        "pmatch",
        "exists",
        "contains",
        "startswith",
        "regex",
        "glob",
        "oneof",
        "anyof",
        "allof",
        "proc.name",
        "evt.arg",
        "fd.",
        "evt.arg[0]",
        "evt.arg['a b']",
        "tolower(",
        "join(",
        "getopt(",
        "val(",
        "a",
        "shell_procs",
        "1",
        "0x1f",
        "-1.5",
        "1e+5",
        "10s",
        "'x y'",
        "\"x\"",
        "'",
        "\"",
        "\\",
        "\\'",
        "'it\\'s'",
        "\"\\x41\"",
        "\"\\q\"",
        "/etc/passwd",
        "é",
        "\u{b}",
        "\u{8}",
        "\0",
        "!",
        "&&",
        "#",
        "~",
        "%",
        "*",
    ];
    prop_oneof![
        8 => prop::sample::select(PIECES).prop_map(str::to_owned),
        1 => "[ -~]{1,4}",
        1 => any::<char>().prop_map(String::from),
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec((piece(), prop::sample::select(&["", " ", " ", "  ", "\n", "\t"][..])), 0..24)
        .prop_map(|pieces| pieces.into_iter().flat_map(|(piece, blank)| [piece, blank.to_owned()]).collect())
}

/// Well-formed conditions, as text.
fn condition() -> impl Strategy<Value = String> {
    let check = prop_oneof![
        Just("shell_procs".to_owned()),
        Just("evt.type exists".to_owned()),
        Just("evt.arg['a \\' b'] contains x".to_owned()),
        "[a-z]{1,5}\\.[a-z]{1,5} (=|!=|==) [a-z/*.-]{1,8}",
        "[a-z]{1,5}\\.[a-z]{1,5}(=|!=)\"[ a-z'(),=]{0,8}\"",
        "[a-z]{1,5}\\.[a-z]{1,5} (in|pmatch|intersects)( )?\\(([a-z0-9]{1,3}(, '[a-z ]{0,3}')?)?\\)",
        "[a-z]{1,5}\\.[a-z]{1,5} (glob|regex|endswith) anyof (\\(x, y\\)|names)",
        "[a-z]{1,5}\\.[a-z]{1,5} (<|<=|>|>=)( )?(0x)?[0-9]{1,4}",
        "(tolower|len)\\( ?[a-z]{1,4}\\.[a-z]{1,4} ?\\) = (val\\(a\\.b\\)|b64\\(c\\.d\\[1\\]\\))",
    ];
    check.prop_recursive(5, 40, 4, |inner| {
        prop_oneof![
            (prop::collection::vec(inner.clone(), 1..4), prop::sample::select(&[" and ", " or ", "\n  and  "][..]))
                .prop_map(|(parts, word)| format!("({})", parts.join(word))),
            inner.clone().prop_map(|part| format!("not {part}")),
            inner.clone().prop_map(|part| format!("not({part})")),
            (inner.clone(), inner).prop_map(|(a, b)| format!("{a} and({b})")),
        ]
    })
}

/// All ranges in an expression, outer before inner.
fn ranges(expr: &Expr, out: &mut Vec<TextRange>) {
    out.push(expr.range());
    match expr {
        Expr::And { children, .. } | Expr::Or { children, .. } => children.iter().for_each(|child| ranges(child, out)),
        Expr::Not { child, .. } => ranges(child, out),
        Expr::Check(check) => {
            left_ranges(&check.left, out);
            out.extend(check.op.map(|(_, range)| range));
            out.extend(check.modifier.map(|(_, range)| range));
            match &check.right {
                Right::None => {}
                Right::Value(text) => out.push(text.range),
                Right::List { range, items, .. } => {
                    out.push(*range);
                    out.extend(items.iter().map(|item| item.range));
                }
                Right::Call(call) => left_ranges(&Left::Call(call.clone()), out),
            }
        }
        Expr::Macro { .. } | Expr::Missing { .. } => {}
    }
}

fn field_ranges(field: &Field, out: &mut Vec<TextRange>) {
    out.extend([field.range, field.name_range]);
    out.extend(field.arg.as_ref().map(|arg| arg.range));
}

fn left_ranges(left: &Left, out: &mut Vec<TextRange>) {
    match left {
        Left::Field(field) => field_ranges(field, out),
        Left::Call(call) => {
            out.extend([call.range, call.name_range]);
            call.args.iter().for_each(|arg| arg_ranges(arg, out));
            out.extend(call.suffix.as_ref().map(|suffix| suffix.range));
        }
    }
}

fn arg_ranges(arg: &Arg, out: &mut Vec<TextRange>) {
    match arg {
        Arg::Field(field) => field_ranges(field, out),
        Arg::Call(call) => left_ranges(&Left::Call(call.clone()), out),
        Arg::Text(text) => out.push(text.range),
        Arg::List { range, items } => {
            out.push(*range);
            items.iter().for_each(|item| arg_ranges(item, out));
        }
    }
}

/// The checks and macros of an expression, printed, in the order of the text.
fn leaves(expr: &Expr) -> Vec<String> {
    match expr {
        Expr::And { children, .. } | Expr::Or { children, .. } => children.iter().flat_map(leaves).collect(),
        Expr::Not { child, .. } => leaves(child),
        Expr::Missing { .. } => Vec::new(),
        Expr::Check(_) | Expr::Macro { .. } => vec![expr.to_string()],
    }
}

/// What holds of every text.
fn check_any(text: &str) -> Result<(), TestCaseError> {
    let parsed = parse(text);
    prop_assert!(parsed.syntax().text() == text, "the tree has the text");
    let (expr, errors) = parse_expr(text);
    prop_assert_eq!(&expr, parsed.expr());
    prop_assert_eq!(&errors[..], parsed.errors());
    let whole = TextRange::up_to(TextSize::of(text));
    for error in &errors {
        prop_assert!(whole.contains_range(error.range) && error.offset <= whole.end(), "{:?}", error);
        prop_assert!(
            text.is_char_boundary(error.range.start().into()) && text.is_char_boundary(error.range.end().into())
        );
        let message = error.to_string();
        prop_assert!(!message.is_empty() && !message.ends_with('.'), "{}", message);
    }
    for pair in errors.windows(2) {
        prop_assert!(pair[0].offset <= pair[1].offset, "errors are in order: {:?}", errors);
    }
    let mut found = Vec::new();
    ranges(&expr, &mut found);
    for range in found {
        prop_assert!(whole.contains_range(range), "{:?}", expr);
        prop_assert!(text.is_char_boundary(range.start().into()) && text.is_char_boundary(range.end().into()));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn any_text_has_a_lossless_tree_and_a_whole_expression(text in text()) {
        check_any(&text)?;
    }

    #[test]
    fn any_unicode_text_has_a_lossless_tree(text in any::<String>()) {
        check_any(&text)?;
    }

    #[test]
    fn well_formed_conditions_parse_and_print(text in condition()) {
        let (expr, errors) = parse_expr(&text);
        prop_assert_eq!(&errors, &[]);
        let source = expr.source().to_string();
        let (again, errors) = parse_expr(&source);
        prop_assert_eq!(&errors, &[], "{}", source);
        prop_assert_eq!(again.to_string(), expr.to_string());
        prop_assert_eq!(again.source().to_string(), source);
    }

    #[test]
    fn an_error_does_not_change_what_stands_before_it(good in condition(), junk in text()) {
        let wanted = leaves(&parse_expr(&good).0);
        let found = leaves(&parse_expr(&format!("({good}) and {junk}")).0);
        prop_assert_eq!(found.get(..wanted.len()), Some(&wanted[..]));
    }

    /// Recovery finds the next `and`, unless an open quote or bracket may have swallowed it.
    #[test]
    fn an_error_does_not_hide_what_stands_behind_it(good in condition(), junk in text()) {
        let junk = junk.replace(['(', ')', '\'', '"', '['], " ");
        let wanted = leaves(&parse_expr(&good).0);
        let text = format!("{junk} and ({good})");
        let found = leaves(&parse_expr(&text).0);
        prop_assert_eq!(found.len().checked_sub(wanted.len()).map(|skip| &found[skip..]), Some(&wanted[..]), "{}", text);
    }

    #[test]
    fn completion_has_an_answer_everywhere(text in text(), cut in 0.0..1.0_f64) {
        let offset = (text.len() as f64 * cut) as u32;
        let found = expected_at(&text, offset.into());
        prop_assert!(found.word.contains_range(found.prefix));
        prop_assert!(TextRange::up_to(TextSize::of(&text)).contains_range(found.word));
    }
}

/// The real rules are read without an error, and any one character less is still a lossless tree.
#[test]
fn real_conditions() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus/falco"));
    let Ok(entries) = std::fs::read_dir(folder) else {
        // Past the capturing of tests that pass: a skip must be seen.
        let _ = std::io::Write::write_all(&mut std::io::stderr(), b"skipped: ../shared is not here (corpus/falco)\n");
        return;
    };
    let mut count = 0;
    for entry in entries {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let items: serde_yaml::Value = serde_yaml::from_str(&text).unwrap();
        for item in items.as_sequence().unwrap() {
            // Appended conditions begin with their own `and` or `or`, which is no condition yet.
            let Some(condition) = item.get("condition").and_then(|value| value.as_str()) else { continue };
            if item.get("override").is_some() || item.get("append").is_some() {
                continue;
            }
            let errors = parse_expr(condition).1;
            // Lists are still names here; what they do to the text is the compiler's matter.
            assert_eq!(errors, [], "{condition}");
            check_any(condition).unwrap();
            count += 1;
            let step = condition.len() / 40 + 1;
            for (at, c) in condition.char_indices().step_by(step) {
                check_any(&format!("{}{}", &condition[..at], &condition[at + c.len_utf8()..])).unwrap();
            }
        }
    }
    eprintln!("real conditions: {count}");
    assert!(count > 150);
}
