//! `falco-rs test`: rule tests.

mod coverage;
mod mutation;
mod since;
mod text;
mod update;
mod watch;

use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use codespan_reporting::term::termcolor::WriteColor;
use falco_catalog::Catalog;
use falco_compiler::SourceFile;
use falco_testkit::coverage::CoverageReport;
use falco_testkit::{
    CaseReport, Counted, FileReport, Outcome as Verdict, RunOptions, discover, formats, run_files, shuffle,
};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::recorded::Recorder;
use crate::args::{Global, Test, TestFormat};
use crate::error::CliError;
use crate::render;
use crate::{Outcome, Result};

/// Runs the tests and prints what came of them.
pub fn run(args: &Test, global: &Global) -> Result {
    if args.coverage.coverage && args.format != TestFormat::Text && args.coverage.coverage_output.is_none() {
        let help = "`--coverage-output FILE` is needed where the results themselves are for a machine";
        return Err(CliError::Usage(help.into()));
    }
    let catalog = Arc::new(Catalog::builtin());
    let mut files = find(args)?;
    if let Some(commit) = &args.since {
        let changed = since::changed(commit)?;
        files.retain(|file| changed.concerns(file));
        if files.is_empty() {
            if !global.quiet {
                writeln!(render::stderr(global), "nothing that a test depends on changed since `{commit}`")?;
            }
            return Ok(Outcome::Clean);
        }
    }
    let mut options = RunOptions {
        filter: args.filter.clone(),
        fail_fast: args.fail_fast,
        coverage: if args.coverage.coverage { Counted::All } else { Counted::None },
        ..RunOptions::default()
    };
    if let Some(seed) = &args.shuffle {
        let seed = seed_of(seed)?;
        writeln!(render::stderr(global), "shuffled: --shuffle={seed}")?;
        shuffle(&mut files, seed);
        options.shuffle = Some(seed);
    }
    if args.list {
        return list(&files, &options, args, global);
    }
    if args.update {
        return update::run(&files, &catalog, &options, global);
    }
    let suite = Suite { files, catalog, options, args, global };
    if args.watch { watch::run(&suite) } else { suite.once() }
}

/// The test files of the arguments.
fn find(args: &Test) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in &args.paths {
        let found = match path.to_str().filter(|text| !path.exists() && text.contains(['*', '?', '['])) {
            Some(pattern) => {
                let found = discover::matching(pattern).map_err(|e| CliError::read(path, e))?;
                if found.is_empty() {
                    return Err(CliError::Usage(format!("no test file is like `{pattern}`")));
                }
                found
            }
            None => discover::test_files(path).map_err(|e| CliError::read(path, e))?,
        };
        files.extend(found.into_iter().filter(|file| !files.contains(file)).collect::<Vec<_>>());
    }
    if files.is_empty() {
        return Err(CliError::Usage("no rule tests found; they are files named `*_test.yaml` or `*.test.yaml`".into()));
    }
    Ok(files)
}

/// The seed that was given, or a new one.
fn seed_of(text: &str) -> Result<u64> {
    if text.is_empty() {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        return Ok(u64::from(now.subsec_nanos()) ^ now.as_secs());
    }
    text.parse().map_err(|_| CliError::Usage(format!("`{text}` is no seed; it is a whole number")))
}

/// Names the tests.
fn list(files: &[PathBuf], options: &RunOptions, args: &Test, global: &Global) -> Result {
    let mut out = render::stdout(global);
    let mut broken = false;
    let mut documents = Vec::new();
    for path in files {
        let text = std::fs::read_to_string(path).map_err(|e| CliError::read(path, e))?;
        let (file, problems) = falco_testkit::parse(&text);
        let shown = path.display().to_string();
        for problem in &problems {
            render::problem(&mut render::stderr(global), &shown, &text, problem)?;
            broken = true;
        }
        let names: Vec<&str> =
            file.cases.iter().filter(|case| options.wants(case)).map(|case| case.name.value.as_str()).collect();
        match args.format {
            TestFormat::Json => documents.push(json!({"path": shown, "tests": names})),
            _ => names.iter().try_for_each(|name| writeln!(out, "{shown}: {name}"))?,
        }
    }
    if args.format == TestFormat::Json {
        writeln!(out, "{:#}", json!({"version": 1, "files": documents}))?;
    }
    if broken { Err(CliError::Tests) } else { Ok(Outcome::Clean) }
}

/// Test files and how they are run.
pub struct Suite<'a> {
    files: Vec<PathBuf>,
    catalog: Arc<Catalog>,
    options: RunOptions,
    args: &'a Test,
    global: &'a Global,
}

/// What a run came to.
#[derive(Default)]
struct Ran {
    tally: Tally,
    reports: Vec<FileReport>,
    coverage: CoverageReport,
}

