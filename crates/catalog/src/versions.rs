//! Which rules engine has what: releases of Falco and their engines, and what each brought or deprecated.
//!
//! Rules name the *engine* that they need (`required_engine_version`), people name Falco *releases*, and announcements name releases
//! too. One scale is used for all comparisons, the engine's; [`releases`] leads from the other to it. For some releases the engine is
//! known only between bounds, so that a fact has two ends: the last engine that surely lacks a thing and the first that surely has it.
//! What has no entry is [unknown](since): nothing is claimed about it.

use std::fmt;
use std::str::FromStr;

/// The version of a rules engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub struct EngineVersion {
    pub major: u32,
    pub minor: u32,
    pub patch: u32,
}

impl fmt::Display for EngineVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// A release of Falco and what is known of its engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Release {
    /// Falco's version, two numbers: `0.44`.
    pub falco: &'static str,
    /// Its engine is not older.
    pub lowest: EngineVersion,
    /// Its engine is not newer.
    pub highest: EngineVersion,
}

impl Release {
    /// The engine, where it is known exactly.
    pub fn engine(&self) -> Option<EngineVersion> {
        (self.lowest == self.highest).then_some(self.lowest)
    }
}

/// Since when there is something, or since when it is deprecated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Since {
    /// The release of Falco: `0.44`.
    pub falco: &'static str,
    /// The last engine that is known to lack it.
    pub lacking: EngineVersion,
    /// The first engine that is known to have it.
    pub having: EngineVersion,
    /// Where the fact is from.
    pub source: &'static str,
}

/// Whether an engine has something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It surely does.
    Present,
    /// It surely does not.
    Absent,
    /// It is not known.
    Unknown,
}

impl Since {
    /// Whether an engine of this version has it.
    pub fn presence(&self, engine: EngineVersion) -> Presence {
        if engine >= self.having {
            Presence::Present
        } else if engine <= self.lacking {
            Presence::Absent
        } else {
            Presence::Unknown
        }
    }
}

impl fmt::Display for Since {
    /// For readers: `Falco 0.44 (engine 0.62.0)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Falco {}", self.falco)?;
        match release(self.falco).and_then(Release::engine) {
            Some(engine) => write!(f, " (engine {engine})"),
            None => write!(f, " (engine {} at the latest)", self.having),
        }
    }
}

/// What facts are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subject {
    /// A field, by its name.
    Field,
    /// The argument of a field that can also stand without, by the field's name.
    Argument,
    /// An operator, by its spelling.
    Operator,
    /// A modifier of operators.
    Modifier,
    /// A transformer.
    Transformer,
    /// A key, by item and name: `rule.capture`, `rule-override.tags`.
    Key,
    /// An event type, by its name.
    Event,
    /// A code of Falco's messages.
    Code,
}

impl Subject {
    fn kind(self) -> &'static str {
        match self {
            Self::Field => "field",
            Self::Argument => "argument",
            Self::Operator => "operator",
            Self::Modifier => "modifier",
            Self::Transformer => "transformer",
            Self::Key => "key",
            Self::Event => "event",
            Self::Code => "code",
        }
    }

    fn deprecated_kind(self) -> Option<&'static str> {
        match self {
            Self::Field => Some("deprecated field"),
            Self::Key => Some("deprecated key"),
            _ => None,
        }
    }
}

/// Since when there is something; `None`: unknown.
pub fn since(subject: Subject, name: &str) -> Option<&'static Since> {
    find(subject.kind(), name)
}

/// Since when something is deprecated; `None`: it is not, or since when is unknown.
pub fn deprecated_since(subject: Subject, name: &str) -> Option<&'static Since> {
    find(subject.deprecated_kind()?, name)
}

fn find(kind: &str, name: &str) -> Option<&'static Since> {
    let at = SINCE.binary_search_by(|((k, n), _)| (*k, *n).cmp(&(kind, name))).ok()?;
    SINCE.get(at).map(|(_, since)| since)
}

