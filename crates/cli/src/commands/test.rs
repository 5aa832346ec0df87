//! `falco-rs test`: rule tests.

use std::io::Write;
use std::sync::Arc;

use codespan_reporting::term::termcolor::{Color, ColorSpec, WriteColor};
use falco_catalog::Catalog;
use falco_testkit::{CaseReport, FileReport, Outcome as Verdict, discover, run_file};
use serde_json::{Value, json};

use super::recorded::Recorder;
use crate::args::{Global, Test, TestFormat};
use crate::error::CliError;
use crate::render;
use crate::{Outcome, Result};

/// Runs the tests and prints what came of them.
pub fn run(args: &Test, global: &Global) -> Result {
    let mut files = Vec::new();
    for path in &args.paths {
        files.extend(discover::test_files(path).map_err(|e| CliError::read(path, e))?);
    }
    files.dedup();
    if files.is_empty() {
        return Err(CliError::Usage("no rule tests found; they are files named `*_test.yaml` or `*.test.yaml`".into()));
    }
    let catalog = Arc::new(Catalog::builtin());
    let mut out = render::stdout(global);
    let mut tally = Tally::default();
    let commands = Recorder::default();
    let mut documents = Vec::new();
    for path in &files {
        let report = run_file(path, &catalog, args.filter.as_deref(), &commands);
        tally.add(&report);
        match args.format {
            TestFormat::Text => text(&report, &mut out, global)?,
            TestFormat::Json => documents.push(document(&report)),
        }
    }
    match args.format {
        TestFormat::Text if !global.quiet => {
            if tally.unusable > 0 {
                let files = render::count(tally.unusable, "test file");
                render::labelled(&mut out, Color::Red, "error", &format!("{files} could not be run"))?;
            }
            write!(out, "{} passed, {} failed", tally.passed, tally.failed)?;
            match tally.skipped {
                0 => writeln!(out)?,
                skipped => writeln!(out, ", {skipped} skipped")?,
            }
        }
        TestFormat::Text => {}
        TestFormat::Json => {
            let summary = json!({
                "passed": tally.passed, "failed": tally.failed, "skipped": tally.skipped,
                "unusable_files": tally.unusable,
            });
            let all = json!({"version": 1, "files": documents, "summary": summary});
            serde_json::to_writer(&mut out, &all).map_err(std::io::Error::from)?;
            writeln!(out)?;
        }
    }
    out.flush()?;
    match tally {
        // Misspelt tests must not look like tests that found something.
        Tally { unusable: 1.., .. } => Err(CliError::Tests),
        Tally { failed: 1.., .. } => Ok(Outcome::Findings),
        Tally { passed: 0, skipped: 0, .. } => Err(CliError::Usage("no test has such a name".into())),
        _ => Ok(Outcome::Clean),
    }
}

#[derive(Debug, Default)]
struct Tally {
    passed: usize,
    failed: usize,
    /// Cases that cannot be run here.
    skipped: usize,
    /// Test files that have mistakes.
    unusable: usize,
}

impl Tally {
    fn add(&mut self, report: &FileReport) {
        if !report.problems.is_empty() {
            self.unusable += 1;
        } else if !report.refused.is_empty() {
            self.failed += 1;
        }
        self.passed += report.cases.iter().filter(|c| c.passed()).count();
        self.failed += report.cases.iter().filter(|c| c.failed()).count();
        self.skipped += report.cases.iter().filter(|c| !c.passed() && !c.failed()).count();
    }
}

fn text(report: &FileReport, out: &mut dyn WriteColor, global: &Global) -> Result<()> {
    let path = report.path.display().to_string();
    let quiet = global.quiet && report.passed();
    if !quiet {
        out.set_color(ColorSpec::new().set_bold(true))?;
        writeln!(out, "{path}")?;
        out.reset()?;
    }
    for problem in &report.problems {
        render::problem(out, &path, &report.text, problem)?;
    }
    let excerpts = render::Excerpts::new(&report.rules);
    for diagnostic in &report.refused {
        excerpts.write(out, diagnostic)?;
    }
    if !report.refused.is_empty() {
        writeln!(out, "  the rules do not load, so no test was run")?;
    }
    for case in report.cases.iter().filter(|c| !global.quiet || !c.passed()) {
        let (color, word) = match &case.outcome {
            Verdict::Passed => (Color::Green, "ok"),
            Verdict::Skipped(_) => (Color::Yellow, "skipped"),
            Verdict::Failed(_) | Verdict::Broken(_) => (Color::Red, "FAILED"),
        };
        out.set_color(ColorSpec::new().set_fg(Some(color)).set_bold(true))?;
        write!(out, "  {word}")?;
        out.reset()?;
        if case.passed() {
            writeln!(out, " {}", case.name)?;
        } else {
            writeln!(out, " {} (line {})", case.name, report.line(case.span.start))?;
        }
        match &case.outcome {
            Verdict::Passed => {}
            Verdict::Skipped(reason) => writeln!(out, "    {reason}")?,
            Verdict::Broken(problem) => render::problem(out, &path, &report.text, problem)?,
            Verdict::Failed(failures) => {
                for failure in failures {
                    let place = failure.span().map(|s| format!(" (line {})", report.line(s.start))).unwrap_or_default();
                    writeln!(out, "    {}{place}", failure.headline())?;
                    for line in failure.details().lines() {
                        writeln!(out, "      {line}")?;
                    }
                }
            }
        }
    }
    Ok(())
}

/// What came of a test file, as JSON.
pub fn document(report: &FileReport) -> Value {
    let problem =
        |p: &falco_testkit::Problem| json!({"line": report.line(p.span.start), "message": p.message, "help": p.help});
    let case = |c: &CaseReport| {
        let failures: Vec<Value> = match &c.outcome {
            Verdict::Passed | Verdict::Skipped(_) => Vec::new(),
            Verdict::Broken(p) => vec![json!({"message": p.message, "line": report.line(p.span.start), "details": ""})],
            Verdict::Failed(failures) => failures
                .iter()
                .map(|f| {
                    let line = f.span().map(|s| report.line(s.start));
                    json!({"message": f.headline(), "line": line, "details": f.details()})
                })
                .collect(),
        };
        let skipped = if let Verdict::Skipped(reason) = &c.outcome { Some(reason) } else { None };
        json!({
            "name": c.name, "line": report.line(c.span.start), "passed": c.passed(), "skipped": skipped,
            "events": c.events, "failures": failures,
        })
    };
    json!({
        "path": report.path.display().to_string(),
        "problems": report.problems.iter().map(problem).collect::<Vec<_>>(),
        "rules_errors": report.refused.iter().map(|d| json!({"code": d.code, "message": d.message})).collect::<Vec<_>>(),
        "tests": report.cases.iter().map(case).collect::<Vec<_>>(),
    })
}
