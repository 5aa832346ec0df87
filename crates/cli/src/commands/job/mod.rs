//! `falco-rs job`: what the language server has done outside its own process. See `falco_lsp::jobs` for the protocol.

mod judge;
mod tests;

use std::io::{BufRead as _, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use falco_catalog::Catalog;
use falco_compiler::{Options, SourceFile};
use falco_lsp::jobs::{Job, Message, Task};

use super::explain::document::document;
use super::explain::find::Finder;
use crate::args::Input;
use crate::capture::Position;
use crate::error::CliError;
use crate::events::{self, Source};
use crate::loaded::Loaded;
use crate::{Outcome, Result};

/// How captures are read for an editor: a recording with lost events is better than none.
const INPUT: Input = Input { jobs: 1, lenient: true };

/// Reads one job from standard input and does it.
pub fn run() -> Result {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).map_err(|e| CliError::read(Path::new("-"), e))?;
    let job: Job = serde_json::from_str(&line).map_err(|e| CliError::Usage(format!("no job: {e}")))?;
    // Whoever gave the job keeps our input open for as long as the answer is wanted.
    std::thread::spawn(|| {
        let _ = std::io::stdin().lock().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    let message = match work(&job) {
        Ok(value) => Message::Result(value),
        Err(error) => Message::Error(error.to_string()),
    };
    say(&message)?;
    Ok(Outcome::Clean)
}

/// Writes a message as a line.
fn say(message: &Message) -> Result<()> {
    let mut out = std::io::stdout().lock();
    serde_json::to_writer(&mut out, message).map_err(std::io::Error::from)?;
    writeln!(out)?;
    Ok(out.flush()?)
}

fn work(job: &Job) -> Result<serde_json::Value> {
    let catalog = Arc::new(Catalog::builtin());
    match &job.task {
        Task::Run { rule, capture } => judge::run(load(job, &catalog)?, rule.as_deref(), Path::new(capture), &catalog),
        Task::Live { rule, seconds } => {
            let loaded = load(job, &catalog)?;
            let capture = record(*seconds)?;
            judge::run(loaded, rule.as_deref(), &capture, &catalog)
        }
        Task::Explain { rule, capture, event, nearest } => {
            let loaded = load(job, &catalog)?;
            let number = loaded.rule(rule)?;
            let mut finder = Finder::new(loaded.evaluator, number, *event, *nearest);
            let source = Source::Capture(PathBuf::from(capture));
            events::visit(&source, INPUT, true, &catalog, &Position::default(), &mut finder)?;
            let (found, evaluator) = finder.finish();
            Ok(document(&found, evaluator.program(), &loaded.files))
        }
        Task::Discover { paths } => tests::discover(paths),
        Task::Tests { paths, name, coverage } => tests::run(job, paths, name.as_deref(), *coverage, &catalog),
    }
}

/// Compiles the job's rules.
fn load(job: &Job, catalog: &Arc<Catalog>) -> Result<Loaded> {
    let files = job.files.iter().map(|file| SourceFile::new(file.path.clone(), file.text.clone())).collect();
    let mut options = Options { falco_report: false, ..Options::new(catalog.clone()) };
    if let Some(version) = job.engine_version.as_ref().and_then(|version| version.parse().ok()) {
        options.engine_version = version;
    }
    Loaded::of_files(files, &options).map_err(|refused| CliError::Rules(refused.line()))
}

/// Records the running kernel to a file that stays, so that its events can be explained later.
fn record(seconds: u32) -> Result<PathBuf> {
    let path = std::env::temp_dir().join(format!("falco-rs-live-{}.scap", std::process::id()));
    let failed = |source| CliError::Command { command: "falco-rs record".into(), source };
    let output = Command::new(std::env::current_exe().map_err(failed)?)
        .args(["record", "--quiet", "--duration", &format!("{seconds}s"), "-o"])
        .arg(&path)
        .stdin(std::process::Stdio::null())
        .output()
        .map_err(failed)?;
    if output.status.success() {
        return Ok(path);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.lines().next().unwrap_or_default().trim_start_matches("error: ");
    Err(CliError::Usage(format!("the running kernel cannot be watched: {said}")))
}
