//! Completion, hover and links in the project file.

use std::path::Path;

use falco_compiler::{Version, lints};
use falco_syntax::yaml::{self, Mapping, Node};
use falco_syntax::{TextRange, TextSize};

use super::keys::{self, Key, Paths, Value};
use super::order::{Disk, Kind};
use crate::completion::values::word_range;
use crate::context::{Cursor, Slot, Step};
use crate::links::{Link, LinkTarget};
use crate::names;
use crate::types::*;

/// What can stand at an offset of a project file in `folder`.
pub fn completions(text: &str, offset: TextSize, folder: &Path, disk: &dyn Disk) -> CompletionList {
    let root = yaml::parse(text).documents().next().map(|document| document.root());
    let takes_mapping = |path: &[Step]| {
        let path = names_of(path);
        keys::at(&path).is_some() || matches!(path.as_slice(), ["lints"] | ["lints", _])
    };
    let place = Cursor::new(text, offset).and_then(|cursor| cursor.locate(root.as_ref(), takes_mapping));
    let mut items = Vec::new();
    if let Some((path, slot)) = place {
        let path = names_of(&path);
        match slot {
            Slot::Key { range, typed, present, has_colon, column } => {
                let mut add = |name: &str, doc: &str, begin: String| {
                    let is_free = !present.iter().any(|other| other == name) && name.starts_with(&typed);
                    if is_free {
                        let text = if has_colon { name.to_owned() } else { format!("{name}:{begin}") };
                        items.push(item(name, CompletionKind::Key, Some(doc), TextEdit { range, text }, !has_colon));
                    }
                };
                match path.as_slice() {
                    ["lints"] => lint_names().for_each(|(name, doc)| add(name, doc, " $0".to_owned())),
                    ["lints", code] => {
                        add("level", "how much its findings matter", " $0".to_owned());
                        let options = lints::by_code(code).map(|lint| lint.options).unwrap_or_default();
                        options.iter().for_each(|option| add(option.name, option.summary, " $0".to_owned()));
                    }
                    path => {
                        let keys = keys::at(path).unwrap_or_default();
                        keys.iter().for_each(|key| add(key.name, key.doc, begin(key, column)));
                    }
                }
            }
            Slot::Value(embedded) => {
                let typed = embedded.text.get(..usize::from(embedded.offset)).unwrap_or_default().trim_start();
                values(&path, typed, word_range(&embedded), folder, disk, &mut items);
            }
        }
    }
    for (rank, item) in (0u8..=u8::MAX).zip(&mut items) {
        item.rank = rank;
    }
    CompletionList { items, is_incomplete: false }
}

fn names_of(path: &[Step]) -> Vec<&str> {
    path.iter().map(Step::as_str).collect()
}

fn item(label: &str, kind: CompletionKind, detail: Option<&str>, edit: TextEdit, is_snippet: bool) -> CompletionItem {
    let (label, detail) = (label.to_owned(), detail.map(str::to_owned));
    CompletionItem { label, kind, detail, topic: None, filter: None, edit, is_snippet, deprecated: false, rank: 0 }
}

/// Levels of lints.
const LEVELS: [(&str, &str); 5] = [
    ("off", "its findings are not told"),
    ("hint", "a nudge"),
    ("info", "worth knowing"),
    ("warning", "as Falco's warnings"),
    ("error", "`falco-rs check` fails"),
];

/// Categories and lints, with what they are about.
fn lint_names() -> impl Iterator<Item = (&'static str, &'static str)> {
    let categories = lints::LintCategory::ALL.into_iter().map(|category| (category.as_str(), category.summary()));
    categories.chain(lints::ALL.iter().map(|lint| (lint.code, lint.summary)))
}

/// How a key's value begins; in a block whose keys stand in `column`.
fn begin(key: &Key, column: Option<usize>) -> String {
    match (&key.value, column) {
        (Value::Paths(_), _) => " [$0]".to_owned(),
        (Value::Section(_) | Value::Lints, None) => " {$0}".to_owned(),
        (Value::Section(_) | Value::Lints, Some(column)) => format!("\n{}$0", " ".repeat(column + 2)),
        _ => " $0".to_owned(),
    }
}

