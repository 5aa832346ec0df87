//! Finding the field that a text names, by Falco's rules.
//!
//! The classes of a source are asked in order. A class answers with the longest of its field names that begins the text; some
//! fields read more of it, as their argument. The first class that answers decides: when its answer does not cover the whole
//! text, the field is unknown, whatever the later classes have.

use thiserror::Error;

use crate::catalog::PluginEntry;
use crate::event;
use crate::field::{self, ArgSpec, FIELDS, FieldArg, FieldClass, FieldId, FieldInfo, FieldRef, Special};

/// Why a text is no field.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FieldError {
    /// No class of the source has such a field; the only error that `skip-if-unknown-filter` forgives.
    #[error("unknown field `{text}`")]
    Unknown {
        /// The text.
        text: Box<str>,
    },
    /// The field needs an argument.
    #[error("field `{field}` needs an argument{}", rest(.field, .text))]
    MissingArgument {
        /// The field.
        field: Box<str>,
        /// The text.
        text: Box<str>,
    },
    /// The field takes no argument.
    #[error("field `{field}` takes no argument, but has `{arg}`")]
    UnexpectedArgument {
        /// The field.
        field: Box<str>,
        /// The argument.
        arg: Box<str>,
    },
    /// The argument is not of the kind that the field takes.
    #[error("field `{field}` cannot take the argument `{arg}`: {expected}")]
    BadArgument {
        /// The field.
        field: Box<str>,
        /// The argument.
        arg: Box<str>,
        /// What it takes.
        expected: &'static str,
    },
    /// `evt.arg.NAME` or `evt.rawarg.NAME` with a name that no event has.
    #[error("no event has a parameter `{name}`")]
    UnknownParameter {
        /// The field.
        field: Box<str>,
        /// The name.
        name: Box<str>,
    },
}

fn rest(field: &str, text: &str) -> String {
    if field == text { String::new() } else { format!("; it is the longest field that begins `{text}`") }
}

impl FieldError {
    /// Whether the error is of the unknown-name kind, which `skip-if-unknown-filter: true` turns into a warning.
    pub fn is_unknown_name(&self) -> bool {
        matches!(self, Self::Unknown { .. })
    }
}

/// What a class says to a text.
enum Answer {
    /// It has no field that begins the text.
    No,
    /// It has one, but the text goes on.
    Partly,
    /// The field.
    Yes(FieldRef),
}

/// The index of the longest name that begins `text`, in a sorted table of names.
///
/// When the last name not after `text` does not begin it, then any name that does begin it is no longer than what the two
/// have in common: a longer one would sort between them. So the search goes on with the common part.
pub(crate) fn longest_prefix<'n>(len: usize, name: impl Fn(usize) -> &'n [u8], text: &[u8]) -> Option<usize> {
    let (mut key, mut end) = (text, len);
    loop {
        let (mut low, mut high) = (0, end);
        while low < high {
            let middle = low + (high - low) / 2;
            if name(middle) <= key { low = middle + 1 } else { high = middle }
        }
        let last = low.checked_sub(1)?;
        let candidate = name(last);
        let common = candidate.iter().zip(key).take_while(|(a, b)| a == b).count();
        if common == candidate.len() {
            return (common > 0).then_some(last);
        }
        key = &key[..common];
        end = last;
    }
}

/// Resolves a text among the built-in classes and the plugins that fit the source.
pub(crate) fn resolve<'p>(
    syscall: bool,
    plugins: impl Iterator<Item = &'p PluginEntry>,
    info: impl Fn(FieldId) -> Option<&'p FieldInfo>,
    text: &str,
) -> Result<FieldRef, FieldError> {
    let unknown = || FieldError::Unknown { text: text.into() };
    for class in field::classes() {
        if !syscall && !class.generic {
            continue;
        }
        match ask_class(class, text)? {
            Answer::No => {}
            Answer::Partly => return Err(unknown()),
            Answer::Yes(found) => return Ok(found),
        }
    }
    for plugin in plugins {
        match ask_plugin(plugin, &info, text)? {
            Answer::No => {}
            Answer::Partly => return Err(unknown()),
            Answer::Yes(found) => return Ok(found),
        }
    }
    Err(unknown())
}

fn found(id: FieldId, arg: FieldArg) -> Answer {
    FIELDS.get(usize::from(id.0)).map_or(Answer::No, |f| Answer::Yes(field_ref(f, arg)))
}

fn field_ref(info: &FieldInfo, arg: FieldArg) -> FieldRef {
    FieldRef { id: info.id, arg, ty: info.ty, is_list: info.is_list }
}

fn ask_class(class: &FieldClass, text: &str) -> Result<Answer, FieldError> {
    match class.special {
        Special::Event => {
            if let Some(answer) = ask_event(text)? {
                return Ok(answer);
            }
        }
        Special::Thread => {
            if let Some(answer) = ask_thread(text)? {
                return Ok(answer);
            }
        }
        Special::Fd => {
            if let Some(rest) = text.strip_prefix("fd.types") {
                return Ok(optional_index(field::FD_TYPES, rest));
            }
        }
        Special::None => {}
    }
    let name = |i: usize| FIELDS[usize::from(class.sorted[i])].name.as_bytes();
    let Some(i) = longest_prefix(class.sorted.len(), name, text.as_bytes()) else { return Ok(Answer::No) };
    let id = FieldId(class.sorted[i]);
    if name(i).len() == text.len() { Ok(found(id, FieldArg::None)) } else { Ok(Answer::Partly) }
}

