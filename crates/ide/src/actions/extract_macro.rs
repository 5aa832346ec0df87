//! # Extract macro
//! Gives the selected part of a condition, or the check at the cursor, a name: a new macro in front of the item.

use falco_syntax::condition::syntax::SyntaxKind;
use falco_syntax::condition::{self};

use super::site::{self, Site, is_expression, without_parentheses};
use super::{Cx, names};
use crate::types::{Action, ActionKind, Change};

pub(super) fn offer(cx: &Cx<'_>, out: &mut Vec<Action>) {
    let Some((site, selection)) = cx.condition() else { return };
    let range = match selection.is_empty() {
        false => selection,
        true => match site.node_at(selection).filter(|node| node.kind() == SyntaxKind::Check) {
            Some(check) => check.text_range(),
            None => return,
        },
    };
    let Some((body, is_check)) = body(site.slice(range)) else { return };
    let what = if is_check { body.as_str() } else { "" };
    let item = cx.item.as_ref().and_then(falco_syntax::ast::Item::name).unwrap_or_default();
    let otherwise = names::fresh(cx.analysis, &format!("{item} part"), "part");
    let name = if is_check { names::fresh(cx.analysis, what, &otherwise) } else { otherwise };
    let Some(change) = change(cx, &site, range, &name, &body) else { return };
    cx.offer(out, ActionKind::Extract, "extract-macro", format!("Extract into macro `{name}`"), change);
}

fn change(cx: &Cx<'_>, site: &Site<'_>, range: falco_syntax::TextRange, name: &str, body: &str) -> Option<Change> {
    let item = cx.layout.item_at(site.scalar.range())?;
    let definition = format!("- macro: {name}\n  condition: {}", site::value(body, 4, "\n"));
    let insert = cx.layout.insert_item(&item, &definition)?;
    Some(Change::of_file(cx.file, vec![insert, site.replace(range, name)]))
}

/// The text as a condition of its own, and whether it is a single check; `None` if it is none, or a macro already.
fn body(text: &str) -> Option<(String, bool)> {
    let parse = condition::parse(text);
    let root = parse.syntax();
    let node = root.children().find(|node| is_expression(node.kind())).filter(|_| parse.errors().is_empty())?;
    let inner = without_parentheses(&node);
    let is_check = inner.kind() == SyntaxKind::Check;
    (inner.kind() != SyntaxKind::MacroRef).then(|| (site::one_line(&inner.text().to_string()), is_check))
}

#[cfg(test)]
mod tests {
    use crate::actions::tests::{check, check_absent};

    #[test]
    fn extracts_a_selection_of_a_folded_condition() {
        check(
            "Extract into macro `shell_started_part`",
            r#"
# What this is about.
- rule: Shell started
  desc: d
  condition: >
    evt.type = execve
    and $0(proc.name = bash or
         proc.name = "z: sh")$0
  output: o
  priority: INFO
"#,
            r#"
- macro: shell_started_part
  condition: >
    proc.name = bash
    or proc.name = "z: sh"

# What this is about.
- rule: Shell started
  desc: d
  condition: >
    evt.type = execve
    and shell_started_part
  output: o
  priority: INFO
"#,
        );
    }

    #[test]
    fn extracts_the_check_at_the_cursor() {
        check(
            "Extract into macro `proc_name_in_a_b`",
            "- macro: m\n  condition: 'evt.type = execve and proc.na$0me in (a, b)'\n",
            "- macro: proc_name_in_a_b\n  condition: proc.name in (a, b)\n\n- macro: m\n  condition: 'evt.type = execve and proc_name_in_a_b'\n",
        );
    }

    #[test]
    fn not_what_would_change_the_meaning() {
        let title = "Extract into macro";
        check_absent(title, "- macro: m\n  condition: $0evt.type = open or evt.type = close$0 and fd.num = 1\n");
        check_absent(title, "- macro: m\n  condition: evt.type = open $0and fd.num = 1$0\n");
        check_absent(title, "- macro: a\n  condition: fd.num = 1\n- macro: m\n  condition: evt.type = open and $0a\n");
    }
}
