//! The right side of an atom, prepared once so that judging a value is one step.

use std::net::IpAddr;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder};
use falco_catalog::ParamType;
use falco_compiler::program::{Atom, Const, Operand};
use falco_syntax::condition::ast::{Modifier, Operator};
use ipnet::IpNet;
use memchr::memmem::Finder;
use regex::Regex;
use rustc_hash::FxHashSet;

use super::EvalError;
use super::glob::Glob;
use super::hosts::HostNames;
use super::paths::PathTrie;
use crate::value::Value;

/// What makes a field's comparisons special.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Special {
    /// Nothing.
    None,
    /// `fd.ip` and `fd.port`: no `intersects`.
    Ends,
    /// `fd.net`: `in` looks at the first network only.
    EndNet,
    /// `evt.around`: the operand is a distance in milliseconds.
    Around,
    /// `fd.cip.name` and its kin: the operand is a host name.
    HostName,
}

/// A comparison with constants.
#[derive(Debug)]
pub(crate) enum Test {
    /// True for every value.
    Exists,
    /// False for every value: what Falco compiles but cannot run.
    Never,
    Number {
        op: Order,
        rhs: Number,
    },
    NumberIn(FxHashSet<i128>),
    Bool {
        rhs: bool,
        negated: bool,
    },
    BoolIn {
        yes: bool,
        no: bool,
    },
    Ip {
        rhs: IpAddr,
        negated: bool,
    },
    IpIn(FxHashSet<IpAddr>),
    Net {
        rhs: IpNet,
        negated: bool,
    },
    NetIn(Box<[IpNet]>),
    /// Text is a C string: it ends at the first NUL.
    Text {
        op: TextOp,
        rhs: Box<[u8]>,
    },
    Contains(Finder<'static>),
    Icontains(AhoCorasick),
    TextIn(ByteSet),
    Glob(Glob),
    Regex(Regex),
    Path(PathTrie),
    /// Buffers may hold NULs.
    Buffer {
        op: TextOp,
        rhs: Box<[u8]>,
    },
    BufferContains(Finder<'static>),
    BufferIn(ByteSet),
    Around {
        nanoseconds: u64,
    },
    Host {
        names: HostNames,
        negated: bool,
    },
    OneOf(Box<[Test]>),
    AnyOf(Box<[Test]>),
    AllOf(Box<[Test]>),
    /// `contains anyof`, `icontains anyof`.
    ContainsAny(AhoCorasick),
}

/// Order and equality.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

/// A number wide enough for both signed and unsigned 64 bits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Number {
    Whole(i128),
    Real(f64),
}

/// Operators on byte strings that need no preparation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextOp {
    Order(Order),
    Startswith,
    Endswith,
}

impl Order {
    fn from_operator(op: Operator) -> Option<Self> {
        Some(match op {
            Operator::Eq | Operator::EqEq => Self::Eq,
            Operator::Ne => Self::Ne,
            Operator::Lt => Self::Lt,
            Operator::Le => Self::Le,
            Operator::Gt => Self::Gt,
            Operator::Ge => Self::Ge,
            _ => return None,
        })
    }

    fn holds<T: PartialOrd + ?Sized>(self, left: &T, right: &T) -> bool {
        match self {
            Self::Eq => left == right,
            Self::Ne => left != right,
            Self::Lt => left < right,
            Self::Le => left <= right,
            Self::Gt => left > right,
            Self::Ge => left >= right,
        }
    }
}

impl Number {
    pub(crate) fn of(value: &Value<'_>) -> Option<Self> {
        match *value {
            Value::Int(n) => Some(Self::Whole(n.into())),
            Value::Uint(n) => Some(Self::Whole(n.into())),
            Value::Double(x) => Some(Self::Real(x)),
            Value::Bool(b) => Some(Self::Whole(b.into())),
            _ => None,
        }
    }

    pub(crate) fn holds(self, order: Order, right: Self) -> bool {
        match (self, right) {
            (Self::Whole(a), Self::Whole(b)) => order.holds(&a, &b),
            (a, b) => order.holds(&a.real(), &b.real()),
        }
    }

