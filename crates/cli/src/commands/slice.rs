//! `falco-rs slice`: a capture cut down to what some of its events need.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use falco_catalog::Catalog;
use falco_compiler::{Options, compile_filter, compile_output};
use falco_engine::eval::Evaluator;
use falco_record::RecordError;
use falco_record::slice::{Choice, Pieces, SliceError, Sliced, slice};
use falco_scap::{Compression, Reader};

use crate::args::{Global, Slice};
use crate::error::CliError;
use crate::render::{self, count};
use crate::{Outcome, Result, inputs, loaded};

/// What is kept of an event that a filter chooses: what `read` shows of it, and who did it.
const SHOWN: &str = "*%evt.type %evt.args %proc.pid %proc.cmdline %proc.exepath %proc.cwd %proc.pname %proc.aname[2] %user.name \
                     %group.name %fd.name %fd.type %container.id";

/// Cuts the capture down, writes what is left, and checks it.
pub fn run(args: &Slice, global: &Global) -> Result {
    let mut choice = choice(args, global)?;
    let open = || Reader::open(&args.capture);
    let sliced = slice(open, &mut choice).map_err(|e| cannot(&args.capture, e))?;
    write_checked(&args.output, &sliced.pieces, args.plain, |reader| {
        choice.marks(reader).is_ok_and(|marks| marks == sliced.marks)
    })?;
    if !global.quiet {
        let Sliced { pieces, marks, events_before } = &sliced;
        let (events, threads) = (count(pieces.events(), "event"), count(pieces.processes(), "thread"));
        let marks = count(marks.len(), "chosen event");
        writeln!(
            render::stderr(global),
            "{events} of {events_before} and {threads} kept in `{}`: {marks} and what they need",
            args.output.display()
        )?;
    }
    Ok(Outcome::Clean)
}

/// What the arguments choose.
fn choice(args: &Slice, global: &Global) -> Result<Choice> {
    let catalog = Arc::new(Catalog::builtin());
    let rules = match args.rules.is_empty() {
        true => None,
        false => {
            let mut options = Options::new(catalog.clone());
            options.falco_report = false;
            let mut evaluator = loaded::evaluator(&args.rules, &options, global)?;
            inputs::only(&mut evaluator, &args.only)?;
            Some(evaluator)
        }
    };
    let pids = args.pid.iter().map(|pid| format!("proc.pid={pid} or proc.apid={pid}"));
    let given = args.filter.iter().map(|filter| format!("({filter})"));
    let conditions: Vec<String> = given.chain(pids).collect();
    if rules.is_none() && conditions.is_empty() {
        return Err(CliError::Usage("say what is to be kept: `--rules`, `--pid` or `--filter`".into()));
    }
    let filter = match conditions.is_empty() {
        true => None,
        false => {
            let text = conditions.join(" or ");
            let filter =
                compile_filter(&catalog, "syscall", &text).map_err(|e| CliError::expression("the filter", &text, e))?;
            let shown =
                compile_output(&catalog, "syscall", SHOWN).map_err(|e| CliError::expression("the format", SHOWN, e))?;
            Some(Evaluator::for_query("syscall", Some(filter), shown, &catalog)?)
        }
    };
    Ok(Choice::new(rules, filter))
}

/// What went wrong with a capture.
pub fn cannot(path: &Path, error: SliceError) -> CliError {
    match error {
        SliceError::Read(source) => CliError::Capture { path: path.to_owned(), source },
        other => CliError::Usage(format!("`{}`: {other}", path.display())),
    }
}

/// Writes a capture under another name, reads it again, and gives it its name when it is good: a wrong one never has it.
///
/// # Errors
/// When it cannot be written, or is not good.
pub fn write_checked(
    path: &Path,
    pieces: &Pieces,
    plain: bool,
    is_good: impl FnOnce(Reader<'_>) -> bool,
) -> Result<()> {
    let failed = |source| RecordError { path: path.to_owned(), source };
    let compression = if plain { Compression::None } else { Compression::Gzip };
    let mut partial = path.to_owned().into_os_string();
    partial.push(".partial");
    let partial = Partial(partial.into());
    let file = File::create(&partial.0).map_err(|e| failed(e.into()))?;
    pieces.write(file, compression).map_err(failed)?;
    let reader = Reader::open(&partial.0).map_err(|source| CliError::Capture { path: partial.0.clone(), source })?;
    if !is_good(reader) {
        return Err(CliError::Usage(format!(
            "`{}` would not say what the capture says, so it is not written",
            path.display()
        )));
    }
    std::fs::rename(&partial.0, path).map_err(|e| failed(e.into()))?;
    Ok(())
}

/// A file that goes unless it gets its name.
struct Partial(PathBuf);

impl Drop for Partial {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
