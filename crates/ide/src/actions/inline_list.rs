//! # Inline list
//! Puts a list's items in the place of its name in a condition: at the cursor, or everywhere, and then the list goes.

use falco_compiler::{Effective, ItemKind};
use falco_syntax::yaml::SyntaxKind;

use super::inline::everywhere;
use super::site::Site;
use super::{Cx, layout, repairs};
use crate::diagnostics::range;
use crate::names::{self, Subject};
use crate::types::{Action, ActionKind, Change, FileId, FilePosition, TextEdit};

pub(super) fn offer(cx: &Cx<'_>, out: &mut Vec<Action>) {
    let position = FilePosition { file: cx.file, offset: cx.selection.start() };
    let Some((subject @ Subject::Item(ItemKind::List, _), place)) = names::at(cx.analysis, position) else { return };
    let Some(named) = names::named(cx.analysis, &subject) else { return };
    let Effective::List { items } = named.effective() else { return };
    // As Falco pastes them.
    let quoted = |text: &str| match text.contains(' ') && !text.starts_with(['"', '\'']) {
        true => format!("\"{text}\""),
        false => text.to_owned(),
    };
    let body = items.iter().map(|(text, _)| quoted(text)).collect::<Vec<_>>().join(", ");
    let title = format!("Inline list `{}`", named.name());
    let is_use = !named.sites().iter().any(|site| range(site.name) == place && site.name.file.0 == cx.file.0);
    if is_use && let Some(edit) = in_place(cx, cx.file, place, &body, &items) {
        cx.offer(out, ActionKind::Inline, "inline-list", title.clone(), Change::one(cx.file, edit));
    }
    if let Some(change) = everywhere(cx, &named, |file, place| in_place(cx, file, place, &body, &items)) {
        cx.offer(
            out,
            ActionKind::Inline,
            "inline-list-everywhere",
            format!("{title} everywhere and remove it"),
            change,
        );
    }
}

type Items = [(String, falco_compiler::Span)];

/// The edit that puts the items in the place of the name: in the text of a condition, or among the elements of another list.
fn in_place(cx: &Cx<'_>, file: FileId, place: falco_syntax::TextRange, body: &str, items: &Items) -> Option<TextEdit> {
    let layout = repairs::layout_of(cx.analysis, file)?;
    let scalar = layout.scalar_at(place)?;
    let parent = scalar.node().syntax()?.parent()?;
    let range = scalar.range();
    let separator = match parent.kind() {
        SyntaxKind::FlowSeq => ", ".to_owned(),
        SyntaxKind::SeqItem => {
            let indent = " ".repeat(layout.column(parent.text_range().start()));
            format!("{}{indent}- ", layout.newline())
        }
        _ => {
            let site = Site::new(layout, scalar);
            return Some(site.replace(site.to_text(place), body));
        }
    };
    let flow = parent.kind() == SyntaxKind::FlowSeq;
    let elements: Vec<String> = items.iter().map(|(text, _)| layout::scalar(text, flow)).collect();
    Some(TextEdit { range, text: elements.join(&separator) })
}

#[cfg(test)]
mod tests {
    use crate::actions::tests::check;

    const RULES: &str = "
//- /a.yaml
- list: l
  items: [a, b c]

- list: k
  items: [x, l]
//- /b.yaml
- macro: m
  condition: 'proc.name in ($0l, d) and proc.pname in (k)'
";

    #[test]
    fn inlines() {
        check("Inline list `l`", RULES, &RULES.replace("$0l, d", "a, \"b c\", d"));
        check(
            "Inline list `l` everywhere and remove it",
            RULES,
            "
//- /a.yaml
- list: k
  items: [x, a, b c]
//- /b.yaml
- macro: m
  condition: 'proc.name in (a, \"b c\", d) and proc.pname in (k)'
",
        );
    }
}
