//! The client's settings: what stands under `falco-rs` in an editor. They come with `initialize`, with
//! `workspace/didChangeConfiguration`, or are asked for. Where the project file speaks of the same, it goes first.

use falco_compiler::LintSettings;
use falco_ide::HintKind;
use falco_ide::format::Style;
use falco_ide::project::Project;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

/// The section's name.
pub const SECTION: &str = "falco-rs";

/// What the client's settings say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The engine version that rules must load on.
    pub engine_version: Option<String>,
    /// How rules are formatted.
    pub format: Option<Style>,
    /// Captures that rules are offered to be run on, relative to the workspace folder.
    pub captures: Vec<String>,
    /// Which remarks are shown beside the text.
    pub hints: Vec<HintKind>,
    /// Whether rules have lenses.
    pub code_lens: bool,
    /// Levels and options of lints.
    pub lints: LintSettings,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            engine_version: None,
            format: None,
            captures: Vec::new(),
            hints: HintKind::ALL.map(|(kind, _)| kind).into(),
            code_lens: true,
            lints: LintSettings::default(),
        }
    }
}

impl Config {
    /// Reads the section, with or without its name around it. What is wrong with a setting is told, and the setting left as it is by
    /// default. Settings that are not for the server are passed over.
    pub fn read(value: &Value) -> (Self, Vec<String>) {
        let mut config = Self::default();
        let mut reader = Reader { problems: Vec::new() };
        let Some(all) = value.get(SECTION).unwrap_or(value).as_object() else { return (config, Vec::new()) };
        let version: Option<String> = reader.get(all, "", "engineVersion", "a text");
        if let Some(version) = version.filter(|version| !version.trim().is_empty()) {
            let version = version.trim().to_owned();
            match version.parse::<falco_compiler::Version>() {
                Ok(_) => config.engine_version = Some(version),
                Err(_) => {
                    reader.problems.push(format!("`{SECTION}.engineVersion`: `{version}` is no engine version"));
                }
            }
        }
        config.format = reader.project(all, "format").and_then(|project| project.format);
        config.lints = reader.project(all, "lints").map(|project| project.lints).unwrap_or_default();
        config.captures = reader.get(all, "", "captures", "a list of paths").unwrap_or_default();
        if let Some(hints) = reader.section::<bool>(all, "inlayHints", "true or false") {
            config.hints = if hints.get("enable") == Some(&false) {
                Vec::new()
            } else {
                let wanted = |(kind, name): &(HintKind, &str)| (hints.get(*name) != Some(&false)).then_some(*kind);
                HintKind::ALL.iter().filter_map(wanted).collect()
            };
        }
        if let Some(lens) = reader.section::<bool>(all, "codeLens", "true or false") {
            config.code_lens = lens.get("enable") != Some(&false);
        }
        (config, reader.problems)
    }
}

/// Reads settings and remembers what is wrong with them.
struct Reader {
    problems: Vec<String>,
}

impl Reader {
    fn get<T: DeserializeOwned>(&mut self, from: &Map<String, Value>, above: &str, key: &str, what: &str) -> Option<T> {
        let value = from.get(key).filter(|value| !value.is_null())?;
        let read = T::deserialize(value);
        if read.is_err() {
            self.problems.push(format!("`{SECTION}.{above}{key}` must be {what}, not `{value}`"));
        }
        read.ok()
    }

    /// A section of settings of one type; the type alone stands for `enable`.
    fn section<T: DeserializeOwned + Clone>(
        &mut self,
        all: &Map<String, Value>,
        name: &str,
        what: &str,
    ) -> Option<std::collections::BTreeMap<String, T>> {
        match all.get(name).filter(|value| !value.is_null())? {
            Value::Object(section) => {
                let above = format!("{name}.");
                let read = section.keys().filter_map(|key| Some((key.clone(), self.get(section, &above, key, what)?)));
                Some(read.collect())
            }
            _ => Some([("enable".to_owned(), self.get(all, "", name, what)?)].into()),
        }
    }

