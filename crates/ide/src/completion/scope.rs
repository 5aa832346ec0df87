//! Which macros and lists an item can see.
//!
//! A rule sees all of them. A macro sees the macros, a list the lists, whose first definition comes before its own last change.

use falco_catalog::keys::ItemKind as KeyOwner;
use falco_compiler::{ItemKind, Named, Span};

use crate::Analysis;
use crate::context::ItemFacts;

/// What the item at the cursor can see.
#[derive(Debug)]
pub(crate) struct Scope {
    kind: Option<KeyOwner>,
    name: Option<String>,
    /// Its last change; `None` while it is not known to the snapshot.
    last_change: Option<Span>,
}

impl Scope {
    /// The scope of an item.
    pub(crate) fn of(analysis: &Analysis, item: &ItemFacts) -> Self {
        let kind = match item.kind {
            Some(KeyOwner::Macro) => Some(ItemKind::Macro),
            Some(KeyOwner::List) => Some(ItemKind::List),
            _ => None,
        };
        let named = kind.zip(item.name.as_deref()).and_then(|(kind, name)| analysis.compilation().named(kind, name));
        Self { kind: item.kind, name: item.name.clone(), last_change: named.and_then(|named| named.last_item()) }
    }

    /// Whether the item can use a macro.
    pub(crate) fn sees_macro(&self, named: &Named<'_>) -> bool {
        self.kind != Some(KeyOwner::Macro) || self.comes_after(named)
    }

    /// Whether the item's list can have another list's items in it.
    pub(crate) fn sees_list(&self, named: &Named<'_>) -> bool {
        self.kind != Some(KeyOwner::List) || self.comes_after(named)
    }

    fn comes_after(&self, named: &Named<'_>) -> bool {
        let place = |span: Span| (span.file, span.start);
        let first = named.first_item().map(place);
        let before = self.last_change.is_none_or(|last| first.is_some_and(|first| first < place(last)));
        before && self.name.as_deref() != Some(&**named.name())
    }
}
