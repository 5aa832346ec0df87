//! `falco-rs check`: what Falco would refuse or warn about, and our lints.

use std::io::Write;
use std::sync::Arc;

use codespan_reporting::term::termcolor::Color;
use falco_catalog::Catalog;
use falco_compiler::{Diagnostic, LoadResult, Options, Severity, compile};
use falco_ide::actions::fixes_of;
use falco_ide::{Analysis, Settings};
use serde_json::{Value, json};

use crate::args::{Check, CheckFormat, Deny, Global};
use crate::commands::fix;
use crate::error::CliError;
use crate::inputs::{Binary, Rules, find_project};
use crate::places::Places;
use crate::render::{self, count};
use crate::{Outcome, Result};

/// Checks the rules and prints the findings.
pub fn run(args: &Check, global: &Global) -> Result {
    let mut rules = Rules::load(&args.paths)?;
    let mut options = Options::new(Arc::new(Catalog::builtin()));
    options.falco_report = args.format == CheckFormat::Falco;
    if let Some(version) = args.engine_version.as_ref().or(rules.engine_version.as_ref()) {
        options.engine_version = version
            .parse()
            .map_err(|_| CliError::Usage(format!("`{version}` is no engine version; one looks like `0.62.0`")))?;
    }
    options.lints = find_project()?.map(|(_, project)| project.lints).unwrap_or_default();
    let wanted = |code: &str| {
        (args.select.is_empty() || args.select.iter().any(|c| c == code)) && !args.ignore.iter().any(|c| c == code)
    };
    let settings = Settings {
        engine_version: Some(options.engine_version.to_string()),
        lints: options.lints.clone(),
        ..Settings::default()
    };
    if args.unsafe_fixes && !(args.fix || args.diff) {
        return Err(CliError::Usage("`--unsafe-fixes` goes with `--fix` or `--diff`".into()));
    }
    if args.fix || args.diff {
        let done = fix::run(args, &mut rules, &settings, &wanted, global)?;
        if let Some(outcome) = done {
            return Ok(outcome);
        }
    }
    let compilation = compile(&rules.files, &options);
    let found: Vec<&Diagnostic> = compilation.iter().filter(|d| wanted(d.code)).collect();

    match args.format {
        CheckFormat::Text => text(&rules, &found, global)?,
        CheckFormat::Json => write_json(&document(&rules, &found, &settings), global)?,
        CheckFormat::Falco => write_json(&falco_document(compilation.load_results()), global)?,
    }
    let failed = match args.format {
        CheckFormat::Falco => !rules.binary.is_empty() || !compilation.loads(),
        _ => {
            let deny_warnings = args.deny == Some(Deny::Warnings);
            let counts = |d: &Diagnostic| match d.severity {
                Severity::Error => true,
                Severity::Warning => deny_warnings,
                Severity::Info | Severity::Hint => false,
            };
            !rules.binary.is_empty() || found.into_iter().any(counts)
        }
    };
    Ok(if failed { Outcome::Findings } else { Outcome::Clean })
}

/// How many findings of each kind.
#[derive(Debug, Default, PartialEq, Eq)]
struct Summary {
    errors: usize,
    warnings: usize,
    lints: usize,
}

impl Summary {
    /// Falco's own codes count by severity, ours as lints unless they are errors.
    fn of(rules: &Rules, found: &[&Diagnostic]) -> Self {
        let mut summary = Self { errors: rules.binary.len(), ..Self::default() };
        for diagnostic in found {
            match diagnostic.severity {
                Severity::Error => summary.errors += 1,
                Severity::Warning if diagnostic.code.starts_with("LOAD_") => summary.warnings += 1,
                _ => summary.lints += 1,
            }
        }
        summary
    }
}

fn text(rules: &Rules, found: &[&Diagnostic], global: &Global) -> Result<()> {
    let mut out = render::stdout(global);
    for binary in &rules.binary {
        render::labelled(&mut out, Color::Red, "error[LOAD_ERR_YAML_PARSE]", &binary_message(binary))?;
        writeln!(out, "  ┌─ {}:{}:{}\n", binary.path, binary.line, binary.column)?;
    }
    let excerpts = render::Excerpts::new(&rules.files);
    for diagnostic in found {
        excerpts.write(&mut out, diagnostic)?;
    }
    if !global.quiet {
        let summary = Summary::of(rules, found);
        let files = count(rules.files.len() + rules.binary.len(), "file");
        let found = [(summary.errors, "error"), (summary.warnings, "warning"), (summary.lints, "lint")]
            .map(|(n, what)| count(n, what))
            .join(", ");
        let (color, word) = if summary.errors > 0 { (Color::Red, "failed") } else { (Color::Green, "ok") };
        render::labelled(&mut out, color, word, &format!("{files}: {found}"))?;
    }
    out.flush()?;
    Ok(())
}

