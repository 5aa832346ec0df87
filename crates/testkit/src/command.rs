//! Commands that tests run.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::{fs, io};

/// Why a command's events are not there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// Nobody can record here; the test is skipped.
    #[error("{0}")]
    Unavailable(String),
    /// It went wrong.
    #[error("{0}")]
    Failed(String),
}

/// A capture of what a command did, in a folder of its own that goes with this value.
#[derive(Debug)]
pub struct Recorded {
    folder: PathBuf,
}

impl Recorded {
    /// Makes the folder; nobody else may look into it.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn new() -> io::Result<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("falco-rs-{}-{number}", std::process::id()));
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        // One that is there already is somebody else's, and an error.
        builder.create(&folder)?;
        Ok(Self { folder })
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the capture belongs.
    pub fn capture(&self) -> PathBuf {
        self.folder.join("recorded.scap")
    }
}

impl Drop for Recorded {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Runs commands and records what they do. Whoever calls this crate brings it, since the crate knows no live source.
pub trait Commands: Sync {
    /// Runs a program with its arguments in a folder, and records what it and its descendants do.
    ///
    /// # Errors
    /// When nothing can be recorded here, or something goes wrong.
    fn record(&self, argv: &[String], folder: &Path) -> Result<Recorded, CommandError>;
}

/// Nobody who records.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoCommands;

impl Commands for NoCommands {
    fn record(&self, _: &[String], _: &Path) -> Result<Recorded, CommandError> {
        Err(CommandError::Unavailable("commands are not run here".to_owned()))
    }
}
