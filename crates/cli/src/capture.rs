//! Opening captures for the commands that replay them.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use falco_scap::{Options, Reader};

use crate::Result;
use crate::args::Input;
use crate::error::CliError;

/// How far the reading of files has come, all together: bytes as they are on disk.
#[derive(Debug, Clone, Default)]
pub struct Position(Arc<AtomicU64>);

impl Position {
    /// Bytes read.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A file that says how much of it was read.
struct Counted {
    file: File,
    position: Position,
}

impl Read for Counted {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read(out)?;
        self.position.0.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

/// Opens a capture; `-` is standard input.
pub fn open(path: &Path, input: Input, position: &Position) -> Result<Reader<'static>> {
    let options = Options { lenient_enter: input.lenient, ..Options::default() };
    if path == Path::new("-") {
        return Ok(Reader::new(io::stdin()).with_options(options));
    }
    let file = File::open(path).map_err(|e| CliError::read(path, e))?;
    if file.metadata().is_ok_and(|about| about.is_dir()) {
        return Err(CliError::read(path, io::Error::new(io::ErrorKind::IsADirectory, "it is a folder")));
    }
    Ok(Reader::new(Counted { file, position: position.clone() }).with_options(options))
}

/// How many of a replay's threads judge events: every one but the one that reads, if there are several.
pub fn judges(jobs: usize) -> usize {
    jobs.saturating_sub(1).max(1)
}
