//! What came of tests, for reading.

use codespan_reporting::term::termcolor::{Color, ColorSpec, WriteColor};
use falco_testkit::{FileReport, Outcome};

use super::Tally;
use crate::Result;
use crate::args::Global;
use crate::render;

/// One file.
pub fn file(report: &FileReport, out: &mut dyn WriteColor, global: &Global) -> Result<()> {
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
            Outcome::Passed => (Color::Green, "ok"),
            Outcome::Skipped(_) => (Color::Yellow, "skipped"),
            Outcome::Failed(_) | Outcome::Broken(_) => (Color::Red, "FAILED"),
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
            Outcome::Passed => {}
            Outcome::Skipped(reason) => writeln!(out, "    {reason}")?,
            Outcome::Broken(problem) => render::problem(out, &path, &report.text, problem)?,
            Outcome::Failed(failures) => {
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

/// The last line.
pub fn summary(tally: &Tally, out: &mut dyn WriteColor) -> Result<()> {
    if tally.unusable > 0 {
        let files = render::count(tally.unusable, "test file");
        render::labelled(out, Color::Red, "error", &format!("{files} could not be run"))?;
    }
    write!(out, "{} passed, {} failed", tally.passed, tally.failed)?;
    match tally.skipped {
        0 => writeln!(out)?,
        skipped => writeln!(out, ", {skipped} skipped")?,
    }
    Ok(())
}
