//! # Ignore this finding here
//! A comment that silences a finding, in front of the key or the item that it stands in.

use falco_syntax::TextRange;

use super::Cx;
use crate::diagnostics::range;
use crate::types::{Action, ActionKind, Change, TextEdit};

/// Offers to silence what the selection touches; not Falco's errors, which cannot be silenced.
pub(super) fn offer(cx: &Cx<'_>, codes: &[String], out: &mut Vec<Action>) {
    let found = cx.analysis.compilation().of_file(falco_compiler::FileId(cx.file.0));
    for diagnostic in found.iter().filter(|d| !d.code.starts_with("LOAD_ERR") && d.code != "stale-ignore") {
        let place = range(diagnostic.span);
        let touches = place.start() <= cx.selection.end() && cx.selection.start() <= place.end();
        if !touches || !(codes.is_empty() || codes.iter().any(|code| code == diagnostic.code)) {
            continue;
        }
        let Some((at, indent)) = line_of(cx, usize::from(place.start())) else { continue };
        let text = format!("{indent}# falco-rs: ignore {}{}", diagnostic.code, cx.layout.newline());
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        out.push(Action {
            id: format!("ignore/{}/{}", diagnostic.code, diagnostic.span.start),
            title: format!("Ignore `{}` here", diagnostic.code),
            kind: ActionKind::QuickFix,
            preferred: false,
            fixes: Some((place, diagnostic.code.to_owned())),
            change: Some(Change::one(cx.file, TextEdit { range: TextRange::empty(at.into()), text })),
        });
    }
}

/// The beginning and the indentation of the line of the key, or of the item, that a place lies in: a comment cannot stand inside of a
/// value.
fn line_of(cx: &Cx<'_>, place: usize) -> Option<(usize, String)> {
    let text = cx.layout.text;
    let body = usize::from(cx.item.as_ref()?.body().node().full_range().start());
    let line_start = |at: usize| text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let first = line_start(body);
    let depth = body - first;
    let mut line = line_start(place);
    while line > first {
        let content = text.get(line..)?.lines().next().unwrap_or_default();
        let indent = content.len() - content.trim_start_matches(' ').len();
        if indent == depth && !content.trim().is_empty() && !content.trim_start().starts_with(['#', '-']) {
            return Some((line, " ".repeat(indent)));
        }
        line = line_start(line - 1);
    }
    Some((first, " ".repeat(text.get(first..)?.len() - text.get(first..)?.trim_start_matches(' ').len())))
}

#[cfg(test)]
mod tests {
    use crate::actions::tests::outcome;

    #[test]
    fn a_comment_comes_before_the_key() {
        let before =
            "- macro: m\n  condition: >\n    evt.type = open\n    and proc.name = a\n    and fd.sport = 65$0616\n";
        let after = "- macro: m\n  # falco-rs: ignore unchecked-macro\n  condition: >\n    evt.type = open\n    and proc.name = a\n    and fd.sport = 65616\n";
        let rule = "- rule: r\n  desc: d\n  condition: m\n  output: x\n  priority: INFO\n";
        let after = after.replace("unchecked-macro", "number-wraps");
        assert_eq!(outcome("Ignore `number-wraps`", &format!("{before}{rule}")), Ok(format!("{after}{rule}")));
    }

    #[test]
    fn a_comment_comes_before_the_item() {
        let before = "- list: a\n  items: []\n\n- list: $0b\n  items: [a]\n";
        let after = "- list: a\n  items: []\n\n# falco-rs: ignore LOAD_UNUSED_LIST\n- list: b\n  items: [a]\n";
        assert_eq!(outcome("Ignore `LOAD_UNUSED_LIST`", before), Ok(after.to_owned()));
    }
}
