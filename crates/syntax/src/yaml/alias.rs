//! Anchors and aliases: which node an alias stands for.

use super::error::{ErrorKind, SyntaxError};
use super::kind::{SyntaxElement, SyntaxKind, SyntaxNode};
use rowan::{NodeOrToken, TextRange, TextSize, WalkEvent};
use rustc_hash::FxHashMap;
use std::cell::OnceCell;

/// How many nodes the aliases of a document may expand to, all together. Past it they are not followed any more.
const MAX_EXPANDED: u64 = 1_000_000;

/// The aliases of one document, looked up when the first one is met.
#[derive(Debug, Clone, Default)]
pub(super) struct Aliases {
    scope: Option<SyntaxNode>,
    targets: OnceCell<FxHashMap<TextSize, SyntaxElement>>,
}

impl Aliases {
    /// The aliases in a document, or in any other node that is looked at for itself.
    pub(super) fn new(scope: SyntaxNode) -> Self {
        Self { scope: Some(scope), targets: OnceCell::new() }
    }

    /// The `Annotated` node that the alias at an offset stands for.
    pub(super) fn target(&self, alias: TextSize) -> Option<SyntaxElement> {
        let scope = self.scope.as_ref()?;
        self.targets.get_or_init(|| resolve(scope).0).get(&alias).cloned()
    }
}

/// Reports the aliases of a stream that cannot be followed.
pub(super) fn check(root: &SyntaxNode) -> Vec<SyntaxError> {
    let documents = root.children().filter(|node| node.kind() == SyntaxKind::Document);
    documents.flat_map(|document| resolve(&document).1).collect()
}

struct Anchor {
    node: SyntaxNode,
    /// Nodes in its expansion; unknown while the anchored node is still open.
    size: Option<u64>,
}

fn resolve(scope: &SyntaxNode) -> (FxHashMap<TextSize, SyntaxElement>, Vec<SyntaxError>) {
    let mut targets = FxHashMap::default();
    let mut errors = Vec::new();
    let mut anchors: FxHashMap<String, usize> = FxHashMap::default();
    let mut known: Vec<Anchor> = Vec::new();
    // Expanded size of each open node, and the anchor that stands on it.
    let mut open: Vec<(u64, Option<usize>)> = Vec::new();
    let mut total = 0_u64;

    for event in scope.preorder_with_tokens() {
        match event {
            WalkEvent::Enter(NodeOrToken::Node(_)) => open.push((1, None)),
            WalkEvent::Leave(NodeOrToken::Node(_)) => {
                let Some((size, anchor)) = open.pop() else { continue };
                if let Some(anchor) = anchor.and_then(|index| known.get_mut(index)) {
                    anchor.size = Some(size);
                }
                if let Some(parent) = open.last_mut() {
                    parent.0 = parent.0.saturating_add(size);
                }
            }
            WalkEvent::Enter(NodeOrToken::Token(token)) => match token.kind() {
                SyntaxKind::Anchor => {
                    let (Some(node), Some(name)) = (token.parent(), token.text().get(1..)) else { continue };
                    anchors.insert(name.to_owned(), known.len());
                    if let Some(top) = open.last_mut() {
                        top.1 = Some(known.len());
                    }
                    known.push(Anchor { node, size: None });
                }
                SyntaxKind::Alias => {
                    let range = token.text_range();
                    let name = token.text().get(1..).unwrap_or_default();
                    let Some(anchor) = anchors.get(name).and_then(|&index| known.get(index)) else {
                        errors.push(error(
                            ErrorKind::UnknownAlias,
                            range,
                            format!("no anchor `&{name}` before this alias"),
                        ));
                        continue;
                    };
                    let Some(size) = anchor.size else {
                        errors.push(error(
                            ErrorKind::RecursiveAlias,
                            range,
                            format!("the alias `*{name}` stands inside of the node that it refers to"),
                        ));
                        continue;
                    };
                    if total.saturating_add(size) > MAX_EXPANDED {
                        if errors.last().is_none_or(|last: &SyntaxError| last.kind != ErrorKind::AliasExpansion) {
                            errors.push(error(
                                ErrorKind::AliasExpansion,
                                range,
                                format!("the aliases expand to more than {MAX_EXPANDED} nodes"),
                            ));
                        }
                        continue;
                    }
                    total += size;
                    if let Some(top) = open.last_mut() {
                        top.0 = top.0.saturating_add(size);
                    }
                    targets.insert(range.start(), NodeOrToken::Node(anchor.node.clone()));
                }
                kind if kind.is_content() => {
                    if let Some(top) = open.last_mut() {
                        top.0 = top.0.saturating_add(1);
                    }
                }
                _ => {}
            },
            WalkEvent::Leave(NodeOrToken::Token(_)) => {}
        }
    }
    (targets, errors)
}

fn error(kind: ErrorKind, range: TextRange, message: String) -> SyntaxError {
    SyntaxError { kind, range, message, help: None }
}
