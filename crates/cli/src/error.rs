//! Why a command could not do its work.

use std::io;
use std::path::{Path, PathBuf};

/// An error of usage or input; exit status 2. Every variant says what to do, where there is something to do.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// A file or folder cannot be read.
    #[error("cannot read `{path}`: {}", describe(.source))]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A folder was given for rules, but it has none.
    #[error("no rules files in `{0}`")]
    NoRules(PathBuf),
    /// No rules were given and there is no project file.
    #[error("no rules files given")]
    NothingGiven,
    /// The project file cannot be used.
    #[error(transparent)]
    Project(#[from] falco_ide::project::ProjectError),
    /// An option's value cannot be used.
    #[error("{0}")]
    Usage(String),
    /// Output cannot be written.
    #[error("cannot write output: {0}")]
    Write(#[from] io::Error),
}

impl CliError {
    /// For a path that cannot be read.
    pub fn read(path: &Path, source: io::Error) -> Self {
        Self::Read { path: path.to_owned(), source }
    }

    /// What to try.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Read { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                Some("is the path right? it is taken from the current folder".into())
            }
            Self::NoRules(_) => {
                Some("rules files end in `.yaml` or `.yml`; rule tests (`*_test.yaml`) do not count".into())
            }
            Self::NothingGiven => Some(format!(
                "name a rules file or folder, or write a project file `{}` with `rules: [FILE, …]`",
                falco_ide::project::PROJECT_FILE
            )),
            _ => None,
        }
    }

    /// Whether the reader of our output has gone.
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Write(e) if e.kind() == io::ErrorKind::BrokenPipe)
    }
}

/// The system's words without its error number, in our style.
fn describe(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut chars = text.chars();
    chars.next().map(|c| c.to_lowercase().chain(chars).collect()).unwrap_or_default()
}
