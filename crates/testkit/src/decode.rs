//! Reads a test file's text. Everything that is wrong is told at once, each with its place.

use std::ops::Range;

use falco_catalog::test_format::TestBlock;
use falco_compiler::program::Priority;
use falco_syntax::yaml::{self, Node, NodeKind};
use regex::Regex;
use serde_json::{Number, Value};

use crate::expect::Matcher;
use crate::file::{Case, EventSpec, Expect, FieldValue, Mock, Problem, Source, Spanned, TestFile};
use crate::matrix::{MAX_ROWS, Row, combinations};

/// Reads a test file. The second part is empty for a good one.
pub fn parse(text: &str) -> (TestFile, Vec<Problem>) {
    let parse = yaml::parse(text);
    let mut reader = Reader::default();
    for error in parse.errors() {
        reader.problems.push(Problem {
            span: error.range.into(),
            message: error.message.clone(),
            help: error.help.clone(),
        });
    }
    let mut documents = parse.documents();
    let file = match documents.next() {
        Some(document) => reader.file(&document.root()),
        None => {
            reader.problem(0..0, "the test file is empty", Some("write `rules: [FILE]` and `tests: […]`"));
            TestFile::default()
        }
    };
    if let Some(second) = documents.next() {
        reader.problem(second.root().range().into(), "a test file has one document", None);
    }
    drop(documents);
    (file, reader.problems)
}

#[derive(Default)]
struct Reader {
    problems: Vec<Problem>,
    /// The row of the matrix that a test is being read for.
    row: Option<Row>,
}

