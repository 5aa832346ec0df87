//! Kinds of the lossless tree. Conditions and output formats share them, since both hold fields and calls.

/// Tokens and nodes of conditions and output formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u16)]
pub enum SyntaxKind {
    // Tokens.
    /// Blanks: space, tab, backspace, CR, LF.
    Whitespace,
    /// A name without a dot where a check, or the operand of a list operator, stands.
    Ident,
    /// A dotted name.
    FieldName,
    /// A transformer's name, without its parenthesis.
    Transformer,
    /// `not`.
    NotKw,
    /// `and`.
    AndKw,
    /// `or`.
    OrKw,
    /// A comparison operator.
    OperatorToken,
    /// `oneof`, `anyof`, `allof`.
    ModifierToken,
    /// A number after an order operator or in a call.
    Number,
    /// Unquoted text.
    Bare,
    /// Quoted text with its quotes.
    Quoted,
    /// Quoted text without a closing quote.
    Unclosed,
    /// Unquoted text between brackets.
    BareArg,
    /// `(`.
    LParen,
    /// `)`.
    RParen,
    /// `[`.
    LBracket,
    /// `]`.
    RBracket,
    /// `,`.
    Comma,
    /// Text that fits nowhere.
    Junk,
    /// The `%` of an output format.
    Percent,
    /// The digits after `%`.
    Width,
    /// Literal text of an output format.
    Literal,

    // Nodes.
    /// The root of a condition.
    Condition,
    /// `a or b or …`.
    OrExpr,
    /// `a and b and …`.
    AndExpr,
    /// A chain of `not` and what it negates.
    NotExpr,
    /// `(…)` around a condition.
    ParenExpr,
    /// `left operator right`.
    Check,
    /// A macro's name.
    MacroRef,
    /// `name` or `name[arg]`.
    FieldRef,
    /// `[arg]` after a field or a call.
    Argument,
    /// `transformer(…)` or `val(…)`.
    Call,
    /// The parenthesised arguments of a call.
    ArgList,
    /// A parenthesised list among the arguments of a call.
    TransformerList,
    /// An operator with its modifier.
    Operator,
    /// One constant.
    Value,
    /// A parenthesised list of constants.
    List,
    /// Text that the parser skipped to go on.
    Error,
    /// The root of an output format.
    Output,
    /// `%`, a width, and a field or a call.
    Format,
}

impl SyntaxKind {
    pub(crate) const ALL: [Self; Self::Format as usize + 1] = {
        use SyntaxKind::*;
        [
            Whitespace,
            Ident,
            FieldName,
            Transformer,
            NotKw,
            AndKw,
            OrKw,
            OperatorToken,
            ModifierToken,
            Number,
            Bare,
            Quoted,
            Unclosed,
            BareArg,
            LParen,
            RParen,
            LBracket,
            RBracket,
            Comma,
            Junk,
            Percent,
            Width,
            Literal,
            Condition,
            OrExpr,
            AndExpr,
            NotExpr,
            ParenExpr,
            Check,
            MacroRef,
            FieldRef,
            Argument,
            Call,
            ArgList,
            TransformerList,
            Operator,
            Value,
            List,
            Error,
            Output,
            Format,
        ]
    };
}

impl From<SyntaxKind> for rowan::SyntaxKind {
    fn from(kind: SyntaxKind) -> Self {
        Self(kind as u16)
    }
}

/// The language tag of these trees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ConditionLanguage {}

impl rowan::Language for ConditionLanguage {
    type Kind = SyntaxKind;

    fn kind_from_raw(raw: rowan::SyntaxKind) -> SyntaxKind {
        // Trees of this language are built from `SyntaxKind` alone, so the fallback is never taken.
        SyntaxKind::ALL.get(usize::from(raw.0)).copied().unwrap_or(SyntaxKind::Junk)
    }

    fn kind_to_raw(kind: SyntaxKind) -> rowan::SyntaxKind {
        kind.into()
    }
}

/// A node.
pub type SyntaxNode = rowan::SyntaxNode<ConditionLanguage>;
/// A token.
pub type SyntaxToken = rowan::SyntaxToken<ConditionLanguage>;
/// A node or a token.
pub type SyntaxElement = rowan::SyntaxElement<ConditionLanguage>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_survive_the_raw_form() {
        for (index, kind) in SyntaxKind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, index);
            assert_eq!(<ConditionLanguage as rowan::Language>::kind_from_raw(kind.into()), kind);
        }
    }
}
