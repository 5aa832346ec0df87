//! The version bump that a change asks for.
//!
//! The policy is that of the project that publishes Falco's rules (its release guide): *major* for what other rules files or users can break
//! on, *minor* for what is new or asks for a newer engine or plugin, *patch* for the rest. It wants a tighter condition to be a major change
//! where it matches fewer events that were in the rule's scope; whether they were is for a person to say, so here it is major.

use std::fmt;

use falco_compiler::{ItemKind, Relation};

use super::{Change, What};

/// Which number of a version goes up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bump {
    /// None.
    None,
    /// The last one.
    Patch,
    /// The middle one.
    Minor,
    /// The first one.
    Major,
}

impl Bump {
    /// The lower-case name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Patch => "patch",
            Self::Minor => "minor",
            Self::Major => "major",
        }
    }
}

impl fmt::Display for Bump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Change {
    /// What this change by itself asks for.
    pub fn bump(&self) -> Bump {
        match &self.what {
            What::Added | What::Loaded => Bump::Minor,
            What::Removed | What::Renamed { .. } | What::Unloaded | What::Source { .. } => Bump::Major,
            // The list or the macro says what it asks for.
            What::Condition { own: false, .. } => Bump::Patch,
            What::Condition { relation, .. } => match (self.kind, relation) {
                // Other files may build on what a macro holds on.
                (ItemKind::Macro, _) => Bump::Major,
                (_, Relation::Equal | Relation::Looser { .. }) => Bump::Patch,
                (_, Relation::Tighter { .. } | Relation::Incomparable { .. } | Relation::Unknown) => Bump::Major,
            },
            What::Items { .. } | What::Exceptions { .. } | What::Output { .. } | What::Description => Bump::Patch,
            // The most urgent priority is the least.
            What::Priority { from, to } => {
                if to < from {
                    Bump::Patch
                } else {
                    Bump::Major
                }
            }
            What::Enabled(on) => {
                if *on {
                    Bump::Patch
                } else {
                    Bump::Major
                }
            }
            What::Tags { removed, .. } => {
                if removed.is_empty() {
                    Bump::Patch
                } else {
                    Bump::Major
                }
            }
            What::Engine { from, to } => {
                if to > from {
                    Bump::Minor
                } else {
                    Bump::Patch
                }
            }
            What::Plugin { from, to } => match (from, to) {
                (None, Some(_)) => Bump::Minor,
                (Some(_), None) | (None, None) => Bump::Patch,
                (Some(from), Some(to)) => {
                    let gone =
                        from.alternatives.iter().any(|(name, _)| !to.alternatives.iter().any(|(n, _)| n == name));
                    let newer = to.version > from.version
                        || from
                            .alternatives
                            .iter()
                            .any(|(name, old)| to.alternatives.iter().any(|(n, new)| n == name && new > old));
                    match (gone, newer) {
                        (true, _) => Bump::Major,
                        (false, true) => Bump::Minor,
                        (false, false) => Bump::Patch,
                    }
                }
            },
        }
    }
}
