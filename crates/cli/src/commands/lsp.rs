//! `falco-rs lsp`: the language server.

use crate::args::Lsp;
use crate::{Outcome, Result};

/// Serves until the client leaves.
pub fn run(args: &Lsp) -> Result {
    match args.socket {
        Some(port) => falco_lsp::serve_socket(port)?,
        None => falco_lsp::serve_stdio()?,
    }
    Ok(Outcome::Clean)
}