    fn real(self) -> f64 {
        match self {
            Self::Whole(n) => n as f64,
            Self::Real(x) => x,
        }
    }
}

/// A set of byte strings with a quick refusal by length.
#[derive(Debug)]
pub(crate) struct ByteSet {
    lengths: u64,
    members: FxHashSet<Box<[u8]>>,
}

impl ByteSet {
    fn new<'c>(items: impl Iterator<Item = &'c [u8]>) -> Self {
        let members: FxHashSet<Box<[u8]>> = items.map(Box::from).collect();
        Self { lengths: members.iter().fold(0, |bits, m| bits | length_bit(m)), members }
    }

    fn contains(&self, bytes: &[u8]) -> bool {
        self.lengths & length_bit(bytes) != 0 && self.members.contains(bytes)
    }
}

fn length_bit(bytes: &[u8]) -> u64 {
    1 << bytes.len().min(63)
}

/// Whether a type's values are text that ends at a NUL, as opposed to a buffer.
pub(crate) fn is_text(ty: ParamType) -> bool {
    ty != ParamType::Bytebuf
}

/// The text up to its first NUL.
pub(crate) fn c_str(text: &[u8]) -> &[u8] {
    &text[..memchr::memchr(0, text).unwrap_or(text.len())]
}

fn trim_nuls(mut text: &[u8]) -> &[u8] {
    while let [rest @ .., 0] = text {
        text = rest;
    }
    text
}

impl Test {
    /// Prepares the comparison of an atom whose right side is constant; `None` where it is another value of the event.
    pub(crate) fn new(atom: &Atom, ty: ParamType, special: Special) -> Result<Option<Self>, EvalError> {
        let consts: &[Const] = match &atom.right {
            Operand::Extract(_) => return Ok(None),
            Operand::None => &[],
            Operand::Consts(consts) => consts,
        };
        let text = is_text(ty);
        if atom.op == Operator::Exists {
            return Ok(Some(Self::Exists));
        }
        let Some(modifier) = atom.modifier else {
            return Self::plain(atom.op, consts, text, special).map(Some);
        };
        if consts.is_empty() {
            return Ok(Some(Self::Never));
        }
        match (atom.op, modifier) {
            (Operator::Eq | Operator::EqEq, Modifier::AnyOf) if special == Special::None => {
                return Self::plain(Operator::In, consts, text, special).map(Some);
            }
            (Operator::Contains | Operator::Icontains, Modifier::AnyOf) if text && all_bytes(consts) => {
                let needles = consts.iter().filter_map(bytes_of);
                return automaton(needles, atom.op == Operator::Icontains).map(|ac| Some(Self::ContainsAny(ac)));
            }
            _ => {}
        }
        let tests = consts
            .iter()
            .map(|c| Self::plain(atom.op, std::slice::from_ref(c), text, special))
            .collect::<Result<Box<[_]>, _>>()?;
        Ok(Some(match modifier {
            Modifier::OneOf => Self::OneOf(tests),
            Modifier::AnyOf => Self::AnyOf(tests),
            Modifier::AllOf => Self::AllOf(tests),
        }))
    }

    fn plain(op: Operator, consts: &[Const], text: bool, special: Special) -> Result<Self, EvalError> {
        match (special, op) {
            (Special::Ends | Special::EndNet, Operator::Intersects) => return Ok(Self::Never),
            (Special::EndNet, Operator::In) => {
                return match consts.first() {
                    Some(first) => Self::plain(Operator::Eq, std::slice::from_ref(first), text, Special::None),
                    None => Ok(Self::Never),
                };
            }
            (Special::Around, _) => {
                return Ok(match consts.first() {
                    Some(Const::Uint(ms)) => Self::Around { nanoseconds: ms.saturating_mul(1_000_000) },
                    Some(Const::Int(ms)) => {
                        Self::Around { nanoseconds: u64::try_from(*ms).unwrap_or(0).saturating_mul(1_000_000) }
                    }
                    _ => Self::Never,
                });
            }
            (Special::HostName, Operator::Eq | Operator::EqEq | Operator::Ne | Operator::In) => {
                return Ok(Self::Host {
                    names: HostNames::new(consts.iter().filter_map(bytes_of)),
                    negated: op == Operator::Ne,
                });
            }
            _ => {}
        }
        match op {
            Operator::In | Operator::Intersects => Ok(Self::membership(consts, text)),
            Operator::Pmatch => Ok(Self::Path(PathTrie::new(consts.iter().filter_map(bytes_of)))),
            _ => match consts.first() {
                Some(rhs) => Self::single(op, rhs, text),
                None => Ok(Self::Never),
            },
        }
    }

