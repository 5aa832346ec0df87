//! The methods of our own, `falco-rs/…`, and the same as commands. docs/lsp-extensions.md tells what each takes and gives.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};
use tower_lsp::LspServiceBuilder;
use tower_lsp::jsonrpc::{Error, ErrorCode, Result};
use tower_lsp::lsp_types::{
    MessageType, NumberOrString, Position, ProgressParams, ProgressParamsValue, ProgressToken, Url, WorkDoneProgress,
    WorkDoneProgressBegin, WorkDoneProgressCreateParams, WorkDoneProgressEnd, WorkDoneProgressReport, notification,
    request,
};

use crate::convert::Converter;
use crate::jobs::{self, File, Job, Task, Which};
use crate::ordered;
use crate::requests;
use crate::server::Server;
use crate::store::Snapshot;

/// The methods of our own. The documentation has a section for each; a test sees to that.
pub const METHODS: [&str; 10] = [
    "falco-rs/run",
    "falco-rs/explain",
    "falco-rs/tests/discover",
    "falco-rs/tests/run",
    "falco-rs/tests/explain",
    "falco-rs/coverage",
    "falco-rs/expand",
    "falco-rs/syntaxTree",
    "falco-rs/text",
    "falco-rs/status",
];

/// The commands of `workspace/executeCommand`; each does what the method of that name does.
pub const COMMANDS: [&str; 4] = ["falco-rs.run", "falco-rs.explain", "falco-rs.tests.run", "falco-rs.coverage"];

/// How long the kernel is watched where the request does not say.
const LIVE_SECONDS: u32 = 10;
/// And at the most: ten minutes of a busy machine fill a disk.
const MAX_LIVE_SECONDS: u32 = 600;

/// Makes the service answer the methods.
pub fn register(service: LspServiceBuilder<Server>) -> LspServiceBuilder<Server> {
    service
        .custom_method("falco-rs/run", Server::run)
        .custom_method("falco-rs/explain", Server::explain)
        .custom_method("falco-rs/tests/discover", Server::discover)
        .custom_method("falco-rs/tests/run", Server::run_tests)
        .custom_method("falco-rs/tests/explain", Server::explain_test)
        .custom_method("falco-rs/coverage", Server::coverage)
        .custom_method("falco-rs/expand", Server::expand)
        .custom_method("falco-rs/syntaxTree", Server::syntax_tree)
        .custom_method("falco-rs/text", Server::text)
        .custom_method("falco-rs/status", Server::status)
        .custom_method("window/workDoneProgress/cancel", Server::cancel_progress)
}

/// What the methods on rules take; each uses a part.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Params {
    /// A document: the rules that Falco would load with it are meant.
    uri: Url,
    rule: Option<String>,
    capture: Option<String>,
    #[serde(default)]
    live: bool,
    seconds: Option<u32>,
    event: Option<u64>,
    nearest: Option<usize>,
    /// A test's name.
    name: Option<String>,
    /// A test file; all of the workspace where absent.
    file: Option<Url>,
    #[serde(default)]
    coverage: bool,
    position: Option<Position>,
    work_done_token: Option<ProgressToken>,
}

/// `window/workDoneProgress/cancel`.
#[derive(Debug, Deserialize)]
pub struct Cancel {
    token: NumberOrString,
}

/// Rules as a job takes them, and how to translate what it says.
struct Prepared {
    job: Job,
    /// Address, path and text of each rules file.
    texts: Vec<(Url, String, Arc<str>)>,
    snapshot: Snapshot,
    root: Option<PathBuf>,
}

