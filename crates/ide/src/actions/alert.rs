//! Alerts as Falco prints them in JSON, and what can be made of one: an exception of its rule, a rule test.

use std::collections::BTreeMap;

use falco_compiler::{Change as SiteChange, ItemKind};
use falco_syntax::ast::{Item, Rule};
use serde_json::Value;

use super::exception::{self, Cell, Data};
use super::layout::{self, Layout};
use super::{Cx, repairs, verify};
use crate::Analysis;
use crate::diagnostics::range;
use crate::types::{Action, ActionKind, Change, FileId};

/// Fields that say who did what to what, in the order in which an exception is made of them.
const TELLING: [&str; 14] = [
    "proc.exepath",
    "proc.name",
    "proc.pname",
    "container.image.repository",
    "k8s.ns.name",
    "fd.name",
    "fd.sip.name",
    "fd.sip",
    "user.name",
    "ka.user.name",
    "ka.target.name",
    "ct.user",
    "ct.name",
    "proc.cmdline",
];

/// An exception of more fields excepts too little to be of use for the next alert.
const MOST_FIELDS: usize = 3;

/// Why nothing can be made of an alert.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AlertError {
    /// Not JSON, or no object with `rule` and `output_fields`.
    #[error("this is no alert: {0}")]
    NoAlert(String),
    /// Its rule is none of the workspace's.
    #[error("there is no rule `{0}` here")]
    NoRule(String),
    /// The alert's fields are not enough.
    #[error("the alert has no field that an exception can be made of")]
    NoFields,
    /// The exception would not do, or do something else besides.
    #[error("an exception for this alert would not load, or change other rules than `{0}`")]
    Unfit(String),
}

/// An alert.
#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    /// The rule that raised it.
    pub rule: String,
    /// The rule's priority, if the alert tells it.
    pub priority: Option<String>,
    /// The fields that have a value.
    pub fields: BTreeMap<String, Value>,
}

impl Alert {
    /// Reads an alert as `falco` prints it with `json_output`.
    ///
    /// # Errors
    /// When the text is no such alert.
    pub fn parse(text: &str) -> Result<Self, AlertError> {
        let value: Value = serde_json::from_str(text.trim()).map_err(|e| AlertError::NoAlert(e.to_string()))?;
        let lacks = |key: &str| AlertError::NoAlert(format!("it has no `{key}`"));
        let rule = value.get("rule").and_then(Value::as_str).ok_or_else(|| lacks("rule"))?;
        let fields = value.get("output_fields").and_then(Value::as_object).ok_or_else(|| lacks("output_fields"))?;
        let known = |value: &&Value| !value.is_null() && value.as_str() != Some("<NA>");
        Ok(Self {
            rule: rule.to_owned(),
            priority: value.get("priority").and_then(Value::as_str).map(str::to_owned),
            fields: fields
                .iter()
                .filter(|(_, value)| known(value))
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
        })
    }

    /// A field's value as a text of the condition language.
    fn text(&self, field: &str) -> Option<String> {
        match self.fields.get(field)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(value) => Some(value.to_string()),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }
}

impl Analysis {
    /// The change that makes an alert's rule except it: a value of an exception of the rule that has fitting fields, or a new exception.
    ///
    /// # Errors
    /// When the rule is not there, or no exception can be made of the alert's fields.
    pub fn exception_from_alert(&self, alert: &Alert) -> Result<Change, AlertError> {
        let missing = || AlertError::NoRule(alert.rule.clone());
        let named = self.compilation().named(ItemKind::Rule, &alert.rule).ok_or_else(missing)?;
        let site = named.sites().into_iter().rfind(|site| site.change == SiteChange::Define).ok_or_else(missing)?;
        let file = FileId(site.item.file.0);
        let layout = repairs::layout_of(self, file).ok_or_else(missing)?;
        let rules = falco_syntax::ast::RulesFile::from_parse(layout.tree);
        let rule = rules.items().find_map(|item| match item {
            Item::Rule(rule) if rule.body().range().contains_range(range(site.name)) => Some(rule),
            _ => None,
        });
        let rule = rule.ok_or_else(missing)?;
        let edits = match into_existing(&layout, &rule, alert) {
            Some(edit) => vec![edit],
            None => {
                let (name, data) = new_exception(&rule, alert).ok_or(AlertError::NoFields)?;
                exception::add(&layout, &rule, &name, &data).ok_or(AlertError::NoFields)?
            }
        };
        let change = Change::of_file(file, edits);
        let before = self.compilation();
        let after = self.compile_changed(&change).ok_or(AlertError::NoFields)?;
        let differences = before.differences(&after);
        let only_this = differences.rules.iter().all(|name| *name == alert.rule) && differences.macros.is_empty();
        match only_this && !verify::is_worse(before, &after) {
            true => Ok(change),
            false => Err(AlertError::Unfit(alert.rule.clone())),
        }
    }
}

