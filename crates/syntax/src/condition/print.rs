//! Printing conditions, in two forms.
//!
//! [`Display`] is Falco's form, as its descriptions show it: made for reading, and not always for parsing, since a text with
//! a comma or a parenthesis prints without quotes. [`Expr::source`] quotes where the grammar needs it, so that the result
//! parses back to the same condition.

use std::fmt::{self, Display, Formatter, Write};

use super::ast::{Arg, Call, Check, Expr, Field, Left, Modifier, Operator, Right, Text};
use super::lexer::{is_bare, is_space};

/// Which of the two forms.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Falco,
    Source,
}

struct Print<T>(T, Form);

impl Display for Print<&Expr> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self(expr, form) = *self;
        match expr {
            Expr::And { children, .. } => list(f, children, " and ", form),
            Expr::Or { children, .. } => list(f, children, " or ", form),
            Expr::Not { child, .. } => {
                // A negation inside another's parentheses is its own node; without them the two would cancel.
                let group = form == Form::Source && matches!(**child, Expr::Not { .. });
                let (open, close) = if group { ("(", ")") } else { ("", "") };
                write!(f, "not {open}{}{close}", Print(&**child, form))
            }
            Expr::Check(check) => check_in(f, check, form),
            Expr::Macro { name, .. } => f.write_str(name),
            Expr::Missing { .. } => f.write_str("<missing>"),
        }
    }
}

/// The items in parentheses.
fn list<'a, T>(f: &mut Formatter<'_>, items: &'a [T], separator: &str, form: Form) -> fmt::Result
where
    Print<&'a T>: Display,
{
    f.write_char('(')?;
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            f.write_str(separator)?;
        }
        Print(item, form).fmt(f)?;
    }
    f.write_char(')')
}

fn check_in(f: &mut Formatter<'_>, check: &Check, form: Form) -> fmt::Result {
    Print(&check.left, form).fmt(f)?;
    if let Some((op, _)) = check.op {
        write!(f, " {op}")?;
    }
    if let Some((modifier, _)) = check.modifier {
        write!(f, " {modifier}")?;
    }
    match &check.right {
        Right::None => Ok(()),
        // An order operator takes a number, which is never quoted.
        Right::Value(text) if check.op.is_some_and(|(op, _)| op.is_order()) => write!(f, " {text}"),
        Right::Value(text) => write!(f, " {}", Print(text, form)),
        Right::List { items, parenthesised: true, .. } => {
            f.write_char(' ')?;
            list(f, items, ", ", form)
        }
        Right::List { items, .. } => items.iter().try_for_each(|item| write!(f, " {item}")),
        Right::Call(call) => write!(f, " {}", Print(call, form)),
    }
}

impl Display for Print<&Left> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            Left::Field(field) => Print(field, self.1).fmt(f),
            Left::Call(call) => Print(call, self.1).fmt(f),
        }
    }
}

impl Display for Print<&Field> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.name)?;
        argument(f, self.0.arg.as_ref(), self.1)
    }
}

/// `[arg]`. An empty argument is quoted in both forms; without the quotes it would not parse.
fn argument(f: &mut Formatter<'_>, arg: Option<&Text>, form: Form) -> fmt::Result {
    let Some(arg) = arg else { return Ok(()) };
    let plain = |b: &u8| !is_space(*b) && !matches!(b, b'[' | b']' | b'"' | b'\'');
    let quote = arg.value.is_empty() || (form == Form::Source && !arg.value.iter().all(plain));
    match std::str::from_utf8(&arg.value) {
        Ok(text) if form == Form::Source && !quote => write!(f, "[{text}]"),
        _ if quote => {
            f.write_char('[')?;
            quoted(f, &arg.value, form)?;
            f.write_char(']')
        }
        _ => write!(f, "[{arg}]"),
    }
}

impl Display for Print<&Call> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.name)?;
        list(f, &self.0.args, ",", self.1)?;
        argument(f, self.0.suffix.as_ref(), self.1)
    }
}

impl Display for Print<&Arg> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            Arg::Field(field) => Print(field, self.1).fmt(f),
            Arg::Call(call) => Print(call, self.1).fmt(f),
            Arg::Text(text) if self.1 == Form::Source && text.quoted => quoted(f, &text.value, self.1),
            Arg::Text(text) => text.fmt(f),
            Arg::List { items, .. } => list(f, items, ",", self.1),
        }
    }
}

impl Display for Print<&Text> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self(text, form) = *self;
        let special = |b: &u8| matches!(b, b' ' | b'=' | b'\\' | b'"' | b'\'' | 0x08 | 0x0c | b'\n' | b'\r' | b'\t');
        let quote = match form {
            Form::Falco => text.value.iter().any(special),
            Form::Source => text.quoted || text.value.is_empty() || !text.value.iter().all(|b| is_bare(*b)),
        };
        match std::str::from_utf8(&text.value) {
            Ok(text) if !quote => f.write_str(text),
            _ => quoted(f, &self.0.value, form),
        }
    }
}

fn quoted(f: &mut Formatter<'_>, value: &[u8], form: Form) -> fmt::Result {
    f.write_char('"')?;
    let (value, last) = match value {
        // No text can end in a backslash that stands before the closing quote, however often it is escaped.
        [rest @ .., b'\\'] if form == Form::Source => (rest, "\\x5c"),
        _ => (value, ""),
    };
    for chunk in value.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\u{8}' => f.write_str("\\b")?,
                '\u{c}' => f.write_str("\\f")?,
                '\n' => f.write_str("\\n")?,
                '\r' => f.write_str("\\r")?,
                '\t' => f.write_str("\\t")?,
                '\\' => f.write_str("\\\\")?,
                '"' => f.write_str("\\\"")?,
                '\0' if form == Form::Source => f.write_str("\\x00")?,
                c => f.write_char(c)?,
            }
        }
        // Falco prints such bytes as they are, which no text of ours can hold.
        for byte in chunk.invalid() {
            write!(f, "\\x{byte:02x}")?;
        }
    }
    f.write_str(last)?;
    f.write_char('"')
}

impl Expr {
    /// The condition as text that parses back to the same condition.
    pub fn source(&self) -> impl Display + '_ {
        Print(self, Form::Source)
    }
}

macro_rules! display {
    ($($name:ident)*) => {$(
        impl Display for $name {
            fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
                Print(self, Form::Falco).fmt(f)
            }
        }
    )*};
}

display! { Expr Left Field Call Arg Text }

impl Display for Check {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        check_in(f, self, Form::Falco)
    }
}

impl Display for Operator {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Display for Modifier {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
