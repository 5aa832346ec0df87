//! `falco-rs fmt`: formats rules files, or tells which are not.

use std::io::Write as _;
use std::path::Path;

use codespan_reporting::term::termcolor::Color;
use falco_compiler::SourceFile;
use falco_ide::format::{self, FormatError, Style};

use crate::args::{Fmt, Global};
use crate::error::CliError;
use crate::inputs::{ProjectFile, Rules, STDIN, find_plan};
use crate::render::{self, count};
use crate::{Outcome, Result};

/// Formats the files, or shows what would change.
pub fn run(args: &Fmt, global: &Global) -> Result {
    let rules = Rules::load(&args.paths)?;
    // The style comes from the project file even where the rules do not.
    if let Some(error) = rules.project.as_ref().and_then(ProjectFile::error) {
        return Err(error.into());
    }
    let style = find_plan()?.and_then(|(_, plan)| plan.project?.format).unwrap_or_default();
    let mut tally = Tally::default();
    for binary in &rules.binary {
        tally.refused += 1;
        refused(&binary.path, "not UTF-8 text", global)?;
    }
    for file in &rules.files {
        one(file, &style, args, global, &mut tally)?;
    }
    if !global.quiet && !rules.files.iter().any(|file| file.path == STDIN) {
        let word = if args.check || args.diff { "would change" } else { "formatted" };
        let text = format!("{}, {} unchanged", count(tally.changed, "file"), tally.unchanged);
        render::labelled(&mut render::stderr(global), Color::Green, word, &text)?;
    }
    match tally {
        Tally { refused, .. } if refused > 0 => Err(CliError::Format(refused)),
        Tally { changed, .. } if changed > 0 && (args.check || args.diff) => Ok(Outcome::Findings),
        _ => Ok(Outcome::Clean),
    }
}

/// What became of the files.
#[derive(Debug, Default)]
struct Tally {
    changed: usize,
    unchanged: usize,
    refused: usize,
}

fn one(file: &SourceFile, style: &Style, args: &Fmt, global: &Global, tally: &mut Tally) -> Result<()> {
    let mut out = render::stdout(global);
    let is_stdin = file.path == STDIN;
    let formatted = match format::format(&file.text, style) {
        Ok(formatted) => formatted,
        Err(error) => {
            tally.refused += 1;
            return refused(&file.path, &reason(&error, &file.text), global);
        }
    };
    let changed = formatted != *file.text;
    if changed {
        tally.changed += 1;
    } else {
        tally.unchanged += 1;
    }
    if args.diff {
        write!(out, "{}", format::unified_diff(&file.path, &file.text, &formatted))?;
    } else if args.check {
        if changed {
            writeln!(out, "{}", file.path)?;
        }
    } else if is_stdin {
        write!(out, "{formatted}")?;
    } else if changed {
        std::fs::write(&file.path, &formatted)
            .map_err(|source| CliError::WriteFile { path: Path::new(&file.path).to_owned(), source })?;
        if !global.quiet {
            writeln!(out, "{}", file.path)?;
        }
    }
    out.flush()?;
    Ok(())
}

/// Why, with the place where there is one.
fn reason(error: &FormatError, text: &str) -> String {
    let FormatError::Syntax { range, .. } = error else { return error.to_string() };
    let before = text.get(..usize::from(range.start())).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
    format!("line {line} column {column}: {error}")
}

fn refused(path: &str, why: &str, global: &Global) -> Result<()> {
    render::labelled(&mut render::stderr(global), Color::Red, "error", &format!("`{path}`: {why}"))?;
    Ok(())
}
