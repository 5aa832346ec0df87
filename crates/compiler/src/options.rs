//! What a compilation depends on besides the texts.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::lints::LintSettings;
use falco_catalog::Catalog;

/// Settings of a compilation.
#[derive(Debug, Clone)]
pub struct Options {
    /// The facts: fields by event source, events, transformers.
    pub catalog: Arc<Catalog>,
    /// The event sources that the engine has; `None` stands for every source of the catalogue. A rule of another source is
    /// warned about and not compiled.
    pub sources: Option<Vec<String>>,
    /// The engine that the rules must load on.
    pub engine_version: Version,
    /// What the configuration adds to outputs (Falco's `append_output`).
    pub append_outputs: Vec<AppendOutput>,
    /// The plugins that are loaded; `None`: plugin requirements are not judged.
    pub plugins: Option<Vec<LoadedPlugin>>,
    /// Levels and options of our own lints.
    pub lints: LintSettings,
    /// Whether each load's warnings and schema check are worked out for Falco's report ([`crate::LoadResult`]). Errors
    /// always are.
    pub falco_report: bool,
}

impl Options {
    /// The settings for a catalogue, everything else as a plain Falco has it.
    pub fn new(catalog: Arc<Catalog>) -> Self {
        Self {
            catalog,
            sources: None,
            engine_version: Version::FALCO_0_44,
            append_outputs: Vec::new(),
            plugins: None,
            lints: LintSettings::default(),
            falco_report: true,
        }
    }
}

impl Default for Options {
    /// The settings of a plain Falco.
    fn default() -> Self {
        Self::new(Arc::new(Catalog::builtin()))
    }
}

impl Options {
    /// Whether conditions mean the same with other settings.
    pub(crate) fn same_checks(&self, other: &Self) -> bool {
        self.engine_version == other.engine_version
            && (Arc::ptr_eq(&self.catalog, &other.catalog) || *self.catalog == *other.catalog)
    }

    /// Whether everything means the same with other settings.
    pub(crate) fn same(&self, other: &Self) -> bool {
        self.same_checks(other)
            && self.sources == other.sources
            && self.append_outputs == other.append_outputs
            && self.plugins == other.plugins
            && self.lints == other.lints
            && self.falco_report == other.falco_report
    }
}

/// A version of three numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub struct Version {
    pub major: u32,
    pub minor: u32,
    pub patch: u32,
}

impl Version {
    /// The rules engine of Falco 0.44.
    pub const FALCO_0_44: Self = Self::new(0, 62, 0);
    /// The rules engine after Falco 0.44, whose sources the reference answers came from.
    pub const NEXT: Self = Self::new(0, 63, 0);

    /// A version of these numbers.
    pub const fn new(major: u32, minor: u32, patch: u32) -> Self {
        Self { major, minor, patch }
    }

    /// Whether something that asks for `required` works with this version: same major number, not older.
    pub fn satisfies(self, required: Self) -> bool {
        self.major == required.major && self >= required
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// The text is no version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a version of the form `x.y.z`")]
pub struct VersionError;

impl FromStr for Version {
    type Err = VersionError;

    /// Reads three unsigned numbers separated by dots; like Falco, whatever follows is ignored.
    fn from_str(text: &str) -> Result<Self, VersionError> {
        let mut rest = text;
        let mut numbers = [0u32; 3];
        for (i, number) in numbers.iter_mut().enumerate() {
            if i > 0 {
                rest = rest.strip_prefix('.').ok_or(VersionError)?;
            }
            let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let (head, tail) = rest.split_at(digits);
            *number = head.parse().map_err(|_| VersionError)?;
            rest = tail;
        }
        let [major, minor, patch] = numbers;
        Ok(Self { major, minor, patch })
    }
}

/// A loaded plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadedPlugin {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: Version,
}

/// An addition to the outputs of some rules.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AppendOutput {
    /// Only rules of this source.
    pub source: Option<String>,
    /// Only this rule.
    pub rule: Option<String>,
    /// Only rules with all of these tags.
    pub tags: Vec<String>,
    /// Text that is joined to the output with one blank.
    pub extra_output: Option<String>,
    /// Fields added to the alert's fields: key and format. An empty format stands for the field of the key's name.
    pub extra_fields: Vec<(String, String)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_three_numbers_with_anything_after() {
        assert_eq!("0.31.0".parse(), Ok(Version::new(0, 31, 0)));
        assert_eq!("1.2.3-rc1".parse(), Ok(Version::new(1, 2, 3)));
        for bad in ["", "1", "0.10", "a.b.c", "1..2", "99999999999.0.0", "-1.0.0"] {
            assert_eq!(bad.parse::<Version>(), Err(VersionError), "{bad}");
        }
    }

    #[test]
    fn compatible_versions_share_the_major_number() {
        let engine = Version::new(0, 62, 0);
        assert!(engine.satisfies(Version::new(0, 31, 0)));
        assert!(engine.satisfies(engine));
        assert!(!engine.satisfies(Version::new(0, 62, 1)));
        assert!(!engine.satisfies(Version::new(1, 0, 0)));
    }
}
