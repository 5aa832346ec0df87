//! Rules on events: which alerts an event raises, as lines.

use std::sync::Arc;

use falco_compiler::program::Priority;
use falco_engine::alert::{Alert, AlertOptions};
use falco_engine::eval::{Evaluator, Matching, Profile, Session};
use falco_engine::inspector::Step;
use falco_engine::replay;
use falco_engine::value::FieldSource;

/// What everybody who judges keeps to.
#[derive(Debug, Clone)]
pub struct Form {
    pub matching: Matching,
    pub options: AlertOptions,
    pub json: bool,
}

/// Alerts in order: their lines, and where each ends.
#[derive(Debug, Default)]
pub struct Alerts {
    pub text: Vec<u8>,
    pub marks: Vec<Mark>,
}

/// One alert of [`Alerts`].
#[derive(Debug, Clone, Copy)]
pub struct Mark {
    pub rule: u32,
    pub priority: Priority,
    /// Where its line ends, with the line end.
    pub end: usize,
}

impl Alerts {
    /// The lines without their ends.
    pub fn lines(&self) -> impl Iterator<Item = &[u8]> {
        let mut start = 0;
        self.marks.iter().map(move |mark| {
            let line = self.text.get(start..mark.end.saturating_sub(1)).unwrap_or_default();
            start = mark.end;
            line
        })
    }

    /// Adds an alert's line.
    pub fn push(&mut self, alert: &Alert, options: &AlertOptions, json: bool) {
        let line = match json {
            true => alert.to_json(options),
            false => alert.to_text(options),
        };
        self.text.extend_from_slice(line.as_bytes());
        self.text.push(b'\n');
        self.marks.push(Mark { rule: alert.rule, priority: alert.priority, end: self.text.len() });
    }

    /// Adds those of another.
    pub fn append(&mut self, other: &Self) {
        let before = self.text.len();
        self.text.extend_from_slice(&other.text);
        self.marks.extend(other.marks.iter().map(|mark| Mark { end: mark.end + before, ..*mark }));
    }
}

/// Judges events.
#[derive(Debug, Clone)]
pub struct Judge {
    pub evaluator: Evaluator,
    pub form: Arc<Form>,
    /// Where the time goes, if somebody wants to know.
    pub profile: Option<Box<Profile>>,
    matches: Vec<u32>,
}

impl Judge {
    pub fn new(evaluator: Evaluator, form: &Arc<Form>, profile: bool) -> Self {
        let profile = profile.then(|| Box::new(Profile::new(evaluator.program())));
        Self { evaluator, form: Arc::clone(form), profile, matches: Vec::new() }
    }

    /// Whether the event raises alerts; their lines go to `out`.
    pub fn judge_event<S: FieldSource>(&mut self, event: &S, out: &mut Alerts) -> bool {
        let mut session = self.evaluator.on(event);
        match &mut self.profile {
            Some(profile) => session.matches_profiled(self.form.matching, &mut self.matches, profile),
            None => session.matches(self.form.matching, &mut self.matches),
        }
        if self.matches.is_empty() {
            return false;
        }
        write(&mut session, &self.matches, &self.form, out);
        true
    }
}

fn write<S: FieldSource>(session: &mut Session<'_, S>, matches: &[u32], form: &Form, out: &mut Alerts) {
    for &rule in matches {
        let Some(alert) = session.alert(rule, &form.options) else { continue };
        out.push(&alert, &form.options, form.json);
    }
}

impl replay::Judge for Judge {
    type Output = Alerts;

    fn judge(&mut self, step: &Step<'_>, out: &mut Alerts) -> bool {
        self.judge_event(&step.view(), out)
    }
}
