//! Code actions: repairs of findings and refactorings.
//!
//! One action, one file, with its tests. A refactoring promises that Falco loads the same rules afterwards; it is offered only if
//! `verify` has compiled the result and found that it does. To add one, add a file and a line in `REFACTORINGS`.

mod alert;
mod change;
mod create_list;
mod de_morgan;
mod exception;
mod exception_condition;
mod exception_shape;
mod extract_list;
mod extract_macro;
mod fix;
mod fix_all;
#[cfg(test)]
mod fix_table;
mod ignore;
mod inline;
mod inline_list;
mod inline_macro;
mod layout;
mod lines;
mod merge_in;
mod names;
mod repairs;
mod requirements;
mod site;
mod sort_items;
mod split_in;
#[cfg(test)]
mod tests;
mod verify;

use falco_syntax::TextRange;
use falco_syntax::ast::{Item, RulesFile};

use crate::Analysis;
use crate::types::{Action, ActionFilter, ActionKind, Change, FileId, FileRange};
use layout::Layout;
use site::Site;

pub use alert::{Alert, AlertError, test_from_alert};
pub use change::apply;
pub use fix::{Fix, fixes_of};
pub use fix_all::{FixOptions, Fixed, Skipped, fix_files};

/// Looks for what it can do about a selection.
type Refactoring = fn(&Cx<'_>, &mut Vec<Action>);

/// Every refactoring, in the order in which they are offered.
#[rustfmt::skip]
const REFACTORINGS: &[Refactoring] = &[
    extract_macro::offer,
    inline_macro::offer,
    extract_list::offer,
    inline_list::offer,
    merge_in::offer,
    split_in::offer,
    de_morgan::offer,
    lines::offer,
    sort_items::offer,
    exception_shape::offer,
    exception_condition::offer,
    create_list::offer,
    requirements::offer,
];

/// What an action looks at.
pub(crate) struct Cx<'a> {
    pub(crate) analysis: &'a Analysis,
    pub(crate) file: FileId,
    pub(crate) selection: TextRange,
    layout: Layout<'a>,
    /// The item that the selection is in.
    item: Option<Item>,
}

impl<'a> Cx<'a> {
    fn new(analysis: &'a Analysis, at: FileRange) -> Option<Self> {
        let layout = repairs::layout_of(analysis, at.file)?;
        let len = u32::try_from(layout.text.len()).ok()?;
        let whole = TextRange::up_to(len.into());
        let selection = at.range.intersect(whole).unwrap_or_else(|| TextRange::empty(whole.end()));
        let file = RulesFile::from_parse(layout.tree);
        let starts_before = |item: &Item| item.body().node().full_range().start() <= selection.end();
        let item = file.items().take_while(starts_before).last();
        Some(Self { analysis, file: at.file, selection, layout, item })
    }

    /// The condition that the selection lies in, with the selection in its text.
    fn condition(&self) -> Option<(Site<'a>, TextRange)> {
        let value = self.item.as_ref()?.body().value("condition")?;
        if !value.full_range().contains_range(self.selection) {
            return None;
        }
        let site = Site::of_value(self.layout, &value).filter(Site::is_whole)?;
        let selection = site.to_text(self.selection);
        Some((site, selection))
    }

    /// Offers an action if its change leaves what Falco loads as it is.
    fn offer(&self, out: &mut Vec<Action>, kind: ActionKind, id: &str, title: impl Into<String>, change: Change) {
        if verify::keeps_meaning(self.analysis, &change) {
            let (id, title) = (id.to_owned(), title.into());
            out.push(Action { id, title, kind, preferred: false, fixes: None, change: Some(change) });
        }
    }
}

/// What can be done about a selection.
pub(crate) fn at(analysis: &Analysis, selection: FileRange, filter: &ActionFilter) -> Vec<Action> {
    let Some(cx) = Cx::new(analysis, selection) else { return Vec::new() };
    let wanted = |kind: ActionKind| filter.kinds.is_empty() || filter.kinds.contains(&kind);
    let mut out = Vec::new();
    if wanted(ActionKind::QuickFix) {
        fix::quick_fixes(&cx, &filter.codes, &mut out);
        ignore::offer(&cx, &filter.codes, &mut out);
        alert::offer(&cx, &mut out);
    }
    if wanted(ActionKind::FixAll) {
        fix_all::offer(&cx, &mut out);
    }
    let refactors = [ActionKind::Extract, ActionKind::Inline, ActionKind::Rewrite, ActionKind::Source];
    if refactors.into_iter().any(wanted) {
        REFACTORINGS.iter().for_each(|refactoring| refactoring(&cx, &mut out));
    }
    out.retain(|action| wanted(action.kind));
    out
}

/// The change of an action that [`at`] offered for the same selection.
pub(crate) fn resolve(analysis: &Analysis, selection: FileRange, id: &str) -> Option<Change> {
    if let Some(change) = fix_all::resolve(analysis, selection.file, id) {
        return Some(change);
    }
    let actions = at(analysis, selection, &ActionFilter::default());
    actions.into_iter().find(|action| action.id == id)?.change
}
