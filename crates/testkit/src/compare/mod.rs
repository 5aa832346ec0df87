//! What changed from one set of rules to another: items, what they mean, what they ask of the engine, and alerts on captures.
//!
//! [`compare`] looks at two compilations, [`alerts`] at what both say about a capture. [`Bump`] is the version bump that a change asks for
//! by the policy of the project that publishes Falco's rules.

pub mod alerts;
mod bump;
mod conditions;
mod requirements;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use conditions::Side;
use falco_compiler::program::Priority;
use falco_compiler::{Compilation, Effective, ItemKind, Named, SourceFile, Span};

pub use bump::Bump;
pub use falco_compiler::{Part, Relation, Witness};
pub use requirements::PluginNeed;

/// Rules, compiled.
#[derive(Debug, Clone, Copy)]
pub struct RuleSet<'a> {
    /// Their files, in load order.
    pub files: &'a [SourceFile],
    /// What they come to.
    pub compilation: &'a Compilation,
}

/// A difference.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Of what.
    pub kind: ItemKind,
    /// Its name; that of the plugin for a plugin's version, empty for the engine's.
    pub name: String,
    /// Where it was.
    pub old: Option<Span>,
    /// Where it is.
    pub new: Option<Span>,
    /// In what it differs.
    pub what: What,
}

/// In what something differs.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It is gone, and a new rule with another name has the same condition.
    Renamed {
        /// The new name.
        to: String,
    },
    /// It no longer loads: its source or its fields are not known.
    Unloaded,
    /// It loads now.
    Loaded,
    /// The condition.
    Condition {
        /// How the events that it holds on changed.
        relation: Relation,
        /// Whether its own text differs; if not, a list or a macro that it uses does, which is a change of its own.
        own: bool,
    },
    /// Exceptions, by name.
    Exceptions {
        /// New ones.
        added: Vec<String>,
        /// Ones that are gone.
        removed: Vec<String>,
        /// Ones that let other events pass.
        changed: Vec<String>,
    },
    /// A list's items.
    Items {
        /// New ones.
        added: Vec<String>,
        /// Ones that are gone.
        removed: Vec<String>,
    },
    /// The event source.
    Source {
        /// Before.
        from: String,
        /// After.
        to: String,
    },
    /// The priority.
    Priority {
        /// Before.
        from: Priority,
        /// After.
        to: Priority,
    },
    /// Whether it is on by default.
    Enabled(bool),
    /// The tags.
    Tags {
        /// New ones.
        added: Vec<String>,
        /// Ones that are gone.
        removed: Vec<String>,
    },
    /// The output.
    Output {
        /// Before.
        from: String,
        /// After.
        to: String,
    },
    /// The description.
    Description,
    /// The engine version that is asked for; `None`: any.
    Engine {
        /// Before.
        from: Option<falco_compiler::Version>,
        /// After.
        to: Option<falco_compiler::Version>,
    },
    /// A plugin's version that is asked for; `None`: the plugin is not.
    Plugin {
        /// Before.
        from: Option<PluginNeed>,
        /// After.
        to: Option<PluginNeed>,
    },
}

/// What changed from `old` to `new`: requirements, lists, macros, rules, each kind by name.
pub fn compare(old: RuleSet<'_>, new: RuleSet<'_>) -> Vec<Change> {
    let mut changes = requirements::compare(old.files, new.files);
    changes.extend(lists(old, new));
    changes.extend(macros(old, new));
    changes.extend(rules(old, new));
    changes
}

/// The largest bump that any of the changes asks for.
pub fn bump(changes: &[Change]) -> Bump {
    changes.iter().map(Change::bump).max().unwrap_or(Bump::None)
}

