//! # Convert exceptions between shapes
//! A single field with values, a tuple for each value, one tuple with a list; operators written out or left to their defaults.

use falco_syntax::ast::{Exception, Item};
use falco_syntax::yaml::SyntaxKind;

use super::Cx;
use super::exception::{Cell, Data};
use crate::types::{Action, ActionKind, Change, TextEdit};

pub(super) fn offer(cx: &Cx<'_>, out: &mut Vec<Action>) {
    let Some(exception) = at(cx) else { return };
    let Some(data) = Data::of(&exception) else { return };
    let shapes: [(&str, &str, Option<Data>); 5] = [
        ("exception-single", "Write the exception with a single field", single(&data)),
        ("exception-tuples", "Write the exception with a tuple for each value", tuples(&data)),
        ("exception-list", "Write the exception with a list of values", list(&data)),
        ("exception-comps", "Write out the operators of the exception", with_comps(&data)),
        ("exception-no-comps", "Leave the operators of the exception to their defaults", without_comps(&data)),
    ];
    for (id, title, wanted) in shapes {
        let Some(edits) =
            wanted.filter(|wanted| *wanted != data).and_then(|wanted| edits(cx, &exception, &data, &wanted))
        else {
            continue;
        };
        cx.offer(out, ActionKind::Rewrite, id, title, Change::of_file(cx.file, edits));
    }
}

/// The exception that the selection is in.
pub(super) fn at(cx: &Cx<'_>) -> Option<Exception> {
    let Item::Rule(rule) = cx.item.as_ref()? else { return None };
    rule.exceptions().into_iter().find(|exception| {
        let node = exception.body().node();
        !node.is_alias() && node.full_range().contains_range(cx.selection)
    })
}

/// The values of an exception with one field, one by one, and the operator for each of them.
fn values(data: &Data) -> Option<(Vec<String>, &str)> {
    if data.fields.len() != 1 {
        return None;
    }
    let comp = data.comp(0);
    let mut all = Vec::new();
    for cell in data.tuples.iter().flatten() {
        match cell {
            Cell::Text(text) => all.push(text.clone()),
            Cell::List(items) => all.extend(items.iter().cloned()),
        }
    }
    Some((all, if matches!(comp, "=" | "==") { "in" } else { comp }))
}

fn single(data: &Data) -> Option<Data> {
    let (values, comp) = values(data)?;
    let comps = (comp != "in").then(|| vec![comp.to_owned()]);
    let tuples = values.into_iter().map(|value| vec![Cell::Text(value)]).collect();
    (!data.single).then(|| Data { fields: data.fields.clone(), comps, single: true, tuples })
}

fn tuples(data: &Data) -> Option<Data> {
    let (values, comp) = values(data)?;
    let tuples = values.into_iter().map(|value| vec![Cell::Text(value)]).collect();
    (comp == "in").then(|| Data { fields: data.fields.clone(), comps: None, single: false, tuples })
}

fn list(data: &Data) -> Option<Data> {
    let (values, comp) = values(data)?;
    let comps = Some(vec![comp.to_owned()]);
    (values.len() > 1).then(|| Data {
        fields: data.fields.clone(),
        comps,
        single: false,
        tuples: vec![vec![Cell::List(values)]],
    })
}

fn with_comps(data: &Data) -> Option<Data> {
    let comps = (0..data.fields.len()).map(|index| data.comp(index).to_owned()).collect();
    data.comps.is_none().then(|| Data { comps: Some(comps), ..data.clone() })
}

fn without_comps(data: &Data) -> Option<Data> {
    let default = Data { comps: None, ..data.clone() };
    let same = (0..data.fields.len()).all(|index| data.comp(index) == default.comp(index));
    (data.comps.is_some() && same).then_some(default)
}

