//! The project file `.falco-rs.yaml`, and which files of a folder are rules files in which order.
//!
//! Pure functions over texts and paths; whoever has a file system (server, command line) calls them.

mod assist;
mod check;
mod falco_yaml;
pub mod keys;
mod lints;
mod order;

use std::cmp::Ordering;
use std::path::Path;

pub use falco_catalog::files::is_test_name;
use falco_compiler::LintSettings;
use serde::Deserialize;

use crate::format::Style;

pub use assist::{completions, hover, links};
pub use check::{CODE, Finding, check};
pub use falco_yaml::{FALCO_FILE, FalcoConfig, Plugin};
pub use order::{Disk, Kind, Named, Plan};

/// The name of the project file.
pub const PROJECT_FILE: &str = ".falco-rs.yaml";

/// What the project file says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct Project {
    /// Rules files and folders in load order, relative to the project file.
    #[serde(default)]
    pub rules: Vec<String>,
    /// The engine version that the rules must load on, such as `0.62.0`.
    #[serde(default)]
    pub engine_version: Option<String>,
    /// Captures on which editors offer to run rules, relative to the project file.
    #[serde(default)]
    pub captures: Vec<String>,
    /// How `falco-rs fmt` and editors format rules.
    #[serde(default)]
    pub format: Option<Style>,
    /// Levels and options of our lints.
    #[serde(default, deserialize_with = "lints::settings")]
    pub lints: LintSettings,
}

/// A project file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`.falco-rs.yaml`{}: {message}", .position.map(|(l, c)| format!(" line {l} column {c}")).unwrap_or_default())]
pub struct ProjectError {
    /// 1-based line and column, where known.
    pub position: Option<(usize, usize)>,
    /// What is wrong.
    pub message: String,
}

impl Project {
    /// Reads the project file's text. An empty file is an empty project.
    ///
    /// # Errors
    /// When the text is not YAML, has an unknown key or a value of the wrong type.
    pub fn parse(text: &str) -> Result<Self, ProjectError> {
        let parsed: Result<Option<Self>, _> = serde_yaml::from_str(text);
        parsed.map(Option::unwrap_or_default).map_err(|e| ProjectError {
            position: e.location().map(|l| (l.line(), l.column())),
            message: e.to_string(),
        })
    }

    /// Reads what can be used of a text that may have mistakes: every key for itself.
    pub fn lenient(text: &str) -> Self {
        if let Ok(project) = Self::parse(text) {
            return project;
        }
        let Ok(mut all) = serde_yaml::from_str::<serde_yaml::Mapping>(text) else { return Self::default() };
        let alone = |key: &serde_yaml::Value, value: &serde_yaml::Value| {
            serde_yaml::Mapping::from_iter([(key.clone(), value.clone())])
        };
        let good = |mapping: serde_yaml::Mapping| serde_yaml::from_value::<Self>(mapping.into());
        all.retain(|key, value| good(alone(key, value)).is_ok());
        good(all).unwrap_or_default()
    }
}

/// Whether a file is a project file, by its name.
pub fn is_project_file(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == PROJECT_FILE)
}

/// Whether the text is that of a rules file: some item at the left margin has one of Falco's head keys.
pub fn looks_like_rules(text: &str) -> bool {
    const HEADS: [&str; 5] = ["rule", "macro", "list", "required_engine_version", "required_plugin_versions"];
    // Any file may be a candidate, so the look stays short.
    text.lines().take(2000).any(|line| {
        let Some(rest) = line.strip_prefix('-') else { return false };
        let rest = rest.trim_start_matches([' ', '\t']);
        HEADS.iter().any(|head| {
            let Some(rest) = rest.strip_prefix(head) else { return false };
            rest.starts_with(':')
        })
    })
}

