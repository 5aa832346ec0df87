//! Rules are named in rule tests, too. Those are YAML of their own kind, no part of what Falco loads.

use falco_syntax::TextRange;
use falco_syntax::yaml::{self, Node};

use super::write;
use crate::names;
use crate::types::TextEdit;

/// The edits that give a rule its new name in the text of a rule test: in expectations and in `only`.
pub fn rename_in_test(text: &str, old: &str, new: &str) -> Vec<TextEdit> {
    let mut edits = Vec::new();
    for (node, range) in named(text) {
        if node.text().as_deref() == Some(old) {
            let (range, text) = write::whole(&node, range, new);
            edits.push(TextEdit { range, text });
        }
    }
    edits.sort_by_key(|edit| edit.range.start());
    edits
}

/// The places in the text of a rule test that name rules, with the names.
pub fn named_in_test(text: &str) -> Vec<(TextRange, String)> {
    named(text).into_iter().filter_map(|(node, range)| Some((range, node.text()?))).collect()
}

fn named(text: &str) -> Vec<(Node, TextRange)> {
    let parse = yaml::parse(text);
    let mut found = Vec::new();
    let mut add = |node: Node| {
        if !node.is_alias()
            && let Some(range) = names::content(&node)
        {
            found.push((node, range));
        }
    };
    for root in parse.documents().map(|document| document.root()) {
        for test in elements(get(&root, "tests")) {
            elements(get(&test, "expect")).filter_map(|alert| get(&alert, "rule")).for_each(&mut add);
            elements(get(&test, "only")).for_each(&mut add);
        }
    }
    found
}

fn get(node: &Node, key: &str) -> Option<Node> {
    node.as_mapping()?.get(key)
}

fn elements(node: Option<Node>) -> impl Iterator<Item = Node> {
    node.and_then(|node| node.as_sequence()).into_iter().flat_map(|sequence| sequence.items())
}
