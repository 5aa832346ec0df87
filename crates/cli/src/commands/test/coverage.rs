//! What the tests exercise, told on the command line.

use codespan_reporting::diagnostic::{Diagnostic, Label};
use codespan_reporting::files::{Error, SimpleFiles};
use codespan_reporting::term::termcolor::{Color, ColorSpec, NoColor, WriteColor};
use codespan_reporting::term::{self, Chars, Config};
use falco_compiler::SourceFile;
use falco_testkit::coverage::{CoverageReport, Level, Share, html, json, lcov};

use crate::args::{CoverageArgs, CoverageFormat, Global};
use crate::error::CliError;
use crate::render;
use crate::{Outcome, Result};

/// Writes the coverage where it is wanted, and says whether it is enough.
pub fn tell(
    report: &CoverageReport,
    files: &[SourceFile],
    args: &CoverageArgs,
    out: &mut dyn WriteColor,
    global: &Global,
) -> Result {
    let document = match args.coverage_format {
        CoverageFormat::Text if args.coverage_output.is_none() => {
            text(report, files, out, global)?;
            None
        }
        CoverageFormat::Text => {
            let mut plain = NoColor::new(Vec::new());
            text(report, files, &mut plain, global)?;
            Some(String::from_utf8_lossy(&plain.into_inner()).into_owned())
        }
        CoverageFormat::Json => Some(format!("{:#}\n", json::document(report, files))),
        CoverageFormat::Lcov => Some(lcov::document(report, files)),
        CoverageFormat::Html => Some(html::document(report, files)),
    };
    match (document, &args.coverage_output) {
        (Some(document), Some(path)) => {
            std::fs::write(path, document).map_err(|e| CliError::output(&path.display().to_string(), e))?
        }
        (Some(document), None) => write!(out, "{document}")?,
        (None, _) => {}
    }
    let percent = report.share().percent();
    match args.threshold {
        Some(threshold) if percent < f64::from(threshold) => {
            let message = format!("coverage is {percent:.1}%, less than {threshold}%");
            render::labelled(&mut render::stderr(global), Color::Red, "failed", &message)?;
            Ok(Outcome::Findings)
        }
        _ => Ok(Outcome::Clean),
    }
}

/// A line for every rule, macro and exception, and excerpts of what was never exercised.
fn text(report: &CoverageReport, files: &[SourceFile], out: &mut dyn WriteColor, global: &Global) -> Result<()> {
    let mut sources = SimpleFiles::new();
    for file in files {
        sources.add(file.path.as_str(), &*file.text);
    }
    let config = Config { chars: Chars::box_drawing(), tab_width: 4, ..Config::default() };
    for covered in report.comparisons().filter(|covered| covered.level() != Level::Full && !global.quiet) {
        let Some(file) = files.iter().position(|file| file.path == covered.file) else { continue };
        let lacks: Vec<&str> = covered.lacks().iter().map(|point| point.lack()).collect();
        let what = if covered.level() == Level::None { "never looked at".to_owned() } else { lacks.join(", ") };
        let range = covered.range.start as usize..covered.range.end as usize;
        let text = covered.text.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut diagnostic = Diagnostic::note()
            .with_message(format!("{what}: `{}`", render::cut(&text, 80)))
            .with_labels(vec![Label::primary(file, range)]);
        if let Some(exception) = &covered.exception {
            diagnostic = diagnostic.with_notes(vec![format!("in the exception `{exception}`")]);
        }
        // A range that does not fit its file would be a bug of ours; the rest must still be told.
        if let Err(Error::Io(error)) = term::emit_to_write_style(out, &config, &sources, &diagnostic) {
            return Err(error.into());
        }
    }
    let owners = report.owners();
    let width = owners.iter().map(|(_, name, _)| name.chars().count()).max().unwrap_or(0);
    for (_, name, share) in &owners {
        line(out, name, width, *share)?;
    }
    line(out, "all", width, report.share())
}

fn line(out: &mut dyn WriteColor, name: &str, width: usize, share: Share) -> Result<()> {
    let color = if share.seen == share.of { Color::Green } else { Color::Yellow };
    write!(out, "{name:width$}  ")?;
    out.set_color(ColorSpec::new().set_fg(Some(color)))?;
    write!(out, "{:5.1}%", share.percent())?;
    out.reset()?;
    writeln!(out, "  {} of {}", share.seen, share.of)?;
    Ok(())
}
