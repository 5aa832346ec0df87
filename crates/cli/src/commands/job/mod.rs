//! `falco-rs job`: what the language server has done outside its own process. See `falco_lsp::jobs` for the protocol.

mod explain;
mod judge;
mod live;
mod tests;

use std::io::{BufRead as _, Read as _, Write as _};
use std::path::Path;
use std::sync::Arc;

use falco_catalog::Catalog;
use falco_compiler::{Options, SourceFile};
use falco_lsp::jobs::{Job, Message, Task};

use super::recorded::Recorder;
use crate::args::Input;
use crate::error::CliError;
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
        live::give_up();
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
        Task::Live { rule, seconds, capture } => {
            let (loaded, capture) = (load(job, &catalog)?, Path::new(capture));
            live::record(*seconds, capture)?;
            judge::run(loaded, rule.as_deref(), capture, &catalog)
        }
        Task::Explain { rule, capture, event, nearest } => {
            explain::on_capture(job, rule, Path::new(capture), *event, *nearest, &catalog)
        }
        Task::ExplainTest { path, name } => explain::test(job, path, name, &catalog),
        Task::Discover { paths } => tests::discover(paths),
        Task::Tests { paths, which } => tests::run(job, paths, which, &catalog, &Recorder::default()),
    }
}

/// Compiles the job's rules.
fn load(job: &Job, catalog: &Arc<Catalog>) -> Result<Loaded> {
    let files = job.files.iter().map(|file| SourceFile::new(file.path.clone(), file.text.clone())).collect();
    compile(files, job.engine_version.as_deref(), catalog)
}

fn compile(files: Vec<SourceFile>, engine_version: Option<&str>, catalog: &Arc<Catalog>) -> Result<Loaded> {
    let mut options = Options { falco_report: false, ..Options::new(catalog.clone()) };
    if let Some(version) = engine_version.and_then(|version| version.parse().ok()) {
        options.engine_version = version;
    }
    Loaded::of_files(files, &options).map_err(|refused| CliError::Rules(refused.line()))
}
