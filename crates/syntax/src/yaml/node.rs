//! The semantic view: documents, mappings, sequences and scalars over the tree.
//!
//! A [`Node`] never fails to exist: what is absent in the text is a null node with the place where it would stand. Nodes
//! keep their link to the tree, so that everything has a range.

use super::alias::Aliases;
use super::decode::{self, Decoded};
use super::kind::{SyntaxElement, SyntaxKind, SyntaxNode, SyntaxToken};
use super::schema;
use rowan::{NodeOrToken, TextRange, TextSize};
use std::rc::Rc;

/// All the documents of a text.
#[derive(Debug, Clone)]
pub struct Stream {
    syntax: SyntaxNode,
}

impl Stream {
    /// The view of a tree's root.
    pub fn new(syntax: SyntaxNode) -> Self {
        Self { syntax }
    }

    /// The documents, in order. A text of nothing but blanks and comments has none.
    pub fn documents(&self) -> impl Iterator<Item = Document> + use<> {
        self.syntax.children().filter(|node| node.kind() == SyntaxKind::Document).map(Document::new)
    }

    /// The tree's root.
    pub fn syntax(&self) -> &SyntaxNode {
        &self.syntax
    }
}

/// One document.
#[derive(Debug, Clone)]
pub struct Document {
    syntax: SyntaxNode,
    aliases: Rc<Aliases>,
}

impl Document {
    fn new(syntax: SyntaxNode) -> Self {
        let aliases = Rc::new(Aliases::new(syntax.clone()));
        Self { syntax, aliases }
    }

    /// The root node. In a broken document with more than one candidate it is the first block sequence, since that is what
    /// a rules file is.
    pub fn root(&self) -> Node {
        self.roots().swap_remove(0)
    }

    /// All that counts as a root: one node, or in a broken document all its block sequences, since each may be the items of
    /// a rules file. Never empty.
    pub fn roots(&self) -> Vec<Node> {
        let contents: Vec<_> =
            self.syntax.children_with_tokens().filter(|element| element.kind().is_content()).collect();
        let start = self.syntax.children_with_tokens().find(|element| element.kind() == SyntaxKind::DocStart);
        let place = start.map_or(self.syntax.text_range().start(), |marker| marker.text_range().end());
        let node = |element| Node::new(element, place, &self.aliases);
        let mut sequences = contents.iter().filter(|element| is_block_seq(element)).peekable();
        if sequences.peek().is_some() {
            sequences.map(|element| node(Some(element.clone()))).collect()
        } else {
            vec![node(contents.into_iter().next())]
        }
    }

    /// Whether the document starts with `---`.
    pub fn has_explicit_start(&self) -> bool {
        self.syntax.children_with_tokens().any(|element| element.kind() == SyntaxKind::DocStart)
    }

    /// Whether the document ends with `...`.
    pub fn has_explicit_end(&self) -> bool {
        self.syntax.children_with_tokens().any(|element| element.kind() == SyntaxKind::DocEnd)
    }

    /// The document in the tree.
    pub fn syntax(&self) -> &SyntaxNode {
        &self.syntax
    }
}

fn is_block_seq(element: &SyntaxElement) -> bool {
    match element.kind() {
        SyntaxKind::BlockSeq => true,
        SyntaxKind::Annotated => {
            element.as_node().is_some_and(|node| node.children().any(|child| child.kind() == SyntaxKind::BlockSeq))
        }
        _ => false,
    }
}

/// A YAML node: what stands as a root, key, value or item, perhaps nothing.
#[derive(Debug, Clone)]
pub struct Node {
    /// The content without its properties; absent for a node without text.
    content: Option<SyntaxElement>,
    /// The `Annotated` node around the content, where there is one.
    annotated: Option<SyntaxNode>,
    /// Where an absent node would stand.
    place: TextSize,
    aliases: Rc<Aliases>,
}

/// Two nodes are equal when they are the same place of the same tree.
impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.content == other.content && self.annotated == other.annotated && self.place == other.place
    }
}

impl Eq for Node {}

/// What a node is, with aliases followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NodeKind {
    /// Absent, or a plain `~`, `null`, `Null`, `NULL` without a tag.
    Null,
    /// Any other scalar.
    Scalar,
    /// A sequence.
    Sequence,
    /// A mapping.
    Mapping,
}

impl NodeKind {
    /// For messages: `null`, `a scalar`, `a sequence`, `a mapping`.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Scalar => "a scalar",
            Self::Sequence => "a sequence",
            Self::Mapping => "a mapping",
        }
    }
}

impl Node {
    fn new(element: Option<SyntaxElement>, place: TextSize, aliases: &Rc<Aliases>) -> Self {
        let place = element.as_ref().map_or(place, |element| element.text_range().start());
        let (content, annotated) = match element {
            Some(NodeOrToken::Node(node)) if node.kind() == SyntaxKind::Annotated => {
                (node.children_with_tokens().find(|element| element.kind().is_content()), Some(node))
            }
            element => (element, None),
        };
        Self { content, annotated, place, aliases: Rc::clone(aliases) }
    }

