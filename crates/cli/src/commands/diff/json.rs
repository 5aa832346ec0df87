//! Differences as one JSON document.

use falco_compiler::{SourceFile, Span};
use falco_testkit::compare::alerts::Differing;
use falco_testkit::compare::{self, Change, PluginNeed, Relation, What};
use serde_json::{Value, json};

use super::Report;
use crate::places::Places;

/// The document.
pub fn document(report: &Report) -> Value {
    let changes = report.changes.iter().map(|change| {
        let mut value = what(change);
        value["kind"] = json!(change.kind.head_key());
        value["name"] = json!(change.name);
        value["bump"] = json!(change.bump().as_str());
        value["old"] = place(&report.old.files, change.old);
        value["new"] = place(&report.new.files, change.new);
        value
    });
    let changes: Vec<Value> = changes.collect();
    let alerts = |alerts: &[Differing]| -> Vec<Value> {
        alerts.iter().map(|a| json!({"event": a.event, "rule": a.rule, "output": a.output})).collect()
    };
    let captures = report.captures.iter().map(|(path, changes)| {
        json!({
            "capture": path.display().to_string(), "kept": changes.kept,
            "gained": alerts(&changes.gained), "lost": alerts(&changes.lost),
        })
    });
    let captures: Vec<Value> = captures.collect();
    json!({
        "version": 1, "changes": changes, "captures": captures,
        "bump": compare::bump(&report.changes).as_str(),
    })
}

fn place(files: &[SourceFile], span: Option<Span>) -> Value {
    let found = span.and_then(|span| Some((files.get(span.file.index())?, span)));
    found.map_or(Value::Null, |(file, span)| json!({"file": file.path, "range": Places::new(file).range(span.range())}))
}

fn what(change: &Change) -> Value {
    match &change.what {
        What::Added => json!({"change": "added"}),
        What::Removed => json!({"change": "removed"}),
        What::Renamed { to } => json!({"change": "renamed", "to": to}),
        What::Unloaded => json!({"change": "unloaded"}),
        What::Loaded => json!({"change": "loaded"}),
        What::Condition { relation, own } => {
            let (word, gained, lost) = match relation {
                Relation::Equal => ("equal", None, None),
                Relation::Looser { gained } => ("looser", Some(gained), None),
                Relation::Tighter { lost } => ("tighter", None, Some(lost)),
                Relation::Incomparable { gained, lost } => ("incomparable", Some(gained), Some(lost)),
                Relation::Unknown => ("unknown", None, None),
            };
            let event = |witness: Option<&compare::Witness>| witness.map(|witness| json!(witness.values));
            json!({"change": "condition", "relation": word, "own": own, "gained": event(gained), "lost": event(lost)})
        }
        What::Exceptions { added, removed, changed } => {
            json!({"change": "exceptions", "added": added, "removed": removed, "changed": changed})
        }
        What::Items { added, removed } => json!({"change": "items", "added": added, "removed": removed}),
        What::Tags { added, removed } => json!({"change": "tags", "added": added, "removed": removed}),
        What::Source { from, to } => json!({"change": "source", "from": from, "to": to}),
        What::Priority { from, to } => json!({"change": "priority", "from": from.as_str(), "to": to.as_str()}),
        What::Enabled(on) => json!({"change": "enabled", "to": on}),
        What::Output { from, to } => json!({"change": "output", "from": from, "to": to}),
        What::Description => json!({"change": "description"}),
        What::Engine { from, to } => {
            let text = |version: &Option<falco_compiler::Version>| version.map(|version| version.to_string());
            json!({"change": "engine", "from": text(from), "to": text(to)})
        }
        What::Plugin { from, to } => json!({"change": "plugin", "from": plugin(from), "to": plugin(to)}),
    }
}

fn plugin(need: &Option<PluginNeed>) -> Value {
    let text = |version: &Option<falco_compiler::Version>| version.map(|version| version.to_string());
    let Some(need) = need else { return Value::Null };
    let others = need.alternatives.iter().map(|(name, least)| json!({"name": name, "version": text(least)}));
    json!({"version": text(&need.version), "alternatives": others.collect::<Vec<_>>()})
}
