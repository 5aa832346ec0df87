//! Where the parser puts what it recognises, so that one grammar serves trees, plain data and completion.

use rowan::{GreenNode, NodeOrToken};

use super::expect::Expected;
use super::syntax::SyntaxKind;
use crate::green::Workshop;

/// Receives tokens and nodes in the order of the text.
pub(crate) trait Sink {
    /// A place where a node may be started later.
    type Mark: Copy;

    /// Whether [`Sink::expect`] wants to be called; what it is told costs time to make.
    const PROBES: bool = false;

    fn token(&mut self, kind: SyntaxKind, text: &str);
    fn mark(&mut self) -> Self::Mark;
    fn start(&mut self, kind: SyntaxKind);
    fn start_at(&mut self, mark: Self::Mark, kind: SyntaxKind);
    fn finish(&mut self);

    /// The parser stands at `at` and looks for `expected`.
    fn expect(&mut self, _at: usize, _expected: Expected) {}
}

/// Builds the lossless tree.
pub(crate) struct TreeSink {
    /// Open nodes: kind and index of the first child.
    parents: Vec<(SyntaxKind, usize)>,
    shop: Workshop,
}

impl TreeSink {
    pub(crate) fn new() -> Self {
        Self { parents: Vec::with_capacity(16), shop: Workshop::borrow() }
    }

    /// The root. Every node that was started has been finished.
    pub(crate) fn build(mut self) -> GreenNode {
        debug_assert!(self.parents.is_empty() && self.shop.children.len() == 1);
        let root = match self.shop.children.pop() {
            Some(NodeOrToken::Node(root)) => root,
            _ => GreenNode::new(SyntaxKind::Condition.into(), std::mem::take(&mut self.shop.children)),
        };
        self.shop.give_back();
        root
    }
}

impl Sink for TreeSink {
    type Mark = usize;

    fn token(&mut self, kind: SyntaxKind, text: &str) {
        let token = self.shop.token(kind.into(), text);
        self.shop.children.push(NodeOrToken::Token(token));
    }

    fn mark(&mut self) -> usize {
        self.shop.children.len()
    }

    fn start(&mut self, kind: SyntaxKind) {
        self.parents.push((kind, self.shop.children.len()));
    }

    fn start_at(&mut self, mark: usize, kind: SyntaxKind) {
        debug_assert!(self.parents.last().is_none_or(|(_, first)| *first <= mark));
        self.parents.push((kind, mark.min(self.shop.children.len())));
    }

    fn finish(&mut self) {
        if let Some((kind, first)) = self.parents.pop() {
            let node = GreenNode::new(kind.into(), self.shop.children.drain(first..));
            self.shop.children.push(NodeOrToken::Node(node));
        }
    }
}

/// Keeps nothing: for callers who want plain data alone.
pub(crate) struct NoSink;

impl Sink for NoSink {
    type Mark = ();

    fn token(&mut self, _: SyntaxKind, _: &str) {}
    fn mark(&mut self) {}
    fn start(&mut self, _: SyntaxKind) {}
    fn start_at(&mut self, (): (), _: SyntaxKind) {}
    fn finish(&mut self) {}
}
