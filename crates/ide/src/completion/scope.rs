//! Which macros and lists an item can see.
//!
//! A rule sees all of them. A macro sees the macros, a list the lists, whose first definition comes before its own last change.

use falco_catalog::keys::ItemKind;
use falco_compiler::{ItemKind as Kind, Named, Span};

use crate::Analysis;
use crate::context::ItemFacts;

/// What the item at the cursor can see.
#[derive(Debug)]
pub(crate) struct Scope {
    kind: Option<ItemKind>,
    name: Option<String>,
    /// Its last change; `None` while it is not known to the snapshot.
    last_change: Option<Span>,
}

impl Scope {
    /// The scope of an item.
    pub(crate) fn of(analysis: &Analysis, item: &ItemFacts) -> Self {
        let named = |kind, name| analysis.compilation().named(kind, name);
        let own = item.name.as_deref().and_then(|name| match item.kind {
            Some(ItemKind::Macro) => named(Kind::Macro, name),
            Some(ItemKind::List) => named(Kind::List, name),
            _ => None,
        });
        Self {
            kind: item.kind,
            name: item.name.clone(),
            last_change: own.and_then(|own| own.sites().last().map(|site| site.item)),
        }
    }

    /// Whether the item can use a macro.
    pub(crate) fn sees_macro(&self, named: Named<'_>) -> bool {
        self.kind != Some(ItemKind::Macro) || self.comes_after(named)
    }

    /// Whether the item's list can have another list's items in it.
    pub(crate) fn sees_list(&self, named: Named<'_>) -> bool {
        self.kind != Some(ItemKind::List) || self.comes_after(named)
    }

    fn comes_after(&self, named: Named<'_>) -> bool {
        let place = |span: Span| (span.file, span.start);
        let first = named.first_item().map(place);
        let before = self.last_change.is_none_or(|last| first.is_some_and(|first| first < place(last)));
        before && self.name.as_deref() != Some(&**named.name())
    }
}
