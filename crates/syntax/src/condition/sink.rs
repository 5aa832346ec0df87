//! Where the parser puts what it recognises, so that one grammar serves trees, plain data and completion.

use rowan::{Checkpoint, GreenNode, GreenNodeBuilder};

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
pub(crate) struct TreeSink {
    builder: GreenNodeBuilder<'static>,
}

impl TreeSink {
    pub(crate) fn new() -> Self {
        Self { builder: GreenNodeBuilder::new() }
    }

    pub(crate) fn build(self) -> GreenNode {
        self.builder.finish()
    }
}

impl Sink for TreeSink {
    type Mark = Checkpoint;

    fn token(&mut self, kind: SyntaxKind, text: &str) {
        self.builder.token(kind.into(), text);
    }

    fn mark(&mut self) -> Checkpoint {
        self.builder.checkpoint()
    }

    fn start(&mut self, kind: SyntaxKind) {
        self.builder.start_node(kind.into());
    }

    fn start_at(&mut self, mark: Checkpoint, kind: SyntaxKind) {
        self.builder.start_node_at(mark, kind.into());
    }

    fn finish(&mut self) {
        self.builder.finish_node();
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
