//! `falco-rs read`: what is in a capture?

use std::io::{BufWriter, Write};
use std::path::Path;

use falco_catalog::Catalog;
use falco_compiler::program::{OutputPiece, OutputTemplate};
use falco_compiler::{compile_filter, compile_output};
use falco_engine::eval::{Evaluator, Matching, Session};
use falco_engine::inspector::Inspector;
use falco_engine::value::FieldSource;
use falco_scap::Reader;
use serde_json::{Map, Value};

use crate::args::{Global, Read};
use crate::error::CliError;
use crate::{Outcome, Result};

/// What is printed of an event where nothing else is asked for.
const DEFAULT_FORMAT: &str = "*%evt.num %evt.time %evt.cpu %proc.name (%thread.tid) %evt.type %evt.args";

/// Prints the events that satisfy the filter.
pub fn run(args: &Read, _: &Global) -> Result {
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
    let (mut evaluator, template) = Evaluator::for_query("syscall", filter, output, &catalog)?;

    // Falco names unknown ids by the machine that it runs on, so do the answers here unless told otherwise.
    let mut inspector = Inspector::new(open(&args.capture)?).with_local_accounts(!args.no_local_users);
    let mut out = BufWriter::with_capacity(1 << 16, std::io::stdout().lock());
    let mut matches = Vec::new();
    let mut line = Vec::new();
    let mut printed = 0;
    let result = loop {
        if args.max_events.is_some_and(|max| printed >= max) {
            break Ok(());
        }
        let step = match inspector.next_visible() {
            Ok(Some(step)) => step,
            Ok(None) => break Ok(()),
            // What came before the damage stays printed.
            Err(source) => break Err(CliError::Capture { path: args.capture.clone(), source }),
        };
        let view = step.view();
        let mut session = evaluator.on(&view);
        session.matches(Matching::First, &mut matches);
        if matches.is_empty() {
            continue;
        }
        line.clear();
        let complete = match args.json {
            true => json(&mut session, &template, &mut line)?,
            false => session.format(&template, &mut line),
        };
        if complete {
            line.push(b'\n');
            out.write_all(&line)?;
            printed += 1;
        }
    };
    out.flush()?;
    result.map(|()| Outcome::Clean)
}

/// One object of the format's values. False where one is missing and the format does not keep such events.
fn json<S: FieldSource>(session: &mut Session<'_, S>, template: &OutputTemplate, out: &mut Vec<u8>) -> Result<bool> {
    let mut object = Map::new();
    for piece in &template.pieces {
        if let OutputPiece::Value { extract, .. } = piece {
            let value = session.json_value(*extract);
            if value.is_null() && !template.keep_missing {
                return Ok(false);
            }
            let name = session.program().extracts.get(extract.0 as usize).map(|e| e.text.to_string());
            object.insert(name.unwrap_or_default(), value);
        }
    }
    serde_json::to_writer(out, &Value::Object(object)).map_err(std::io::Error::from)?;
    Ok(true)
}

/// Opens a capture; `-` is standard input.
pub fn open(path: &Path) -> Result<Reader<'static>> {
    if path == Path::new("-") {
        return Ok(Reader::new(std::io::stdin()));
    }
    Reader::open(path).map_err(|source| CliError::Capture { path: path.to_owned(), source })
}
