//! Work that is done in a process of its own: rules on captures and on the kernel, explanations, rule tests. Neither a crash nor a heavy
//! capture there touches editing.
//!
//! The server starts its own executable as `falco-rs job`, writes one [`Job`] as a line of JSON to its input and keeps that open: when
//! it ends, because the job was cancelled or the server died, so does the job. The job answers with [`Message`]s, one a line. It
//! reads no rules file: their texts, unsaved ones as they are, come with the job.

mod recordings;
mod results;
mod running;

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin, Command};

pub(crate) use recordings::Recordings;
pub(crate) use results::{Hit, Results};
pub(crate) use running::Running;

/// What to do.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Job {
    /// The rules files in load order.
    pub files: Vec<File>,
    /// The engine version that they must load on.
    #[serde(default)]
    pub engine_version: Option<String>,
    /// What to do with them.
    pub task: Task,
}

/// A file's text.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct File {
    /// Its path.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// What to do with rules.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Task {
    /// Judge a capture's events.
    Run {
        /// The rule; all that are switched on where absent.
        rule: Option<String>,
        /// The capture.
        capture: String,
    },
    /// Judge what the running kernel does.
    Live {
        /// The rule; all that are switched on where absent.
        rule: Option<String>,
        /// For how long.
        seconds: u32,
        /// The file that the events go to. It stays when the job is done, and does not when it is given up.
        capture: String,
    },
    /// Say why a rule did or did not match.
    Explain {
        /// The rule.
        rule: String,
        /// The capture.
        capture: String,
        /// The event; without it the nearest misses are explained.
        event: Option<u64>,
        /// How many of them.
        nearest: usize,
    },
    /// Find rule tests.
    Discover {
        /// Files, or folders that are searched.
        paths: Vec<String>,
    },
    /// Run rule tests.
    Tests {
        /// Files, or folders that are searched.
        paths: Vec<String>,
        /// Which of them, and how.
        #[serde(flatten)]
        which: Which,
    },
    /// Say of each event of a rule test why the rules that the test names match or not.
    ExplainTest {
        /// The test file.
        path: String,
        /// The test.
        name: String,
    },
}

/// Which rule tests, and how.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Which {
    /// Only the test of this name.
    pub name: Option<String>,
    /// Only tests that are about this rule.
    pub rule: Option<String>,
    /// Whether to count what they exercise.
    #[serde(default)]
    pub coverage: bool,
}

/// What a job says.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Message {
    /// How far it is.
    Progress {
        /// Of a hundred, where known.
        percent: Option<u32>,
        /// Events that were judged.
        events: u64,
    },
    /// It is done.
    Result(Value),
    /// It cannot be done.
    Error(String),
}

/// Why a job gave no result.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// It said why.
    #[error("{0}")]
    Said(String),
    /// Its process cannot be started or talked to.
    #[error("the job's process: {0}")]
    Process(#[from] std::io::Error),
    /// Its process ended without a word.
    #[error("the job's process ended early ({0})")]
    Ended(String),
}

/// The program that this process runs, to be started again. It may have been replaced on disk by a newer version; that one would not
/// know this one's jobs, and at the old name there may be nothing.
///
/// # Errors
/// When the system does not tell.
pub fn program() -> std::io::Result<PathBuf> {
    let own = PathBuf::from("/proc/self/exe");
    if cfg!(target_os = "linux") && own.exists() { Ok(own) } else { std::env::current_exe() }
}

/// How long a job that is not wanted any more may take to leave by itself.
const PATIENCE: Duration = Duration::from_secs(2);

/// A job's process. It is asked to leave when this is dropped: its input ends.
struct Process(Option<(Child, ChildStdin)>);

impl Process {
    /// Waits for the end of a process that has said everything.
    async fn end(mut self) -> std::io::Result<std::process::ExitStatus> {
        match self.0.take() {
            Some((mut child, input)) => {
                drop(input);
                child.wait().await
            }
            None => Err(std::io::ErrorKind::NotFound.into()),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let Some((mut child, input)) = self.0.take() else { return };
        drop(input);
        // It takes back what it began. One that does not leave is killed, as all are when the server ends.
        tokio::spawn(async move {
            if tokio::time::timeout(PATIENCE, child.wait()).await.is_err() {
                let _ = child.kill().await;
            }
        });
    }
}

/// Runs a job to its end. The process ends when the future is dropped.
///
/// # Errors
/// When the job cannot be done.
pub async fn run(job: &Job, mut progress: impl FnMut(Option<u32>, u64) + Send) -> Result<Value, JobError> {
    let mut child = Command::new(program()?)
        .arg("job")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        // The client's log has what a job may say of itself.
        .stderr(Stdio::inherit())
        .spawn()?;
    let (Some(mut input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(JobError::Ended("no pipes".into()));
    };
    let mut line = serde_json::to_vec(job).map_err(std::io::Error::from)?;
    line.push(b'\n');
    // A job that ends before it has read everything says why.
    let _ = input.write_all(&line).await;
    let process = Process(Some((child, input)));
    let mut lines = BufReader::new(output).lines();
    let mut last = None;
    while let Some(line) = lines.next_line().await? {
        match serde_json::from_str(&line).map_err(std::io::Error::from)? {
            Message::Progress { percent, events } => progress(percent, events),
            Message::Result(value) => last = Some(Ok(value)),
            Message::Error(message) => last = Some(Err(JobError::Said(message))),
        }
    }
    let status = process.end().await?;
    last.unwrap_or_else(|| Err(JobError::Ended(status.to_string())))
}
