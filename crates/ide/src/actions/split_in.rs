//! # Split `in`
//! `proc.name in (a, b)` as `(proc.name = a or proc.name = b)`. Lists that are named stay `in`.

use falco_compiler::ItemKind;
use falco_syntax::condition::ast::Operator;
use falco_syntax::condition::nodes::{Check, ConditionNode, List};
use falco_syntax::condition::syntax::SyntaxKind;

use super::Cx;
use crate::types::{Action, ActionKind, Change};

pub(super) fn offer(cx: &Cx<'_>, out: &mut Vec<Action>) {
    let Some((site, selection)) = cx.condition() else { return };
    let Some(check) = site.node_at(selection).and_then(Check::cast) else { return };
    let Some((text, range)) = split(cx, &check) else { return };
    let change = Change::one(cx.file, site.replace(range, &text));
    cx.offer(out, ActionKind::Rewrite, "split-in", "Split `in` into alternatives", change);
}

fn split(cx: &Cx<'_>, check: &Check) -> Option<(String, falco_syntax::TextRange)> {
    let operator = check.operator()?;
    if operator.op() != Some(Operator::In) || operator.modifier().is_some() {
        return None;
    }
    let list = List::cast(check.right()?)?;
    let left = check.left()?.text().to_string();
    let checks: Vec<String> = list
        .items()
        .map(|item| item.syntax().text().to_string())
        .map(|item| match cx.analysis.compilation().named(ItemKind::List, &item) {
            Some(_) => format!("{left} in ({item})"),
            None => format!("{left} = {item}"),
        })
        .collect();
    if checks.len() < 2 {
        return None;
    }
    let text = checks.join(" or ");
    let parent = check.syntax().parent().map(|parent| parent.kind());
    let free = matches!(parent, Some(SyntaxKind::Condition | SyntaxKind::OrExpr | SyntaxKind::ParenExpr));
    Some((if free { text } else { format!("({text})") }, check.range()))
}

#[cfg(test)]
mod tests {
    use crate::actions::tests::{check, check_absent};

    fn on(condition: &str) -> String {
        format!("- list: l\n  items: [x]\n- macro: m\n  condition: {condition}\n")
    }

    #[test]
    fn splits() {
        let split = |before: &str, after: &str| check("Split `in`", &on(before), &on(after));
        split(
            "evt.type = open and proc.name $0in (a, \"b c\")",
            "evt.type = open and (proc.name = a or proc.name = \"b c\")",
        );
        split("proc.name $0in (a, l) or fd.num = 1", "proc.name = a or proc.name in (l) or fd.num = 1");
        split("not proc.name in (a,\n      $0b)", "not (proc.name = a or proc.name = b)");
    }

    #[test]
    fn not_what_would_change_the_meaning() {
        check_absent("Split `in`", &on("fd.net in $0(10.0.0.0/8, 11.0.0.0/8)"));
        check_absent("Split `in`", &on("proc.name in $0(a)"));
    }
}
