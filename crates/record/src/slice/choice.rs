//! Which events matter, and what must stay true of them.

use std::hash::{Hash as _, Hasher as _};

use falco_compiler::program::{BoolExpr, ExtractId, OutputTemplate, Program};
use falco_engine::alert::AlertOptions;
use falco_engine::eval::{Evaluator, Matching, Session};
use falco_engine::inspector::{EventSource, Inspector, Step};
use falco_engine::value::FieldSource;
use rustc_hash::FxHasher;

/// An event that matters: a rule matches it. Two are equal when the rule, the time and every value are that the rule looks at or that its
/// output shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// The rule's number, or `u32::MAX` for the filter.
    pub rule: u32,
    /// The event's time.
    pub ts: u64,
    values: u64,
}

impl Mark {
    /// Whether both are of one rule at one time, whatever the values.
    pub fn is_alike(&self, other: &Self) -> bool {
        (self.rule, self.ts) == (other.rule, other.ts)
    }
}

/// Says of events whether they matter.
#[derive(Debug, Clone)]
pub struct Choice {
    rules: Option<Evaluator>,
    filter: Option<(Evaluator, OutputTemplate)>,
    options: AlertOptions,
    matches: Vec<u32>,
}

/// Values that follow from an event's place among others, not from the event.
const OF_PLACE: [&str; 3] = ["evt.num", "evt.reltime", "evt.deltatime"];

fn is_of_place(field: &str) -> bool {
    OF_PLACE.iter().any(|prefix| field.starts_with(prefix))
}

impl Choice {
    /// Events that rules match, and events that a filter does; of these stays what the format shows. See [`Evaluator::for_query`].
    pub fn new(rules: Option<Evaluator>, filter: Option<(Evaluator, OutputTemplate)>) -> Self {
        let options = AlertOptions { hostname: String::new(), ..AlertOptions::default() };
        Self { rules, filter, options, matches: Vec::new() }
    }

    /// The compiled rules, and the compiled filter.
    pub fn programs(&self) -> impl Iterator<Item = &Program> {
        let rules = self.rules.as_ref().map(Evaluator::program);
        rules.into_iter().chain(self.filter.as_ref().map(|(filter, _)| filter.program()))
    }

    /// Adds a mark for each rule that the event matches.
    pub fn look(&mut self, step: &Step<'_>, marks: &mut Vec<Mark>) {
        if !step.ctx.visible {
            return;
        }
        let view = step.view();
        if let Some(rules) = &mut self.rules {
            let mut session = rules.on(&view);
            session.matches(Matching::All, &mut self.matches);
            for &rule in &self.matches {
                let values = values(&mut session, rule, |session, hasher| {
                    let Some(mut alert) = session.alert(rule, &self.options) else { return };
                    let all = alert.fields.len();
                    alert.fields.retain(|name, _| !is_of_place(name));
                    if alert.fields.len() == all {
                        alert.message.hash(hasher);
                    }
                    alert.fields.iter().for_each(|(name, value)| (name, value.to_string()).hash(hasher));
                });
                marks.push(Mark { rule, ts: step.event.ts, values });
            }
        }
        if let Some((filter, shown)) = &mut self.filter {
            let mut session = filter.on(&view);
            session.matches(Matching::First, &mut self.matches);
            if !self.matches.is_empty() {
                let values = values(&mut session, 0, |session, hasher| {
                    let mut line = Vec::new();
                    session.format(shown, &mut line);
                    line.hash(hasher);
                });
                marks.push(Mark { rule: u32::MAX, ts: step.event.ts, values });
            }
        }
    }

    /// The marks of everything that a source tells; whether they are those that are wanted is seen at the first one that is not.
    ///
    /// # Errors
    /// The source's.
    pub fn marks<S: EventSource>(&mut self, source: S) -> Result<Vec<Mark>, S::Error> {
        let mut inspector = Inspector::new(source);
        let mut marks = Vec::new();
        while let Some(step) = inspector.next_visible()? {
            self.look(&step, &mut marks);
        }
        Ok(marks)
    }

    /// Whether a source's marks are these.
    pub(super) fn still<S: EventSource>(&mut self, source: S, wanted: &[Mark]) -> bool {
        let mut inspector = Inspector::new(source);
        let mut marks = Vec::new();
        let mut left = wanted;
        loop {
            match inspector.next_visible() {
                Ok(Some(step)) => self.look(&step, &mut marks),
                Ok(None) => return left.is_empty(),
                Err(_) => return false,
            }
            match left.strip_prefix(&marks[..]) {
                Some(rest) => left = rest,
                None => return false,
            }
            marks.clear();
        }
    }
}

/// Of a match: what `shown` adds, and all values that the rule's comparisons look at.
fn values<S: FieldSource>(
    session: &mut Session<'_, S>,
    rule: u32,
    shown: impl FnOnce(&mut Session<'_, S>, &mut FxHasher),
) -> u64 {
    let mut hasher = FxHasher::default();
    shown(session, &mut hasher);
    let program = session.program();
    let mut extracts = Vec::new();
    if let Some(rule) = program.rules.get(rule as usize) {
        looked_at(program, &rule.condition, &mut extracts);
    }
    for id in extracts {
        if program.extracts.get(id.0 as usize).is_some_and(|extract| !is_of_place(&extract.text)) {
            format!("{:?}", session.value(id)).hash(&mut hasher);
        }
    }
    hasher.finish()
}

fn looked_at(program: &Program, condition: &BoolExpr, out: &mut Vec<ExtractId>) {
    match condition {
        BoolExpr::And(all) | BoolExpr::Or(all) => all.iter().for_each(|part| looked_at(program, part, out)),
        BoolExpr::Not(part) => looked_at(program, part, out),
        BoolExpr::Atom(atom, _) => {
            let left = program.atoms.get(atom.0 as usize).map(|atom| atom.left);
            out.extend(left.filter(|left| !out.contains(left)));
        }
    }
}
