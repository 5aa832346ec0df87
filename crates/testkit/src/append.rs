//! Writing tests: a case that was recorded goes to the end of a test file, and everything else in the file stays as it is.

use std::fmt::Write as _;
use std::ops::Range;

use falco_compiler::program::Priority;
use falco_engine::alert::Alert;
use falco_syntax::yaml;
use serde_json::Value;

/// A case to be written.
#[derive(Debug, Clone, Default)]
pub struct NewCase {
    /// Its name.
    pub name: String,
    /// The capture, relative to the test file.
    pub capture: String,
    /// The rules that are judged; all of them where this is empty.
    pub only: Vec<String>,
    /// What must come.
    pub expect: Vec<NewExpect>,
}

/// Alerts that must come.
#[derive(Debug, Clone, PartialEq)]
pub struct NewExpect {
    /// The rule that raises them.
    pub rule: String,
    /// How many there are alike.
    pub count: u64,
    /// Their priority.
    pub priority: Priority,
    /// Values of their output; `None` for those that are absent.
    pub fields: Vec<(String, Option<String>)>,
}

impl NewExpect {
    /// What alerts are like: one entry for all that differ in nothing but their time and place.
    pub fn of(alerts: &[Alert]) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        for alert in alerts {
            let fields = alert.fields.iter().filter(|(name, _)| !is_of_place(name));
            let fields = fields.map(|(name, value)| (name.clone(), text(value))).collect();
            let one = Self { rule: alert.name.clone(), count: 1, priority: alert.priority, fields };
            match all.iter_mut().find(|other| (&other.rule, &other.fields) == (&one.rule, &one.fields)) {
                Some(other) => other.count += 1,
                None => all.push(one),
            }
        }
        all
    }
}

impl NewExpect {
    /// The expectation as an item of a list, its dash after so many blanks.
    pub(crate) fn to_yaml(&self, indent: usize) -> String {
        let blanks = " ".repeat(indent);
        let mut out = format!("{blanks}- rule: {}\n", quoted(&self.rule));
        if self.count != 1 {
            let _ = writeln!(out, "{blanks}  count: {}", self.count);
        }
        let _ = writeln!(out, "{blanks}  priority: {}", self.priority.as_str());
        if !self.fields.is_empty() {
            let _ = writeln!(out, "{blanks}  fields:");
        }
        for (name, value) in &self.fields {
            let value = value.as_ref().map_or_else(|| "{absent: true}".to_owned(), |value| quoted(value));
            let _ = writeln!(out, "{blanks}    {}: {value}", quoted(name));
        }
        out
    }
}

/// Times and numbers of events, which a capture that is cut anew gives others, or which nobody wants to read in a test.
fn is_of_place(field: &str) -> bool {
    ["evt.num", "evt.time", "evt.datetime", "evt.rawtime", "evt.reltime", "evt.deltatime"]
        .iter()
        .any(|prefix| field.starts_with(prefix))
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

impl NewCase {
    /// The case as an item of a list, its dash after so many blanks.
    fn to_yaml(&self, indent: usize) -> String {
        let blanks = " ".repeat(indent);
        let mut out = format!("{blanks}- name: {}\n{blanks}  capture: {}\n", quoted(&self.name), quoted(&self.capture));
        if !self.only.is_empty() {
            let names: Vec<String> = self.only.iter().map(|name| quoted(name)).collect();
            let _ = writeln!(out, "{blanks}  only: [{}]", names.join(", "));
        }
        if self.expect.is_empty() {
            let _ = writeln!(out, "{blanks}  expect: []");
            return out;
        }
        let _ = writeln!(out, "{blanks}  expect:");
        for expect in &self.expect {
            out.push_str(&expect.to_yaml(indent + 4));
        }
        out
    }
}

/// A text as YAML: plain where that is the same, in double quotes otherwise. JSON's escapes are YAML's.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '/' | '-' | ' ' | '[' | ']' | '(' | ')');
    let first = text.chars().next().is_some_and(|c| c.is_ascii_alphabetic() || c == '/');
    // Words that YAML 1.1 or 1.2 reads as something else than text.
    let word = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"].contains(&&*text.to_ascii_lowercase());
    if first && !word && text.chars().all(plain) && !text.ends_with(' ') && !text.contains(['[', ']']) {
        return text.to_owned();
    }
    if first && !word && text.chars().all(plain) && !text.ends_with(' ') && !text.contains(' ') {
        return format!("\"{text}\"");
    }
    Value::from(text).to_string()
}

/// A test file of one case.
pub fn new_file(rules: &[String], case: &NewCase) -> String {
    let rules: Vec<String> = rules.iter().map(|path| quoted(path)).collect();
    format!("rules: [{}]\ntests:\n{}", rules.join(", "), case.to_yaml(2))
}

/// Puts a case behind the last one of a test file.
///
/// # Errors
/// Why the file cannot take it; its text is for people.
pub fn append(file: &str, case: &NewCase) -> Result<String, String> {
    let (known, problems) = crate::decode::parse(file);
    if let Some(problem) = problems.first() {
        return Err(problem.message.clone());
    }
    if known.cases.iter().any(|other| other.name.value == case.name) {
        return Err(format!("there is a test `{}` already", case.name));
    }
    let (indent, end) = last_case(file).ok_or("`tests` must be a list with a line for each test's dash")?;
    let (before, after) = file.split_at(end);
    let mut out = before.to_owned();
    if !out.ends_with('\n') {
        out.push('\n');
    }
    out.push_str(&case.to_yaml(indent));
    out.push_str(after);
    Ok(out)
}

