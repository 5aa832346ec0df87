//! Rules on a capture, with everything that an editor shows of that.

use std::ops::ControlFlow;
use std::path::Path;
use std::time::{Duration, Instant};

use falco_catalog::Catalog;
use falco_compiler::program::RuleProgram;
use falco_engine::alert::AlertOptions;
use falco_engine::eval::{Coverage, Evaluator, ExplainKind, Nearest};
use falco_engine::value::FieldSource;
use falco_lsp::jobs::Message;
use falco_testkit::coverage::CoverageReport;
use serde_json::{Value, json};

use super::{INPUT, say};
use crate::Result;
use crate::capture::Position;
use crate::events::{self, Source, Visitor};
use crate::loaded::Loaded;
use crate::places::Places;

/// Alerts of a rule that are told one by one.
const MAX_ALERTS: usize = 200;
/// Near misses of a rule: of one rule that was asked for, of each of many.
const MISSES: (usize, usize) = (5, 1);
/// Between two words on how far it is.
const PACE: Duration = Duration::from_millis(200);

/// Judges a capture's events by a rule, or by all that are switched on.
pub fn run(loaded: Loaded, rule: Option<&str>, capture: &Path, catalog: &Catalog) -> Result<Value> {
    let one = rule.map(|name| loaded.rule(name)).transpose()?;
    let Loaded { files, evaluator, .. } = loaded;
    let position = Position::default();
    let keep = if one.is_some() { MISSES.0 } else { MISSES.1 };
    let numbers = (0..evaluator.program().rules.len() as u32)
        .filter(|number| one.map_or_else(|| evaluator.is_enabled(*number), |one| one == *number));
    let rules = numbers.map(|number| OfRule { number, nearest: Nearest::new(number, keep), alerts: Vec::new() });
    let mut judge = Judge {
        rules: rules.collect(),
        coverage: Coverage::new(evaluator.program()),
        evaluator,
        events: 0,
        position: position.clone(),
        size: std::fs::metadata(capture).map_or(0, |about| about.len()),
        told: Instant::now(),
        options: AlertOptions { hostname: String::new(), ..AlertOptions::default() },
    };
    let read = events::visit(&Source::Capture(capture.to_owned()), INPUT, true, catalog, &position, &mut judge);
    let program = judge.evaluator.program();
    let mut report = CoverageReport::default();
    report.add(&judge.coverage, program, &files, |number| judge.rules.iter().any(|rule| rule.number == number));
    let places: Vec<Places<'_>> = files.iter().map(Places::new).collect();
    let rules: Vec<Value> = judge
        .rules
        .iter()
        .filter_map(|rule| Some(rule.document(program.rules.get(rule.number as usize)?, &files, &places)))
        .collect();
    Ok(json!({
        "version": 1, "capture": capture.display().to_string(), "events": judge.events,
        // What came before the damage counts all the same.
        "damage": read.err().map(|error| error.to_string()),
        "rules": rules, "comparisons": comparisons(&report, &files, &places),
    }))
}

/// The comparisons of a coverage with their counts.
pub fn comparisons(report: &CoverageReport, files: &[falco_compiler::SourceFile], places: &[Places<'_>]) -> Vec<Value> {
    let document = |covered: &falco_testkit::coverage::Covered| {
        let file = files.iter().position(|file| file.path == covered.file)?;
        let range = places.get(file)?.range(covered.range.start as usize..covered.range.end as usize);
        let counts = covered.counts;
        Some(json!({
            "file": covered.file, "range": range, "text": covered.text, "macro": covered.in_macro,
            "exception": covered.exception, "rules": covered.rules, "true": counts.yes, "false": counts.no,
            "no_value": counts.no_value, "decisive": counts.decisive,
        }))
    };
    report.comparisons().filter_map(document).collect()
}

struct OfRule {
    number: u32,
    nearest: Nearest,
    alerts: Vec<Value>,
}

impl OfRule {
    fn document(&self, rule: &RuleProgram, files: &[falco_compiler::SourceFile], places: &[Places<'_>]) -> Value {
        let misses: Vec<Value> = self
            .nearest
            .misses()
            .iter()
            .map(|miss| {
                let failing = miss.explanation.atoms().into_iter().filter_map(|node| match &node.kind {
                    ExplainKind::Atom { text, value, written: Some(written), needs: Some(needs), .. } => {
                        let file = files.get(written.file as usize)?;
                        let range = written.range.start as usize..written.range.end as usize;
                        Some(json!({
                            "file": file.path, "range": places.get(written.file as usize)?.range(range), "text": text,
                            "value": value, "needs": needs,
                        }))
                    }
                    _ => None,
                });
                json!({
                    "event": miss.event, "distance": miss.distance, "count": miss.count,
                    "failing": failing.collect::<Vec<_>>(),
                })
            })
            .collect();
        json!({
            "rule": rule.name, "judged": self.nearest.looked_at, "matched": self.nearest.matched,
            "alerts": self.alerts, "misses": misses,
        })
    }
}

struct Judge {
    evaluator: Evaluator,
    rules: Vec<OfRule>,
    coverage: Coverage,
    events: u64,
    position: Position,
    size: u64,
    told: Instant,
    options: AlertOptions,
}

impl Visitor for Judge {
    fn visit<S: FieldSource>(&mut self, event: &S, number: u64) -> ControlFlow<()> {
        self.events += 1;
        if self.events.is_multiple_of(1024) && self.told.elapsed() >= PACE {
            self.told = Instant::now();
            let percent =
                (100 * self.position.get()).checked_div(self.size).and_then(|p| u32::try_from(p.min(100)).ok());
            // Nobody listens any more: the next message would fail as well.
            if say(&Message::Progress { percent, events: self.events }).is_err() {
                return ControlFlow::Break(());
            }
        }
        let kind = event.event_type();
        let mut session = self.evaluator.on(event);
        let program = session.program();
        for rule in &mut self.rules {
            let Some(about) = program.rules.get(rule.number as usize) else { continue };
            let possible = about.events.is_empty() || kind.is_none_or(|kind| about.events.contains(kind));
            if about.source != event.source() || !possible {
                continue;
            }
            self.coverage.look(&mut session, rule.number);
            if rule.nearest.look(&mut session, number)
                && rule.alerts.len() < MAX_ALERTS
                && let Some(alert) = session.alert(rule.number, &self.options)
            {
                rule.alerts.push(json!({
                    "event": number, "time": alert.time(), "priority": alert.priority.as_str(), "output": alert.message,
                    "output_fields": alert.fields,
                }));
            }
        }
        ControlFlow::Continue(())
    }
}
