//! How loud lints are, and their options.

use std::fmt;

use rustc_hash::FxHashMap;

use crate::lints::{ALL, Lint, LintCategory, by_code};

/// Whether and how loudly a lint speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LintLevel {
    /// Not at all.
    Off,
    /// As a hint.
    Hint,
    /// As information.
    Info,
    /// As a warning.
    Warning,
    /// As an error.
    Error,
}

impl LintLevel {
    /// Every level, quietest first.
    pub const ALL: [Self; 5] = [Self::Off, Self::Hint, Self::Info, Self::Warning, Self::Error];

    /// The name in settings.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Hint => "hint",
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    /// The level of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str() == name)
    }
}

impl fmt::Display for LintLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An option of a lint.
#[derive(Debug)]
pub struct LintOption {
    /// Its name in settings.
    pub name: &'static str,
    /// One line on what it does.
    pub summary: &'static str,
    /// What it is unless the settings say otherwise.
    pub default: OptionDefault,
}

/// The type of an option, with the value that it has without settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OptionDefault {
    /// A number.
    Number(u32),
    /// A list of texts, which those of the settings are added to.
    Words(&'static [&'static str]),
}

/// A value that the settings give to an option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OptionValue {
    /// A number.
    Number(u32),
    /// A list of texts.
    Words(Vec<String>),
}

/// Levels and options of our own lints. What a lint is told by its code goes before what its category is told, and that before
/// its default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LintSettings {
    codes: FxHashMap<&'static str, LintLevel>,
    categories: FxHashMap<LintCategory, LintLevel>,
    options: FxHashMap<(&'static str, &'static str), OptionValue>,
}

/// Something that the settings of lints cannot be told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LintSettingsError {
    /// Neither a code nor a category.
    #[error("there is no lint and no category `{name}`{}", did_you_mean(.nearest))]
    UnknownLint {
        /// What was said.
        name: String,
        /// What it may be meant to be.
        nearest: Option<&'static str>,
    },
    /// No level.
    #[error("`{0}` is no level; levels are `off`, `hint`, `info`, `warning` and `error`")]
    UnknownLevel(String),
    /// No option of this lint.
    #[error("the lint `{code}` has no option `{name}`{}", did_you_mean(.nearest))]
    UnknownOption {
        /// The lint.
        code: String,
        /// What was said.
        name: String,
        /// What it may be meant to be.
        nearest: Option<&'static str>,
    },
    /// A value of another type.
    #[error("the option `{name}` of `{code}` is {}", match .is { OptionDefault::Number(_) => "a number", OptionDefault::Words(_) => "a list of texts" })]
    WrongType {
        /// The lint.
        code: &'static str,
        /// The option.
        name: &'static str,
        /// What it should be.
        is: OptionDefault,
    },
}

fn did_you_mean(nearest: &Option<&'static str>) -> String {
    nearest.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default()
}

fn nearest(name: &str, known: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    falco_catalog::suggest::best(name, known)
}

impl LintSettings {
    /// Sets the level of a lint or of a category.
    ///
    /// # Errors
    /// When there is no lint and no category of that name.
    pub fn set(&mut self, name: &str, level: LintLevel) -> Result<(), LintSettingsError> {
        if let Some(lint) = by_code(name) {
            self.codes.insert(lint.code, level);
        } else if let Some(category) = LintCategory::parse(name) {
            self.categories.insert(category, level);
        } else {
            return Err(Self::unknown(name));
        }
        Ok(())
    }

    /// The error for a name that is neither a lint's nor a category's.
    pub fn unknown(name: &str) -> LintSettingsError {
        let known = ALL.iter().map(|lint| lint.code).chain(LintCategory::ALL.iter().map(|category| category.as_str()));
        LintSettingsError::UnknownLint { name: name.to_owned(), nearest: nearest(name, known) }
    }

    /// Sets an option of a lint.
    ///
    /// # Errors
    /// When the lint or the option does not exist, or the value has the wrong type.
    pub fn set_option(&mut self, code: &str, name: &str, value: OptionValue) -> Result<(), LintSettingsError> {
        let lint = by_code(code).ok_or_else(|| Self::unknown(code))?;
        let option = lint.option(name).ok_or_else(|| LintSettingsError::UnknownOption {
            code: code.to_owned(),
            name: name.to_owned(),
            nearest: nearest(name, lint.options.iter().map(|option| option.name)),
        })?;
        match (&option.default, &value) {
            (OptionDefault::Number(_), OptionValue::Number(_)) | (OptionDefault::Words(_), OptionValue::Words(_)) => {
                self.options.insert((lint.code, option.name), value);
                Ok(())
            }
            _ => Err(LintSettingsError::WrongType { code: lint.code, name: option.name, is: option.default }),
        }
    }

    /// The level that a lint has.
    pub fn level(&self, lint: &Lint) -> LintLevel {
        // What is off by default is asked for by its own name: a category that becomes louder does not wake it.
        let category = self.categories.get(&lint.category).copied();
        let category = category.filter(|level| lint.level != LintLevel::Off || *level == LintLevel::Off);
        self.codes.get(lint.code).copied().or(category).unwrap_or(lint.level)
    }

    /// The number that an option has; 0 if it is none.
    pub fn number(&self, lint: &Lint, name: &str) -> u32 {
        let Some(option) = lint.option(name) else { return 0 };
        match (self.options.get(&(lint.code, option.name)), option.default) {
            (Some(OptionValue::Number(number)), _) => *number,
            (_, OptionDefault::Number(number)) => number,
            _ => 0,
        }
    }

    /// Whether a text is among those of an option.
    pub fn has_word(&self, lint: &Lint, name: &str, word: &str) -> bool {
        let Some(option) = lint.option(name) else { return false };
        let default = matches!(option.default, OptionDefault::Words(words) if words.contains(&word));
        let set = self.options.get(&(lint.code, option.name));
        default || matches!(set, Some(OptionValue::Words(words)) if words.iter().any(|known| known == word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_go_before_categories() {
        let mut settings = LintSettings::default();
        let lint = by_code("duplicate-key").unwrap();
        assert_eq!(settings.level(lint), LintLevel::Warning);
        settings.set("correctness", LintLevel::Error).unwrap();
        assert_eq!(settings.level(lint), LintLevel::Error);
        settings.set("duplicate-key", LintLevel::Hint).unwrap();
        assert_eq!(settings.level(lint), LintLevel::Hint);
    }

    #[test]
    fn a_category_does_not_wake_what_sleeps() {
        let mut settings = LintSettings::default();
        let lint = by_code("flow-indent").unwrap();
        settings.set("compatibility", LintLevel::Error).unwrap();
        assert_eq!(settings.level(lint), LintLevel::Off);
        settings.set("flow-indent", LintLevel::Info).unwrap();
        assert_eq!(settings.level(lint), LintLevel::Info);
    }

    #[test]
    fn unknown_names_are_errors_with_suggestions() {
        let mut settings = LintSettings::default();
        let error = settings.set("duplicate-keys", LintLevel::Off).unwrap_err();
        assert_eq!(
            error.to_string(),
            "there is no lint and no category `duplicate-keys`; did you mean `duplicate-key`?"
        );
        let error = settings.set_option("duplicate-key", "x", OptionValue::Number(1)).unwrap_err();
        assert_eq!(error.to_string(), "the lint `duplicate-key` has no option `x`");
    }
}
