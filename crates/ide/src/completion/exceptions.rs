//! Completion in exceptions: operators and values that fit the fields, whole rows.

use falco_catalog::keys::KeyInfo;
use falco_catalog::language::{OPERATORS, operators_for};
use falco_syntax::ast::Exception;
use falco_syntax::condition::ast::Operator;
use falco_syntax::condition::parse_left;
use falco_syntax::yaml::Node;

use super::condition::{Place, type_of, values};
use super::values::Word;
use super::{Completions, goes_with};
use crate::Analysis;
use crate::context::{Embedded, ItemFacts};
use crate::names;
use crate::types::*;

/// An exception's fields and operators.
#[derive(Debug, Default)]
pub(crate) struct Shape {
    fields: Vec<String>,
    comps: Vec<String>,
    /// Whether the fields are a list, so that the values are rows.
    has_rows: bool,
}

impl Shape {
    /// The shape of the exception that a node is: its own, or where it only adds values that of its definition.
    pub(crate) fn of(analysis: &Analysis, item: &ItemFacts, node: Node) -> Self {
        let own = Exception::new(node);
        if own.fields_node().is_some() {
            return Self::new(&own);
        }
        let name = own.name().and_then(|name| name.text());
        let (Some(rule), Some(name)) = (item.name.as_deref(), name) else { return Self::new(&own) };
        let all = names::all_exceptions(analysis, rule);
        let defined = all.iter().map(|(_, exception)| exception).find(|exception| {
            exception.fields_node().is_some()
                && exception.name().and_then(|n| n.text()).as_deref() == Some(name.as_str())
        });
        Self::new(defined.unwrap_or(&own))
    }

    fn new(exception: &Exception) -> Self {
        let texts = |nodes: Vec<Node>| nodes.iter().filter_map(Node::text).collect();
        Self {
            fields: texts(exception.fields()),
            comps: texts(exception.comps()),
            has_rows: exception.fields_node().is_some_and(|node| node.as_sequence().is_some()),
        }
    }

    fn comp(&self, index: usize) -> Operator {
        let comp = self.comps.get(index).and_then(|comp| Operator::parse(comp));
        // Without operators, a list of fields is compared by `=`, and a single one by `in`.
        comp.unwrap_or(if self.has_rows { Operator::Eq } else { Operator::In })
    }
}

/// Operators of `comps`: those that the field at the same place has.
pub(crate) fn comps(
    out: &mut Completions<'_>,
    shape: &Shape,
    word: &Word<'_>,
    index: Option<usize>,
    sources: &[String],
) {
    let field = shape.fields.get(index.unwrap_or(0));
    let ty = field.and_then(|field| parse_left(field).ok()).and_then(|left| type_of(out, &left, sources));
    let fitting: Vec<_> = match ty {
        Some((ty, is_list)) => operators_for(ty, is_list).collect(),
        None => OPERATORS.iter().collect(),
    };
    for op in fitting.into_iter().filter(|op| !matches!(op.name, "==" | "exists")) {
        word.push(out, op.name, CompletionKind::Operator, None, Some(Topic::Operator(op.name.to_owned())));
    }
}

/// Values: a row at the first level, in a row the values of the field at that place.
pub(crate) fn row_values(
    out: &mut Completions<'_>,
    shape: &Shape,
    embedded: &Embedded,
    path: &[usize],
    sources: &[String],
) {
    let typed = embedded.text.get(..usize::from(embedded.offset)).unwrap_or_default().trim_start();
    let range = super::values::word_range(embedded);
    let place = match path {
        [_] if shape.has_rows => {
            if typed.is_empty() && !shape.fields.is_empty() {
                row(out, shape, range);
            }
            return;
        }
        // A single field: its values, or lists of them.
        [_] | [_, _] if !shape.has_rows => 0,
        [_, place, ..] => *place,
        _ => return,
    };
    let Some(left) = shape.fields.get(place).and_then(|field| parse_left(field).ok()) else { return };
    let op = shape.comp(place);
    // A list's name stands in brackets or alone; parentheses are not YAML's.
    let place = Place { op, in_list: true, quote: None, typed, range };
    values(out, &left, &place, sources);
    if matches!(op, Operator::In | Operator::Intersects | Operator::Pmatch) && typed.is_empty() && path.len() == 2 {
        out.items.push(snippet("[…]", "several values", "[$0]", range, 5));
    }
}

/// A row with a stop for each field.
fn row(out: &mut Completions<'_>, shape: &Shape, range: falco_syntax::TextRange) {
    let stops = shape.fields.iter().enumerate().map(|(index, field)| {
        let stop = format!("${{{}:{field}}}", index + 1);
        match shape.comp(index) {
            Operator::In | Operator::Intersects | Operator::Pmatch => format!("[{stop}]"),
            _ => stop,
        }
    });
    let text = format!("[{}]", stops.collect::<Vec<_>>().join(", "));
    let label = format!("[{}]", shape.fields.join(", "));
    out.items.push(snippet(&label, "a row of values", &text, range, 1));
}

fn snippet(label: &str, detail: &str, text: &str, range: falco_syntax::TextRange, rank: u8) -> CompletionItem {
    CompletionItem {
        label: label.to_owned(),
        kind: CompletionKind::Snippet,
        detail: Some(detail.to_owned()),
        topic: None,
        filter: None,
        edit: TextEdit { range, text: text.to_owned() },
        is_snippet: true,
        deprecated: false,
        rank,
    }
}

/// Names of the exceptions that a rule has already: to add values to one, its name is repeated.
pub(crate) fn names(out: &mut Completions<'_>, item: &ItemFacts, word: &Word<'_>, key: &KeyInfo) {
    let Some(rule) = item.name.as_deref().filter(|_| key.name == "name") else { return };
    let mut known: Vec<String> = names::all_exceptions(out.analysis, rule)
        .into_iter()
        .filter_map(|(_, exception)| exception.name()?.text())
        .filter(|name| goes_with(name, word.typed))
        .collect();
    known.sort();
    known.dedup();
    for name in known {
        word.push(out, &name, CompletionKind::Value, Some("exception of the rule"), None);
    }
}
