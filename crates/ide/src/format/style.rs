//! How formatted rules look: the `format` section of the project file.

use serde::Deserialize;

/// The options of the formatter.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Style {
    /// Lines longer than this are broken where they can be.
    #[serde(deserialize_with = "width")]
    pub width: usize,
    /// How conditions of several lines are laid out.
    pub conditions: Conditions,
    /// How lists in brackets are laid out that do not fit on a line.
    pub lists: Lists,
    /// Which quotes are used where either would do.
    pub quotes: Quotes,
}

impl Default for Style {
    fn default() -> Self {
        Self { width: 120, conditions: Conditions::Split, lists: Lists::Fill, quotes: Quotes::Preserve }
    }
}

/// Layout of conditions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Conditions {
    /// Each operand of the outermost `and` or `or` on a line of its own; groups are broken only where they do not fit.
    Split,
    /// Line breaks stay where they are; only the indentation is set.
    Preserve,
}

/// Layout of lists in brackets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lists {
    /// As many elements on a line as fit.
    Fill,
    /// One element on a line.
    OnePerLine,
    /// Line breaks stay where they are; only the indentation is set.
    Preserve,
}

/// Choice of quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Quotes {
    /// As they are.
    Preserve,
    /// Double quotes.
    Double,
    /// Single quotes.
    Single,
}

/// The widths that make sense. Below the least a condition could not be broken sensibly.
pub const WIDTHS: std::ops::RangeInclusive<usize> = 40..=1000;

fn width<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    let width = usize::deserialize(deserializer)?;
    if WIDTHS.contains(&width) {
        return Ok(width);
    }
    let message = format!("`width` is {width}; it must be from {} to {}", WIDTHS.start(), WIDTHS.end());
    Err(serde::de::Error::custom(message))
}
