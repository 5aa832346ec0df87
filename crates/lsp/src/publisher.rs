//! Sends diagnostics out: after every change, for the newest state only, and only what differs from what the client has.
//!
//! There is no fixed delay: edits that arrive while one state is judged are judged together in the next round.

use std::collections::HashMap;
use std::sync::Arc;

use falco_ide::FileId;
use tower_lsp::Client;
use tower_lsp::lsp_types::{Diagnostic, Url};

use crate::requests::diagnostics::{hash, of_file};
use crate::requests::project::ProjectFile;
use crate::store::{LoadSet, SetKey, SharedStore, Snapshot};

/// What the client was last told of a document.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    version: Option<i32>,
    hash: u64,
}

/// Publishes until the task is dropped.
pub async fn run(client: Client, store: SharedStore) {
    let mut told: HashMap<Url, Told> = HashMap::new();
    let mut done: HashMap<SetKey, Arc<LoadSet>> = HashMap::new();
    loop {
        store.changed().await;
        let snapshot = store.lock().snapshot();
        let projects = ProjectFile::all(&snapshot);
        let is_gone = |url: &&Url| snapshot.find(url).is_none() && !projects.contains(url);
        let mut gone: Vec<Url> = told.keys().filter(is_gone).cloned().collect();
        done.retain(|key, _| snapshot.sets.contains_key(key));
        for (key, set) in snapshot.sets.iter() {
            // A set is replaced whenever one of its texts changes, so the same set means the same findings.
            if done.get(key).is_some_and(|last| Arc::ptr_eq(last, set)) {
                continue;
            }
            let last = done.insert(key.clone(), set.clone()).filter(|last| last.urls() == set.urls());
            let versions: Versions =
                set.urls().iter().filter_map(|url| Some((url.clone(), told.get(url)?.version))).collect();
            let (set, at) = (set.clone(), snapshot.clone());
            let work = move || diagnostics(&set, last.as_deref(), &versions, &at);
            let Ok(found) = tokio::task::spawn_blocking(work).await else {
                // A panic in a feature must not end the publishing of all later states.
                continue;
            };
            publish(&client, &mut told, found).await;
        }
        let work = move || {
            let found = projects.into_iter().filter_map(|url| {
                let file = ProjectFile::find(&snapshot, &url)?;
                Some((url, file.version, file.diagnostics(&snapshot)))
            });
            found.collect()
        };
        if let Ok(found) = tokio::task::spawn_blocking(work).await {
            publish(&client, &mut told, found).await;
        }
        for url in gone.drain(..) {
            told.remove(&url);
            client.publish_diagnostics(url, Vec::new(), None).await;
        }
    }
}

/// A document's findings at a version.
type Found = (Url, Option<i32>, Vec<Diagnostic>);

/// Sends what the client does not have. A newer state of a document may have come meanwhile; it is told in a moment, and the version says
/// which text these findings belong to.
async fn publish(client: &Client, told: &mut HashMap<Url, Told>, found: Vec<Found>) {
    for (url, version, diagnostics) in found {
        let now = Told { version, hash: hash(&diagnostics) };
        if told.get(&url) == Some(&now) || (!told.contains_key(&url) && diagnostics.is_empty() && version.is_none()) {
            continue;
        }
        client.publish_diagnostics(url.clone(), diagnostics, version).await;
        told.insert(url, now);
    }
}

/// For a client that asks for diagnostics itself: asks it to ask again after changes that it did not make, such as files that
/// were found on disk or other settings. Its own edits it knows of.
pub async fn run_for_puller(client: Client, store: SharedStore) {
    let mut last = store.lock().snapshot();
    loop {
        store.changed().await;
        let now = store.lock().snapshot();
        if !now.differs_only_in_open_documents(&last) && client.workspace_diagnostic_refresh().await.is_err() {
            return;
        }
        last = now;
    }
}

/// The version of each document that the client was told findings for; a file that is not open has none.
type Versions = HashMap<Url, Option<i32>>;

/// The findings of the files of a set, but for those that are as they were in `last`, for the version that the client knows.
fn diagnostics(set: &Arc<LoadSet>, last: Option<&LoadSet>, versions: &Versions, snapshot: &Snapshot) -> Vec<Found> {
    let mut out = Vec::new();
    // A newer state took over, and is told next.
    let Some(analysis) = set.analysis() else { return out };
    let last = last.and_then(LoadSet::analysis);
    for (index, url) in set.urls().iter().enumerate() {
        let file = FileId(index as u32);
        let document = snapshot.documents.get(url);
        let same_version = versions.get(url).copied().flatten() == document.map(|d| d.version());
        if same_version && last.is_some_and(|last| analysis.has_findings_of(last, file)) {
            continue;
        }
        let found = of_file(analysis, set, file, snapshot);
        out.push((url.clone(), document.map(|d| d.version()), found));
    }
    out
}
