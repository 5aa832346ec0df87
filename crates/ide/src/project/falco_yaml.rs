//! Falco's own configuration, `falco.yaml`: what it says of rules and plugins.

use falco_syntax::yaml::{self, Mapping, Node};

/// The name of Falco's configuration.
pub const FALCO_FILE: &str = "falco.yaml";

/// What Falco's configuration says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FalcoConfig {
    /// Rules files and folders in load order, as written.
    pub rules_files: Vec<String>,
    /// Where events come from: `modern_ebpf`, `kmod`, …
    pub engine: Option<String>,
    /// The plugins that Falco loads.
    pub plugins: Vec<Plugin>,
}

/// A plugin that Falco loads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plugin {
    /// Its name.
    pub name: String,
    /// The shared object, as written.
    pub library: Option<String>,
}

/// Top-level keys, some of which every configuration of Falco has.
const KNOWN: [&str; 14] = [
    "rules_files",
    "rules_file",
    "engine",
    "plugins",
    "load_plugins",
    "json_output",
    "stdout_output",
    "syslog_output",
    "file_output",
    "http_output",
    "webserver",
    "watch_config_files",
    "config_files",
    "syscall_event_drops",
];

impl FalcoConfig {
    /// Reads a text; `None` if it does not look like Falco's configuration.
    pub fn read(text: &str) -> Option<Self> {
        let root = yaml::parse(text).documents().next()?.root();
        let root = root.as_mapping()?;
        if !KNOWN.iter().any(|key| root.entry(key).is_some()) {
            return None;
        }
        // The old name counts as long as the new one is not there.
        let rules_files = texts(root.get("rules_files").or_else(|| root.get("rules_file")));
        let engine = root.get("engine").and_then(|engine| engine.as_mapping()?.get("kind")?.text());
        Some(Self { rules_files, engine, plugins: plugins(&root) })
    }
}

/// A sequence's texts; a single text counts as one.
fn texts(node: Option<Node>) -> Vec<String> {
    let Some(node) = node else { return Vec::new() };
    match node.as_sequence() {
        Some(sequence) => sequence.items().filter_map(|item| item.text()).filter(|text| !text.is_empty()).collect(),
        None => node.text().filter(|text| !text.is_empty() && !node.is_null()).into_iter().collect(),
    }
}

/// Without `load_plugins` Falco loads every plugin of `plugins`, with it those that it names.
fn plugins(root: &Mapping) -> Vec<Plugin> {
    let chosen = root.get("load_plugins").map(|node| texts(Some(node)));
    let all = root.get("plugins").and_then(|node| node.as_sequence()).into_iter().flat_map(|all| all.items());
    let plugin = |node: Node| {
        let mapping = node.as_mapping()?;
        let name = mapping.get("name")?.text()?;
        Some(Plugin { name, library: mapping.get("library_path").and_then(|path| path.text()) })
    };
    let wanted = |plugin: &Plugin| chosen.as_ref().is_none_or(|chosen| chosen.contains(&plugin.name));
    all.filter_map(plugin).filter(wanted).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLUGINS: &str = "plugins:\n  - {name: k8saudit, library_path: libk8saudit.so}\n  - name: json\n    library_path: \
                           libjson.so\n";

    fn plugins(more: &str) -> Vec<String> {
        FalcoConfig::read(&format!("{PLUGINS}{more}")).unwrap().plugins.into_iter().map(|p| p.name).collect()
    }

    #[test]
    fn plugins_are_loaded_as_falco_does() {
        assert_eq!(plugins(""), ["k8saudit", "json"]);
        assert_eq!(plugins("load_plugins: [json]\n"), ["json"]);
        assert_eq!(plugins("load_plugins: []\n"), [] as [&str; 0]);
    }

    #[test]
    fn reads_what_matters_and_no_other_file() {
        let config = FalcoConfig::read("rules_file: a.yaml\nengine: {kind: kmod}\n").unwrap();
        assert_eq!((config.rules_files, config.engine.as_deref()), (vec!["a.yaml".to_owned()], Some("kmod")));
        let both = FalcoConfig::read("rules_file: [a.yaml]\nrules_files: [b.yaml, c]\n").unwrap();
        assert_eq!(both.rules_files, ["b.yaml", "c"]);
        assert_eq!(FalcoConfig::read("image: {tag: x}\n"), None);
        assert_eq!(FalcoConfig::read("- rule: x\n"), None);
        assert_eq!(FalcoConfig::read("rules_files: [\n").unwrap().rules_files, [] as [&str; 0]);
    }
}