    fn membership(consts: &[Const], text: bool) -> Self {
        let Some(first) = consts.first() else {
            return Self::Never;
        };
        match first {
            Const::Bytes(_) if text => Self::TextIn(ByteSet::new(consts.iter().filter_map(bytes_of).map(trim_nuls))),
            Const::Bytes(_) => Self::BufferIn(ByteSet::new(consts.iter().filter_map(bytes_of))),
            Const::Int(_) | Const::Uint(_) => Self::NumberIn(consts.iter().filter_map(whole_of).collect()),
            Const::Bool(_) => {
                Self::BoolIn { yes: consts.contains(&Const::Bool(true)), no: consts.contains(&Const::Bool(false)) }
            }
            Const::Ip(_) => Self::IpIn(
                consts
                    .iter()
                    .filter_map(|c| match c {
                        Const::Ip(ip) => Some(*ip),
                        _ => None,
                    })
                    .collect(),
            ),
            Const::Net(_) => Self::NetIn(
                consts
                    .iter()
                    .filter_map(|c| match c {
                        Const::Net(net) => Some(*net),
                        _ => None,
                    })
                    .collect(),
            ),
        }
    }

    fn single(op: Operator, rhs: &Const, text: bool) -> Result<Self, EvalError> {
        let order = Order::from_operator(op);
        Ok(match (rhs, order) {
            (Const::Int(_) | Const::Uint(_), Some(op)) => match whole_of(rhs) {
                Some(n) => Self::Number { op, rhs: Number::Whole(n) },
                None => Self::Never,
            },
            (Const::Bool(b), Some(op @ (Order::Eq | Order::Ne))) => Self::Bool { rhs: *b, negated: op == Order::Ne },
            (Const::Ip(ip), Some(op @ (Order::Eq | Order::Ne))) => Self::Ip { rhs: *ip, negated: op == Order::Ne },
            (Const::Net(net), Some(op @ (Order::Eq | Order::Ne))) => Self::Net { rhs: *net, negated: op == Order::Ne },
            (Const::Bytes(bytes), _) => return Self::bytes(op, bytes, text),
            _ => Self::Never,
        })
    }

    fn bytes(op: Operator, rhs: &[u8], text: bool) -> Result<Self, EvalError> {
        let simple = match op {
            Operator::Startswith | Operator::Bstartswith => Some(TextOp::Startswith),
            Operator::Endswith => Some(TextOp::Endswith),
            _ => Order::from_operator(op).map(TextOp::Order),
        };
        Ok(match (op, simple) {
            (_, Some(op)) if text => Self::Text { op, rhs: rhs.into() },
            (_, Some(op)) => Self::Buffer { op, rhs: rhs.into() },
            (Operator::Contains, None) if text => Self::Contains(Finder::new(rhs).into_owned()),
            (Operator::Contains | Operator::Bcontains, None) => Self::BufferContains(Finder::new(rhs).into_owned()),
            (Operator::Icontains, None) => Self::Icontains(automaton(std::iter::once(rhs), true)?),
            (Operator::Glob, None) => Self::Glob(Glob::new(rhs, false)),
            (Operator::Iglob, None) => Self::Glob(Glob::new(rhs, true)),
            (Operator::Regex, None) => Self::Regex(super::regexp::compile(rhs)?),
            _ => Self::Never,
        })
    }

