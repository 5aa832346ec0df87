//! A snapshot of a workspace.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use falco_catalog::Catalog;
use falco_compiler::{Cache, Cancel, Compilation, LintSettings, Options, SourceFile, compile_cached, compile_unless};
use falco_syntax::ast::Item;
use falco_syntax::{TextRange, TextSize, yaml};

use crate::format::{self, FormatError, Style};
use crate::rename::FileEdits;
use crate::types::*;
use crate::{actions, completion, diagnostics, hover, signature, symbols};

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
    /// How rules are formatted.
    pub format: Style,
    /// Levels and options of our lints.
    pub lints: LintSettings,
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
    options: Options,
    compilation: Compilation,
    /// Trees of the files that somebody looked into.
    trees: Vec<Tree>,
    /// What the next snapshot can reuse. Taken over by it, so a snapshot that is the base of two has it for the first.
    cache: Mutex<Cache>,
}

fn options(settings: &Settings, catalog: &Arc<Catalog>) -> Options {
    let mut options = Options::new(Arc::clone(catalog));
    options.falco_report = false;
    options.lints.clone_from(&settings.lints);
    if let Some(version) = settings.engine_version.as_ref().and_then(|v| v.parse().ok()) {
        options.engine_version = version;
    }
    options
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
        let options = options(settings, &catalog);
        let Some(compilation) = compile_unless(&files, &options, &mut cache, cancel) else {
            if let Some(previous) = previous {
                *previous.inner.cache.lock().unwrap_or_else(PoisonError::into_inner) = cache;
            }
            return None;
        };
        let trees = trees(&files, previous);
        let settings = settings.clone();
        let inner = Inner { files, settings, catalog, options, compilation, trees, cache: Mutex::new(cache) };
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
    pub fn completions(&self, position: FilePosition) -> CompletionList {
        completion::at(self, position)
    }

    /// What can stand at an offset of a rule test, whose rules the snapshot has.
    pub fn completions_in_test(&self, text: &str, offset: TextSize) -> CompletionList {
        completion::test_file::at(self, text, offset)
    }

    /// The documentation of what a completion stands for, as markdown.
    pub fn documentation(&self, topic: &Topic) -> Option<String> {
        completion::documentation(self, topic)
    }

    /// The call that a position is in.
    pub fn signature_help(&self, position: FilePosition) -> Option<SignatureHelp> {
        signature::at(self, position)
    }

    /// The edits that format a file.
    ///
    /// # Errors
    /// When it is no YAML, or formatting it would change what Falco loads.
    pub fn format(&self, file: FileId) -> Result<Vec<TextEdit>, FormatError> {
        let text = self.text(file);
        Ok(format::edits_between(text, &format::format(text, &self.inner.settings.format)?))
    }

    /// The edits that format the items of a file that a range touches.
    ///
    /// # Errors
    /// As [`Analysis::format`].
    pub fn format_range(&self, range: FileRange) -> Result<Vec<TextEdit>, FormatError> {
        let text = self.text(range.file);
        let formatted = format::format_range(text, &self.inner.settings.format, range.range)?;
        Ok(format::edits_between(text, &formatted))
    }

    /// The edit that indents the line at a position, which a line break before it has just begun.
    pub fn indent_new_line(&self, position: FilePosition) -> Option<TextEdit> {
        format::new_line(self.text(position.file), position.offset)
    }

    /// What stands at a position.
    pub fn hover(&self, position: FilePosition) -> Option<Hover> {
        hover::at(self, position)
    }

    /// The outline of a file.
    pub fn document_symbols(&self, file: FileId) -> Vec<DocumentSymbol> {
        self.tree(file).map(symbols::of).unwrap_or_default()
    }

    /// What can be done about a selection (or at a cursor): repairs of the findings that it touches, and refactorings.
    pub fn code_actions(&self, selection: FileRange, filter: &ActionFilter) -> Vec<Action> {
        actions::at(self, selection, filter)
    }

    /// The change of an action of [`Analysis::code_actions`] for the same selection, by its id.
    pub fn resolve_action(&self, selection: FileRange, id: &str) -> Option<Change> {
        actions::resolve(self, selection, id)
    }

    pub(crate) fn text(&self, file: FileId) -> &str {
        self.inner.files.get(file.0 as usize).map_or("", |f| &f.text)
    }

    /// The number of the line of an offset, from 1 on.
    pub(crate) fn line(&self, file: FileId, offset: TextSize) -> usize {
        self.text(file).get(..usize::from(offset)).unwrap_or_default().matches('\n').count() + 1
    }

    pub(crate) fn path(&self, file: FileId) -> &str {
        self.inner.files.get(file.0 as usize).map_or("", |f| &f.path)
    }

    pub(crate) fn tree(&self, file: FileId) -> Option<&yaml::Parse> {
        let tree = self.inner.trees.get(file.0 as usize)?;
        Some(tree.parse.get_or_init(|| tree.parse(self.text(file))))
    }

    /// The item around a position; between two, the one that begins there.
    pub(crate) fn item_at(&self, position: FilePosition) -> Option<Item> {
        self.items_in(position.file, TextRange::empty(position.offset)).pop()
    }

    /// The items that a stretch of a file touches, in order.
    pub(crate) fn items_in(&self, file: FileId, range: TextRange) -> Vec<Item> {
        let Some(tree) = self.tree(file) else { return Vec::new() };
        let roots = tree.documents().flat_map(|document| document.roots());
        let nodes =
            roots.filter_map(|root| root.as_sequence()).flat_map(|sequence| sequence.items().collect::<Vec<_>>());
        let touched = nodes.filter(|node| {
            let own = node.full_range();
            own.start() <= range.end() && range.start() <= own.end()
        });
        touched.map(Item::new).collect()
    }

    pub(crate) fn compilation(&self) -> &Compilation {
        &self.inner.compilation
    }

    /// What the files mean after edits of some of them.
    pub(crate) fn edited(&self, edits: &FileEdits) -> Compilation {
        let change = Change { edits: edits.iter().cloned().collect() };
        self.compile_changed(&change).unwrap_or_else(|| self.inner.compilation.clone())
    }

    pub(crate) fn catalog(&self) -> &Catalog {
        &self.inner.catalog
    }

    /// The files as they were given.
    pub(crate) fn workspace_files(&self) -> Vec<WorkspaceFile> {
        let files = self.inner.files.iter();
        files.map(|file| WorkspaceFile { path: file.path.clone(), text: Arc::clone(&file.text) }).collect()
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    /// What the files would mean with a change; `None` if it cannot be applied. The cache goes on from there to whatever is compiled
    /// next: most likely the same change, once the author sees it.
    pub(crate) fn compile_changed(&self, change: &Change) -> Option<Compilation> {
        let inner = &*self.inner;
        let mut files = inner.files.clone();
        for (file, edits) in &change.edits {
            let file = files.get_mut(file.0 as usize)?;
            *file = SourceFile::new(file.path.clone(), actions::apply(&file.text, edits)?);
        }
        let mut cache = inner.cache.lock().unwrap_or_else(PoisonError::into_inner);
        Some(compile_cached(&files, &inner.options, &mut cache))
    }
}

/// The tree of a file, made when somebody asks for it. Shared by snapshots for as long as the text is the same.
#[derive(Debug, Clone)]
struct Tree {
    parse: Arc<OnceLock<yaml::Parse>>,
    /// The tree of the text before, if there was one, and what was edited since.
    before: Option<(yaml::Parse, yaml::TextEdit)>,
}

impl Tree {
    fn parse(&self, text: &str) -> yaml::Parse {
        match &self.before {
            Some((before, edit)) => before.reparse(text, *edit),
            None => yaml::parse(text),
        }
    }
}

/// Trees for files; those of the snapshot before are used where they can be.
fn trees(files: &[SourceFile], previous: Option<&Analysis>) -> Vec<Tree> {
    let fresh = |before| Tree { parse: Arc::default(), before };
    let of = |(number, file): (usize, &SourceFile)| {
        let inner = &previous?.inner;
        let (old, tree) =
            inner.files.get(number).zip(inner.trees.get(number)).filter(|(old, _)| old.path == file.path)?;
        if Arc::ptr_eq(&old.text, &file.text) || old.text == file.text {
            return Some(tree.clone());
        }
        // An edit on top of one whose tree nobody wanted begins from scratch.
        let parse = tree.parse.get()?;
        Some(fresh(Some((parse.clone(), edit(&old.text, &file.text)))))
    };
    files.iter().enumerate().map(|numbered| of(numbered).unwrap_or_else(|| fresh(None))).collect()
}

/// The smallest stretch that differs, on boundaries of characters.
fn edit(old: &str, new: &str) -> yaml::TextEdit {
    let most = old.len().min(new.len());
    let bytes = old.bytes().zip(new.bytes());
    let mut start = bytes.take_while(|(a, b)| a == b).count();
    while !old.is_char_boundary(start) || !new.is_char_boundary(start) {
        start -= 1;
    }
    let mut same = old.bytes().rev().zip(new.bytes().rev()).take(most - start).take_while(|(a, b)| a == b).count();
    while !old.is_char_boundary(old.len() - same) || !new.is_char_boundary(new.len() - same) {
        same -= 1;
    }
    let size = |n: usize| TextSize::new(u32::try_from(n).unwrap_or(u32::MAX));
    yaml::TextEdit {
        range: TextRange::new(size(start), size(old.len() - same)),
        inserted: size(new.len() - same - start),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trees_follow_edits() {
        let texts =
            ["- list: é\n  items: [a]\n- list: b\n", "- list: è\n  items: [a, x]\n- list: b\n", "- list: è\n", ""];
        let mut previous: Option<Analysis> = None;
        for text in texts {
            let files = vec![WorkspaceFile { path: "a.yaml".to_owned(), text: text.into() }];
            let analysis = Analysis::new(files, &Settings::default(), previous.as_ref());
            assert_eq!(analysis.tree(FileId(0)).unwrap().syntax().to_string(), text);
            previous = Some(analysis);
        }
    }
}