impl Server {
    /// `falco-rs/run`
    pub async fn run(&self, params: Params) -> Result<Value> {
        let mut prepared = self.prepare(&params)?;
        let rule = params.rule.clone();
        let task = if params.live {
            let seconds = params.seconds.unwrap_or(LIVE_SECONDS).min(MAX_LIVE_SECONDS);
            let capture =
                self.recordings().create().map_err(|error| failed(format!("no place to record to: {error}")))?;
            Task::Live { rule, seconds, capture: capture.display().to_string() }
        } else {
            Task::Run { rule, capture: self.capture(&params, &prepared)? }
        };
        let title = if params.live { "Watching the kernel" } else { "Running rules" };
        let value = self.work(&mut prepared, task, title, params.work_done_token).await?;
        self.results().keep(&value, &prepared.texts);
        self.refresh().await;
        Ok(prepared.translate(value))
    }

    /// `falco-rs/explain`
    pub async fn explain(&self, params: Params) -> Result<Value> {
        let mut prepared = self.prepare(&params)?;
        let rule = params.rule.clone().ok_or_else(|| Error::invalid_params("`rule` is missing"))?;
        let capture = self.capture(&params, &prepared)?;
        let nearest = params.nearest.unwrap_or(3).clamp(1, 100);
        let task = Task::Explain { rule, capture, event: params.event, nearest };
        let value = self.work(&mut prepared, task, "Explaining", params.work_done_token).await?;
        Ok(prepared.translate(value))
    }

    /// `falco-rs/tests/discover`
    pub async fn discover(&self, params: Params) -> Result<Value> {
        let mut prepared = self.prepare(&params)?;
        prepared.job.files.clear();
        let task = Task::Discover { paths: prepared.tests(&params)? };
        let value = self.work(&mut prepared, task, "Looking for rule tests", params.work_done_token).await?;
        Ok(prepared.translate(value))
    }

    /// `falco-rs/tests/run`
    pub async fn run_tests(&self, params: Params) -> Result<Value> {
        let mut prepared = self.prepare(&params)?;
        prepared.add_open_tests();
        let which = Which { name: params.name.clone(), rule: params.rule.clone(), coverage: params.coverage };
        let task = Task::Tests { paths: prepared.tests(&params)?, which };
        let value = self.work(&mut prepared, task, "Running rule tests", params.work_done_token).await?;
        if params.coverage {
            self.results().keep(&value, &prepared.texts);
            self.refresh().await;
        }
        Ok(prepared.translate(value))
    }

    /// `falco-rs/tests/explain`
    pub async fn explain_test(&self, params: Params) -> Result<Value> {
        let mut prepared = self.prepare(&params)?;
        prepared.add_open_tests();
        let file = params.file.as_ref().unwrap_or(&params.uri);
        let path = file.to_file_path().map_err(|()| Error::invalid_params("`file` is no file"))?;
        let name = params.name.clone().ok_or_else(|| Error::invalid_params("`name` is missing"))?;
        let task = Task::ExplainTest { path: path.display().to_string(), name };
        let value = self.work(&mut prepared, task, "Explaining a rule test", params.work_done_token).await?;
        Ok(prepared.translate(value))
    }

    /// `falco-rs/coverage`
    pub async fn coverage(&self, params: Params) -> Result<Value> {
        let rule = params.rule.clone();
        let mut value = self.run_tests(Params { coverage: true, ..params }).await?;
        if let (Some(rule), Some(all)) = (rule, value["comparisons"].as_array_mut()) {
            let of_rule = |entry: &Value| entry["rules"].as_array().is_some_and(|rules| rules.contains(&json!(rule)));
            all.retain(of_rule);
        }
        Ok(value)
    }

    /// `falco-rs/expand`
    pub async fn expand(&self, params: Params) -> Result<Value> {
        let rule = params.rule.clone().ok_or_else(|| Error::invalid_params("`rule` is missing"))?;
        let expanded = self
            .on_document(params.uri, move |request| request.analysis.expanded(&rule))
            .await?
            .map(|condition| json!({"condition": condition}));
        Ok(expanded.unwrap_or(Value::Null))
    }

    /// `falco-rs/syntaxTree`
    pub async fn syntax_tree(&self, params: Params) -> Result<Value> {
        let position = params.position;
        let tree = self
            .on_document(params.uri, move |request| {
                request.analysis.syntax_tree(request.file, position.map(|p| request.position(p).offset))
            })
            .await?;
        Ok(tree.map_or(Value::Null, Value::String))
    }