    /// A section that the project file has, too, under the same name: each of its settings for itself.
    fn project(&mut self, all: &Map<String, Value>, name: &str) -> Option<Project> {
        let Value::Object(section) = all.get(name).filter(|value| !value.is_null())? else {
            self.problems.push(format!("`{SECTION}.{name}` must be a group of settings"));
            return None;
        };
        let read = |section: Value| serde_json::from_value::<Project>(json!({name: section}));
        let mut good = Map::new();
        for (key, value) in section.iter().filter(|(_, value)| !value.is_null()) {
            match read(json!({key: value})) {
                Ok(_) => drop(good.insert(key.clone(), value.clone())),
                Err(error) => self.problems.push(format!("`{SECTION}.{name}.{key}`: {error}")),
            }
        }
        if good.is_empty() { None } else { read(Value::Object(good)).ok() }
    }
}

/// What holds for a workspace folder: the project file's word, else the client's.
impl Config {
    /// The engine version.
    pub fn version_with(&self, project: Option<&Project>) -> Option<String> {
        project.and_then(|project| project.engine_version.as_ref()).or(self.engine_version.as_ref()).cloned()
    }

    /// The format; the project file's section counts as a whole.
    pub fn format_with(&self, project: Option<&Project>) -> Style {
        project.and_then(|project| project.format.as_ref()).or(self.format.as_ref()).cloned().unwrap_or_default()
    }

    /// The levels of lints; the project file's section counts as a whole.
    pub fn lints_with(&self, project: Option<&Project>) -> LintSettings {
        let default = LintSettings::default();
        project.map(|project| &project.lints).filter(|lints| **lints != default).unwrap_or(&self.lints).clone()
    }

    /// The captures.
    pub fn captures_with<'a>(&'a self, project: Option<&'a Project>) -> &'a [String] {
        match project {
            Some(project) if !project.captures.is_empty() => &project.captures,
            _ => &self.captures,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_is_read() {
        let settings = json!({"falco-rs": {
            "engineVersion": "0.57.0", "format": {"width": 80, "lists": "one-per-line"}, "captures": ["a.scap"],
            "inlayHints": {"listSizes": false}, "codeLens": {"enable": false}, "lints": {"duplicate-key": "off"}, "server": {"path": "x"},
        }});
        let (config, problems) = Config::read(&settings);
        assert_eq!(problems, [] as [String; 0]);
        assert_eq!(config.engine_version.as_deref(), Some("0.57.0"));
        assert_eq!(config.format.as_ref().unwrap().width, 80);
        assert_eq!(config.captures, ["a.scap"]);
        assert_eq!(config.hints.len(), HintKind::ALL.len() - 1);
        assert!(!config.code_lens);
        assert_ne!(config.lints, LintSettings::default());
        assert_eq!(Config::read(&settings["falco-rs"]).0, config);
        assert_eq!(Config::read(&Value::Null), (Config::default(), Vec::new()));
        assert!(!Config::read(&json!({"codeLens": false})).0.code_lens);
        assert_eq!(Config::read(&json!({"inlayHints": {"enable": false}})).0.hints, []);
    }

    #[test]
    fn a_wrong_value_is_told_and_the_rest_applies() {
        let (config, problems) = Config::read(&json!({
            "engineVersion": "newest", "format": {"width": 5, "quotes": "single"}, "captures": 7, "codeLens": "yes",
            "inlayHints": {"engine": 1}, "lints": {"duplicat-key": "off"},
        }));
        let names =
            ["lints.duplicat-key", "engineVersion", "format.width", "captures", "inlayHints.engine", "codeLens"];
        assert_eq!(problems.len(), names.len(), "{problems:?}");
        for name in names {
            assert!(
                problems.iter().any(|problem| problem.contains(&format!("`falco-rs.{name}`"))),
                "{name}: {problems:?}"
            );
        }
        assert_eq!(config.format.as_ref().unwrap().quotes, falco_ide::format::Quotes::Single);
        assert!(config.code_lens);
    }

    #[test]
    fn the_project_file_goes_first() {
        let (config, _) =
            Config::read(&json!({"engineVersion": "0.50.0", "captures": ["e.scap"], "format": {"width": 80}}));
        let project = Project::parse("engine_version: 0.60.0\ncaptures: [p.scap]\n").unwrap();
        assert_eq!(config.version_with(Some(&project)).as_deref(), Some("0.60.0"));
        assert_eq!(config.version_with(None).as_deref(), Some("0.50.0"));
        assert_eq!(config.captures_with(Some(&project)), ["p.scap"]);
        assert_eq!(config.captures_with(None), ["e.scap"]);
        assert_eq!(config.format_with(Some(&project)).width, 80);
    }
}