/// How far the dashes of `tests` are indented, and where the line after its last item begins.
fn last_case(file: &str) -> Option<(usize, usize)> {
    let parse = yaml::parse(file);
    let tests = parse.documents().next()?.root().as_mapping()?.get("tests")?;
    let sequence = tests.as_sequence().filter(|sequence| !sequence.is_flow())?;
    let last = sequence.items().last()?;
    let range: Range<usize> = last.range().into();
    let line = file.get(..range.start)?.rfind('\n').map_or(0, |at| at + 1);
    let indent = file.get(line..range.start)?.find('-')?;
    let text = file.get(..range.end)?.trim_end().len();
    let end = file.get(text..)?.find('\n').map_or(file.len(), |at| text + at + 1);
    Some((indent, end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::{Source, TestFile};

    fn alert(rule: &str, file: Option<&str>, num: u64) -> Alert {
        let file = file.map_or(Value::Null, Value::from);
        Alert {
            ts: num,
            rule: 0,
            name: rule.into(),
            priority: Priority::Notice,
            source: "syscall".into(),
            tags: Vec::new(),
            message: String::new(),
            fields: [
                ("fd.name".to_owned(), file),
                ("evt.num".to_owned(), num.into()),
                ("proc.pid".to_owned(), 7.into()),
            ]
            .into(),
        }
    }

    fn case() -> NewCase {
        let alerts =
            [alert("A: \"rule\"", Some("/x y"), 1), alert("A: \"rule\"", Some("/x y"), 2), alert("B", None, 3)];
        NewCase {
            name: "it's #1".into(),
            capture: "captures/a.scap".into(),
            only: vec!["A: \"rule\"".into(), "B".into()],
            expect: NewExpect::of(&alerts),
        }
    }

    #[track_caller]
    fn reads(text: &str) -> TestFile {
        let (file, problems) = crate::decode::parse(text);
        assert_eq!(problems, [], "{text}");
        file
    }

    #[test]
    fn what_is_written_is_what_is_read() {
        let file = reads(&new_file(&["../a.yaml".into(), "b, c.yaml".into()], &case()));
        assert_eq!(file.rules.iter().map(|r| &r.value[..]).collect::<Vec<_>>(), ["../a.yaml", "b, c.yaml"]);
        let [one] = &file.cases[..] else { panic!() };
        assert_eq!(one.name.value, "it's #1");
        assert!(matches!(&one.source, Source::Capture(path) if path.value == "captures/a.scap"));
        let [first, second] = &one.expect[..] else { panic!() };
        assert_eq!((&first.rule.value[..], first.count), ("A: \"rule\"", 2));
        assert_eq!(first.fields.iter().map(|(name, _)| &name.value[..]).collect::<Vec<_>>(), ["fd.name", "proc.pid"]);
        assert_eq!(first.fields[0].1.mismatch(Some("/x y")), None);
        assert_eq!(second.fields[0].1.absent, Some(true));
    }

    #[test]
    fn odd_texts_survive() {
        for text in
            ["yes", "1", "a: b", "# x", "", "é\n\u{1}\"\\", " x ", "- a", "[a]", "{a}", "a #b", "null", "~", "a]"]
        {
            let new = NewCase { name: text.into(), capture: format!("x{text}"), ..NewCase::default() };
            let new = NewCase { name: if text.is_empty() { "e".into() } else { new.name }, ..new };
            let file = reads(&new_file(&["r.yaml".into()], &new));
            assert_eq!(file.cases[0].name.value, new.name);
            assert!(matches!(&file.cases[0].source, Source::Capture(path) if path.value == new.capture));
        }
    }

    #[test]
    fn a_file_keeps_everything_else() {
        let old = "# mine\nrules: [a.yaml]\ntests: # these\n    - name: one\n      capture: x.scap\n      expect: [] # none\n\n# after\ndefaults: {evt.type: open}\n";
        let new = append(old, &case()).unwrap();
        let file = reads(&new);
        assert_eq!(file.cases.iter().map(|c| &c.name.value[..]).collect::<Vec<_>>(), ["one", "it's #1"]);
        assert_eq!(file.defaults.len(), 1);
        let at = new.find("    - name: \"it's").unwrap();
        let end = new.find("\n# after").unwrap();
        assert_eq!(format!("{}{}", &new[..at], &new[end..]), old);
        assert!(append(&new, &case()).unwrap_err().contains("already"));
        let bare = append("rules: [a]\ntests:\n- {name: a, capture: b, expect: []}", &case()).unwrap();
        assert_eq!(reads(&bare).cases.len(), 2);
    }

    #[test]
    fn what_cannot_take_a_case_is_told() {
        let flow = "rules: [a]\ntests: [{name: a, capture: b, expect: []}]\n";
        assert!(append(flow, &case()).unwrap_err().contains("must be a list with"));
        assert!(append("rules: [a]\ntest: []\n", &case()).is_err());
    }
}
