//! Which rules files a command works on, and their texts.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use falco_compiler::SourceFile;
use falco_engine::eval::Evaluator;
use falco_ide::project::{PROJECT_FILE, Project};
use falco_testkit::discover::rules_files;

use crate::Result;
use crate::error::CliError;

/// What messages call standard input.
pub const STDIN: &str = "<stdin>";

/// Rules files in load order.
#[derive(Debug, Default)]
pub struct Rules {
    /// The files that are text.
    pub files: Vec<SourceFile>,
    /// Files that are not UTF-8.
    pub binary: Vec<Binary>,
    /// The engine version that the project file asks for.
    pub engine_version: Option<String>,
    /// What decides what the rules are: the files and folders that were named, and the project file if it named them.
    pub origins: Vec<PathBuf>,
}

/// A file that is not text.
#[derive(Debug)]
pub struct Binary {
    /// Which.
    pub path: String,
    /// Offset of the first byte that is not UTF-8.
    pub offset: usize,
    /// 1-based line and column (in characters) of that byte.
    pub line: usize,
    /// See `line`.
    pub column: usize,
}

impl Binary {
    /// What is wrong.
    pub fn message(&self) -> String {
        format!("`{}` is not UTF-8 text: invalid byte at offset {}", self.path, self.offset)
    }
}

impl Rules {
    /// Reads `paths` in order, folders as their YAML files in name order; without any, what the project file names.
    ///
    /// # Errors
    /// When a path cannot be read, a folder has no rules, or nothing was given and there is no project file.
    pub fn load(paths: &[PathBuf]) -> Result<Self> {
        let mut rules = Self::default();
        if paths.is_empty() {
            let (root, project) = find_project()?.ok_or(CliError::NothingGiven)?;
            if project.rules.is_empty() {
                return Err(CliError::NothingGiven);
            }
            rules.engine_version = project.engine_version;
            rules.origins.push(root.join(PROJECT_FILE));
            for entry in &project.rules {
                rules.add(&root.join(entry))?;
            }
        } else {
            for path in paths {
                rules.add(path)?;
            }
        }
        Ok(rules)
    }

    fn add(&mut self, path: &Path) -> Result<()> {
        self.origins.push(path.to_owned());
        if path == Path::new("-") {
            let mut bytes = Vec::new();
            std::io::stdin().lock().read_to_end(&mut bytes).map_err(|e| CliError::read(path, e))?;
            self.push(STDIN.into(), bytes);
            return Ok(());
        }
        if !std::fs::metadata(path).map_err(|e| CliError::read(path, e))?.is_dir() {
            let bytes = std::fs::read(path).map_err(|e| CliError::read(path, e))?;
            self.push(path.display().to_string(), bytes);
            return Ok(());
        }
        let files = rules_files(path).map_err(|e| CliError::read(path, e))?;
        if files.is_empty() {
            return Err(CliError::NoRules(path.to_owned()));
        }
        for file in files {
            let bytes = std::fs::read(&file).map_err(|e| CliError::read(&file, e))?;
            self.push(file.display().to_string(), bytes);
        }
        Ok(())
    }

    fn push(&mut self, path: String, bytes: Vec<u8>) {
        match String::from_utf8(bytes) {
            Ok(text) => self.files.push(SourceFile::new(path, Arc::<str>::from(text))),
            Err(error) => {
                let offset = error.utf8_error().valid_up_to();
                let before = String::from_utf8_lossy(&error.as_bytes()[..offset]).into_owned();
                let line = before.matches('\n').count() + 1;
                let column = before.rsplit('\n').next().map_or(0, |l| l.chars().count()) + 1;
                self.binary.push(Binary { path, offset, line, column });
            }
        }
    }
}

/// Switches on the rules that are named, if any are, disabled ones too, and all others off.
///
/// # Errors
/// When no rule has such a name.
pub fn only(evaluator: &mut Evaluator, names: &[String]) -> Result<()> {
    if names.is_empty() {
        return Ok(());
    }
    let rules: Vec<String> = evaluator.program().rules.iter().map(|rule| rule.name.clone()).collect();
    if let Some(unknown) = names.iter().find(|name| !rules.contains(name)) {
        return Err(CliError::Usage(format!("no rule `{unknown}` is loaded")));
    }
    for (index, rule) in (0..).zip(&rules) {
        evaluator.set_enabled(index, names.contains(rule));
    }
    Ok(())
}

/// The nearest project file, from the current folder upwards, with its folder.
///
/// # Errors
/// When it cannot be read or is no project file.
pub fn find_project() -> Result<Option<(PathBuf, Project)>> {
    let start = std::env::current_dir().map_err(|e| CliError::read(Path::new("."), e))?;
    for folder in start.ancestors() {
        let path = folder.join(PROJECT_FILE);
        match std::fs::read_to_string(&path) {
            Ok(text) => {
                // Paths in messages read better from here than from the root.
                let shown = if folder == start { PathBuf::new() } else { folder.to_owned() };
                return Ok(Some((shown, Project::parse(&text)?)));
            }
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
            Err(e) => return Err(CliError::read(&path, e)),
        }
    }
    Ok(None)
}