/// Whether the name alone says that it is a rules file.
pub fn is_rules_name(path: &Path) -> bool {
    let Some(name) = path.file_name().and_then(|n| n.to_str()) else { return false };
    let Some(stem) = name.strip_suffix(".yaml").or_else(|| name.strip_suffix(".yml")) else { return false };
    let in_rules_d = path.parent().and_then(Path::file_name).is_some_and(|d| d == "rules.d");
    in_rules_d || stem.ends_with("_rules") || stem.ends_with("_rules.local") || stem.ends_with(".falco")
}

/// Load order where no project file gives one: folder by folder in name order; in a folder Falco's own `falco_rules.yaml`
/// first, then the others in name order, `*.local.yaml` files last, as Falco's default configuration lists them.
pub fn default_order(a: &Path, b: &Path) -> Ordering {
    fn key(path: &Path) -> (Option<&Path>, u8, Option<&std::ffi::OsStr>) {
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        let stem = name.strip_suffix(".yaml").or_else(|| name.strip_suffix(".yml")).unwrap_or(name);
        let rank = match stem {
            "falco_rules" => 0,
            _ if stem.ends_with(".local") => 2,
            _ => 1,
        };
        (path.parent(), rank, path.file_name())
    }
    key(a).cmp(&key(b))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn reads_a_project() {
        let project = Project::parse("rules: [base.yaml, local/]\nengine_version: 0.62.0\n").unwrap();
        assert_eq!(project.rules, ["base.yaml", "local/"]);
        assert_eq!(project.engine_version.as_deref(), Some("0.62.0"));
        assert_eq!(Project::parse("# nothing\n").unwrap(), Project::default());
    }

    #[test]
    fn an_unknown_key_is_an_error_with_its_place() {
        let error = Project::parse("rules: []\nrulse: []\n").unwrap_err();
        assert!(error.to_string().contains("rulse"), "{error}");
        assert_eq!(error.position.map(|p| p.0), Some(2));
    }

    #[test]
    fn one_mistake_leaves_the_rest() {
        let project = Project::lenient("rules: [a.yaml]\nrulse: []\nformat: {width: 5}\n");
        assert_eq!(project, Project { rules: vec!["a.yaml".to_owned()], ..Project::default() });
        assert_eq!(Project::lenient("rules: [\n"), Project::default());
    }

    #[test]
    fn reads_a_style() {
        let project = Project::parse("format: {width: 100, lists: one-per-line, quotes: double}\n").unwrap();
        let style = project.format.unwrap();
        assert_eq!((style.width, style.lists), (100, crate::format::Lists::OnePerLine));
        let unknown = Project::parse("format: {with: 100}\n").unwrap_err();
        assert!(unknown.to_string().contains("unknown field `with`"), "{unknown}");
        let narrow = Project::parse("format:\n  width: 10\n").unwrap_err();
        assert!(narrow.to_string().contains("must be from 40 to 1000"), "{narrow}");
    }

    #[test]
    fn knows_rules_by_content_and_by_name() {
        assert!(looks_like_rules("# c\n---\n- macro: m\n  condition: x\n"));
        assert!(looks_like_rules("garbage: [\n-   rule: r\n"));
        assert!(!looks_like_rules("rules: [a.yaml]\ntests:\n  - rule: x\n"));
        assert!(!looks_like_rules("- ruler: 1\n"));
        assert!(is_rules_name(Path::new("etc/rules.d/mine.yml")));
        assert!(is_rules_name(Path::new("falco_rules.local.yaml")));
        assert!(!is_rules_name(Path::new("docker-compose.yaml")));
    }

    #[test]
    fn default_order_is_falcos() {
        let mut paths: Vec<PathBuf> =
            ["r/falco_rules.local.yaml", "r/falco-incubating_rules.yaml", "r/falco_rules.yaml", "a/z.yaml"]
                .map(PathBuf::from)
                .into();
        paths.sort_by(|a, b| default_order(a, b));
        let names: Vec<_> = paths.iter().map(|p| p.to_str().unwrap()).collect();
        assert_eq!(
            names,
            ["a/z.yaml", "r/falco_rules.yaml", "r/falco-incubating_rules.yaml", "r/falco_rules.local.yaml"]
        );
    }
}