    /// `falco-rs/text`
    pub async fn text(&self, params: Params) -> Result<Value> {
        let snapshot = ordered::snapshot();
        let document = snapshot.as_ref().and_then(|snapshot| snapshot.documents.get(&params.uri));
        Ok(document.map_or(
            Value::Null,
            |document| json!({"version": document.version(), "text": document.rope().to_string()}),
        ))
    }

    /// `falco-rs/status`
    pub async fn status(&self) -> Result<Value> {
        let Some(snapshot) = ordered::snapshot() else { return Ok(Value::Null) };
        let live = can_watch();
        requests::blocking(move || {
            let sets: Vec<Value> = snapshot
                .sets
                .values()
                .map(|set| {
                    let errors = set.analysis().map(|analysis| {
                        let files = 0..set.urls().len() as u32;
                        let found = files.flat_map(|file| analysis.diagnostics(falco_ide::FileId(file)));
                        found.filter(|found| found.severity == falco_ide::Severity::Error).count()
                    });
                    json!({"files": set.urls(), "engineVersion": set.settings().engine_version, "errors": errors})
                })
                .collect();
            Ok(json!({
                "version": env!("CARGO_PKG_VERSION"), "positionEncoding": snapshot.encoding.kind(), "loadSets": sets,
                "live": live,
            }))
        })
        .await
    }

    /// `window/workDoneProgress/cancel`
    pub async fn cancel_progress(&self, params: Cancel) {
        self.running().cancel(&params.token);
    }

    /// A command with the first argument as the method's parameters.
    pub async fn command(&self, name: &str, arguments: Vec<Value>) -> Result<Option<Value>> {
        let argument = arguments.into_iter().next().unwrap_or(Value::Null);
        let params = Params::deserialize(argument).map_err(|error| Error::invalid_params(error.to_string()))?;
        let rule = params.rule.clone().unwrap_or_default();
        let result = match name {
            "falco-rs.run" => self.run(params).await,
            "falco-rs.explain" => self.explain(params).await,
            "falco-rs.tests.run" => self.run_tests(params).await,
            "falco-rs.coverage" => self.coverage(params).await,
            _ => return Err(Error::invalid_params(format!("there is no command `{name}`"))),
        };
        // Clients drop the result of a command, so people are told in a line.
        match &result {
            Ok(value) => self.client().show_message(MessageType::INFO, summary(&rule, value)).await,
            Err(error) => self.client().show_message(MessageType::ERROR, error.message.clone()).await,
        }
        result.map(Some)
    }

    fn prepare(&self, params: &Params) -> Result<Prepared> {
        let snapshot = ordered::snapshot().ok_or_else(Error::internal_error)?;
        let root = self.store().lock().project(&params.uri).map(|(root, _)| root.to_owned());
        // Of a rule test or the project file, the workspace's rules are meant.
        let set = snapshot.find(&params.uri).map(|(set, _)| set).or_else(|| snapshot.of_root(root.as_deref()?));
        let texts: Vec<(Url, String, Arc<str>)> = set
            .map(|set| set.files().map(|(url, file)| (url.clone(), file.path.clone(), file.text.clone())).collect())
            .unwrap_or_default();
        let files = texts.iter().map(|(_, path, text)| File { path: path.clone(), text: text.to_string() }).collect();
        let engine_version = set.and_then(|set| set.settings().engine_version.clone());
        let job = Job { files, engine_version, task: Task::Discover { paths: Vec::new() } };
        Ok(Prepared { job, texts, snapshot, root })
    }

    /// The capture that is asked for, or else the project's first.
    fn capture(&self, params: &Params, prepared: &Prepared) -> Result<String> {
        let given = params.capture.clone().or_else(|| {
            let captures = self.store().lock().captures(&params.uri);
            captures.into_iter().next()
        });
        let given = given.ok_or_else(|| {
            Error::invalid_params(
                "no capture is named, and neither the project file nor the settings have `captures: [FILE]`",
            )
        })?;
        Ok(match &prepared.root {
            Some(root) => root.join(&given).display().to_string(),
            None => given,
        })
    }

