//! Alerts: what a match says, as Falco's text line and as its JSON object.

pub mod format;
mod summary;

use std::collections::BTreeMap;

use falco_compiler::program::{ExtractId, ExtractKind, OutputPiece, OutputTemplate, Priority};
use serde_json::Value as Json;

pub use summary::Summary;

use crate::eval::Session;
use crate::render::time::{put_iso8601, put_time};
use crate::value::FieldSource;

/// Falco's settings about alerts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertOptions {
    /// `hostname` of JSON alerts.
    pub hostname: String,
    /// Write UTC times as ISO 8601 in front of messages (`time_format_iso_8601`), not local times of day.
    pub time_iso8601: bool,
    /// `json_include_output_property`
    pub include_output: bool,
    /// `json_include_tags_property`
    pub include_tags: bool,
    /// `json_include_message_property`
    pub include_message: bool,
    /// `json_include_output_fields_property`
    pub include_output_fields: bool,
}

impl Default for AlertOptions {
    /// Falco's defaults, and this machine's name.
    fn default() -> Self {
        Self {
            hostname: hostname(),
            time_iso8601: false,
            include_output: true,
            include_tags: true,
            include_message: false,
            include_output_fields: true,
        }
    }
}

/// The name that alerts give the machine: FALCO_HOSTNAME, otherwise the system's host name.
pub fn hostname() -> String {
    if let Some(name) = std::env::var_os("FALCO_HOSTNAME") {
        return name.to_string_lossy().into_owned();
    }
    let kernel = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    match kernel.trim() {
        "" => std::fs::read_to_string("/etc/hostname").unwrap_or_default().trim().to_owned(),
        name => name.to_owned(),
    }
}

/// What a match says.
#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    /// The event's time, in nanoseconds since the epoch.
    pub ts: u64,
    /// The rule's number in the program.
    pub rule: u32,
    /// The rule's name.
    pub name: String,
    /// The rule's priority.
    pub priority: Priority,
    /// The event source.
    pub source: String,
    /// The rule's tags, sorted.
    pub tags: Vec<String>,
    /// The output line, filled in.
    pub message: String,
    /// The values in the output by name, and the time.
    pub fields: BTreeMap<String, Json>,
}

impl<S: FieldSource> Session<'_, S> {
    /// Fills a rule's output in; `None` for a number that is no rule's.
    pub fn alert(&mut self, rule: u32, options: &AlertOptions) -> Option<Alert> {
        let program = self.program();
        let rule_program = program.rules.get(rule as usize)?;
        let mut message = Vec::new();
        self.format(&rule_program.output, &mut message);
        let mut fields = BTreeMap::new();
        if options.include_output_fields {
            self.collect_fields(&rule_program.output, &mut fields);
            let time = if options.time_iso8601 { "evt.time.iso8601" } else { "evt.time" };
            fields.insert(time.to_owned(), self.event().timestamp().into());
            for (key, template) in &rule_program.extra_fields {
                let value = self.extra_field(key, template);
                fields.insert(key.clone(), value);
            }
        }
        Some(Alert {
            ts: self.event().timestamp(),
            rule,
            name: rule_program.name.clone(),
            priority: rule_program.priority,
            source: rule_program.source.clone(),
            tags: rule_program.tags.clone(),
            message: String::from_utf8_lossy(&message).into_owned(),
            fields,
        })
    }

    /// Every value of the output under its name, and the fields inside calls under theirs.
    fn collect_fields(&mut self, template: &OutputTemplate, fields: &mut BTreeMap<String, Json>) {
        let program = self.program();
        let mut ids: Vec<ExtractId> = template
            .pieces
            .iter()
            .filter_map(|piece| match piece {
                OutputPiece::Value { extract, .. } => Some(*extract),
                OutputPiece::Text(_) => None,
            })
            .collect();
        while let Some(id) = ids.pop() {
            let Some(extract) = program.extracts.get(id.0 as usize) else { continue };
            match &extract.kind {
                // A call's arguments come before it, so this ends.
                ExtractKind::Call { args, .. } | ExtractKind::List(args) => {
                    ids.extend(args.iter().filter(|arg| arg.0 < id.0));
                }
                ExtractKind::Field(_) | ExtractKind::Const(_) => {}
            }
            if matches!(extract.kind, ExtractKind::Field(_) | ExtractKind::Call { .. }) {
                let value = self.json_value(id);
                fields.insert(extract.text.to_string(), value);
            }
        }
    }

    /// An entry of `append_output`: a field alone under its own name keeps its type, everything else is text.
    fn extra_field(&mut self, key: &str, template: &OutputTemplate) -> Json {
        if let [OutputPiece::Value { extract, width: None }] = template.pieces.as_slice()
            && self.program().extracts.get(extract.0 as usize).is_some_and(|e| *e.text == *key)
        {
            return self.json_value(*extract);
        }
        let mut text = Vec::new();
        self.format(template, &mut text);
        Json::String(String::from_utf8_lossy(&text).into_owned())
    }
}

