//! What is wrong with a project file, at its exact places.

use std::path::Path;

use falco_catalog::suggest;
use falco_compiler::{LintLevel, LintSettings, Version, lints};
use falco_syntax::TextRange;
use falco_syntax::yaml::{self, Entry, Mapping, Node, NodeKind};

use super::keys::{self, Key, Paths, Value};
use super::order::Disk;
use super::{Project, ProjectError};
use crate::names;
use crate::types::{Diagnostic, Severity, TextEdit};

/// The code of findings in project files.
pub const CODE: &str = "project-file";

/// Something wrong with a project file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What and where.
    pub diagnostic: Diagnostic,
    /// What repairs it: a title and the edit.
    pub fix: Option<(String, TextEdit)>,
}

/// Everything that is wrong with a project file in `folder`, in order of position.
pub fn check(text: &str, folder: &Path, disk: &dyn Disk) -> Vec<Finding> {
    let parse = yaml::parse(text);
    let mut out = Checker { folder, disk, found: Vec::new() };
    for error in parse.errors() {
        out.error(error.range, error.message.clone(), error.help.clone());
    }
    let roots: Vec<Node> = parse.documents().flat_map(|document| document.roots()).collect();
    if let Some(root) = roots.first().filter(|root| !root.is_null()) {
        match root.as_mapping() {
            Some(mapping) => out.mapping(&mapping, keys::KEYS),
            None => out.error(root.range(), format!("a project file is a mapping, not {}", describe(root)), None),
        }
    }
    let mut found = out.found;
    // What the reader refuses and the checks above do not know.
    let refuses = found.iter().any(|finding| finding.diagnostic.severity == Severity::Error);
    if let (false, Err(error)) = (refuses, Project::parse(text)) {
        found.push(refused(text, &error));
    }
    found.sort_by_key(|finding| finding.diagnostic.range.start());
    found
}

fn describe(node: &Node) -> &'static str {
    node.resolve().kind().describe()
}

fn refused(text: &str, error: &ProjectError) -> Finding {
    let start = error.position.and_then(|(line, column)| {
        let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
        let rest = text.get(start..)?;
        let column = rest.char_indices().nth(column.saturating_sub(1)).map_or(rest.len(), |(at, _)| at);
        Some(start + column)
    });
    let start = start.unwrap_or(0).min(text.len());
    let word = text.get(start..).and_then(|rest| rest.split(['\n', '\r', ' ', ':']).next()).map_or(0, str::len);
    let at = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX).into();
    finding(TextRange::new(at(start), at(start + word)), Severity::Error, error.message.clone(), None)
}

fn finding(range: TextRange, severity: Severity, message: String, help: Option<String>) -> Finding {
    let diagnostic =
        Diagnostic { range, severity, code: CODE.to_owned(), message, help, tags: Vec::new(), related: Vec::new() };
    Finding { diagnostic, fix: None }
}

struct Checker<'a> {
    folder: &'a Path,
    disk: &'a dyn Disk,
    found: Vec<Finding>,
}

