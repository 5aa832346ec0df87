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
    /// A filter or format does not compile; the excerpt shows where.
    #[error("{what} does not compile: {message}\n\n    {text}\n    {marks}")]
    Expression {
        /// `the filter`, `the format`.
        what: &'static str,
        /// Why.
        message: String,
        /// The line that is wrong.
        text: String,
        /// Carets under the words.
        marks: String,
        /// What to try.
        help: Option<String>,
    },
    /// A capture cannot be read, or not to its end.
    #[error("cannot read `{path}`: {source}")]
    Capture {
        /// Which.
        path: PathBuf,
        /// Why.
        source: falco_scap::Error,
    },
    /// The rules do not load; their diagnostics have been printed.
    #[error("the rules do not load: {0}")]
    Rules(String),
    /// No loaded rule has the name.
    #[error("no rule `{name}` is loaded")]
    NoRule {
        /// The name.
        name: String,
        /// A name like it.
        near: Option<String>,
    },
    /// Nothing that is loaded has the name.
    #[error("no rule, macro or list `{name}` is loaded")]
    NothingNamed {
        /// The name.
        name: String,
        /// A name like it.
        near: Option<String>,
    },
    /// The compiled rules cannot be prepared.
    #[error(transparent)]
    Prepare(#[from] falco_engine::eval::EvalError),
    /// Some test files have mistakes; they have been printed.
    #[error("some tests could not be run")]
    Tests,
    /// A line of made-up events cannot be used.
    #[error("`{path}` line {line}: {message}")]
    Event {
        /// The file.
        path: PathBuf,
        /// 1-based.
        line: usize,
        /// Why.
        message: String,
    },
    /// A place for alerts cannot be opened or written.
    #[error("cannot write alerts to `{place}`: {}", describe(.source))]
    Output {
        /// Which.
        place: String,
        /// Why.
        source: io::Error,
    },
    /// A program that alerts were given to failed.
    #[error("`{command}` ended with {status}")]
    Program {
        /// What was run.
        command: String,
        /// How it ended.
        status: String,
    },
    /// A server did not take all alerts.
    #[error("{lost} of {all} alerts did not reach `{url}`: {reason}")]
    Undelivered {
        /// The server.
        url: String,
        /// Alerts that did not arrive.
        lost: u64,
        /// All that were to.
        all: u64,
        /// Why the last one did not.
        reason: String,
    },
    /// The live source cannot be opened, or failed.
    #[error(transparent)]
    Probe(falco_probe::ProbeError),
    /// A command that was to be watched cannot be started.
    #[error("cannot start `{command}`: {}", describe(.source))]
    Command {
        /// Which.
        command: String,
        /// Why.
        source: io::Error,
    },
    /// Privileges cannot be given up.
    #[cfg(target_os = "linux")]
    #[error(transparent)]
    Privilege(#[from] falco_probe::privilege::PrivilegeError),
    /// The privileged part was not started by a live command, or lost it.
    #[error("the privileged part of the live commands: {0}")]
    ProbeHost(io::Error),
    /// The live view cannot be drawn.
    #[error("the live view needs a terminal: {0}")]
    Terminal(io::Error),
    /// The rules' files cannot be watched.
    #[error("cannot watch the rules for changes: {0}")]
    Watch(#[from] notify::Error),
    /// A recording cannot be written.
    #[error(transparent)]
    Record(#[from] falco_record::RecordError),
    /// Some files could not be formatted; why has been printed.
    #[error("{0} of the files could not be formatted and stayed as they are")]
    Format(usize),
    /// A file cannot be written.
    #[error("cannot write `{path}`: {}", describe(.source))]
    WriteFile {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Output cannot be written.
    #[error("cannot write output: {0}")]
    Write(#[from] io::Error),
}

impl From<falco_probe::ProbeError> for CliError {
    fn from(error: falco_probe::ProbeError) -> Self {
        match error {
            // What is missing is on the command line, not on the machine.
            falco_probe::ProbeError::Command { command, source } => Self::Command { command, source },
            error => Self::Probe(error),
        }
    }
}

impl CliError {
    /// For a path that cannot be read.
    pub fn read(path: &Path, source: io::Error) -> Self {
        Self::Read { path: path.to_owned(), source }
    }

    /// For a place that alerts cannot go to.
    pub fn output(place: &str, source: io::Error) -> Self {
        Self::Output { place: place.to_owned(), source }
    }

    /// For a rule's name that no loaded rule has.
    pub fn no_rule<'n>(name: &str, all: impl Iterator<Item = &'n str>) -> Self {
        Self::NoRule { name: name.to_owned(), near: nearest(name, all) }
    }

    /// For the name of a rule, macro or list that there is not.
    pub fn nothing_named<'n>(name: &str, all: impl Iterator<Item = &'n str>) -> Self {
        Self::NothingNamed { name: name.to_owned(), near: nearest(name, all) }
    }

    /// What to try.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Read { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                Some("is the path right? it is taken from the current folder".into())
            }
            #[cfg(target_os = "linux")]
            Self::Read { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
                let confined = falco_probe::privilege::Rights::of(None).is_some_and(|rights| rights.no_new_privs);
                confined.then(|| "live commands read files without privileges, as the user who called `sudo`; `--user` names another".into())
            }
            Self::Expression { help, .. } => help.clone(),
            Self::Capture { source, .. } => source.help().map(Into::into),
            Self::Rules(_) => Some("`falco-rs check` shows the same findings with warnings".into()),
            Self::NoRule { near, .. } | Self::NothingNamed { near, .. } => {
                near.as_ref().map(|near| format!("did you mean `{near}`?"))
            }
            Self::Probe(_) => Some("`falco-rs doctor` shows what works on this machine".into()),
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

    /// For a filter or format: cuts out the line and marks the words.
    pub fn expression(what: &'static str, text: &str, error: falco_compiler::FilterError) -> Self {
        let start = error.range.start.min(text.len());
        let line_start = text.get(..start).and_then(|t| t.rfind('\n')).map_or(0, |i| i + 1);
        let line = text.get(line_start..).unwrap_or_default().lines().next().unwrap_or_default();
        let end = error.range.end.min(line_start + line.len());
        let blanks = text.get(line_start..start).map_or(0, |t| t.chars().count());
        let carets = text.get(start..end).map_or(0, |t| t.chars().count()).max(1);
        Self::Expression {
            what,
            message: error.message,
            text: line.to_owned(),
            marks: format!("{}{}", " ".repeat(blanks), "^".repeat(carets)),
            help: error.help,
        }
    }

    /// Whether the reader of our output has gone.
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Write(e) if e.kind() == io::ErrorKind::BrokenPipe)
    }
}

/// The name that is most like another one, if it is like it at all.
fn nearest<'n>(name: &str, all: impl Iterator<Item = &'n str>) -> Option<String> {
    let scored = all.map(|other| (strsim::normalized_damerau_levenshtein(other, name), other));
    let best = scored.filter(|(score, _)| *score > 0.5).max_by(|a, b| a.0.total_cmp(&b.0));
    best.map(|(_, other)| other.to_owned())
}

/// The system's words without its error number, in our style.
fn describe(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut chars = text.chars();
    chars.next().map(|c| c.to_lowercase().chain(chars).collect()).unwrap_or_default()
}
