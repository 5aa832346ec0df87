//! Which rules files a folder's project file or `falco.yaml` names, in load order.

use std::path::{Path, PathBuf};

use super::check::{self, Finding};
use super::falco_yaml::{FALCO_FILE, FalcoConfig};
use super::{PROJECT_FILE, Project};

/// What is at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A file.
    File,
    /// A folder.
    Folder,
}

/// The files, for those who do not know a file system.
pub trait Disk {
    /// What is at a path, links followed.
    fn kind(&self, path: &Path) -> Option<Kind>;
    /// What is in a folder, in name order.
    fn list(&self, folder: &Path) -> Vec<PathBuf>;
    /// A file's text, if it is there and text.
    fn read(&self, path: &Path) -> Option<String>;
}

/// What a folder's own files say of its rules.
#[derive(Debug, Default)]
pub struct Plan {
    /// The project file, as far as it can be used.
    pub project: Option<Project>,
    /// The project file's text.
    pub project_text: Option<String>,
    /// What is wrong with it.
    pub findings: Vec<Finding>,
    /// Falco's configuration.
    pub falco: Option<FalcoConfig>,
    /// Rules files and folders in load order, and the file that names them.
    pub named: Option<Named>,
}

/// Rules files and folders that a file names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The file.
    pub by: PathBuf,
    /// The files and folders, in load order.
    pub paths: Vec<PathBuf>,
}

impl Plan {
    /// What the files in `folder` say. The project file goes before Falco's configuration.
    pub fn of(folder: &Path, disk: &dyn Disk) -> Self {
        let mut plan = Self::default();
        let path = folder.join(PROJECT_FILE);
        if let Some(text) = disk.read(&path) {
            let project = Project::lenient(&text);
            plan.findings = check::check(&text, folder, disk);
            if !project.rules.is_empty() {
                plan.named = Some(Named { by: path, paths: project.rules.iter().map(|r| folder.join(r)).collect() });
            }
            plan.project = Some(project);
            plan.project_text = Some(text);
        }
        let path = folder.join(FALCO_FILE);
        plan.falco = disk.read(&path).and_then(|text| FalcoConfig::read(&text));
        if let (None, Some(falco)) = (&plan.named, plan.falco.as_ref().filter(|f| !f.rules_files.is_empty())) {
            let paths = falco.rules_files.iter().filter_map(|entry| resolve(folder, entry, disk));
            plan.named = Some(Named { by: path, paths: paths.collect() });
        }
        plan
    }

    /// Whether there is anything that says something.
    pub fn is_empty(&self) -> bool {
        self.project.is_none() && self.falco.is_none()
    }
}

/// The file or folder that an entry of `rules_files` means. An absolute path is that of the machine that Falco will run on: where it is not
/// here, the longest end of it that is beside the configuration is meant. Like Falco, entries that are nowhere are passed over.
fn resolve(folder: &Path, entry: &str, disk: &dyn Disk) -> Option<PathBuf> {
    let path = folder.join(entry);
    if disk.kind(&path).is_some() {
        return Some(path);
    }
    let mut rest = Path::new(entry).components();
    if !Path::new(entry).is_absolute() {
        return None;
    }
    while rest.next().is_some() {
        let end = rest.as_path();
        if !end.as_os_str().is_empty() && disk.kind(&folder.join(end)).is_some() {
            return Some(folder.join(end));
        }
    }
    None
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Files in memory.
    #[derive(Debug, Default)]
    pub struct Memory(pub BTreeMap<PathBuf, String>);

    impl Memory {
        pub fn new(files: &[(&str, &str)]) -> Self {
            Self(files.iter().map(|(path, text)| (PathBuf::from(path), (*text).to_owned())).collect())
        }
    }

    impl Disk for Memory {
        fn kind(&self, path: &Path) -> Option<Kind> {
            let path: PathBuf = path.components().collect();
            if self.0.contains_key(&path) {
                return Some(Kind::File);
            }
            self.0.keys().any(|file| file.starts_with(&path)).then_some(Kind::Folder)
        }

        fn list(&self, folder: &Path) -> Vec<PathBuf> {
            let folder: PathBuf = folder.components().collect();
            let below = self
                .0
                .keys()
                .filter_map(|file| Some(folder.join(file.strip_prefix(&folder).ok()?.components().next()?)));
            let mut found: Vec<PathBuf> = below.collect();
            found.dedup();
            found
        }

        fn read(&self, path: &Path) -> Option<String> {
            self.0.get(path).cloned()
        }
    }

    fn named(files: &[(&str, &str)]) -> Option<(String, Vec<String>)> {
        let plan = Plan::of(Path::new("/w"), &Memory::new(files));
        let show = |path: &PathBuf| path.display().to_string();
        plan.named.map(|named| (show(&named.by), named.paths.iter().map(show).collect()))
    }

    const FALCO: &str = "rules_files:\n  - /etc/falco/falco_rules.yaml\n  - /etc/falco/gone.yaml\n  - /etc/falco/rules.d\n  - \
                         mine.yaml\nengine: {kind: modern_ebpf}\n";

    #[test]
    fn falcos_configuration_names_rules() {
        let files =
            [("/w/falco.yaml", FALCO), ("/w/falco_rules.yaml", ""), ("/w/rules.d/a.yaml", ""), ("/w/mine.yaml", "")];
        let (by, paths) = named(&files).unwrap();
        assert_eq!(by, "/w/falco.yaml");
        assert_eq!(paths, ["/w/falco_rules.yaml", "/w/rules.d", "/w/mine.yaml"]);
    }

    #[test]
    fn an_absolute_path_that_is_there_is_taken_as_it_is() {
        let files = [
            ("/w/falco.yaml", FALCO),
            ("/w/falco_rules.yaml", ""),
            ("/etc/falco/falco_rules.yaml", ""),
            ("/w/falco/rules.d/x.yaml", ""),
            ("/w/rules.d/x.yaml", ""),
        ];
        assert_eq!(named(&files).unwrap().1, ["/etc/falco/falco_rules.yaml", "/w/falco/rules.d"]);
    }

    #[test]
    fn the_project_file_goes_first_where_it_names_rules() {
        let falco = ("/w/falco.yaml", "rules_file: [b.yaml]\njson_output: true\n");
        let (a, b) = (("/w/a.yaml", ""), ("/w/b.yaml", ""));
        let with = |project| named(&[falco, a, b, ("/w/.falco-rs.yaml", project)]).unwrap().1;
        assert_eq!(with("rules: [a.yaml]\n"), ["/w/a.yaml"]);
        assert_eq!(with("captures: []\n"), ["/w/b.yaml"]);
        assert_eq!(named(&[a, ("/w/falco.yaml", "rules_files: [a.yaml]\n")]).unwrap().1, ["/w/a.yaml"]);
        assert_eq!(named(&[a, ("/w/falco.yaml", "customRules: {}\n")]), None);
        assert_eq!(named(&[a]), None);
    }
}
