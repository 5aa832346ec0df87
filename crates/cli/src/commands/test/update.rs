//! `--update`: recorded expectations follow what comes.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use falco_catalog::Catalog;
use falco_testkit::RunOptions;
use falco_testkit::update::update;

use super::text;
use crate::args::Global;
use crate::error::CliError;
use crate::render;
use crate::{Outcome, Result};

/// Rewrites the files that need it.
pub fn run(files: &[PathBuf], catalog: &Arc<Catalog>, options: &RunOptions, global: &Global) -> Result {
    let mut out = render::stdout(global);
    let mut unusable = false;
    let (mut updated, mut left) = (0, 0);
    for path in files {
        let result = match update(path, catalog, options) {
            Ok(result) => result,
            Err(report) => {
                text::file(&report, &mut out, global)?;
                unusable = true;
                continue;
            }
        };
        if !result.cases.is_empty() {
            std::fs::write(path, &result.text).map_err(|e| CliError::output(&path.display().to_string(), e))?;
        }
        for name in &result.cases {
            writeln!(out, "updated {}: {name}", path.display())?;
        }
        for (name, reason) in &result.left {
            writeln!(out, "left {}: {name}: {reason}", path.display())?;
        }
        updated += result.cases.len();
        left += result.left.len();
    }
    if !global.quiet {
        writeln!(out, "{updated} updated, {left} left as they are")?;
    }
    match (unusable, left) {
        (true, _) => Err(CliError::Tests),
        (false, 0) => Ok(Outcome::Clean),
        (false, _) => Ok(Outcome::Findings),
    }
}
