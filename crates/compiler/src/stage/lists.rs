//! Lists as they are pasted.

use std::sync::Arc;

use crate::collect::{Collection, ListState};
use crate::diagnostic::{ItemKind, Repair};
use crate::lints;
use crate::loc::Loc;
use crate::sink::RawDiag;
use crate::stage::Stage;
use crate::text::{ListPaste, words};

/// A compiled list.
#[derive(Debug)]
pub(crate) struct ListUnit {
    pub(crate) paste: Arc<ListPaste>,
    /// Lists named by items, with the items' places.
    pub(crate) uses: Vec<(u32, Loc)>,
    pub(crate) diags: Vec<RawDiag>,
}

impl Stage<'_> {
    pub(super) fn update_lists(&mut self, collection: &Collection, fresh: &[u32]) {
        for index in fresh {
            let Some(list) = collection.lists.get(*index) else { continue };
            let unit = self.list_unit(collection, *index, list);
            self.units.lists.put(*index, Arc::new(unit));
        }
    }

    fn list_unit(&self, collection: &Collection, index: u32, list: &ListState) -> ListUnit {
        let mut paste = ListPaste::new(Arc::clone(&list.name));
        let mut uses = Vec::new();
        let mut diags = Vec::new();
        for item in &list.items {
            let named = collection.lists.id(&item.scalar.text);
            let earlier = named
                .and_then(|i| Some((i, collection.lists.get(i)?)))
                .filter(|(_, inner)| inner.index < list.visibility);
            match earlier {
                // One level only: the inner list's items as they were written.
                Some((i, inner)) => {
                    uses.push((i, item.scalar.content_loc(item.uid)));
                    for inner_item in &inner.items {
                        paste.push(inner_item.uid, &inner_item.scalar);
                        self.nested_twice(
                            collection,
                            index,
                            list,
                            item.scalar.loc(item.uid),
                            inner,
                            inner_item,
                            &mut diags,
                        );
                    }
                }
                None => paste.push(item.uid, &item.scalar),
            }
        }
        paste.mentions = words(&paste.text).filter_map(|word| collection.lists.id(word)).collect();
        ListUnit { paste: Arc::new(paste), uses, diags }
    }

    /// Lint `nested-list`: a list in a list in a list stays text, unless its turn to be pasted comes later.
    #[allow(clippy::too_many_arguments)]
    fn nested_twice(
        &self,
        collection: &Collection,
        index: u32,
        list: &ListState,
        at: Loc,
        inner: &ListState,
        item: &crate::collect::ListItem,
        diags: &mut Vec<RawDiag>,
    ) {
        let rank = |id| collection.lists.rank(id);
        let Some(innermost) = collection.lists.id(&item.scalar.text).filter(|id| rank(*id) < rank(index)) else {
            return;
        };
        let Some(innermost) = collection.lists.get(innermost) else { return };
        let message = format!(
            "list `{0}` is two levels deep here, through `{1}`, and stays the plain text `{0}`",
            innermost.name, inner.name
        );
        let Some(diag) = lints::nested_list::LINT.diag(&self.options.lints, message, at) else { return };
        let mut diag = diag
            .label(item.scalar.loc(item.uid), "named here")
            .help(format!("name `{}` in list `{}` itself", innermost.name, list.name))
            .repair(
                format!("add `{}` to the list", innermost.name),
                vec![Repair::InsertElement { behind: at, value: innermost.name.to_string() }],
                false,
            );
        diag.item = Some((ItemKind::List, Arc::clone(&list.name)));
        diags.push(diag);
    }
}
