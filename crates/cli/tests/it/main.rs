//! End to end: the real binary, real files, the real protocol.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod check_formats;
mod ci;
mod commands;
mod comparison;
#[cfg(target_os = "linux")]
mod confinement;
mod diff;
mod explain;
mod fix;
mod inspect;
mod layers;
mod live;
mod live_jobs;
mod live_view;
mod lsp;
mod lsp_client;
mod lsp_editing;
mod lsp_jobs;
mod lsp_navigation;
mod lsp_protocol;
mod lsp_simulation;
mod lsp_workspace;
mod project;
mod recorded_tests;
mod recording;
mod replay;
mod rule_tests;
mod slicing;

use std::path::{Path, PathBuf};

/// A file of the folder beside the clone that holds captures and reference answers; says so when it is not there.
pub fn shared(path: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let found = root.join(path);
    if !found.exists() {
        // Past the capturing of tests that pass: a skip must be seen.
        let _ = std::io::Write::write_all(
            &mut std::io::stderr(),
            format!("skipped: ../shared is not here ({path})\n").as_bytes(),
        );
        return None;
    }
    Some(found)
}

/// The repository's root.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
