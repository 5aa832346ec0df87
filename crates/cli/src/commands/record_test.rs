//! `falco-rs record --test`: a command becomes a rule test.

use std::fs;
use std::io::Write as _;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use falco_catalog::Catalog;
use falco_compiler::{Options, compile_filter, compile_output};
use falco_engine::alert::{Alert, AlertOptions};
use falco_engine::eval::{Evaluator, Matching};
use falco_engine::inspector::Inspector;
use falco_record::slice::{Choice, slice};
use falco_scap::Reader;
use falco_testkit::append::{NewCase, NewExpect, append, new_file};
use falco_testkit::discover::is_test_name;
use falco_testkit::{CommandError, Commands as _, NoCommands, Outcome as Verdict, run_file};

use super::live;
use super::recorded::Recorder;
use super::slice::{cannot, write_checked};
use crate::args::{Global, Record};
use crate::error::CliError;
use crate::render::{self, count};
use crate::{Outcome, Result, inputs, loaded};

/// What is kept of a command that raises no alert: what it ran, opened and connected to.
const SILENT: &str = "evt.type in (execve, execveat, open, openat, openat2, creat, connect)";

/// Records the command, and writes the test.
pub fn run(args: &Record, name: &str, global: &Global) -> Result {
    let file = test_file(args)?;
    let capture = capture_file(&file, name);
    let watch = &args.watch;
    let mut options = vec![format!("--snaplen={}", watch.snaplen), format!("--ring={}", watch.ring)];
    options.extend(watch.user.iter().map(|user| format!("--user={user}")));
    options.extend(watch.duration.iter().map(|time| format!("--duration={}ms", time.as_millis())));
    let recorded = match (Recorder { options, shown: true }).record(&watch.command, Path::new(".")) {
        Ok(recorded) => recorded,
        Err(CommandError::Unavailable(why) | CommandError::Failed(why)) => return Err(CliError::Usage(why)),
    };
    let bytes = fs::read(recorded.capture()).map_err(|e| CliError::read(&recorded.capture(), e))?;
    drop(recorded);
    // Rules are somebody else's text: they are read without any rights, as for `run --live`.
    live::give_up(watch.user.as_deref())?;

    let catalog = Arc::new(Catalog::builtin());
    let mut compiling = Options::new(catalog.clone());
    compiling.falco_report = false;
    let mut evaluator = loaded::evaluator(&args.rules, &compiling, global)?;
    inputs::only(&mut evaluator, &args.only)?;
    let alerts = alerts(&bytes, &mut evaluator, &capture)?;
    let mut out = render::stdout(global);
    for alert in &alerts {
        writeln!(out, "{}", alert.to_text(&AlertOptions::default()))?;
    }
    let mut choice = match alerts.is_empty() {
        false => Choice::new(Some(evaluator), None),
        true => Choice::new(Some(evaluator), Some(silent(&catalog)?)),
    };
    let sliced = slice(|| Ok(Reader::from_bytes(&bytes)), &mut choice).map_err(|e| cannot(&capture, e))?;
    if let Some(folder) = capture.parent() {
        fs::create_dir_all(folder).map_err(|e| CliError::output(&folder.display().to_string(), e))?;
    }
    write_checked(&capture, &sliced.pieces, false, |reader| {
        choice.marks(reader).is_ok_and(|marks| marks == sliced.marks)
    })?;
    let here = folder_of(&file);
    let case = NewCase {
        name: name.to_owned(),
        capture: relative(here, &capture)?,
        only: args.only.clone(),
        expect: NewExpect::of(&alerts),
    };
    let written = write(args, &file, &case, &catalog);
    if written.is_err() {
        // A capture without a test is no use.
        let _ = fs::remove_file(&capture);
    }
    written?;
    if !global.quiet {
        let what = format!("{}, {}", count(alerts.len(), "alert"), count(sliced.pieces.events(), "event"));
        let (file, capture) = (file.display(), capture.display());
        writeln!(render::stderr(global), "test `{name}` written to `{file}`, with `{capture}` ({what})")?;
    }
    Ok(Outcome::Clean)
}

/// The alerts of a recording, every rule judged by itself, as in tests.
fn alerts(bytes: &[u8], evaluator: &mut Evaluator, path: &Path) -> Result<Vec<Alert>> {
    let options = AlertOptions::default();
    let mut inspector = Inspector::new(Reader::from_bytes(bytes));
    let (mut alerts, mut matches) = (Vec::new(), Vec::new());
    let broken = |source| CliError::Capture { path: path.to_owned(), source };
    while let Some(step) = inspector.next_visible().map_err(broken)? {
        let view = step.view();
        let mut session = evaluator.on(&view);
        session.matches(Matching::All, &mut matches);
        alerts.extend(matches.iter().filter_map(|rule| session.alert(*rule, &options)));
    }
    Ok(alerts)
}

