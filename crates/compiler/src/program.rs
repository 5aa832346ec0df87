//! The program that rules lower into: one set of interned atoms, Boolean expressions over their ids.
//!
//! The engine evaluates it; `explain`, coverage, mutation and the solver read it. Atoms and extractions are shared by all
//! rules, so that per event each is evaluated at most once whatever the number of rules.

use std::net::IpAddr;

use falco_catalog::{EventSet, FieldRef, ParamType};
use falco_syntax::condition::ast::{Modifier, Operator};
use ipnet::IpNet;

/// Index into [`Program::atoms`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AtomId(pub u32);

/// Index into [`Program::extracts`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ExtractId(pub u32);

/// Everything needed to judge events.
#[derive(Debug, Clone, Default)]
pub struct Program {
    /// The interned comparisons.
    pub atoms: Vec<Atom>,
    /// The interned values; a call's arguments come before it.
    pub extracts: Vec<Extract>,
    /// The rules, in Falco's order (order of first definition).
    pub rules: Vec<RuleProgram>,
}

/// A value computed from an event.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Extract {
    /// How it is computed.
    pub kind: ExtractKind,
    /// The type of the value, or of its elements.
    pub ty: ParamType,
    /// Whether the value is a list.
    pub is_list: bool,
    /// The canonical text, such as `tolower(proc.name)` or `proc.aname[2]`; the key of `output_fields`.
    pub text: Box<str>,
}

/// How a value is computed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ExtractKind {
    /// A field of the event.
    Field(FieldRef),
    /// A constant argument of a transformer.
    Const(Box<[u8]>),
    /// A parenthesised argument list of a transformer.
    List(Box<[ExtractId]>),
    /// A transformer's result.
    Call {
        /// Which.
        transformer: Transformer,
        /// Its arguments.
        args: Box<[ExtractId]>,
        /// The byte in brackets after `getopt(…)`.
        suffix: Option<u8>,
    },
}

/// The transformers (`val` leaves no trace in the program).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Transformer {
    Tolower,
    Toupper,
    B64,
    Basename,
    Len,
    Join,
    Concat,
    Getopt,
}

/// One comparison. False when the left side (or a right-side field) has no value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Atom {
    /// The left side.
    pub left: ExtractId,
    /// The operator; `==` is lowered to `Eq`.
    pub op: Operator,
    /// Quantifier over the right side's constants.
    pub modifier: Option<Modifier>,
    /// The right side.
    pub right: Operand,
}

/// Right side of an atom.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Operand {
    /// For `exists`.
    None,
    /// One or more constants, parsed to the left side's type. A single one for scalar operators.
    Consts(Box<[Const]>),
    /// A value of the event.
    Extract(ExtractId),
}

/// A constant of an atom.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Const {
    /// Strings and byte buffers (`bcontains` operands already decoded from hex).
    Bytes(Box<[u8]>),
    /// Signed integer types.
    Int(i64),
    /// Unsigned integer types, flags, times, ports.
    Uint(u64),
    /// Booleans.
    Bool(bool),
    /// Addresses.
    Ip(IpAddr),
    /// Networks.
    Net(IpNet),
}

/// A rule's condition over atoms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BoolExpr {
    /// All hold; evaluated from the left.
    And(Vec<BoolExpr>),
    /// One holds; evaluated from the left.
    Or(Vec<BoolExpr>),
    /// The child does not hold.
    Not(Box<BoolExpr>),
    /// A comparison, and where in the rules it was written (index into the rule's `provenance`).
    Atom(AtomId, u32),
}

/// A compiled rule.
#[derive(Debug, Clone)]
pub struct RuleProgram {
    /// The name.
    pub name: String,
    /// The description.
    pub desc: String,
    /// The event source.
    pub source: String,
    /// The priority.
    pub priority: Priority,
    /// The tags, sorted.
    pub tags: Vec<String>,
    /// Whether the rule is switched on by default.
    pub enabled: bool,
    /// Whether a match starts a recording, and for how long in milliseconds (0: the setting's default).
    pub capture: Option<u32>,
    /// The condition.
    pub condition: BoolExpr,
    /// The canonical text of the resolved condition.
    pub condition_text: String,
    /// Event codes on which the condition can hold.
    pub events: EventSet,
    /// The output line.
    pub output: OutputTemplate,
    /// Where each atom occurrence was written.
    pub provenance: Vec<Provenance>,
    /// Additional entries of an alert's `output_fields` (Falco's `append_output`): key and format.
    pub extra_fields: Vec<(String, OutputTemplate)>,
}

/// Where an atom's occurrence came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provenance {
    /// Index of the file in load order.
    pub file: u32,
    /// Byte range in that file; exact where the text stood literally.
    pub range: std::ops::Range<u32>,
    /// The macros through which the rule reached it, outermost first.
    pub macros: Vec<String>,
    /// The check's text as written.
    pub text: String,
    /// The exception whose pasted text made this atom.
    pub exception: Option<String>,
}

/// An output line, compiled. `output_fields` has an entry for each value's extract and, where that is a transformer's call,
/// for the fields in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OutputTemplate {
    /// The text as written, extra formats joined.
    pub text: String,
    /// Its pieces.
    pub pieces: Vec<OutputPiece>,
    /// Whether the line is written when a field has no value (shown as `<NA>`): always for rules, for other formats when they
    /// begin with `*`. Otherwise one missing value suppresses the line.
    pub keep_missing: bool,
}

/// A piece of an output line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutputPiece {
    /// Literal text.
    Text(String),
    /// A value.
    Value {
        /// What.
        extract: ExtractId,
        /// Cut or padded on the right to so many bytes.
        width: Option<u32>,
    },
}

/// How urgent an alert is, most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Priority {
    Emergency,
    Alert,
    Critical,
    Error,
    Warning,
    Notice,
    Informational,
    Debug,
}

impl Priority {
    /// Every priority, most urgent first.
    pub const ALL: [Self; 8] = [
        Self::Emergency,
        Self::Alert,
        Self::Critical,
        Self::Error,
        Self::Warning,
        Self::Notice,
        Self::Informational,
        Self::Debug,
    ];

    /// The canonical name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Emergency => "Emergency",
            Self::Alert => "Alert",
            Self::Critical => "Critical",
            Self::Error => "Error",
            Self::Warning => "Warning",
            Self::Notice => "Notice",
            Self::Informational => "Informational",
            Self::Debug => "Debug",
        }
    }

    /// Parses a name, ignoring case; `info` is short for Informational.
    pub fn parse(text: &str) -> Option<Self> {
        if text.eq_ignore_ascii_case("info") {
            return Some(Self::Informational);
        }
        Self::ALL.into_iter().find(|p| p.as_str().eq_ignore_ascii_case(text))
    }
}
