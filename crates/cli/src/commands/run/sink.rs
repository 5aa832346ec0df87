//! Where alerts go: standard output, a file, a program, a server.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, IsTerminal as _, Stdout, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};

use super::http::Poster;
use super::judge::Alerts;
use crate::Result;
use crate::error::CliError;
use crate::progress::Progress;

/// One of the places.
pub enum Sink {
    /// Standard output, and whether it is a terminal.
    Stdout(BufWriter<Stdout>, bool),
    File {
        path: PathBuf,
        file: File,
    },
    Program {
        command: String,
        child: Child,
        input: Option<ChildStdin>,
    },
    Server(Poster),
}

impl Sink {
    /// Opens what `--output` names.
    pub fn open(place: &str, json: bool) -> Result<Self> {
        if place == "stdout" || place == "-" {
            let out = std::io::stdout();
            let terminal = out.is_terminal();
            return Ok(Self::Stdout(BufWriter::with_capacity(1 << 16, out), terminal));
        }
        if place.starts_with("http://") || place.starts_with("https://") {
            return Ok(Self::Server(Poster::new(place, json)?));
        }
        if let Some(file) = Self::open_file(place)? {
            return Ok(file);
        }
        if let Some(command) = place.strip_prefix("program:").filter(|command| !command.trim().is_empty()) {
            let child = Command::new("/bin/sh").args(["-c", command]).stdin(Stdio::piped()).spawn();
            let mut child = child.map_err(|e| CliError::output(place, e))?;
            let input = child.stdin.take();
            return Ok(Self::Program { command: command.to_owned(), child, input });
        }
        Err(CliError::Usage(format!(
            "`{place}` is no place for alerts; there are `stdout`, `file:PATH`, `program:COMMAND`, `http://…` and `https://…`"
        )))
    }

    /// Opens what `--output` names if that is a file, and nothing else.
    pub fn open_file(place: &str) -> Result<Option<Self>> {
        let Some(path) = place.strip_prefix("file:").filter(|path| !path.is_empty()) else { return Ok(None) };
        let path = PathBuf::from(path);
        // As Falco: what is in the file stays.
        let file = OpenOptions::new().create(true).append(true).open(&path);
        Ok(Some(Self::File { file: file.map_err(|e| CliError::output(place, e))?, path }))
    }

    /// Passes alerts on.
    pub fn write(&mut self, alerts: &Alerts, progress: &Progress) -> Result<()> {
        match self {
            Self::Stdout(out, true) => progress.suspend(|| {
                out.write_all(&alerts.text)?;
                Ok(out.flush()?)
            }),
            Self::Stdout(out, false) => Ok(out.write_all(&alerts.text)?),
            Self::File { path, file } => {
                file.write_all(&alerts.text).map_err(|e| CliError::output(&path.display().to_string(), e))
            }
            Self::Program { command, input, .. } => match input {
                Some(pipe) => pipe.write_all(&alerts.text).map_err(|e| CliError::output(command, e)),
                None => Ok(()),
            },
            Self::Server(poster) => {
                alerts.lines().for_each(|line| poster.post(line));
                Ok(())
            }
        }
    }

    /// Lets whoever reads standard output have what was written so far.
    pub fn flush(&mut self) -> Result<()> {
        match self {
            Self::Stdout(out, _) => Ok(out.flush()?),
            _ => Ok(()),
        }
    }

    /// Sees to it that everything arrives.
    pub fn finish(self) -> Result<()> {
        match self {
            Self::Stdout(mut out, _) => Ok(out.flush()?),
            Self::File { .. } => Ok(()),
            Self::Program { command, mut child, input } => {
                drop(input);
                let status = child.wait().map_err(|e| CliError::output(&command, e))?;
                match status.success() {
                    true => Ok(()),
                    false => Err(CliError::Program { command, status: status.to_string() }),
                }
            }
            Self::Server(poster) => poster.finish(),
        }
    }
}
