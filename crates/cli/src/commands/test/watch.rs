//! `--watch`: what a change concerns is run again.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use falco_testkit::Depends;

use super::{Suite, find};
use crate::error::CliError;
use crate::render;
use crate::watch::Changes;
use crate::{Outcome, Result};

/// What a test file depended on when it ran, and what was in that.
type Known = BTreeMap<PathBuf, (Depends, Vec<(PathBuf, Option<u64>)>)>;

/// Runs everything, then again and again what changed. Ends when it is interrupted.
pub fn run(suite: &Suite<'_>) -> Result {
    let mut known = Known::new();
    let mut files = suite.files.clone();
    loop {
        let begun = Instant::now();
        let concerned: Vec<PathBuf> = files.iter().filter(|file| !is_current(&known, file)).cloned().collect();
        known.retain(|file, _| files.contains(file));
        for file in &concerned {
            let depends = Depends::of(file);
            let state = depends.state();
            known.insert(file.clone(), (depends, state));
        }
        // What changes while the tests run is seen, too.
        let changes = Changes::of(&watched(suite, &known))?;
        if !concerned.is_empty() {
            let mut out = render::stdout(suite.global);
            let ran = suite.run(&concerned, &mut out)?;
            match suite.close(&ran, &mut out) {
                // Whoever watches is about to mend it.
                Ok(_) | Err(CliError::Tests) => {}
                Err(error) => return Err(error),
            }
            if !suite.global.quiet {
                let (of, took) = (render::count(known.len(), "test file"), begun.elapsed().as_millis());
                writeln!(out, "ran {} of {of} in {took} ms; watching", concerned.len())?;
            }
            out.flush()?;
        }
        if !changes.wait(None) {
            return Ok(Outcome::Clean);
        }
        files = find(suite.args).unwrap_or(files);
    }
}

fn is_current(known: &Known, file: &Path) -> bool {
    known.get(file).is_some_and(|(depends, state)| depends.state() == *state)
}

/// Folders with anything that matters in them, and the files that no such folder tells of.
fn watched(suite: &Suite<'_>, known: &Known) -> Vec<PathBuf> {
    let mut paths: BTreeSet<PathBuf> = BTreeSet::new();
    let mut add = |path: &Path| {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if folder.is_dir() {
            paths.insert(folder.to_owned());
            let yaml = path.extension().is_some_and(|e| e == "yaml" || e == "yml");
            if !yaml {
                paths.insert(path.to_owned());
            }
        }
    };
    for (depends, _) in known.values() {
        depends.files.iter().for_each(|file| add(file));
        depends.folders.iter().for_each(|folder| add(&folder.join("any.yaml")));
    }
    paths.extend(suite.args.paths.iter().filter(|path| path.is_dir()).cloned());
    paths.into_iter().collect()
}
