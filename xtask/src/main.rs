//! Repository chores: `cargo xtask testdata` writes the captures under testdata/.

#![allow(clippy::print_stderr, reason = "a tool for the terminal")]

mod intrusion;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result};

const USAGE: &str = "usage: cargo xtask testdata [--check]

testdata    writes the captures under testdata/captures; with --check only says whether they are what it would write";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let result = match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["testdata"] => testdata(false),
        ["testdata", "--check"] => testdata(true),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The captures are made by code, so that everybody can see what is in them, and kept, so that nobody needs the code.
fn testdata(check: bool) -> Result<()> {
    let path = root().join("testdata/captures/intrusion.scap");
    let bytes = intrusion::capture().context("cannot make the capture")?;
    if check {
        let there = std::fs::read(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
        anyhow::ensure!(there == bytes, "`{}` is stale; run `cargo xtask testdata`", path.display());
    } else {
        std::fs::write(&path, &bytes).with_context(|| format!("cannot write `{}`", path.display()))?;
        eprintln!("wrote {} ({} bytes)", path.display(), bytes.len());
    }
    Ok(())
}