impl Suite<'_> {
    fn jobs(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        self.args.jobs.map_or_else(cores, usize::from)
    }

    /// Runs everything once and tells what came of it.
    fn once(&self) -> Result {
        let mut out = render::stdout(self.global);
        let ran = self.run(&self.files, &mut out)?;
        let mut outcome = self.close(&ran, &mut out)?;
        if self.args.coverage.coverage {
            let sources = sources(&ran.reports);
            outcome = outcome.and(coverage::tell(&ran.coverage, &sources, &self.args.coverage, &mut out, self.global)?);
        }
        if self.args.mutation.mutate {
            outcome = outcome.and(mutation::run(self, outcome, &mut out)?);
        }
        Ok(outcome)
    }

    /// Runs files and prints each in order.
    fn run(&self, files: &[PathBuf], out: &mut dyn WriteColor) -> Result<Ran> {
        let mut ran = Ran::default();
        let mut printed = Ok(());
        let recorder = Recorder::default();
        let bar = self.bar(files.len());
        run_files(files, self.jobs(), &self.catalog, &self.options, &recorder, |mut report| {
            ran.tally.add(&report);
            bar.inc(1);
            if self.args.format == TestFormat::Text {
                printed = bar.suspend(|| text::file(&report, out, self.global));
            }
            ran.coverage.merge(std::mem::take(&mut report.coverage));
            let stop = self.options.fail_fast && !report.passed();
            ran.reports.push(report);
            printed.is_ok() && !stop
        });
        bar.finish_and_clear();
        printed.map(|()| ran)
    }

    /// A bar for runs that take a while, where somebody watches.
    fn bar(&self, files: usize) -> ProgressBar {
        let wanted = !self.global.quiet && files > 1 && std::io::stderr().is_terminal();
        if !wanted {
            return ProgressBar::hidden();
        }
        let bar = ProgressBar::new(files as u64);
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} test files, {elapsed}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        bar
    }

    /// What comes after all files, and what it all means.
    fn close(&self, ran: &Ran, out: &mut dyn WriteColor) -> Result {
        let tally = &ran.tally;
        match self.args.format {
            TestFormat::Text if !self.global.quiet => text::summary(tally, out)?,
            TestFormat::Text => {}
            // With `--mutate` the document is that of the changes.
            TestFormat::Json if self.args.mutation.mutate && tally.unusable + tally.failed == 0 => {}
            TestFormat::Json => {
                let files: Vec<_> = ran.reports.iter().map(formats::json::document).collect();
                let summary = json!({"passed": tally.passed, "failed": tally.failed, "skipped": tally.skipped});
                writeln!(out, "{:#}", json!({"version": 1, "files": files, "summary": summary}))?;
            }
            TestFormat::Junit => {
                let text = formats::junit::document(&ran.reports).map_err(CliError::Usage)?;
                writeln!(out, "{}", text.trim_end())?;
            }
            TestFormat::Tap => write!(out, "{}", formats::tap::document(&ran.reports))?,
            TestFormat::Github => {
                ran.reports.iter().try_for_each(|report| write!(out, "{}", formats::github::document(report)))?;
            }
        }
        match tally {
            Tally { unusable: 1.., .. } => Err(CliError::Tests),
            Tally { failed: 1.., .. } => Ok(Outcome::Findings),
            Tally { passed: 0, skipped: 0, .. } => Err(CliError::Usage("no test has such a name".into())),
            _ => Ok(Outcome::Clean),
        }
    }
}

/// The rules files of all reports, each once.
fn sources(reports: &[FileReport]) -> Vec<SourceFile> {
    let mut all: Vec<SourceFile> = Vec::new();
    for file in reports.iter().flat_map(|report| &report.rules) {
        if !all.iter().any(|other| other.path == file.path) {
            all.push(file.clone());
        }
    }
    all.sort_by(|a, b| a.path.cmp(&b.path));
    all
}

/// Tests by what came of them.
#[derive(Debug, Default)]
pub struct Tally {
    passed: usize,
    failed: usize,
    /// Cases that cannot be run here.
    skipped: usize,
    /// Test files that have mistakes.
    unusable: usize,
}

impl Tally {
    fn add(&mut self, report: &FileReport) {
        if !report.problems.is_empty() {
            self.unusable += 1;
        } else if !report.refused.is_empty() {
            self.failed += 1;
        }
        self.passed += report.cases.iter().filter(|c| c.passed()).count();
        self.failed += report.cases.iter().filter(|c| c.failed()).count();
        self.skipped += report.cases.iter().filter(|c| is_skipped(c)).count();
    }
}

fn is_skipped(case: &CaseReport) -> bool {
    matches!(case.outcome, Verdict::Skipped(_))
}
