//! Changes of the rules that no test notices, told on the command line.

use std::time::Instant;

use codespan_reporting::diagnostic::{Diagnostic, Label};
use codespan_reporting::files::{Error, SimpleFiles};
use codespan_reporting::term::termcolor::{Color, WriteColor};
use codespan_reporting::term::{self, Chars, Config};
use falco_testkit::mutate::{Mutation, Survivor, mutate};

use super::Suite;
use crate::args::TestFormat;
use crate::error::CliError;
use crate::render;
use crate::{Outcome, Result};

/// Changes the rules and asks the tests, which must pass as they are.
pub fn run(suite: &Suite<'_>, tests: Outcome, out: &mut dyn WriteColor) -> Result {
    if tests == Outcome::Findings {
        let reason = "the rules are not changed before the tests pass on them as they are";
        render::labelled(&mut render::stderr(suite.global), Color::Yellow, "note", reason)?;
        return Ok(tests);
    }
    let begun = Instant::now();
    let rule = suite.args.mutation.rule.as_deref();
    let result = mutate(&suite.files, suite.jobs(), &suite.catalog, &suite.options, rule);
    if !result.broken.is_empty() {
        return Err(CliError::Tests);
    }
    if let (Some(rule), 0) = (rule, result.tried) {
        return Err(CliError::Usage(format!("no rule `{rule}` is loaded by these tests")));
    }
    match suite.args.format {
        TestFormat::Json => writeln!(out, "{:#}", result.document())?,
        _ => text(&result, out, suite, begun)?,
    }
    Ok(if result.survivors.is_empty() && result.stale.is_empty() { Outcome::Clean } else { Outcome::Findings })
}

fn text(result: &Mutation, out: &mut dyn WriteColor, suite: &Suite<'_>, begun: Instant) -> Result<()> {
    let mut sources = SimpleFiles::new();
    for file in &result.files {
        sources.add(file.path.as_str(), &*file.text);
    }
    let config = Config { chars: Chars::box_drawing(), tab_width: 4, ..Config::default() };
    let emit = |diagnostic: &Diagnostic<usize>, out: &mut dyn WriteColor| -> Result<()> {
        match term::emit_to_write_style(out, &config, &sources, diagnostic) {
            Err(Error::Io(error)) => Err(error.into()),
            _ => Ok(()),
        }
    };
    let file = |path: &str| result.files.iter().position(|file| file.path == path);
    for survivor in &result.survivors {
        let Some(file) = file(&survivor.file) else { continue };
        let diagnostic = Diagnostic::warning()
            .with_message(format!("no test notices: {}", survivor.change))
            .with_labels(vec![Label::primary(file, survivor.range.clone())])
            .with_notes(notes(survivor));
        emit(&diagnostic, out)?;
    }
    for stale in &result.stale {
        let Some(file) = file(&stale.file) else { continue };
        let diagnostic = Diagnostic::warning()
            .with_message(format!("no change that went unnoticed is called `{}`", stale.words))
            .with_labels(vec![Label::primary(file, stale.at..stale.at + 1)]);
        emit(&diagnostic, out)?;
    }
    for (file, case, reason) in &result.left {
        writeln!(out, "left out: {file}: {case}: {reason}")?;
    }
    if !suite.global.quiet {
        let (all, seconds) = (render::count(result.tried, "change"), begun.elapsed().as_secs_f64());
        writeln!(
            out,
            "{all}: {} noticed, {} not, {} argued; {} more would make no difference ({seconds:.1} s)",
            result.noticed,
            result.survivors.len(),
            result.argued.len(),
            result.equal
        )?;
    }
    Ok(())
}

fn notes(survivor: &Survivor) -> Vec<String> {
    let mut notes = Vec::new();
    if survivor.rules.len() > 1 {
        notes.push(format!("changes the rules {}", survivor.rules.join(", ")));
    }
    match &survivor.suggestion {
        Some(event) => notes.push(format!("help: a test with this event would: {event}")),
        None => notes.push("help: no event that would show it was found; a test or a comment may say why".to_owned()),
    }
    notes
}