    /// The node of a content element of any tree ([`SyntaxKind::is_content`]), for instance one that a rules file is
    /// embedded in. Aliases are looked up in the element's document.
    pub fn from_syntax(element: SyntaxElement) -> Self {
        let start = element.text_range().start();
        let ancestor = match &element {
            NodeOrToken::Node(node) => Some(node.clone()),
            NodeOrToken::Token(token) => token.parent(),
        };
        let scope = ancestor.and_then(|node| {
            let document = node.ancestors().find(|node| node.kind() == SyntaxKind::Document);
            document.or_else(|| node.ancestors().last())
        });
        let aliases = Rc::new(scope.map_or_else(Aliases::default, Aliases::new));
        Self::new(Some(element), start, &aliases)
    }

    /// What the node is, with aliases followed.
    pub fn kind(&self) -> NodeKind {
        let target = self.resolve();
        match target.content_kind() {
            None if target.tag_text().is_some() => NodeKind::Scalar,
            None | Some(SyntaxKind::Alias) => NodeKind::Null,
            Some(SyntaxKind::BlockSeq | SyntaxKind::FlowSeq) => NodeKind::Sequence,
            Some(SyntaxKind::BlockMap | SyntaxKind::FlowMap | SyntaxKind::FlowPair) => NodeKind::Mapping,
            Some(SyntaxKind::Plain) if target.tag_text().is_none() => {
                let null = target
                    .content
                    .as_ref()
                    .and_then(SyntaxElement::as_token)
                    .is_some_and(|token| schema::is_null(token.text()));
                if null { NodeKind::Null } else { NodeKind::Scalar }
            }
            Some(_) => NodeKind::Scalar,
        }
    }

    /// Whether the node is absent or a plain null.
    pub fn is_null(&self) -> bool {
        self.kind() == NodeKind::Null
    }

    /// Whether there is no text at all for the node: neither content nor properties.
    pub fn is_absent(&self) -> bool {
        self.content.is_none() && self.annotated.is_none()
    }

    /// Whether the node is an alias, `*name`.
    pub fn is_alias(&self) -> bool {
        self.content_kind() == Some(SyntaxKind::Alias)
    }

    /// The name of the alias that the node is.
    pub fn alias_name(&self) -> Option<String> {
        let token = self.content.as_ref()?.as_token()?;
        (token.kind() == SyntaxKind::Alias).then(|| token.text().get(1..).unwrap_or_default().to_owned())
    }

    /// The node that an alias stands for; any other node itself. An alias that cannot be followed (unknown, recursive,
    /// part of an alias bomb) stays itself and counts as null.
    pub fn resolve(&self) -> Self {
        let mut node = self.clone();
        // An anchor cannot stand on an alias, so this ends after one step in text without errors.
        while let Some(NodeOrToken::Token(token)) = &node.content
            && token.kind() == SyntaxKind::Alias
        {
            let Some(target) = node.aliases.target(token.text_range().start()) else { break };
            node = Self::new(Some(target), node.place, &self.aliases);
        }
        node
    }

    /// The range of the content without its properties, or of the properties when there is no content; an empty range for
    /// an absent node. A block scalar's range starts at its `|` or `>`, and ends with its text.
    pub fn range(&self) -> TextRange {
        match (&self.content, &self.annotated) {
            (Some(content), _) => trim_block(content),
            (None, Some(annotated)) => annotated.text_range(),
            (None, None) => TextRange::empty(self.place),
        }
    }

    /// The range of the node with its properties.
    pub fn full_range(&self) -> TextRange {
        match &self.annotated {
            Some(annotated) => TextRange::new(annotated.text_range().start(), self.range().end()),
            None => self.range(),
        }
    }

    /// The content's element in the tree.
    pub fn syntax(&self) -> Option<&SyntaxElement> {
        self.content.as_ref()
    }

    fn content_kind(&self) -> Option<SyntaxKind> {
        self.content.as_ref().map(SyntaxElement::kind)
    }

    /// The scalar, with aliases followed; also for a null that has a text (`~`) or that is absent (an empty scalar).
    pub fn as_scalar(&self) -> Option<Scalar> {
        let target = self.resolve();
        let style = match target.content_kind() {
            None => ScalarStyle::Plain,
            Some(SyntaxKind::Plain) => ScalarStyle::Plain,
            Some(SyntaxKind::SingleQuoted) => ScalarStyle::SingleQuoted,
            Some(SyntaxKind::DoubleQuoted) => ScalarStyle::DoubleQuoted,
            Some(SyntaxKind::BlockScalar) => {
                let folded = target.content.as_ref().and_then(SyntaxElement::as_node).is_some_and(is_folded);
                if folded { ScalarStyle::Folded } else { ScalarStyle::Literal }
            }
            Some(_) => return None,
        };
        Some(Scalar { node: target, style })
    }