/// A further value of an exception whose fields the alert has.
fn into_existing(layout: &Layout<'_>, rule: &Rule, alert: &Alert) -> Option<crate::types::TextEdit> {
    rule.exceptions().into_iter().find_map(|exception| {
        let data = Data::of(&exception)?;
        let fitting = (0..data.fields.len()).all(|index| matches!(data.comp(index), "=" | "==" | "in"));
        let cell = |(index, field): (usize, &String)| {
            let text = protected(&alert.text(field)?);
            let listed = !data.single && data.comp(index) == "in";
            Some(if listed { Cell::List(vec![text]) } else { Cell::Text(text) })
        };
        let tuple: Vec<Cell> = data.fields.iter().enumerate().map(cell).collect::<Option<_>>()?;
        if !fitting || data.tuples.contains(&tuple) {
            return None;
        }
        let row = Data { tuples: vec![tuple], ..data }.rows().into_iter().next()?;
        let last = exception.values().last()?.node().full_range();
        layout.insert_element(&layout.element_at(last)?, &row)
    })
}

fn new_exception(rule: &Rule, alert: &Alert) -> Option<(String, Data)> {
    let mut fields: Vec<String> = TELLING.iter().filter(|f| alert.text(f).is_some()).map(|f| (*f).to_owned()).collect();
    if fields.is_empty() {
        fields = alert.fields.keys().filter(|f| !f.starts_with("evt.") && alert.text(f).is_some()).cloned().collect();
    }
    // The path says more than the name.
    if fields.iter().any(|field| field == "proc.exepath") {
        fields.retain(|field| field != "proc.name");
    }
    fields.truncate(MOST_FIELDS);
    let tuple: Vec<Cell> =
        fields.iter().map(|f| alert.text(f).map(|text| Cell::Text(protected(&text)))).collect::<Option<_>>()?;
    if fields.is_empty() {
        return None;
    }
    let taken: Vec<String> = rule.exceptions().iter().filter_map(|e| e.name()?.text()).collect();
    let base = fields.join("_").replace('.', "_");
    let mut names = std::iter::once(base.clone()).chain((2..).map(|number| format!("{base}_{number}")));
    let name = names.find(|name| !taken.contains(name))?;
    Some((name, Data { fields, comps: None, single: false, tuples: vec![tuple] }))
}

/// A value so that it is still one value once Falco has pasted it into the condition.
fn protected(text: &str) -> String {
    let special = text.contains([',', '(', ')', '=', '"', '\'', '\\', '<', '>', '!']);
    if text.is_empty() || special {
        format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
    } else {
        text.to_owned()
    }
}

/// A rule test that an alert like this one comes: the text of the test file with the case added to `existing`, or a new file for the
/// rules file of that name.
///
/// The events of a case are made of the fields that the alert tells; what else the condition asks for has to be added.
pub fn test_from_alert(alert: &Alert, rules: &str, existing: Option<&str>) -> String {
    let mut case =
        format!("  - name: {}\n    events:\n", layout::scalar(&format!("{} as in an alert", alert.rule), false));
    for (index, (field, value)) in alert.fields.iter().enumerate() {
        let dash = if index == 0 { "      - " } else { "        " };
        let value = match value {
            Value::String(text) => layout::scalar(text, false),
            other => other.to_string(),
        };
        case.push_str(&format!("{dash}{field}: {value}\n"));
    }
    case.push_str(&format!("    expect:\n      - rule: {}\n", layout::scalar(&alert.rule, false)));
    if let Some(priority) = &alert.priority {
        case.push_str(&format!("        priority: {priority}\n"));
    }
    match existing {
        Some(text) => {
            let newline = if text.ends_with('\n') || text.is_empty() { "" } else { "\n" };
            let head = if text.lines().any(|line| line.trim_end() == "tests:") { "" } else { "tests:\n" };
            format!("{text}{newline}{head}{case}")
        }
        None => format!("rules: [{}]\ntests:\n{case}", layout::scalar(rules, true)),
    }
}

