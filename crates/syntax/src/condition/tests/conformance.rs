//! The language cases with Falco's own answers. Each says what is accepted, how it prints, and where the lexer stops.

use std::path::Path;

use serde_json::Value;

use crate::condition::{Position, parse, parse_expr};

/// Cases whose text is a condition: (id, input, phase, expectation).
fn cases() -> Option<Vec<(String, String, String, Value)>> {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/tables/conformance.json"));
    let Ok(text) = std::fs::read_to_string(path) else {
        // Past the capturing of tests that pass: a skip must be seen.
        let _ =
            std::io::Write::write_all(&mut std::io::stderr(), b"skipped: ../shared is not here (conformance.json)\n");
        return None;
    };
    let table: Value = serde_json::from_str(&text).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let conditions = table["cases"].as_array().unwrap().iter().filter(|case| case["kind"] == "condition");
    Some(
        conditions
            .map(|case| (text(&case["id"]), text(&case["input"]), text(&case["phase"]), case["expect"].clone()))
            .collect(),
    )
}

#[test]
fn agrees_with_falco_on_every_case() {
    let Some(cases) = cases() else { return };
    let (mut parse_cases, mut compile_cases) = (0, 0);
    let mut failures = Vec::new();
    for (id, input, phase, expect) in cases {
        let parsed = parse(&input);
        assert_eq!(parsed.syntax().text(), input.as_str(), "{id}: the tree has the text");
        assert_eq!((parsed.expr().clone(), parsed.errors().to_vec()), parse_expr(&input), "{id}: both ways agree");

        let printed = parsed.expr().to_string();
        let position = parsed.errors().first().map(|error| Position::new(&input, error.offset));
        // What fails in the `compile` phase does so by its fields and values; its grammar is right.
        let ok = expect["ok"] == true || phase == "compile";
        if phase == "compile" {
            compile_cases += 1;
        } else {
            parse_cases += 1;
        }
        let right = match position {
            None => ok && expect["canonical"].as_str().is_none_or(|canonical| canonical == printed),
            Some(at) => {
                let wanted = &expect["position"];
                !ok && wanted["offset"] == at.offset && wanted["line"] == at.line && wanted["col"] == at.column
            }
        };
        if !right {
            let errors = parsed.errors();
            failures.push(format!("{id} {input:?}: wanted {expect}, got {position:?} {printed:?} {errors:?}"));
        }
    }
    eprintln!(
        "conditions: {} of {} cases agree ({parse_cases} judged whole, {compile_cases} by their syntax)",
        parse_cases + compile_cases - failures.len(),
        parse_cases + compile_cases,
    );
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert_eq!((parse_cases, compile_cases), (125, 68), "the table has all its cases");
}

#[test]
fn the_source_form_parses_back_to_the_same_condition() {
    let Some(cases) = cases() else { return };
    for (id, input, ..) in cases {
        let (expr, errors) = parse_expr(&input);
        if errors.is_empty() {
            let source = expr.source().to_string();
            let (again, errors) = parse_expr(&source);
            assert_eq!(errors, [], "{id}: {source}");
            assert_eq!((again.source().to_string(), again.to_string()), (source, expr.to_string()), "{id}");
        }
    }
}
