//! The condition as plain data, for meaning (the compiler) rather than for editing.
//!
//! Built by the same parser as the lossless tree; every part knows its range in the condition's text. Recovery leaves [`Expr::Missing`] where
//! the text has no usable check, so consumers always get a whole expression.

use rowan::TextRange;

/// A condition or a part of one. Parentheses leave no node; nested groups of the same operator stay nested, as in Falco.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expr {
    /// `a and b and …`, two or more children.
    And {
        /// From the first child's start to the last one's end.
        range: TextRange,
        /// The operands, in order.
        children: Vec<Expr>,
    },
    /// `a or b or …`, two or more children.
    Or {
        /// From the first child's start to the last one's end.
        range: TextRange,
        /// The operands, in order.
        children: Vec<Expr>,
    },
    /// An odd number of `not`.
    Not {
        /// From the first `not` word on.
        range: TextRange,
        /// What is negated; never itself a `Not` of the same chain.
        child: Box<Expr>,
    },
    /// `left op right`.
    Check(Box<Check>),
    /// An identifier where a check is expected: a macro's name.
    Macro {
        /// The name's range.
        range: TextRange,
        /// The name.
        name: String,
    },
    /// Nothing usable stood here; the parser has reported it.
    Missing {
        /// Where a check was expected.
        range: TextRange,
    },
}

/// One comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// The whole check.
    pub range: TextRange,
    /// The left side.
    pub left: Left,
    /// The operator with its range; `None` when the text ends before it.
    pub op: Option<(Operator, TextRange)>,
    /// `oneof`, `anyof`, `allof` after a string operator.
    pub modifier: Option<(Modifier, TextRange)>,
    /// The right side; [`Right::None`] for `exists` and where it is missing.
    pub right: Right,
}

/// Left side of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Left {
    /// A field.
    Field(Field),
    /// A transformer call.
    Call(Call),
}

/// `name` or `name[arg]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Name and argument.
    pub range: TextRange,
    /// The dotted name.
    pub name: String,
    /// The name's range.
    pub name_range: TextRange,
    /// The argument between the brackets, quotes and escapes resolved.
    pub arg: Option<Text>,
}

/// `tname(arg, …)` with an optional `[suffix]`, or `val(field)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The whole call, suffix included.
    pub range: TextRange,
    /// The transformer's name as written (`val` included).
    pub name: String,
    /// The name's range.
    pub name_range: TextRange,
    /// The arguments.
    pub args: Vec<Arg>,
    /// The argument in brackets after the call.
    pub suffix: Option<Text>,
}

/// An argument of a transformer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arg {
    /// A field.
    Field(Field),
    /// A nested call.
    Call(Call),
    /// A number or quoted text.
    Text(Text),
    /// `(a, b)`.
    List {
        /// With the parentheses.
        range: TextRange,
        /// The elements; never a list.
        items: Vec<Arg>,
    },
}

/// A constant: its value with escapes resolved, and where it stood. Values are bytes since `\xHH` can make any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// With the quotes.
    pub range: TextRange,
    /// The value.
    pub value: Vec<u8>,
    /// Whether it was quoted.
    pub quoted: bool,
}

/// Right side of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Right {
    /// No right side.
    None,
    /// One constant.
    Value(Text),
    /// `(a, b)`; also an identifier after a list operator or a modifier, as a list of one.
    List {
        /// With the parentheses where there are any.
        range: TextRange,
        /// The elements.
        items: Vec<Text>,
        /// False for a bare identifier.
        parenthesised: bool,
    },
    /// `val(f)` or a transformer call.
    Call(Call),
}

/// The comparison operators, in the lexer's order of trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Operator {
    Exists,
    Le,
    Lt,
    Ge,
    Gt,
    /// `==`, kept apart from `=` for printing.
    EqEq,
    Eq,
    Ne,
    Glob,
    Iglob,
    Contains,
    Icontains,
    Bcontains,
    Startswith,
    Bstartswith,
    Endswith,
    Regex,
    Intersects,
    In,
    Pmatch,
}

impl Operator {
    /// Every operator, in the lexer's order of trial.
    pub const ALL: [Self; 20] = [
        Self::Exists,
        Self::Le,
        Self::Lt,
        Self::Ge,
        Self::Gt,
        Self::EqEq,
        Self::Eq,
        Self::Ne,
        Self::Glob,
        Self::Iglob,
        Self::Contains,
        Self::Icontains,
        Self::Bcontains,
        Self::Startswith,
        Self::Bstartswith,
        Self::Endswith,
        Self::Regex,
        Self::Intersects,
        Self::In,
        Self::Pmatch,
    ];

    /// The operator as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exists => "exists",
            Self::Le => "<=",
            Self::Lt => "<",
            Self::Ge => ">=",
            Self::Gt => ">",
            Self::EqEq => "==",
            Self::Eq => "=",
            Self::Ne => "!=",
            Self::Glob => "glob",
            Self::Iglob => "iglob",
            Self::Contains => "contains",
            Self::Icontains => "icontains",
            Self::Bcontains => "bcontains",
            Self::Startswith => "startswith",
            Self::Bstartswith => "bstartswith",
            Self::Endswith => "endswith",
            Self::Regex => "regex",
            Self::Intersects => "intersects",
            Self::In => "in",
            Self::Pmatch => "pmatch",
        }
    }

    /// Whether the operand is a number: `<=`, `<`, `>=`, `>`.
    pub fn is_order(self) -> bool {
        matches!(self, Self::Le | Self::Lt | Self::Ge | Self::Gt)
    }

    /// Whether the operand is a list: `intersects`, `in`, `pmatch`.
    pub fn is_list(self) -> bool {
        matches!(self, Self::Intersects | Self::In | Self::Pmatch)
    }

    /// Whether the operand is a text, or with a modifier a list.
    pub fn is_string(self) -> bool {
        self != Self::Exists && !self.is_order() && !self.is_list()
    }

    /// Whether a blank must follow: the string operators that are words.
    pub fn needs_blank(self) -> bool {
        self.is_string() && !matches!(self, Self::EqEq | Self::Eq | Self::Ne)
    }

    /// The operator that is written `text`.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|op| op.as_str() == text)
    }
}

/// The quantifiers over a list after a string operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Modifier {
    /// Exactly one element satisfies the operator.
    OneOf,
    /// At least one does.
    AnyOf,
    /// Every one does.
    AllOf,
}

impl Modifier {
    /// Every modifier.
    pub const ALL: [Self; 3] = [Self::OneOf, Self::AnyOf, Self::AllOf];

    /// The modifier as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OneOf => "oneof",
            Self::AnyOf => "anyof",
            Self::AllOf => "allof",
        }
    }
}

impl Expr {
    /// The range in the condition's text.
    pub fn range(&self) -> TextRange {
        match self {
            Self::And { range, .. }
            | Self::Or { range, .. }
            | Self::Not { range, .. }
            | Self::Macro { range, .. }
            | Self::Missing { range } => *range,
            Self::Check(check) => check.range,
        }
    }
}
