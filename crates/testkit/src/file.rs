//! A test file as plain data. Everything keeps its place, so that whatever is wrong later can be shown there.

use std::ops::Range;

use serde_json::Value;

use crate::expect::Matcher;

/// A value with its byte range in the test file.
#[derive(Debug, Clone, PartialEq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub span: Range<usize>,
}

/// A field of an event with its value.
pub type FieldValue = (Spanned<String>, Spanned<Value>);

/// A test file.
#[derive(Debug, Clone, Default)]
pub struct TestFile {
    /// Rules files and folders in load order, relative to the test file.
    pub rules: Vec<Spanned<String>>,
    /// Fields that every made-up event has unless it says otherwise.
    pub defaults: Vec<FieldValue>,
    /// Macros and lists that every case replaces.
    pub mock: Mock,
    /// The cases.
    pub cases: Vec<Case>,
}

/// Macros and lists that tests replace.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Mock {
    /// Macros with their conditions.
    pub macros: Vec<(Spanned<String>, Spanned<String>)>,
    /// Lists with their items.
    pub lists: Vec<(Spanned<String>, Spanned<Vec<String>>)>,
}

impl Mock {
    /// Whether it replaces nothing.
    pub fn is_empty(&self) -> bool {
        self.macros.is_empty() && self.lists.is_empty()
    }

    /// Both together; where both replace one name, `other` says how.
    pub fn with(&self, other: &Self) -> Self {
        fn joined<T: Clone>(a: &[(Spanned<String>, T)], b: &[(Spanned<String>, T)]) -> Vec<(Spanned<String>, T)> {
            let kept = a.iter().filter(|(name, _)| !b.iter().any(|(other, _)| other.value == name.value));
            kept.chain(b).cloned().collect()
        }
        Self { macros: joined(&self.macros, &other.macros), lists: joined(&self.lists, &other.lists) }
    }
}

/// One test.
#[derive(Debug, Clone)]
pub struct Case {
    /// Its name; unique in the file.
    pub name: Spanned<String>,
    /// The values of its matrix that it was made with.
    pub row: Option<String>,
    /// Where its events come from.
    pub source: Source,
    /// Macros and lists that it replaces, beside those of the file.
    pub mock: Mock,
    /// The rules that are judged; all of them where this is absent.
    pub only: Option<Vec<Spanned<String>>>,
    /// Exactly the alerts that must come.
    pub expect: Vec<Expect>,
    /// Where the value of `expect` stands.
    pub expect_span: Range<usize>,
}

impl Case {
    /// Whether the case says something of a rule: it expects its alerts, or judges it alone or with others that it names, or expects
    /// silence of all.
    pub fn is_about(&self, rule: &str) -> bool {
        let expected = self.expect.iter().any(|expect| expect.rule.value == rule);
        match &self.only {
            Some(only) => expected || only.iter().any(|name| name.value == rule),
            None => expected || self.expect.is_empty(),
        }
    }
}

/// Where a case's events come from.
#[derive(Debug, Clone)]
pub enum Source {
    /// Made of field values.
    Events(Vec<EventSpec>),
    /// Read from a capture, relative to the test file.
    Capture(Spanned<String>),
    /// What a command does, recorded while it runs: the program and its arguments. It runs in the test file's folder.
    Command(Spanned<Vec<String>>),
}

/// A made-up event: what is not given is absent.
#[derive(Debug, Clone)]
pub struct EventSpec {
    /// Its fields.
    pub fields: Vec<FieldValue>,
    /// Where it stands.
    pub span: Range<usize>,
}

/// An alert that must come.
#[derive(Debug, Clone)]
pub struct Expect {
    /// The rule that raises it.
    pub rule: Spanned<String>,
    /// How many such alerts; 1 unless given.
    pub count: u64,
    /// Its priority.
    pub priority: Option<Spanned<falco_compiler::program::Priority>>,
    /// The rule's tags, in any order.
    pub tags: Option<Vec<String>>,
    /// Its output line.
    pub output: Option<Matcher>,
    /// Values of its output fields.
    pub fields: Vec<(Spanned<String>, Matcher)>,
    /// Where it stands.
    pub span: Range<usize>,
}

/// Something wrong in a test file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub span: Range<usize>,
    /// What is wrong; lower case, no full stop.
    pub message: String,
    /// What to try.
    pub help: Option<String>,
}