/// The releases of Falco whose engines are known, or known between bounds, oldest first.
pub fn releases() -> &'static [Release] {
    &RELEASES
}

/// A release by its version; more than two numbers may be given: `0.44.1` is found as `0.44`.
pub fn release(falco: &str) -> Option<&'static Release> {
    let end = falco.match_indices('.').nth(1).map_or(falco.len(), |(at, _)| at);
    let falco = falco.get(..end)?;
    RELEASES.iter().find(|release| release.falco == falco)
}

/// The newest release whose engine is not newer than this one, for messages such as `engine 0.57.0 (Falco 0.42)`.
pub fn release_of(engine: EngineVersion) -> Option<&'static Release> {
    RELEASES.iter().find(|release| release.engine() == Some(engine))
}

/// The text is no version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an engine version of the form `x.y.z`")]
pub struct EngineVersionError;

impl FromStr for EngineVersion {
    type Err = EngineVersionError;

    fn from_str(text: &str) -> Result<Self, EngineVersionError> {
        let mut numbers = text.split('.').map(str::parse::<u32>);
        let mut next = || numbers.next().and_then(Result::ok).ok_or(EngineVersionError);
        let version = Self { major: next()?, minor: next()?, patch: next()? };
        if numbers.next().is_some() { Err(EngineVersionError) } else { Ok(version) }
    }
}

include!(concat!(env!("OUT_DIR"), "/versions.rs"));

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{ItemKind, KEYS};
    use crate::{event, field, language};

    fn engine(text: &str) -> EngineVersion {
        text.parse().unwrap()
    }

    #[test]
    fn facts_have_two_ends() {
        let anyof = since(Subject::Modifier, "anyof").unwrap();
        assert_eq!(anyof.presence(engine("0.62.0")), Presence::Present);
        assert_eq!(anyof.presence(engine("0.58.0")), Presence::Absent);
        assert_eq!(anyof.presence(engine("0.60.0")), Presence::Unknown);
        assert_eq!(anyof.to_string(), "Falco 0.44 (engine 0.62.0)");
        let val = since(Subject::Transformer, "val").unwrap();
        assert_eq!(val.to_string(), "Falco 0.38 (engine 0.42.0 at the latest)");
        assert_eq!(since(Subject::Field, "proc.name"), None);
        assert!(deprecated_since(Subject::Field, "evt.dir").is_some());
        assert_eq!(deprecated_since(Subject::Field, "proc.name"), None);
    }

    #[test]
    fn releases_lead_to_engines() {
        assert_eq!(release("0.44.1").and_then(Release::engine), Some(engine("0.62.0")));
        assert_eq!(release("0.44").and_then(Release::engine), Some(engine("0.62.0")));
        assert_eq!(release("0.40.0").and_then(Release::engine), None);
        assert_eq!(release("9.9"), None);
        assert_eq!(release_of(engine("0.43.0")).map(|r| r.falco), Some("0.39"));
        assert!(RELEASES.is_sorted_by_key(|r| (r.lowest, r.highest)));
    }

    #[test]
    fn facts_are_about_what_there_is_and_have_sources() {
        let newest = engine("0.62.0");
        for ((kind, name), since) in SINCE {
            let kind = kind.trim_start_matches("deprecated ");
            let known = match kind {
                "field" | "argument" => field::by_name(name).is_some(),
                "operator" => language::operator(name).is_some(),
                "modifier" => language::MODIFIERS.contains(name),
                "transformer" => language::transformer(name).is_some(),
                "event" => event::is_known_name(name),
                "code" => crate::codes::code(name).is_some(),
                _ => KEYS.iter().any(|key| key.path() == *name),
            };
            assert!(known, "{kind} {name}");
            assert!(since.source.len() > 5, "{kind} {name}");
            assert!(since.lacking <= since.having, "{kind} {name}");
            assert!(since.having <= newest, "{kind} {name}: the engine of Falco 0.44 must have it");
        }
        assert_eq!(ItemKind::Rule.key("capture").and_then(|k| k.known_since()).map(|s| s.falco), Some("0.42"));
    }
}