/// The edits that write the exception as `wanted`; keys that stay the same are left alone.
fn edits(cx: &Cx<'_>, exception: &Exception, data: &Data, wanted: &Data) -> Option<Vec<TextEdit>> {
    let layout = &cx.layout;
    let body = exception.body();
    let mut edits = Vec::new();
    let mut set = |key: &str, text: String| {
        let range = body.value(key)?.full_range();
        (!layout.has_comment(range)).then(|| edits.push(TextEdit { range, text }))
    };
    if wanted.fields_yaml() != data.fields_yaml() {
        set("fields", wanted.fields_yaml())?;
    }
    if wanted.rows() != data.rows() {
        let node = body.value("values")?;
        let block = node.syntax()?.kind() == SyntaxKind::BlockSeq;
        let separator = match block {
            true => format!("{}{}", layout.newline(), " ".repeat(layout.column(node.range().start()))),
            false => ", ".to_owned(),
        };
        let rows: Vec<String> =
            wanted.rows().into_iter().map(|row| if block { format!("- {row}") } else { row }).collect();
        let rows = rows.join(&separator);
        set("values", if block { rows } else { format!("[{rows}]") })?;
    }
    match (body.field("comps"), wanted.comps_yaml()) {
        (Some(field), None) => edits.push(layout.remove_entry(field.entry.syntax())?),
        (Some(_), Some(comps)) if wanted.comps_yaml() != data.comps_yaml() => set("comps", comps)?,
        (None, Some(comps)) => {
            // Behind the fields, where readers look for it.
            let fields = body.field("fields")?;
            let mapping = body.mapping()?;
            let (end, start) = (fields.value.range().end(), mapping.range().start());
            let separator = match mapping.is_flow() {
                true => ", ".to_owned(),
                false => format!("{}{}", layout.newline(), " ".repeat(layout.column(start))),
            };
            let text = format!("{separator}comps: {comps}");
            match edits.iter_mut().find(|edit| edit.range.end() == end) {
                Some(edit) => edit.text.push_str(&text),
                None => edits.push(TextEdit { range: falco_syntax::TextRange::empty(end), text }),
            }
        }
        _ => {}
    }
    Some(edits)
}

#[cfg(test)]
mod tests {
    use crate::actions::tests::{check, check_absent};

    fn rule(exception: &str) -> String {
        format!(
            "- rule: r\n  desc: d\n  condition: evt.type = open\n  output: o\n  priority: INFO\n  exceptions:\n{exception}"
        )
    }

    #[track_caller]
    fn converts(title: &str, before: &str, after: &str) {
        check(title, &rule(before), &rule(after));
    }

    const SINGLE: &str = "    - name: $0e\n      fields: proc.name\n      values: [a, b c]\n";

    #[test]
    fn between_the_shapes_of_one_field() {
        converts(
            "Write the exception with a tuple for each value",
            SINGLE,
            "    - name: e\n      fields: [proc.name]\n      values: [[a], [b c]]\n",
        );
        converts(
            "Write the exception with a list of values",
            SINGLE,
            "    - name: e\n      fields: [proc.name]\n      comps: [in]\n      values: [[[a, b c]]]\n",
        );
        converts(
            "Write the exception with a single field",
            "    - name: $0e\n      fields: [proc.name]\n      comps: [=]\n      values:\n        - [a]\n        - ['b: c']\n",
            "    - name: e\n      fields: proc.name\n      values:\n        - a\n        - 'b: c'\n",
        );
        converts(
            "Write the exception with a single field",
            "    - {name: $0e, fields: [fd.name], comps: [pmatch], values: [[[/a, /b]]]}\n",
            "    - {name: e, fields: fd.name, comps: pmatch, values: [/a, /b]}\n",
        );
    }

    #[test]
    fn operators() {
        converts(
            "Write out the operators",
            "    - {name: $0e, fields: [proc.name, fd.name], values: [[a, b]]}\n",
            "    - {name: e, fields: [proc.name, fd.name], comps: ['=', '='], values: [[a, b]]}\n"
                .replace("'='", "=")
                .as_str(),
        );
        converts(
            "Leave the operators",
            "    - name: $0e\n      fields: proc.name\n      comps: in # c\n      values: [a]\n",
            "    - name: e\n      fields: proc.name\n      values: [a]\n",
        );
    }

    #[test]
    fn comments_are_kept() {
        check_absent(
            "Write the exception with a single field",
            &rule("    - name: $0e\n      fields: [proc.name]\n      values:\n        - [a] # why\n        - [b]\n"),
        );
        check_absent(
            "Write the exception with",
            &rule("    - {name: $0e, fields: [proc.name, fd.name], values: [[a, b]]}\n"),
        );
    }
}
