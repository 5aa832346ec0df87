//! The result of a compilation, and how it comes about.

use std::sync::{Arc, OnceLock};

use falco_syntax::SourceMap;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::cancel::Cancel;
use crate::check;
use crate::collect::Collection;
use crate::diagnostic::{Diagnostic, FileId, Span};
use crate::index::{self, ItemIndex};
use crate::items::{FileItems, ItemIr};
use crate::load;
use crate::loc::Loc;
use crate::lower;
use crate::options::Options;
use crate::program::{Program, Provenance};
use crate::report::render::Positions;
use crate::report::{LoadResult, schema};
use crate::session::{MacroChecks, Places, Session, SpanMap, falco_messages};
use crate::sink::RawFalco;
use crate::stage::{Condition, RuleUnit, TextCache, Units};

/// A file to load.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// Its name, as messages show it.
    pub path: String,
    /// Its text.
    pub text: Arc<str>,
    /// For rules embedded in another document: where each stretch of `text` stands in that.
    pub(crate) map: Option<Arc<SourceMap>>,
}

impl SourceFile {
    /// A file of that text.
    pub fn new(path: impl Into<String>, text: impl Into<Arc<str>>) -> Self {
        Self { path: path.into(), text: text.into(), map: None }
    }

    /// Rules that stand inside of a scalar of another document: `text` is what the scalar decodes to, `map` leads from it to
    /// the document. Spans of diagnostics are ranges of the document; Falco's report counts in `text`.
    pub fn embedded(path: impl Into<String>, text: impl Into<Arc<str>>, map: Arc<SourceMap>) -> Self {
        Self { path: path.into(), text: text.into(), map: Some(map) }
    }
}

/// What the next compilation can reuse of earlier ones: unchanged items of files, conditions by their text, and what everything
/// came to that an edit does not concern. One cache serves one set of options at a time: it empties itself when they change.
#[derive(Debug, Default)]
pub struct Cache {
    files: FxHashMap<String, CachedFile>,
    texts: TextCache,
    session: Option<Session>,
    work: Work,
}

#[derive(Debug)]
struct CachedFile {
    text: Arc<str>,
    items: Arc<FileItems>,
}

/// What a compilation did, in numbers: how much of an earlier one could be reused.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Work {
    /// Files that were parsed.
    pub files_parsed: usize,
    /// Items that were read from their trees; the others of those files were as before.
    pub items_read: usize,
    /// Conditions whose text was new.
    pub conditions_parsed: usize,
    /// Conditions that were type-checked, once for each source.
    pub conditions_checked: usize,
    /// Lists, macros and rules that were worked out again, since they or something in them changed.
    pub items_compiled: usize,
    /// Files whose diagnostics were made anew.
    pub files_rendered: usize,
    /// Whether everything was compiled from the first file on.
    pub anew: bool,
}

impl Cache {
    /// What the last compilation with this cache did.
    pub fn work(&self) -> Work {
        self.work
    }

    fn prepare(&mut self, options: &Options) {
        let before = self.session.as_ref().map(|session| session.options());
        if before.is_some_and(|before| !before.same_checks(options)) {
            self.texts = TextCache::default();
        }
        if before.is_some_and(|before| !before.same(options)) {
            self.session = None;
        }
        self.work = Work::default();
        self.texts.begin();
    }

    fn load(&mut self, file: &SourceFile) -> Arc<FileItems> {
        let known = self.files.get(&file.path);
        if let Some(known) = known.filter(|known| Arc::ptr_eq(&known.text, &file.text) || known.text == file.text) {
            return Arc::clone(&known.items);
        }
        let previous = known.map(|known| Arc::clone(&known.items));
        let (items, read) = load::load(&file.text, previous.as_deref());
        let items = Arc::new(items);
        self.work.files_parsed += 1;
        self.work.items_read += read;
        let entry = CachedFile { text: Arc::clone(&file.text), items: Arc::clone(&items) };
        self.files.insert(file.path.clone(), entry);
        items
    }

    /// Follows the files: by a patch if that is possible, else anew.
    fn session(
        &mut self,
        files: &[SourceFile],
        loaded: &[Arc<FileItems>],
        options: &Options,
        cancel: &Cancel,
    ) -> Option<Vec<Vec<RawFalco>>> {
        let mut falco = Vec::new();
        let mut patched = None;
        // A report of Falco's needs every file in turn.
        if let Some(mut session) = self.session.take().filter(|_| !options.falco_report)
            && session.patch(files, loaded, &mut self.texts)
        {
            patched = Some(session);
        }
        self.work.anew = patched.is_none();
        let session = match patched {
            Some(session) => session,
            None => {
                let (session, messages) = Session::build(files, loaded, options, &mut self.texts, cancel)?;
                falco = messages;
                session
            }
        };
        (self.work.items_compiled, self.work.files_rendered) = session.work();
        (self.work.conditions_parsed, self.work.conditions_checked) = self.texts.work();
        self.session = Some(session);
        Some(falco)
    }

