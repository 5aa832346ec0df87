//! A snapshot of a workspace.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use falco_catalog::Catalog;
use falco_compiler::{Cache, Cancel, Compilation, ItemIndex, Options, SourceFile, compile_unless};
use falco_syntax::yaml;

use crate::types::*;
use crate::{completion, definition, diagnostics, hover, symbols};

/// One file given to a snapshot.
#[derive(Debug, Clone)]
pub struct WorkspaceFile {
    /// As messages name it.
    pub path: String,
    /// The text.
    pub text: Arc<str>,
}

/// What the compiler is told beside the files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// The engine version that rules must load on, such as `0.62.0`; `None` for that of the Falco that falco-rs follows.
    /// Text that is no version counts as none.
    pub engine_version: Option<String>,
}

/// An immutable snapshot of a workspace: files in load order with what they mean. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Analysis {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    files: Vec<SourceFile>,
    settings: Settings,
    catalog: Arc<Catalog>,
    compilation: Compilation,
    /// Trees of the files that somebody looked into.
    trees: Vec<OnceLock<yaml::Parse>>,
    /// What the next snapshot can reuse. Taken over by it, so a snapshot that is the base of two has it for the first.
    cache: Mutex<Cache>,
}

impl Analysis {
    /// Makes a snapshot of `files`, in load order. Parts of `previous` whose input is unchanged are reused.
    pub fn new(files: Vec<WorkspaceFile>, settings: &Settings, previous: Option<&Self>) -> Self {
        loop {
            // Nobody has the switch.
            if let Some(analysis) = Self::new_unless(files.clone(), settings, previous, &Cancel::new()) {
                return analysis;
            }
        }
    }

    /// [`Analysis::new`] that ends soon after `cancel` is thrown, then with `None`; `previous` keeps what there is to reuse.
    pub fn new_unless(
        files: Vec<WorkspaceFile>,
        settings: &Settings,
        previous: Option<&Self>,
        cancel: &Cancel,
    ) -> Option<Self> {
        let previous = previous.filter(|p| p.inner.settings == *settings);
        let catalog = previous.map_or_else(|| Arc::new(Catalog::builtin()), |p| p.inner.catalog.clone());
        let mut cache = previous
            .map(|p| std::mem::take(&mut *p.inner.cache.lock().unwrap_or_else(PoisonError::into_inner)))
            .unwrap_or_default();
        let files: Vec<SourceFile> = files.into_iter().map(|f| SourceFile::new(f.path, f.text)).collect();
        let mut options = Options::new(catalog.clone());
        options.falco_report = false;
        if let Some(version) = settings.engine_version.as_ref().and_then(|v| v.parse().ok()) {
            options.engine_version = version;
        }
        let Some(compilation) = compile_unless(&files, &options, &mut cache, cancel) else {
            if let Some(previous) = previous {
                *previous.inner.cache.lock().unwrap_or_else(PoisonError::into_inner) = cache;
            }
            return None;
        };
        let trees = files.iter().map(|_| OnceLock::new()).collect();
        let settings = settings.clone();
        let inner = Inner { files, settings, catalog, compilation, trees, cache: Mutex::new(cache) };
        Some(Self { inner: Arc::new(inner) })
    }

    /// The paths of the files, in load order; a [`FileId`] is an index of it.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.inner.files.iter().map(|f| f.path.as_str())
    }

    /// The findings in a file.
    pub fn diagnostics(&self, file: FileId) -> Vec<Diagnostic> {
        diagnostics::of_file(&self.inner.compilation, file)
    }

    /// Whether the findings in a file are those that `earlier`, a snapshot of the same paths, has, at the same places.
    pub fn has_findings_of(&self, earlier: &Self, file: FileId) -> bool {
        let file = falco_compiler::FileId(file.0);
        Arc::ptr_eq(&self.inner.compilation.of_file(file), &earlier.inner.compilation.of_file(file))
    }

    /// What can stand at a position.
    pub fn completions(&self, position: FilePosition) -> Vec<CompletionItem> {
        completion::at(self, position)
    }

    /// What stands at a position.
    pub fn hover(&self, position: FilePosition) -> Option<Hover> {
        hover::at(self, position)
    }

    /// Where the name at a position is defined: all items that define or change it, in load order.
    pub fn definition(&self, position: FilePosition) -> Vec<NavigationTarget> {
        definition::of(self, position)
    }

    /// The outline of a file.
    pub fn document_symbols(&self, file: FileId) -> Vec<DocumentSymbol> {
        self.tree(file).map(symbols::of).unwrap_or_default()
    }

    pub(crate) fn text(&self, file: FileId) -> &str {
        self.inner.files.get(file.0 as usize).map_or("", |f| &f.text)
    }

    pub(crate) fn path(&self, file: FileId) -> &str {
        self.inner.files.get(file.0 as usize).map_or("", |f| &f.path)
    }

    pub(crate) fn tree(&self, file: FileId) -> Option<&yaml::Parse> {
        let tree = self.inner.trees.get(file.0 as usize)?;
        Some(tree.get_or_init(|| yaml::parse(self.text(file))))
    }

    pub(crate) fn catalog(&self) -> &Catalog {
        &self.inner.catalog
    }

    pub(crate) fn items(&self) -> Arc<ItemIndex> {
        self.inner.compilation.items()
    }
}