    /// Whether a single value satisfies the test.
    pub(crate) fn holds(&self, value: &Value<'_>) -> bool {
        match self {
            Self::Exists => true,
            Self::Never => false,
            Self::Number { op, rhs } => Number::of(value).is_some_and(|n| n.holds(*op, *rhs)),
            Self::NumberIn(set) => match Number::of(value) {
                Some(Number::Whole(n)) => set.contains(&n),
                Some(Number::Real(x)) => set.iter().any(|n| *n as f64 == x),
                None => false,
            },
            Self::Bool { rhs, negated } => bool_of(value).is_some_and(|b| (b == *rhs) != *negated),
            Self::BoolIn { yes, no } => bool_of(value).is_some_and(|b| if b { *yes } else { *no }),
            Self::Ip { rhs, negated } => ip_of(value).is_some_and(|ip| (ip == *rhs) != *negated),
            Self::IpIn(set) => ip_of(value).is_some_and(|ip| set.contains(&ip)),
            Self::Net { rhs, negated } => in_net(value, rhs).is_some_and(|inside| inside != *negated),
            Self::NetIn(nets) => nets.iter().any(|net| in_net(value, net) == Some(true)),
            Self::Around { nanoseconds } => {
                matches!(Number::of(value), Some(Number::Whole(n)) if n <= i128::from(*nanoseconds))
            }
            Self::Host { names, negated } => match value {
                Value::Ip(ip) => names.resolve_to(*ip) != *negated,
                Value::Bytes(name) => names.contains(name) != *negated,
                _ => false,
            },
            Self::OneOf(tests) => tests.iter().filter(|t| t.holds(value)).take(2).count() == 1,
            Self::AnyOf(tests) => tests.iter().any(|t| t.holds(value)),
            Self::AllOf(tests) => tests.iter().all(|t| t.holds(value)),
            _ => value.as_bytes().is_some_and(|bytes| self.holds_bytes(bytes)),
        }
    }

    /// The tests on strings and buffers.
    fn holds_bytes(&self, value: &[u8]) -> bool {
        match self {
            Self::Text { op, rhs } => op.holds_text(value, rhs),
            Self::Buffer { op, rhs } => op.holds(value, rhs),
            Self::Contains(finder) => finder.find(value).is_some_and(|at| memchr::memchr(0, &value[..at]).is_none()),
            Self::BufferContains(finder) => finder.find(value).is_some(),
            Self::Icontains(automaton) | Self::ContainsAny(automaton) => automaton.is_match(c_str(value)),
            Self::TextIn(set) => set.contains(trim_nuls(value)),
            Self::BufferIn(set) => set.contains(value),
            Self::Glob(glob) => glob.matches(c_str(value)),
            Self::Regex(regex) => super::regexp::is_match(regex, trim_nuls(value)),
            Self::Path(trie) => trie.matches(trim_nuls(value)),
            _ => false,
        }
    }
}

impl TextOp {
    /// On C strings. Constants hold no NUL, so most answers need no search for the value's.
    fn holds_text(self, value: &[u8], rhs: &[u8]) -> bool {
        match self {
            Self::Order(Order::Eq) => text_eq(value, rhs),
            Self::Order(Order::Ne) => !text_eq(value, rhs),
            Self::Startswith => value.starts_with(rhs),
            _ => self.holds(c_str(value), c_str(rhs)),
        }
    }

    pub(crate) fn holds(self, value: &[u8], rhs: &[u8]) -> bool {
        match self {
            Self::Order(order) => order.holds(value, rhs),
            Self::Startswith => value.starts_with(rhs),
            Self::Endswith => value.ends_with(rhs),
        }
    }
}

fn text_eq(value: &[u8], rhs: &[u8]) -> bool {
    value.starts_with(rhs) && value.get(rhs.len()).is_none_or(|&b| b == 0)
}

fn all_bytes(consts: &[Const]) -> bool {
    consts.iter().all(|c| matches!(c, Const::Bytes(_)))
}

fn bytes_of(c: &Const) -> Option<&[u8]> {
    match c {
        Const::Bytes(bytes) => Some(bytes),
        _ => None,
    }
}

