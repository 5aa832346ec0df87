//! The result of a compilation, and how it comes about.

use std::sync::{Arc, OnceLock};

use falco_syntax::{SourceMap, TextRange};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::check::{self, Checked};
use crate::collect::{Collection, Collector};
use crate::diagnostic::{Diagnostic, Edit, FileId, Fix, ItemKind, ItemName, Label, Span};
use crate::index::{self, ItemIndex};
use crate::items::FileItems;
use crate::load;
use crate::loc::{Loc, Uid};
use crate::lower;
use crate::options::Options;
use crate::program::{Program, Provenance};
use crate::report::render::Places;
use crate::report::{FalcoCode, LoadResult, schema};
use crate::sink::{RawDiag, RawFalco, Sink};
use crate::stage::{Condition, ListUnit, MacroUnit, RuleUnit, Stage, TextCache};

/// A file to load.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// Its name, as messages show it.
    pub path: String,
    /// Its text.
    pub text: Arc<str>,
    /// For rules embedded in another document: where each stretch of `text` stands in that.
    map: Option<Arc<SourceMap>>,
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

/// What the next compilation can reuse of earlier ones: unchanged items of files, conditions by their text. One cache serves
/// one set of options at a time: it empties itself when catalogue or engine version change.
#[derive(Debug, Default)]
pub struct Cache {
    files: FxHashMap<String, CachedFile>,
    texts: TextCache,
    /// What the entries depend on: the catalogue's address and the engine version.
    settings: Option<(Arc<falco_catalog::Catalog>, crate::options::Version)>,
}

#[derive(Debug)]
struct CachedFile {
    text: Arc<str>,
    items: Arc<FileItems>,
}

impl Cache {
    fn prepare(&mut self, options: &Options) {
        let same = self.settings.as_ref().is_some_and(|(catalog, version)| {
            *version == options.engine_version
                && (Arc::ptr_eq(catalog, &options.catalog) || **catalog == *options.catalog)
        });
        if !same {
            self.texts = TextCache::default();
            self.settings = Some((Arc::clone(&options.catalog), options.engine_version));
        }
        self.texts.begin();
    }

    fn load(&mut self, file: &SourceFile) -> Arc<FileItems> {
        let known = self.files.get(&file.path);
        if let Some(known) = known.filter(|known| Arc::ptr_eq(&known.text, &file.text) || known.text == file.text) {
            return Arc::clone(&known.items);
        }
        let previous = known.map(|known| Arc::clone(&known.items));
        let items = Arc::new(load::load(&file.text, previous.as_deref()));
        let entry = CachedFile { text: Arc::clone(&file.text), items: Arc::clone(&items) };
        self.files.insert(file.path.clone(), entry);
        items
    }

    fn finish(&mut self, files: &[SourceFile]) {
        let current: FxHashSet<&str> = files.iter().map(|file| &*file.path).collect();
        self.files.retain(|path, _| current.contains(&**path));
        self.texts.end();
    }
}

/// What a set of files means.
#[derive(Debug, Clone)]
pub struct Compilation {
    /// All findings of all items, in order of file and position.
    pub diagnostics: Vec<Diagnostic>,
    /// What Falco would say to each file in turn.
    pub loads: Vec<LoadResult>,
    inner: Arc<Inner>,
}

/// What programs and indices are made from.
#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) files: Vec<SourceFile>,
    /// Where items are: file and offset.
    pub(crate) places: FxHashMap<Uid, (u32, u32)>,
    pub(crate) collection: Collection,
    pub(crate) lists: Vec<Option<Arc<ListUnit>>>,
    pub(crate) macros: Vec<Option<Arc<MacroUnit>>>,
    pub(crate) rules: Vec<Option<Arc<RuleUnit>>>,
    /// Macros as checked for the sources whose rules use them.
    pub(crate) macro_checks: FxHashMap<(u32, Arc<str>), Arc<Checked>>,
    /// Rules that are too much for one program.
    pub(crate) left_out: FxHashSet<u32>,
    program: OnceLock<Arc<Program>>,
    index: OnceLock<Arc<ItemIndex>>,
}

impl Compilation {
    /// Whether Falco loads every file.
    pub fn loads(&self) -> bool {
        self.loads.iter().all(|load| load.successful)
    }

    /// The program of all rules that compile, in Falco's order, disabled ones included. Made when it is first asked for.
    pub fn program(&self) -> Arc<Program> {
        Arc::clone(self.inner.program.get_or_init(|| Arc::new(lower::program(&self.inner))))
    }

    /// Where everything is defined and used. Made when it is first asked for.
    pub fn items(&self) -> Arc<ItemIndex> {
        Arc::clone(self.inner.index.get_or_init(|| Arc::new(index::build(&self.inner))))
    }
}

