//! What is wrong with a YAML text, as values beside the tree.

use rowan::TextRange;

/// Something in the text that YAML does not allow.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SyntaxError {
    /// What kind of mistake it is.
    pub kind: ErrorKind,
    /// The text to underline. Empty at the place where something is missing.
    pub range: TextRange,
    /// The message: lower case, no full stop.
    pub message: String,
    /// What to try, where there is something to say.
    pub help: Option<String>,
}

impl SyntaxError {
    /// Whether Falco's own YAML reader refuses files for mistakes of this kind. It is laxer than YAML 1.2 in some places; such
    /// errors are worth a warning, but Falco loads the file. This goes by the kind alone: [`super::verdict`] judges the very
    /// text.
    pub fn is_fatal_for_falco(&self) -> bool {
        self.kind.is_fatal_for_falco()
    }
}

/// The kinds of mistakes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ErrorKind {
    /// The bytes are not valid UTF-8.
    InvalidUtf8,
    /// The text is longer than 4 GiB, or longer than positions can count.
    TooLarge,
    /// A control character outside of YAML's character set.
    NonPrintable,
    /// A tab where indentation has to be made of blanks.
    TabIndentation,
    /// A line is indented too little for the scalar or flow collection that it continues.
    UnderIndented,
    /// An entry or item whose column matches none of the open collections.
    BadIndentation,
    /// A quote without its closing partner.
    UnclosedQuote,
    /// A `[` or `{` without its closing partner.
    UnclosedFlow,
    /// A `]` or `}` that closes nothing.
    UnmatchedClose,
    /// A missing or surplus comma in a flow collection.
    Comma,
    /// A key without its `:`.
    MissingColon,
    /// A mapping or sequence starts where none may start (`a: b: c`).
    CollectionNotAllowed,
    /// A key that goes over more than one line or is too long.
    BadImplicitKey,
    /// Text after a complete value.
    UnexpectedText,
    /// A character that cannot start a plain scalar.
    BadPlainStart,
    /// A comment sign without a blank in front of it.
    CommentWithoutSpace,
    /// A backslash sequence that does not exist.
    BadEscape,
    /// Something wrong in the header of a block scalar.
    BadBlockHeader,
    /// Leading empty lines of a block scalar are indented deeper than its text.
    BadBlockIndentation,
    /// A wrong or misplaced directive.
    BadDirective,
    /// A document marker inside of a scalar or flow collection.
    UnexpectedDocumentMarker,
    /// A malformed anchor, alias or tag, or one in a wrong place.
    BadProperty,
    /// A tag handle that no directive of the document defines.
    UnknownTagHandle,
    /// An alias without an anchor before it.
    UnknownAlias,
    /// An alias that stands inside of the node it refers to.
    RecursiveAlias,
    /// Aliases that would expand to more nodes than any real file needs.
    AliasExpansion,
    /// Collections are nested too deeply.
    TooDeep,
}

impl ErrorKind {
    /// See [`SyntaxError::is_fatal_for_falco`].
    pub fn is_fatal_for_falco(self) -> bool {
        !matches!(
            self,
            Self::InvalidUtf8
                | Self::NonPrintable
                | Self::UnderIndented
                | Self::CommentWithoutSpace
                | Self::BadBlockIndentation
        )
    }
}
