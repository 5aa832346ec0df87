//! The kinds of the YAML tree's tokens and nodes.

/// Kind of a token or a node of the YAML tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u16)]
pub enum SyntaxKind {
    // Trivia.
    /// Blanks, tabs and line breaks.
    Whitespace,
    /// `# …`, without its line break.
    Comment,
    /// A byte order mark.
    Bom,

    // Document structure.
    /// `%YAML …`, `%TAG …`.
    Directive,
    /// `---`.
    DocStart,
    /// `...`.
    DocEnd,

    // Indicators.
    /// `-` of a block sequence item.
    Dash,
    /// `?` of an explicit key.
    Question,
    /// `:` between key and value.
    Colon,
    /// `,` in a flow collection.
    Comma,
    /// `[`.
    LBracket,
    /// `]`.
    RBracket,
    /// `{`.
    LBrace,
    /// `}`.
    RBrace,

    // Properties.
    /// `&name`.
    Anchor,
    /// `!tag`, `!!tag`, `!<uri>`.
    Tag,

    // Leaves: each is one content element.
    /// `*name`.
    Alias,
    /// A plain scalar, all its lines.
    Plain,
    /// A single quoted scalar with its quotes, all its lines.
    SingleQuoted,
    /// A double quoted scalar with its quotes, all its lines.
    DoubleQuoted,

    // Inside of a block scalar.
    /// `|` or `>` with its indicators.
    BlockHeader,
    /// From the header's line break to the first content byte: empty lines and the indentation that the whole scalar has.
    BlockIndent,
    /// The content lines with their line breaks and indentation.
    BlockText,

    /// Text that has no place in the grammar; an error tells about it.
    Garbage,

    // Nodes.
    /// The whole stream.
    Root,
    /// One document.
    Document,
    /// `- a`, one item a line.
    BlockSeq,
    /// One item of a block sequence, from its dash on.
    SeqItem,
    /// `key: value`, one entry a line.
    BlockMap,
    /// One entry of a mapping, block or flow. What stands before its colon is the key, after it the value.
    MapEntry,
    /// `[a, b]`.
    FlowSeq,
    /// `{a: b}`.
    FlowMap,
    /// A single pair in a flow sequence, `[a: b]`: a mapping of one entry without braces.
    FlowPair,
    /// `|` and `>`: header, indentation, text.
    BlockScalar,
    /// A content element with an anchor or a tag (or both) in front. The element may be absent.
    Annotated,
    /// Content that has no place where it stands, parsed as well as possible.
    Misplaced,
}

use SyntaxKind as K;

impl SyntaxKind {
    const LAST: Self = K::Misplaced;

    /// Blanks, line breaks, comments.
    pub fn is_trivia(self) -> bool {
        matches!(self, K::Whitespace | K::Comment | K::Bom)
    }

    /// Whether an element of this kind is a YAML node of its own: a scalar, an alias, a collection or one of these with
    /// properties.
    pub fn is_content(self) -> bool {
        matches!(
            self,
            K::Alias
                | K::Plain
                | K::SingleQuoted
                | K::DoubleQuoted
                | K::BlockScalar
                | K::BlockSeq
                | K::BlockMap
                | K::FlowSeq
                | K::FlowMap
                | K::FlowPair
                | K::Annotated
        )
    }

    pub(crate) fn raw(self) -> rowan::SyntaxKind {
        rowan::SyntaxKind(self as u16)
    }
}

/// The rowan language of YAML trees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Yaml {}

impl rowan::Language for Yaml {
    type Kind = SyntaxKind;

    fn kind_from_raw(raw: rowan::SyntaxKind) -> SyntaxKind {
        // Only the parser makes trees, from `SyntaxKind` values; a foreign number can only mean text without a place.
        if raw.0 <= SyntaxKind::LAST as u16 {
            // SAFETY: the enum is `repr(u16)` without gaps and `raw` is at most its last discriminant.
            unsafe { std::mem::transmute::<u16, SyntaxKind>(raw.0) }
        } else {
            SyntaxKind::Garbage
        }
    }

    fn kind_to_raw(kind: SyntaxKind) -> rowan::SyntaxKind {
        kind.raw()
    }
}

/// A node of the YAML tree.
pub type SyntaxNode = rowan::SyntaxNode<Yaml>;
/// A token of the YAML tree.
pub type SyntaxToken = rowan::SyntaxToken<Yaml>;
/// A node or a token.
pub type SyntaxElement = rowan::SyntaxElement<Yaml>;
