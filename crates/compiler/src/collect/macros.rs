//! Macros.

use std::sync::Arc;

use crate::collect::overrides::{Operation, OverrideTable, define_instead, suggest_earlier};
use crate::collect::{Collector, ItemCx, MacroState, Node, SiteRaw};
use crate::index::Change;
use crate::report::FalcoCode;
use crate::sink::RawDiag;
use crate::text::MappedText;

const OVERRIDABLE: OverrideTable = OverrideTable { append: &["condition"], replace: &["condition"] };

impl Collector<'_> {
    pub(super) fn macro_(&mut self, cx: &ItemCx<'_>) {
        let uid = cx.ir.uid;
        let keys = cx.keys();
        let Some(name) = self.required_text(&keys, "macro") else { return };
        if !is_identifier(&name.text) {
            let diag = RawDiag::falco(
                FalcoCode::InvalidMacroName,
                format!("no condition can use a macro named `{}`: it is no identifier", name.text),
                name.loc(uid),
            )
            .help("begin with a letter; then letters, digits and `_` may follow");
            self.sink.report(FalcoCode::InvalidMacroName, diag, cx.path.clone());
        }
        let condition = self.required_text(&keys, "condition");
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
        let append = append_flag || overrides.operation("condition") == Some(Operation::Append);
        let change = match (append, overrides.operation("condition")) {
            (true, _) => Change::Append,
            (false, Some(Operation::Replace)) => Change::Replace,
            (false, _) => Change::Define,
        };
        let site = SiteRaw {
            change: if condition.is_some() { change } else { Change::Broken },
            item: cx.ir.loc(),
            name: name.loc(uid),
            body: keys.get("condition").map(|entry| entry.value.loc(uid)),
        };
        let name: Arc<str> = (&*name.text).into();
        let known = self.collection.macros.id(&name);
        if append && known.is_none() {
            let diag = RawDiag::falco(
                FalcoCode::ErrValidate,
                format!("there is no earlier macro `{name}` to append to"),
                site.name,
            );
            let diag = suggest_earlier(diag, self.suggest.macro_(self.collection, &name), site.name);
            let diag = define_instead(cx, diag);
            self.sink.report(FalcoCode::ErrValidate, diag, cx.path.clone());
            if self.halted() {
                return;
            }
        }
        if let (true, Some(state)) = (overrides.is_broken(), known.and_then(|id| self.collection.macros.get_mut(id))) {
            state.sites.push(SiteRaw { change: Change::Broken, ..site });
            return;
        }
        let index = self.collection.next_index();
        let mapped = condition.as_ref().map(|scalar| MappedText::from_scalar(uid, scalar)).unwrap_or_default();
        let condition_at = (uid, condition.as_ref().map_or(0, |scalar| scalar.start));
        let state = known.and_then(|id| self.collection.macros.get_mut(id));
        match state {
            Some(state) if append => {
                if condition.is_some() {
                    state.joins.push(state.condition.text.len() as u32);
                    let joined = Arc::make_mut(&mut state.condition);
                    joined.push_synthetic(" ", site.body.unwrap_or(site.name), 0);
                    joined.push_mapped(&mapped);
                }
                state.visibility = index;
                state.sites.push(site);
            }
            Some(state) => {
                // A broken redefinition leaves what it wanted to replace, so that users of the macro stay understood.
                if condition.is_some() {
                    state.condition = Arc::new(mapped);
                    state.condition_at = condition_at;
                    state.joins.clear();
                    state.broken = false;
                }
                state.visibility = index;
                state.definition = site.item;
                state.definition_name = site.name;
                state.sites.push(site);
            }
            None => {
                let state = MacroState {
                    name: Arc::clone(&name),
                    condition: Arc::new(mapped),
                    condition_at,
                    index,
                    visibility: index,
                    definition: site.item,
                    definition_name: site.name,
                    // An append to nothing usually is no whole condition.
                    broken: condition.is_none() || append,
                    joins: Vec::new(),
                    sites: vec![site],
                };
                self.collection.macros.insert(&name, state);
            }
        }
        self.collection.changed.extend(self.collection.macros.id(&name).map(Node::Macro));
    }
}

/// Whether the name is an identifier of the condition language.
pub(crate) fn is_identifier(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