impl Alert {
    /// Time, priority and message: the line as JSON alerts have it in `output`.
    pub fn output(&self, options: &AlertOptions) -> String {
        let mut out = Vec::new();
        if options.time_iso8601 {
            put_iso8601(self.ts, b"+0000", &mut out);
        } else {
            put_time(self.ts, true, &mut out);
        }
        let time = String::from_utf8_lossy(&out);
        format!("{time}: {} {}", self.priority.as_str(), self.message)
    }

    /// The line of text outputs: [`output`](Self::output) with the escapes of JSON strings (quotes and backslashes too, as
    /// Falco), so that what an event holds cannot forge a line.
    pub fn to_text(&self, options: &AlertOptions) -> String {
        let quoted = Json::String(self.output(options)).to_string();
        quoted.get(1..quoted.len() - 1).unwrap_or_default().to_owned()
    }

    /// The line of JSON outputs: one object, its keys sorted.
    pub fn to_json(&self, options: &AlertOptions) -> String {
        let mut object: BTreeMap<&str, Json> = BTreeMap::new();
        object.insert("hostname", options.hostname.as_str().into());
        object.insert("priority", self.priority.as_str().into());
        object.insert("rule", self.name.as_str().into());
        object.insert("source", self.source.as_str().into());
        object.insert("time", self.time().into());
        if options.include_output {
            object.insert("output", self.output(options).into());
        }
        if options.include_message {
            object.insert("message", self.message.as_str().into());
        }
        if options.include_tags {
            object.insert("tags", self.tags.clone().into());
        }
        if options.include_output_fields {
            object.insert("output_fields", self.fields.iter().map(|(k, v)| (k.clone(), v.clone())).collect());
        }
        // serde_json's own map sorts its keys as well, unless some crate switches on its `preserve_order`.
        let mut out = String::from("{");
        for (i, (key, value)) in object.iter().enumerate() {
            if i > 0 {
                out.push(',');
            }
            out.push_str(&Json::from(*key).to_string());
            out.push(':');
            out.push_str(&value.to_string());
        }
        out.push('}');
        out
    }

    /// The event's time as `time` of JSON alerts has it.
    pub fn time(&self) -> String {
        let mut out = Vec::new();
        put_iso8601(self.ts, b"Z", &mut out);
        String::from_utf8_lossy(&out).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alert() -> Alert {
        Alert {
            ts: 1_700_000_000_000_000_006,
            rule: 0,
            name: "A \"rule\"".into(),
            priority: Priority::Informational,
            source: "syscall".into(),
            tags: vec!["b".into(), "c".into()],
            message: "file \"a\nb\u{1b}[31m \u{e9}".into(),
            fields: [("proc.pid".to_owned(), Json::from(7)), ("fd.name".to_owned(), Json::Null)].into(),
        }
    }

    fn options() -> AlertOptions {
        AlertOptions { hostname: "host".into(), time_iso8601: true, ..AlertOptions::default() }
    }

    #[test]
    fn text_lines_have_the_escapes_of_json() {
        assert_eq!(
            alert().to_text(&options()),
            "2023-11-14T22:13:20.000000006+0000: Informational file \\\"a\\nb\\u001b[31m \u{e9}"
        );
    }

    #[test]
    fn json_lines_have_sorted_keys() {
        assert_eq!(
            alert().to_json(&options()),
            "{\"hostname\":\"host\",\"output\":\"2023-11-14T22:13:20.000000006+0000: Informational file \\\"a\\nb\\u001b[31m \u{e9}\",\
             \"output_fields\":{\"fd.name\":null,\"proc.pid\":7},\"priority\":\"Informational\",\"rule\":\"A \\\"rule\\\"\",\
             \"source\":\"syscall\",\"tags\":[\"b\",\"c\"],\"time\":\"2023-11-14T22:13:20.000000006Z\"}"
        );
    }

    #[test]
    fn switches_leave_properties_out() {
        let options = AlertOptions {
            include_output: false,
            include_tags: false,
            include_message: true,
            include_output_fields: false,
            ..options()
        };
        let json: Json = serde_json::from_str(&alert().to_json(&options)).unwrap();
        let keys: Vec<&String> = json.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["hostname", "message", "priority", "rule", "source", "time"]);
    }
}
