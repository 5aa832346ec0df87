//! The privileged part of the live commands: see [`falco_probe::host`].

use crate::args::ProbeHost;
use crate::error::CliError;
use crate::{Outcome, Result};

/// Serves until the other side is gone.
pub fn run(args: &ProbeHost) -> Result {
    falco_probe::host::serve(args.socket, &args.command).map_err(CliError::ProbeHost)?;
    Ok(Outcome::Clean)
}
