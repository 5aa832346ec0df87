//! The keys of a rules file's items.

use crate::doc::{self, Doc};
use crate::versions::{self, Since, Subject};

/// A mapping of a rules file that has keys of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ItemKind {
    /// `- rule: …`
    Rule,
    /// `- macro: …`
    Macro,
    /// `- list: …`
    List,
    /// `- required_engine_version: …`
    EngineVersion,
    /// `- required_plugin_versions: …`
    PluginVersions,
    /// An entry of `required_plugin_versions`.
    PluginRequirement,
    /// An entry of a plugin requirement's `alternatives`.
    PluginAlternative,
    /// An entry of a rule's `exceptions`.
    Exception,
    /// A rule's `override`.
    RuleOverride,
    /// A macro's `override`.
    MacroOverride,
    /// A list's `override`.
    ListOverride,
}

impl ItemKind {
    /// The five kinds of items at the top of a file, in the order in which their head keys are looked for.
    pub const TOP: [Self; 5] = [Self::EngineVersion, Self::PluginVersions, Self::List, Self::Macro, Self::Rule];

    /// The key that makes a top-level mapping an item of this kind.
    pub fn head(self) -> Option<&'static str> {
        match self {
            Self::Rule => Some("rule"),
            Self::Macro => Some("macro"),
            Self::List => Some("list"),
            Self::EngineVersion => Some("required_engine_version"),
            Self::PluginVersions => Some("required_plugin_versions"),
            _ => None,
        }
    }

    /// The keys that Falco knows in it.
    pub fn keys(self) -> impl Iterator<Item = &'static KeyInfo> {
        KEYS.iter().filter(move |k| k.item == self)
    }

    /// A key by its name.
    pub fn key(self, name: &str) -> Option<&'static KeyInfo> {
        KEYS.iter().find(|k| k.item == self && k.name == name)
    }

    fn doc_prefix(self) -> &'static str {
        match self {
            Self::Rule => "rule",
            Self::Macro => "macro",
            Self::List => "list",
            Self::EngineVersion => "engine",
            Self::PluginVersions => "plugins",
            Self::PluginRequirement => "requirement",
            Self::PluginAlternative => "alternative",
            Self::Exception => "exception",
            Self::RuleOverride => "rule-override",
            Self::MacroOverride => "macro-override",
            Self::ListOverride => "list-override",
        }
    }
}

/// What a key's value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyValue {
    /// Text.
    Text,
    /// A condition.
    Condition,
    /// An output line.
    Output,
    /// The name of a priority.
    Priority,
    /// An event source.
    Source,
    /// `true` or `false`.
    Boolean,
    /// An unsigned number.
    Number,
    /// A version: a number or `x.y.z`.
    Version,
    /// A sequence of scalars.
    Scalars,
    /// A sequence of tags.
    Tags,
    /// A sequence of mappings.
    Mappings,
    /// A mapping.
    Mapping,
    /// A field, or a sequence of fields.
    Fields,
    /// An operator, or a sequence of operators.
    Operators,
    /// A sequence of values or of tuples of values.
    Tuples,
    /// `append` or `replace`, as far as the key's flags allow.
    OverrideAction,
}

/// A key of an item.
#[derive(Debug, PartialEq, Eq)]
pub struct KeyInfo {
    /// The mapping that it belongs to.
    pub item: ItemKind,
    /// The key.
    pub name: &'static str,
    /// What its value is.
    pub value: KeyValue,
    /// Whether a full definition must have it.
    pub required: bool,
    /// Whether using it raises `LOAD_DEPRECATED_ITEM` (for `append`: when it is true).
    pub deprecated: bool,
    /// Whether `override` may append to it.
    pub append: bool,
    /// Whether `override` may replace it.
    pub replace: bool,
    /// The Falco version that brought it, where known.
    pub since: Option<&'static str>,
}

impl KeyInfo {
    /// Our documentation.
    pub fn doc(&self) -> Doc {
        doc::find(doc::KEYS, &self.path())
    }

    /// Item and name, as data files name the key: `rule.capture`.
    pub fn path(&self) -> String {
        format!("{}.{}", self.item.doc_prefix(), self.name)
    }

    /// Since when there is the key; `None`: unknown.
    pub fn known_since(&self) -> Option<&'static Since> {
        versions::since(Subject::Key, &self.path())
    }
}

const fn key(item: ItemKind, name: &'static str, value: KeyValue) -> KeyInfo {
    KeyInfo { item, name, value, required: false, deprecated: false, append: false, replace: false, since: None }
}

const fn required(mut k: KeyInfo) -> KeyInfo {
    k.required = true;
    k
}

const fn deprecated(mut k: KeyInfo) -> KeyInfo {
    k.deprecated = true;
    k
}

const fn overridable(mut k: KeyInfo) -> KeyInfo {
    k.append = true;
    k.replace = true;
    k
}

const fn replaceable(mut k: KeyInfo) -> KeyInfo {
    k.replace = true;
    k
}

const fn since(version: &'static str, mut k: KeyInfo) -> KeyInfo {
    k.since = Some(version);
    k
}

use ItemKind as I;
use KeyValue as V;

