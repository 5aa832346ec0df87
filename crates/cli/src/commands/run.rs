//! `falco-rs run`: rules on recorded events.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use falco_catalog::Catalog;
use falco_compiler::{AppendOutput, Options, Severity, compile};
use falco_engine::alert::{AlertOptions, Summary};
use falco_engine::eval::{Evaluator, Matching};
use falco_engine::fields::{MapSource, MapValue};
use falco_engine::inspector::Inspector;
use falco_engine::value::FieldSource;
use serde_json::Value;

use super::read;
use crate::args::{Global, RuleMatching, Run};
use crate::error::CliError;
use crate::inputs::Rules;
use crate::render::{self, count};
use crate::{Outcome, Result};

/// Runs the rules and prints their alerts.
pub fn run(args: &Run, global: &Global) -> Result {
    let catalog = Arc::new(Catalog::builtin());
    let mut evaluator = load(args, &catalog, global)?;
    choose(&mut evaluator, &args.only)?;
    let mut printer = Printer {
        matching: match args.rule_matching {
            RuleMatching::First => Matching::First,
            RuleMatching::All => Matching::All,
        },
        options: AlertOptions { time_iso8601: args.time_iso8601, ..AlertOptions::default() },
        json: args.json,
        matches: Vec::new(),
        summary: Summary::new(evaluator.program()),
        events: 0,
        limit: args.max_events.unwrap_or(u64::MAX),
        local_users: !args.no_local_users,
        out: BufWriter::with_capacity(1 << 16, std::io::stdout().lock()),
    };
    let result = match &args.events {
        Some(path) => made_up(path, &catalog, &mut evaluator, &mut printer),
        None => args.capture.iter().try_for_each(|path| replay(path, &mut evaluator, &mut printer)),
    };
    printer.out.flush()?;
    if !global.quiet {
        // Falco's closing counts, but not among the alerts: standard output stays for those alone.
        let mut err = render::stderr(global);
        write!(err, "{}", printer.summary)?;
        if global.verbose > 0 {
            writeln!(err, "{} judged", count(usize::try_from(printer.events).unwrap_or(usize::MAX), "event"))?;
        }
    }
    result.map(|()| Outcome::Clean)
}

/// Compiles the rules. Falco does not start with rules that do not load; neither does this.
fn load(args: &Run, catalog: &Arc<Catalog>, global: &Global) -> Result<Evaluator> {
    let rules = Rules::load(&args.rules)?;
    if let Some(binary) = rules.binary.first() {
        return Err(CliError::Rules(format!("`{}` is not UTF-8 text", binary.path)));
    }
    let mut options = Options::new(catalog.clone());
    options.falco_report = false;
    options.append_outputs = args
        .append_output
        .iter()
        .map(|text| AppendOutput { extra_output: Some(text.clone()), ..AppendOutput::default() })
        .collect();
    let compilation = compile(&rules.files, &options);
    let errors: Vec<_> = compilation.diagnostics.iter().filter(|d| d.severity == Severity::Error).collect();
    if !errors.is_empty() || !compilation.loads() {
        let excerpts = render::Excerpts::new(&rules.files);
        let mut err = render::stderr(global);
        for diagnostic in &errors {
            excerpts.write(&mut err, diagnostic)?;
        }
        return Err(CliError::Rules(count(errors.len(), "error")));
    }
    Ok(Evaluator::new(compilation.program(), catalog)?)
}

/// `--rule`: those rules and no others.
fn choose(evaluator: &mut Evaluator, only: &[String]) -> Result<()> {
    if only.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = evaluator.program().rules.iter().map(|r| r.name.clone()).collect();
    if let Some(unknown) = only.iter().find(|name| !names.contains(name)) {
        return Err(CliError::Usage(format!("no rule `{unknown}` is loaded")));
    }
    for (index, name) in names.iter().enumerate() {
        evaluator.set_enabled(index as u32, only.contains(name));
    }
    Ok(())
}

/// Judges events and prints alerts as they come.
struct Printer<W: Write> {
    matching: Matching,
    options: AlertOptions,
    json: bool,
    matches: Vec<u32>,
    summary: Summary,
    events: u64,
    limit: u64,
    local_users: bool,
    out: W,
}

impl<W: Write> Printer<W> {
    fn judge<S: FieldSource>(&mut self, evaluator: &mut Evaluator, event: &S) -> Result<()> {
        self.events += 1;
        let mut session = evaluator.on(event);
        session.matches(self.matching, &mut self.matches);
        for rule in &self.matches {
            let Some(alert) = session.alert(*rule, &self.options) else { continue };
            self.summary.count(*rule, alert.priority);
            let line = match self.json {
                true => alert.to_json(&self.options),
                false => alert.to_text(&self.options),
            };
            writeln!(self.out, "{line}")?;
        }
        Ok(())
    }
}

fn replay<W: Write>(path: &Path, evaluator: &mut Evaluator, printer: &mut Printer<W>) -> Result<()> {
    let mut inspector = Inspector::new(read::open(path)?).with_local_accounts(printer.local_users);
    while printer.events < printer.limit {
        match inspector.next_visible() {
            Ok(Some(step)) => printer.judge(evaluator, &step.view())?,
            Ok(None) => break,
            // The alerts before the damage stay printed.
            Err(source) => return Err(CliError::Capture { path: path.to_owned(), source }),
        }
    }
    Ok(())
}

/// Events from lines of JSON: `{"evt.type": "open", "fd.name": "/etc/shadow"}`. `evt.source` says which source it is of.
fn made_up<W: Write>(
    path: &Path,
    catalog: &Catalog,
    evaluator: &mut Evaluator,
    printer: &mut Printer<W>,
) -> Result<()> {
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
        let fields: BTreeMap<String, Value> = serde_json::from_str(&line).map_err(|e| wrong(e.to_string()))?;
        let source = fields.get("evt.source").and_then(Value::as_str).unwrap_or("syscall");
        let mut event = MapSource::new(source);
        for (name, value) in fields.iter().filter(|(name, _)| *name != "evt.source") {
            event.set(catalog, name, &MapValue::from(value)).map_err(|e| wrong(e.to_string()))?;
        }
        printer.judge(evaluator, &event)?;
        if printer.events >= printer.limit {
            break;
        }
    }
    Ok(())
}