fn whole_of(c: &Const) -> Option<i128> {
    match *c {
        Const::Int(n) => Some(n.into()),
        Const::Uint(n) => Some(n.into()),
        _ => None,
    }
}

fn bool_of(value: &Value<'_>) -> Option<bool> {
    match *value {
        Value::Bool(b) => Some(b),
        Value::Int(n) => Some(n != 0),
        Value::Uint(n) => Some(n != 0),
        _ => None,
    }
}

fn ip_of(value: &Value<'_>) -> Option<IpAddr> {
    match *value {
        Value::Ip(ip) => Some(ip),
        _ => None,
    }
}

/// Whether an address, or a whole network, lies in a network. Families never mix.
fn in_net(value: &Value<'_>, net: &IpNet) -> Option<bool> {
    match value {
        Value::Ip(ip) => Some(net.contains(ip)),
        Value::Net(inner) => Some(net.contains(inner)),
        _ => None,
    }
}

/// An automaton that finds any of the needles.
pub(crate) fn automaton<'n>(
    needles: impl Iterator<Item = &'n [u8]>,
    ignore_case: bool,
) -> Result<AhoCorasick, EvalError> {
    AhoCorasickBuilder::new()
        .ascii_case_insensitive(ignore_case)
        .build(needles)
        .map_err(|error| EvalError::Automaton { reason: error.to_string() })
}

/// Compares two values of one event: the right side is a field or a call.
pub(crate) fn compare_values(op: Operator, text: bool, left: &Value<'_>, right: &Value<'_>) -> bool {
    match op {
        Operator::Exists => true,
        Operator::In => match left {
            Value::List(items) => items.iter().all(|item| is_member(text, item, right)),
            _ => is_member(text, left, right),
        },
        Operator::Intersects => match left {
            Value::List(items) => items.iter().any(|item| is_member(text, item, right)),
            _ => is_member(text, left, right),
        },
        _ => compare_scalars(op, text, left, right),
    }
}

fn is_member(text: bool, item: &Value<'_>, set: &Value<'_>) -> bool {
    match set.elements() {
        Some(items) => items.iter().any(|other| compare_scalars(Operator::Eq, text, item, other)),
        None => compare_scalars(Operator::Eq, text, item, set),
    }
}

fn compare_scalars(op: Operator, text: bool, left: &Value<'_>, right: &Value<'_>) -> bool {
    let order = Order::from_operator(op);
    match (left, right) {
        (Value::Bytes(a), Value::Bytes(b)) => {
            let (a, b) = if text { (c_str(a), c_str(b)) } else { (*a, *b) };
            match (op, order) {
                (_, Some(order)) => order.holds(a, b),
                (Operator::Contains | Operator::Bcontains, _) => memchr::memmem::find(a, b).is_some(),
                (Operator::Icontains, _) => contains_ignoring_case(a, b),
                (Operator::Startswith | Operator::Bstartswith, _) => a.starts_with(b),
                (Operator::Endswith, _) => a.ends_with(b),
                // A field's value as a pattern changes with the event, so it is parsed for each.
                (Operator::Glob, _) => Glob::new(b, false).matches(a),
                (Operator::Iglob, _) => Glob::new(b, true).matches(a),
                _ => false,
            }
        }
        (Value::Ip(a), Value::Ip(b)) => match order {
            Some(Order::Eq) => a == b,
            Some(Order::Ne) => a != b,
            _ => false,
        },
        (Value::Net(a), Value::Net(b)) => match order {
            Some(Order::Eq) => a == b,
            Some(Order::Ne) => a != b,
            _ => false,
        },
        _ => match (Number::of(left), Number::of(right), order) {
            (Some(a), Some(b), Some(order)) => a.holds(order, b),
            _ => false,
        },
    }
}

fn contains_ignoring_case(text: &[u8], needle: &[u8]) -> bool {
    needle.is_empty() || text.windows(needle.len()).any(|window| window.eq_ignore_ascii_case(needle))
}
