//! `falco-rs run`: rules on recorded events.

mod append;
mod captures;
mod http;
mod judge;
mod live;
mod made_up;
mod profile;
mod recorder;
mod reload;
mod rules;
mod sink;
mod stats;

use std::sync::Arc;
use std::time::Instant;

use falco_catalog::Catalog;
use falco_engine::alert::{Alert, AlertOptions, Summary};
use falco_engine::eval::Matching;
use falco_engine::replay::Progress as Replayed;

pub use self::made_up::each as each_made_up;

use self::judge::{Alerts, Form, Judge};
use self::sink::Sink;
use self::stats::Facts;
use crate::args::{Global, RuleMatching, Run};
use crate::capture::Position;
use crate::commands::live::Privileged;
use crate::error::CliError;
use crate::progress::Progress;
use crate::render::{self, count};
use crate::{Outcome, Result};

/// Runs the rules and prints their alerts.
pub fn run(args: &Run, global: &Global) -> Result {
    let mut confined = None;
    let mut files = Vec::new();
    if args.live {
        // Rules are read without rights; files are opened by who called.
        let privileged = Privileged::start(&args.watch, args.tui)?;
        files = args.places().map(|place| Sink::open_file(place)).collect::<Result<_>>()?;
        confined = Some(privileged.give_up(&args.watch)?);
    }
    let catalog = Arc::new(Catalog::builtin());
    let rules = rules::load(args, &catalog).map_err(|refused| refused.print(global))?;
    let form = Arc::new(Form {
        matching: match args.rule_matching {
            RuleMatching::First => Matching::First,
            RuleMatching::All => Matching::All,
        },
        options: AlertOptions {
            time_iso8601: args.time_iso8601,
            include_output: args.json_include_output_property,
            include_tags: args.json_include_tags_property,
            include_message: args.json_include_message_property,
            include_output_fields: args.json_include_output_fields_property,
            ..AlertOptions::default()
        },
        json: args.json,
    });
    let profiled = args.profile || args.flamegraph.is_some();
    let mut judge = Judge::new(rules.evaluator.clone(), &form, profiled);
    let position = Position::default();
    let mut printer = Printer {
        sinks: open_sinks(args, files)?,
        summary: Summary::new(judge.evaluator.program()),
        progress: Progress::new(&args.capture, &position, global),
        form: Arc::clone(&form),
    };
    let policy = recorder::policy(&args.recording)?;
    if policy.is_some() && args.events.is_some() {
        return Err(CliError::Usage(
            "made-up events cannot be recorded: `--capture-on-alert` is for `--live` and `--capture`".into(),
        ));
    }
    let started = Instant::now();
    let mut facts = Facts::default();
    let result = match (confined, &args.events) {
        (Some(confined), _) => {
            let task = live::Task { args, catalog: &catalog, rules: &rules, policy: policy.as_ref(), global };
            live::run(&task, confined, &mut judge, &mut printer, &mut facts)
        }
        (None, Some(path)) => made_up::run(path, &catalog, judge.clone(), args.max_events, &mut printer, &mut facts),
        (None, None) => captures::run(args, &judge, policy.as_ref(), &position, &mut printer, &mut facts),
    };
    facts.elapsed = started.elapsed();
    if args.live {
        facts.add_judge(judge.clone());
    }
    let Printer { sinks, summary, progress, .. } = printer;
    drop(progress);
    // Every place gets what is its own, whatever happens to another.
    let mut finished = Ok(());
    for sink in sinks {
        finished = finished.and(sink.finish());
    }
    let program = judge.evaluator.program();
    if !global.quiet {
        // Falco's closing counts, but not among the alerts: standard output stays for those alone.
        let mut err = render::stderr(global);
        std::io::Write::write_all(&mut err, summary.to_string().as_bytes())?;
        if global.verbose > 0 {
            let judged = count(usize::try_from(facts.events).unwrap_or(usize::MAX), "event");
            std::io::Write::write_all(&mut err, format!("{judged} judged\n").as_bytes())?;
        }
    }
    if let Some(format) = args.stats {
        stats::print(&facts, &summary, program, format, global)?;
    }
    if let Some(profile) = facts.profile.as_deref().filter(|_| profiled) {
        if args.profile {
            profile::print(profile, program, args.profile_format, global)?;
        }
        if let Some(path) = &args.flamegraph {
            profile::flamegraph(profile, program, path)?;
        }
    }
    result.and(finished).map(|()| Outcome::Clean)
}

/// Opens the places for alerts, except files that are open already.
fn open_sinks(args: &Run, files: Vec<Option<Sink>>) -> Result<Vec<Sink>> {
    let files = files.into_iter().chain(std::iter::repeat_with(|| None));
    args.places().zip(files).map(|(place, file)| file.map_or_else(|| Sink::open(place, args.json), Ok)).collect()
}

/// Passes alerts on, and counts them.
struct Printer {
    sinks: Vec<Sink>,
    summary: Summary,
    progress: Progress,
    form: Arc<Form>,
}

impl Printer {
    fn print(&mut self, alerts: &Alerts, replayed: Replayed) -> Result<()> {
        for mark in &alerts.marks {
            self.summary.count(mark.rule, mark.priority);
        }
        if !alerts.marks.is_empty() {
            for sink in &mut self.sinks {
                sink.write(alerts, &self.progress)?;
            }
        }
        self.progress.advance(replayed, alerts.marks.len());
        Ok(())
    }

    /// Passes on what is told to those who read alerts and is no rule's.
    fn announce(&mut self, alert: &Alert) -> Result<()> {
        let line = recorder::line(alert, &self.form.options, self.form.json);
        self.sinks.iter_mut().try_for_each(|sink| sink.write(&line, &self.progress))
    }
}
