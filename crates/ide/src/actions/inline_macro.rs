//! # Inline macro
//! Puts a macro's condition in the place of its name: at the cursor, or everywhere, and then the macro goes.

use falco_compiler::{Effective, ItemKind, Named};
use falco_syntax::condition::syntax::SyntaxKind;
use falco_syntax::condition::{self};

use super::inline::everywhere;
use super::site::{self, Site, is_expression};
use super::{Cx, repairs};
use crate::names::{self, Subject};
use crate::types::{Action, ActionKind, Change, FilePosition};

pub(super) fn offer(cx: &Cx<'_>, out: &mut Vec<Action>) {
    let position = FilePosition { file: cx.file, offset: cx.selection.start() };
    let Some((subject @ Subject::Item(ItemKind::Macro, _), _)) = names::at(cx.analysis, position) else { return };
    let Some(named) = names::named(cx.analysis, &subject) else { return };
    let Some(body) = body(&named) else { return };
    let here = cx.condition().and_then(|(site, selection)| {
        let node = site.node_at(selection).filter(|node| node.kind() == SyntaxKind::MacroRef)?;
        Some(Change::one(cx.file, site.replace(node.text_range(), &body)))
    });
    if let Some(change) = here {
        cx.offer(out, ActionKind::Inline, "inline-macro", format!("Inline macro `{}`", named.name()), change);
    }
    let in_place = |file, place| {
        let layout = repairs::layout_of(cx.analysis, file)?;
        let site = Site::new(layout, layout.scalar_at(place)?);
        Some(site.replace(site.to_text(place), &body))
    };
    if let Some(change) = everywhere(cx, &named, in_place) {
        let title = format!("Inline macro `{}` everywhere and remove it", named.name());
        cx.offer(out, ActionKind::Inline, "inline-macro-everywhere", title, change);
    }
}

/// What is put in the place of the macro's name.
fn body(named: &Named<'_>) -> Option<String> {
    let Effective::Macro { text, .. } = named.effective() else { return None };
    let line = site::one_line(&text);
    let parse = condition::parse(&line);
    let root = parse.syntax();
    let node = root.children().find(|node| is_expression(node.kind())).filter(|_| parse.errors().is_empty())?;
    let alone = matches!(node.kind(), SyntaxKind::Check | SyntaxKind::MacroRef | SyntaxKind::ParenExpr);
    Some(if alone { line } else { format!("({line})") })
}

#[cfg(test)]
mod tests {
    use crate::actions::tests::{check, check_absent};

    const RULES: &str = r#"
//- /a.yaml
# Opens.
- macro: opens
  condition: evt.type = open or
    evt.type = openat

- macro: m
  condition: fd.num = 1 and opens
//- /b.yaml
- macro: n
  condition: "not op$0ens and proc.name = \"x\""
"#;

    #[test]
    fn inlines_at_the_cursor() {
        check(
            "Inline macro `opens`",
            RULES,
            &RULES.replace("not op$0ens", "not (evt.type = open or evt.type = openat)"),
        );
    }

    #[test]
    fn inlines_everywhere() {
        check(
            "Inline macro `opens` everywhere and remove it",
            RULES,
            r#"
//- /a.yaml
- macro: m
  condition: fd.num = 1 and (evt.type = open or evt.type = openat)
//- /b.yaml
- macro: n
  condition: "not (evt.type = open or evt.type = openat) and proc.name = \"x\""
"#,
        );
    }

    #[test]
    fn a_macro_that_is_appended_to_stays() {
        let appended = "- macro: m$0\n  condition: fd.num = 1\n- macro: m\n  condition: or fd.num = 2\n  override: {condition: append}\n- macro: n\n  condition: m\n";
        check_absent("Inline macro `m` everywhere", appended);
    }
}
