//! Which rules files a command works on, and their texts.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use falco_compiler::{Diagnostic, FileId, LintSettings, SourceFile, Span};
use falco_engine::eval::Evaluator;
use falco_ide::Severity;
use falco_ide::project::{self, FALCO_FILE, Finding, PROJECT_FILE, Plan, ProjectError};
use falco_lsp::OsDisk;
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
    /// Levels and options of lints.
    pub lints: LintSettings,
    /// The nearest project file, if there is something to say about it.
    pub project: Option<ProjectFile>,
}

/// A project file with what is wrong with it.
#[derive(Debug)]
pub struct ProjectFile {
    /// The file.
    pub source: SourceFile,
    /// What is wrong, in order of position.
    pub findings: Vec<Finding>,
}

impl ProjectFile {
    /// The findings as the compiler's, for a file that stands at `index` among others.
    pub fn diagnostics(&self, index: usize) -> Vec<Diagnostic> {
        let file = FileId(u32::try_from(index).unwrap_or(u32::MAX));
        let diagnostic = |finding: &Finding| {
            let found = &finding.diagnostic;
            Diagnostic {
                code: project::CODE,
                severity: match found.severity {
                    Severity::Error => falco_compiler::Severity::Error,
                    Severity::Warning => falco_compiler::Severity::Warning,
                    Severity::Info => falco_compiler::Severity::Info,
                    Severity::Hint => falco_compiler::Severity::Hint,
                },
                message: found.message.clone(),
                span: Span { file, start: found.range.start().into(), end: found.range.end().into() },
                item: None,
                labels: Vec::new(),
                help: found.help.clone(),
                fixes: Vec::new(),
            }
        };
        self.findings.iter().map(diagnostic).collect()
    }

    /// The first error, for commands that cannot go on then.
    pub fn error(&self) -> Option<ProjectError> {
        let found = self.findings.iter().find(|finding| finding.diagnostic.severity == Severity::Error)?;
        let before = self.source.text.get(..usize::from(found.diagnostic.range.start())).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |text| text.chars().count()) + 1;
        let mut message = found.diagnostic.message.clone();
        if let Some(help) = &found.diagnostic.help {
            message.push_str(&format!("; {help}"));
        }
        Some(ProjectError { position: Some((line, column)), message })
    }
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
    /// Reads `paths` in order, folders as their YAML files in name order; without any, what the project file names, or else Falco's
    /// configuration.
    ///
    /// # Errors
    /// When a path cannot be read, a folder has no rules, the project file has errors, or nothing names rules.
    pub fn load(paths: &[PathBuf]) -> Result<Self> {
        let rules = Self::load_lenient(paths)?;
        // It says nothing about rules that are named.
        match rules.project.as_ref().filter(|_| paths.is_empty()).and_then(ProjectFile::error) {
            Some(error) => Err(error.into()),
            None => Ok(rules),
        }
    }

    /// [`Rules::load`] that goes on where the project file has errors, for those who report them.
    ///
    /// # Errors
    /// When a path cannot be read, a folder has no rules, or nothing names rules.
    pub fn load_lenient(paths: &[PathBuf]) -> Result<Self> {
        let mut rules = Self::default();
        let plan = find_plan()?;
        if paths.is_empty() && plan.is_none() {
            return Err(CliError::NothingGiven);
        }
        let (root, plan) = plan.unwrap_or_default();
        let project = plan.project.unwrap_or_default();
        rules.lints = project.lints;
        if let (Some(text), false) = (plan.project_text, plan.findings.is_empty()) {
            let path = root.join(PROJECT_FILE).display().to_string();
            rules.project = Some(ProjectFile { source: SourceFile::new(path, text), findings: plan.findings });
        }
        if !paths.is_empty() {
            for path in paths {
                rules.add(path)?;
            }
            return Ok(rules);
        }
        rules.engine_version = project.engine_version;
        let Some(named) = plan.named else {
            // What is wrong with the file may be why it names none.
            return if rules.project.is_some() { Ok(rules) } else { Err(CliError::NothingGiven) };
        };
        let is_falcos = named.by.ends_with(FALCO_FILE);
        rules.origins.push(named.by);
        for path in named.paths {
            match rules.add(&path) {
                // An empty `rules.d` is fine for Falco.
                Err(CliError::NoRules(_)) if is_falcos => {}
                // Said at its place in the project file.
                Err(CliError::Read { .. }) if rules.project.is_some() && !path.exists() => {}
                result => result?,
            }
        }
        Ok(rules)
    }

    /// The rules files, and behind them the project file if there is something to say about it: what places are in.
    pub fn sources(&self) -> impl Iterator<Item = &SourceFile> {
        self.files.iter().chain(self.project.iter().map(|project| &project.source))
    }

    /// Adds a file, or a folder's files.
    ///
    /// # Errors
    /// When it cannot be read, or a folder has no rules.
    pub fn add(&mut self, path: &Path) -> Result<()> {
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

    /// Adds a file that was read.
    pub fn push(&mut self, path: String, bytes: Vec<u8>) {
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

/// What the nearest folder with a project file or Falco's configuration says, from the current one upwards, with the folder.
///
/// # Errors
/// When a project file cannot be read.
pub fn find_plan() -> Result<Option<(PathBuf, Plan)>> {
    let start = std::env::current_dir().map_err(|e| CliError::read(Path::new("."), e))?;
    for folder in start.ancestors() {
        // Paths in messages read better from here than from the root.
        let shown = if folder == start { PathBuf::new() } else { folder.to_owned() };
        let path = folder.join(PROJECT_FILE);
        match std::fs::metadata(&path).and_then(|_| std::fs::read_to_string(&path)) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(CliError::read(&path, e)),
            _ => {}
        }
        let plan = Plan::of(&shown, &OsDisk);
        if !plan.is_empty() {
            return Ok(Some((shown, plan)));
        }
    }
    Ok(None)
}
