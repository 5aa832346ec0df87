//! Which alerts two sets of rules raise on a capture.

use std::collections::BTreeMap;
use std::path::Path;

use falco_engine::alert::{Alert, AlertOptions};
use falco_engine::eval::{Evaluator, Matching};
use falco_engine::inspector::Inspector;

/// An alert that only one of the two raises.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Differing {
    /// The event's number in the capture.
    pub event: u64,
    /// The rule.
    pub rule: String,
    /// The alert's line.
    pub output: String,
}

/// What two sets of rules say about a capture.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AlertChanges {
    /// Alerts that only the new rules raise.
    pub gained: Vec<Differing>,
    /// Alerts that only the old rules raise.
    pub lost: Vec<Differing>,
    /// How many both raise.
    pub kept: u64,
}

/// Runs both over a capture, event by event. Rules are judged by themselves: that one of them comes first in one of the sets hides no
/// difference of another.
///
/// # Errors
/// When the capture cannot be read, or not to its end.
pub fn alerts(old: &mut Evaluator, new: &mut Evaluator, capture: &Path) -> Result<AlertChanges, falco_scap::Error> {
    let mut inspector = Inspector::new(falco_scap::Reader::open(capture)?);
    let options = AlertOptions { hostname: String::new(), ..AlertOptions::default() };
    let mut changes = AlertChanges::default();
    while let Some(step) = inspector.next_visible()? {
        let view = step.view();
        let raised = |evaluator: &mut Evaluator| -> BTreeMap<String, Alert> {
            let mut matches = Vec::new();
            let mut session = evaluator.on(&view);
            session.matches(Matching::All, &mut matches);
            let alerts = matches.into_iter().filter_map(|rule| session.alert(rule, &options));
            alerts.map(|alert| (alert.name.clone(), alert)).collect()
        };
        let (before, after) = (raised(old), raised(new));
        let differing =
            |alert: &Alert| Differing { event: step.ctx.num, rule: alert.name.clone(), output: alert.output(&options) };
        changes.lost.extend(before.iter().filter(|(rule, _)| !after.contains_key(*rule)).map(|(_, a)| differing(a)));
        changes.gained.extend(after.iter().filter(|(rule, _)| !before.contains_key(*rule)).map(|(_, a)| differing(a)));
        changes.kept += before.keys().filter(|rule| after.contains_key(*rule)).count() as u64;
    }
    Ok(changes)
}