    /// The sequence, with aliases followed.
    pub fn as_sequence(&self) -> Option<Sequence> {
        let target = self.resolve();
        let syntax = target.content.as_ref()?.as_node()?.clone();
        matches!(syntax.kind(), SyntaxKind::BlockSeq | SyntaxKind::FlowSeq)
            .then(|| Sequence { syntax, aliases: Rc::clone(&target.aliases) })
    }

    /// The mapping, with aliases followed.
    pub fn as_mapping(&self) -> Option<Mapping> {
        let target = self.resolve();
        let syntax = target.content.as_ref()?.as_node()?.clone();
        matches!(syntax.kind(), SyntaxKind::BlockMap | SyntaxKind::FlowMap | SyntaxKind::FlowPair)
            .then(|| Mapping { syntax, aliases: Rc::clone(&target.aliases) })
    }

    /// The decoded text of a scalar that is not null.
    pub fn text(&self) -> Option<String> {
        if self.kind() == NodeKind::Scalar { Some(self.as_scalar()?.decode().text) } else { None }
    }

    /// The anchor's name.
    pub fn anchor(&self) -> Option<String> {
        self.property(SyntaxKind::Anchor).map(|token| token.text().get(1..).unwrap_or_default().to_owned())
    }

    /// The tag as it is written.
    pub fn tag_text(&self) -> Option<String> {
        self.property(SyntaxKind::Tag).map(|token| token.text().to_owned())
    }

    /// The tag with its handle replaced by what the document's directives say.
    pub fn tag(&self) -> Option<String> {
        self.property(SyntaxKind::Tag).map(|token| schema::resolve_tag(&token))
    }

    fn property(&self, kind: SyntaxKind) -> Option<SyntaxToken> {
        self.annotated
            .as_ref()?
            .children_with_tokens()
            .filter_map(NodeOrToken::into_token)
            .find(|token| token.kind() == kind)
    }
}

/// The range of an element without the line breaks that a block scalar at its end takes in.
fn trim_block(element: &SyntaxElement) -> TextRange {
    let range = element.text_range();
    let last = match element {
        NodeOrToken::Node(node) => node.last_token(),
        NodeOrToken::Token(_) => None,
    };
    match last {
        Some(token) if matches!(token.kind(), SyntaxKind::BlockText | SyntaxKind::BlockIndent) => {
            let spare = token.text().len() - token.text().trim_end_matches([' ', '\t', '\n', '\r']).len();
            TextRange::new(range.start(), range.end() - TextSize::new(u32::try_from(spare).unwrap_or(0)))
        }
        _ => range,
    }
}

fn is_folded(node: &SyntaxNode) -> bool {
    node.first_token().is_some_and(|header| header.text().starts_with('>'))
}

/// How a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ScalarStyle {
    /// Without quotes. An absent node counts as an empty plain scalar.
    Plain,
    /// `'…'`.
    SingleQuoted,
    /// `"…"`.
    DoubleQuoted,
    /// `|`.
    Literal,
    /// `>`.
    Folded,
}

/// A scalar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scalar {
    node: Node,
    style: ScalarStyle,
}

impl Scalar {
    /// How it is written.
    pub fn style(&self) -> ScalarStyle {
        self.style
    }

    /// Its range, with quotes or block header.
    pub fn range(&self) -> TextRange {
        self.node.range()
    }

    /// Its node: the target where an alias led here.
    pub fn node(&self) -> &Node {
        &self.node
    }

    /// The text that it stands for, and where each part of it comes from.
    pub fn decode(&self) -> Decoded {
        match &self.node.content {
            Some(NodeOrToken::Token(token)) => decode::token(token.kind(), token.text(), token.text_range().start()),
            Some(NodeOrToken::Node(block)) => decode::block_scalar(block),
            None => Decoded::empty(self.node.place),
        }
    }
}

/// A sequence.
#[derive(Debug, Clone)]
pub struct Sequence {
    syntax: SyntaxNode,
    aliases: Rc<Aliases>,
}

impl Sequence {
    /// The items' nodes, in order; an item without content is a null node.
    pub fn items(&self) -> impl Iterator<Item = Node> + use<> {
        let aliases = Rc::clone(&self.aliases);
        let block = self.syntax.kind() == SyntaxKind::BlockSeq;
        self.syntax.children_with_tokens().filter_map(move |element| match element {
            NodeOrToken::Node(item) if block && item.kind() == SyntaxKind::SeqItem => Some(item_node(&item, &aliases)),
            element if !block && element.kind().is_content() => {
                Some(Node::new(Some(element), TextSize::new(0), &aliases))
            }
            _ => None,
        })
    }

