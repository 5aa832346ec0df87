//! # De Morgan
//! `not (a or b)` as `not a and not b`, and back.

use falco_syntax::condition::syntax::{SyntaxKind, SyntaxNode};

use super::Cx;
use super::site::{Site, operands, without_parentheses};
use crate::types::{Action, ActionKind, Change};

pub(super) fn offer(cx: &Cx<'_>, out: &mut Vec<Action>) {
    let Some((site, selection)) = cx.condition() else { return };
    let Some(node) = site.node_at(selection) else { return };
    for node in node.ancestors() {
        if let Some(text) = inward(&site, &node) {
            let change = Change::one(cx.file, site.replace(node.text_range(), &text));
            cx.offer(out, ActionKind::Rewrite, "not-inward", "Apply `not` to each part", change);
            return;
        }
        if let Some(text) = outward(&site, &node) {
            let outer = node.parent().filter(|parent| parent.kind() == SyntaxKind::ParenExpr).unwrap_or(node);
            let change = Change::one(cx.file, site.replace(outer.text_range(), &text));
            cx.offer(out, ActionKind::Rewrite, "not-outward", "Apply one `not` to the whole", change);
            return;
        }
    }
}

/// `not (a or b)` as `not a and not b`.
fn inward(site: &Site<'_>, node: &SyntaxNode) -> Option<String> {
    let group = without_parentheses(&negated(node)?);
    let parts: Vec<String> = operands(&group).iter().map(|part| negation(site, part)).collect();
    let (word, loose) = match group.kind() {
        SyntaxKind::OrExpr => (" and ", false),
        SyntaxKind::AndExpr => (" or ", true),
        _ => return None,
    };
    let text = parts.join(word);
    let around = node.parent().map(|parent| parent.kind());
    // An `or` in an `and` needs parentheses, and both need them under a `not`.
    let tight = around == Some(SyntaxKind::NotExpr) || (loose && around == Some(SyntaxKind::AndExpr));
    Some(if tight { format!("({text})") } else { text })
}

/// `not a and not b` as `not (a or b)`.
fn outward(site: &Site<'_>, node: &SyntaxNode) -> Option<String> {
    let word = match node.kind() {
        SyntaxKind::AndExpr => " or ",
        SyntaxKind::OrExpr => " and ",
        _ => return None,
    };
    let parts: Option<Vec<String>> = operands(node)
        .iter()
        .map(|part| Some(site.slice(negated(&without_parentheses(part))?.text_range()).to_owned()))
        .collect();
    Some(format!("not ({})", parts?.join(word)))
}

/// What a single `not` negates.
fn negated(node: &SyntaxNode) -> Option<SyntaxNode> {
    let words = node.children_with_tokens().filter(|token| token.kind() == SyntaxKind::NotKw).count();
    (node.kind() == SyntaxKind::NotExpr && words == 1).then(|| operands(node).into_iter().next())?
}

fn negation(site: &Site<'_>, node: &SyntaxNode) -> String {
    if let Some(inner) = negated(node) {
        return site.slice(inner.text_range()).to_owned();
    }
    let text = site.slice(node.text_range());
    match node.kind() {
        SyntaxKind::AndExpr | SyntaxKind::OrExpr | SyntaxKind::NotExpr => format!("not ({text})"),
        _ => format!("not {text}"),
    }
}

#[cfg(test)]
mod tests {
    use crate::actions::tests::check;

    fn on(condition: &str) -> String {
        format!("- macro: m\n  condition: {condition}\n")
    }

    #[test]
    fn inward() {
        let inward = |before: &str, after: &str| check("Apply `not` to each part", &on(before), &on(after));
        inward(
            "fd.num = 1 and $0not (proc.name = a or not proc.name = b)",
            "fd.num = 1 and not proc.name = a and proc.name = b",
        );
        inward(
            "fd.num = 1 and $0not (proc.name = a and fd.num = 2)",
            "fd.num = 1 and (not proc.name = a or not fd.num = 2)",
        );
        inward(
            "$0not (proc.name = a and fd.num = 2 or fd.num = 3)",
            "not (proc.name = a and fd.num = 2) and not fd.num = 3",
        );
    }

    #[test]
    fn outward() {
        let outward = |before: &str, after: &str| check("Apply one `not` to the whole", &on(before), &on(after));
        outward(
            "not proc.name = $0a and not (fd.num = 1 or fd.num = 2)",
            "not (proc.name = a or (fd.num = 1 or fd.num = 2))",
        );
        outward(
            "fd.num = 1 and (not proc.name = $0a or not fd.num = 2)",
            "fd.num = 1 and not (proc.name = a and fd.num = 2)",
        );
    }
}
