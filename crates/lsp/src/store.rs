//! The documents and load sets of the session, and immutable snapshots of them.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

use falco_ide::project::{self, Plan, Project};
use falco_ide::{Analysis, Cancel, FileId, Settings, WorkspaceFile};
use rustc_hash::{FxHashMap, FxHashSet};
use tokio::sync::Notify;
use tower_lsp::lsp_types::{
    InitializeParams, TextDocumentContentChangeEvent, TextDocumentItem, Url, VersionedTextDocumentIdentifier,
};

use crate::capabilities::ClientCapabilities;
use crate::config::Config;
use crate::convert::Support;
use crate::document::Document;
use crate::encoding::Encoding;
use crate::workspace::Scan;

/// The store, shared between the transport layer, the handlers and the publisher.
#[derive(Debug, Clone, Default)]
pub struct SharedStore {
    store: Arc<Mutex<Store>>,
    changed: Arc<Notify>,
}

impl SharedStore {
    /// Locks the store. It is held for moments only, never across an `await`.
    pub fn lock(&self) -> StoreGuard<'_> {
        // A panic while the lock was held left whole values behind (every update is a replacement), so go on.
        let guard = self.store.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        StoreGuard { revision: guard.revision, guard, changed: &self.changed }
    }

    /// Waits until something changed since the last wait.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }
}

/// The locked store; tells the publisher about changes when it is released.
#[derive(Debug)]
pub struct StoreGuard<'a> {
    guard: MutexGuard<'a, Store>,
    revision: u64,
    changed: &'a Notify,
}

impl std::ops::Deref for StoreGuard<'_> {
    type Target = Store;
    fn deref(&self) -> &Store {
        &self.guard
    }
}

impl std::ops::DerefMut for StoreGuard<'_> {
    fn deref_mut(&mut self) -> &mut Store {
        &mut self.guard
    }
}

impl Drop for StoreGuard<'_> {
    fn drop(&mut self) {
        if self.guard.revision != self.revision {
            self.changed.notify_one();
        }
    }
}

/// Everything the server knows.
#[derive(Debug, Default)]
pub struct Store {
    encoding: Encoding,
    roots: Vec<PathBuf>,
    /// The client's settings.
    config: Config,
    /// What the workspace folders' own files say.
    plans: FxHashMap<PathBuf, Plan>,
    /// The texts of the workspace folders' project files, as they are on disk.
    projects: Arc<FxHashMap<Url, Arc<str>>>,
    /// What of a diagnostic the client can take.
    support: Support,
    /// How many scans of each folder were asked for.
    scans: FxHashMap<PathBuf, u64>,
    documents: Arc<FxHashMap<Url, Document>>,
    /// Rules files on disk, by workspace folder, in load order.
    disk: FxHashMap<PathBuf, Vec<(Url, Arc<str>)>>,
    /// Rules files on disk beside open files that belong to no workspace folder.
    folders: FxHashMap<PathBuf, Vec<(Url, Arc<str>)>>,
    sets: Arc<FxHashMap<SetKey, Arc<LoadSet>>>,
    revision: u64,
}

/// A load set is what Falco would load together: a workspace folder's rules, or a loose file's neighbours.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SetKey {
    /// A workspace folder.
    Root(PathBuf),
    /// The folder of files outside of every workspace folder.
    Folder(PathBuf),
    /// A document that is not a file.
    Single(Url),
}

impl SetKey {
    /// The folder that the files are in.
    pub fn folder(&self) -> Option<&Path> {
        match self {
            Self::Root(folder) | Self::Folder(folder) => Some(folder),
            Self::Single(_) => None,
        }
    }
}

/// Files that are loaded together, with their meaning once somebody asks for it.
#[derive(Debug)]
pub struct LoadSet {
    urls: Arc<[Url]>,
    files: Vec<WorkspaceFile>,
    settings: Settings,
    previous: Option<Analysis>,
    /// `None` if a newer state took over before it was there.
    analysis: OnceLock<Option<Analysis>>,
    cancel: Cancel,
    /// How often in a row the work on it was cut off for a newer state.
    cut_off: u32,
}