    /// Has a job done, with progress that can be cancelled.
    async fn work(
        &self,
        prepared: &mut Prepared,
        task: Task,
        title: &str,
        token: Option<ProgressToken>,
    ) -> Result<Value> {
        prepared.job.task = task;
        let token = match token {
            Some(token) => Some(token),
            None => self.new_token().await,
        };
        let (told, mut tells) = tokio::sync::mpsc::unbounded_channel();
        let send = |value: WorkDoneProgress| {
            let token = token.clone();
            async move {
                let Some(token) = token else { return };
                let params = ProgressParams { token, value: ProgressParamsValue::WorkDone(value) };
                self.client().send_notification::<notification::Progress>(params).await;
            }
        };
        send(WorkDoneProgress::Begin(WorkDoneProgressBegin {
            title: title.to_owned(),
            cancellable: Some(true),
            message: None,
            percentage: Some(0),
        }))
        .await;
        let running = token.clone().map(|token| self.running().begin(token));
        let job = jobs::run(&prepared.job, move |percent, events| {
            // The receiver lives as long as the job.
            let _ = told.send((percent, events));
        });
        tokio::pin!(job);
        let outcome = loop {
            let cancelled = async {
                match &running {
                    Some(running) => running.cancelled().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                result = &mut job => break Some(result),
                Some((percentage, events)) = tells.recv() => {
                    let message = Some(format!("{events} events"));
                    let report = WorkDoneProgressReport { cancellable: Some(true), message, percentage };
                    send(WorkDoneProgress::Report(report)).await;
                }
                () = cancelled => break None,
            }
        };
        send(WorkDoneProgress::End(WorkDoneProgressEnd { message: None })).await;
        match outcome {
            Some(Ok(value)) => Ok(value),
            Some(Err(error)) => Err(failed(error.to_string())),
            None => Err(Error::request_cancelled()),
        }
    }

    /// A progress of our own, for clients that show such.
    async fn new_token(&self) -> Option<ProgressToken> {
        if !self.can().progress {
            return None;
        }
        let token = NumberOrString::String(format!("falco-rs-{}", self.running().number()));
        let params = WorkDoneProgressCreateParams { token: token.clone() };
        self.client().send_request::<request::WorkDoneProgressCreate>(params).await.ok()?;
        Some(token)
    }

    /// Has the client ask again for what results change.
    async fn refresh(&self) {
        if self.can().refresh_hints {
            let client = self.client().clone();
            tokio::spawn(async move { client.inlay_hint_refresh().await });
        }
    }
}

impl Prepared {
    /// The test files or folders that are asked for.
    fn tests(&self, params: &Params) -> Result<Vec<String>> {
        if let Some(file) = &params.file {
            let path = file.to_file_path().map_err(|()| Error::invalid_params("`file` is no file"))?;
            return Ok(vec![path.display().to_string()]);
        }
        let folder = self.root.clone().or_else(|| params.uri.to_file_path().ok()?.parent().map(Path::to_owned));
        let folder = folder.ok_or_else(|| Error::invalid_params("the document is in no folder"))?;
        Ok(vec![folder.display().to_string()])
    }

    /// Unsaved rule tests count, too.
    fn add_open_tests(&mut self) {
        for (url, document) in self.snapshot.documents.iter() {
            let Ok(path) = url.to_file_path() else { continue };
            let path = path.display().to_string();
            if !self.texts.iter().any(|(_, known, _)| *known == path) {
                self.job.files.push(File { path: path.clone(), text: document.text().to_string() });
                self.texts.push((url.clone(), path, document.text().clone()));
            }
        }
    }

    /// Turns paths into addresses, and places into the client's positions.
    fn translate(&self, mut value: Value) -> Value {
        let mut converters = HashMap::new();
        self.translate_in(&mut value, &mut converters);
        value
    }