/// Every key of every item, in the order in which they are best written.
pub static KEYS: [KeyInfo; 47] = [
    required(key(I::Rule, "rule", V::Text)),
    required(overridable(key(I::Rule, "desc", V::Text))),
    required(overridable(key(I::Rule, "condition", V::Condition))),
    required(overridable(key(I::Rule, "output", V::Output))),
    required(replaceable(key(I::Rule, "priority", V::Priority))),
    key(I::Rule, "source", V::Source),
    replaceable(key(I::Rule, "enabled", V::Boolean)),
    overridable(key(I::Rule, "tags", V::Tags)),
    since("0.28", overridable(key(I::Rule, "exceptions", V::Mappings))),
    since("0.10", replaceable(key(I::Rule, "warn_evttypes", V::Boolean))),
    since("0.11", replaceable(key(I::Rule, "skip-if-unknown-filter", V::Boolean))),
    since("0.42", replaceable(key(I::Rule, "capture", V::Boolean))),
    since("0.42", replaceable(key(I::Rule, "capture_duration", V::Number))),
    since("0.37", key(I::Rule, "override", V::Mapping)),
    deprecated(key(I::Rule, "append", V::Boolean)),
    required(key(I::Macro, "macro", V::Text)),
    required(overridable(key(I::Macro, "condition", V::Condition))),
    since("0.37", key(I::Macro, "override", V::Mapping)),
    deprecated(key(I::Macro, "append", V::Boolean)),
    required(key(I::List, "list", V::Text)),
    required(overridable(key(I::List, "items", V::Scalars))),
    since("0.37", key(I::List, "override", V::Mapping)),
    deprecated(key(I::List, "append", V::Boolean)),
    required(key(I::EngineVersion, "required_engine_version", V::Version)),
    required(key(I::PluginVersions, "required_plugin_versions", V::Mappings)),
    required(key(I::PluginRequirement, "name", V::Text)),
    required(key(I::PluginRequirement, "version", V::Version)),
    key(I::PluginRequirement, "alternatives", V::Mappings),
    required(key(I::PluginAlternative, "name", V::Text)),
    required(key(I::PluginAlternative, "version", V::Version)),
    required(key(I::Exception, "name", V::Text)),
    required(key(I::Exception, "fields", V::Fields)),
    key(I::Exception, "comps", V::Operators),
    key(I::Exception, "values", V::Tuples),
    overridable(key(I::RuleOverride, "condition", V::OverrideAction)),
    overridable(key(I::RuleOverride, "output", V::OverrideAction)),
    overridable(key(I::RuleOverride, "desc", V::OverrideAction)),
    overridable(key(I::RuleOverride, "tags", V::OverrideAction)),
    overridable(key(I::RuleOverride, "exceptions", V::OverrideAction)),
    replaceable(key(I::RuleOverride, "priority", V::OverrideAction)),
    replaceable(key(I::RuleOverride, "enabled", V::OverrideAction)),
    since("0.44", replaceable(key(I::RuleOverride, "warn_evttypes", V::OverrideAction))),
    since("0.44", replaceable(key(I::RuleOverride, "skip-if-unknown-filter", V::OverrideAction))),
    since("0.44", replaceable(key(I::RuleOverride, "capture", V::OverrideAction))),
    since("0.44", replaceable(key(I::RuleOverride, "capture_duration", V::OverrideAction))),
    overridable(key(I::MacroOverride, "condition", V::OverrideAction)),
    overridable(key(I::ListOverride, "items", V::OverrideAction)),
];

/// The words that an `override` entry can have as its value.
pub const OVERRIDE_ACTIONS: [&str; 2] = ["append", "replace"];

/// Our documentation of `append` or `replace` under `override`.
pub fn override_action_doc(name: &str) -> Doc {
    doc::find(doc::KEYS, &format!("action.{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_documented_and_nothing_else_is() {
        for k in &KEYS {
            assert!(k.doc().text.len() >= 20, "{:?}.{}", k.item, k.name);
        }
        assert!(OVERRIDE_ACTIONS.iter().all(|a| override_action_doc(a).text.len() >= 20));
        assert_eq!(doc::KEYS.len(), KEYS.len() + OVERRIDE_ACTIONS.len());
    }

    #[test]
    fn overrides_are_of_keys_that_allow_them() {
        for (item, over) in [(I::Rule, I::RuleOverride), (I::Macro, I::MacroOverride), (I::List, I::ListOverride)] {
            for k in over.keys() {
                let own = item.key(k.name).unwrap();
                assert_eq!((own.append, own.replace), (k.append, k.replace), "{}", k.name);
            }
            let allowed = item.keys().filter(|k| k.append || k.replace).count();
            assert_eq!(allowed, over.keys().count());
        }
        assert!(I::Rule.key("source").is_some_and(|k| !k.replace));
    }

    #[test]
    fn the_table_and_the_data_file_agree_on_versions() {
        for k in &KEYS {
            assert_eq!(k.since, k.known_since().map(|since| since.falco), "{}", k.path());
            let since = versions::deprecated_since(Subject::Key, &k.path());
            assert_eq!(k.deprecated, since.is_some(), "{}", k.path());
        }
    }

    #[test]
    fn head_keys() {
        for item in I::TOP {
            let head = item.head().unwrap();
            assert!(item.key(head).is_some_and(|k| k.required));
        }
        assert_eq!(I::Exception.head(), None);
    }
}
