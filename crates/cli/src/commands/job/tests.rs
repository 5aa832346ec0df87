//! Rule tests for an editor: which there are, and what came of them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use falco_catalog::Catalog;
use falco_compiler::SourceFile;
use falco_lsp::jobs::Job;
use falco_testkit::texts::Texts;
use falco_testkit::{RunOptions, discover as find, run_file_with};
use serde_json::{Value, json};

use super::judge::comparisons;
use crate::Result;
use crate::commands::recorded::Recorder;
use crate::commands::test::document;
use crate::error::CliError;
use crate::places::Places;

/// The cases of the test files.
pub fn discover(paths: &[String]) -> Result<Value> {
    let files: Vec<Value> = files(paths)?
        .iter()
        .map(|path| {
            let text = std::fs::read_to_string(path).unwrap_or_default();
            let (parsed, problems) = falco_testkit::parse(&text);
            let source = SourceFile::new(path.display().to_string(), text);
            let places = Places::new(&source);
            let case = |case: &falco_testkit::Case| {
                json!({"name": case.name.value, "file": source.path, "range": places.range(case.name.span.clone())})
            };
            json!({
                "file": source.path, "tests": parsed.cases.iter().map(case).collect::<Vec<_>>(),
                "problems": problems.iter().map(|problem| json!({
                    "file": source.path, "range": places.range(problem.span.clone()), "message": problem.message,
                    "help": problem.help,
                })).collect::<Vec<_>>(),
            })
        })
        .collect();
    Ok(json!({"version": 1, "files": files}))
}

/// Runs test files on the job's texts.
pub fn run(job: &Job, paths: &[String], name: Option<&str>, coverage: bool, catalog: &Arc<Catalog>) -> Result<Value> {
    let mut texts = Texts::default();
    for file in &job.files {
        texts.insert(Path::new(&file.path), file.text.clone());
    }
    let options = RunOptions { filter: name.map(str::to_owned), texts, coverage };
    let mut documents = Vec::new();
    let mut covered = Vec::new();
    let (mut passed, mut failed) = (0usize, 0usize);
    let recorder = Recorder::default();
    for path in files(paths)? {
        let mut report = run_file_with(&path, catalog, &options, &recorder);
        report.cases.retain(|case| name.is_none_or(|name| case.name == name));
        passed += report.cases.iter().filter(|case| case.passed()).count();
        failed += report.cases.iter().filter(|case| !case.passed()).count();
        let source = SourceFile::new(report.path.display().to_string(), report.text.clone());
        let places = Places::new(&source);
        let mut value = document(&report);
        if let Some(tests) = value["tests"].as_array_mut() {
            for (test, case) in tests.iter_mut().zip(&report.cases) {
                test["file"] = json!(source.path);
                test["range"] = places.range(case.span.clone());
            }
        }
        documents.push(value);
        let rules: Vec<Places<'_>> = report.rules.iter().map(Places::new).collect();
        covered.extend(comparisons(&report.coverage, &report.rules, &rules));
    }
    Ok(json!({
        "version": 1, "files": documents, "summary": {"passed": passed, "failed": failed},
        "comparisons": if coverage { Value::Array(covered) } else { Value::Null },
    }))
}

fn files(paths: &[String]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in paths {
        let path = Path::new(path);
        files.extend(find::test_files(path).map_err(|error| CliError::read(path, error))?);
    }
    files.dedup();
    Ok(files)
}
