//! Explanations for an editor: as documents, and as the text that `falco-rs explain` prints.

use std::path::Path;
use std::sync::Arc;

use falco_catalog::Catalog;
use falco_compiler::SourceFile;
use falco_compiler::program::Program;
use falco_lsp::jobs::Job;
use falco_testkit::{Case, Source as CaseSource, TestFile};
use serde_json::{Value, json};

use super::tests::texts;
use super::{INPUT, compile, load};
use crate::Result;
use crate::capture::Position;
use crate::commands::explain::document::document;
use crate::commands::explain::find::{Finder, Found};
use crate::commands::explain::text;
use crate::error::CliError;
use crate::events::{self, Source, Visitor as _};
use crate::loaded::Loaded;

/// Near misses of a test's capture.
const MISSES: usize = 3;

/// Why a rule did or did not match an event of a capture, or which came nearest.
pub fn on_capture(
    job: &Job,
    rule: &str,
    capture: &Path,
    event: Option<u64>,
    nearest: usize,
    catalog: &Arc<Catalog>,
) -> Result<Value> {
    let loaded = load(job, catalog)?;
    let number = loaded.rule(rule)?;
    let mut finder = Finder::new(loaded.evaluator, number, event, nearest);
    let source = Source::Capture(capture.to_owned());
    events::visit(&source, INPUT, true, catalog, &Position::default(), &mut finder)?;
    let (found, evaluator) = finder.finish();
    if let (Found::NoEvent { seen }, Some(event)) = (&found, event) {
        return Err(CliError::Usage(format!("there is no event {event} that rules see; {seen} were read")));
    }
    told(&found, evaluator.program(), &loaded.files)
}

/// The rules that a test names, on each of its events.
pub fn test(job: &Job, path: &str, name: &str, catalog: &Arc<Catalog>) -> Result<Value> {
    let path = Path::new(path);
    let texts = texts(job);
    let text = texts.read(path).map_err(|error| CliError::read(path, error))?;
    let (file, problems) = falco_testkit::parse(&text);
    if let Some(problem) = problems.first() {
        return Err(CliError::Usage(problem.message.clone()));
    }
    let case = file.cases.iter().find(|case| case.name.value == name);
    let case = case.ok_or_else(|| CliError::Usage(format!("there is no test `{name}` in `{}`", path.display())))?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let rules = falco_testkit::rules_of(&file, folder, &texts)
        .map_err(|problems| CliError::Usage(problems.into_iter().map(|problem| problem.message).collect()))?;
    let mut loaded = compile(rules, None, catalog)?;
    let mut explanations = Vec::new();
    for rule in rules_of(case) {
        explanations.extend(rule_on_case(&mut loaded, rule, &file, case, folder, catalog)?);
    }
    Ok(json!({"version": 1, "name": name, "explanations": explanations}))
}

/// The rules that a case names, each once.
fn rules_of(case: &Case) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for name in case.only.iter().flatten().chain(case.expect.iter().map(|expect| &expect.rule)) {
        if !names.contains(&name.value.as_str()) {
            names.push(&name.value);
        }
    }
    names
}

fn rule_on_case(
    loaded: &mut Loaded,
    rule: &str,
    file: &TestFile,
    case: &Case,
    folder: &Path,
    catalog: &Catalog,
) -> Result<Vec<Value>> {
    let number = loaded.rule(rule)?;
    let finder = |event: Option<u64>| Finder::new(loaded.evaluator.clone(), number, event, MISSES);
    let told = |finder: Finder| {
        let (found, evaluator) = finder.finish();
        told(&found, evaluator.program(), &loaded.files)
    };
    match &case.source {
        CaseSource::Events(events) => (0u64..)
            .zip(events)
            .map(|(index, spec)| {
                let event = falco_testkit::made_up(file, spec, index, catalog);
                let event = event.map_err(|problem| CliError::Usage(problem.message))?;
                let mut finder = finder(Some(index + 1));
                let _ = finder.visit(&event, index + 1);
                told(finder)
            })
            .collect(),
        CaseSource::Capture(capture) => {
            let mut finder = finder(None);
            let source = Source::Capture(folder.join(&capture.value));
            events::visit(&source, INPUT, false, catalog, &Position::default(), &mut finder)?;
            Ok(vec![told(finder)?])
        }
        CaseSource::Command(_) => {
            let message = "a test that runs a command has no events to explain; record them with `falco-rs record`";
            Err(CliError::Usage(message.into()))
        }
    }
}

/// The document of an explanation with its text.
fn told(found: &Found, program: &Program, files: &[SourceFile]) -> Result<Value> {
    let mut value = document(found, program, files);
    value["text"] = text::plain(found, program, files)?.into();
    Ok(value)
}