    fn finish(&mut self, files: &[SourceFile]) {
        if self.files.len() > files.len() {
            let current: FxHashSet<&str> = files.iter().map(|file| &*file.path).collect();
            self.files.retain(|path, _| current.contains(&**path));
        }
        self.texts.end();
    }
}

/// What a set of files means.
#[derive(Debug, Clone, Default)]
pub struct Compilation {
    pub(crate) inner: Arc<Inner>,
}

/// What programs and indices are made from.
#[derive(Debug, Default)]
pub(crate) struct Inner {
    pub(crate) files: Vec<SourceFile>,
    loaded: Vec<Arc<FileItems>>,
    pub(crate) options: Options,
    /// Where items are: file and offset.
    places: Arc<Places>,
    pub(crate) collection: Arc<Collection>,
    pub(crate) units: Arc<Units>,
    /// Macros as checked for the sources whose rules use them.
    pub(crate) macro_checks: MacroChecks,
    /// Rules that are too much for one program.
    pub(crate) left_out: Arc<FxHashSet<u32>>,
    /// By file.
    diagnostics: Vec<Arc<[Diagnostic]>>,
    loads: OnceLock<Vec<LoadResult>>,
    program: OnceLock<Arc<Program>>,
    index: OnceLock<Arc<ItemIndex>>,
}

impl Compilation {
    /// All findings of all items, in order of file and position. A copy; see [`Compilation::of_file`].
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        self.iter().cloned().collect()
    }

    /// All findings of all items, in order of file and position.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.inner.diagnostics.iter().flat_map(|found| found.iter())
    }

    /// The findings in a file, in order of position. The same allocation as that of the compilation before, if they were not
    /// made anew.
    pub fn of_file(&self, file: FileId) -> Arc<[Diagnostic]> {
        self.inner.diagnostics.get(file.index()).map_or_else(|| Arc::from([]), Arc::clone)
    }

    /// Whether Falco loads every file.
    pub fn loads(&self) -> bool {
        !self.iter().any(|diagnostic| diagnostic.code.starts_with("LOAD_ERR"))
    }

    /// What Falco would say to each file in turn; without [`Options::falco_report`] only whether it loads, and the error.
    pub fn load_results(&self) -> &[LoadResult] {
        self.inner.loads.get_or_init(|| {
            let inner = &self.inner;
            let falco = falco_messages(&inner.loaded, &inner.options, &mut TextCache::default(), false);
            load_results(inner, falco, &mut TextCache::default())
        })
    }

    /// The program of all rules that compile, in Falco's order, disabled ones included. Made when it is first asked for.
    pub fn program(&self) -> Arc<Program> {
        Arc::clone(self.inner.program.get_or_init(|| Arc::new(lower::program(&self.inner))))
    }

    /// Where everything is defined and used. Made when it is first asked for.
    pub fn items(&self) -> Arc<ItemIndex> {
        Arc::clone(self.inner.index.get_or_init(|| Arc::new(index::build(self))))
    }
}

impl Inner {
    /// The items of all files, in load order.
    pub(crate) fn all_items(&self) -> impl Iterator<Item = &Arc<ItemIr>> {
        self.loaded.iter().flat_map(|items| items.items()).map(|(_, ir)| ir)
    }

    /// The items of a file, in order.
    pub(crate) fn items_of(&self, file: FileId) -> impl Iterator<Item = &Arc<ItemIr>> {
        self.loaded.get(file.index()).into_iter().flat_map(|items| items.items()).map(|(_, ir)| ir)
    }

    /// The compiled form of a rule that Falco loads.
    pub(crate) fn loaded_rule(&self, id: u32) -> Option<&Arc<RuleUnit>> {
        self.units.rule(id).filter(|unit| unit.ok && !self.left_out.contains(&id))
    }

    /// A place as a range of a file.
    pub(crate) fn span(&self, loc: Loc) -> Span {
        SpanMap { places: &self.places, files: &self.files }.span(loc)
    }