/// What is in one of two sets or in both.
enum Pair<'o, 'n> {
    Old(Named<'o>),
    New(Named<'n>),
    Both(Named<'o>, Named<'n>),
}

/// The things of a kind in both sets, by name.
fn pairs<'o, 'n>(old: RuleSet<'o>, new: RuleSet<'n>, kind: ItemKind) -> Vec<Pair<'o, 'n>> {
    let names: BTreeSet<String> = (old.compilation.all_named(kind).map(|named| named.name().to_string()))
        .chain(new.compilation.all_named(kind).map(|named| named.name().to_string()))
        .collect();
    let of = |name: &String| match (old.compilation.named(kind, name), new.compilation.named(kind, name)) {
        (Some(old), Some(new)) => Some(Pair::Both(old, new)),
        (Some(old), None) => Some(Pair::Old(old)),
        (None, Some(new)) => Some(Pair::New(new)),
        (None, None) => None,
    };
    names.iter().filter_map(of).collect()
}

fn change(kind: ItemKind, old: Option<Named<'_>>, new: Option<Named<'_>>, what: What) -> Change {
    let name = old.map(|named| named.name().to_string()).or_else(|| new.map(|named| named.name().to_string()));
    let place = |named: Option<Named<'_>>| named.and_then(|named| named.first_item());
    Change { kind, name: name.unwrap_or_default(), old: place(old), new: place(new), what }
}

/// What is only in `a` and what is only in `b`, each once and sorted.
fn gone_and_new(a: impl Iterator<Item = String>, b: impl Iterator<Item = String>) -> (Vec<String>, Vec<String>) {
    let (a, b): (BTreeSet<String>, BTreeSet<String>) = (a.collect(), b.collect());
    (a.difference(&b).cloned().collect(), b.difference(&a).cloned().collect())
}

fn lists(old: RuleSet<'_>, new: RuleSet<'_>) -> Vec<Change> {
    let items = |named: Named<'_>| match named.effective() {
        Effective::List { items } => items.into_iter().map(|(text, _)| text).collect(),
        _ => Vec::new(),
    };
    let differing = pairs(old, new, ItemKind::List).into_iter().filter_map(|pair| {
        Some(match pair {
            Pair::Old(old) => change(ItemKind::List, Some(old), None, What::Removed),
            Pair::New(new) => change(ItemKind::List, None, Some(new), What::Added),
            Pair::Both(old, new) => {
                let (removed, added) = gone_and_new(items(old).into_iter(), items(new).into_iter());
                if added.is_empty() && removed.is_empty() {
                    return None;
                }
                change(ItemKind::List, Some(old), Some(new), What::Items { added, removed })
            }
        })
    });
    differing.collect()
}

fn macros(old: RuleSet<'_>, new: RuleSet<'_>) -> Vec<Change> {
    let differing = pairs(old, new, ItemKind::Macro).into_iter().filter_map(|pair| {
        Some(match pair {
            Pair::Old(old) => change(ItemKind::Macro, Some(old), None, What::Removed),
            Pair::New(new) => change(ItemKind::Macro, None, Some(new), What::Added),
            Pair::Both(a, b) => {
                let (before, after) = (conditions::texts(a), conditions::texts(b));
                let relation = if before == after { Relation::Equal } else { a.relate(&b, Part::All) };
                if relation == Relation::Equal {
                    return None;
                }
                let own = before.written != after.written;
                change(ItemKind::Macro, Some(a), Some(b), What::Condition { relation, own })
            }
        })
    });
    differing.collect()
}

fn rules(old: RuleSet<'_>, new: RuleSet<'_>) -> Vec<Change> {
    let (programs, mut changes) = ((old.compilation.program(), new.compilation.program()), Vec::new());
    let (mut gone, mut fresh) = (Vec::new(), Vec::new());
    for pair in pairs(old, new, ItemKind::Rule) {
        match pair {
            Pair::Old(old) => gone.push(old),
            Pair::New(new) => fresh.push(new),
            Pair::Both(a, b) => {
                let before = programs.0.rules.iter().find(|rule| rule.name == **a.name());
                let after = programs.1.rules.iter().find(|rule| rule.name == **b.name());
                let whats = match (before, after) {
                    (Some(before), Some(after)) => {
                        of_rule(Side { named: a, rule: before }, Side { named: b, rule: after })
                    }
                    (Some(_), None) => vec![What::Unloaded],
                    (None, Some(_)) => vec![What::Loaded],
                    (None, None) => Vec::new(),
                };
                changes.extend(whats.into_iter().map(|what| change(ItemKind::Rule, Some(a), Some(b), what)));
            }
        }
    }
    for was in gone {
        let before = programs.0.rules.iter().find(|rule| rule.name == **was.name());
        let same = |is: &Named<'_>| {
            let after = programs.1.rules.iter().find(|rule| rule.name == **is.name());
            let (Some(before), Some(after)) = (before, after) else { return false };
            let (before, after) = (Side { named: was, rule: before }, Side { named: *is, rule: after });
            before.rule.source == after.rule.source && conditions::of_rules(before, after, Part::All) == Relation::Equal
        };
        match fresh.iter().position(same) {
            Some(at) => {
                let is = fresh.remove(at);
                let to = is.name().to_string();
                changes.push(change(ItemKind::Rule, Some(was), Some(is), What::Renamed { to }));
            }
            None => changes.push(change(ItemKind::Rule, Some(was), None, What::Removed)),
        }
    }
    changes.extend(fresh.into_iter().map(|is| change(ItemKind::Rule, None, Some(is), What::Added)));
    changes.sort_by(|a, b| a.name.cmp(&b.name));
    changes
}

/// In what a rule differs that is loaded before and after.
fn of_rule(old: Side<'_>, new: Side<'_>) -> Vec<What> {
    let (before, after) = (old.rule, new.rule);
    let mut whats = Vec::new();
    if before.source != after.source {
        whats.push(What::Source { from: before.source.clone(), to: after.source.clone() });
    }
    let relation = conditions::of_rules(old, new, Part::WithoutExceptions);
    if relation != Relation::Equal {
        let own = conditions::texts(old.named).written != conditions::texts(new.named).written;
        whats.push(What::Condition { relation, own });
    }
    whats.extend(conditions::exceptions(old, new));
    if before.priority != after.priority {
        whats.push(What::Priority { from: before.priority, to: after.priority });
    }
    if before.enabled != after.enabled {
        whats.push(What::Enabled(after.enabled));
    }
    let (removed, added) = gone_and_new(before.tags.iter().cloned(), after.tags.iter().cloned());
    if !added.is_empty() || !removed.is_empty() {
        whats.push(What::Tags { added, removed });
    }
    if before.output.text != after.output.text {
        whats.push(What::Output { from: before.output.text.clone(), to: after.output.text.clone() });
    }
    if before.desc != after.desc {
        whats.push(What::Description);
    }
    whats
}
