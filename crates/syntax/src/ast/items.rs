//! The items and their parts.

use super::Body;
use crate::yaml::Node;

macro_rules! body_type {
    ($(#[$doc:meta])* $name:ident { $($(#[$key_doc:meta])* $method:ident => $key:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub struct $name {
            pub(super) body: Body,
        }

        impl $name {
            /// The node and all its keys.
            pub fn body(&self) -> &Body {
                &self.body
            }

            $(
                $(#[$key_doc])*
                pub fn $method(&self) -> Option<Node> {
                    self.body.value($key)
                }
            )*
        }
    };
}

body_type! {
    /// `required_engine_version: …`
    RequiredEngineVersion {
        /// The version: a number or `x.y.z`.
        version => "required_engine_version",
    }
}

body_type! {
    /// `required_plugin_versions: …`
    RequiredPluginVersions {
        /// The sequence of requirements.
        requirements_node => "required_plugin_versions",
    }
}

impl RequiredPluginVersions {
    /// The requirements; elements of any shape are included.
    pub fn requirements(&self) -> Vec<PluginRequirement> {
        elements(self.requirements_node()).map(|node| PluginRequirement { body: Body::new(node) }).collect()
    }
}

body_type! {
    /// One required plugin.
    PluginRequirement {
        /// The plugin's name.
        name => "name",
        /// The version, `x.y.z`.
        version => "version",
        /// Other plugins that will do.
        alternatives_node => "alternatives",
    }
}

impl PluginRequirement {
    /// The alternatives; elements of any shape are included.
    pub fn alternatives(&self) -> Vec<Alternative> {
        elements(self.alternatives_node()).map(|node| Alternative { body: Body::new(node) }).collect()
    }
}

body_type! {
    /// A plugin that will do as well.
    Alternative {
        /// The plugin's name.
        name => "name",
        /// The version, `x.y.z`.
        version => "version",
    }
}

body_type! {
    /// `list: …`
    List {
        /// The name.
        name => "list",
        /// The sequence of items.
        items_node => "items",
        /// The deprecated switch to append.
        append => "append",
        /// The mapping of overrides.
        override_node => "override",
    }
}

impl List {
    /// The items; elements of any shape are included.
    pub fn items(&self) -> Vec<Node> {
        elements(self.items_node()).collect()
    }

    /// The overrides.
    pub fn overrides(&self) -> Option<Override> {
        self.override_node().map(Override::new)
    }
}

body_type! {
    /// `macro: …`
    Macro {
        /// The name.
        name => "macro",
        /// The condition.
        condition => "condition",
        /// The deprecated switch to append.
        append => "append",
        /// The mapping of overrides.
        override_node => "override",
    }
}

impl Macro {
    /// The overrides.
    pub fn overrides(&self) -> Option<Override> {
        self.override_node().map(Override::new)
    }
}

body_type! {
    /// `rule: …`
    Rule {
        /// The name.
        name => "rule",
        /// The description.
        desc => "desc",
        /// The condition.
        condition => "condition",
        /// The output format.
        output => "output",
        /// The priority.
        priority => "priority",
        /// The event source.
        source => "source",
        /// Whether the rule is on.
        enabled => "enabled",
        /// The sequence of tags.
        tags_node => "tags",
        /// The sequence of exceptions.
        exceptions_node => "exceptions",
        /// Whether to warn of conditions without event types.
        warn_evttypes => "warn_evttypes",
        /// Whether to skip the rule when its condition has an unknown field.
        skip_if_unknown_filter => "skip-if-unknown-filter",
        /// Whether an alert starts a capture.
        capture => "capture",
        /// How long that capture runs.
        capture_duration => "capture_duration",
        /// The deprecated switch to append.
        append => "append",
        /// The mapping of overrides.
        override_node => "override",
    }
}

impl Rule {
    /// The tags; elements of any shape are included.
    pub fn tags(&self) -> Vec<Node> {
        elements(self.tags_node()).collect()
    }

    /// The exceptions; elements of any shape are included.
    pub fn exceptions(&self) -> Vec<Exception> {
        elements(self.exceptions_node()).map(|node| Exception { body: Body::new(node) }).collect()
    }

    /// The overrides.
    pub fn overrides(&self) -> Option<Override> {
        self.override_node().map(Override::new)
    }
}

body_type! {
    /// An exception of a rule.
    Exception {
        /// The name.
        name => "name",
        /// One field or a sequence of fields.
        fields_node => "fields",
        /// One operator or a sequence of operators.
        comps_node => "comps",
        /// The sequence of values or tuples.
        values_node => "values",
    }
}

impl Exception {
    /// The exception that a node is.
    pub fn new(node: Node) -> Self {
        Self { body: Body::new(node) }
    }

    /// The fields' nodes, also for a single one.
    pub fn fields(&self) -> Vec<Node> {
        one_or_more(self.fields_node())
    }

    /// The operators' nodes, also for a single one.
    pub fn comps(&self) -> Vec<Node> {
        one_or_more(self.comps_node())
    }

    /// The values; elements of any shape are included.
    pub fn values(&self) -> Vec<ExceptionValue> {
        elements(self.values_node()).map(|node| ExceptionValue { node }).collect()
    }
}

/// A value of an exception: one for its field, or a tuple for its fields.
#[derive(Debug, Clone)]
pub struct ExceptionValue {
    node: Node,
}

impl ExceptionValue {
    /// The value's node.
    pub fn node(&self) -> &Node {
        &self.node
    }

    /// The tuple's elements; `None` for anything but a sequence.
    pub fn tuple(&self) -> Option<Vec<Node>> {
        self.node.as_sequence().map(|sequence| sequence.items().collect())
    }
}

/// `override: …`
#[derive(Debug, Clone)]
pub struct Override {
    body: Body,
}

impl Override {
    /// The overrides that a node holds.
    pub fn new(node: Node) -> Self {
        Self { body: Body::new(node) }
    }

    /// The node and its keys.
    pub fn body(&self) -> &Body {
        &self.body
    }

    /// The entries, in order, duplicates included.
    pub fn entries(&self) -> Vec<OverrideEntry> {
        let fields = self.body.fields().iter();
        fields.map(|field| OverrideEntry { key: field.key.clone(), operation: field.value.clone() }).collect()
    }
}

/// What an override does to one key.
#[derive(Debug, Clone)]
pub struct OverrideEntry {
    /// The key of the item.
    pub key: Node,
    /// `append` or `replace`.
    pub operation: Node,
}

fn elements(node: Option<Node>) -> impl Iterator<Item = Node> {
    node.and_then(|node| node.as_sequence()).into_iter().flat_map(|sequence| sequence.items())
}

fn one_or_more(node: Option<Node>) -> Vec<Node> {
    match node {
        Some(node) => match node.as_sequence() {
            Some(sequence) => sequence.items().collect(),
            None => vec![node],
        },
        None => Vec::new(),
    }
}
