//! What stands at a position.

pub(crate) mod item;

use falco_catalog::keys::{ItemKind as KeyOwner, KeyInfo, KeyValue, override_action_doc};
use falco_catalog::{EngineVersion, event, language, versions};
use falco_syntax::condition::nodes::{Call, Check, ConditionNode as _, FieldRef, token_at};
use falco_syntax::condition::syntax::{SyntaxKind, SyntaxToken};
use falco_syntax::condition::{self};
use falco_syntax::{TextRange, output};

use crate::Analysis;
use crate::context::{self, Context, Embedded, ItemFacts};
use crate::markup;
use crate::names::{self, Subject};
use crate::types::*;

/// The hover for a position.
pub(crate) fn at(analysis: &Analysis, position: FilePosition) -> Option<Hover> {
    let tree = analysis.tree(position.file)?;
    let text = analysis.text(position.file);
    // Names of items first: list names are pasted as text, so one may stand where the grammar sees a value.
    if let Some((subject, range)) = names::at(analysis, position) {
        let markdown = match (&subject, names::named(analysis, &subject)) {
            (_, Some(named)) => item::item(analysis, named),
            (Subject::Exception { rule, name }, None) => item::exception(analysis, rule, name),
            (Subject::Item(..), None) => return None,
        };
        return Some(Hover { range, markdown });
    }
    let (context, facts) = context::at(tree, text, position.offset)?;
    match context {
        Context::TopLevel { .. } => None,
        Context::Key { owner, range, .. } => {
            let key = owner.key(text.get(std::ops::Range::<usize>::from(range))?)?;
            Some(Hover { range, markdown: key_doc(key) })
        }
        Context::Value { key, embedded, .. } => match key.value {
            KeyValue::Condition => in_condition(analysis, &embedded),
            KeyValue::Output => in_output(analysis, &embedded),
            _ => in_value(analysis, key, &embedded, &facts),
        },
    }
}

fn key_doc(key: &KeyInfo) -> String {
    let mut out = format!("**{}**", key.name);
    if key.required {
        out.push_str(" (required)");
    }
    if key.deprecated {
        out.push_str(" (deprecated)");
    }
    if let Some(since) = key.known_since() {
        out.push_str(&format!(" (since {since})"));
    }
    out.push_str("\n\n");
    out.push_str(&markup::doc(&key.doc()));
    out
}

fn in_condition(analysis: &Analysis, embedded: &Embedded) -> Option<Hover> {
    let parse = condition::parse(&embedded.text);
    let token = token_at(&parse.syntax(), embedded.offset)?;
    let markdown = match token.kind() {
        SyntaxKind::FieldName | SyntaxKind::BareArg => return field_of(analysis, &token, embedded),
        SyntaxKind::Transformer => markup::doc(&language::transformer(token.text())?.doc()),
        SyntaxKind::OperatorToken => {
            let op = language::operator(token.text())?;
            format!("operator **{}**\n\n{}", op.name, markup::doc(&op.doc()))
        }
        SyntaxKind::ModifierToken => markup::doc(&language::modifier_doc(token.text())),
        SyntaxKind::AndKw | SyntaxKind::OrKw | SyntaxKind::NotKw => {
            markup::doc(&language::connective_doc(token.text()))
        }
        SyntaxKind::Bare | SyntaxKind::Quoted => {
            let value = token.text().trim_matches(['"', '\'']);
            let check = token.parent_ancestors().find_map(Check::cast)?;
            value_doc(check.field()?.name()?.text(), value)?
        }
        _ => return None,
    };
    shown(markdown, token.text_range(), embedded)
}

fn in_output(analysis: &Analysis, embedded: &Embedded) -> Option<Hover> {
    let parse = output::parse(&embedded.text);
    let token = token_at(&parse.syntax(), embedded.offset)?;
    match token.kind() {
        SyntaxKind::FieldName | SyntaxKind::BareArg => field_of(analysis, &token, embedded),
        SyntaxKind::Transformer => {
            shown(markup::doc(&language::transformer(token.text())?.doc()), token.text_range(), embedded)
        }
        _ => None,
    }
}

