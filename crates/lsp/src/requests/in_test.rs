//! Requests in rule tests: an open document that is no rules file, about the rules of the set around it.

use std::path::PathBuf;
use std::sync::Arc;

use falco_ide::{self as ide, Access, Analysis, RenameError, Settings, project};
use tower_lsp::jsonrpc::Result;
use tower_lsp::lsp_types::{
    DocumentHighlight, DocumentHighlightKind, GotoDefinitionResponse, Hover, Location, Position, PrepareRenameResponse,
    TextEdit, Url,
};

use super::{Request, blocking, definition, rename};
use crate::convert::Converter;
use crate::ordered;
use crate::store::{LoadSet, Snapshot};

/// What a feature in a rule test works on.
pub struct TestRequest {
    /// The rules around the test, as a request in one of their files would have them; `None` where there are none.
    rules: Option<Request>,
    /// The text of the test.
    pub text: Arc<str>,
    /// For the test's positions.
    pub converter: Converter,
    path: PathBuf,
    /// The state of the moment when the request arrived.
    pub snapshot: Snapshot,
}

/// Whether the document of a request is an open rule test.
pub fn is_open(url: &Url) -> bool {
    ordered::snapshot().is_some_and(|snapshot| path_of(&snapshot, url).is_some())
}

/// The path of a document that is a rule test.
fn path_of(snapshot: &Snapshot, url: &Url) -> Option<PathBuf> {
    let path = url.to_file_path().ok().filter(|path| project::is_test_name(path))?;
    // A client can say that a document is rules, whatever its name.
    (snapshot.documents.contains_key(url) && snapshot.find(url).is_none()).then_some(path)
}

/// Runs a feature on an open rule test, off the reactor's thread. `None` for other documents.
pub async fn on_test<T: Send + 'static>(
    url: Url,
    feature: impl FnOnce(&TestRequest) -> Option<T> + Send + 'static,
) -> Result<Option<T>> {
    let Some(snapshot) = ordered::snapshot() else { return Ok(None) };
    blocking(move || Ok(TestRequest::new(snapshot, &url).and_then(|request| feature(&request)))).await
}

impl TestRequest {
    fn new(snapshot: Snapshot, url: &Url) -> Option<Self> {
        let path = path_of(&snapshot, url)?;
        let document = snapshot.documents.get(url)?;
        let around =
            snapshot.sets.iter().filter(|(key, _)| key.folder().is_some_and(|folder| path.starts_with(folder)));
        let nearest = around.max_by_key(|(key, _)| key.folder().map(|folder| folder.as_os_str().len()));
        let rules = nearest.and_then(|(_, set)| of_rules(set, &snapshot));
        let (text, converter) = (document.text().clone(), Converter::of_rope(document.rope(), snapshot.encoding));
        Some(Self { rules, text, converter, path, snapshot })
    }

    /// The rules; without any there still are the fields.
    pub fn analysis(&self) -> Analysis {
        let rules = self.rules.as_ref().map(|rules| rules.analysis.clone());
        rules.unwrap_or_else(|| Analysis::new(Vec::new(), &Settings::default(), None))
    }

    fn rule_at(&self, position: Position) -> Option<(falco_syntax::TextRange, String)> {
        ide::rule_at_in_test(&self.text, self.converter.offset(position))
    }
}

fn of_rules(set: &Arc<LoadSet>, snapshot: &Snapshot) -> Option<Request> {
    let analysis = set.analysis()?.clone();
    let file = ide::FileId(0);
    let converter = Converter::of_file(set, file, snapshot.encoding)?;
    Some(Request { set: Arc::clone(set), analysis, file, converter, snapshot: snapshot.clone() })
}

/// `textDocument/hover`.
pub fn hover(request: &TestRequest, position: Position) -> Option<Hover> {
    let found = request.analysis().hover_in_test(&request.text, request.converter.offset(position))?;
    Some(request.converter.hover(found))
}

/// `textDocument/definition`; `first`: `textDocument/declaration`.
pub fn definition(
    request: &TestRequest,
    position: Position,
    first: bool,
    links: bool,
) -> Option<GotoDefinitionResponse> {
    let rules = request.rules.as_ref()?;
    let offset = request.converter.offset(position);
    definition::respond(rules, rules.analysis.definition_in_test(&request.text, offset, first), links)
}

/// `textDocument/documentHighlight`.
pub fn highlights(request: &TestRequest, position: Position) -> Option<Vec<DocumentHighlight>> {
    let found = ide::highlights_in_test(&request.text, request.converter.offset(position));
    let kind = Some(DocumentHighlightKind::READ);
    let highlight = |range| DocumentHighlight { range: request.converter.range(range), kind };
    (!found.is_empty()).then(|| found.into_iter().map(highlight).collect())
}

/// `textDocument/references`: in rules and in tests. `roots`: the workspace's folders.
pub fn references(
    request: &TestRequest,
    position: Position,
    definitions: bool,
    roots: &[PathBuf],
) -> Option<Vec<Location>> {
    let (_, name) = request.rule_at(position)?;
    let mut found = Vec::new();
    if let Some(rules) = &request.rules {
        let places = rules.analysis.places_of_rule(&name).into_iter();
        let wanted = places.filter(|place| definitions || place.access == Access::Use);
        let mut files = super::places::Places::new(rules);
        found.extend(wanted.filter_map(|place| files.location(place.file, place.range)));
    }
    found.extend(places_in_tests(&request.snapshot, &request.path, &name, roots));
    Some(found)
}

/// Where the rule tests in the folders that `path` is in name a rule.
pub fn places_in_tests(snapshot: &Snapshot, path: &std::path::Path, rule: &str, roots: &[PathBuf]) -> Vec<Location> {
    let mut found = Vec::new();
    for (uri, rope) in rename::tests(snapshot, path, roots) {
        let converter = Converter::of_rope(&rope, snapshot.encoding);
        let named = ide::named_in_test(&rope.to_string()).into_iter().filter(|(_, name)| name == rule);
        found.extend(named.map(|(range, _)| Location { uri: uri.clone(), range: converter.range(range) }));
    }
    found
}

/// `textDocument/prepareRename`.
pub fn prepare_rename(request: &TestRequest, position: Position) -> Option<PrepareRenameResponse> {
    let (range, placeholder) = request.rule_at(position)?;
    let analysis = request.analysis();
    let known = !analysis.places_of_rule(&placeholder).is_empty();
    known.then(|| PrepareRenameResponse::RangeWithPlaceholder { range: request.converter.range(range), placeholder })
}

/// `textDocument/rename`: in rules and in tests.
pub fn rename(
    request: &TestRequest,
    position: Position,
    new: &str,
    roots: &[PathBuf],
) -> std::result::Result<Vec<(Url, Vec<TextEdit>)>, RenameError> {
    let (_, name) = request.rule_at(position).ok_or(RenameError::NoName)?;
    let rules = request.rules.as_ref().ok_or(RenameError::NoName)?;
    let mut all = rename::in_rules(rules, rules.analysis.rename_rule(&name, new)?);
    all.extend(rename::in_tests(&request.snapshot, &request.path, &name, new, roots));
    Ok(all)
}