impl Checker<'_> {
    fn error(&mut self, range: TextRange, message: String, help: Option<String>) {
        self.found.push(finding(range, Severity::Error, message, help));
    }

    /// An error with the likeliest word instead.
    fn misspelt(&mut self, range: TextRange, message: String, near: Option<&str>) {
        let mut finding = finding(range, Severity::Error, message, near.map(|near| format!("did you mean `{near}`?")));
        finding.fix = near.map(|near| (format!("Change to `{near}`"), TextEdit { range, text: near.to_owned() }));
        self.found.push(finding);
    }

    fn mapping(&mut self, mapping: &Mapping, keys: &'static [Key]) {
        let mut seen: Vec<String> = Vec::new();
        for entry in mapping.entries() {
            let Some(name) = entry.key_text() else {
                self.error(entry.key().range(), "a key must be a word".to_owned(), None);
                continue;
            };
            let range = names::content(&entry.key()).unwrap_or_else(|| entry.key().range());
            if seen.contains(&name) {
                self.error(range, format!("`{name}` is there already"), None);
                continue;
            }
            match keys.iter().find(|key| key.name == name) {
                Some(key) => self.value(key, &entry),
                None => {
                    let near = suggest::best(&name, keys.iter().map(|key| key.name));
                    self.misspelt(range, format!("unknown key `{name}`"), near);
                }
            }
            seen.push(name);
        }
    }

    fn value(&mut self, key: &'static Key, entry: &Entry) {
        let value = entry.value().resolve();
        let range = if value.is_absent() { entry.key().range() } else { value.range() };
        let name = key.name;
        match &key.value {
            Value::Section(keys) => match value.as_mapping() {
                Some(mapping) => self.mapping(&mapping, keys),
                None => self.error(range, format!("`{name}` must be a mapping, not {}", describe(&value)), None),
            },
            Value::Paths(paths) => match value.as_sequence() {
                Some(sequence) => sequence.items().for_each(|item| self.path(*paths, &item)),
                None => {
                    let text = value.text().filter(|_| value.kind() == NodeKind::Scalar);
                    let message = format!("`{name}` must be a list of paths, not {}", describe(&value));
                    self.error(range, message, None);
                    if let (Some(finding), Some(_)) = (self.found.last_mut(), text) {
                        let end = TextRange::empty(range.end());
                        // One edit: brackets around what stands there.
                        let whole = value.syntax().map(ToString::to_string).unwrap_or_default();
                        let text = format!("[{}]", whole.trim());
                        let edit = TextEdit { range: range.cover(end), text };
                        finding.fix = Some(("Make it a list".to_owned(), edit));
                    }
                }
            },
            Value::EngineVersion => match value.text().filter(|_| value.kind() == NodeKind::Scalar) {
                Some(text) if text.parse::<Version>().is_ok() => {}
                Some(text) => {
                    let help = Some("one looks like `0.62.0`".to_owned());
                    self.error(range, format!("`{text}` is no engine version"), help);
                }
                None => self.error(range, format!("`{name}` must be a version, not {}", describe(&value)), None),
            },
            Value::Integer(allowed) => {
                let number = value.text().and_then(|text| text.parse::<usize>().ok());
                if !number.is_some_and(|number| allowed.contains(&number)) {
                    let (least, most) = (allowed.start(), allowed.end());
                    self.error(range, format!("`{name}` must be a whole number from {least} to {most}"), None);
                }
            }
            Value::OneOf(words) => {
                let text = value.text().unwrap_or_default();
                if !words.iter().any(|(word, _)| *word == text) {
                    let all: Vec<String> = words.iter().map(|(word, _)| format!("`{word}`")).collect();
                    let near = suggest::best(&text, words.iter().map(|(word, _)| *word));
                    let range = names::content(&value).filter(|_| !text.is_empty()).unwrap_or(range);
                    self.misspelt(range, format!("`{name}` must be one of {}", all.join(", ")), near);
                }
            }
            Value::Lints => match value.as_mapping() {
                Some(mapping) => mapping.entries().for_each(|entry| self.lint(&entry)),
                None if value.is_null() => {}
                None => self.error(range, format!("`{name}` must be a mapping, not {}", describe(&value)), None),
            },
        }
    }

    /// A lint or category with its level, or with a level and options.
    fn lint(&mut self, entry: &Entry) {
        let Some(name) = entry.key_text() else { return };
        let range = names::content(&entry.key()).unwrap_or_else(|| entry.key().range());
        if LintSettings::default().set(&name, LintLevel::Off).is_err() {
            let categories = lints::LintCategory::ALL.iter().map(|category| category.as_str());
            let near = suggest::best(&name, categories.chain(lints::ALL.iter().map(|lint| lint.code)));
            self.misspelt(range, format!("there is no lint or category `{name}`"), near);
            return;
        }
        let value = entry.value().resolve();
        let Some(mapping) = value.as_mapping() else { return self.level(&value, range) };
        let options = lints::by_code(&name).map(|lint| lint.options).unwrap_or_default();
        for entry in mapping.entries() {
            let Some(option) = entry.key_text() else { continue };
            if option == "level" {
                self.level(&entry.value().resolve(), entry.key().range());
            } else if !options.iter().any(|known| known.name == option) {
                let range = names::content(&entry.key()).unwrap_or_else(|| entry.key().range());
                let near = suggest::best(&option, options.iter().map(|option| option.name).chain(["level"]));
                self.misspelt(range, format!("`{name}` has no option `{option}`"), near);
            }
        }
    }

    fn level(&mut self, value: &Node, key: TextRange) {
        const LEVELS: [&str; 5] = ["off", "hint", "info", "warning", "error"];
        let text = value.text().filter(|_| !value.is_null()).unwrap_or_default();
        if LintLevel::parse(&text).is_none() {
            let range = names::content(value).filter(|_| !text.is_empty()).unwrap_or(key);
            let message = "a level is `off`, `hint`, `info`, `warning` or `error`".to_owned();
            self.misspelt(range, message, suggest::best(&text, LEVELS));
        }
    }

    fn path(&mut self, paths: Paths, item: &Node) {
        let Some(path) = item.text().filter(|path| !path.is_empty() && !item.is_null()) else {
            self.error(item.range(), format!("a path must be a text, not {}", describe(item)), None);
            return;
        };
        if self.disk.kind(&self.folder.join(&path)).is_some() {
            return;
        }
        let (what, severity) = match paths {
            Paths::Rules => ("rules file or folder", Severity::Error),
            Paths::Captures => ("capture", Severity::Warning),
        };
        let range = names::content(item).unwrap_or_else(|| item.range());
        self.found.push(finding(range, severity, format!("there is no {what} `{path}`"), None));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::order::tests::Memory;

    fn found(text: &str) -> Vec<(String, String)> {
        let disk = Memory::new(&[("/w/a.yaml", ""), ("/w/d/b.yaml", ""), ("/w/c.scap", "")]);
        check(text, Path::new("/w"), &disk)
            .into_iter()
            .map(|f| (text[f.diagnostic.range].to_owned(), f.diagnostic.message))
            .collect()
    }

    fn fixed(text: &str) -> String {
        let mut fixed = text.to_owned();
        for finding in check(text, Path::new("/w"), &Memory::new(&[("/w/a.yaml", "")])).into_iter().rev() {
            let (_, edit) = finding.fix.unwrap();
            fixed.replace_range(std::ops::Range::<usize>::from(edit.range), &edit.text);
        }
        fixed
    }

    #[test]
    fn a_good_file_has_nothing() {
        let text = "# ours\nrules: [a.yaml, d, d/]\nengine_version: 0.57.0\ncaptures:\n  - c.scap\nformat: {width: 100, lists: \
                    fill}\nlints: {duplicate-key: off, correctness: {level: error}}\n";
        assert_eq!(found(text), []);
        assert_eq!(found(""), []);
    }

    #[test]
    fn each_mistake_has_its_place() {
        let one = |text: &str| {
            let found = found(text);
            assert_eq!(found.len(), 1, "{text}: {found:?}");
            found.into_iter().next().unwrap()
        };
        let check = |text: &str, place: &str, message: &str| {
            assert_eq!(one(text), (place.to_owned(), message.to_owned()));
        };
        check("rulse: [a.yaml]\n", "rulse", "unknown key `rulse`");
        check("format:\n  widht: 80\n", "widht", "unknown key `widht`");
        check("rules: a.yaml\n", "a.yaml", "`rules` must be a list of paths, not a scalar");
        check("rules: [a.yaml, 'gone.yaml']\n", "gone.yaml", "there is no rules file or folder `gone.yaml`");
        check("captures:\n  - x.scap\n", "x.scap", "there is no capture `x.scap`");
        check("engine_version: new\n", "new", "`new` is no engine version");
        check("format: {width: 5}\n", "5", "`width` must be a whole number from 40 to 1000");
        check("format: {quotes: 'doubel'}\n", "doubel", "`quotes` must be one of `preserve`, `double`, `single`");
        check("format:\n", "format", "`format` must be a mapping, not null");
        check("rules: [a.yaml]\nrules: []\n", "rules", "`rules` is there already");
        check("lints:\n  duplicat-key: off\n", "duplicat-key", "there is no lint or category `duplicat-key`");
        check("lints: {duplicate-key: of}\n", "of", "a level is `off`, `hint`, `info`, `warning` or `error`");
        check("lints: {duplicate-key: {levl: off}}\n", "levl", "`duplicate-key` has no option `levl`");
        check("- a.yaml\n", "- a.yaml", "a project file is a mapping, not a sequence");
    }

    #[test]
    fn repairs() {
        assert_eq!(fixed("rulse: [a.yaml]\n"), "rules: [a.yaml]\n");
        assert_eq!(fixed("lints: {duplicat-key: off}\n"), "lints: {duplicate-key: off}\n");
        assert_eq!(fixed("lints:\n  correctness: warnin\n"), "lints:\n  correctness: warning\n");
        assert_eq!(fixed("rules: a.yaml\n"), "rules: [a.yaml]\n");
        assert_eq!(fixed("format: {quotes: 'doubel'}\n"), "format: {quotes: 'double'}\n");
    }

    #[test]
    fn what_the_checks_find_is_what_the_reader_refuses() {
        for text in ["rulse: []\n", "rules: a\n", "format: {width: 5}\n", "format: {lists: x}\n", "[\n", "- a\n"] {
            assert!(Project::parse(text).is_err(), "{text}");
            assert!(!found(text).is_empty(), "{text}");
        }
    }
}
