//! # Create list
//! Makes a list of a word that is compared as a text: the missing list behind `in (shells)`. Until more is added to it, it has the word
//! itself as its item, so that nothing changes.

use falco_compiler::ItemKind;
use falco_syntax::condition::nodes::{List, Value};
use falco_syntax::condition::syntax::SyntaxKind;

use super::Cx;
use crate::types::{Action, ActionKind, Change};

pub(super) fn offer(cx: &Cx<'_>, out: &mut Vec<Action>) {
    let Some((site, selection)) = cx.condition() else { return };
    let root = site.parse.syntax();
    let Some(value) = falco_syntax::condition::nodes::node_at::<Value>(&root, selection.start()) else { return };
    let alone = value.list().is_some_and(|list: List| list.items().count() == 1);
    let Some(token) = value.token().filter(|token| alone && token.kind() != SyntaxKind::Quoted) else { return };
    let name = token.text();
    let is_name = name.contains('_') && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !is_name || cx.analysis.compilation().named(ItemKind::List, name).is_some() {
        return;
    }
    let Some(item) = cx.layout.item_at(site.scalar.range()) else { return };
    let Some(insert) = cx.layout.insert_item(&item, &format!("- list: {name}\n  items: [{name}]")) else { return };
    let title = format!("Create list `{name}`");
    cx.offer(out, ActionKind::Rewrite, "create-list", title, Change::one(cx.file, insert));
}

#[cfg(test)]
mod tests {
    use crate::actions::tests::{check, check_absent};

    #[test]
    fn creates_a_list() {
        check(
            "Create list `my_shells`",
            "# c\n- macro: m\n  condition: proc.name in (my_$0shells)\n",
            "- list: my_shells\n  items: [my_shells]\n\n# c\n- macro: m\n  condition: proc.name in (my_shells)\n",
        );
        check_absent("Create list", "- list: a_b\n  items: [x]\n- macro: m\n  condition: proc.name in ($0a_b)\n");
        check_absent("Create list", "- macro: m\n  condition: proc.name in ($0a_b, c)\n");
    }
}
