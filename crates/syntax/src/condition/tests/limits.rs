//! Nesting, size and time.

use std::time::{Duration, Instant};

use crate::condition::ast::Expr;
use crate::condition::{FILTER_DEPTH_LIMIT, Position, parse, parse_expr, parse_left, parse_with_limit};

/// The offset of the first error.
fn fails_at(text: &str, limit: u32) -> Option<u32> {
    let parsed = parse_with_limit(text, limit);
    assert_eq!(parsed.syntax().text(), text);
    parsed.errors().first().map(|error| Position::new(text, error.offset).offset)
}

fn nested(levels: usize, inner: &str) -> String {
    format!("{}{inner}{}", "(".repeat(levels), ")".repeat(levels))
}

#[test]
fn a_parenthesis_costs_five_steps() {
    // or, and, not, check: four steps for the outermost check; the limit itself is already too much.
    assert_eq!(fails_at(&nested(199, "a"), 1000), None);
    assert_eq!(fails_at(&nested(200, "a"), 1000), Some(200));
    assert_eq!(fails_at(&nested(19, "a"), FILTER_DEPTH_LIMIT), None);
    assert_eq!(fails_at(&nested(20, "a"), FILTER_DEPTH_LIMIT), Some(20));
    // A field, its operator and its operand need up to three more steps.
    assert_eq!(fails_at(&nested(198, "a.b = c"), 1000), None);
    assert_eq!(fails_at(&nested(199, "a.b = c"), 1000), Some(199 + 3));
    // `not(` goes without the step of the check.
    let nots = |levels| format!("{}a{}", "not(".repeat(levels), ")".repeat(levels));
    assert_eq!(fails_at(&nots(248), 1000), None);
    assert_eq!(fails_at(&nots(249), 1000), Some(249 * 4));
}

#[test]
fn calls_cost_two_steps() {
    let calls = |levels| format!("{}a.b{} = c", "tolower(".repeat(levels), ")".repeat(levels));
    // or, and, not, check, then two steps for each call and its argument, and one for the field.
    assert_eq!(fails_at(&calls(497), 1000), None);
    assert_eq!(fails_at(&calls(498), 1000), Some(498 * 8));
}

#[test]
fn a_lower_limit_leaves_the_rest_intact() {
    let text = format!("a.b = c and {} or d.e in (f", nested(30, "x"));
    let parsed = parse_with_limit(&text, 100);
    let errors: Vec<_> = parsed.errors().iter().map(ToString::to_string).collect();
    assert_eq!(
        errors,
        [
            "the condition is nested too deeply; the limit is 100 steps of the grammar",
            "missing `)` at the end of the list"
        ]
    );
    assert_eq!(parsed.expr().to_string(), "((a.b = c and <missing>) or d.e in (f))");
    // No limit is so low that there is no tree.
    for limit in 0..=10 {
        let parsed = parse_with_limit("a.b = tolower(c.d) or (e)", limit);
        assert_eq!(parsed.syntax().text(), "a.b = tolower(c.d) or (e)");
        assert!(!parsed.errors().is_empty());
    }
}

/// Huge texts of one kind, each a trap for a parser that recurses or looks ahead again and again.
fn traps() -> Vec<(&'static str, String)> {
    const N: usize = 200_000;
    [
        ("open", "("),
        ("open blank", "( "),
        ("close", ")"),
        ("empty", "()"),
        ("not", "not "),
        ("not group", "not("),
        ("bang", "!"),
        ("bang group", "!("),
        ("call", "tolower("),
        ("call list", "join(("),
        ("right call", "a.b=tolower("),
        ("list", "a.b in ("),
        ("nested list", "a.b in (("),
        ("val", "a.b=val("),
        ("bracket", "a.b["),
        ("quote", "a.b = '"),
        ("quotes", "'\""),
        ("backslash quote", "a=\\' and "),
        ("quoted bracket", "a.b['"),
        ("and", "and "),
        ("and group", "a and("),
        ("or group", "a or("),
        ("junk", "a.b = ( and "),
        ("junk groups", "a.b = (x y and z) w and "),
        ("commas", ","),
        ("equals", "a.b = = "),
        ("dots", "a."),
        ("dot digit", "a.1"),
        ("words", "a "),
        ("checks", "a.b = c and "),
        ("operators", "a > "),
        ("unicode", "é"),
        ("nul", "a\0"),
        ("nul quote", "a.b = '\0"),
        ("escapes", "a.b='\\q' or "),
        ("ampersands", "a && "),
    ]
    .map(|(name, unit)| (name, unit.repeat(N / unit.len())))
    .into()
}

/// Half of what a thread of a server has by default.
const STACK: usize = 1 << 20;

#[test]
fn no_text_overflows_the_stack_or_takes_long() {
    std::thread::Builder::new().stack_size(STACK).spawn(spring_the_traps).unwrap().join().unwrap();
}

fn spring_the_traps() {
    let nested = ["(", "not(", "tolower(", "join(\",\",(", "a.b=b64("].map(|unit| ("nested", unit.repeat(195)));
    for (name, text) in traps().into_iter().chain(nested) {
        let start = Instant::now();
        let parsed = parse(&text);
        assert_eq!(parsed.syntax().text().len(), rowan::TextSize::of(&text), "{name}");
        assert!(parsed.syntax().text() == text.as_str(), "{name}: the tree has the text");
        let (expr, errors) = parse_expr(&text);
        assert_eq!(errors, parsed.errors(), "{name}");
        assert!(expr == *parsed.expr(), "{name}");
        assert!(errors.len() <= 100, "{name}: {} errors", errors.len());
        drop((expr, parsed));
        assert!(parse_left(&text).is_err(), "{name}");
        // A quadratic step takes minutes here; the bound only has to tell the two apart on a busy machine.
        let took = start.elapsed();
        assert!(took < Duration::from_secs(10), "{name}: {took:?}");
        eprintln!("{name}: {took:?}");
    }
}

#[test]
fn two_hundred_thousand_parentheses_give_one_error() {
    for text in [nested(200_000, "a.b = c"), format!("x and {} and y", nested(200_000, "a"))] {
        let parsed = parse(&text);
        assert_eq!(parsed.errors().len(), 1, "{:?}", parsed.errors());
        assert!(parsed.syntax().text() == text.as_str());
    }
    let (expr, _) = parse_expr(&format!("x and {} and y", nested(200_000, "a")));
    let Expr::And { children, .. } = expr else { panic!("an and") };
    assert_eq!(children.len(), 3);
}
