//! The key `lints` of the project file.
//!
//! Every name and value is judged where it is read, so that an error has its place.

use std::fmt;

use falco_compiler::lints::{OptionValue, by_code};
use falco_compiler::{LintLevel, LintSettings};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// Reads `{CODE-or-category: LEVEL, CODE: {level: LEVEL, OPTION: VALUE}}`.
pub(super) fn settings<'de, D: Deserializer<'de>>(deserializer: D) -> Result<LintSettings, D::Error> {
    deserializer.deserialize_map(All)
}

struct All;

impl<'de> Visitor<'de> for All {
    type Value = LintSettings;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("lints or categories with their levels")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<LintSettings, A::Error> {
        let mut settings = LintSettings::default();
        while let Some(name) = map.next_key_seed(Name(&LintName))? {
            map.next_value_seed(OneLint { settings: &mut settings, name: &name })?;
        }
        Ok(settings)
    }

    // A key with nothing behind it.
    fn visit_unit<E: Error>(self) -> Result<LintSettings, E> {
        Ok(LintSettings::default())
    }
}

/// Says what is wrong with a name.
trait Judge {
    fn judge(&self, name: &str) -> Result<(), String>;
}

struct LintName;

impl Judge for LintName {
    fn judge(&self, name: &str) -> Result<(), String> {
        LintSettings::default().set(name, LintLevel::Off).map_err(|error| error.to_string())
    }
}

struct OptionName<'a>(&'a str);

impl Judge for OptionName<'_> {
    fn judge(&self, name: &str) -> Result<(), String> {
        let known = name == "level" || by_code(self.0).is_some_and(|lint| lint.option(name).is_some());
        if known {
            return Ok(());
        }
        let error = LintSettings::default().set_option(self.0, name, OptionValue::Number(0));
        error.map_err(|error| error.to_string())
    }
}

/// A key that is judged as a name.
struct Name<'a, J>(&'a J);

impl<'de, J: Judge> DeserializeSeed<'de> for Name<'_, J> {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<J: Judge> Visitor<'_> for Name<'_, J> {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<String, E> {
        self.0.judge(name).map_err(E::custom)?;
        Ok(name.to_owned())
    }
}

/// What is said of a lint: a level, or a level and options.
struct OneLint<'a> {
    settings: &'a mut LintSettings,
    name: &'a str,
}

impl<'de> DeserializeSeed<'de> for OneLint<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl OneLint<'_> {
    fn level<E: Error>(&mut self, name: &str) -> Result<(), E> {
        let level = LintLevel::parse(name).ok_or_else(|| {
            E::custom(format_args!("`{name}` is no level; levels are off, hint, info, warning and error"))
        })?;
        self.settings.set(self.name, level).map_err(E::custom)
    }
}

impl<'de> Visitor<'de> for OneLint<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a level, or a map with a level and options")
    }

    fn visit_str<E: Error>(mut self, level: &str) -> Result<(), E> {
        self.level(level)
    }

    // YAML 1.1 takes `off` for a Boolean, and many readers do.
    fn visit_bool<E: Error>(mut self, on: bool) -> Result<(), E> {
        if on {
            Err(E::custom("`true` is no level; levels are off, hint, info, warning and error"))
        } else {
            self.level("off")
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(option) = map.next_key_seed(Name(&OptionName(self.name)))? {
            if option == "level" {
                map.next_value_seed(OneLint { settings: &mut *self.settings, name: self.name })?;
            } else {
                let value = map.next_value_seed(AnOption)?;
                self.settings.set_option(self.name, &option, value).map_err(A::Error::custom)?;
            }
        }
        Ok(())
    }
}

struct AnOption;

impl<'de> DeserializeSeed<'de> for AnOption {
    type Value = OptionValue;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<OptionValue, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for AnOption {
    type Value = OptionValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number or a list of texts")
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<OptionValue, E> {
        u32::try_from(number).map(OptionValue::Number).map_err(|_| E::custom("the number is too large"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<OptionValue, A::Error> {
        let mut words = Vec::new();
        while let Some(word) = seq.next_element::<String>()? {
            words.push(word);
        }
        Ok(OptionValue::Words(words))
    }
}

#[cfg(test)]
mod tests {
    use falco_compiler::LintLevel;
    use falco_compiler::lints::by_code;

    use crate::project::Project;

    #[test]
    fn levels_are_read() {
        let text = "lints:\n  correctness: error\n  duplicate-key: off\n  flow-indent: {level: hint}\n";
        let project = Project::parse(text).unwrap();
        let level = |code: &str| project.lints.level(by_code(code).unwrap());
        assert_eq!(level("duplicate-key"), LintLevel::Off);
        assert_eq!(level("nested-list"), LintLevel::Error);
        assert_eq!(level("flow-indent"), LintLevel::Hint);
    }

    #[track_caller]
    fn fails(text: &str, message: &str, position: (usize, usize)) {
        let error = Project::parse(text).unwrap_err();
        assert!(error.message.contains(message), "{error}");
        assert_eq!(error.position, Some(position), "{error}");
    }

    #[test]
    fn mistakes_have_places() {
        fails("lints:\n  correctnes: error\n", "did you mean `correctness`?", (2, 3));
        fails("rules: []\nlints:\n  duplicate-key: eror\n", "`eror` is no level", (3, 18));
        fails("lints:\n  duplicate-key: {levle: off}\n", "has no option `levle`", (2, 19));
        fails("lints: [duplicate-key]\n", "invalid type", (1, 8));
    }
}
