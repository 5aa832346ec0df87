//! How a name is written where it stands.

use falco_syntax::yaml::{self, Node, ScalarStyle};
use falco_syntax::{TextRange, TextSize};

use crate::Analysis;
use crate::names::{self, Occurrence};
use crate::types::FilePosition;

/// A macro's or list's name within a condition, or as a value: made of letters that every style of scalar takes as they are.
/// `None` if what stands there is not the old name.
pub(super) fn word(analysis: &Analysis, place: Occurrence, old: &str, new: &str) -> Option<(TextRange, String)> {
    let written = analysis.text(place.file).get(std::ops::Range::<usize>::from(place.range))?;
    // In double quotes a letter can be written as an escape.
    (written == old || written.contains('\\')).then(|| (place.range, new.to_owned()))
}

/// A scalar that is a name as a whole, in its own style if that can be.
pub(super) fn scalar(analysis: &Analysis, place: Occurrence, new: &str) -> (TextRange, String) {
    let at = FilePosition { file: place.file, offset: place.range.start() };
    let node = analysis.item_at(at).and_then(|item| {
        let exceptions = match &item {
            falco_syntax::ast::Item::Rule(rule) => rule.exceptions(),
            _ => Vec::new(),
        };
        let nodes = item.head().into_iter().chain(exceptions.into_iter().filter_map(|e| e.name()));
        nodes.into_iter().find(|node| names::content(node) == Some(place.range))
    });
    match node {
        Some(node) => whole(&node, place.range, new),
        None => (place.range, new.to_owned()),
    }
}

/// What replaces a scalar's node, or the content of it, so that it reads as `new`. `content`: the text without what is around it.
pub(crate) fn whole(node: &Node, content: TextRange, new: &str) -> (TextRange, String) {
    let style = node.as_scalar().map(|scalar| scalar.style());
    match style {
        Some(ScalarStyle::SingleQuoted) => (content, new.replace('\'', "''")),
        Some(ScalarStyle::DoubleQuoted) => (content, escaped(new)),
        Some(ScalarStyle::Literal | ScalarStyle::Folded) => (content, new.to_owned()),
        _ if reads_plain(new) => (content, new.to_owned()),
        _ => (content, format!("\"{}\"", escaped(new))),
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

/// Whether a text without quotes reads as itself, in a block and in a flow.
fn reads_plain(text: &str) -> bool {
    if text.contains([',', '[', ']', '{', '}']) {
        return false;
    }
    let parse = yaml::parse(text);
    let root = parse.documents().next().map(|document| document.root());
    let plain = |node: &Node| node.as_scalar().is_some_and(|scalar| scalar.style() == ScalarStyle::Plain);
    parse.errors().is_empty()
        && root.is_some_and(|root| {
            plain(&root) && root.text().as_deref() == Some(text) && root.range().len() == TextSize::of(text)
        })
}
