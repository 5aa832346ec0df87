//! `falco-rs diff`: what changed from one set of rules to another.

mod json;
mod text;

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use falco_catalog::Catalog;
use falco_compiler::{Compilation, Options, SourceFile, compile};
use falco_engine::eval::Evaluator;
use falco_testkit::compare::alerts::{AlertChanges, alerts};
use falco_testkit::compare::{Change, RuleSet, compare};

use crate::args::{Diff, DiffFormat, Global};
use crate::error::CliError;
use crate::inputs::Rules;
use crate::revision::Revision;
use crate::{Outcome, Result, render};

/// What changed, and what it changes on captures.
struct Report<'a> {
    old: Side,
    new: Side,
    changes: Vec<Change>,
    captures: Vec<(&'a Path, AlertChanges)>,
    semver: bool,
}

/// One of the sets.
struct Side {
    files: Vec<SourceFile>,
    compilation: Compilation,
}

/// Compares and prints.
pub fn run(args: &Diff, global: &Global) -> Result {
    let catalog = Arc::new(Catalog::builtin());
    let base = if args.rules.is_empty() { Rules::default() } else { Rules::load(&args.rules)? };
    let side = |path: &Path| -> Result<Side> {
        let mut rules = Rules { files: base.files.clone(), ..Rules::default() };
        match Revision::parse(path) {
            Some(revision) => revision.files()?.into_iter().for_each(|(name, bytes)| rules.push(name, bytes)),
            None => rules.add(path)?,
        }
        if let Some(binary) = rules.binary.first() {
            return Err(CliError::Rules(binary.message()));
        }
        if rules.files.len() == base.files.len() {
            return Err(CliError::NoRules(path.to_owned()));
        }
        let compilation = compile(&rules.files, &Options::new(Arc::clone(&catalog)));
        Ok(Side { files: rules.files, compilation })
    };
    let (old, new) = (side(&args.old)?, side(&args.new)?);
    let changes = compare(old.set(), new.set());
    let mut captures = Vec::new();
    if !args.capture.is_empty() {
        let evaluator = |side: &Side| -> Result<Evaluator> {
            if !side.compilation.loads() {
                return Err(CliError::Rules("rules that do not load raise no alerts".to_owned()));
            }
            Ok(Evaluator::new(side.compilation.program(), &catalog)?)
        };
        let (mut before, mut after) = (evaluator(&old)?, evaluator(&new)?);
        for path in &args.capture {
            let changes = alerts(&mut before, &mut after, path)
                .map_err(|source| CliError::Capture { path: path.clone(), source })?;
            captures.push((path.as_path(), changes));
        }
    }
    let report = Report { old, new, changes, captures, semver: args.semver };
    let mut out = render::stdout(global);
    match args.format {
        DiffFormat::Text => text::write(&report, &mut out, global)?,
        DiffFormat::Json => {
            serde_json::to_writer(&mut out, &json::document(&report)).map_err(std::io::Error::from)?;
            writeln!(out)?;
        }
    }
    out.flush()?;
    Ok(if report.is_empty() { Outcome::Clean } else { Outcome::Findings })
}

impl Side {
    fn set(&self) -> RuleSet<'_> {
        RuleSet { files: &self.files, compilation: &self.compilation }
    }
}

impl Report<'_> {
    fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.captures.iter().all(|(_, c)| c.gained.is_empty() && c.lost.is_empty())
    }
}
