//! # Exceptions and conditions
//! Writes an exception into the rule's condition as Falco does, and a `not (…)` of a condition as an exception.

use falco_syntax::ast::Item;
use falco_syntax::condition::nodes::{Check, ConditionNode, List};
use falco_syntax::condition::syntax::{SyntaxKind, SyntaxNode};

use super::exception::{self, Cell, Data};
use super::site::{Site, operands, without_parentheses};
use super::{Cx, exception_shape, repairs};
use crate::types::{Action, ActionKind, Change};

pub(super) fn offer(cx: &Cx<'_>, out: &mut Vec<Action>) {
    if let Some(change) = to_condition(cx) {
        let title = "Write the exception into the condition";
        cx.offer(out, ActionKind::Rewrite, "exception-to-condition", title, change);
    }
    if let Some(change) = to_exception(cx) {
        let title = "Write this part of the condition as an exception";
        cx.offer(out, ActionKind::Rewrite, "condition-to-exception", title, change);
    }
}

fn to_condition(cx: &Cx<'_>) -> Option<Change> {
    let exception = exception_shape::at(cx)?;
    let Item::Rule(rule) = cx.item.as_ref()? else { return None };
    if cx.layout.has_comment(exception.body().node().full_range()) {
        return None;
    }
    let excepted = Data::of(&exception)?.condition()?;
    let site = Site::of_value(cx.layout, &rule.condition()?).filter(Site::is_whole)?;
    let root = site.parse.syntax();
    let node = root.children().find(|node| super::site::is_expression(node.kind()))?;
    let whole = node.text_range();
    let text = match node.kind() {
        SyntaxKind::OrExpr => format!("({}) and not {excepted}", site.slice(whole)),
        _ => format!("{} and not {excepted}", site.slice(whole)),
    };
    // Of a condition that is a conjunction only its end changes.
    let edit = match node.kind() {
        SyntaxKind::OrExpr => site.replace(whole, &text),
        _ => site.replace(falco_syntax::TextRange::empty(whole.end()), &format!(" and not {excepted}")),
    };
    let removed = match rule.exceptions().len() {
        1 => cx.layout.remove_entry(rule.body().field("exceptions")?.entry.syntax())?,
        _ => cx.layout.remove_element(&cx.layout.element_at(exception.body().node().full_range())?)?,
    };
    Some(Change::of_file(cx.file, vec![edit, removed]))
}

fn to_exception(cx: &Cx<'_>) -> Option<Change> {
    let Item::Rule(rule) = cx.item.as_ref()? else { return None };
    let (site, selection) = cx.condition()?;
    let node = site.node_at(selection)?;
    let not = node.ancestors().find(|node| node.kind() == SyntaxKind::NotExpr)?;
    let words = not.children_with_tokens().filter(|token| token.kind() == SyntaxKind::NotKw).count();
    // Exceptions apply to the whole condition.
    let group = not.parent().filter(|parent| parent.kind() == SyntaxKind::AndExpr)?;
    if words != 1 || group.parent()?.kind() != SyntaxKind::Condition {
        return None;
    }
    let data = data(&without_parentheses(operands(&not).first()?))?;
    let taken: Vec<String> = rule.exceptions().iter().filter_map(|e| e.name()?.text()).collect();
    let base: String = data.fields.join("_").chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let names = std::iter::once(base.clone()).chain((2..).map(|number| format!("{base}_{number}")));
    let name = names.into_iter().find(|name| !taken.contains(name))?;
    let mut edits = exception::add(&cx.layout, rule, &name, &data)?;
    edits.push(site.replace(repairs::removal(&not)?, ""));
    Some(Change::of_file(cx.file, edits))
}

/// What is negated as an exception: checks joined by `and`, or such groups with the same fields and operators joined by `or`.
fn data(node: &SyntaxNode) -> Option<Data> {
    let groups = match node.kind() {
        SyntaxKind::OrExpr => operands(node).iter().map(without_parentheses).collect(),
        _ => vec![node.clone()],
    };
    let mut data: Option<Data> = None;
    for group in groups {
        let checks = match group.kind() {
            SyntaxKind::AndExpr => operands(&group).iter().map(without_parentheses).collect(),
            _ => vec![group],
        };
        let (mut fields, mut comps, mut tuple) = (Vec::new(), Vec::new(), Vec::new());
        for check in checks {
            let check = Check::cast(check)?;
            let operator = check.operator()?;
            fields.push(check.left()?.text().to_string());
            let modifier = operator.modifier().map(|modifier| format!(" {}", modifier.text())).unwrap_or_default();
            comps.push(format!("{}{modifier}", operator.token()?.text()));
            let right = check.right()?;
            tuple.push(match right.kind() {
                SyntaxKind::List => {
                    Cell::List(List::cast(right)?.items().map(|item| constant(item.syntax())).collect())
                }
                SyntaxKind::Value => Cell::Text(constant(&right)),
                _ => return None,
            });
        }
        match &mut data {
            None => {
                let comps = (comps.iter().any(|comp| comp != "=")).then_some(comps);
                data = Some(Data { fields, comps, single: false, tuples: vec![tuple] });
            }
            Some(data) => {
                let known =
                    (0..fields.len()).all(|index| comps.get(index).is_some_and(|comp| comp == data.comp(index)));
                if data.fields != fields || !known {
                    return None;
                }
                data.tuples.push(tuple);
            }
        }
    }
    data
}

/// A constant as a value of an exception: without the quotes that Falco puts back.
fn constant(node: &SyntaxNode) -> String {
    let text = node.text().to_string();
    let inner = text.strip_prefix('"').and_then(|inner| inner.strip_suffix('"'));
    match inner.filter(|inner| inner.contains(' ') && !inner.starts_with(['"', '\'']) && !inner.contains('\\')) {
        Some(inner) => inner.to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use crate::actions::tests::{check, check_absent};

    const WITH_EXCEPTION: &str = "- rule: r
  desc: d
  condition: evt.type = open and fd.num > 1
  output: o
  priority: INFO
  exceptions:
    - name: proc_name_fd_name
      fields: [proc.name, fd.name]
      comps: [=, in]
      values:
        - [a b, [/x, /y]]
        - [c, [/z]]
";

    const WITHOUT: &str = "- rule: r
  desc: d
  condition: evt.type = open and fd.num > 1 and not ((proc.name = \"a b\" and fd.name in (/x, /y)) or (proc.name = c and fd.name in (/z)))
  output: o
  priority: INFO
";

    #[test]
    fn there_and_back() {
        check(
            "Write the exception into the condition",
            &WITH_EXCEPTION.replace("name: proc_", "name: $0proc_"),
            WITHOUT,
        );
        check(
            "Write this part of the condition as an exception",
            &WITHOUT.replace("not ((", "n$0ot (("),
            WITH_EXCEPTION,
        );
    }

    #[test]
    fn a_single_field() {
        check(
            "Write the exception into the condition",
            "- rule: r\n  desc: d\n  condition: >\n    evt.type = open or\n    evt.type = openat\n  exceptions:\n    - {name: e$0, fields: proc.name, values: [a, b]}\n  output: o\n  priority: INFO\n",
            "- rule: r\n  desc: d\n  condition: >\n    (evt.type = open or evt.type = openat) and not (proc.name in (a, b))\n  output: o\n  priority: INFO\n",
        );
    }

    #[test]
    fn not_what_is_only_a_part() {
        let rule = "- rule: r\n  desc: d\n  condition: evt.type = open and (fd.num = 1 or n$0ot proc.name = a)\n  output: o\n  priority: INFO\n";
        check_absent("Write this part of the condition as an exception", rule);
    }
}
