//! An explanation as plain text.

use std::fmt::Write;

use super::{ExplainKind, ExplainNode, Truth};

/// The tree, one part a line.
pub(super) fn render(root: &ExplainNode) -> String {
    let mut out = String::new();
    put(root, "", "", &mut out);
    out
}

fn put(node: &ExplainNode, first: &str, rest: &str, out: &mut String) {
    let mark = if node.holds { "✓" } else { "✗" };
    let children: &[ExplainNode] = match &node.kind {
        ExplainKind::And(children) => {
            let _ = writeln!(out, "{first}{mark} and");
            children
        }
        ExplainKind::Or(children) => {
            let _ = writeln!(out, "{first}{mark} or");
            children
        }
        ExplainKind::Not(child) => {
            let _ = writeln!(out, "{first}{mark} not");
            std::slice::from_ref(&**child)
        }
        ExplainKind::Atom { text, truth, value, right_value, .. } => {
            let value = match (truth, value) {
                (Truth::NoValue, None) => "no value".to_owned(),
                (_, Some(value)) => format!("is {value}"),
                (_, None) => String::new(),
            };
            let right = right_value.as_ref().map(|v| format!(", compared with {v}")).unwrap_or_default();
            let _ = writeln!(out, "{first}{mark} {text}   [{value}{right}]");
            return;
        }
    };
    for (i, child) in children.iter().enumerate() {
        let last = i + 1 == children.len();
        let (branch, stem) = if last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
        put(child, &format!("{rest}{branch}"), &format!("{rest}{stem}"), out);
    }
}