/// After so many newer states the work on one is let finish, or fast typing would keep everybody waiting for ever.
const MAX_CUT_OFF: u32 = 2;

impl LoadSet {
    /// The meaning; computed by the first who asks, who therefore should not be on the reactor's thread. `None` if a newer state
    /// took over meanwhile.
    pub fn analysis(&self) -> Option<&Analysis> {
        let compute = || Analysis::new_unless(self.files.clone(), &self.settings, self.previous.as_ref(), &self.cancel);
        self.analysis.get_or_init(compute).as_ref()
    }

    /// The files' addresses, by [`FileId`].
    pub fn urls(&self) -> &[Url] {
        &self.urls
    }

    /// The files: address, path as the compiler has it, text.
    pub fn files(&self) -> impl Iterator<Item = (&Url, &WorkspaceFile)> {
        self.urls.iter().zip(&self.files)
    }

    /// What the compiler is told beside the files.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The file of an address.
    pub fn file(&self, url: &Url) -> Option<FileId> {
        self.urls.iter().position(|u| u == url).map(|i| FileId(i as u32))
    }

    /// A file's text.
    pub fn text(&self, file: FileId) -> Option<&Arc<str>> {
        self.files.get(file.0 as usize).map(|f| &f.text)
    }
}

/// The state at one moment. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The negotiated encoding of positions.
    pub encoding: Encoding,
    /// The open documents.
    pub documents: Arc<FxHashMap<Url, Document>>,
    /// The load sets.
    pub sets: Arc<FxHashMap<SetKey, Arc<LoadSet>>>,
    /// The texts of the workspace folders' project files, as they are on disk.
    pub projects: Arc<FxHashMap<Url, Arc<str>>>,
    /// What of a diagnostic the client can take.
    pub support: Support,
}

impl Snapshot {
    /// The set that a document belongs to, and its place in it.
    pub fn find(&self, url: &Url) -> Option<(&Arc<LoadSet>, FileId)> {
        self.sets.values().find_map(|set| Some((set, set.file(url)?)))
    }

    /// Whether `earlier` had the same load sets with the same settings, and the same text of each file that is not open.
    pub fn differs_only_in_open_documents(&self, earlier: &Self) -> bool {
        Arc::ptr_eq(&self.projects, &earlier.projects)
            && self.sets.len() == earlier.sets.len()
            && self.sets.iter().all(|(key, set)| {
                earlier.sets.get(key).is_some_and(|before| {
                    let same_texts = || {
                        let files = set.urls.iter().zip(set.files.iter().zip(&before.files));
                        files.into_iter().all(|(url, (now, then))| {
                            self.documents.contains_key(url) || Arc::ptr_eq(&now.text, &then.text)
                        })
                    };
                    Arc::ptr_eq(set, before)
                        || set.settings == before.settings && set.urls == before.urls && same_texts()
                })
            })
    }
}

impl Snapshot {
    /// The set of a workspace folder.
    pub fn of_root(&self, root: &Path) -> Option<&Arc<LoadSet>> {
        self.sets.get(&SetKey::Root(root.to_owned()))
    }
}

impl Store {
    /// Takes over what the client says of itself.
    pub fn initialize(&mut self, params: &InitializeParams) {
        let general = params.capabilities.general.as_ref();
        self.encoding = Encoding::negotiate(general.and_then(|g| g.position_encodings.as_deref()));
        let folders = params.workspace_folders.as_deref().unwrap_or_default();
        self.roots = folders.iter().filter_map(|f| f.uri.to_file_path().ok()).collect();
        #[allow(deprecated, reason = "clients from before workspace folders send only this")]
        if self.roots.is_empty() {
            self.roots.extend(params.root_uri.as_ref().and_then(|u| u.to_file_path().ok()));
        }
        self.support = ClientCapabilities::of(&params.capabilities).diagnostics;
    }

