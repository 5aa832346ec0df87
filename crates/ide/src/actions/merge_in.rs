//! # Merge into `in`
//! `proc.name = a or proc.name = b` as `proc.name in (a, b)`, and `not proc.name = a and not proc.name = b` as `not proc.name in (a, b)`.

use falco_syntax::TextRange;
use falco_syntax::condition::ast::Operator;
use falco_syntax::condition::nodes::{Check, ConditionNode, List};
use falco_syntax::condition::syntax::{SyntaxKind, SyntaxNode};

use super::Cx;
use super::site::{operands, without_parentheses};
use crate::types::{Action, ActionKind, Change, TextEdit};

pub(super) fn offer(cx: &Cx<'_>, out: &mut Vec<Action>) {
    let Some((site, selection)) = cx.condition() else { return };
    let Some(node) = site.node_at(selection) else { return };
    let groups = node.ancestors().filter(|node| matches!(node.kind(), SyntaxKind::OrExpr | SyntaxKind::AndExpr));
    let Some(alternatives) = groups.filter_map(|group| Alternatives::of(&group, selection)).next() else { return };
    let edits = alternatives.edits().into_iter().map(|(range, text)| site.replace(range, &text));
    let change = Change::of_file(cx.file, edits.collect::<Vec<TextEdit>>());
    let title = format!("Merge into `{} in (…)`", alternatives.left);
    cx.offer(out, ActionKind::Rewrite, "merge-in", title, change);
}

/// Operands that compare the same value with constants.
struct Alternatives {
    /// The `or` of the comparisons, or the `and` of the negated ones.
    group: SyntaxNode,
    negated: bool,
    left: String,
    /// The operands.
    nodes: Vec<SyntaxNode>,
    constants: Vec<String>,
}

impl Alternatives {
    /// Those of a group that the selection touches.
    fn of(group: &SyntaxNode, selection: TextRange) -> Option<Self> {
        let negated = group.kind() == SyntaxKind::AndExpr;
        let all: Vec<(SyntaxNode, String, Vec<String>)> = operands(group)
            .into_iter()
            .filter_map(|node| {
                let (left, constants) = comparison(&node, negated)?;
                Some((node, left, constants))
            })
            .collect();
        let touched = |node: &SyntaxNode| node.text_range().intersect(selection).is_some();
        let left = all.iter().find(|(node, ..)| touched(node)).map(|(_, left, _)| left.clone())?;
        let same: Vec<_> = all.into_iter().filter(|(_, other, _)| *other == left).collect();
        if same.len() < 2 {
            return None;
        }
        let (mut nodes, mut constants) = (Vec::new(), Vec::new());
        for (node, _, some) in same {
            nodes.push(node);
            constants.extend(some);
        }
        Some(Self { group: group.clone(), negated, left, nodes, constants })
    }

    fn edits(&self) -> Vec<(TextRange, String)> {
        let mut seen: Vec<&str> = Vec::new();
        for constant in &self.constants {
            if !seen.contains(&constant.as_str()) {
                seen.push(constant);
            }
        }
        let not = if self.negated { "not " } else { "" };
        let text = format!("{not}{} in ({})", self.left, seen.join(", "));
        let all = operands(&self.group);
        if all.len() == self.nodes.len() {
            // Nothing else is left in the group: parentheses around it go, too.
            let outer = self.group.parent().filter(|parent| parent.kind() == SyntaxKind::ParenExpr);
            return vec![(outer.unwrap_or_else(|| self.group.clone()).text_range(), text)];
        }
        let mut edits = Vec::new();
        for (index, node) in all.iter().enumerate().filter(|(_, node)| self.nodes.contains(node)) {
            match index.checked_sub(1).and_then(|i| all.get(i)) {
                _ if self.nodes.first() == Some(node) => edits.push((node.text_range(), text.clone())),
                Some(before) => {
                    let range = TextRange::new(before.text_range().end(), node.text_range().end());
                    edits.push((range, String::new()));
                }
                None => {}
            }
        }
        edits
    }
}

/// What an operand compares, and with which constants, as they are written.
fn comparison(node: &SyntaxNode, negated: bool) -> Option<(String, Vec<String>)> {
    let mut node = without_parentheses(node);
    if negated {
        let not = Some(node).filter(|node| node.kind() == SyntaxKind::NotExpr)?;
        if not.children_with_tokens().filter(|token| token.kind() == SyntaxKind::NotKw).count() != 1 {
            return None;
        }
        node = without_parentheses(operands(&not).first()?);
    }
    let check = Check::cast(node)?;
    let operator = check.operator().filter(|operator| operator.modifier().is_none())?.op()?;
    let right = check.right()?;
    let constants = match (operator, right.kind()) {
        (Operator::Eq | Operator::EqEq, SyntaxKind::Value) => vec![right.text().to_string()],
        (Operator::In, SyntaxKind::List) => {
            let list = List::cast(right)?;
            list.items().map(|item| item.syntax().text().to_string()).collect()
        }
        _ => return None,
    };
    Some((check.left()?.text().to_string(), constants))
}

#[cfg(test)]
mod tests {
    use crate::actions::tests::{check, check_absent};

    fn on(condition: &str) -> String {
        format!("- macro: m\n  condition: {condition}\n")
    }

    #[test]
    fn merges_alternatives() {
        let merged = |before: &str, after: &str| check("Merge into `proc.name in", &on(before), &on(after));
        merged(
            "evt.type = open and (proc.name = $0a or proc.name = \"b c\")",
            "evt.type = open and proc.name in (a, \"b c\")",
        );
        merged(
            "proc.name = $0a or fd.num = 1 or proc.name in (b, a) or fd.num = 2",
            "proc.name in (a, b) or fd.num = 1 or fd.num = 2",
        );
        merged(">\n    proc.name = $0a\n    or proc.name = b\n    or proc.name = c", ">\n    proc.name in (a, b, c)");
        merged(
            "'not proc.name = $0a and fd.num = 1 and not (proc.name = b)'",
            "'not proc.name in (a, b) and fd.num = 1'",
        );
    }

    #[test]
    fn not_what_would_change_the_meaning() {
        let title = "Merge into";
        check_absent(title, &on("proc.name != $0a and proc.name != b"));
        check_absent(title, &on("proc.name = $0a and proc.name = b"));
        check_absent(title, &on("fd.net = $010.0.0.0/8 or fd.net = 11.0.0.0/8"));
        check_absent(title, &on("fd.types = $0file or proc.name = b"));
    }
}
