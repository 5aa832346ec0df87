//! Values, and tests of one value.

use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;

/// A value.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Value {
    /// Text, compared byte by byte.
    Text(Box<[u8]>),
    /// A number.
    Number(i128),
    /// A Boolean.
    Bool(bool),
    /// An address.
    Ip(IpAddr),
}

impl Value {
    /// Text.
    pub fn text(text: impl AsRef<[u8]>) -> Self {
        Self::Text(text.as_ref().into())
    }
}

/// What an atom asks of its variable's value. Without a value every test fails.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Test {
    /// There is a value.
    Exists,
    /// It is one of these; sorted, no two alike. Made by [`Test::one_of`].
    In(Arc<[Value]>),
    /// It is none of these; sorted, no two alike. Made by [`Test::none_of`].
    NotIn(Arc<[Value]>),
    /// It is a number from the first to the second.
    Range(i128, i128),
    /// It is an address in one of the networks.
    Nets(Arc<[IpNet]>),
    /// It is an address, but in none of the networks.
    NotNets(Arc<[IpNet]>),
    /// It begins with this.
    StartsWith(Box<[u8]>),
    /// It ends with this.
    EndsWith(Box<[u8]>),
    /// This is in it.
    Contains(Box<[u8]>),
    /// This is in it, whatever the case of ASCII letters; lower case.
    ContainsNoCase(Box<[u8]>),
    /// Its parts between slashes begin with these.
    PathPrefix(Box<[Box<[u8]>]>),
    /// Something that the solver does not look into: the same key is the same test. It may hold or not, but not without a value.
    Opaque(Box<str>),
}

impl Test {
    /// Membership in a set.
    pub fn one_of(values: impl IntoIterator<Item = Value>) -> Self {
        Self::In(set(values))
    }

    /// A value that is not in a set.
    pub fn none_of(values: impl IntoIterator<Item = Value>) -> Self {
        Self::NotIn(set(values))
    }

    /// The parts of a path between slashes, empty ones left out.
    pub fn path_prefix(path: &[u8]) -> Self {
        Self::PathPrefix(parts(path).map(Into::into).collect())
    }

    /// Whether a value passes; `None`: nobody knows.
    pub fn passes(&self, value: &Value) -> Option<bool> {
        Some(match (self, value) {
            (Self::Exists, _) => true,
            (Self::Opaque(_), _) => return None,
            (Self::In(set), value) => set.binary_search(value).is_ok(),
            (Self::NotIn(set), value) => set.binary_search(value).is_err(),
            (Self::Range(low, high), Value::Number(number)) => low <= number && number <= high,
            (Self::Nets(nets), Value::Ip(ip)) => nets.iter().any(|net| net.contains(ip)),
            (Self::NotNets(nets), Value::Ip(ip)) => !nets.iter().any(|net| net.contains(ip)),
            (Self::StartsWith(start), Value::Text(text)) => text.starts_with(start),
            (Self::EndsWith(end), Value::Text(text)) => text.ends_with(end),
            (Self::Contains(needle), Value::Text(text)) => contains(text, needle),
            (Self::ContainsNoCase(needle), Value::Text(text)) => contains(&text.to_ascii_lowercase(), needle),
            (Self::PathPrefix(prefix), Value::Text(text)) => {
                let mut own = parts(text);
                prefix.iter().all(|part| own.next() == Some(&**part))
            }
            // A test of another type.
            _ => false,
        })
    }
}

fn set(values: impl IntoIterator<Item = Value>) -> Arc<[Value]> {
    let mut values: Vec<Value> = values.into_iter().collect();
    values.sort_unstable();
    values.dedup();
    values.into()
}

/// The parts of a path.
pub(crate) fn parts(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|byte| *byte == b'/').filter(|part| !part.is_empty())
}

/// Whether `needle` is in `text`.
pub(crate) fn contains(text: &[u8], needle: &[u8]) -> bool {
    needle.is_empty() || text.windows(needle.len()).any(|window| window == needle)
}