    /// Takes over the client's settings. Whether anything is different now.
    pub fn configure(&mut self, config: Config) -> bool {
        let changed = self.config != config;
        if changed {
            self.config = config;
            self.rebuild_all();
        }
        changed
    }

    /// The client's settings.
    pub fn config(&self) -> &Config {
        &self.config
    }

    fn settings(&self, key: &SetKey) -> Settings {
        let project = match key {
            SetKey::Root(root) => self.plans.get(root).and_then(|plan| plan.project.as_ref()),
            SetKey::Folder(_) | SetKey::Single(_) => None,
        };
        Settings {
            engine_version: self.config.version_with(project),
            format: self.config.format_with(project),
            lints: self.config.lints_with(project),
        }
    }

    /// The workspace folders.
    pub fn roots(&self) -> &[PathBuf] {
        &self.roots
    }

    /// The workspace folder that a document is in, with what its project file says.
    pub fn project(&self, url: &Url) -> Option<(&Path, Option<&Project>)> {
        let path = url.to_file_path().ok()?;
        let root = self.roots.iter().filter(|r| path.starts_with(r)).max_by_key(|r| r.as_os_str().len())?;
        Some((root, self.plans.get(root).and_then(|plan| plan.project.as_ref())))
    }

    /// The captures that rules of a document are offered to be run on, relative to its workspace folder.
    pub fn captures(&self, url: &Url) -> Vec<String> {
        let project = self.project(url).and_then(|(_, project)| project);
        self.config.captures_with(project).to_vec()
    }

    /// Adds and removes workspace folders.
    pub fn change_roots(&mut self, added: &[PathBuf], removed: &[PathBuf]) {
        self.roots.retain(|r| !removed.contains(r));
        for root in added {
            if !self.roots.contains(root) {
                self.roots.push(root.clone());
            }
        }
        self.disk.retain(|root, _| !removed.contains(root));
        self.plans.retain(|root, _| !removed.contains(root));
        let gone = |url: &Url| url.to_file_path().is_ok_and(|path| removed.iter().any(|r| path.parent() == Some(r)));
        Arc::make_mut(&mut self.projects).retain(|url, _| !gone(url));
        self.rebuild_all();
    }

    /// The number of a scan of a folder that is about to begin.
    pub fn begin_scan(&mut self, root: &Path) -> u64 {
        let newest = self.scans.entry(root.to_owned()).or_default();
        *newest += 1;
        *newest
    }

    /// The number of the last scan that was asked for.
    pub fn newest_scan(&self, root: &Path) -> u64 {
        self.scans.get(root).copied().unwrap_or(0)
    }

    /// Takes over what a scan of a folder found, unless the folder was removed meanwhile.
    pub fn scanned(&mut self, root: &Path, scan: Scan) {
        if !self.roots.iter().any(|known| known == root) {
            return;
        }
        if let Ok(url) = Url::from_file_path(root.join(project::PROJECT_FILE)) {
            let text = scan.plan.project_text.as_deref();
            if self.projects.get(&url).map(|text| &**text) != text {
                let projects = Arc::make_mut(&mut self.projects);
                match text {
                    Some(text) => projects.insert(url, text.into()),
                    None => projects.remove(&url),
                };
            }
        }
        let before = self.disk.remove(root);
        self.disk.insert(root.to_owned(), with_urls(scan.files, before));
        self.plans.insert(root.to_owned(), scan.plan);
        self.rebuild_all();
    }

    /// The folder of a document that belongs to no workspace folder, unless its files are known already.
    pub fn unscanned_folder(&self, url: &Url) -> Option<PathBuf> {
        match self.key(url) {
            SetKey::Folder(folder) if !self.folders.contains_key(&folder) => Some(folder),
            _ => None,
        }
    }

    /// The folders outside of every workspace folder whose files are known.
    pub fn known_folders(&self) -> Vec<PathBuf> {
        self.folders.keys().cloned().collect()
    }

