//! The language cases with the reference implementation's answers: acceptance, codes, printed forms, positions.
//!
//! Run with `cargo test -p falco-compiler --test conformance -- --nocapture` to see the tally.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::path::Path;
use std::sync::Arc;

use falco_catalog::Catalog;
use falco_compiler::{FalcoMessage, Options, SourceFile, Version, compile};
use falco_syntax::condition::{Position, parse_expr};
use serde_json::{Value, json};

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/tables/conformance.json");

fn options() -> Options {
    let mut options = Options::new(Arc::new(Catalog::libs_only()));
    options.engine_version = Version::NEXT;
    options
}

#[test]
fn language_cases_have_the_reference_answers() {
    if !Path::new(CASES).exists() {
        // Past the capturing of tests that pass: a skip must be seen.
        let _ = std::io::Write::write_all(
            &mut std::io::stderr(),
            b"skipped: ../shared is not here (language_cases_have_the_reference_answers)\n",
        );
        return;
    }
    let table: Value = serde_json::from_str(&std::fs::read_to_string(CASES).unwrap()).unwrap();
    let cases = table["cases"].as_array().unwrap();
    let mut failed = Vec::new();
    for case in cases {
        let outcome = match (case["kind"].as_str().unwrap(), case["phase"].as_str()) {
            ("condition", Some("parse")) => parse_case(case),
            ("condition", Some("compile")) => compile_case(case),
            ("rulesfile", _) => file_case(case),
            other => Err(format!("unknown kind of case {other:?}")),
        };
        if let Err(why) = outcome {
            failed.push(format!("{}: {}\n  {why}", case["id"].as_str().unwrap(), case["why"].as_str().unwrap()));
        }
    }
    eprintln!("{} of {}", cases.len() - failed.len(), cases.len());
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert_eq!(cases.len(), 371, "the table has changed");
}

fn same(what: &str, ours: &Value, expected: &Value) -> Result<(), String> {
    if ours == expected { Ok(()) } else { Err(format!("{what}: ours {ours}, expected {expected}")) }
}

fn parse_case(case: &Value) -> Result<(), String> {
    let text = case["input"].as_str().unwrap();
    let expect = &case["expect"];
    let (expr, errors) = parse_expr(text);
    same("ok", &errors.is_empty().into(), &expect["ok"])?;
    match errors.first() {
        None => same("canonical", &expr.to_string().into(), &expect["canonical"]),
        Some(error) => {
            let at = Position::new(text, error.offset);
            same("position", &json!({"offset": at.offset, "line": at.line, "col": at.column}), &expect["position"])
        }
    }
}

fn codes(messages: &[FalcoMessage]) -> Value {
    messages.iter().map(|message| message.code.as_str()).collect::<Vec<_>>().into()
}

/// The condition as that of a rule; YAML reads a JSON string as it is.
fn compile_case(case: &Value) -> Result<(), String> {
    let condition = serde_json::to_string(&case["input"]).unwrap();
    let before = "- rule: r\n  desc: d\n  warn_evttypes: false\n  output: x\n  priority: INFO\n  condition: ";
    let file = SourceFile::new("case.yaml", format!("{before}{condition}\n"));
    let compilation = compile(&[file], &options());
    let load = &compilation.load_results()[0];
    let expect = &case["expect"];
    same("ok", &load.successful.into(), &expect["ok"])?;
    same("errors", &codes(&load.errors), &expect["errors"])?;
    same("warnings", &codes(&load.warnings), &expect["warnings"])?;
    if let Some(error) = load.errors.first() {
        let base = &error.locations[error.locations.len() - 2].position;
        let at = &error.locations[error.locations.len() - 1].position;
        same(
            "position",
            &json!({"offset": at.offset - base.offset, "line": at.line - base.line, "col": at.column - base.column}),
            &expect["position"],
        )?;
    }
    same("errors of ours", &compilation.loads().into(), &expect["ok"])
}

fn file_case(case: &Value) -> Result<(), String> {
    let file = SourceFile::new("case.yaml", case["input"].as_str().unwrap());
    let compilation = compile(&[file], &options());
    let load = &compilation.load_results()[0];
    let expect = &case["expect"];
    same("ok", &load.successful.into(), &expect["ok"])?;
    same("errors", &codes(&load.errors), &expect["errors"])?;
    same("warnings", &codes(&load.warnings), &expect["warnings"])?;
    if let Some(location) = expect.get("error_location") {
        let ours = load.errors[0].locations.last().unwrap();
        same(
            "error_location",
            &json!({
                "item_type": ours.item_type,
                "item_name": ours.item_name,
                "line": ours.position.line,
                "column": ours.position.column,
                "offset": ours.position.offset,
            }),
            location,
        )?;
    }
    let program = compilation.program();
    if let Some(compiled) = expect.get("compiled") {
        let ours: serde_json::Map<String, Value> =
            program.rules.iter().map(|rule| (rule.name.clone(), rule.condition_text.clone().into())).collect();
        same("compiled", &ours.into(), compiled)?;
    }
    if let Some(enabled) = expect.get("enabled_rules") {
        same("enabled_rules", &program.rules.iter().filter(|rule| rule.enabled).count().into(), enabled)?;
    }
    // Every error of Falco is one of ours too, and a file without one has none of ours.
    let ours: Vec<&str> = compilation.iter().map(|d| d.code).filter(|c| c.starts_with("LOAD_ERR")).collect();
    match load.errors.first() {
        None if ours.is_empty() => Ok(()),
        None => Err(format!("ours has {ours:?}, Falco has no error")),
        Some(error) if ours.contains(&error.code.as_str()) => Ok(()),
        Some(error) => Err(format!("ours lacks {}: {ours:?}", error.code)),
    }
}
