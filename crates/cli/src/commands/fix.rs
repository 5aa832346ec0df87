//! `falco-rs check --fix` and `--diff`: applies the repairs of findings.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use codespan_reporting::term::termcolor::Color;
use falco_compiler::SourceFile;
use falco_ide::actions::{FixOptions, Fixed, fix_files};
use falco_ide::{FileId, Settings, WorkspaceFile, format};

use crate::args::{Check, Global};
use crate::error::CliError;
use crate::inputs::{Rules, STDIN};
use crate::render::{self, count};
use crate::{Outcome, Result};

/// The files as the editor features want them.
pub fn workspace_files(files: &[SourceFile]) -> Vec<WorkspaceFile> {
    files.iter().map(|file| WorkspaceFile { path: file.path.clone(), text: Arc::clone(&file.text) }).collect()
}

/// Repairs the files of `rules`, on disk too unless only the difference is wanted. What is read from standard input is written to
/// standard output, whole. An outcome, if that was all that was asked for.
pub fn run(
    args: &Check,
    rules: &mut Rules,
    settings: &Settings,
    wanted: &dyn Fn(&str) -> bool,
    global: &Global,
) -> Result<Option<Outcome>> {
    let options = FixOptions { unsafe_fixes: args.unsafe_fixes, wanted, file: None };
    let fixed = fix_files(&workspace_files(&rules.files), settings, &options);
    if args.diff {
        let mut out = render::stdout(global);
        for (file, text) in changed(rules, &fixed) {
            write!(out, "{}", format::unified_diff(&file.path, &file.text, text))?;
        }
        out.flush()?;
        report(&fixed, "would repair", global)?;
        return Ok(Some(if fixed.texts.is_empty() { Outcome::Clean } else { Outcome::Findings }));
    }
    let mut to_stdout = false;
    for (file, text) in changed(rules, &fixed) {
        if file.path != STDIN {
            std::fs::write(&file.path, text)
                .map_err(|source| CliError::WriteFile { path: Path::new(&file.path).to_owned(), source })?;
        }
    }
    for (number, file) in rules.files.iter_mut().enumerate() {
        if let Some(text) = fixed.texts.get(&FileId(number as u32)) {
            *file = SourceFile::new(file.path.clone(), text.as_str());
        }
        if file.path == STDIN {
            to_stdout = true;
            let mut out = render::stdout(global);
            write!(out, "{}", file.text)?;
            out.flush()?;
        }
    }
    report(&fixed, "repaired", global)?;
    // The repaired text is all that goes to standard output.
    Ok(to_stdout.then_some(Outcome::Clean))
}

fn changed<'a>(rules: &'a Rules, fixed: &'a Fixed) -> impl Iterator<Item = (&'a SourceFile, &'a str)> {
    fixed.texts.iter().filter_map(|(file, text)| Some((rules.files.get(file.0 as usize)?, text.as_str())))
}

/// What was done and what was not, on standard error.
fn report(fixed: &Fixed, word: &str, global: &Global) -> Result<()> {
    if global.quiet {
        return Ok(());
    }
    let mut err = render::stderr(global);
    if global.verbose > 0 {
        for ((code, title), times) in &fixed.applied {
            writeln!(err, "{code}: {title} ({times}×)")?;
        }
        for skipped in &fixed.skipped {
            writeln!(err, "{}: not done, {}: {}", skipped.code, skipped.reason, skipped.title)?;
        }
    }
    let left = match fixed.skipped.len() {
        0 => String::new(),
        n => format!("; {} left, see --unsafe-fixes", count(n, "repair")),
    };
    let text = format!("{} in {}{left}", count(fixed.count(), "finding"), count(fixed.texts.len(), "file"));
    render::labelled(&mut err, Color::Green, word, &text)?;
    Ok(())
}
