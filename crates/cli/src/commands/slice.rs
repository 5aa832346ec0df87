//! `falco-rs slice`: a capture cut down to what some of its events need.

use std::fs::File;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use falco_catalog::Catalog;
use falco_compiler::{Options, compile_filter, compile_output};
use falco_engine::eval::Evaluator;
use falco_record::RecordError;
use falco_record::anonymise::{Anonymised, Kept, anonymise};
use falco_record::slice::{Choice, Mark, Pieces, SliceError, Sliced, slice, whole};
use falco_scap::{Compression, Reader};

use crate::args::{Global, Slice};
use crate::error::CliError;
use crate::render::{self, count};
use crate::{Outcome, Result, inputs, loaded};

/// What is kept of an event that a filter chooses: what `read` shows of it, and who did it.
const SHOWN: &str = "*%evt.type %evt.args %proc.pid %proc.cmdline %proc.exepath %proc.cwd %proc.pname %proc.aname[2] %user.name \
                     %group.name %fd.name %fd.type %container.id";

/// Cuts the capture down, renames what is to be renamed, writes what is left, and checks it.
pub fn run(args: &Slice, global: &Global) -> Result {
    let mut choice = choice(args, global)?;
    let open = || Reader::open(&args.capture);
    let cannot = |error| cannot(&args.capture, error);
    let chosen = choice.programs().next().is_some();
    let sliced = match chosen {
        true => slice(open, &mut choice).map_err(cannot)?,
        false => whole(open().map_err(|e| cannot(e.into()))?, &mut choice).map_err(cannot)?,
    };
    let renamed = match args.anonymise {
        true => Some(renamed(args, &sliced, &mut choice)?),
        false => None,
    };
    let pieces = renamed.as_ref().map_or(&sliced.pieces, |renamed| &renamed.pieces);
    write_checked(&args.output, pieces, args.plain, |reader| {
        choice.marks(reader).is_ok_and(|marks| match args.anonymise {
            true => alike(&marks, &sliced.marks),
            false => marks == sliced.marks,
        })
    })?;
    if !global.quiet {
        let (events, threads) = (count(pieces.events(), "event"), count(pieces.processes(), "thread"));
        let marks = if chosen {
            format!(": {} and what they need", count(sliced.marks.len(), "chosen event"))
        } else {
            String::new()
        };
        let names = renamed.map(|renamed| format!("; {} renamed", count(renamed.words(), "name"))).unwrap_or_default();
        let (before, path) = (sliced.events_before, args.output.display());
        writeln!(render::stderr(global), "{events} of {before} and {threads} kept in `{path}`{marks}{names}")?;
    }
    Ok(Outcome::Clean)
}

/// The same under other names, if no old name is left and rules match as before.
fn renamed(args: &Slice, sliced: &Sliced, choice: &mut Choice) -> Result<Anonymised> {
    // A random key that nobody keeps.
    let seed = args.seed.unwrap_or_else(|| RandomState::new().build_hasher().finish());
    let renamed = anonymise(&sliced.pieces, &Kept::of(choice.programs()), seed);
    let failed = |source| RecordError { path: args.output.clone(), source };
    let bytes = renamed.pieces.write(Vec::new(), Compression::None).map_err(failed)?;
    if let Some(name) = renamed.leak(&bytes) {
        return Err(CliError::Usage(format!("`{name}` would still be in the capture, so it is not written")));
    }
    let Ok(marks) = choice.marks(renamed.pieces.source());
    if !alike(&marks, &sliced.marks) {
        return Err(CliError::Usage(
            "under other names the rules would not match the same events, so the capture is not written; they may look at parts of names".into(),
        ));
    }
    Ok(renamed)
}

/// Whether the same rules match at the same times.
fn alike(marks: &[Mark], others: &[Mark]) -> bool {
    marks.len() == others.len() && marks.iter().zip(others).all(|(mark, other)| mark.is_alike(other))
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
    if rules.is_none() && conditions.is_empty() && !args.anonymise {
        return Err(CliError::Usage(
            "say what is to be kept: `--rules`, `--pid` or `--filter`; all of it with `--anonymise` alone".into(),
        ));
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
