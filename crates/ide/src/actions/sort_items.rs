//! # Sort items, remove duplicates
//! The elements of a list's `items`, of `tags` and of `in (…)`, in order and each once. Elements of block sequences take their comments
//! along.

use falco_syntax::condition::nodes::{Check, ConditionNode, List};
use falco_syntax::yaml::{Sequence, SyntaxNode};

use super::Cx;
use super::layout::{Layout, span};
use crate::types::{Action, ActionKind, Change, TextEdit};

pub(super) fn offer(cx: &Cx<'_>, out: &mut Vec<Action>) {
    let change = |edit: TextEdit| Change::one(cx.file, edit);
    let edits = |sort: bool| in_condition(cx, sort).or_else(|| in_sequence(cx, sort));
    if let Some(edit) = edits(true) {
        cx.offer(out, ActionKind::Rewrite, "sort-items", "Sort the items", change(edit));
    }
    if let Some(edit) = edits(false) {
        cx.offer(out, ActionKind::Rewrite, "remove-duplicates", "Remove duplicate items", change(edit));
    }
}

/// The elements in the wanted order, by their number; `None` if that is the one they have.
fn order(values: &[String], sort: bool) -> Option<Vec<usize>> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    if sort {
        order.sort_by_key(|index| values.get(*index).map(|value| (value.to_ascii_lowercase(), value.clone())));
    } else {
        let first = |index: &usize| values.iter().position(|other| Some(other) == values.get(*index)) == Some(*index);
        order.retain(first);
    }
    (order.len() != values.len() || !order.is_sorted()).then_some(order)
}

fn in_condition(cx: &Cx<'_>, sort: bool) -> Option<TextEdit> {
    let (site, selection) = cx.condition()?;
    let check = Check::cast(site.node_at(selection)?)?;
    let list = List::cast(check.right()?).filter(|list| list.range().contains_range(selection))?;
    let texts: Vec<String> = list.items().map(|item| item.syntax().text().to_string()).collect();
    let sorted: Vec<String> = order(&texts, sort)?.into_iter().filter_map(|index| texts.get(index).cloned()).collect();
    Some(site.replace(list.range(), &format!("({})", sorted.join(", "))))
}

fn in_sequence(cx: &Cx<'_>, sort: bool) -> Option<TextEdit> {
    let body = cx.item.as_ref()?.body();
    let value = ["items", "tags"].into_iter().filter_map(|key| body.field(key)).find(|field| {
        // On the key, or in the value.
        let whole = field.key.range().cover(field.value.full_range());
        whole.contains_range(cx.selection)
    })?;
    let sequence = value.value.as_sequence().filter(|_| !value.value.is_alias())?;
    let values: Option<Vec<String>> = sequence.items().map(|item| item.text()).collect();
    let order = order(&values?, sort)?;
    if sequence.is_flow() { flow(&cx.layout, &sequence, &order) } else { block(&cx.layout, &sequence, &order) }
}

/// The elements of a flow sequence change places; what stands between them stays, until there are no more.
fn flow(layout: &Layout<'_>, sequence: &Sequence, order: &[usize]) -> Option<TextEdit> {
    if layout.has_comment(sequence.range()) {
        return None;
    }
    let ranges: Vec<_> = sequence.items().map(|item| item.full_range()).collect();
    let (first, last) = (ranges.first()?, ranges.last()?);
    let mut text = String::new();
    for (place, index) in order.iter().enumerate() {
        if let Some(before) = place.checked_sub(1) {
            text.push_str(layout.slice(span(ranges.get(before)?.end().into(), ranges.get(place)?.start().into())));
        }
        text.push_str(layout.slice(*ranges.get(*index)?));
    }
    Some(TextEdit { range: span(first.start().into(), last.end().into()), text })
}

/// The elements of a block sequence as lines with the comments above them and behind them.
fn block(layout: &Layout<'_>, sequence: &Sequence, order: &[usize]) -> Option<TextEdit> {
    let nodes: Vec<SyntaxNode> = sequence.item_nodes().collect();
    let lines: Vec<(usize, usize)> = nodes.iter().map(|node| layout.item_lines(node)).collect();
    let (start, end) = (lines.first()?.0, lines.last()?.1);
    let together = lines.windows(2).all(|pair| matches!(pair, [a, b] if a.1 == b.0));
    let starts_line = layout.slice(span(start, nodes.first()?.text_range().start().into()));
    if !together || !(starts_line.trim().is_empty() || starts_line.contains('#')) {
        return None;
    }
    let mut text = String::new();
    for index in order {
        let (from, to) = lines.get(*index)?;
        let line = layout.text.get(*from..*to)?;
        text.push_str(line);
        if !line.ends_with('\n') {
            text.push_str(layout.newline());
        }
    }
    if !layout.text.get(start..end)?.ends_with('\n') {
        text.truncate(text.trim_end_matches(['\n', '\r']).len());
    }
    Some(TextEdit { range: span(start, end), text })
}

#[cfg(test)]
mod tests {
    use crate::actions::tests::{check, check_absent};

    #[test]
    fn sorts() {
        check(
            "Sort the items",
            "- list: l\n  items: [c$0, \"b\",\n    A]\n",
            "- list: l\n  items: [A, \"b\",\n    c]\n",
        );
        check(
            "Sort the items",
            "- list: l\n  it$0ems:\n    # about b\n    - b\n    - c # c\n    - a\n",
            "- list: l\n  items:\n    - a\n    # about b\n    - b\n    - c # c\n",
        );
        check(
            "Sort the items",
            "- macro: m\n  condition: proc.name in (b, $0a)\n",
            "- macro: m\n  condition: proc.name in (a, b)\n",
        );
        check_absent("Sort the items", "- list: l\n  items: [a$0, b]\n");
        check_absent("Sort the items", "- list: l\n  items: [b, # c\n    a$0]\n");
    }

    #[test]
    fn removes_duplicates() {
        check("Remove duplicate items", "- list: l\n  items: [b, a$0, b, c, a]\n", "- list: l\n  items: [b, a, c]\n");
        check(
            "Remove duplicate items",
            "- list: l\n  items:\n  - b$0\n  - b\n  - a",
            "- list: l\n  items:\n  - b\n  - a",
        );
    }

    #[test]
    fn not_where_the_order_says_something() {
        let text = "- list: l\n  items: [11.0.0.0/8, $010.0.0.0/8]\n- rule: r\n  desc: d\n  condition: evt.type = connect and fd.net in (l)\n  output: o\n  priority: INFO\n";
        check_absent("Sort the items", text);
    }
}