impl Inner {
    /// A place as a range of a file.
    pub(crate) fn span(&self, loc: Loc) -> Span {
        let (file, base) = self.places.get(&loc.uid).copied().unwrap_or((0, 0));
        let (mut start, mut end) = (base.wrapping_add(loc.start), base.wrapping_add(loc.end));
        if let Some(file) = self.files.get(file as usize) {
            let len = file.text.len() as u32;
            start = start.min(len);
            end = end.clamp(start, len);
            if let Some(map) = &file.map {
                let range = map.map_range(TextRange::new(start.into(), end.into()));
                (start, end) = (range.start().into(), range.end().into());
            }
        }
        Span { file: FileId(file), start, end }
    }

    /// The text at a place, line breaks as blanks.
    fn text_at(&self, loc: Loc) -> String {
        let (file, base) = self.places.get(&loc.uid).copied().unwrap_or((0, 0));
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

    fn diagnostic(&self, raw: RawDiag) -> Diagnostic {
        Diagnostic {
            code: raw.code,
            severity: raw.severity,
            message: raw.message,
            span: self.span(raw.loc),
            item: raw.item.map(|(kind, name)| ItemName { kind, name: name.to_string() }),
            labels: raw
                .labels
                .into_iter()
                .filter(|(loc, _)| loc.uid != Uid::NOWHERE)
                .map(|(loc, message)| Label { span: self.span(loc), message })
                .collect(),
            help: raw.help,
            fixes: raw
                .fixes
                .into_iter()
                .map(|fix| Fix {
                    title: fix.title,
                    edits: fix.edits.into_iter().map(|(loc, text)| Edit { span: self.span(loc), text }).collect(),
                    safe: fix.safe,
                })
                .collect(),
        }
    }
}

/// All rules of a program together may not have more checks than this.
const MAX_PROGRAM: u64 = 4_000_000;

/// Compiles files in load order.
pub fn compile(files: &[SourceFile], options: &Options) -> Compilation {
    compile_cached(files, options, &mut Cache::default())
}

/// [`compile`] with what earlier compilations left.
pub fn compile_cached(files: &[SourceFile], options: &Options, cache: &mut Cache) -> Compilation {
    cache.prepare(options);
    let loaded: Vec<Arc<FileItems>> = files.iter().map(|file| cache.load(file)).collect();
    let mut places = FxHashMap::default();
    places.insert(Uid::NOWHERE, (0, 0));
    for (number, items) in (0u32..).zip(&loaded) {
        places.insert(items.uid, (number, 0));
        places.extend(items.items().map(|(base, ir)| (ir.uid, (number, base))));
    }

    let mut run = Run::new(options, &mut cache.texts, false);
    let mut falco: Vec<Vec<RawFalco>> = Vec::with_capacity(files.len());
    let mut diags = Vec::new();
    for (number, items) in loaded.iter().enumerate() {
        let more = number + 1 < loaded.len();
        let (messages, collected) = run.load(items, more);
        falco.push(messages);
        diags.extend(collected);
        if more {
            // What is right in the end, but wrong when Falco looks at it, is wrong.
            diags.extend(run.stage.errors());
        }
    }
    let Run { collection, mut stage, .. } = run;
    stage.all_findings(&mut diags);
    drop_torn(&loaded, &mut diags);
    let yaml_ok = loaded.iter().all(|items| items.refusal.is_none());
    if yaml_ok {
        stage.unused(&collection, &mut diags);
    }
    let (left_out, too_many) = oversized(&collection, &stage);
    diags.extend(too_many);
    plugin_requirements(options, &collection, &mut diags);
    crate::lints::run(options, &collection, &stage, &mut diags);
    let (macro_diags, macro_checks) = stage.macro_findings(&collection);
    diags.extend(macro_diags);
    let (lists, macros, rules) = (stage.lists, stage.macros, stage.rules);

    // After a failed load Falco goes on with what it had collected up to the error.
    let failed = falco.iter().position(|messages| messages.iter().any(|message| message.code.is_error()));
    if options.falco_report && failed.is_some_and(|failed| failed + 1 < files.len()) {
        let mut run = Run::new(options, &mut cache.texts, true);
        falco = loaded.iter().enumerate().map(|(number, items)| run.load(items, number + 1 < loaded.len()).0).collect();
    }
    let loads = load_results(files, &loaded, &places, &falco, options);

    let inner = Inner {
        files: files.to_vec(),
        places,
        collection,
        lists,
        macros,
        rules,
        macro_checks,
        left_out,
        program: OnceLock::new(),
        index: OnceLock::new(),
    };
    let mut diagnostics: Vec<Diagnostic> = diags.into_iter().map(|raw| inner.diagnostic(raw)).collect();
    diagnostics.sort_by(|a, b| (a.span, a.code, &a.message).cmp(&(b.span, b.code, &b.message)));
    diagnostics.dedup_by(|a, b| a.span == b.span && a.code == b.code && a.message == b.message);
    cache.finish(files);
    Compilation { diagnostics, loads, inner: Arc::new(inner) }
}

/// Loading of files one after another.
struct Run<'a> {
    options: &'a Options,
    collection: Collection,
    stage: Stage<'a>,
    strict: bool,
}

