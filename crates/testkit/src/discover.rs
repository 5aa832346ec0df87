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

/// The test files below the fixed beginning of a pattern whose path is like it: `*` and `?` stand for parts of a name, `[abc]` for one of
/// some characters, `**` for any folders.
///
/// # Errors
/// When the folder where the pattern begins cannot be read.
pub fn matching(pattern: &str) -> io::Result<Vec<PathBuf>> {
    let fixed: PathBuf = Path::new(pattern)
        .components()
        .take_while(|c| !c.as_os_str().to_string_lossy().contains(['*', '?', '[']))
        .collect();
    let below = if fixed.as_os_str().is_empty() { Path::new(".") } else { &fixed };
    let Ok(like) = regex::Regex::new(&like(pattern)) else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the pattern has a `[` without its `]`"));
    };
    let mut files = test_files(below)?;
    let bare = |path: &Path| path.strip_prefix("./").unwrap_or(path).to_string_lossy().into_owned();
    files.retain(|path| like.is_match(&bare(path)));
    Ok(files)
}

/// A pattern as a regular expression.
fn like(pattern: &str) -> String {
    let mut out = String::from("^");
    let mut rest = pattern.strip_prefix("./").unwrap_or(pattern);
    while let Some(c) = rest.chars().next() {
        let (length, part) = match c {
            '*' if rest.starts_with("**/") => (3, "(?:.*/)?".to_owned()),
            '*' if rest.starts_with("**") => (2, ".*".to_owned()),
            '*' => (1, "[^/]*".to_owned()),
            '?' => (1, "[^/]".to_owned()),
            '[' => match rest.get(1..).and_then(|inner| inner.find(']')) {
                Some(end) => {
                    let inner = rest.get(1..=end).unwrap_or_default();
                    let (not, inner) = inner.strip_prefix('!').map_or(("", inner), |inner| ("^", inner));
                    let quoted: String = inner
                        .chars()
                        .map(|c| if c == '-' { c.to_string() } else { regex::escape(&c.to_string()) })
                        .collect();
                    (end + 2, format!("[{not}{quoted}]"))
                }
                None => (1, "[".to_owned()),
            },
            c => (c.len_utf8(), regex::escape(&c.to_string())),
        };
        out.push_str(&part);
        rest = rest.get(length..).unwrap_or_default();
    }
    out.push('$');
    out
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, path, wanted) in [
            ("rules/*_test.yaml", "rules/a_test.yaml", true),
            ("rules/*_test.yaml", "rules/net/a_test.yaml", false),
            ("rules/**/*_test.yaml", "rules/net/deep/a_test.yaml", true),
            ("rules/**/*_test.yaml", "rules/a_test.yaml", true),
            ("./ru?es/[ab]*.yaml", "rules/b_test.yaml", true),
            ("rules/[!ab]*.yaml", "rules/b_test.yaml", false),
            ("a+b/*", "a+b/x.test.yaml", true),
            ("**", "any/thing", true),
        ] {
            assert_eq!(regex::Regex::new(&like(pattern)).unwrap().is_match(path), wanted, "{pattern} {path}");
        }
        assert!(regex::Regex::new(&like("[a")).is_err());
    }
}
