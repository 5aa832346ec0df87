//! Which events to explain.

use std::ops::ControlFlow;

use falco_engine::alert::AlertOptions;
use falco_engine::eval::{Evaluator, Explanation, Matching, Miss, Nearest};
use falco_engine::value::FieldSource;

use crate::events::Visitor;

/// Matching events whose numbers are kept.
const KEPT_MATCHES: usize = 20;

/// What was found out about a rule.
#[derive(Debug)]
pub enum Found {
    /// About one event.
    Event(Box<Explained>),
    /// About all events.
    Nearest(Overview),
    /// The event is not there.
    NoEvent {
        /// Events that were read.
        seen: u64,
    },
}

/// An event with its explanation.
#[derive(Debug, Clone)]
pub struct Explained {
    /// The event.
    pub about: About,
    /// Why the rule does or does not match.
    pub explanation: Explanation,
    /// How many events were kept from matching by the same comparisons.
    pub count: u64,
    /// For an event that matches: the rule before it in load order that matches, too, and so takes the alert in Falco's
    /// default setting.
    pub taken_by: Option<u32>,
}

/// What is said of an event to recognise it.
#[derive(Debug, Clone)]
pub struct About {
    /// Its number.
    pub number: u64,
    /// The name of its type.
    pub kind: Option<&'static str>,
    /// Its time as alerts have it.
    pub time: String,
    /// The rule's output for it, without time and priority.
    pub output: String,
}

/// A rule on many events.
#[derive(Debug)]
pub struct Overview {
    /// The rule.
    pub rule: u32,
    /// Events that were read.
    pub seen: u64,
    /// Of them those of the rule's source and of kinds on which it can match.
    pub judged: u64,
    /// Of these those that matched.
    pub matched: u64,
    /// The first of them.
    pub matches: Vec<About>,
    /// The near misses.
    pub misses: Vec<Explained>,
}

/// Looks at events for those that are to be explained.
#[derive(Debug)]
pub struct Finder {
    evaluator: Evaluator,
    rule: u32,
    wanted: Option<u64>,
    nearest: Nearest,
    seen: u64,
    matches: Vec<About>,
    /// What is known of events that are, or were for a while, among the nearest.
    abouts: Vec<About>,
    explained: Option<Box<Explained>>,
    options: AlertOptions,
    matching: Vec<u32>,
}

impl Finder {
    /// For a rule and one event, or without that for the `keep` nearest misses.
    pub fn new(evaluator: Evaluator, rule: u32, wanted: Option<u64>, keep: usize) -> Self {
        Self {
            evaluator,
            rule,
            wanted,
            nearest: Nearest::new(rule, keep),
            seen: 0,
            matches: Vec::new(),
            abouts: Vec::new(),
            explained: None,
            options: AlertOptions { hostname: String::new(), ..AlertOptions::default() },
            matching: Vec::new(),
        }
    }

    /// What was found.
    pub fn finish(self) -> (Found, Evaluator) {
        let found = match (self.wanted, self.explained) {
            (Some(_), Some(explained)) => Found::Event(explained),
            (Some(_), None) => Found::NoEvent { seen: self.seen },
            (None, _) => {
                let (judged, matched) = (self.nearest.looked_at, self.nearest.matched);
                let abouts = self.abouts;
                let with_about = |miss: Miss| {
                    let about = abouts.iter().find(|about| about.number == miss.event)?.clone();
                    Some(Explained { about, explanation: miss.explanation, count: miss.count, taken_by: None })
                };
                let misses = self.nearest.into_misses().into_iter().filter_map(with_about).collect();
                let (rule, seen, matches) = (self.rule, self.seen, self.matches);
                Found::Nearest(Overview { rule, seen, judged, matched, matches, misses })
            }
        };
        (found, self.evaluator)
    }
}

impl Visitor for Finder {
    fn visit<S: FieldSource>(&mut self, event: &S, number: u64) -> ControlFlow<()> {
        self.seen += 1;
        match self.wanted {
            Some(wanted) if wanted != number => return ControlFlow::Continue(()),
            None => {
                let Some(rule) = self.evaluator.rule(self.rule) else { return ControlFlow::Break(()) };
                let kind = event.event_type();
                let possible = rule.events.is_empty() || kind.is_none_or(|kind| rule.events.contains(kind));
                if rule.source != event.source() || !possible {
                    return ControlFlow::Continue(());
                }
            }
            Some(_) => {}
        }
        let mut session = self.evaluator.on(event);
        let about = |session: &mut falco_engine::eval::Session<'_, S>| {
            let alert = session.alert(self.rule, &self.options)?;
            let kind = event.event_type().and_then(|kind| Some(kind.info()?.name));
            Some(About { number, kind, time: alert.time(), output: alert.message })
        };
        if self.wanted.is_some() {
            let Some(explanation) = session.explain(self.rule) else { return ControlFlow::Break(()) };
            let Some(about) = about(&mut session) else { return ControlFlow::Break(()) };
            session.matches(Matching::First, &mut self.matching);
            let taken_by = self.matching.first().copied().filter(|first| explanation.matches && *first < self.rule);
            self.explained = Some(Box::new(Explained { about, explanation, count: 1, taken_by }));
            return ControlFlow::Break(());
        }
        if self.nearest.look(&mut session, number) {
            if self.matches.len() < KEPT_MATCHES {
                self.matches.extend(about(&mut session));
            }
        } else if self.nearest.misses().iter().any(|miss| miss.event == number) {
            self.abouts.extend(about(&mut session));
            let misses = self.nearest.misses();
            self.abouts.retain(|about| misses.iter().any(|miss| miss.event == about.number));
        }
        ControlFlow::Continue(())
    }
}
