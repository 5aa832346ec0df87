//! Lists.

use std::sync::Arc;

use crate::collect::overrides::{Operation, OverrideTable, define_instead, suggest_earlier};
use crate::collect::{Collector, ItemCx, ListItem, ListState, Node, SiteRaw};
use crate::index::Change;
use crate::report::FalcoCode;
use crate::sink::RawDiag;

const OVERRIDABLE: OverrideTable = OverrideTable { append: &["items"], replace: &["items"] };

impl Collector<'_> {
    pub(super) fn list(&mut self, cx: &ItemCx<'_>) {
        let uid = cx.ir.uid;
        let keys = cx.keys();
        let Some(name) = self.required_text(&keys, "list") else { return };
        if !is_list_name(&name.text) {
            let diag = RawDiag::falco(
                FalcoCode::InvalidListName,
                format!("`{}` is no good name for a list: it has blanks, quotes or one of `( ) , =`", name.text),
                name.loc(uid),
            );
            self.sink.report(FalcoCode::InvalidListName, diag, cx.path.clone());
        }
        let items = match keys.get("items") {
            Some(_) => self.scalars(&keys, "items"),
            None => {
                self.missing_key(&keys, "items");
                None
            }
        };
        if self.halted() {
            return;
        }
        let append_flag = self.append_flag(cx);
        if self.halted() {
            return;
        }
        let overrides = self.overrides(cx, &OVERRIDABLE);
        if self.halted() {
            return;
        }
        if append_flag && !overrides.is_empty() {
            self.append_and_override(cx);
            if self.halted() {
                return;
            }
        }
        let append = append_flag || overrides.operation("items") == Some(Operation::Append);
        let body = keys.get("items").map(|entry| entry.value.loc(uid));
        let change = match (append, overrides.operation("items")) {
            (true, _) => Change::Append,
            (false, Some(Operation::Replace)) => Change::Replace,
            (false, _) => Change::Define,
        };
        let site = SiteRaw { change, item: cx.ir.loc(), name: name.loc(uid), body };
        let items = items.unwrap_or_default().into_iter().map(|scalar| ListItem { uid, scalar });
        let name: Arc<str> = (&*name.text).into();
        let known = self.collection.lists.id(&name);
        if append && known.is_none() {
            let diag = RawDiag::falco(
                FalcoCode::ErrValidate,
                format!("there is no earlier list `{name}` to append to"),
                site.name,
            );
            let diag = suggest_earlier(diag, self.suggest.list(self.collection, &name), site.name);
            let diag = define_instead(cx, diag);
            self.sink.report(FalcoCode::ErrValidate, diag, cx.path.clone());
            if self.halted() {
                return;
            }
        }
        if let (true, Some(state)) = (overrides.is_broken(), known.and_then(|id| self.collection.lists.get_mut(id))) {
            state.sites.push(SiteRaw { change: Change::Broken, ..site });
            return;
        }
        let index = self.collection.next_index();
        let state = known.and_then(|id| self.collection.lists.get_mut(id));
        match state {
            Some(state) if append => {
                state.items.extend(items);
                state.visibility = index;
                state.sites.push(site);
            }
            Some(state) => {
                state.items = items.collect();
                state.broken = false;
                state.visibility = index;
                state.definition = site.item;
                state.definition_name = site.name;
                state.sites.push(site);
            }
            None => {
                let state = ListState {
                    name: Arc::clone(&name),
                    items: items.collect(),
                    index,
                    visibility: index,
                    definition: site.item,
                    definition_name: site.name,
                    broken: append,
                    sites: vec![site],
                };
                self.collection.lists.insert(&name, state);
            }
        }
        self.collection.changed.extend(self.collection.lists.id(&name).map(Node::List));
    }
}

/// Whether the name is a bare word of the condition language.
fn is_list_name(name: &str) -> bool {
    !name.contains(['(', ')', '"', '\'', '=', ',', ' ', '\t', '\n', '\r', '\u{b}', '\u{c}'])
}