fn silent(catalog: &Catalog) -> Result<(Evaluator, falco_compiler::program::OutputTemplate)> {
    let wrong = |e| CliError::expression("the filter", SILENT, e);
    let filter = compile_filter(catalog, "syscall", SILENT).map_err(wrong)?;
    let shown = compile_output(catalog, "syscall", "*%proc.cmdline %proc.exepath %fd.name %evt.res").map_err(wrong)?;
    Ok(Evaluator::for_query("syscall", Some(filter), shown, catalog)?)
}

/// Writes the test file, and puts it back if the new test does not pass.
fn write(args: &Record, file: &Path, case: &NewCase, catalog: &Arc<Catalog>) -> Result<()> {
    let unwritten = |e| CliError::output(&file.display().to_string(), e);
    let old = match fs::read_to_string(file) {
        Ok(text) => Some(text),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => None,
        Err(e) => return Err(CliError::read(file, e)),
    };
    let text = match &old {
        Some(old) => append(old, case).map_err(|why| CliError::Usage(format!("`{}`: {why}", file.display())))?,
        None => {
            let here = folder_of(file);
            let rules: Vec<String> = args.rules.iter().map(|path| relative(here, path)).collect::<Result<_>>()?;
            new_file(&rules, case)
        }
    };
    fs::write(file, text).map_err(unwritten)?;
    let report = run_file(file, catalog, Some(&case.name), &NoCommands);
    let ours = report.cases.iter().find(|other| other.name == case.name);
    if ours.is_some_and(|ours| ours.passed()) {
        return Ok(());
    }
    match old {
        Some(old) => fs::write(file, old).map_err(unwritten)?,
        None => fs::remove_file(file).map_err(unwritten)?,
    }
    let why = match ours.map(|ours| &ours.outcome) {
        Some(Verdict::Failed(failures)) => failures.first().map(|failure| failure.headline()),
        Some(Verdict::Broken(problem)) => Some(problem.message.clone()),
        _ => report.problems.first().map(|problem| problem.message.clone()),
    };
    let why = why.unwrap_or_else(|| "its rules do not load".to_owned());
    Err(CliError::Usage(format!("the test would not pass in `{}`: {why}", file.display())))
}

/// The test file: beside the first of the rules, unless it is named.
fn test_file(args: &Record) -> Result<PathBuf> {
    if let Some(file) = &args.test_file {
        return match is_test_name(file) {
            true => Ok(file.clone()),
            false => Err(CliError::Usage("test files are named `*_test.yaml` or `*.test.yaml`".into())),
        };
    }
    let Some(first) = args.rules.first() else { return Err(CliError::NothingGiven) };
    let about = fs::metadata(first).map_err(|e| CliError::read(first, e))?;
    if about.is_dir() {
        return Ok(first.join("recorded_test.yaml"));
    }
    let stem = first.file_stem().unwrap_or_default().to_string_lossy();
    Ok(first.with_file_name(format!("{stem}_test.yaml")))
}

/// A name in the folder `captures` beside the test file that nobody has yet.
fn capture_file(file: &Path, name: &str) -> PathBuf {
    let mut slug = String::new();
    for c in name.chars().flat_map(char::to_lowercase).take(60) {
        match c.is_ascii_alphanumeric() {
            true => slug.push(c),
            false if slug.ends_with('-') || slug.is_empty() => {}
            false => slug.push('-'),
        }
    }
    let slug = match slug.trim_end_matches('-') {
        "" => "recorded",
        slug => slug,
    };
    let folder = folder_of(file).join("captures");
    let numbered = (2u32..).map(|n| format!("{slug}-{n}.scap"));
    let mut names = std::iter::once(format!("{slug}.scap")).chain(numbered).map(|name| folder.join(name));
    names.find(|path| !path.exists()).unwrap_or_else(|| folder.join("recorded.scap"))
}

fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The way from a folder to a file.
fn relative(folder: &Path, file: &Path) -> Result<String> {
    let whole = |path: &Path| fs::canonicalize(path).map_err(|e| CliError::read(path, e));
    let (from, to) = (whole(folder)?, whole(file)?);
    let common = from.components().zip(to.components()).take_while(|(a, b)| a == b).count();
    let up = from.components().skip(common).map(|_| Component::ParentDir);
    let way: PathBuf = up.chain(to.components().skip(common)).collect();
    Ok(way.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn captures_get_names_that_nobody_has() {
        let folder = std::env::temp_dir().join(format!("falco-rs-names-{}", std::process::id()));
        let file = folder.join("a_test.yaml");
        fs::create_dir_all(folder.join("captures")).unwrap();
        assert_eq!(capture_file(&file, "A shell, in /tmp!"), folder.join("captures/a-shell-in-tmp.scap"));
        assert_eq!(capture_file(&file, "…"), folder.join("captures/recorded.scap"));
        fs::write(folder.join("captures/x.scap"), "").unwrap();
        assert_eq!(capture_file(&file, "x"), folder.join("captures/x-2.scap"));
        assert_eq!(relative(&folder, &folder.join("captures/x.scap")).unwrap(), "captures/x.scap");
        assert_eq!(relative(&folder.join("captures"), &folder).unwrap(), "..");
        fs::remove_dir_all(folder).unwrap();
    }
}