    fn translate_in(&self, value: &mut Value, converters: &mut HashMap<String, Option<Converter>>) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(|item| self.translate_in(item, converters)),
            Value::Object(map) => {
                if let Some(path) = map.get("file").and_then(Value::as_str).map(str::to_owned) {
                    let range = map.get("range").and_then(|range| {
                        let offset = |end: &str| u32::try_from(range[end]["offset"].as_u64()?).ok();
                        Some(falco_syntax::TextRange::new(offset("start")?.into(), offset("end")?.into()))
                    });
                    let converter = converters.entry(path.clone()).or_insert_with(|| self.converter(&path));
                    if let (Some(range), Some(converter)) = (range, converter) {
                        map.insert("range".into(), json!(converter.range(range)));
                    }
                    if let Some(url) = self.url(&path) {
                        map.insert("uri".into(), json!(url));
                    }
                }
                map.values_mut().for_each(|inner| self.translate_in(inner, converters));
            }
            _ => {}
        }
    }

    fn url(&self, path: &str) -> Option<Url> {
        let known = self.texts.iter().find(|(_, known, _)| known == path);
        known.map(|(url, ..)| url.clone()).or_else(|| Url::from_file_path(path).ok())
    }

    fn converter(&self, path: &str) -> Option<Converter> {
        let text = match self.texts.iter().find(|(_, known, _)| known == path) {
            Some((_, _, text)) => text.to_string(),
            None => std::fs::read_to_string(path).ok()?,
        };
        Some(Converter::of_rope(&ropey::Rope::from_str(&text), self.snapshot.encoding))
    }
}

/// The error of a request that cannot be done.
fn failed(message: String) -> Error {
    let mut error = Error::new(ErrorCode::ServerError(-32803));
    error.message = message.into();
    error
}

/// A result in a line.
fn summary(rule: &str, value: &Value) -> String {
    if let Some(summary) = value.get("summary") {
        let skipped = match summary["skipped"].as_u64() {
            None | Some(0) => String::new(),
            Some(skipped) => format!(", {skipped} skipped"),
        };
        return format!("rule tests: {} passed, {} failed{skipped}", summary["passed"], summary["failed"]);
    }
    let count = |value: &Value| value.as_u64().unwrap_or(0);
    let matched = match value["rules"].as_array() {
        Some(rules) => rules.iter().map(|rule| count(&rule["matched"])).sum(),
        None => count(&value["matched"]),
    };
    let misses = value["misses"].as_array().or_else(|| value["rules"][0]["misses"].as_array());
    let nearest = misses.and_then(|misses| misses.first()).map(|miss| count(&miss["distance"]));
    let what = if rule.is_empty() { "all rules".to_owned() } else { format!("`{rule}`") };
    match nearest {
        Some(distance) if matched == 0 => {
            format!("{what}: no match on {} events; the nearest is {distance} comparisons away", value["events"])
        }
        _ => format!("{what}: {matched} matches on {} events", value["events"]),
    }
}

/// Whether this process may load programs into the kernel.
pub fn can_watch() -> bool {
    const CAP_SYS_ADMIN: u32 = 21;
    const CAP_PERFMON: u32 = 38;
    const CAP_BPF: u32 = 39;
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let effective = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    let effective = effective.and_then(|hex| u64::from_str_radix(hex.trim(), 16).ok()).unwrap_or(0);
    let has = |capability: u32| effective & (1 << capability) != 0;
    has(CAP_SYS_ADMIN) || (has(CAP_BPF) && has(CAP_PERFMON))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documentation_has_a_section_for_each_method_and_command() {
        let page = include_str!("../../../docs/lsp-extensions.md");
        let sections: Vec<&str> =
            page.lines().filter_map(|line| line.strip_prefix("### `")?.strip_suffix('`')).collect();
        assert_eq!(sections, METHODS);
        for command in COMMANDS {
            assert!(page.contains(&format!("`{command}`")), "{command}");
        }
    }
}
