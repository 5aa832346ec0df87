//! Rules files on disk: which there are, in which load order.

use std::path::{Path, PathBuf};

use falco_ide::project::{self, Disk, Kind, Plan};

/// How deep folders are searched, how many files are kept and how large one may be: a workspace may be anything, a home
/// folder included.
const MAX_DEPTH: usize = 12;
const MAX_FILES: usize = 5_000;
const MAX_BYTES: u64 = 32 * 1024 * 1024;

/// The machine's file system.
#[derive(Debug, Clone, Copy)]
pub struct OsDisk;

impl Disk for OsDisk {
    fn kind(&self, path: &Path) -> Option<Kind> {
        let found = std::fs::metadata(here(path)).ok()?;
        Some(if found.is_dir() { Kind::Folder } else { Kind::File })
    }

    fn list(&self, folder: &Path) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(here(folder)).into_iter().flatten().flatten();
        let mut found: Vec<PathBuf> = entries.map(|entry| folder.join(entry.file_name())).take(MAX_FILES).collect();
        found.sort();
        found
    }

    fn read(&self, path: &Path) -> Option<String> {
        let small = std::fs::metadata(path).is_ok_and(|found| found.is_file() && found.len() <= MAX_BYTES);
        if small { std::fs::read_to_string(path).ok() } else { None }
    }
}

/// The empty path is the current folder.
fn here(path: &Path) -> &Path {
    if path.as_os_str().is_empty() { Path::new(".") } else { path }
}

/// What was found under a workspace folder.
#[derive(Debug, Default)]
pub struct Scan {
    /// What the folder's project file and Falco's configuration say.
    pub plan: Plan,
    /// Rules files with their texts, in load order.
    pub files: Vec<(PathBuf, String)>,
    /// Files that cannot be read as text, with the reason.
    pub unreadable: Vec<(PathBuf, String)>,
}

/// Reads the rules files under `root`: those that the project file names, or Falco's configuration, or else all that look like rules.
pub fn scan(root: &Path) -> Scan {
    let mut scan = Scan { plan: Plan::of(root, &OsDisk), ..Scan::default() };
    match scan.plan.named.clone() {
        Some(named) => {
            for entry in named.paths {
                for path in expand(&entry) {
                    read(&path, |_| true, &mut scan);
                }
            }
        }
        None => {
            let mut paths = Vec::new();
            walk(root, 0, &|path| !project::is_test_name(path), &mut paths);
            paths.sort_by(|a, b| project::default_order(a, b));
            for path in paths {
                read(&path, |text| project::is_rules_name(&path) || project::looks_like_rules(text), &mut scan);
            }
        }
    }
    scan
}

/// Reads the rules files of one folder, not of those below it: the neighbours of a file that belongs to no workspace folder.
pub fn scan_folder(folder: &Path) -> Scan {
    let mut scan = Scan::default();
    let mut paths = expand(folder);
    paths.truncate(MAX_FILES);
    paths.sort_by(|a, b| project::default_order(a, b));
    for path in paths {
        read(&path, |text| project::is_rules_name(&path) || project::looks_like_rules(text), &mut scan);
    }
    scan
}

/// The rule tests under a folder.
pub fn tests(folder: &Path) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    walk(folder, 0, &|path| project::is_test_name(path), &mut paths);
    paths
}

/// A file as it is, a folder as its YAML files in name order: as Falco reads `rules_files`.
fn expand(path: &Path) -> Vec<PathBuf> {
    if !path.is_dir() {
        return vec![path.to_owned()];
    }
    let mut paths: Vec<PathBuf> = std::fs::read_dir(path)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|p| p.is_file() && is_yaml(p) && !project::is_test_name(p))
        .collect();
    paths.sort();
    paths
}

fn walk(folder: &Path, depth: usize, wanted: &dyn Fn(&Path) -> bool, out: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        if out.len() >= MAX_FILES {
            return;
        }
        let path = entry.path();
        let name = entry.file_name();
        // `file_type` does not follow links, so a loop of links is not walked.
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() {
            let skipped = name.to_str().is_some_and(|n| n.starts_with('.') || n == "node_modules" || n == "target");
            if !skipped && depth < MAX_DEPTH {
                walk(&path, depth + 1, wanted, out);
            }
        } else if kind.is_file() && is_yaml(&path) && wanted(&path) {
            out.push(path);
        }
    }
}

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == "yaml" || e == "yml")
}

fn read(path: &Path, wanted: impl Fn(&str) -> bool, scan: &mut Scan) {
    let size = std::fs::metadata(path).map(|m| m.len()).unwrap_or(0);
    if size > MAX_BYTES {
        scan.unreadable.push((path.to_owned(), format!("larger than {MAX_BYTES} bytes")));
        return;
    }
    match std::fs::read_to_string(path) {
        Ok(text) if wanted(&text) => scan.files.push((path.to_owned(), text)),
        Ok(_) => {}
        Err(e) => scan.unreadable.push((path.to_owned(), e.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str, files: &[(&str, &str)]) -> PathBuf {
        let root = std::env::temp_dir().join(format!("falco-rs-scan-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&root);
        for (path, text) in files {
            let path = root.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        root
    }

    fn names(root: &Path, scan: &Scan) -> Vec<String> {
        scan.files.iter().map(|(p, _)| p.strip_prefix(root).unwrap().display().to_string()).collect()
    }

    #[test]
    fn finds_rules_by_content_and_leaves_the_rest() {
        let rule = "- macro: m\n  condition: evt.type = open\n";
        let root = folder(
            "content",
            &[
                ("b/odd-name.yaml", rule),
                ("falco_rules.local.yaml", rule),
                ("falco_rules.yaml", rule),
                ("compose.yaml", "services: {}\n"),
                (".git/x.yaml", rule),
                ("m_test.yaml", rule),
            ],
        );
        let scan = scan(&root);
        assert_eq!(names(&root, &scan), ["falco_rules.yaml", "falco_rules.local.yaml", "b/odd-name.yaml"]);
        std::fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn the_project_file_decides() {
        let root = folder(
            "project",
            &[
                (".falco-rs.yaml", "rules: [z.yaml, d]\n"),
                ("a.yaml", "- list: l\n"),
                ("falco.yaml", "rules_files: [a.yaml]\n"),
                ("z.yaml", ""),
                ("d/2.yaml", ""),
                ("d/1.yaml", ""),
            ],
        );
        let found = scan(&root);
        assert_eq!(names(&root, &found), ["z.yaml", "d/1.yaml", "d/2.yaml"]);
        std::fs::remove_file(root.join(".falco-rs.yaml")).unwrap();
        assert_eq!(names(&root, &scan(&root)), ["a.yaml"]);
        std::fs::remove_dir_all(root).unwrap();
    }
}
