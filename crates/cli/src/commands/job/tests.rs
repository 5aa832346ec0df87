//! Rule tests for an editor: which there are, and what came of them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use falco_catalog::Catalog;
use falco_compiler::SourceFile;
use falco_lsp::jobs::{Job, Which};
use falco_testkit::formats::json::document;
use falco_testkit::texts::Texts;
use falco_testkit::{Commands, Counted, RunOptions, discover as find, run_file_with};
use serde_json::{Value, json};

use super::judge::comparisons;
use crate::Result;
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

/// The job's texts, which go before what is on disk.
pub fn texts(job: &Job) -> Texts {
    let mut texts = Texts::default();
    for file in &job.files {
        texts.insert(Path::new(&file.path), file.text.clone());
    }
    texts
}

/// Runs test files on the job's texts.
pub fn run(
    job: &Job,
    paths: &[String],
    which: &Which,
    catalog: &Arc<Catalog>,
    commands: &dyn Commands,
) -> Result<Value> {
    let Which { name, rule, coverage } = which;
    let options = RunOptions {
        filter: name.clone(),
        rule: rule.clone(),
        texts: texts(job),
        coverage: if *coverage { Counted::Named } else { Counted::None },
        ..RunOptions::default()
    };
    let mut documents = Vec::new();
    let mut covered = Vec::new();
    let (mut passed, mut failed, mut skipped) = (0usize, 0usize, 0usize);
    for path in files(paths)? {
        let mut report = run_file_with(&path, catalog, &options, commands);
        report.cases.retain(|case| name.as_ref().is_none_or(|name| case.name == *name));
        // Of the files without a test of the rule nothing is told.
        if rule.is_some() && report.cases.is_empty() && report.problems.is_empty() && report.refused.is_empty() {
            continue;
        }
        passed += report.cases.iter().filter(|case| case.passed()).count();
        failed += report.cases.iter().filter(|case| case.failed()).count();
        skipped += report.cases.iter().filter(|case| !case.passed() && !case.failed()).count();
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
        "version": 1, "files": documents, "summary": {"passed": passed, "failed": failed, "skipped": skipped},
        "comparisons": if *coverage { Value::Array(covered) } else { Value::Null },
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

#[cfg(test)]
mod unit {
    use falco_lsp::jobs::{File, Task};
    use falco_testkit::NoCommands;

    use super::*;

    #[test]
    fn skipped_tests_are_counted_as_such() {
        let path = std::env::temp_dir().join(format!("falco-rs-skipped-{}_test.yaml", std::process::id()));
        let test = "rules: [rules.yaml]\ntests:\n  - name: recorded\n    command: [ls]\n    expect: []\n";
        std::fs::write(&path, test).unwrap();
        let rules = path.with_file_name("rules.yaml").display().to_string();
        let text = "- rule: r\n  desc: d\n  condition: evt.type = open\n  output: o\n  priority: INFO\n".to_owned();
        let files = vec![File { path: rules, text }];
        let job = Job { files, engine_version: None, task: Task::Discover { paths: Vec::new() } };
        let (paths, catalog) = ([path.display().to_string()], Arc::new(Catalog::builtin()));
        let result = run(&job, &paths, &Which::default(), &catalog, &NoCommands).unwrap();
        std::fs::remove_file(path).unwrap();
        assert_eq!(result["summary"], json!({"passed": 0, "failed": 0, "skipped": 1}), "{result}");
        assert_eq!(result["files"][0]["tests"][0]["skipped"], "commands are not run here");
    }
}
