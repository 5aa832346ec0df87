//! The keys of rule tests: one table for the reader, its JSON Schema and completion.

/// A mapping of a test file that has keys of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TestBlock {
    /// The whole file.
    File,
    /// An item of `tests`.
    Case,
    /// An item of `expect`.
    Expectation,
    /// What holds of a text.
    Matcher,
    /// `mock`.
    Mock,
}

/// What a key's value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TestValue {
    /// A text.
    Text,
    /// A list of texts.
    Texts,
    /// A text, or a list of texts.
    TextOrTexts,
    /// A number of alerts.
    Count,
    /// A priority.
    Priority,
    /// Tags.
    Tags,
    /// `true` or `false`.
    Bool,
    /// Fields of events with their values.
    Fields,
    /// A list of such.
    FieldsList,
    /// A program and its arguments, or a text for the shell.
    Command,
    /// Fields with a text that each must equal, or what holds of it.
    Matchers,
    /// A mapping with keys of its own.
    One(TestBlock),
    /// A list of such.
    Many(TestBlock),
    /// A text, or such a mapping.
    TextOr(TestBlock),
    /// Names with a condition each.
    Conditions,
    /// Names with a list of texts each.
    Lists,
    /// Parameters with their values, or a list of rows.
    Matrix,
}

/// A key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TestKey {
    /// Its name.
    pub name: &'static str,
    /// What it is, in a few words.
    pub detail: &'static str,
    /// What its value is.
    pub value: TestValue,
    /// Whether it must be there.
    pub required: bool,
}

const fn key(name: &'static str, detail: &'static str, value: TestValue) -> TestKey {
    TestKey { name, detail, value, required: false }
}

const fn must(name: &'static str, detail: &'static str, value: TestValue) -> TestKey {
    TestKey { name, detail, value, required: true }
}

const FILE: &[TestKey] = &[
    must("rules", "rules files and folders in load order", TestValue::Texts),
    key("defaults", "fields of every made-up event", TestValue::Fields),
    key("mock", "macros and lists that are replaced in every test", TestValue::One(TestBlock::Mock)),
    must("tests", "the tests", TestValue::Many(TestBlock::Case)),
];

const CASE: &[TestKey] = &[
    must("name", "what the test shows", TestValue::Text),
    key("matrix", "parameters with their values: a test for each combination", TestValue::Matrix),
    key("mock", "macros and lists that are replaced", TestValue::One(TestBlock::Mock)),
    key("events", "events made of field values", TestValue::FieldsList),
    key("capture", "a recording, relative to this file", TestValue::Text),
    key("command", "recorded while it runs", TestValue::Command),
    key("only", "the rules that are judged, no others", TestValue::Texts),
    must("expect", "exactly the alerts that must come", TestValue::Many(TestBlock::Expectation)),
];

const EXPECTATION: &[TestKey] = &[
    must("rule", "the rule that raises the alert", TestValue::Text),
    key("count", "how many such alerts; 1 unless given, 0 says that none must come", TestValue::Count),
    key("priority", "the alert's priority", TestValue::Priority),
    key("tags", "the rule's tags", TestValue::Tags),
    key("output", "the output line, or what holds of it", TestValue::TextOr(TestBlock::Matcher)),
    key("fields", "values of the output's fields", TestValue::Matchers),
];

const MATCHER: &[TestKey] = &[
    key("equals", "the text is this", TestValue::Text),
    key("contains", "this text, or all of these, are in it", TestValue::TextOrTexts),
    key("not_contains", "none of these is in it", TestValue::TextOrTexts),
    key("regex", "the expression matches somewhere", TestValue::Text),
    key("absent", "whether there is no value", TestValue::Bool),
];

const MOCK: &[TestKey] = &[
    key("macros", "macros with the condition that each has in the test", TestValue::Conditions),
    key("lists", "lists with the items that each has in the test", TestValue::Lists),
];

impl TestBlock {
    /// Its keys, in the order in which they are usually written.
    pub fn keys(self) -> &'static [TestKey] {
        match self {
            Self::File => FILE,
            Self::Case => CASE,
            Self::Expectation => EXPECTATION,
            Self::Matcher => MATCHER,
            Self::Mock => MOCK,
        }
    }
}