/// The known entries of a mapping.
struct Entries(Vec<(&'static str, Node)>);

impl Entries {
    fn take(&mut self, name: &str) -> Option<Node> {
        let at = self.0.iter().position(|(n, _)| *n == name)?;
        Some(self.0.swap_remove(at).1)
    }
}

impl Reader {
    fn problem(&mut self, span: Range<usize>, message: impl Into<String>, help: Option<&str>) {
        let problem = Problem { span, message: message.into(), help: help.map(str::to_owned) };
        // What is wrong in every row of a matrix is told once.
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// The entries of a mapping with known keys; other keys and duplicates are problems.
    fn entries(&mut self, node: &Node, what: &str, block: TestBlock) -> Entries {
        let mut found = Entries(Vec::new());
        let Some(mapping) = node.as_mapping() else {
            self.problem(
                node.range().into(),
                format!("{what} must be a mapping, not {}", node.kind().describe()),
                None,
            );
            return found;
        };
        for entry in mapping.entries() {
            let name = entry.key_text().unwrap_or_default();
            let span: Range<usize> = entry.key().range().into();
            match block.keys().iter().find(|key| key.name == name) {
                Some(key) if found.0.iter().all(|(n, _)| *n != key.name) => found.0.push((key.name, entry.value())),
                Some(_) => self.problem(span, format!("`{name}` is given twice"), None),
                None => {
                    let names: Vec<&str> = block.keys().iter().map(|key| key.name).collect();
                    let help = match near(&name, &names) {
                        Some(near) => format!("did you mean `{near}`?"),
                        None => {
                            let known: Vec<String> = names.iter().map(|k| format!("`{k}`")).collect();
                            format!("known keys are {}", known.join(", "))
                        }
                    };
                    self.problem(span, format!("unknown key `{name}` in {what}"), Some(&help));
                }
            }
        }
        found
    }

    fn file(&mut self, root: &Node) -> TestFile {
        let mut entries = self.entries(root, "the test file", TestBlock::File);
        let rules = entries.take("rules").map(|n| self.texts(&n, "`rules`")).unwrap_or_default();
        let defaults = entries.take("defaults").map(|n| self.fields(&n, "`defaults`")).unwrap_or_default();
        let mock = entries.take("mock").map(|n| self.mock(&n)).unwrap_or_default();
        let mut cases = Vec::new();
        match entries.take("tests") {
            Some(tests) => {
                for node in self.items(&tests, "`tests`") {
                    self.cases(&node, &mut cases);
                }
                if cases.is_empty() && self.problems.is_empty() {
                    self.problem(tests.range().into(), "there is no test in `tests`", None);
                }
            }
            None if root.as_mapping().is_some() => {
                self.problem(start(root), "the test file has no `tests`", None);
            }
            None => {}
        }
        let mut names: Vec<&Spanned<String>> = cases.iter().map(|c: &Case| &c.name).collect();
        names.sort_by(|a, b| a.value.cmp(&b.value).then(a.span.start.cmp(&b.span.start)));
        let twice: Vec<Range<usize>> =
            names.windows(2).filter(|w| w[0].value == w[1].value).map(|w| w[1].span.clone()).collect();
        for span in twice {
            self.problem(span, "another test of this file has the same name", None);
        }
        TestFile { rules, defaults, mock, cases }
    }

    /// A test, or one for each row of its matrix.
    fn cases(&mut self, node: &Node, out: &mut Vec<Case>) {
        let matrix = node.as_mapping().and_then(|m| m.get("matrix"));
        let Some(matrix) = matrix else {
            out.extend(self.case(node));
            return;
        };
        let rows = self.rows(&matrix);
        if rows.is_empty() {
            if self.problems.is_empty() {
                self.problem(matrix.range().into(), "the matrix has no values, so there would be no test", None);
            }
            // So that its other mistakes are told as well.
            let _ = self.case(node);
            return;
        }
        let mut unused: Option<Vec<String>> = None;
        for row in rows {
            self.row = Some(row);
            let case = self.case(node);
            let Some(row) = self.row.take() else { continue };
            let mine = row.unused();
            unused = Some(match unused {
                Some(all) => all.into_iter().filter(|name| mine.contains(name)).collect(),
                None => mine,
            });
            out.extend(case.map(|case| Case { row: Some(row.label()), ..case }));
        }
        // A misspelt name is told once, not also as the lack of the right one.
        if !self.problems.is_empty() {
            return;
        }
        for name in unused.into_iter().flatten() {
            let help = format!("write `${{{name}}}` where its value belongs");
            self.problem(
                matrix.range().into(),
                format!("nothing in the test uses the parameter `{name}`"),
                Some(&help),
            );
        }
    }

    /// A mapping of lists gives every combination, a list of mappings one row each.
    fn rows(&mut self, node: &Node) -> Vec<Row> {
        if let Some(mapping) = node.as_mapping() {
            let mut parameters = Vec::new();
            for entry in mapping.entries() {
                let Some(name) = self.parameter(&entry.key()) else { continue };
                let what = format!("`{name}` of the matrix");
                let values: Vec<Value> = self.items(&entry.value(), &what).iter().map(|n| self.value(n)).collect();
                if values.is_empty() && self.problems.is_empty() {
                    self.problem(entry.value().range().into(), format!("{what} has no values"), None);
                }
                parameters.push((name, values));
            }
            return match combinations(&parameters) {
                Some(rows) if !parameters.is_empty() => rows.into_iter().map(Row::new).collect(),
                Some(_) => Vec::new(),
                None => {
                    let message = format!("the matrix makes more than {MAX_ROWS} tests");
                    self.problem(node.range().into(), message, None);
                    Vec::new()
                }
            };
        }
        let mut rows = Vec::new();
        for item in self.items(node, "`matrix`") {
            let Some(mapping) = item.as_mapping() else {
                self.problem(item.range().into(), "a row of `matrix` must be a mapping", None);
                continue;
            };
            let entries: Vec<_> = mapping.entries().collect();
            let values = entries.iter().filter_map(|e| Some((self.parameter(&e.key())?, self.value(&e.value()))));
            rows.push(Row::new(values.collect()));
        }
        if rows.len() > MAX_ROWS {
            self.problem(node.range().into(), format!("the matrix makes more than {MAX_ROWS} tests"), None);
            rows.clear();
        }
        rows
    }

    fn parameter(&mut self, node: &Node) -> Option<String> {
        let name = self.text(node, "a parameter's name")?;
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        if name.value.is_empty() || !name.value.chars().all(plain) {
            let help = "letters, digits, `_`, `-` and `.`";
            self.problem(name.span, format!("`{}` cannot be a parameter's name", name.value), Some(help));
            return None;
        }
        Some(name.value)
    }

    fn mock(&mut self, node: &Node) -> Mock {
        let mut entries = self.entries(node, "`mock`", TestBlock::Mock);
        let mut mock = Mock::default();
        if let Some(macros) = entries.take("macros") {
            for (name, value) in self.named(&macros, "`macros`") {
                if let Some(condition) = self.text(&value, "a macro's condition") {
                    mock.macros.push((name, condition));
                }
            }
        }
        if let Some(lists) = entries.take("lists") {
            for (name, value) in self.named(&lists, "`lists`") {
                let items = self.texts(&value, "the items of a list").into_iter().map(|t| t.value).collect();
                mock.lists.push((name, Spanned { value: items, span: value.range().into() }));
            }
        }
        mock
    }

    fn named(&mut self, node: &Node, what: &str) -> Vec<(Spanned<String>, Node)> {
        let Some(mapping) = node.as_mapping() else {
            self.problem(node.range().into(), format!("{what} must be a mapping of names"), None);
            return Vec::new();
        };
        let mut out: Vec<(Spanned<String>, Node)> = Vec::new();
        for entry in mapping.entries() {
            let Some(name) = self.text(&entry.key(), "a name") else { continue };
            if out.iter().any(|(other, _)| other.value == name.value) {
                self.problem(name.span, format!("`{}` is given twice", name.value), None);
            } else {
                out.push((name, entry.value()));
            }
        }
        out
    }

    fn case(&mut self, node: &Node) -> Option<Case> {
        let mut entries = self.entries(node, "a test", TestBlock::Case);
        node.as_mapping()?;
        let name = match entries.take("name") {
            Some(name) => self.text(&name, "`name`").map(|name| self.numbered(name, node)),
            None => {
                self.problem(start(node), "the test has no `name`", None);
                None
            }
        };
        let source = match (entries.take("events"), entries.take("capture"), entries.take("command")) {
            (Some(events), None, None) => {
                let nodes = self.items(&events, "`events`");
                let events: Vec<EventSpec> = nodes
                    .iter()
                    .map(|n| EventSpec { fields: self.fields(n, "an event"), span: n.range().into() })
                    .collect();
                Some(Source::Events(events))
            }
            (None, Some(capture), None) => self.text(&capture, "`capture`").map(Source::Capture),
            (None, None, Some(command)) => self.command(&command).map(Source::Command),
            (None, None, None) => {
                let help = "give `events: [{evt.type: …}]`, `capture: FILE` or `command: [PROGRAM, ARGUMENT]`";
                self.problem(start(node), "the test has no events", Some(help));
                None
            }
            (_, capture, command) => {
                let second = command.or(capture).map_or(start(node), |node| node.range().into());
                self.problem(second, "a test has one of `events`, `capture` and `command`", None);
                None
            }
        };
        let mock = entries.take("mock").map(|n| self.mock(&n)).unwrap_or_default();
        let only = entries.take("only").map(|n| self.texts(&n, "`only`"));
        let mut expect_span = node.range().into();
        let expect = match entries.take("expect") {
            Some(expect) => {
                expect_span = expect.range().into();
                let nodes = self.items(&expect, "`expect`");
                nodes.iter().filter_map(|n| self.expect(n)).collect()
            }
            None => {
                let help = "`expect: []` says that no alert must come";
                self.problem(start(node), "the test has no `expect`", Some(help));
                Vec::new()
            }
        };
        Some(Case { name: name?, row: None, source: source?, mock, only, expect, expect_span })
    }

    /// Tests of a matrix whose name does not tell the row are told apart by the values.
    fn numbered(&self, name: Spanned<String>, node: &Node) -> Spanned<String> {
        let written = node.as_mapping().and_then(|m| m.get("name")).and_then(|n| n.text()).unwrap_or_default();
        match &self.row {
            Some(row) if written == name.value => {
                Spanned { value: format!("{} [{}]", name.value, row.label()), span: name.span }
            }
            _ => name,
        }
    }

    /// A list is a program and its arguments; a text is for the shell.
    fn command(&mut self, node: &Node) -> Option<Spanned<Vec<String>>> {
        let argv = match node.kind() {
            NodeKind::Sequence => self.texts(node, "`command`").into_iter().map(|word| word.value).collect(),
            _ => vec!["sh".to_owned(), "-c".to_owned(), self.text(node, "`command`")?.value],
        };
        if argv.iter().any(|word| word.contains('\0')) || argv.first().is_none_or(String::is_empty) {
            self.problem(node.range().into(), "`command` has no program", None);
            return None;
        }
        Some(Spanned { value: argv, span: node.range().into() })
    }

    fn expect(&mut self, node: &Node) -> Option<Expect> {
        let mut entries = self.entries(node, "an expectation", TestBlock::Expectation);
        node.as_mapping()?;
        let rule = match entries.take("rule") {
            Some(rule) => self.text(&rule, "`rule`"),
            None => {
                self.problem(start(node), "the expectation has no `rule`", None);
                None
            }
        };
        let count = entries.take("count").map_or(Some(1), |node| {
            let count = self.text(&node, "`count`").and_then(|t| t.value.trim().parse().ok());
            if count.is_none() {
                self.problem(node.range().into(), "`count` must be a number of alerts", None);
            }
            count
        });
        let priority = entries.take("priority").and_then(|node| {
            let text = self.text(&node, "`priority`")?;
            let value = Priority::parse(&text.value);
            if value.is_none() {
                let known: Vec<&str> = Priority::ALL.iter().map(|p| p.as_str()).collect();
                let help = format!("priorities are {}", known.join(", "));
                self.problem(text.span.clone(), format!("`{}` is no priority", text.value), Some(&help));
            }
            Some(Spanned { value: value?, span: text.span })
        });
        let tags = entries.take("tags").map(|n| self.texts(&n, "`tags`").into_iter().map(|t| t.value).collect());
        let output = entries.take("output").and_then(|n| self.matcher(&n, "`output`"));
        let mut wanted = Vec::new();
        if let Some(fields) = entries.take("fields") {
            match fields.as_mapping() {
                Some(mapping) => {
                    for entry in mapping.entries() {
                        let Some(key) = self.text(&entry.key(), "a field's name") else { continue };
                        if let Some(matcher) = self.matcher(&entry.value(), &format!("`{}`", key.value)) {
                            wanted.push((key, matcher));
                        }
                    }
                }
                None => self.problem(fields.range().into(), "`fields` must be a mapping", None),
            }
        }
        Some(Expect { rule: rule?, count: count?, priority, tags, output, fields: wanted, span: node.range().into() })
    }

    /// A text stands for itself; a mapping says more.
    fn matcher(&mut self, node: &Node, what: &str) -> Option<Matcher> {
        match node.kind() {
            NodeKind::Scalar => Some(Matcher::equals(self.text(node, what)?.value)),
            NodeKind::Null => Some(Matcher { absent: Some(true), ..Matcher::default() }),
            NodeKind::Sequence => {
                let help = "give a text, or `{contains: …}`, `{regex: …}`, `{absent: true}`";
                self.problem(node.range().into(), format!("{what} cannot be a list"), Some(help));
                None
            }
            NodeKind::Mapping => {
                let mut entries = self.entries(node, what, TestBlock::Matcher);
                let regex = match entries.take("regex").and_then(|n| self.text(&n, "`regex`")) {
                    Some(text) => match Regex::new(&text.value) {
                        Ok(regex) => Some(regex),
                        Err(error) => {
                            let reason = error.to_string();
                            let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ");
                            self.problem(text.span, format!("not a regular expression: {reason}"), None);
                            None
                        }
                    },
                    None => None,
                };
                let absent = entries.take("absent").and_then(|n| {
                    let value = n.text().and_then(|t| yaml::schema::decode_bool(&t));
                    if value.is_none() {
                        self.problem(n.range().into(), "`absent` must be true or false", None);
                    }
                    value
                });
                Some(Matcher {
                    equals: entries.take("equals").and_then(|n| self.text(&n, "`equals`")).map(|t| t.value),
                    contains: entries
                        .take("contains")
                        .map(|n| self.text_or_texts(&n, "`contains`"))
                        .unwrap_or_default(),
                    not_contains: entries
                        .take("not_contains")
                        .map(|n| self.text_or_texts(&n, "`not_contains`"))
                        .unwrap_or_default(),
                    regex,
                    absent,
                })
            }
        }
    }

    fn fields(&mut self, node: &Node, what: &str) -> Vec<FieldValue> {
        let Some(mapping) = node.as_mapping() else {
            let help = "fields with values, such as `{evt.type: open, fd.name: /etc/shadow}`";
            let message = format!("{what} must be a mapping, not {}", node.kind().describe());
            self.problem(node.range().into(), message, Some(help));
            return Vec::new();
        };
        let mut out: Vec<FieldValue> = Vec::new();
        for entry in mapping.entries() {
            let Some(key) = self.text(&entry.key(), "a field's name") else { continue };
            if out.iter().any(|(k, _)| k.value == key.value) {
                self.problem(key.span, format!("`{}` is given twice", key.value), None);
                continue;
            }
            let value = entry.value();
            let span = value.range().into();
            out.push((key, Spanned { value: self.value(&value), span }));
        }
        out
    }

    /// A value as YAML's core schema reads it: plain numbers and booleans are such, quoted ones are texts.
    fn value(&mut self, node: &Node) -> Value {
        match node.kind() {
            NodeKind::Null => Value::Null,
            NodeKind::Sequence => {
                let items: Vec<Node> = node.as_sequence().into_iter().flat_map(|s| s.items()).collect();
                Value::Array(items.iter().map(|n| self.value(n)).collect())
            }
            NodeKind::Mapping => {
                self.problem(node.range().into(), "a field's value cannot be a mapping", None);
                Value::Null
            }
            NodeKind::Scalar => {
                if let Some(value) = self.row.as_ref().and_then(|row| row.whole(&node.text()?)) {
                    return value.clone();
                }
                let text = self.text(node, "a value").map(|t| t.value).unwrap_or_default();
                let plain = node.as_scalar().is_some_and(|s| s.style() == yaml::ScalarStyle::Plain);
                if !plain {
                    return Value::String(text);
                }
                match text.as_str() {
                    "true" => Value::Bool(true),
                    "false" => Value::Bool(false),
                    _ => number(&text).map_or(Value::String(text), Value::Number),
                }
            }
        }
    }

    fn items(&mut self, node: &Node, what: &str) -> Vec<Node> {
        match node.as_sequence() {
            Some(sequence) => sequence.items().collect(),
            None => {
                self.problem(
                    node.range().into(),
                    format!("{what} must be a list, not {}", node.kind().describe()),
                    None,
                );
                Vec::new()
            }
        }
    }

    fn texts(&mut self, node: &Node, what: &str) -> Vec<Spanned<String>> {
        let items = self.items(node, what);
        items.iter().filter_map(|n| self.text(n, &format!("an element of {what}"))).collect()
    }

    fn text_or_texts(&mut self, node: &Node, what: &str) -> Vec<String> {
        match node.kind() {
            NodeKind::Sequence => self.texts(node, what).into_iter().map(|t| t.value).collect(),
            _ => self.text(node, what).into_iter().map(|t| t.value).collect(),
        }
    }

    fn text(&mut self, node: &Node, what: &str) -> Option<Spanned<String>> {
        let text = node.text();
        if text.is_none() {
            self.problem(node.range().into(), format!("{what} must be a text, not {}", node.kind().describe()), None);
        }
        let span: Range<usize> = node.range().into();
        let value = match (&self.row, text?) {
            (None, text) => text,
            (Some(row), text) => match row.fill(&text) {
                Ok(filled) => filled,
                Err(name) => {
                    let known: Vec<&str> = row.names().collect();
                    let help = match near(&name, &known) {
                        Some(near) => format!("did you mean `${{{near}}}`?"),
                        None => format!("its parameters are {}; `$${{` stands for `${{`", known.join(", ")),
                    };
                    self.problem(span.clone(), format!("the matrix has no parameter `{name}`"), Some(&help));
                    text
                }
            },
        };
        Some(Spanned { value, span })
    }
}

/// Where a mapping begins: what is missing in it cannot be shown better.
fn start(node: &Node) -> Range<usize> {
    match node.as_mapping().and_then(|m| m.entries().next()) {
        Some(first) => first.key().range().into(),
        None => node.range().into(),
    }
}

/// Whole numbers only: no field has another kind.
fn number(text: &str) -> Option<Number> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    // A leading zero makes an octal number for some readers and text for others; here it is text.
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) || (digits.len() > 1 && digits.starts_with('0'))
    {
        return None;
    }
    text.parse::<u64>().map(Number::from).or_else(|_| text.parse::<i64>().map(Number::from)).ok()
}

/// The known key that was probably meant.
fn near<'k>(name: &str, keys: &[&'k str]) -> Option<&'k str> {
    let best = keys.iter().map(|k| (strsim::damerau_levenshtein(name, k), *k)).min_by_key(|(distance, _)| *distance)?;
    (best.0 <= 1 + best.1.len() / 4).then_some(best.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "rules: [../shells.yaml]
defaults: {evt.type: execve, proc.tty: 34816}
tests:
  - name: one
    events:
      - {proc.name: bash, container.id: '123', evt.is_io: true, proc.aname: [a, b]}
    expect:
      - rule: Shell
        priority: Notice
        output: {contains: bash}
        fields: {proc.name: bash}
  - name: two
    capture: x.scap
    only: [Shell]
    expect: [{rule: Shell, count: 3}]
  - name: three
    capture: x.scap
    expect: []
  - name: four
    command: [cat, /etc/shadow]
    expect: []
  - name: five
    command: cat /etc/shadow | wc
    expect: []
";

    #[test]
    fn reads_the_format() {
        let (file, problems) = parse(GOOD);
        assert_eq!(problems, []);
        assert_eq!(file.rules[0].value, "../shells.yaml");
        assert_eq!(file.defaults[1].1.value, 34816);
        let Source::Events(events) = &file.cases[0].source else { panic!() };
        assert_eq!(events[0].fields[1].1.value, "123");
        assert_eq!(events[0].fields[2].1.value, true);
        assert_eq!(file.cases[1].expect[0].count, 3);
        assert!(file.cases[2].expect.is_empty());
        let command = |case: usize| match &file.cases[case].source {
            Source::Command(argv) => argv.value.clone(),
            other => panic!("{other:?}"),
        };
        assert_eq!(command(3), ["cat", "/etc/shadow"]);
        assert_eq!(command(4), ["sh", "-c", "cat /etc/shadow | wc"]);
    }

    /// Each problem as `words: message (help)`.
    fn problems(text: &str) -> Vec<String> {
        let (_, problems) = parse(text);
        let show = |p: &Problem| {
            let words = &text[p.span.clone()];
            let help = p.help.as_ref().map(|h| format!(" ({h})")).unwrap_or_default();
            format!("{words}: {}{help}", p.message)
        };
        problems.iter().map(show).collect()
    }

    #[test]
    fn misspelt_keys_have_suggestions() {
        assert_eq!(
            problems(&GOOD.replace("priority:", "prioritty:").replace("only:", "olny:")),
            [
                "prioritty: unknown key `prioritty` in an expectation (did you mean `priority`?)",
                "olny: unknown key `olny` in a test (did you mean `only`?)",
            ]
        );
    }

    #[test]
    fn a_case_has_one_source() {
        let case = |more: &str| problems(&format!("tests:\n  - name: a\n    expect: []\n{more}"));
        assert_eq!(
            case("    capture: x.scap\n    command: [ls]\n"),
            ["[ls]: a test has one of `events`, `capture` and `command`"]
        );
        assert_eq!(case("    command: []\n"), ["[]: `command` has no program"]);
        assert_eq!(case("    command: {a: b}\n").len(), 1);
    }

    #[test]
    fn a_case_without_a_verdict_is_a_problem() {
        assert_eq!(
            problems("tests:\n  - name: a\n    events: [{evt.type: open}]\n"),
            ["name: the test has no `expect` (`expect: []` says that no alert must come)"]
        );
    }

    #[test]
    fn wrong_shapes_are_told_together() {
        let text = "rules: x\ntests:\n  - name: [a]\n    capture: c\n    events: []\n    expect: {}\n  - name: b\n    capture: c\n    expect: [{count: many, priority: Loud}]\n";
        let found = problems(text);
        assert_eq!(found.len(), 7, "{found:#?}");
        assert!(found.iter().any(|p| p.contains("`rules` must be a list, not a scalar")));
        assert!(found.iter().any(|p| p.starts_with("Loud: `Loud` is no priority")));
    }

    #[test]
    fn same_names_and_broken_yaml() {
        assert_eq!(
            problems(&GOOD.replace("name: two", "name: one")),
            ["one: another test of this file has the same name"]
        );
        assert!(!problems("tests: [\n").is_empty());
        assert!(!problems("").is_empty());
    }
}