impl<'a> Run<'a> {
    fn new(options: &'a Options, texts: &'a mut TextCache, strict: bool) -> Self {
        Self { options, collection: Collection::default(), stage: Stage::new(options, texts), strict }
    }

    /// Loads a file: Falco's messages, and our findings while collecting.
    fn load(&mut self, items: &FileItems, more: bool) -> (Vec<RawFalco>, Vec<RawDiag>) {
        self.collection.changed.clear();
        self.collection.changed_rules.clear();
        let mut sink = Sink::default();
        Collector { options: self.options, collection: &mut self.collection, sink: &mut sink, strict: self.strict }
            .file(items);
        self.stage.update(&self.collection, more);
        let mut messages = sink.falco;
        if !sink.failed {
            self.stage.falco_messages(&self.collection, &mut messages, self.options.falco_report);
        }
        (messages, sink.diags)
    }
}

fn load_results(
    files: &[SourceFile],
    loaded: &[Arc<FileItems>],
    places: &FxHashMap<Uid, (u32, u32)>,
    falco: &[Vec<RawFalco>],
    options: &Options,
) -> Vec<LoadResult> {
    let names: Vec<(&str, &str)> = files.iter().map(|file| (&*file.path, &*file.text)).collect();
    let mut rendering = Places::new(places, names);
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
            for raw in messages {
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

/// Where the YAML itself is broken, what the item lacks or has too much says nothing.
fn drop_torn(loaded: &[Arc<FileItems>], diags: &mut Vec<RawDiag>) {
    let mut torn: FxHashSet<Uid> = FxHashSet::default();
    for file in loaded {
        let mut items: Vec<(u32, Uid)> = file.items().map(|(base, ir)| (base, ir.uid)).collect();
        items.sort_unstable_by_key(|(base, _)| *base);
        for error in file.yaml_errors.iter().filter(|error| error.fatal) {
            let next = items.partition_point(|(base, _)| *base <= error.start);
            torn.extend(next.checked_sub(1).and_then(|i| items.get(i)).map(|(_, uid)| *uid));
            // An error right before an item can be what tore its beginning off.
            torn.extend(items.get(next).filter(|(base, _)| *base <= error.end.saturating_add(2)).map(|(_, uid)| *uid));
        }
    }
    if torn.is_empty() {
        return;
    }
    let shape = [FalcoCode::ErrYamlValidate, FalcoCode::UnknownKey, FalcoCode::UnknownItem].map(FalcoCode::as_str);
    diags.retain(|diag| !(torn.contains(&diag.loc.uid) && shape.contains(&diag.code)));
}

/// Rules beyond the size of a program.
fn oversized(collection: &Collection, stage: &Stage<'_>) -> (FxHashSet<u32>, Vec<RawDiag>) {
    let mut total = 0u64;
    let mut left_out = FxHashSet::default();
    let mut diags = Vec::new();
    for (index, (rule, unit)) in (0u32..).zip(collection.rules.iter().zip(&stage.rules)) {
        let Some(unit) = unit.as_ref().filter(|unit| unit.ok) else { continue };
        total = total.saturating_add(unit.nodes);
        if total > MAX_PROGRAM {
            total -= unit.nodes;
            left_out.insert(index);
            let message = format!("all rules together have more than {MAX_PROGRAM} checks; this one is left out");
            let mut diag = RawDiag::falco(FalcoCode::ErrCompileCondition, message, rule.definition_name);
            diag.item = Some((ItemKind::Rule, Arc::clone(&rule.name)));
            diags.push(diag);
        }
    }
    (left_out, diags)
}

/// Whether the loaded plugins are what the rules ask for. Falco judges this after loading, and stops.
fn plugin_requirements(options: &Options, collection: &Collection, diags: &mut Vec<RawDiag>) {
    let Some(plugins) = &options.plugins else { return };
    for requirement in &collection.plugins {
        let version = |name: &str| plugins.iter().find(|plugin| plugin.name == name).map(|plugin| plugin.version);
        let met = requirement
            .alternatives
            .iter()
            .any(|(name, wanted)| version(name).is_some_and(|version| version.satisfies(*wanted)));
        if met {
            continue;
        }
        let wanted: Vec<String> =
            requirement.alternatives.iter().map(|(name, wanted)| format!("`{name}` {wanted}")).collect();
        let loaded = requirement.alternatives.iter().find_map(|(name, _)| Some((name, version(name)?)));
        let message = match loaded {
            Some((name, version)) => {
                format!("plugin `{name}` is loaded in version {version}, but {} is required", wanted.join(" or "))
            }
            None => format!("plugin {} is required, but not loaded", wanted.join(" or ")),
        };
        let mut diag = RawDiag::falco(FalcoCode::ErrValidate, message, requirement.loc);
        diag.item = Some((ItemKind::PluginVersions, "".into()));
        diags.push(diag);
    }
}
