//! Text for people: diagnostics with excerpts, errors with hints, colours.

use std::io::IsTerminal as _;

use codespan_reporting::diagnostic::{Diagnostic as Report, Label, LabelStyle, Severity as Level};
use codespan_reporting::files::SimpleFiles;
use codespan_reporting::term::termcolor::{Color, ColorChoice, ColorSpec, StandardStream, WriteColor};
use codespan_reporting::term::{self, Chars, Config};
use falco_compiler::{Diagnostic, Severity, SourceFile, Span};

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

/// Lines longer than this, in bytes, are not shown whole: nobody reads them, and a terminal chokes on them.
const LONG_LINE: usize = 2000;
/// How much of a long line is shown before and behind the place, in characters.
const AROUND: usize = 60;

/// Renders diagnostics with excerpts of their files.
pub struct Excerpts<'a> {
    sources: &'a [SourceFile],
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
        Self { sources, files, config }
    }

    /// Writes one diagnostic.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub fn write(&self, out: &mut dyn WriteColor, diagnostic: &Diagnostic) -> Result<()> {
        let spans = diagnostic.labels.iter().map(|label| label.span).chain([diagnostic.span]);
        if spans.into_iter().any(|span| self.has_long_line(span)) {
            return self.write_clipped(out, diagnostic);
        }
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

impl Excerpts<'_> {
    fn has_long_line(&self, span: Span) -> bool {
        let Some(source) = self.sources.get(span.file.index()) else { return false };
        let (start, end) = (span.start as usize, span.end as usize);
        let before = source.text.as_bytes().get(start.saturating_sub(LONG_LINE)..start).unwrap_or_default();
        let from = before.iter().rposition(|b| *b == b'\n').map_or(before.len(), |at| before.len() - at - 1);
        let behind = source.text.as_bytes().get(end..).unwrap_or_default();
        let behind = behind.get(..LONG_LINE).unwrap_or(behind);
        let to = behind.iter().position(|b| *b == b'\n').unwrap_or(behind.len());
        // Of a stretch over several lines any can be the long one.
        let inner = source.text.get(start..end).unwrap_or_default();
        from + to >= LONG_LINE || inner.len() >= LONG_LINE && inner.lines().any(|line| line.len() >= LONG_LINE)
    }

    /// Writes a diagnostic with the part of its line around it.
    fn write_clipped(&self, out: &mut dyn WriteColor, diagnostic: &Diagnostic) -> Result<()> {
        let color = match diagnostic.severity {
            Severity::Error => Color::Red,
            Severity::Warning => Color::Yellow,
            Severity::Info | Severity::Hint => Color::Cyan,
        };
        labelled(out, color, &format!("{}[{}]", diagnostic.severity, diagnostic.code), &diagnostic.message)?;
        let index = diagnostic.span.file.index();
        let Some(source) = self.sources.get(index) else { return Ok(()) };
        let (start, end) = (diagnostic.span.start as usize, diagnostic.span.end as usize);
        if let Ok(at) = codespan_reporting::files::Files::location(&self.files, index, start) {
            writeln!(out, "  ┌─ {}:{}:{}", source.path, at.line_number, at.column_number)?;
        }
        let (before, rest) = source.text.split_at_checked(start).unwrap_or(("", &source.text));
        let before: Vec<char> = before.chars().rev().take_while(|c| *c != '\n').take(AROUND + 1).collect();
        let (left, before) = if before.len() > AROUND { ("…", AROUND) } else { ("", before.len()) };
        let line: String = source.text.get(..start).unwrap_or_default().chars().rev().take(before).collect();
        let line: String = line.chars().rev().collect();
        let behind: Vec<char> = rest.chars().take_while(|c| *c != '\n').take(AROUND + 1).collect();
        let right = if behind.len() > AROUND { "…" } else { "" };
        let behind: String = behind.into_iter().take(AROUND).collect();
        let marked = source.text.get(start..end).unwrap_or_default();
        let width = marked.chars().take_while(|c| *c != '\n').take(AROUND).count().max(1);
        let tidy = |text: &str| text.replace(['\t', '\r'], " ");
        writeln!(out, "  │ {left}{}{}{right}", tidy(&line), tidy(&behind))?;
        writeln!(out, "  │ {}{}", " ".repeat(left.chars().count() + line.chars().count()), "^".repeat(width))?;
        if let Some(help) = &diagnostic.help {
            writeln!(out, "  = help: {help}")?;
        }
        writeln!(out)?;
        Ok(())
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

/// A text of at most so many characters.
pub fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// `1 error`, `2 errors`.
pub fn count(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}
