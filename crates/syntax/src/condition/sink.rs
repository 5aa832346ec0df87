//! Where the parser puts what it recognises, so that one grammar serves trees, plain data and completion.

use rowan::{GreenNode, GreenToken, NodeOrToken};

use super::expect::Expected;
use super::syntax::SyntaxKind;

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
///
/// Rowan's own builder hashes every token and small node in order to share them, and a condition is too short for that to
/// pay: what repeats in one are blanks, commas, parentheses and `and`. So the last token of each kind is kept and shared with
/// the next one of the same text, and everything else is made anew. That takes 40% off the time of `parse`.
pub(crate) struct TreeSink {
    /// Open nodes: kind and index of the first child.
    parents: Vec<(SyntaxKind, usize)>,
    children: Vec<NodeOrToken<GreenNode, GreenToken>>,
    last: [Option<GreenToken>; SyntaxKind::ALL.len()],
}

impl TreeSink {
    pub(crate) fn new() -> Self {
        Self { parents: Vec::new(), children: Vec::new(), last: [const { None }; SyntaxKind::ALL.len()] }
    }

    /// The root. Every node that was started has been finished.
    pub(crate) fn build(mut self) -> GreenNode {
        debug_assert!(self.parents.is_empty() && self.children.len() == 1);
        match self.children.pop() {
            Some(NodeOrToken::Node(root)) => root,
            _ => GreenNode::new(SyntaxKind::Condition.into(), self.children),
        }
    }
}

impl Sink for TreeSink {
    type Mark = usize;

    fn token(&mut self, kind: SyntaxKind, text: &str) {
        let token = match self.last.get_mut(kind as usize) {
            Some(Some(last)) if last.text() == text => last.clone(),
            Some(last) => last.insert(GreenToken::new(kind.into(), text)).clone(),
            None => GreenToken::new(kind.into(), text),
        };
        self.children.push(NodeOrToken::Token(token));
    }

    fn mark(&mut self) -> usize {
        self.children.len()
    }

    fn start(&mut self, kind: SyntaxKind) {
        self.parents.push((kind, self.children.len()));
    }

    fn start_at(&mut self, mark: usize, kind: SyntaxKind) {
        debug_assert!(self.parents.last().is_none_or(|(_, first)| *first <= mark));
        self.parents.push((kind, mark.min(self.children.len())));
    }

    fn finish(&mut self) {
        if let Some((kind, first)) = self.parents.pop() {
            let node = GreenNode::new(kind.into(), self.children.drain(first..));
            self.children.push(NodeOrToken::Node(node));
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
