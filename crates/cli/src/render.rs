//! Text for people: diagnostics with excerpts, errors with hints, colours.

use std::io::IsTerminal as _;

use codespan_reporting::diagnostic::{Diagnostic as Report, Label, LabelStyle, Severity as Level};
use codespan_reporting::files::SimpleFiles;
use codespan_reporting::term::termcolor::{Color, ColorChoice, ColorSpec, StandardStream, WriteColor};
use codespan_reporting::term::{self, Chars, Config};
use falco_compiler::{Diagnostic, Severity, SourceFile};

use crate::Result;
use crate::args::{Global, When};
use crate::error::CliError;

/// Standard output with the wanted colouring.
pub fn stdout(global: &Global) -> StandardStream {
    StandardStream::stdout(choice(global, std::io::stdout().is_terminal()))
}

/// Standard error with the wanted colouring.
pub fn stderr(global: &Global) -> StandardStream {
    StandardStream::stderr(choice(global, std::io::stderr().is_terminal()))
}

fn choice(global: &Global, terminal: bool) -> ColorChoice {
    let wanted = match global.color {
        When::Always => true,
        When::Never => false,
        When::Auto => terminal && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty()),
    };
    if wanted { ColorChoice::Always } else { ColorChoice::Never }
}

/// Prints an error and its hint to standard error.
pub fn error(error: &CliError, global: &Global) {
    let mut err = stderr(global);
    // Nothing is left to do when standard error itself cannot be written.
    let _ = labelled(&mut err, Color::Red, "error", &error.to_string());
    if let Some(hint) = error.hint() {
        let _ = labelled(&mut err, Color::Cyan, "hint", &hint);
    }
}

/// Prints `label: text`, the label coloured.
pub fn labelled(out: &mut dyn WriteColor, color: Color, label: &str, text: &str) -> std::io::Result<()> {
    out.set_color(ColorSpec::new().set_fg(Some(color)).set_bold(true))?;
    write!(out, "{label}")?;
    out.reset()?;
    writeln!(out, ": {text}")
}

/// Renders diagnostics with excerpts of their files.
pub struct Excerpts<'a> {
    files: SimpleFiles<&'a str, &'a str>,
    config: Config,
}

impl<'a> Excerpts<'a> {
    /// For the files of a compilation.
    pub fn new(sources: &'a [SourceFile]) -> Self {
        let mut files = SimpleFiles::new();
        for source in sources {
            files.add(source.path.as_str(), &*source.text);
        }
        let config = Config { chars: Chars::box_drawing(), tab_width: 4, ..Config::default() };
        Self { files, config }
    }

    /// Writes one diagnostic.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub fn write(&self, out: &mut dyn WriteColor, diagnostic: &Diagnostic) -> Result<()> {
        let mut labels = vec![Label::new(LabelStyle::Primary, diagnostic.span.file.index(), diagnostic.span.range())];
        labels.extend(diagnostic.labels.iter().map(|label| {
            Label::new(LabelStyle::Secondary, label.span.file.index(), label.span.range()).with_message(&label.message)
        }));
        let report = Report::new(level(diagnostic.severity))
            .with_code(diagnostic.code)
            .with_message(&diagnostic.message)
            .with_labels(labels)
            .with_notes(diagnostic.help.iter().map(|help| format!("help: {help}")).collect());
        match term::emit_to_write_style(out, &self.config, &self.files, &report) {
            Ok(()) => Ok(()),
            Err(codespan_reporting::files::Error::Io(e)) => Err(e.into()),
            // A range that does not fit its file would be a bug of ours; the finding itself must still be seen.
            Err(_) => {
                writeln!(out, "{}[{}]: {}", diagnostic.severity, diagnostic.code, diagnostic.message)?;
                Ok(())
            }
        }
    }
}

/// Writes something wrong in a file that is not rules, with an excerpt.
///
/// # Errors
/// When `out` cannot be written.
pub fn problem(out: &mut dyn WriteColor, path: &str, text: &str, problem: &falco_testkit::Problem) -> Result<()> {
    let mut files = SimpleFiles::new();
    let file = files.add(path, text);
    let end = problem.span.end.min(text.len());
    let span = problem.span.start.min(end)..end;
    let report = Report::new(Level::Error)
        .with_message(&problem.message)
        .with_labels(vec![Label::new(LabelStyle::Primary, file, span)])
        .with_notes(problem.help.iter().map(|help| format!("help: {help}")).collect());
    let config = Config { chars: Chars::box_drawing(), tab_width: 4, ..Config::default() };
    match term::emit_to_write_style(out, &config, &files, &report) {
        Ok(()) => Ok(()),
        Err(codespan_reporting::files::Error::Io(e)) => Err(e.into()),
        Err(_) => Ok(writeln!(out, "error: {}", problem.message)?),
    }
}

fn level(severity: Severity) -> Level {
    match severity {
        Severity::Error => Level::Error,
        Severity::Warning => Level::Warning,
        Severity::Info => Level::Note,
        Severity::Hint => Level::Help,
    }
}

/// `1 error`, `2 errors`.
pub fn count(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}
