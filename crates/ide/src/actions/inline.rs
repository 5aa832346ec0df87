//! What inlining macros and lists has in common.

use falco_compiler::{Change as SiteChange, Named};
use falco_syntax::TextRange;
use rowan::NodeOrToken;

use super::{Cx, repairs};
use crate::diagnostics::range;
use crate::types::{Change, FileId, TextEdit};

/// Puts something in the place of every use of a name, and takes the item that defines it out. `None` for a name that several items
/// make, or that nothing uses.
pub(super) fn everywhere(
    cx: &Cx<'_>,
    named: &Named<'_>,
    in_place: impl Fn(FileId, TextRange) -> Option<TextEdit>,
) -> Option<Change> {
    let (sites, references) = (named.sites(), named.references());
    let [only] = sites.as_slice() else { return None };
    if only.change != SiteChange::Define || references.is_empty() {
        return None;
    }
    let mut change = Change::default();
    for reference in &references {
        let file = FileId(reference.span.file.0);
        let edit = in_place(file, range(reference.span))?;
        change.push(file, edit.range, edit.text);
    }
    let file = FileId(only.item.file.0);
    let layout = repairs::layout_of(cx.analysis, file)?;
    let removed = layout.remove_element(&NodeOrToken::Node(layout.item_at(range(only.name))?))?;
    change.push(file, removed.range, removed.text);
    Some(change)
}
