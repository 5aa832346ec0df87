//! Formatting of rules files.
//!
//! The YAML tree is printed anew (`printer`) with comments where they belong; conditions (`condition`) and collections in brackets
//! (`flow`) are laid out by width. Whatever is printed is compared with what was there (`verify`): an item that would not say
//! the same stays as it is, and a file that Falco would not load to the same is not touched.

mod comments;
mod condition;
mod edits;
mod flow;
mod on_type;
mod printer;
mod scalar;
mod style;
#[cfg(test)]
mod tests;
mod verify;

use std::borrow::Cow;

use falco_syntax::{TextRange, yaml};

pub use edits::{edits_between, unified_diff};
pub use on_type::new_line;
pub(crate) use style::WIDTHS;
pub use style::{Conditions, Lists, Quotes, Style};

/// Why a text is not formatted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// It is no YAML, so nobody knows what belongs where.
    #[error("not formatted: {message}")]
    Syntax {
        /// Where.
        range: TextRange,
        /// What is wrong.
        message: String,
    },
    /// It has something that the printer does not know.
    #[error("not formatted: the file has YAML that the formatter cannot move")]
    Unprintable,
    /// The result would not be the same rules.
    #[error("not formatted: Falco would load something else afterwards; please report this file")]
    WouldChange,
}

/// Something in the tree that cannot be printed at another place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unprintable;

/// Formats a rules file.
///
/// # Errors
/// When it is no YAML, or formatting it would change what Falco loads.
pub fn format(text: &str, style: &Style) -> Result<String, FormatError> {
    format_items(text, style, &|_| true)
}

/// Formats the items of a rules file that are touched by `range`, whole, and what is between them.
///
/// # Errors
/// As [`format()`].
pub fn format_range(text: &str, style: &Style, range: TextRange) -> Result<String, FormatError> {
    let (start, end) = (usize::from(range.start()), usize::from(range.end()));
    // The printer sees the text with simple line breaks and without its mark; the range has to follow.
    let simple = |offset: usize| text.get(..offset).map_or(offset, |before| Text::new(before).text.len());
    let (start, end) = (simple(start), simple(end));
    format_items(text, style, &|item| item.start <= end && start <= item.end)
}

/// A condition for people to read: without parentheses that say nothing, on lines that should not be longer than `width`. `None` if it
/// has mistakes, or constants that a line cannot hold.
pub fn readable_condition(text: &str, width: usize) -> Option<Vec<String>> {
    Some(condition::Layout::new(&condition::plain(text)?)?.broken(width))
}

fn format_items(text: &str, style: &Style, wanted: printer::Wanted<'_>) -> Result<String, FormatError> {
    let plain = Text::new(text);
    let parse = yaml::parse(&plain.text);
    if let Some(error) = parse.falco_error() {
        let message = error.message.clone();
        // The range is one of the text as it was given.
        let range = yaml::parse(text).falco_error().map_or(error.range, |error| error.range);
        return Err(FormatError::Syntax { range, message });
    }
    let root = parse.syntax();
    if verify::has_garbage(&root) {
        return Err(FormatError::Unprintable);
    }
    let printed = printer::print(&root, &plain.text, style, wanted).map_err(|Unprintable| FormatError::Unprintable)?;
    let result = plain.restore(&printed);
    if result == text {
        return Ok(result);
    }
    let again = yaml::parse(&printed);
    let same = again.falco_error().is_none()
        && verify::same_documents(&parse, &again)
        && verify::same_comments(&root, &plain.text, &again.syntax(), &printed)
        && verify::same_meaning(text, &result);
    if same { Ok(result) } else { Err(FormatError::WouldChange) }
}

/// A text with simple line breaks and without a byte order mark, and what it takes to have these again.
struct Text<'t> {
    text: Cow<'t, str>,
    has_mark: bool,
    has_returns: bool,
}

const MARK: &str = "\u{feff}";

impl<'t> Text<'t> {
    fn new(text: &'t str) -> Self {
        let stripped = text.strip_prefix(MARK);
        let rest = stripped.unwrap_or(text);
        // The first line says how lines end.
        let has_returns = rest.find('\n').is_some_and(|at| rest.get(..at).is_some_and(|line| line.ends_with('\r')));
        let plain = if rest.contains("\r\n") { Cow::Owned(rest.replace("\r\n", "\n")) } else { Cow::Borrowed(rest) };
        Self { text: plain, has_mark: stripped.is_some(), has_returns }
    }

    fn restore(&self, printed: &str) -> String {
        let mark = if self.has_mark { MARK } else { "" };
        match self.has_returns {
            true => format!("{mark}{}", printed.replace('\n', "\r\n")),
            false => format!("{mark}{printed}"),
        }
    }
}