/// Offers what can be made of an alert that is selected, or that stands in the comment at the cursor.
pub(super) fn offer(cx: &Cx<'_>, out: &mut Vec<Action>) {
    let Some(alert) = selected(cx).and_then(|text| Alert::parse(&text).ok()) else { return };
    let Ok(change) = cx.analysis.exception_from_alert(&alert) else { return };
    out.push(Action {
        id: "exception-from-alert".to_owned(),
        title: format!("Except this alert from rule `{}`", alert.rule),
        kind: ActionKind::QuickFix,
        preferred: false,
        fixes: None,
        change: Some(change),
    });
}

/// The selected text, or the comment lines around the cursor, without their `#`.
fn selected(cx: &Cx<'_>) -> Option<String> {
    let without_marks = |text: &str| -> String {
        text.lines().map(|line| line.trim_start().trim_start_matches('#').trim()).collect::<Vec<_>>().join("\n")
    };
    if !cx.selection.is_empty() {
        return Some(without_marks(cx.layout.slice(cx.selection)));
    }
    let is_comment = |start: usize| {
        let line = cx.layout.text.get(start..cx.layout.line_end(start)).unwrap_or_default();
        line.trim_start().starts_with('#')
    };
    let mut start = cx.layout.line_start(cx.selection.start().into());
    if !is_comment(start) {
        return None;
    }
    while start > 0 && is_comment(cx.layout.line_start(start - 1)) {
        start = cx.layout.line_start(start - 1);
    }
    let rest = cx.layout.text.get(start..)?;
    let lines = rest.lines().take_while(|line| line.trim_start().starts_with('#'));
    Some(without_marks(&lines.collect::<Vec<_>>().join("\n")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actions::tests::{check, check_absent};
    use crate::fixture::Fixture;

    const RULE: &str = "- rule: Read
  desc: d
  condition: evt.type = open
  output: o %proc.name
  priority: INFO
";

    const ALERT: &str = r#"{"rule": "Read", "priority": "Informational", "output_fields": {"proc.name": "my cat", "fd.name": "/etc/a,b", "evt.type": "open", "user.name": null}}"#;

    #[test]
    fn a_new_exception() {
        check(
            "Except this alert from rule `Read`",
            &format!("# {}$0\n{RULE}", ALERT.replace(", \"fd.name\"", ",\n#  \"fd.name\"")),
            &format!(
                "# {}\n{RULE}  exceptions:\n    - name: proc_name_fd_name\n      fields: [proc.name, fd.name]\n      values:\n        - [my cat, '\"/etc/a,b\"']\n",
                ALERT.replace(", \"fd.name\"", ",\n#  \"fd.name\"")
            ),
        );
    }

    #[test]
    fn another_value_of_an_exception() {
        let rule = format!("{RULE}  exceptions:\n    - name: e\n      fields: proc.name\n      values: [a]\n");
        check(
            "Except this alert from rule `Read`",
            &format!("# $0{ALERT}\n{rule}"),
            &format!("# {ALERT}\n{}", rule.replace("[a]", "[a, my cat]")),
        );
    }

    #[test]
    fn what_is_no_alert_of_these_rules() {
        check_absent("Except", &format!("# $0{}\n{RULE}", ALERT.replace("Read", "Write")));
        check_absent("Except", &format!("# $0 no JSON\n{RULE}"));
        let fixture = Fixture::new(RULE);
        let error =
            Alert::parse(&ALERT.replace("Read", "Write")).and_then(|a| fixture.analysis.exception_from_alert(&a));
        assert_eq!(error, Err(AlertError::NoRule("Write".into())));
        assert!(matches!(Alert::parse("{\"rule\": 1}"), Err(AlertError::NoAlert(_))));
    }

    #[test]
    fn a_test() {
        let alert = Alert::parse(ALERT).unwrap();
        let case = "  - name: Read as in an alert
    events:
      - evt.type: open
        fd.name: /etc/a,b
        proc.name: my cat
    expect:
      - rule: Read
        priority: Informational
";
        assert_eq!(test_from_alert(&alert, "rules.yaml", None), format!("rules: [rules.yaml]\ntests:\n{case}"));
        let existing = "rules: [rules.yaml]\ntests:\n  - name: x\n    events: []\n    expect: []";
        assert_eq!(test_from_alert(&alert, "rules.yaml", Some(existing)), format!("{existing}\n{case}"));
    }
}