    /// All folders that [`Store::unscanned_folder`] would name for open documents.
    pub fn unscanned_folders(&self) -> Vec<PathBuf> {
        let mut folders: Vec<PathBuf> = self.documents.keys().filter_map(|url| self.unscanned_folder(url)).collect();
        folders.sort();
        folders.dedup();
        folders
    }

    /// Takes over what a look into such a folder found.
    pub fn scanned_folder(&mut self, folder: &Path, scan: Scan) {
        self.folders.insert(folder.to_owned(), with_urls(scan.files, None));
        self.rebuild(&SetKey::Folder(folder.to_owned()));
    }

    /// A document was opened.
    pub fn open(&mut self, item: TextDocumentItem) {
        let document = Document::new(&item.text, item.version, &item.language_id);
        Arc::make_mut(&mut self.documents).insert(item.uri.clone(), document);
        self.rebuild(&self.key(&item.uri));
    }

    /// A document was edited. Changes of documents that are not open are dropped.
    pub fn change(&mut self, id: &VersionedTextDocumentIdentifier, changes: &[TextDocumentContentChangeEvent]) {
        let encoding = self.encoding;
        if let Some(document) = Arc::make_mut(&mut self.documents).get_mut(&id.uri) {
            document.apply(changes, id.version, encoding);
            let document = document.clone();
            let key = self.key(&id.uri);
            if !self.rewrite(&key, &id.uri, &document) {
                self.rebuild(&key);
            }
        }
    }

    /// A document was closed: the file on disk counts again.
    pub fn close(&mut self, url: &Url) {
        Arc::make_mut(&mut self.documents).remove(url);
        let key = self.key(url);
        if let SetKey::Folder(folder) = &key {
            // Without an open file there is nobody to show the folder's diagnostics to.
            if !self.documents.keys().any(|other| self.key(other) == key) {
                self.folders.remove(folder);
            }
        }
        self.rebuild(&key);
    }

