//! From the compiler's repairs to edits of the text.

use falco_compiler::{ItemKind, Repair, Span};
use falco_syntax::TextRange;
use falco_syntax::condition::syntax::{SyntaxKind, SyntaxNode};
use falco_syntax::yaml;

use super::layout::{self, Layout, span};
use super::site::{Site, operands};
use crate::Analysis;
use crate::diagnostics::range;
use crate::types::{Change, FileId, TextEdit};

/// What a repair changes; `None` where the layout does not allow it.
pub(super) fn change(analysis: &Analysis, repair: &Repair) -> Option<Change> {
    let at = |place: &Span| Some((FileId(place.file.0), layout_of(analysis, FileId(place.file.0))?, range(*place)));
    let one = |place: &Span, edit: &dyn Fn(&Layout<'_>, TextRange) -> Option<TextEdit>| {
        let (file, layout, place) = at(place)?;
        Some(Change::one(file, edit(&layout, place)?))
    };
    match repair {
        Repair::InsertKey { at, key, value } => {
            one(at, &|layout, place| layout.insert_entry(&layout.mapping_at(place)?, key, value))
        }
        Repair::RemoveEntry(at) => one(at, &|layout, place| layout.remove_entry(&layout.entry_at(place)?)),
        Repair::InsertElement { behind, value } => {
            one(behind, &|layout, place| layout.insert_element(&layout.element_at(place)?, value))
        }
        Repair::RemoveElement(at) => one(at, &|layout, place| layout.remove_element(&layout.element_at(place)?)),
        Repair::RemoveCheck(at) => one(at, &remove_check),
        Repair::Rewrite { at, text } => one(at, &|layout, place| {
            let site = Site::new(*layout, layout.scalar_at(place)?);
            Some(site.replace(site.to_text(place), text))
        }),
        Repair::Value { at, text } => one(at, &|layout, place| {
            let in_flow = layout.mapping_at(place)?.kind() != yaml::SyntaxKind::BlockMap;
            Some(TextEdit { range: place, text: layout::scalar(text, in_flow) })
        }),
        Repair::Wrap(at) => one(at, &wrap),
        Repair::Unwrap(at) => one(at, &unwrap),
        Repair::Move { item, before } => {
            let (from, source, item) = at(item)?;
            let (to, target, before) = at(before)?;
            move_item((from, &source, item), (to, &target, before))
        }
        Repair::Define { kind, name, before } => one(before, &|layout, place| {
            let body = match kind {
                ItemKind::Macro => placeholder(analysis, name, before),
                ItemKind::List => format!("- list: {name}\n  items: []"),
                _ => return None,
            };
            layout.insert_item(&layout.item_at(place)?, &body)
        }),
    }
}

/// A macro of which only the name is known. It never holds, which is how Falco's own rules begin macros that others fill in.
fn placeholder(analysis: &Analysis, name: &str, before: &Span) -> String {
    const NEVER: &str = "never_true";
    let first = analysis.compilation().named(ItemKind::Macro, NEVER).and_then(|never| never.first_item());
    // A macro is seen only by what comes after it.
    let is_seen = first.is_some_and(|first| (first.file.0, first.start) < (before.file.0, before.start));
    let condition = if is_seen { NEVER } else { "evt.num=0" };
    format!("# TODO: say when `{name}` holds; until then it never does\n- macro: {name}\n  condition: ({condition})")
}

/// A file with its tree.
pub(super) fn layout_of(analysis: &Analysis, file: FileId) -> Option<Layout<'_>> {
    Some(Layout { text: analysis.text(file), tree: analysis.tree(file)? })
}

fn remove_check(layout: &Layout<'_>, place: TextRange) -> Option<TextEdit> {
    let site = Site::new(*layout, layout.scalar_at(place)?);
    let node = site.node_at(site.to_text(place)).filter(|node| node.kind() == SyntaxKind::Check)?;
    let range = removal(&node)?;
    Some(site.replace(range, ""))
}

/// The range that takes an operand out of its `and` or `or`, with the word that joins it and the negations and parentheses around it.
/// `None` for a whole condition.
pub(super) fn removal(node: &SyntaxNode) -> Option<TextRange> {
    let mut node = node.clone();
    loop {
        let parent = node.parent()?;
        match parent.kind() {
            SyntaxKind::NotExpr | SyntaxKind::ParenExpr => node = parent,
            SyntaxKind::AndExpr | SyntaxKind::OrExpr => {
                let all = operands(&parent);
                let index = all.iter().position(|other| *other == node)?;
                let (start, end) = (node.text_range().start(), node.text_range().end());
                return match (index.checked_sub(1).and_then(|i| all.get(i)), all.get(index + 1)) {
                    (Some(before), _) => Some(TextRange::new(before.text_range().end(), end)),
                    (None, Some(behind)) => Some(TextRange::new(start, behind.text_range().start())),
                    (None, None) => None,
                };
            }
            _ => return None,
        }
    }
}

fn wrap(layout: &Layout<'_>, place: TextRange) -> Option<TextEdit> {
    let value = layout.value_at(place)?;
    let text = match value.as_scalar() {
        Some(scalar) => {
            let written = layout.slice(scalar.range());
            // As it is, if it is still the same scalar between brackets.
            let text = scalar.decode().text;
            if written.starts_with(['\'', '"']) && !written.contains('\n') {
                written.to_owned()
            } else {
                layout::scalar(text.trim_end(), true)
            }
        }
        None => layout.slice(value.range()).to_owned(),
    };
    let mut text = format!("[{text}]");
    if layout.slice(place).ends_with('\n') {
        text.push_str(layout.newline());
    }
    Some(TextEdit { range: place, text })
}

fn unwrap(layout: &Layout<'_>, place: TextRange) -> Option<TextEdit> {
    let value = layout.value_at(place)?;
    let mut items = value.as_sequence()?.items();
    let (only, none) = (items.next()?, items.next());
    let range = value.range();
    if none.is_some() || layout.has_comment(range) {
        return None;
    }
    Some(TextEdit { range, text: layout::scalar(&only.text()?, false) })
}

/// Moves an item with its comments in front of another one, with a blank line between.
fn move_item(
    (from, source, item): (FileId, &Layout<'_>, TextRange),
    (to, target, before): (FileId, &Layout<'_>, TextRange),
) -> Option<Change> {
    let (item, before) = (source.item_at(item)?, target.item_at(before)?);
    if from == to && item == before
        || source.column(item.text_range().start()) != target.column(before.text_range().start())
    {
        return None;
    }
    let (start, end) = source.item_lines(&item);
    let text = source.text.get(start..end)?.trim_end_matches(['\n', '\r']);
    let removed = source.remove_element(&yaml::SyntaxElement::Node(item))?;
    let (at, _) = target.item_lines(&before);
    let newline = target.newline();
    let mut change = Change::one(from, removed);
    change.push(to, span(at, at), format!("{text}{newline}{newline}"));
    Some(change)
}