/// The fields of the event class with an argument of their own form; `None` when the text begins with none of them.
fn ask_event(text: &str) -> Result<Option<Answer>, FieldError> {
    let Some(tail) = text.strip_prefix("evt.") else { return Ok(None) };
    if let Some(rest) = tail.strip_prefix("arg")
        && !rest.starts_with('s')
    {
        if let Some((number, covered)) = bracketed(rest) {
            let index = c_integer(number).ok_or_else(|| bad("evt.arg", number, "a number or `.name` is wanted"))?;
            return Ok(Some(if covered { found(field::EVT_ARG, FieldArg::Index(index)) } else { Answer::Partly }));
        }
        return parameter(field::EVT_ARG, "evt.arg", text, rest).map(Some);
    }
    if let Some(rest) = tail.strip_prefix("rawarg") {
        if let Some((number, _)) = bracketed(rest) {
            return Err(bad("evt.rawarg", number, "only the form `evt.rawarg.name` is known"));
        }
        return parameter(field::EVT_RAWARG, "evt.rawarg", text, rest).map(Some);
    }
    if let Some(rest) = tail.strip_prefix("around") {
        let Some((number, covered)) = bracketed(rest) else { return Err(missing("evt.around", text)) };
        // Nanoseconds since the epoch, unsigned; what exceeds 63 bits is beyond the year 2262.
        let time = number
            .parse::<u64>()
            .map_err(|_| bad("evt.around", number, "a time in nanoseconds, as `evt.rawtime` prints it, is wanted"))?;
        let time = i64::try_from(time).unwrap_or(i64::MAX);
        return Ok(Some(if covered { found(field::EVT_AROUND, FieldArg::Index(time)) } else { Answer::Partly }));
    }
    if let Some(rest) = tail.strip_prefix("abspath") {
        return Ok(Some(match rest {
            "" => found(field::EVT_ABSPATH, FieldArg::None),
            ".src" | ".dst" => found(field::EVT_ABSPATH, FieldArg::Key(rest[1..].into())),
            _ => Answer::Partly,
        }));
    }
    if let Some(rest) = tail.strip_prefix("type.is") {
        let Some(name) = rest.strip_prefix('.') else { return Err(missing("evt.type.is", text)) };
        let arg = match c_integer(name).and_then(|n| u32::try_from(n).ok()) {
            Some(code) => FieldArg::Index(i64::from(code)),
            None if !event::by_name(name).is_empty() => FieldArg::Key(name.into()),
            None => return Ok(Some(Answer::Partly)),
        };
        return Ok(Some(found(field::EVT_TYPE_IS, arg)));
    }
    Ok(None)
}

/// `.name` behind `evt.arg` or `evt.rawarg`.
fn parameter(id: FieldId, field: &'static str, text: &str, rest: &str) -> Result<Answer, FieldError> {
    let Some(name) = rest.strip_prefix('.') else { return Err(missing(field, text)) };
    let Some(param) = event::param_by_prefix(name) else {
        return Err(FieldError::UnknownParameter { field: field.into(), name: name.into() });
    };
    if param.name != name {
        return Ok(Answer::Partly);
    }
    let ty = if id == field::EVT_RAWARG { param.ty } else { FIELDS[usize::from(id.0)].ty };
    Ok(Answer::Yes(FieldRef { id, arg: FieldArg::Key(name.into()), ty, is_list: false }))
}

/// The fields of the thread class with an argument; `None` when the text begins with none of them.
fn ask_thread(text: &str) -> Result<Option<Answer>, FieldError> {
    if let Some(tail) = text.strip_prefix("proc.") {
        // Longer names first: `aexe` begins `aexepath`.
        const INDEXED: [(&str, FieldId); 7] = [
            ("apid", field::PROC_APID),
            ("aname", field::PROC_ANAME),
            ("aexepath", field::PROC_AEXEPATH),
            ("aexe", field::PROC_AEXE),
            ("acmdline", field::PROC_ACMDLINE),
            ("aargs", field::PROC_AARGS),
            ("args", field::PROC_ARGS),
        ];
        for (name, id) in INDEXED {
            if let Some(rest) = tail.strip_prefix(name) {
                return Ok(Some(optional_index(id, rest)));
            }
        }
        for (name, id) in [("env", field::PROC_ENV), ("aenv", field::PROC_AENV)] {
            if let Some(rest) = tail.strip_prefix(name) {
                return Ok(Some(environment(id, rest)));
            }
        }
        return Ok(None);
    }
    if let Some(rest) = text.strip_prefix("thread.cgroup")
        && !rest.starts_with('s')
    {
        let Some(name) = rest.strip_prefix('.').filter(|n| !n.is_empty()) else {
            return Err(missing("thread.cgroup", text));
        };
        if !name.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_') {
            return Ok(Some(Answer::Partly));
        }
        return Ok(Some(found(field::THREAD_CGROUP, FieldArg::Key(name.into()))));
    }
    Ok(None)
}

