//! Typed views of the lossless tree, for editors.

use rowan::{TextRange, TextSize, TokenAtOffset};

use super::ast;
use super::syntax::{SyntaxKind, SyntaxNode, SyntaxToken};

/// A typed view of a node.
pub trait ConditionNode: Sized {
    /// The node as this type, if it is one.
    fn cast(node: SyntaxNode) -> Option<Self>;

    /// The node.
    fn syntax(&self) -> &SyntaxNode;

    /// The node's range without the blanks at its ends.
    fn range(&self) -> TextRange {
        self.syntax().text_range()
    }
}

macro_rules! nodes {
    ($($(#[$doc:meta])* $name:ident = $kind:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub struct $name(SyntaxNode);

        impl ConditionNode for $name {
            fn cast(node: SyntaxNode) -> Option<Self> {
                (node.kind() == SyntaxKind::$kind).then_some(Self(node))
            }

            fn syntax(&self) -> &SyntaxNode {
                &self.0
            }
        }
    )*};
}

nodes! {
    /// `left operator right`.
    Check = Check;
    /// `name` or `name[arg]`.
    FieldRef = FieldRef;
    /// An operator with its modifier.
    Operator = Operator;
    /// One constant.
    Value = Value;
    /// A parenthesised list of constants.
    List = List;
    /// `transformer(…)` or `val(…)`.
    Call = Call;
    /// A macro's name.
    MacroRef = MacroRef;
    /// `%`, a width, and a field or a call, in an output format.
    Format = Format;
}

fn child<T: ConditionNode>(node: &SyntaxNode) -> Option<T> {
    node.children().find_map(T::cast)
}

fn token(node: &SyntaxNode, kinds: &[SyntaxKind]) -> Option<SyntaxToken> {
    node.children_with_tokens().filter_map(rowan::NodeOrToken::into_token).find(|t| kinds.contains(&t.kind()))
}

impl Check {
    /// The field on the left side.
    pub fn field(&self) -> Option<FieldRef> {
        self.left().and_then(FieldRef::cast)
    }

    /// The call on the left side.
    pub fn call(&self) -> Option<Call> {
        self.left().and_then(Call::cast)
    }

    /// The left side: a field or a call.
    pub fn left(&self) -> Option<SyntaxNode> {
        self.0.first_child().filter(|node| matches!(node.kind(), SyntaxKind::FieldRef | SyntaxKind::Call))
    }

    /// The operator.
    pub fn operator(&self) -> Option<Operator> {
        child(&self.0)
    }

    /// The right side: a value, a list or a call.
    pub fn right(&self) -> Option<SyntaxNode> {
        let right = |node: &SyntaxNode| matches!(node.kind(), SyntaxKind::Value | SyntaxKind::List | SyntaxKind::Call);
        self.0.children().skip_while(|node| node.kind() != SyntaxKind::Operator).find(right)
    }
}

impl FieldRef {
    /// The name. In broken text it may have no dot.
    pub fn name(&self) -> Option<SyntaxToken> {
        token(&self.0, &[SyntaxKind::FieldName, SyntaxKind::Ident])
    }

    /// The argument's token, between the brackets.
    pub fn argument(&self) -> Option<SyntaxToken> {
        argument(&self.0)
    }
}

impl Operator {
    /// Which operator.
    pub fn op(&self) -> Option<ast::Operator> {
        self.token().and_then(|token| ast::Operator::parse(token.text()))
    }

    /// The operator's token.
    pub fn token(&self) -> Option<SyntaxToken> {
        token(&self.0, &[SyntaxKind::OperatorToken])
    }

    /// The modifier's token.
    pub fn modifier(&self) -> Option<SyntaxToken> {
        token(&self.0, &[SyntaxKind::ModifierToken])
    }
}

impl Value {
    /// The constant's token, quotes included.
    pub fn token(&self) -> Option<SyntaxToken> {
        self.0.first_token()
    }

    /// The list that the value is an element of.
    pub fn list(&self) -> Option<List> {
        self.0.parent().and_then(List::cast)
    }
}

impl List {
    /// The elements.
    pub fn items(&self) -> impl Iterator<Item = Value> + use<> {
        self.0.children().filter_map(Value::cast)
    }
}

impl Call {
    /// The transformer's name.
    pub fn name(&self) -> Option<SyntaxToken> {
        token(&self.0, &[SyntaxKind::Transformer])
    }

    /// The arguments: fields, calls, values and lists.
    pub fn args(&self) -> impl Iterator<Item = SyntaxNode> + use<> {
        let list = self.0.children().find(|node| node.kind() == SyntaxKind::ArgList);
        list.into_iter().flat_map(|list| list.children()).filter(|node| node.kind() != SyntaxKind::Error)
    }

    /// The argument in brackets after the call.
    pub fn suffix(&self) -> Option<SyntaxToken> {
        argument(&self.0)
    }
}

impl MacroRef {
    /// The name.
    pub fn name(&self) -> Option<SyntaxToken> {
        token(&self.0, &[SyntaxKind::Ident])
    }
}

impl Format {
    /// The field.
    pub fn field(&self) -> Option<FieldRef> {
        child(&self.0)
    }

    /// The call.
    pub fn call(&self) -> Option<Call> {
        child(&self.0)
    }

    /// The width, as it is written.
    pub fn width(&self) -> Option<SyntaxToken> {
        token(&self.0, &[SyntaxKind::Width])
    }
}

fn argument(node: &SyntaxNode) -> Option<SyntaxToken> {
    let argument = node.children().find(|node| node.kind() == SyntaxKind::Argument)?;
    token(&argument, &[SyntaxKind::BareArg, SyntaxKind::Quoted])
}

/// The token that `offset` touches; between two, the one that is a word, and else the left one unless it is blank.
pub fn token_at(root: &SyntaxNode, offset: TextSize) -> Option<SyntaxToken> {
    if !root.text_range().contains_inclusive(offset) {
        return None;
    }
    match root.token_at_offset(offset) {
        TokenAtOffset::None => None,
        TokenAtOffset::Single(token) => Some(token),
        TokenAtOffset::Between(left, right) => {
            let rank = |token: &SyntaxToken| match token.kind() {
                SyntaxKind::Whitespace | SyntaxKind::Literal => 0,
                SyntaxKind::LParen | SyntaxKind::RParen | SyntaxKind::Comma | SyntaxKind::Percent => 1,
                SyntaxKind::LBracket | SyntaxKind::RBracket | SyntaxKind::Junk => 1,
                SyntaxKind::OperatorToken => 2,
                _ => 3,
            };
            Some(if rank(&right) > rank(&left) { right } else { left })
        }
    }
}

/// The innermost node of a type around `offset`.
pub fn node_at<T: ConditionNode>(root: &SyntaxNode, offset: TextSize) -> Option<T> {
    token_at(root, offset)?.parent_ancestors().find_map(T::cast)
}