/// The field that a token is the name or the argument of.
fn field_of(analysis: &Analysis, token: &SyntaxToken, embedded: &Embedded) -> Option<Hover> {
    let node =
        token.parent_ancestors().find(|n| FieldRef::cast(n.clone()).is_some() || Call::cast(n.clone()).is_some())?;
    let field = FieldRef::cast(node)?;
    let name = field.name()?;
    shown(field_doc(analysis, name.text())?, field.range(), embedded)
}

/// A field's documentation; of `evt.arg.NAME`, the parameter's too; in an output also of the longest known beginning.
pub(crate) fn field_doc(analysis: &Analysis, name: &str) -> Option<String> {
    let (field, rest) = markup::known_field(analysis.catalog(), name)?;
    let mut out = markup::field(field);
    if let Some(param) = event::param_by_prefix(rest).filter(|_| !rest.is_empty()) {
        out.push_str(&format!("\n\nParameter `{}`: {}", param.name, param.ty.label()));
    }
    Some(out)
}

pub(crate) fn value_doc(field: &str, value: &str) -> Option<String> {
    if matches!(field, "evt.type" | "syscall.type") {
        return markup::event_name(value);
    }
    let word = language::values_of(field).into_iter().find(|w| w.name == value)?;
    Some(format!("**{}**\n\n{}", word.name, markup::doc(&word.doc)))
}

fn in_value(analysis: &Analysis, key: &KeyInfo, embedded: &Embedded, _: &ItemFacts) -> Option<Hover> {
    let text = embedded.text.trim();
    let markdown = match key.value {
        KeyValue::Priority => {
            let name = language::priority(text)?;
            format!("priority **{name}**\n\n{}", markup::doc(&language::priority_doc(name)))
        }
        KeyValue::Source => {
            let source = analysis.catalog().sources().find(|s| s.name == text)?;
            format!("event source **{}**\n\n{}", source.name, source.doc)
        }
        KeyValue::Tags => format!("tag **{text}**\n\n{}", markup::doc(&language::tag_doc(text))),
        KeyValue::OverrideAction => markup::doc(&override_action_doc(text)),
        KeyValue::Fields => field_doc(analysis, text.split('[').next()?)?,
        KeyValue::Operators => markup::doc(&language::operator(text)?.doc()),
        KeyValue::Scalars => markup::event_name(text)?,
        KeyValue::Version if key.item == KeyOwner::EngineVersion => engine(text)?,
        _ => return None,
    };
    shown(markdown, TextRange::up_to(falco_syntax::TextSize::of(embedded.text.as_str())), embedded)
}

/// Which Falco has the engine of a `required_engine_version`.
fn engine(text: &str) -> Option<String> {
    // Before 0.62 engines were counted with one number; `26` still means `0.26.0`.
    let dotted = if text.contains('.') { text.to_owned() } else { format!("0.{text}.0") };
    let version: EngineVersion = dotted.parse().ok()?;
    let has = |release: &&versions::Release| release.lowest >= version;
    let mut out = format!("engine **{version}**\n\n");
    match versions::releases().iter().find(has) {
        Some(release) => out.push_str(&format!("Falco {} and newer load this file.", release.falco)),
        None => out.push_str("No release of Falco that is known here has this engine."),
    }
    Some(out)
}

fn shown(markdown: String, range: TextRange, embedded: &Embedded) -> Option<Hover> {
    (!markdown.trim().is_empty()).then(|| Hover { range: embedded.to_file(range), markdown })
}

#[cfg(test)]
mod tests {
    use crate::fixture::Fixture;

    /// The hovered words, and texts that the hover must have.
    fn check(text: &str, words: &str, has: &[&str]) {
        let fixture = Fixture::new(text);
        let position = fixture.position();
        let hover = fixture.analysis.hover(position).expect("a hover");
        assert_eq!(&fixture.texts[position.file.0 as usize][hover.range], words);
        for part in has {
            assert!(hover.markdown.contains(part), "`{part}` is not in:\n{}", hover.markdown);
        }
    }

