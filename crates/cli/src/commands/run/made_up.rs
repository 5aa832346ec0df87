//! Events from lines of JSON: `{"evt.type": "open", "fd.name": "/etc/shadow"}`. `evt.source` says which source one is of.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::ops::ControlFlow;
use std::path::Path;

use falco_catalog::Catalog;
use falco_engine::fields::{MapSource, MapValue};
use falco_engine::replay::Progress;
use serde_json::Value;

use super::Printer;
use super::judge::{Alerts, Judge};
use super::stats::Facts;
use crate::Result;
use crate::error::CliError;

/// Judges the events of a file; `-` is standard input.
pub fn run(
    path: &Path,
    catalog: &Catalog,
    mut judge: Judge,
    limit: Option<u64>,
    printer: &mut Printer,
    facts: &mut Facts,
) -> Result<()> {
    let result = judge_lines(path, catalog, &mut judge, limit.unwrap_or(u64::MAX), printer, &mut facts.events);
    facts.add_judge(judge);
    result
}

fn judge_lines(
    path: &Path,
    catalog: &Catalog,
    judge: &mut Judge,
    limit: u64,
    printer: &mut Printer,
    events: &mut u64,
) -> Result<()> {
    each(path, catalog, |event| {
        if *events >= limit {
            return Ok(ControlFlow::Break(()));
        }
        *events += 1;
        let mut alerts = Alerts::default();
        if judge.judge_event(event, &mut alerts) {
            printer.print(&alerts, Progress { events: *events })?;
        }
        Ok(ControlFlow::Continue(()))
    })
}

/// Reads the events of a file, `-` being standard input, until `with` has enough.
pub fn each(path: &Path, catalog: &Catalog, mut with: impl FnMut(&MapSource) -> Result<ControlFlow<()>>) -> Result<()> {
    let input: Box<dyn BufRead> = match path == Path::new("-") {
        true => Box::new(std::io::stdin().lock()),
        false => Box::new(BufReader::new(std::fs::File::open(path).map_err(|e| CliError::read(path, e))?)),
    };
    for (index, line) in input.lines().enumerate() {
        let wrong = |message: String| CliError::Event { path: path.to_owned(), line: index + 1, message };
        let line = line.map_err(|e| CliError::read(path, e))?;
        if line.trim().is_empty() {
            continue;
        }
        let event = event(&line, catalog).map_err(wrong)?;
        if with(&event)?.is_break() {
            break;
        }
    }
    Ok(())
}

/// The event of a line.
fn event(line: &str, catalog: &Catalog) -> std::result::Result<MapSource, String> {
    let fields: BTreeMap<String, Value> = serde_json::from_str(line).map_err(|e| e.to_string())?;
    let source = fields.get("evt.source").and_then(Value::as_str).unwrap_or("syscall");
    let mut event = MapSource::new(source);
    for (name, value) in fields.iter().filter(|(name, _)| *name != "evt.source") {
        event.set(catalog, name, &MapValue::from(value)).map_err(|e| e.to_string())?;
    }
    Ok(event)
}
