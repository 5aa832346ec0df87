//! Exceptions as data, and how they are written.

use falco_syntax::ast::{Exception, Rule};
use falco_syntax::yaml::{Node, NodeKind};

use super::layout::{self, Layout};
use crate::types::TextEdit;

/// A value of an exception.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cell {
    /// A text.
    Text(String),
    /// Several texts, for an operator that takes a list.
    List(Vec<String>),
}

impl Cell {
    fn of(node: &Node) -> Option<Self> {
        match node.kind() {
            NodeKind::Sequence => {
                Some(Self::List(node.as_sequence()?.items().map(|item| item.text()).collect::<Option<_>>()?))
            }
            NodeKind::Scalar => Some(Self::Text(node.text()?)),
            NodeKind::Null | NodeKind::Mapping => None,
        }
    }

    /// As YAML between brackets.
    fn yaml(&self) -> String {
        match self {
            Self::Text(text) => layout::scalar(text, true),
            Self::List(items) => format!("[{}]", flow(items)),
        }
    }

    /// As Falco pastes it into a condition.
    fn pasted(&self, operator: &str) -> String {
        match self {
            Self::Text(text) if takes_list(operator) && !text.starts_with('(') => format!("({text})"),
            Self::Text(text) if takes_list(operator) => text.clone(),
            Self::Text(text) => quoted(text),
            Self::List(items) => format!("({})", items.iter().map(|item| quoted(item)).collect::<Vec<_>>().join(", ")),
        }
    }
}

/// Falco puts quotes around what has a blank in it.
fn quoted(text: &str) -> String {
    if text.contains(' ') && !text.starts_with(['"', '\'']) { format!("\"{text}\"") } else { text.to_owned() }
}

fn takes_list(operator: &str) -> bool {
    matches!(operator, "in" | "intersects" | "pmatch") || operator.contains(' ')
}

fn flow(items: &[String]) -> String {
    items.iter().map(|item| layout::scalar(item, true)).collect::<Vec<_>>().join(", ")
}

/// An exception in one of its two shapes: a single field with values, or fields with tuples.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Data {
    pub(super) fields: Vec<String>,
    /// The operators, as many as fields; `None` for the default of the shape.
    pub(super) comps: Option<Vec<String>>,
    /// Whether `fields` is a single field; then every tuple has one element.
    pub(super) single: bool,
    pub(super) tuples: Vec<Vec<Cell>>,
}

impl Data {
    pub(super) fn of(exception: &Exception) -> Option<Self> {
        let single = exception.fields_node()?.kind() != NodeKind::Sequence;
        let texts = |nodes: Vec<Node>| nodes.iter().map(Node::text).collect::<Option<Vec<String>>>();
        let comps = match exception.comps_node() {
            Some(_) => Some(texts(exception.comps())?),
            None => None,
        };
        let tuples = exception.values().into_iter().map(|value| match (single, value.tuple()) {
            (true, None) => Some(vec![Cell::of(value.node())?]),
            (false, Some(cells)) => cells.iter().map(Cell::of).collect(),
            _ => None,
        });
        Some(Self { fields: texts(exception.fields())?, comps, single, tuples: tuples.collect::<Option<_>>()? })
    }

    /// The operator for a field.
    pub(super) fn comp(&self, index: usize) -> &str {
        let default = if self.single { "in" } else { "=" };
        self.comps.as_ref().map_or(default, |comps| comps.get(index).map_or(default, |comp| comp.trim()))
    }

    pub(super) fn fields_yaml(&self) -> String {
        self.sequence(&self.fields)
    }

    pub(super) fn comps_yaml(&self) -> Option<String> {
        self.comps.as_ref().map(|comps| self.sequence(comps))
    }

    fn sequence(&self, items: &[String]) -> String {
        match (self.single, items) {
            (true, [only]) => layout::scalar(only, false),
            _ => format!("[{}]", flow(items)),
        }
    }

    /// The values, each as an element of a sequence.
    pub(super) fn rows(&self) -> Vec<String> {
        let row = |tuple: &Vec<Cell>| {
            let cells: Vec<String> = tuple.iter().map(Cell::yaml).collect();
            if self.single { cells.join(", ") } else { format!("[{}]", cells.join(", ")) }
        };
        self.tuples.iter().map(row).collect()
    }

    /// What the exception excepts, as Falco pastes it behind the `not` in the condition.
    pub(super) fn condition(&self) -> Option<String> {
        if self.tuples.is_empty() {
            return None;
        }
        if self.single {
            let values = self.tuples.iter().flatten().map(|cell| match cell {
                Cell::Text(text) => Some(quoted(text)),
                Cell::List(_) => None,
            });
            let values = values.collect::<Option<Vec<_>>>()?.join(", ");
            return Some(format!("({} {} ({values}))", self.fields.first()?, self.comp(0)));
        }
        let tuples = self.tuples.iter().map(|tuple| {
            let checks = tuple.iter().enumerate().map(|(index, cell)| {
                let comp = self.comp(index);
                Some(format!("{} {comp} {}", self.fields.get(index)?, cell.pasted(comp)))
            });
            Some(format!("({})", checks.collect::<Option<Vec<_>>>()?.join(" and ")))
        });
        let tuples = tuples.collect::<Option<Vec<_>>>()?;
        Some(if let [only] = tuples.as_slice() { only.clone() } else { format!("({})", tuples.join(" or ")) })
    }

    /// A whole exception, as an element of a block sequence without its dash.
    pub(super) fn element(&self, name: &str) -> Vec<String> {
        let mut lines =
            vec![format!("name: {}", layout::scalar(name, false)), format!("fields: {}", self.fields_yaml())];
        lines.extend(self.comps_yaml().map(|comps| format!("comps: {comps}")));
        lines.push("values:".to_owned());
        lines.extend(self.rows().into_iter().map(|row| format!("  - {row}")));
        lines
    }
}

/// The edits that add an exception to a rule's item.
pub(super) fn add(layout: &Layout<'_>, rule: &Rule, name: &str, data: &Data) -> Option<Vec<TextEdit>> {
    let element = data.element(name);
    let first = |indent: &str| element.join(&format!("{}{indent}  ", layout.newline()));
    if let Some(last) = rule.exceptions().last() {
        let range = last.body().node().full_range();
        let in_sequence = layout.element_at(range)?;
        if in_sequence.kind() != falco_syntax::yaml::SyntaxKind::SeqItem {
            return None;
        }
        let indent = " ".repeat(layout.column(in_sequence.text_range().start()));
        return Some(vec![layout.insert_element(&in_sequence, &first(&indent))?]);
    }
    if rule.exceptions_node().is_some() {
        return None;
    }
    let mapping = rule.body().mapping()?;
    let column = layout.column(mapping.range().start());
    let indent = " ".repeat(column + 2);
    let value = format!("{}{indent}- {}", layout.newline(), first(&indent));
    let mut edit = layout.insert_entry(mapping.syntax(), "exceptions", &value)?;
    edit.text = edit.text.replace(": \n", ":\n").replace(": \r\n", ":\r\n");
    Some(vec![edit])
}
