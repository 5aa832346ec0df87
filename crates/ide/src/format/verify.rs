//! Whether two texts say the same. Nothing is written that does not pass here.

use std::sync::Arc;

use falco_catalog::Catalog;
use falco_compiler::program::OutputTemplate;
use falco_compiler::{Effective, ItemEntry, Options, SourceFile, compile};
use falco_syntax::yaml::{self, Node, NodeKind, ScalarStyle, SyntaxKind, SyntaxNode};

use super::{comments, condition};

/// Whether an item says the same as `printed`, its new text.
pub(super) fn same_item(item: &SyntaxNode, printed: &str) -> bool {
    let old = item.children_with_tokens().find(|part| part.kind().is_content()).map(Node::from_syntax);
    let parse = yaml::parse(printed);
    // Aliases may lead out of the item; the whole file is parsed again in the end.
    let mut items = parse.documents().flat_map(|d| d.root().as_sequence()).flat_map(|s| s.items());
    let (new, None) = (items.next(), items.next()) else { return false };
    match (old, new) {
        (Some(old), Some(new)) => same_node(&old, &new, Role::Item),
        (None, Some(new)) => new.is_absent(),
        _ => false,
    }
}

/// Whether two texts have the same comments in the same order.
pub(super) fn same_comments(old: &SyntaxNode, old_text: &str, new: &SyntaxNode, new_text: &str) -> bool {
    let texts = |root, text| comments::all(root, text).into_iter().map(|c| c.text.to_owned()).collect::<Vec<_>>();
    texts(old, old_text) == texts(new, new_text)
}

/// Whether two parsed files have the same documents with the same nodes.
pub(super) fn same_documents(old: &yaml::Parse, new: &yaml::Parse) -> bool {
    let (old, new): (Vec<_>, Vec<_>) = (old.documents().collect(), new.documents().collect());
    old.len() == new.len()
        && old.iter().zip(&new).all(|(a, b)| {
            a.has_explicit_start() == b.has_explicit_start()
                && a.has_explicit_end() == b.has_explicit_end()
                && same_node(&a.root(), &b.root(), Role::Items)
        })
}

/// What a node is, as far as it matters for what may differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// The sequence of items.
    Items,
    /// An item.
    Item,
    /// The condition of an item: blanks between its words do not count, nor how the scalar is written.
    Condition,
    /// Anything else.
    Other,
}

fn same_node(old: &Node, new: &Node, role: Role) -> bool {
    if old.is_alias() || new.is_alias() {
        return old.alias_name() == new.alias_name();
    }
    if old.anchor() != new.anchor() || old.tag_text() != new.tag_text() || old.is_absent() != new.is_absent() {
        return false;
    }
    match (old.kind(), new.kind()) {
        (NodeKind::Null, NodeKind::Null) => true,
        (NodeKind::Scalar, NodeKind::Scalar) => same_scalar(old, new, role),
        (NodeKind::Sequence, NodeKind::Sequence) => {
            let inner = if role == Role::Items { Role::Item } else { Role::Other };
            let (Some(old), Some(new)) = (old.as_sequence(), new.as_sequence()) else { return false };
            let (old, new): (Vec<_>, Vec<_>) = (old.items().collect(), new.items().collect());
            old.len() == new.len() && old.iter().zip(&new).all(|(old, new)| same_node(old, new, inner))
        }
        (NodeKind::Mapping, NodeKind::Mapping) => {
            let (Some(old), Some(new)) = (old.as_mapping(), new.as_mapping()) else { return false };
            let (old, new): (Vec<_>, Vec<_>) = (old.entries().collect(), new.entries().collect());
            old.len() == new.len()
                && old.iter().zip(&new).all(|(old, new)| {
                    let is_condition = role == Role::Item && old.key_text().as_deref() == Some("condition");
                    let inner = if is_condition { Role::Condition } else { Role::Other };
                    same_node(&old.key(), &new.key(), Role::Other) && same_node(&old.value(), &new.value(), inner)
                })
        }
        _ => false,
    }
}

fn same_scalar(old: &Node, new: &Node, role: Role) -> bool {
    let (Some(a), Some(b)) = (old.as_scalar(), new.as_scalar()) else { return false };
    let (old, new) = (a.decode().text, b.decode().text);
    if role == Role::Condition {
        let meaning = condition::meaning(&old);
        return old == new || meaning.is_some() && meaning == condition::meaning(&new);
    }
    // Without quotes a text may be a number or a truth value.
    old == new && (a.style() == ScalarStyle::Plain) == (b.style() == ScalarStyle::Plain)
}

/// Whether Falco loads two texts, each for itself, to the same: the verdict, the codes of its warnings, and all that the rules,
/// macros and lists come to.
pub(super) fn same_meaning(old: &str, new: &str) -> bool {
    loaded(old) == loaded(new)
}

/// What a file comes to, without places.
fn loaded(text: &str) -> Vec<String> {
    let compilation =
        compile(&[SourceFile::new("rules.yaml", text.to_owned())], &Options::new(Arc::new(Catalog::builtin())));
    let mut out = Vec::new();
    for load in compilation.load_results() {
        let codes = load.errors.iter().chain(&load.warnings).map(|message| message.code.as_str());
        out.push(format!("{} {:?}", load.successful, codes.collect::<Vec<_>>()));
    }
    let program = compilation.program();
    for rule in &program.rules {
        let outputs: Vec<&OutputTemplate> =
            std::iter::once(&rule.output).chain(rule.extra_fields.iter().map(|(_, output)| output)).collect();
        out.push(format!(
            "{:?}",
            (
                (&rule.name, &rule.desc, &rule.source, rule.priority, &rule.tags, rule.enabled, rule.capture),
                (&rule.condition_text, &rule.events, outputs),
            )
        ));
    }
    let items = compilation.items();
    out.extend(items.lists.iter().chain(&items.macros).chain(&items.rules).map(described));
    out
}

/// An item without places.
fn described(entry: &ItemEntry) -> String {
    let effective = match &entry.effective {
        Effective::List { items } => format!("{:?}", items.iter().map(|(text, _)| text).collect::<Vec<_>>()),
        Effective::Macro { expanded, .. } => format!("{expanded:?}"),
        Effective::Rule { expanded, source, enabled, tags, .. } => format!("{expanded:?} {source} {enabled} {tags:?}"),
    };
    format!(
        "{:?} {} {:?} {effective}",
        entry.kind,
        entry.name,
        entry.sites.iter().map(|s| s.change).collect::<Vec<_>>()
    )
}

/// Whether a tree has text that is no YAML.
pub(super) fn has_garbage(root: &SyntaxNode) -> bool {
    root.descendants_with_tokens().any(|element| matches!(element.kind(), SyntaxKind::Garbage | SyntaxKind::Misplaced))
}
