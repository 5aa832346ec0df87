//! `falco-rs read`: what is in a capture?

use std::io::{BufWriter, IsTerminal as _, Write};
use std::sync::Arc;

use falco_catalog::Catalog;
use falco_compiler::program::{OutputPiece, OutputTemplate};
use falco_compiler::{compile_filter, compile_output};
use falco_engine::eval::{Evaluator, Matching, Session};
use falco_engine::inspector::Step;
use falco_engine::replay::{Judge, Settings, replay};
use falco_engine::value::FieldSource;
use serde_json::{Map, Value};

use crate::args::{Global, Read};
use crate::capture::{self, Position};
use crate::error::CliError;
use crate::progress::Progress;
use crate::{Outcome, Result};

/// What is printed of an event where nothing else is asked for.
const DEFAULT_FORMAT: &str = "*%evt.num %evt.time %evt.cpu %proc.name (%thread.tid) %evt.type %evt.args";

/// Prints the events that satisfy the filter.
pub fn run(args: &Read, global: &Global) -> Result {
    let catalog = Catalog::builtin();
    let filter = match args.filter.as_deref().filter(|f| !f.trim().is_empty()) {
        Some(text) => {
            Some(compile_filter(&catalog, "syscall", text).map_err(|e| CliError::expression("the filter", text, e))?)
        }
        None => None,
    };
    let format = args.format.as_deref().unwrap_or(DEFAULT_FORMAT);
    let output =
        compile_output(&catalog, "syscall", format).map_err(|e| CliError::expression("the format", format, e))?;
    let (evaluator, template) = Evaluator::for_query("syscall", filter, output, &catalog)?;
    let clerk =
        Clerk { evaluator, template: Arc::new(template), json: args.json, matches: Vec::new(), line: Vec::new() };

    let position = Position::default();
    let mut progress = Progress::new(std::slice::from_ref(&args.capture), &position, global);
    let reader = capture::open(&args.capture, args.input, &position)?;
    // Falco names unknown ids by the machine that it runs on, so do the answers here unless told otherwise.
    let jobs = args.input.jobs();
    let settings = Settings { local_accounts: !args.no_local_users, read_ahead: jobs > 1, ..Settings::default() };
    let stdout = std::io::stdout();
    let terminal = stdout.is_terminal();
    let mut out = BufWriter::with_capacity(1 << 16, stdout.lock());
    let mut left = args.max_events.unwrap_or(u64::MAX);
    if left == 0 {
        return Ok(Outcome::Clean);
    }
    let replayed = replay(reader, &settings, vec![clerk; capture::judges(jobs)], |lines, replayed| {
        let text = lines.first(left);
        if !text.is_empty() {
            match terminal {
                true => progress.suspend(|| {
                    out.write_all(text)?;
                    Ok(out.flush()?)
                }),
                false => out.write_all(text).map_err(CliError::from),
            }
            .map_err(Stop::Failed)?;
        }
        progress.advance(replayed, 0);
        left = left.saturating_sub(lines.ends.len() as u64);
        if left == 0 { Err(Stop::Enough) } else { Ok(()) }
    });
    out.flush()?;
    match replayed {
        Ok(replayed) => match replayed.error {
            None => Ok(Outcome::Clean),
            // What came before the damage stays printed.
            Some(source) => Err(CliError::Capture { path: args.capture.clone(), source }),
        },
        Err(Stop::Enough) => Ok(Outcome::Clean),
        Err(Stop::Failed(error)) => Err(error),
    }
}

/// Why printing ended before the capture did.
enum Stop {
    Enough,
    Failed(CliError),
}

/// Lines, and where each ends.
#[derive(Default)]
struct Lines {
    text: Vec<u8>,
    ends: Vec<usize>,
}

impl Lines {
    /// The first `n` lines, or all if there are no more.
    fn first(&self, n: u64) -> &[u8] {
        let end = usize::try_from(n).ok().and_then(|n| self.ends.get(n.checked_sub(1)?));
        end.and_then(|end| self.text.get(..*end)).unwrap_or(&self.text)
    }
}

/// Writes down the events that satisfy the filter.
#[derive(Clone)]
struct Clerk {
    evaluator: Evaluator,
    template: Arc<OutputTemplate>,
    json: bool,
    matches: Vec<u32>,
    line: Vec<u8>,
}

impl Judge for Clerk {
    type Output = Lines;

    fn judge(&mut self, step: &Step<'_>, out: &mut Lines) -> bool {
        let view = step.view();
        let mut session = self.evaluator.on(&view);
        session.matches(Matching::First, &mut self.matches);
        if self.matches.is_empty() {
            return false;
        }
        self.line.clear();
        let complete = match self.json {
            true => json(&mut session, &self.template, &mut self.line),
            false => session.format(&self.template, &mut self.line),
        };
        if complete {
            out.text.extend_from_slice(&self.line);
            out.text.push(b'\n');
            out.ends.push(out.text.len());
        }
        complete
    }
}

/// One object of the format's values. False where one is missing and the format does not keep such events.
fn json<S: FieldSource>(session: &mut Session<'_, S>, template: &OutputTemplate, out: &mut Vec<u8>) -> bool {
    let mut object = Map::new();
    for piece in &template.pieces {
        if let OutputPiece::Value { extract, .. } = piece {
            let value = session.json_value(*extract);
            if value.is_null() && !template.keep_missing {
                return false;
            }
            let name = session.program().extracts.get(extract.0 as usize).map(|e| e.text.to_string());
            object.insert(name.unwrap_or_default(), value);
        }
    }
    out.extend_from_slice(Value::Object(object).to_string().as_bytes());
    true
}
