//! The `git` program.

use std::process::Command;

use crate::Result;
use crate::error::CliError;

/// What git prints on standard output.
///
/// # Errors
/// When it cannot be started, or fails: with the first line of what it said.
pub fn output(args: &[&str]) -> Result<Vec<u8>> {
    let output = Command::new("git").args(args).output();
    let output = output.map_err(|source| CliError::Command { command: "git".to_owned(), source })?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.lines().next().unwrap_or("it did not say why").trim_start_matches("fatal: ");
    Err(CliError::Usage(format!("git failed: {said}")))
}