fn values(
    path: &[&str],
    typed: &str,
    range: TextRange,
    folder: &Path,
    disk: &dyn Disk,
    items: &mut Vec<CompletionItem>,
) {
    let (path, is_element) = match path {
        [path @ .., "-"] => (path, true),
        path => (path, false),
    };
    let mut add = |label: &str, detail: Option<&str>| {
        let edit = TextEdit { range, text: label.to_owned() };
        items.push(item(label, CompletionKind::Value, detail, edit, false));
    };
    if let ["lints", _] | ["lints", _, "level"] = path {
        LEVELS.iter().for_each(|(word, doc)| add(word, Some(doc)));
        return;
    }
    let Some(key) = keys::key_at(path) else { return };
    match &key.value {
        Value::OneOf(words) => words.iter().for_each(|(word, doc)| add(word, Some(doc))),
        Value::EngineVersion => add(&Version::FALCO_0_44.to_string(), Some("the newest")),
        Value::Paths(paths) if is_element => {
            let above = typed.rfind('/').map_or("", |end| typed.get(..=end).unwrap_or_default());
            for path in disk.list(&folder.join(above)) {
                let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
                let fits = |name: &str| match paths {
                    Paths::Rules => {
                        (name.ends_with(".yaml") || name.ends_with(".yml")) && !super::is_test_name(Path::new(name))
                    }
                    Paths::Captures => name.contains(".scap"),
                };
                match disk.kind(&path) {
                    _ if name.starts_with('.') => {}
                    Some(Kind::Folder) => add(&format!("{above}{name}/"), Some("folder")),
                    Some(Kind::File) if fits(name) => add(&format!("{above}{name}"), None),
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

/// What a key of a project file is for.
pub fn hover(text: &str, offset: TextSize) -> Option<Hover> {
    fn at(mapping: &Mapping, keys: &'static [Key], offset: TextSize) -> Option<Hover> {
        let entry = mapping.entries().find(|entry| entry.range().contains_inclusive(offset))?;
        let key = keys.iter().find(|key| Some(key.name) == entry.key_text().as_deref())?;
        let range = entry.key().range();
        if range.contains_inclusive(offset) {
            return Some(Hover { range, markdown: key.markdown() });
        }
        match (&key.value, entry.value().as_mapping()) {
            (Value::Section(keys), Some(mapping)) => at(&mapping, keys, offset),
            _ => None,
        }
    }
    let root = yaml::parse(text).documents().next()?.root();
    at(&root.as_mapping()?, keys::KEYS, offset)
}

/// The paths in a project file.
pub fn links(text: &str) -> Vec<Link> {
    let parse = yaml::parse(text);
    let Some(root) = parse.documents().next().and_then(|document| document.root().as_mapping()) else {
        return Vec::new();
    };
    let lists = keys::KEYS.iter().filter(|key| matches!(key.value, Value::Paths(_)));
    let items =
        lists.filter_map(|key| root.get(key.name)?.as_sequence()).flat_map(|list| list.items().collect::<Vec<_>>());
    let link = |node: Node| {
        let path = node.text().filter(|path| !path.is_empty() && !node.is_null())?;
        Some(Link { range: names::content(&node)?, target: LinkTarget::Path(path) })
    };
    items.filter_map(link).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::order::tests::Memory;

    fn complete(text: &str) -> (String, Vec<CompletionItem>) {
        let at = text.find("$0").unwrap();
        let text = text.replacen("$0", "", 1);
        let disk = Memory::new(&[
            ("/w/a.yaml", ""),
            ("/w/a_test.yaml", ""),
            ("/w/x.scap", ""),
            ("/w/d/b.yaml", ""),
            ("/w/d/c.yml", ""),
        ]);
        let items = completions(&text, TextSize::new(at as u32), Path::new("/w"), &disk).items;
        (text, items)
    }

    fn labels(text: &str) -> Vec<String> {
        complete(text).1.into_iter().map(|item| item.label).collect()
    }

    fn accept(text: &str, label: &str) -> String {
        let (mut text, items) = complete(text);
        let item = items.into_iter().find(|item| item.label == label).unwrap();
        text.replace_range(std::ops::Range::<usize>::from(item.edit.range), &item.edit.text);
        text
    }

    #[test]
    fn keys_and_words() {
        assert_eq!(labels("$0"), keys::KEYS.iter().map(|key| key.name).collect::<Vec<_>>());
        assert_eq!(labels("rules: []\nengi$0"), ["engine_version"]);
        assert_eq!(accept("fo$0", "format"), "format:\n  $0");
        assert_eq!(labels("format:\n  $0"), ["width", "conditions", "lists", "quotes"]);
        assert_eq!(labels("format:\n  quotes: $0\n"), ["preserve", "double", "single"]);
        assert_eq!(accept("format: {lists: $0}\n", "one-per-line"), "format: {lists: one-per-line}\n");
    }

    #[test]
    fn lints_and_their_levels() {
        assert_eq!(labels("lints:\n  duplicate$0\n"), ["duplicate-key"]);
        assert_eq!(labels("lints:\n  corr$0\n"), ["correctness"]);
        assert_eq!(labels("lints:\n  duplicate-key: $0\n"), LEVELS.map(|(level, _)| level));
        assert_eq!(labels("lints:\n  duplicate-key:\n    $0\n").first().map(String::as_str), Some("level"));
        assert_eq!(labels("lints:\n  duplicate-key: {level: $0}\n"), LEVELS.map(|(level, _)| level));
        assert!(LEVELS.iter().all(|(level, _)| falco_compiler::LintLevel::parse(level).is_some()));
    }

    #[test]
    fn paths_are_completed_from_the_disk() {
        assert_eq!(labels("rules: [$0]\n"), ["a.yaml", "d/"]);
        assert_eq!(labels("rules:\n  - d/$0\n"), ["d/b.yaml", "d/c.yml"]);
        assert_eq!(accept("rules:\n  - d/b$0\n", "d/b.yaml"), "rules:\n  - d/b.yaml\n");
        assert_eq!(labels("captures:\n  - $0\n"), ["d/", "x.scap"]);
    }

    #[test]
    fn hover_and_links() {
        let text = "rules: [a.yaml, d]\nformat: {quotes: single}\n";
        let at = |word: &str| hover(text, TextSize::new(text.find(word).unwrap() as u32 + 1));
        assert!(at("rules").unwrap().markdown.contains("load order"));
        assert!(at("quotes").unwrap().markdown.contains("`double`"));
        assert_eq!(at("single"), None);
        let words: Vec<&str> = links(text).iter().map(|link| &text[link.range]).collect();
        assert_eq!(words, ["a.yaml", "d"]);
    }
}
