//! Which files are rules and which are rule tests.

use std::io;
use std::path::{Path, PathBuf};

pub use falco_catalog::files::is_test_name;

/// Folders are searched this deep; rule tests live beside their rules.
const MAX_DEPTH: usize = 32;

/// The rules files of a folder in name order, as Falco reads `rules_files`: its YAML files, hidden ones and rule tests left out.
///
/// # Errors
/// When the folder cannot be read.
pub fn rules_files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let is_yaml = path.extension().is_some_and(|e| e == "yaml" || e == "yml");
        let hidden = path.file_name().is_some_and(|n| n.as_encoded_bytes().starts_with(b"."));
        if is_yaml && !hidden && path.is_file() && !is_test_name(&path) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// The test files of a path, in name order: a file is one whatever its name, a folder gives those in it and below it.
///
/// # Errors
/// When the path cannot be read.
pub fn test_files(path: &Path) -> io::Result<Vec<PathBuf>> {
    if !std::fs::metadata(path)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    walk(path, 0, &mut files)?;
    files.sort();
    Ok(files)
}

fn walk(folder: &Path, depth: usize, out: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        // Links to folders are not followed, so a loop of links is not walked.
        let kind = entry.file_type()?;
        let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        if kind.is_dir() {
            if !hidden && depth < MAX_DEPTH {
                walk(&path, depth + 1, out)?;
            }
        } else if is_test_name(&path) && !hidden {
            out.push(path);
        }
    }
    Ok(())
}