fn binary_message(binary: &Binary) -> String {
    format!("`{}` is not UTF-8 text: invalid byte at offset {}", binary.path, binary.offset)
}

fn write_json(value: &Value, global: &Global) -> Result<()> {
    let mut out = render::stdout(global);
    serde_json::to_writer(&mut out, value).map_err(std::io::Error::from)?;
    writeln!(out)?;
    Ok(())
}

/// The document of `--format json`; its shape is a contract.
fn document(rules: &Rules, found: &[&Diagnostic], settings: &Settings) -> Value {
    // How a repair is written depends on the layout around it, which the editor features know.
    let repairable = found.iter().any(|diagnostic| !diagnostic.fixes.is_empty());
    let analysis = repairable.then(|| Analysis::new(fix::workspace_files(&rules.files), settings, None));
    let all: Vec<Places> = rules.files.iter().map(Places::new).collect();
    let mut diagnostics: Vec<Value> = rules
        .binary
        .iter()
        .map(|b| {
            let at = json!({"line": b.line, "column": b.column, "offset": b.offset});
            json!({
                "code": "LOAD_ERR_YAML_PARSE", "severity": "error", "message": binary_message(b), "file": b.path,
                "range": {"start": at, "end": at}, "item": null, "help": null, "url": null, "fixes": [],
            })
        })
        .collect();
    diagnostics.extend(found.iter().filter_map(|d| {
        let places = all.get(d.span.file.index())?;
        let item = d.item.as_ref().map(|item| json!({"kind": item.kind.head_key(), "name": item.name}));
        let fixes: Vec<Value> = analysis
            .iter()
            .flat_map(|analysis| fixes_of(analysis, d))
            .map(|fix| {
                // An edit is in the finding's own file unless it names another.
                let edits =
                    fix.change.edits.iter().flat_map(|(file, edits)| edits.iter().map(move |edit| (file, edit)));
                let edits = edits.filter_map(|(file, edit)| {
                    let range = all.get(file.0 as usize)?.range(edit.range.into());
                    let mut value = json!({"range": range, "text": edit.text});
                    if file.0 as usize != d.span.file.index() {
                        value["file"] = json!(rules.files.get(file.0 as usize)?.path);
                    }
                    Some(value)
                });
                json!({"title": fix.title, "safe": fix.safe, "edits": edits.collect::<Vec<_>>()})
            })
            .collect();
        Some(json!({
            "code": d.code, "severity": d.severity.as_str(), "message": d.message,
            "file": rules.files.get(d.span.file.index())?.path, "range": places.range(d.span.range()),
            "item": item, "help": d.help, "url": null, "fixes": fixes,
        }))
    }));
    let summary = Summary::of(rules, found);
    let files: Vec<&str> =
        rules.files.iter().map(|f| f.path.as_str()).chain(rules.binary.iter().map(|b| b.path.as_str())).collect();
    json!({
        "version": 1,
        "files": files,
        "diagnostics": diagnostics,
        "summary": {"errors": summary.errors, "warnings": summary.warnings, "lints": summary.lints},
    })
}

/// The document of `falco -V` with `json_output`.
fn falco_document(loads: &[LoadResult]) -> Value {
    let message = |m: &falco_compiler::FalcoMessage| {
        let locations: Vec<Value> = m
            .locations
            .iter()
            .map(|l| {
                let p = &l.position;
                json!({
                    "item_type": l.item_type, "item_name": l.item_name,
                    "position": {"name": p.name, "line": p.line, "column": p.column, "offset": p.offset},
                })
            })
            .collect();
        let mut value = json!({
            "code": m.code.as_str(), "codedesc": m.code.description(), "message": m.message,
            "context": {"locations": locations, "snippet": m.snippet},
        });
        if let Some(field) = m.deprecated_field {
            value["deprecated_field"] = json!(field);
        }
        value
    };
    let results: Vec<Value> = loads
        .iter()
        .map(|load| {
            let mut value = json!({
                "name": load.name,
                "successful": load.successful,
                "errors": load.errors.iter().map(message).collect::<Vec<_>>(),
                "warnings": load.warnings.iter().map(message).collect::<Vec<_>>(),
            });
            if let Some(schema) = &load.schema {
                value["schema_valid"] = json!(schema.is_valid());
                value["schema_warnings"] = json!(schema.warnings);
            }
            value
        })
        .collect();
    json!({ "falco_load_results": results })
}
