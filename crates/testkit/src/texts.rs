//! Texts of files, where an editor's unsaved ones go before those on disk.

use std::collections::HashMap;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// Texts that stand for files.
#[derive(Debug, Clone, Default)]
pub struct Texts(HashMap<PathBuf, Arc<str>>);

impl Texts {
    /// Puts a text in place of a file's.
    pub fn insert(&mut self, path: &Path, text: impl Into<Arc<str>>) {
        self.0.insert(plain(path), text.into());
    }

    /// Whether a text stands for the file.
    pub fn has(&self, path: &Path) -> bool {
        self.0.contains_key(&plain(path))
    }

    /// A file's text.
    ///
    /// # Errors
    /// When the file is not in here and cannot be read.
    pub fn read(&self, path: &Path) -> io::Result<String> {
        match self.0.get(&plain(path)) {
            Some(text) => Ok(text.to_string()),
            None => std::fs::read_to_string(path),
        }
    }
}

/// The path from the root, without `.` and `..`; links are not followed.
fn plain(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut plain = PathBuf::new();
    for part in absolute.components() {
        match part {
            Component::ParentDir => {
                plain.pop();
            }
            Component::CurDir => {}
            part => plain.push(part),
        }
    }
    plain
}

/// The path without `.`, and without `..` where that takes back a name; links are not followed. However a test file names its rules,
/// the same file has the same name in every report.
pub(crate) fn tidy(path: &Path) -> PathBuf {
    let mut tidy = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(tidy.components().next_back(), Some(Component::Normal(_))) => {
                tidy.pop();
            }
            part => tidy.push(part),
        }
    }
    if tidy.as_os_str().is_empty() { PathBuf::from(".") } else { tidy }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unsaved_texts_go_first_however_the_path_is_written() {
        let mut texts = Texts::default();
        texts.insert(Path::new("/nowhere/rules.yaml"), "new");
        assert_eq!(texts.read(Path::new("/nowhere/tests/../rules.yaml")).unwrap(), "new");
        assert!(texts.read(Path::new("/nowhere/other.yaml")).is_err());
    }
}