    const RULE: &str = "- list: shells
  items: [bash, sh]
- macro: spawned
  condition: evt.type in (execve, execveat) and evt.dir = <
- rule: R
  desc: d
  condition: >
    spawned and
    proc.aname[2] in (shells) and
    fd.name startswith /etc
  output: x %proc.cmdline
  priority: NOTICE
  tags: [T1059]
";

    #[test]
    fn a_field_on_a_later_line_of_a_folded_scalar() {
        check(&RULE.replace("proc.aname", "proc.an$0ame"), "proc.aname[2]", &["**proc.aname", "ancestor"]);
    }

    #[test]
    fn an_operator() {
        check(&RULE.replace("startswith", "starts$0with"), "startswith", &["operator **startswith**"]);
    }

    #[test]
    fn a_macro_is_opened() {
        check(
            &RULE.replace("    spawned", "    spaw$0ned"),
            "spawned",
            &["macro **spawned**", "execveat", "Used 1 time, by 1 rule"],
        );
    }

    #[test]
    fn a_list_shows_its_items() {
        check(&RULE.replace("(shells", "(sh$0ells"), "shells", &["2 items", "bash, sh"]);
    }

    #[test]
    fn an_event_type_shows_its_parameters() {
        check(&RULE.replace("(execve,", "(exe$0cve,"), "execve", &["**execve** event type", "`exe`"]);
    }

    #[test]
    fn a_field_of_an_output() {
        check(&RULE.replace("%proc.cmd", "%proc.c$0md"), "proc.cmdline", &["**proc.cmdline**"]);
    }

    #[test]
    fn keys_priorities_and_tags() {
        check(&RULE.replace("  desc:", "  de$0sc:"), "desc", &["**desc** (required)"]);
        check(&RULE.replace("NOTICE", "NOT$0ICE"), "NOTICE", &["priority **Notice**"]);
        check(&RULE.replace("T1059", "T1$0059"), "T1059", &["T1059"]);
    }

    #[test]
    fn a_rule_tells_its_event_types() {
        check(
            &RULE.replace("rule: R", "rule: $0R"),
            "R",
            &["source `syscall`", "With macros and lists opened", "execve"],
        );
    }

    #[test]
    fn a_rule_tells_what_overrides_change() {
        let text = RULE.replace("rule: R", "rule: $0R")
            + "- rule: R\n  condition: or evt.type = close\n  priority: ERROR\n  override: {condition: append, priority: replace}\n"
            + "- rule: R\n  enabled: false\n  override: {enabled: replace}\n";
        check(
            &text,
            "R",
            &[
                "priority `Error`",
                "disabled",
                "`rules.yaml:5`: defines it",
                "`rules.yaml:14`: appends to `condition`, replaces `priority`",
                "`rules.yaml:18`: replaces `enabled`",
                "x %proc.cmdline",
            ],
        );
    }

    #[test]
    fn an_exception_tells_its_shape() {
        let text = RULE.to_owned()
            + "  exceptions:\n    - name: kno$0wn\n      fields: [proc.name, fd.name]\n      comps: [in, =]\n      values: [[[a], b]]\n"
            + "- rule: R\n  exceptions:\n    - name: known\n      values: [[[c], d], [[e], f]]\n  override: {exceptions: append}\n";
        check(&text, "known", &["exception **known** of rule `R`", "`proc.name` in, `fd.name` =", "3 values"]);
    }

    #[test]
    fn a_macro_tells_its_event_types_and_users() {
        check(
            &RULE.replace("macro: spawned", "macro: $0spawned"),
            "spawned",
            &["Event types: execve, execveat", "Used 1 time, by 1 rule"],
        );
    }

    #[test]
    fn an_engine_version_tells_its_falco() {
        check("- required_engine_version: 0.5$07.0\n", "0.57.0", &["engine **0.57.0**", "Falco 0.42 and newer"]);
        check("- required_engine_version: 2$06\n", "26", &["engine **0.26.0**", "Falco "]);
    }

    #[test]
    fn nothing_on_plain_text() {
        let fixture = Fixture::new(&RULE.replace("desc: d", "desc: $0d"));
        assert_eq!(fixture.analysis.hover(fixture.position()), None);
    }
}
