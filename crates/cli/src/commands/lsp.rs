//! `falco-rs lsp`: the language server.

use falco_lsp::Ended;

use crate::args::Lsp;
use crate::{Outcome, Result};

/// Serves until the client leaves. One that leaves without `shutdown` gets status 1, as the protocol asks.
pub fn run(args: &Lsp) -> Result {
    let ended = match args.socket {
        Some(port) => falco_lsp::serve_socket(port)?,
        None => falco_lsp::serve_stdio()?,
    };
    Ok(match ended {
        Ended::Well => Outcome::Clean,
        Ended::Early => Outcome::Findings,
    })
}
