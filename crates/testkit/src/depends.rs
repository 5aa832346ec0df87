//! What a test file depends on, for running only what a change concerns.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::decode;
use crate::discover::rules_files;
use crate::file::Source;
use crate::texts::tidy;

/// Files and folders that decide what comes of a test file: itself, its rules, its captures.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Depends {
    /// The files.
    pub files: BTreeSet<PathBuf>,
    /// Folders whose rules files are loaded, so that a new file counts.
    pub folders: BTreeSet<PathBuf>,
}

impl Depends {
    /// Of a test file; of one that cannot be read or understood only itself is known.
    pub fn of(path: &Path) -> Self {
        let mut depends = Self { files: [tidy(path)].into(), folders: BTreeSet::new() };
        let Ok(text) = std::fs::read_to_string(path) else { return depends };
        let folder = path.parent().unwrap_or(Path::new(""));
        let (file, _) = decode::parse(&text);
        for entry in &file.rules {
            let rules = tidy(&folder.join(&entry.value));
            if rules.is_dir() {
                depends.files.extend(rules_files(&rules).unwrap_or_default().iter().map(|p| tidy(p)));
                depends.folders.insert(rules);
            } else {
                depends.files.insert(rules);
            }
        }
        for case in &file.cases {
            if let Source::Capture(capture) = &case.source {
                depends.files.insert(tidy(&folder.join(&capture.value)));
            }
        }
        depends
    }

    /// Whether a changed file is one of these, or a rules file of one of the folders. Paths are compared as absolute ones.
    pub fn has(&self, changed: &Path) -> bool {
        let absolute = |path: &Path| std::path::absolute(path).map(|p| tidy(&p)).unwrap_or_else(|_| path.to_owned());
        let changed = absolute(changed);
        let yaml = changed.extension().is_some_and(|e| e == "yaml" || e == "yml");
        self.files.iter().any(|file| absolute(file) == changed)
            || yaml && self.folders.iter().any(|folder| changed.parent() == Some(&*absolute(folder)))
    }

    /// What is in the files now: equal when nothing changed.
    pub fn state(&self) -> Vec<(PathBuf, Option<u64>)> {
        use std::hash::{DefaultHasher, Hash, Hasher};
        let hash = |path: &PathBuf| {
            let mut hasher = DefaultHasher::new();
            std::fs::read(path).ok()?.hash(&mut hasher);
            Some(hasher.finish())
        };
        self.files.iter().map(|path| (path.clone(), hash(path))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_folders_and_captures_count() {
        let folder = std::env::temp_dir().join(format!("falco-rs-depends-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("rules")).unwrap();
        std::fs::create_dir_all(folder.join("tests")).unwrap();
        std::fs::write(folder.join("rules/a.yaml"), "").unwrap();
        let test = folder.join("tests/a_test.yaml");
        std::fs::write(&test, "rules: [../rules]\ntests:\n  - {name: a, capture: x.scap, expect: []}\n").unwrap();
        let depends = Depends::of(&test);
        for (path, wanted) in [
            ("rules/a.yaml", true),
            ("rules/new.yaml", true),
            ("rules/notes.txt", false),
            ("tests/x.scap", true),
            ("tests/a_test.yaml", true),
            ("tests/b_test.yaml", false),
        ] {
            assert_eq!(depends.has(&folder.join(path)), wanted, "{path}");
        }
        let before = depends.state();
        assert_eq!(before, depends.state());
        std::fs::write(folder.join("rules/a.yaml"), "- list: x\n  items: []\n").unwrap();
        assert_ne!(before, depends.state());
        std::fs::remove_dir_all(folder).unwrap();
    }
}
