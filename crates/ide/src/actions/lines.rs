//! # Split and join lines
//! A condition on one line as a folded scalar with a line for each part, and back.

use falco_syntax::yaml::SyntaxKind;

use super::site::{self, Site, one_line};
use super::{Cx, layout};
use crate::types::{Action, ActionKind, Change, TextEdit};

pub(super) fn offer(cx: &Cx<'_>, out: &mut Vec<Action>) {
    let Some((site, _)) = cx.condition() else { return };
    let range = site.scalar.range();
    if site.layout.slice(range).trim_end().contains('\n') {
        let Some(edit) = joined(&site) else { return };
        let title = "Write the condition on one line";
        cx.offer(out, ActionKind::Rewrite, "join-lines", title, Change::one(cx.file, edit));
    } else {
        let Some(edits) = split(&site) else { return };
        let title = "Write each part of the condition on a line";
        cx.offer(out, ActionKind::Rewrite, "split-lines", title, Change::of_file(cx.file, edits));
    }
}

fn is_flow(site: &Site<'_>) -> Option<bool> {
    Some(site.layout.mapping_at(site.scalar.range())?.kind() != SyntaxKind::BlockMap)
}

fn joined(site: &Site<'_>) -> Option<TextEdit> {
    let range = site.scalar.range();
    // A comment behind the header of a block scalar would be lost.
    if site.layout.has_comment(range) {
        return None;
    }
    let end = if site.layout.slice(range).ends_with('\n') { site.layout.newline() } else { "" };
    let text = format!("{}{end}", layout::scalar(&one_line(site.text()), is_flow(site)?));
    Some(TextEdit { range, text })
}

/// A comment behind the scalar becomes one behind the header.
fn split(site: &Site<'_>) -> Option<Vec<TextEdit>> {
    let range = site.scalar.range();
    let line = one_line(site.text());
    if is_flow(site)? || site::lines(&line).len() < 2 {
        return None;
    }
    let key = site.layout.entry_at(range)?.text_range().start();
    let text = site::folded(&line, site.layout.column(key) + 2, site.layout.newline());
    let (header, lines) = text.split_at(1);
    let end = site.layout.line_end(range.end().into());
    let insert = TextEdit { range: layout::span(end, end), text: lines.to_owned() };
    Some(vec![TextEdit { range, text: header.to_owned() }, insert])
}

#[cfg(test)]
mod tests {
    use crate::actions::tests::{check, check_absent};

    #[test]
    fn splits_and_joins() {
        let one = "- macro: m\n  condition: 'evt.type$0 = open and (fd.num = 1 or fd.num = 2) and proc.name = \"x and y\"' # c\n";
        check(
            "Write each part",
            one,
            "- macro: m\n  condition: > # c\n    evt.type = open\n    and (fd.num = 1 or fd.num = 2)\n    and proc.name = \"x and y\"\n",
        );
    }

    #[test]
    fn joins() {
        let folded =
            "- macro: m\n  condition: >\n    evt.type$0 = open\n    and fd.num = 1\n\n# c\n- list: l\n  items: []\n";
        check(
            "Write the condition on one line",
            folded,
            "- macro: m\n  condition: evt.type = open and fd.num = 1\n\n# c\n- list: l\n  items: []\n",
        );
        check(
            "Write the condition on one line",
            "- macro: m\n  condition: evt.type$0 = open\n    and fd.name = \"a: b\"\n",
            "- macro: m\n  condition: 'evt.type = open and fd.name = \"a: b\"'\n",
        );
        check_absent("Write", "- macro: m\n  condition: evt.type$0 = open\n");
        check_absent("Write", "- macro: m\n  condition: > # c\n    evt.type$0 = open\n    and fd.num = 1\n");
    }
}
