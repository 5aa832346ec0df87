//! # Extract list
//! Gives the constants of `in (…)` and the like a name: a new list in front of the item.

use falco_syntax::condition;
use falco_syntax::condition::nodes::{Check, ConditionNode, List};
use falco_syntax::condition::syntax::{SyntaxKind, SyntaxNode};

use super::{Cx, layout, names};
use crate::types::{Action, ActionKind, Change};

pub(super) fn offer(cx: &Cx<'_>, out: &mut Vec<Action>) {
    let Some((site, selection)) = cx.condition() else { return };
    let Some(check) = site.node_at(selection).and_then(Check::cast) else { return };
    let Some(list) = check.right().and_then(List::cast) else { return };
    let constants: Vec<SyntaxNode> = list.items().map(|item| item.syntax().clone()).collect();
    if constants.is_empty() {
        return;
    }
    let left = check.left().map(|left| left.text().to_string()).unwrap_or_default();
    let name = names::fresh(cx.analysis, &format!("{left} values"), "values");
    let Some(item) = cx.layout.item_at(site.scalar.range()) else { return };
    let written = |constant: &SyntaxNode, raw: bool| {
        let text = constant.text().to_string();
        layout::scalar(&if raw { text } else { plain(constant).unwrap_or(text) }, true)
    };
    // Falco puts the quotes back where there is a blank; where it would not, they are kept.
    for raw in [false, true] {
        let elements: Vec<String> = constants.iter().map(|constant| written(constant, raw)).collect();
        let definition = format!("- list: {name}\n  items: [{}]", elements.join(", "));
        let Some(insert) = cx.layout.insert_item(&item, &definition) else { return };
        let replace = site.replace(list.range(), &format!("({name})"));
        let change = Change::of_file(cx.file, vec![insert, replace]);
        let before = out.len();
        cx.offer(out, ActionKind::Extract, "extract-list", format!("Extract into list `{name}`"), change);
        if out.len() > before {
            return;
        }
    }
}

/// The value of a quoted constant.
fn plain(constant: &SyntaxNode) -> Option<String> {
    let token = constant.first_token().filter(|token| token.kind() == SyntaxKind::Quoted)?;
    let (expr, errors) = condition::parse_expr(&format!("x.y = {}", token.text()));
    let condition::ast::Expr::Check(check) = expr else { return None };
    match check.right {
        condition::ast::Right::Value(value) if errors.is_empty() => String::from_utf8(value.value).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::actions::tests::check;

    #[test]
    fn extracts() {
        check(
            "Extract into list `proc_name_values`",
            "# c\n- macro: m\n  condition: >\n    proc.name in (a, \"b c\", 'd,e',\n    $0f) and fd.num = 1\n",
            "- list: proc_name_values\n  items: [a, \"b c\", '''d,e''', f]\n\n# c\n- macro: m\n  condition: >\n    proc.name in (proc_name_values) and fd.num = 1\n"
                .replace("\"b c\"", "'\"b c\"'")
                .as_str(),
        );
        check(
            "Extract into list `proc_name_values`",
            "- macro: m\n  condition: proc.name i$0n (a, \"b c\")\n",
            "- list: proc_name_values\n  items: [a, b c]\n\n- macro: m\n  condition: proc.name in (proc_name_values)\n",
        );
    }

    #[test]
    fn takes_lists_along() {
        check(
            "Extract into list `proc_name_values`",
            "- list: l\n  items: [x]\n- macro: m\n  condition: proc.name i$0n (a, l)\n",
            "- list: l\n  items: [x]\n- list: proc_name_values\n  items: [a, l]\n\n- macro: m\n  condition: proc.name in (proc_name_values)\n",
        );
    }
}