    /// The state of this moment.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            encoding: self.encoding,
            documents: self.documents.clone(),
            sets: self.sets.clone(),
            projects: self.projects.clone(),
            support: self.support,
        }
    }

    fn key(&self, url: &Url) -> SetKey {
        let Ok(path) = url.to_file_path() else { return SetKey::Single(url.clone()) };
        let root = self.roots.iter().filter(|r| path.starts_with(r)).max_by_key(|r| r.as_os_str().len());
        match (root, path.parent()) {
            (Some(root), _) if self.belongs(root, url) => SetKey::Root(root.clone()),
            (_, Some(parent)) => SetKey::Folder(parent.to_owned()),
            (_, None) => SetKey::Single(url.clone()),
        }
    }

    /// Whether a file under a workspace folder is one of its rules: where the project file or Falco's configuration names them, only those.
    fn belongs(&self, root: &Path, url: &Url) -> bool {
        let named = self.plans.get(root).is_some_and(|plan| plan.named.is_some());
        !named || self.disk.get(root).is_some_and(|files| files.iter().any(|(u, _)| u == url))
    }

    fn rebuild_all(&mut self) {
        let mut keys: Vec<SetKey> = self.disk.keys().cloned().map(SetKey::Root).collect();
        keys.extend(self.documents.keys().map(|url| self.key(url)));
        keys.sort_by_key(|k| format!("{k:?}"));
        keys.dedup();
        Arc::make_mut(&mut self.sets).retain(|key, _| keys.contains(key));
        for key in &keys {
            self.rebuild(key);
        }
        self.revision += 1;
    }

    /// What most edits are: another text of a file that its set has already. False if it is something else.
    fn rewrite(&mut self, key: &SetKey, url: &Url, document: &Document) -> bool {
        let Some(set) = self.sets.get(key).filter(|_| is_rules(url, document)) else { return false };
        let Some(file) = set.file(url) else { return false };
        let (urls, mut files) = (Arc::clone(&set.urls), set.files.clone());
        if let Some(file) = files.get_mut(file.0 as usize) {
            file.text = Arc::clone(document.text());
        }
        self.replace(key, urls, files);
        true
    }

    fn rebuild(&mut self, key: &SetKey) {
        let (urls, files): (Vec<Url>, Vec<WorkspaceFile>) = self.collect(key).into_iter().unzip();
        self.replace(key, urls.into(), files);
    }

    /// Puts a set of these files in the place of the one that there is.
    fn replace(&mut self, key: &SetKey, urls: Arc<[Url]>, files: Vec<WorkspaceFile>) {
        let settings = self.settings(key);
        self.revision += 1;
        let sets = Arc::make_mut(&mut self.sets);
        let old = sets.remove(key);
        if files.is_empty() {
            return;
        }
        let known = |old: &LoadSet| old.analysis.get().cloned().flatten();
        let cut_off = match &old {
            Some(old) if known(old).is_none() && old.cut_off < MAX_CUT_OFF => {
                old.cancel.cancel();
                old.cut_off + 1
            }
            _ => 0,
        };
        let previous = old.and_then(|old| known(&old).or_else(|| old.previous.clone()));
        let cancel = Cancel::new();
        let set = LoadSet { urls, files, settings, previous, analysis: OnceLock::new(), cancel, cut_off };
        sets.insert(key.clone(), Arc::new(set));
    }

    /// The files of a set in load order: those on disk, open documents in their place.
    fn collect(&self, key: &SetKey) -> Vec<(Url, WorkspaceFile)> {
        let mut found: Vec<(Url, Arc<str>)> = match key {
            SetKey::Root(root) => self.disk.get(root).cloned().unwrap_or_default(),
            SetKey::Folder(folder) => self.folders.get(folder).cloned().unwrap_or_default(),
            SetKey::Single(_) => Vec::new(),
        };
        let open = self.documents.iter().filter(|(url, doc)| self.key(url) == *key && is_rules(url, doc));
        let mut sort = false;
        for (url, doc) in open {
            match found.iter_mut().find(|(u, _)| u == url) {
                Some((_, text)) => *text = doc.text().clone(),
                None => {
                    found.push((url.clone(), doc.text().clone()));
                    sort = true;
                }
            }
        }
        if sort {
            found.sort_by(|(a, _), (b, _)| match (a.to_file_path(), b.to_file_path()) {
                (Ok(a), Ok(b)) => project::default_order(&a, &b),
                _ => a.cmp(b),
            });
        }
        found
            .into_iter()
            .map(|(url, text)| {
                let path = url.to_file_path().map_or_else(|()| url.to_string(), |p| p.display().to_string());
                (url, WorkspaceFile { path, text })
            })
            .collect()
    }
}

/// Files with addresses. Texts that are as they were `before` stay the same allocation, so that nothing looks changed.
fn with_urls(files: Vec<(PathBuf, String)>, before: Option<Vec<(Url, Arc<str>)>>) -> Vec<(Url, Arc<str>)> {
    let before: FxHashMap<Url, Arc<str>> = before.into_iter().flatten().collect();
    let mut seen: FxHashSet<Url> = FxHashSet::default();
    let mut found: Vec<(Url, Arc<str>)> = Vec::new();
    for (path, text) in files {
        let Ok(url) = Url::from_file_path(path) else { continue };
        // A file that is named twice is loaded where it is named first.
        if !seen.insert(url.clone()) {
            continue;
        }
        let same = before.get(&url).filter(|old| ***old == *text).cloned();
        found.push((url, same.unwrap_or_else(|| text.into())));
    }
    found
}

/// Whether an open document is judged as rules: by the client's language id, else by name or content.
fn is_rules(url: &Url, doc: &Document) -> bool {
    if doc.language() == "falco-rules" || doc.language() == "falco" {
        return true;
    }
    if url.to_file_path().is_ok_and(|path| project::is_project_file(&path)) {
        return false;
    }
    let by_name = url.to_file_path().is_ok_and(|p| project::is_rules_name(&p));
    let is_test = url.to_file_path().is_ok_and(|p| project::is_test_name(&p));
    !is_test && (by_name || project::looks_like_rules(doc.text()))
}
