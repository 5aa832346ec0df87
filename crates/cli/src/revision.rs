//! Rules as they are in a commit.

use std::path::Path;

use crate::error::CliError;
use crate::{Result, git};

/// A file or folder of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision<'a> {
    /// The commit, in any form that git takes.
    pub commit: &'a str,
    /// The path, from the current folder.
    pub path: &'a str,
}

impl<'a> Revision<'a> {
    /// Reads `REVISION:PATH`. What is there on disk is no such thing.
    pub fn parse(path: &'a Path) -> Option<Self> {
        if path.exists() {
            return None;
        }
        let (commit, path) = path.to_str()?.split_once(':')?;
        (!commit.is_empty()).then_some(Self { commit, path })
    }

    /// The rules files there with their texts: the file, or a folder's YAML files in name order without rule tests.
    ///
    /// # Errors
    /// When git cannot be run, or knows no such commit or path.
    pub fn files(&self) -> Result<Vec<(String, Vec<u8>)>> {
        // What begins with a hyphen would be an option.
        if self.commit.starts_with('-') {
            return Err(CliError::Usage(format!("`{}` is no revision", self.commit)));
        }
        let object = self.object(self.path);
        if git::output(&["cat-file", "-t", &object])?.trim_ascii() == b"blob" {
            return Ok(vec![(object.clone(), git::output(&["cat-file", "blob", &object])?)]);
        }
        let listed = git::output(&["ls-tree", "-z", "--name-only", &object])?;
        let names = listed.split(|byte| *byte == 0).filter_map(|name| std::str::from_utf8(name).ok());
        let mut names: Vec<&str> = names
            .filter(|name| name.ends_with(".yaml") || name.ends_with(".yml"))
            .filter(|name| !falco_testkit::discover::is_test_name(Path::new(name)))
            .filter(|name| !name.starts_with('.'))
            .collect();
        names.sort_unstable();
        let folder = self.path.trim_end_matches('/');
        let read = |name: &&str| {
            let path = if folder.is_empty() { (*name).to_owned() } else { format!("{folder}/{name}") };
            let object = self.object(&path);
            Ok((object.clone(), git::output(&["cat-file", "blob", &object])?))
        };
        names.iter().map(read).collect()
    }

    /// What git calls it: paths are taken from the current folder.
    fn object(&self, path: &str) -> String {
        let path = path.trim_start_matches("./");
        let dot = if path.starts_with('/') { "" } else { "./" };
        format!("{}:{dot}{path}", self.commit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_is_a_commit_with_a_path() {
        let parse = |text| Revision::parse(Path::new(text)).map(|r| (r.commit.to_owned(), r.path.to_owned()));
        assert_eq!(parse("main:rules/"), Some(("main".into(), "rules/".into())));
        assert_eq!(parse("HEAD~3:"), Some(("HEAD~3".into(), String::new())));
        assert_eq!(parse("no/such/file.yaml"), None);
        assert_eq!(parse(":rules"), None);
        // This file is there.
        assert_eq!(parse(file!().rsplit_once("crates/cli/").map_or("src/revision.rs", |(_, rest)| rest)), None);
    }
}
