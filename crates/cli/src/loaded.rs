//! Rules that are read and compiled to be run.

use std::path::PathBuf;

use falco_catalog::EventSet;
use falco_compiler::{Diagnostic, Options, Severity, SourceFile, compile};
use falco_engine::eval::Evaluator;

use crate::args::Global;
use crate::error::CliError;
use crate::inputs::Rules;
use crate::render::{self, count};

/// Rules that load.
pub struct Loaded {
    /// What judges events by them.
    pub evaluator: Evaluator,
    /// Their files.
    pub files: Vec<SourceFile>,
    /// What decides what the rules are: files and folders.
    pub origins: Vec<PathBuf>,
}

/// Why there are no rules.
pub enum Refused {
    /// They cannot be read, or what was asked of them makes no sense.
    Error(CliError),
    /// They have errors.
    Findings {
        /// The files.
        files: Vec<SourceFile>,
        /// The errors, in order.
        errors: Vec<Diagnostic>,
    },
}

impl From<CliError> for Refused {
    fn from(error: CliError) -> Self {
        Self::Error(error)
    }
}

impl Refused {
    /// Prints the errors with excerpts; gives the error that is left to say.
    pub fn print(self, global: &Global) -> CliError {
        let (files, errors) = match self {
            Self::Error(error) => return error,
            Self::Findings { files, errors } => (files, errors),
        };
        let excerpts = render::Excerpts::new(&files);
        let mut err = render::stderr(global);
        match errors.iter().try_for_each(|diagnostic| excerpts.write(&mut err, diagnostic)) {
            Ok(()) => CliError::Rules(count(errors.len(), "error")),
            Err(error) => error,
        }
    }

    /// The same in one line.
    pub fn line(&self) -> String {
        match self {
            Self::Error(error) => error.to_string(),
            Self::Findings { files, errors } => {
                let Some(first) = errors.first() else { return "the rules do not load".to_owned() };
                let file = files.get(first.span.file.index());
                let text = file.and_then(|f| f.text.get(..first.span.start as usize)).unwrap_or_default();
                let line = text.matches('\n').count() + 1;
                let path = file.map_or("", |f| f.path.as_str());
                let more = if errors.len() > 1 { format!(" (and {} more)", errors.len() - 1) } else { String::new() };
                format!("{path}:{line}: {}{more}", first.message)
            }
        }
    }
}

impl Loaded {
    /// Reads and compiles rules. Falco does not start with rules that do not load; neither does what runs them here.
    ///
    /// # Errors
    /// When they cannot be read or do not load.
    pub fn new(paths: &[PathBuf], options: &Options) -> Result<Self, Refused> {
        let Rules { files, binary, origins, .. } = Rules::load(paths)?;
        if let Some(binary) = binary.first() {
            return Err(CliError::Rules(format!("`{}` is not UTF-8 text", binary.path)).into());
        }
        Ok(Self { origins, ..Self::of_files(files, options)? })
    }

    /// Compiles rules that were read already.
    ///
    /// # Errors
    /// When they do not load.
    pub fn of_files(files: Vec<SourceFile>, options: &Options) -> Result<Self, Refused> {
        let compilation = compile(&files, options);
        let errors: Vec<_> = compilation.iter().filter(|d| d.severity == Severity::Error).cloned().collect();
        if !errors.is_empty() || !compilation.loads() {
            return Err(Refused::Findings { files, errors });
        }
        let evaluator = Evaluator::new(compilation.program(), &options.catalog).map_err(CliError::from)?;
        Ok(Self { evaluator, files, origins: Vec::new() })
    }

    /// The number of a rule.
    ///
    /// # Errors
    /// When no rule has the name; the nearest one is suggested.
    pub fn rule(&self, name: &str) -> Result<u32, CliError> {
        let rules = &self.evaluator.program().rules;
        let found = (0u32..).zip(rules).find(|(_, rule)| rule.name == name);
        let names = rules.iter().map(|rule| rule.name.as_str());
        found.map(|(number, _)| number).ok_or_else(|| CliError::no_rule(name, names))
    }

    /// How many rules are switched on.
    pub fn enabled(&self) -> usize {
        (0..self.evaluator.program().rules.len()).filter(|index| self.evaluator.is_enabled(*index as u32)).count()
    }

    /// The events of the system on which some rule that is switched on can match.
    pub fn events(&self) -> EventSet {
        let rules = (0..).zip(&self.evaluator.program().rules);
        let wanted = rules.filter(|(index, rule)| self.evaluator.is_enabled(*index) && rule.source == "syscall");
        wanted.fold(EventSet::EMPTY, |set, (_, rule)| set.union(&rule.events))
    }
}

/// Loads rules, or prints why that cannot be.
///
/// # Errors
/// When they cannot be read or do not load.
pub fn evaluator(paths: &[PathBuf], options: &Options, global: &Global) -> Result<Evaluator, CliError> {
    Loaded::new(paths, options).map(|loaded| loaded.evaluator).map_err(|refused| refused.print(global))
}