    /// The text at a place, line breaks as blanks.
    fn text_at(&self, loc: Loc) -> String {
        let (file, base) = self.places.get(loc.uid).unwrap_or((0, 0));
        let (start, end) = (base.wrapping_add(loc.start) as usize, base.wrapping_add(loc.end) as usize);
        let text = self.files.get(file as usize).and_then(|file| file.text.get(start..end)).unwrap_or_default();
        text.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Where a check was written.
    pub(crate) fn provenance(&self, condition: &Condition, range: check::Range, macros: &[String]) -> Provenance {
        let place = condition.pasted.place(range.0, range.1);
        let exception = condition.pasted.exception_at(range.0);
        let span = self.span(place.loc);
        let text = match exception {
            // The text of an exception is put together from its parts.
            Some(_) => condition.text.get(range.0 as usize..range.1 as usize).unwrap_or_default().trim().to_owned(),
            None => self.text_at(place.loc),
        };
        Provenance {
            file: span.file.0,
            range: span.start..span.end,
            macros: macros.to_vec(),
            text,
            exception: exception.map(ToString::to_string),
        }
    }
}

/// Compiles files in load order.
pub fn compile(files: &[SourceFile], options: &Options) -> Compilation {
    // Nobody has the switch.
    run(files, options, &mut Cache::default(), &Cancel::new()).unwrap_or_default()
}

/// [`compile`] with what earlier compilations left.
pub fn compile_cached(files: &[SourceFile], options: &Options, cache: &mut Cache) -> Compilation {
    // Nobody has the switch.
    compile_unless(files, options, cache, &Cancel::new()).unwrap_or_default()
}

/// [`compile_cached`] that ends soon after `cancel` is thrown, then with `None`. The cache keeps what was worked out; an edit
/// that is followed by a patch is short and is not cut off.
pub fn compile_unless(
    files: &[SourceFile],
    options: &Options,
    cache: &mut Cache,
    cancel: &Cancel,
) -> Option<Compilation> {
    let compilation = run(files, options, cache, cancel)?;
    // So that the first edit does not have to wait for it.
    if let Some(session) = cache.session.as_mut().filter(|_| !options.falco_report) {
        session.prepare();
    }
    Some(compilation)
}

fn run(files: &[SourceFile], options: &Options, cache: &mut Cache, cancel: &Cancel) -> Option<Compilation> {
    cache.prepare(options);
    let mut loaded: Vec<Arc<FileItems>> = Vec::with_capacity(files.len());
    for file in files {
        if cancel.is_cancelled() {
            return None;
        }
        loaded.push(cache.load(file));
    }
    let falco = cache.session(files, &loaded, options, cancel)?;
    let parts = cache.session.as_ref().map(Session::snapshot).unwrap_or_default();
    let inner = Inner {
        files: files.to_vec(),
        loaded,
        options: options.clone(),
        places: parts.places,
        collection: parts.collection,
        units: parts.units,
        macro_checks: parts.macro_checks,
        left_out: parts.left_out,
        diagnostics: parts.diagnostics,
        loads: OnceLock::new(),
        program: OnceLock::new(),
        index: OnceLock::new(),
    };
    if options.falco_report {
        let results = load_results(&inner, falco, &mut cache.texts);
        inner.loads.get_or_init(|| results);
    }
    cache.finish(files);
    Some(Compilation { inner: Arc::new(inner) })
}

/// Falco's report of each load. After a failed load Falco goes on with what it had collected up to the error.
fn load_results(inner: &Inner, mut falco: Vec<Vec<RawFalco>>, texts: &mut TextCache) -> Vec<LoadResult> {
    let (files, loaded, options) = (&inner.files, &inner.loaded, &inner.options);
    let failed = falco.iter().position(|messages| messages.iter().any(|message| message.code.is_error()));
    if options.falco_report && failed.is_some_and(|failed| failed + 1 < files.len()) {
        falco = falco_messages(loaded, options, texts, true);
    }
    let names: Vec<(&str, &str)> = files.iter().map(|file| (&*file.path, &*file.text)).collect();
    let mut rendering = Positions::new(&inner.places, names);
    files
        .iter()
        .zip(loaded)
        .zip(falco)
        .enumerate()
        .map(|(number, ((file, items), messages))| {
            let mut result = LoadResult {
                name: file.path.clone(),
                successful: true,
                errors: Vec::new(),
                warnings: Vec::new(),
                schema: None,
            };
            for raw in &messages {
                let message = rendering.message(number, raw);
                if raw.code.is_error() {
                    result.successful = false;
                    result.errors.push(message);
                } else if options.falco_report {
                    result.warnings.push(message);
                }
            }
            if options.falco_report && items.refusal.is_none() {
                result.schema = schema::check(items);
            }
            result
        })
        .collect()
}