    /// The `SeqItem` nodes of a block sequence, from dash to end.
    pub fn item_nodes(&self) -> impl Iterator<Item = SyntaxNode> + use<> {
        self.syntax.children().filter(|node| node.kind() == SyntaxKind::SeqItem)
    }

    /// Whether it is written in brackets.
    pub fn is_flow(&self) -> bool {
        self.syntax.kind() == SyntaxKind::FlowSeq
    }

    /// The sequence in the tree.
    pub fn syntax(&self) -> &SyntaxNode {
        &self.syntax
    }

    /// Its range.
    pub fn range(&self) -> TextRange {
        trim_block(&NodeOrToken::Node(self.syntax.clone()))
    }
}

fn item_node(item: &SyntaxNode, aliases: &Rc<Aliases>) -> Node {
    let content = item.children_with_tokens().find(|element| element.kind().is_content());
    let dash = item.first_token().map_or(item.text_range().start(), |dash| dash.text_range().end());
    Node::new(content, dash, aliases)
}

/// A mapping.
#[derive(Debug, Clone)]
pub struct Mapping {
    syntax: SyntaxNode,
    aliases: Rc<Aliases>,
}

impl Mapping {
    /// The entries, in order, duplicates included.
    pub fn entries(&self) -> impl Iterator<Item = Entry> + use<> {
        let aliases = Rc::clone(&self.aliases);
        self.syntax
            .children()
            .filter(|node| node.kind() == SyntaxKind::MapEntry)
            .map(move |syntax| Entry { syntax, aliases: Rc::clone(&aliases) })
    }

    /// The first entry whose key is the scalar `key`: where keys repeat, Falco takes the first.
    pub fn entry(&self, key: &str) -> Option<Entry> {
        self.entries().find(|entry| entry.has_key(key))
    }

    /// The value of [`Mapping::entry`].
    pub fn get(&self, key: &str) -> Option<Node> {
        self.entry(key).map(|entry| entry.value())
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.entries().next().is_none()
    }

    /// Whether it is written in braces (or as a single pair in brackets).
    pub fn is_flow(&self) -> bool {
        self.syntax.kind() != SyntaxKind::BlockMap
    }

    /// The mapping in the tree.
    pub fn syntax(&self) -> &SyntaxNode {
        &self.syntax
    }

    /// Its range, from the first key on.
    pub fn range(&self) -> TextRange {
        trim_block(&NodeOrToken::Node(self.syntax.clone()))
    }
}

/// An entry of a mapping.
#[derive(Debug, Clone)]
pub struct Entry {
    syntax: SyntaxNode,
    aliases: Rc<Aliases>,
}

impl Entry {
    /// The key; null when it is absent.
    pub fn key(&self) -> Node {
        let element = self
            .syntax
            .children_with_tokens()
            .take_while(|element| element.kind() != SyntaxKind::Colon)
            .find(|element| element.kind().is_content());
        let place = match self.syntax.first_token() {
            Some(token) if token.kind() == SyntaxKind::Question => token.text_range().end(),
            _ => self.syntax.text_range().start(),
        };
        Node::new(element, place, &self.aliases)
    }

    /// The key's text, if it is a scalar.
    pub fn key_text(&self) -> Option<String> {
        Some(self.key().as_scalar()?.decode().text)
    }

    fn has_key(&self, key: &str) -> bool {
        // The common case without decoding: a plain key on one line.
        match self.syntax.first_token() {
            Some(token) if token.kind() == SyntaxKind::Plain => {
                if token.text().contains(['\n', '\r']) {
                    self.key_text().as_deref() == Some(key)
                } else {
                    token.text() == key
                }
            }
            _ => self.key_text().as_deref() == Some(key),
        }
    }

    /// The value; null when it is absent.
    pub fn value(&self) -> Node {
        let element = self
            .syntax
            .children_with_tokens()
            .skip_while(|element| element.kind() != SyntaxKind::Colon)
            .find(|element| element.kind().is_content());
        let place = self.colon().map_or(self.syntax.text_range().end(), |colon| colon.text_range().end());
        Node::new(element, place, &self.aliases)
    }

    /// The colon; absent while a key is being typed.
    pub fn colon(&self) -> Option<SyntaxToken> {
        self.syntax
            .children_with_tokens()
            .filter_map(NodeOrToken::into_token)
            .find(|token| token.kind() == SyntaxKind::Colon)
    }

    /// The entry in the tree.
    pub fn syntax(&self) -> &SyntaxNode {
        &self.syntax
    }

    /// From the key to the end of the value.
    pub fn range(&self) -> TextRange {
        let end = if self.colon().is_some() { self.value().range().end() } else { self.key().range().end() };
        TextRange::new(self.syntax.text_range().start(), end)
    }
}
