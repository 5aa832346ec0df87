//! Loads the rules of a test file, once for every set of mocks.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use falco_catalog::Catalog;
use falco_compiler::{Compilation, Diagnostic, ItemIndex, Options, Severity, SourceFile, compile};
use falco_engine::eval::Evaluator;
use serde_json::json;

use crate::discover::rules_files;
use crate::file::{Mock, Problem, Spanned, TestFile};
use crate::texts::{Texts, tidy};

/// The name of the file that holds a test's mocks, as far as anybody sees it.
const MOCK_FILE: &str = "mock";

/// Why rules are not loaded.
#[derive(Debug, Default)]
pub(crate) struct Refused {
    /// What is wrong in the test file.
    pub(crate) problems: Vec<Problem>,
    /// What is wrong in the rules.
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl Refused {
    fn problem(problem: Problem) -> Self {
        Self { problems: vec![problem], diagnostics: Vec::new() }
    }
}

/// The rules files that a test file names, in load order.
///
/// # Errors
/// When one cannot be read; the problem is at its mention.
pub fn rules_of(file: &TestFile, folder: &Path, texts: &Texts) -> Result<Vec<SourceFile>, Vec<Problem>> {
    if file.rules.is_empty() {
        let help = Some("name the rules that are tested: `rules: [FILE]`".to_owned());
        return Err(vec![Problem { span: 0..0, message: "the test file has no `rules`".into(), help }]);
    }
    let mut sources = Vec::new();
    let mut problems = Vec::new();
    for entry in &file.rules {
        match read_rules(&tidy(&folder.join(&entry.value)), texts) {
            Ok(files) => sources.extend(files),
            Err(message) => problems.push(Problem { span: entry.span.clone(), message, help: None }),
        }
    }
    if problems.is_empty() { Ok(sources) } else { Err(problems) }
}

/// Compiles rules with mocks in place of some of their macros and lists.
pub(crate) fn evaluator(sources: &[SourceFile], mock: &Mock, catalog: &Arc<Catalog>) -> Result<Evaluator, Refused> {
    let mut options = Options::new(catalog.clone());
    options.falco_report = false;
    let mut files = sources.to_vec();
    let (text, items) = mock_file(mock);
    if !mock.is_empty() {
        files.push(SourceFile::new(MOCK_FILE, text));
    }
    let compilation: Compilation = compile(&files, &options);
    let errors = || compilation.iter().filter(|d| d.severity == Severity::Error);
    let (mocked, own): (Vec<&Diagnostic>, Vec<&Diagnostic>) =
        errors().partition(|d| d.span.file.index() == sources.len());
    if !mock.is_empty() {
        let unknown = unknown_mocks(mock, &compilation.items(), sources.len());
        if !unknown.is_empty() {
            return Err(Refused { problems: unknown, diagnostics: Vec::new() });
        }
    }
    if !mocked.is_empty() {
        let problems = mocked.iter().map(|d| {
            let item = items.iter().find(|(range, _)| range.contains(&(d.span.start as usize)));
            let span = item.or(items.first()).map_or(0..0, |(_, span)| span.clone());
            Problem { span, message: format!("the mock does not load: {}", d.message), help: d.help.clone() }
        });
        return Err(Refused { problems: problems.collect(), diagnostics: Vec::new() });
    }
    if !own.is_empty() {
        let diagnostics: Vec<Diagnostic> = own.into_iter().cloned().collect();
        // Without its mocks the rules load: then these are at fault, and the place to show is theirs.
        if let (false, Some((_, span))) = (mock.is_empty(), items.first()) {
            let first = diagnostics.first().map(|d| d.message.clone()).unwrap_or_default();
            let message = format!("with these mocks the rules do not load: {first}");
            return Err(Refused::problem(Problem { span: span.clone(), message, help: None }));
        }
        return Err(Refused { problems: Vec::new(), diagnostics });
    }
    Evaluator::new(compilation.program(), catalog)
        .map_err(|error| Refused::problem(Problem { span: 0..0, message: error.to_string(), help: None }))
}

/// The range of an item, and its place in the test file.
type MockItem = (Range<usize>, Range<usize>);

/// The mocks as a rules file, with the range of each item and its place in the test file.
fn mock_file(mock: &Mock) -> (String, Vec<MockItem>) {
    let mut text = String::new();
    let mut items = Vec::new();
    // JSON is YAML.
    let mut add = |item: serde_json::Value, span: &Range<usize>| {
        let start = text.len();
        text.push_str(&format!("- {item}\n"));
        items.push((start..text.len(), span.clone()));
    };
    for (name, list) in &mock.lists {
        add(json!({"list": name.value, "items": list.value, "override": {"items": "replace"}}), &list.span);
    }
    for (name, condition) in &mock.macros {
        add(
            json!({"macro": name.value, "condition": condition.value, "override": {"condition": "replace"}}),
            &condition.span,
        );
    }
    (text, items)
}

/// Mocks of what is not there: they would change nothing.
fn unknown_mocks(mock: &Mock, index: &ItemIndex, own: usize) -> Vec<Problem> {
    let real = |entry: &&falco_compiler::ItemEntry| entry.sites.iter().any(|site| site.item.file.index() < own);
    let macros: Vec<&str> = index.macros.iter().filter(real).map(|e| &*e.name).collect();
    let lists: Vec<&str> = index.lists.iter().filter(real).map(|e| &*e.name).collect();
    let mut problems = Vec::new();
    let mut look = |name: &Spanned<String>, what: &str, known: &[&str]| {
        if !known.contains(&name.value.as_str()) {
            let message = format!("no {what} `{}` is loaded", name.value);
            let help = nearest(&name.value, known.iter().copied()).map(|near| format!("did you mean `{near}`?"));
            problems.push(Problem { span: name.span.clone(), message, help });
        }
    };
    mock.macros.iter().for_each(|(name, _)| look(name, "macro", &macros));
    mock.lists.iter().for_each(|(name, _)| look(name, "list", &lists));
    problems
}

/// The name that was probably meant.
pub(crate) fn nearest<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    names
        .map(|other| (strsim::normalized_damerau_levenshtein(other, name), other))
        .filter(|(score, _)| *score > 0.6)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, near)| near)
}

/// A rules file, or the YAML files of a folder in name order without its tests.
fn read_rules(path: &Path, texts: &Texts) -> Result<Vec<SourceFile>, String> {
    let cannot = |path: &Path, error: &std::io::Error| format!("cannot read `{}`: {error}", path.display());
    let is_folder = !texts.has(path) && std::fs::metadata(path).map_err(|e| cannot(path, &e))?.is_dir();
    let files = if is_folder { rules_files(path).map_err(|e| cannot(path, &e))? } else { vec![path.to_owned()] };
    if files.is_empty() {
        return Err(format!("no rules files in `{}`", path.display()));
    }
    files
        .iter()
        .map(|file| {
            let text = texts.read(file).map_err(|e| cannot(file, &e))?;
            Ok(SourceFile::new(file.display().to_string(), text))
        })
        .collect()
}