/// A field that may have `[number]`. Anything else behind it makes the field unknown, and −1 means no argument, as in Falco.
fn optional_index(id: FieldId, rest: &str) -> Answer {
    if rest.is_empty() {
        return found(id, FieldArg::None);
    }
    match bracketed(rest).and_then(|(number, covered)| Some((c_integer(number)?, covered))) {
        Some((-1, true)) => found(id, FieldArg::None),
        Some((index, true)) => found(id, FieldArg::Index(index)),
        _ => Answer::Partly,
    }
}

/// A field that may have `[name]`; a name of digits is an index, an empty one is none.
fn environment(id: FieldId, rest: &str) -> Answer {
    if rest.is_empty() {
        return found(id, FieldArg::None);
    }
    match bracketed(rest) {
        Some(("", true)) => found(id, FieldArg::None),
        Some((key, true)) if key.bytes().all(|b| b.is_ascii_digit()) => match c_integer(key) {
            Some(index) => found(id, FieldArg::Index(index)),
            None => Answer::Partly,
        },
        Some((key, true)) => found(id, FieldArg::Key(key.into())),
        _ => Answer::Partly,
    }
}

fn ask_plugin<'p>(
    plugin: &'p PluginEntry,
    info: &impl Fn(FieldId) -> Option<&'p FieldInfo>,
    text: &str,
) -> Result<Answer, FieldError> {
    let sorted = plugin.sorted();
    let name = |i: usize| info(FieldId(sorted[i])).map_or(&b""[..], |f| f.name.as_bytes());
    let Some(field) = longest_prefix(sorted.len(), name, text.as_bytes()).and_then(|i| info(FieldId(sorted[i]))) else {
        return Ok(Answer::No);
    };
    let Some(open) = text.find('[') else {
        if field.arg == ArgSpec::Required {
            return Err(missing(field.name, text));
        }
        return Ok(if field.name.len() == text.len() {
            Answer::Yes(field_ref(field, FieldArg::None))
        } else {
            Answer::Partly
        });
    };
    if open != field.name.len() {
        // With an argument in the text, a name that is matched only in part leaves the text to the next class.
        return Ok(Answer::No);
    }
    let Some((arg, covered)) = bracketed(&text[open..]) else {
        return Err(bad(field.name, &text[open..], "the bracket is not closed"));
    };
    if field.arg == ArgSpec::None {
        return Err(FieldError::UnexpectedArgument { field: field.name.into(), arg: arg.into() });
    }
    let index = plugin_index(arg);
    let value = match index {
        Ok(index) if field.arg_index => FieldArg::Index(index),
        _ if field.arg_key => FieldArg::Key(arg.into()),
        Err(expected) if field.arg_index => return Err(bad(field.name, arg, expected)),
        // A schema that allows an argument without saying of which kind: Falco passes nothing on.
        _ => FieldArg::None,
    };
    Ok(if covered { Answer::Yes(field_ref(field, value)) } else { Answer::Partly })
}

/// A plugin's index: decimal digits, without a zero in front.
fn plugin_index(text: &str) -> Result<i64, &'static str> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err("an index, digits only, is wanted");
    }
    if text.len() > 1 && text.starts_with('0') {
        return Err("an index must not begin with 0");
    }
    text.parse().map_err(|_| "the index is too large")
}

/// The text between `[` at the start and the first `]`, and whether nothing follows.
fn bracketed(rest: &str) -> Option<(&str, bool)> {
    let inner = rest.strip_prefix('[')?;
    let close = inner.find(']')?;
    Some((&inner[..close], close + 1 == inner.len()))
}

/// A signed 32-bit integer as C's scanning reads it: blanks and a sign may come first, nothing may follow; what does not fit
/// in 64 bits is cut to the nearest, and then to the low 32 bits.
fn c_integer(text: &str) -> Option<i64> {
    let text = text.trim_start_matches([' ', '\t', '\n', '\r', '\x0b', '\x0c']);
    let (negative, digits) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let value = digits.bytes().fold(0i64, |v, b| {
        let digit = i64::from(b - b'0');
        let next = v.saturating_mul(10);
        if negative { next.saturating_sub(digit) } else { next.saturating_add(digit) }
    });
    #[allow(clippy::cast_possible_truncation)]
    let low = value as i32;
    Some(i64::from(low))
}

fn missing(field: &str, text: &str) -> FieldError {
    FieldError::MissingArgument { field: field.into(), text: text.into() }
}

fn bad(field: &str, arg: &str, expected: &'static str) -> FieldError {
    FieldError::BadArgument { field: field.into(), arg: arg.into(), expected }
}

#[cfg(test)]
#[path = "resolve_tests.rs"]
mod tests;
