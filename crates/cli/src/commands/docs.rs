//! `falco-rs docs`: what a finding's code means.

use std::io::Write;

use falco_catalog::codes::CODES;
use falco_compiler::lints;

use crate::args::{Docs, Global};
use crate::commands::catalogue;
use crate::error::CliError;
use crate::{Outcome, Result, render};

/// Prints the page of a code, or the list of codes.
pub fn run(args: &Docs, global: &Global) -> Result {
    if !args.rules.is_empty() {
        return catalogue::run(args, global);
    }
    let mut out = render::stdout(global);
    match &args.code {
        None => {
            writeln!(out, "Falco's errors and warnings")?;
            for code in CODES.iter().filter(|c| !c.reserved) {
                writeln!(out, "  {:32} {}", code.code, code.title)?;
            }
            for category in lints::LintCategory::ALL {
                let mut members = lints::ALL.iter().filter(|lint| lint.category == category).peekable();
                if members.peek().is_some() {
                    writeln!(out, "\n{}: {}", category.as_str(), category.summary())?;
                }
                for lint in members {
                    writeln!(out, "  {:32} {} [{}]", lint.code, lint.summary, lint.level)?;
                }
            }
        }
        Some(name) => match falco_ide::page(name) {
            Some(page) => write!(out, "{page}")?,
            None => {
                let all = CODES.iter().map(|c| c.code).chain(lints::ALL.iter().map(|l| l.code));
                let near = all.min_by_key(|code| strsim::levenshtein(code, name)).unwrap_or_default();
                return Err(CliError::Usage(format!("there is no code `{name}`; did you mean `{near}`?")));
            }
        },
    }
    out.flush()?;
    Ok(Outcome::Clean)
}
