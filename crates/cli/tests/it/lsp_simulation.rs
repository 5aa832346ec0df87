//! Somebody who edits for a whole day, without the pauses.
//!
//! A virtual client with several documents types, deletes, pastes, undoes, renames, formats, closes and reopens at random and asks all kinds
//! of things at random places. At checkpoints every question must have its answer, the server's texts must be the client's, and the
//! server's memory must not grow.
//!
//! `FALCO_RS_SIMULATION` is the number of steps: at three edits a second, eight hours are 86,400. `FALCO_RS_SEED` repeats a run.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use crate::lsp_client::Client;

const STEPS: usize = 3_000;
const DOCUMENTS: usize = 5;
/// Steps between checkpoints.
const CHECKPOINT: usize = 250;
/// From this many steps on memory has to be flat.
const LONG: usize = 60_000;
/// Questions that may be open at a time; editors have fewer.
const MAX_OPEN: usize = 40;
/// Longer texts are cut down, or memory could not be flat.
const MAX_TEXT: usize = 12_000;
const PATIENCE: Duration = Duration::from_secs(60);

const PIECES: [&str; 28] = [
    "a",
    "x",
    " ",
    "\n",
    "\r\n",
    "\n\n",
    "  ",
    "é",
    "日本",
    "😀",
    "#",
    ":",
    "- ",
    "'",
    "\"",
    "[",
    "]",
    "(",
    "proc.name",
    " and ",
    " or not ",
    "evt.type = open",
    " in (shells)",
    "%fd.name ",
    ", bash",
    "\n  tags: [T1059]",
    "\n  condition: >\n    ",
    "\t",
];

const ITEMS: [&str; 5] = [
    "- list: shells\n  items: [bash, zsh, \"é\"]\n",
    "- macro: started\n  condition: evt.type in (execve, execveat)\n",
    "- rule: Shell\n  desc: d\n  condition: >\n    started and proc.name in (shells)\n  output: shell %proc.name\n  priority: NOTICE\n",
    "- rule: Shell\n  condition: and fd.num > 0\n  override: {condition: append}\n",
    "- rule: 😀 opened\r\n  desc: d\r\n  condition: evt.type = open and fd.name startswith /etc\r\n  output: x\r\n  priority: INFO\r\n",
];

/// Requests about a place.
const AT_PLACE: [&str; 9] = [
    "textDocument/hover",
    "textDocument/completion",
    "textDocument/definition",
    "textDocument/declaration",
    "textDocument/documentHighlight",
    "textDocument/signatureHelp",
    "textDocument/prepareRename",
    "textDocument/linkedEditingRange",
    "textDocument/prepareCallHierarchy",
];

/// Requests about a document.
const OF_DOCUMENT: [&str; 7] = [
    "textDocument/documentSymbol",
    "textDocument/semanticTokens/full",
    "textDocument/foldingRange",
    "textDocument/codeLens",
    "textDocument/documentLink",
    "textDocument/diagnostic",
    "falco-rs/text",
];

/// A small generator of numbers (xorshift).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }
}

struct Document {
    uri: String,
    text: String,
    version: i64,
    is_open: bool,
    /// Earlier texts.
    past: VecDeque<String>,
}

/// Says how to repeat a run that fails.
struct Seed(u64);

impl Drop for Seed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("repeat with FALCO_RS_SEED={}", self.0);
        }
    }
}

struct Simulation {
    client: Client,
    random: Random,
    documents: Vec<Document>,
    open_requests: BTreeMap<i64, &'static str>,
    answered: usize,
    edits: usize,
}

/// The protocol's position of an offset: lines end with `\n`, `\r\n` or `\r`, characters are UTF-16 code units.
fn position(text: &str, offset: usize) -> Value {
    let before = &text[..offset];
    let mut line = 0;
    let mut start = 0;
    let bytes = before.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        let ends = match byte {
            b'\n' => true,
            b'\r' => text.as_bytes().get(at + 1) != Some(&b'\n'),
            _ => false,
        };
        if ends {
            line += 1;
            start = at + 1;
        }
    }
    json!({"line": line, "character": before[start..].encode_utf16().count()})
}

/// The offset of a position that the server gives.
fn offset(text: &str, position: &Value) -> usize {
    let (line, character) = (position["line"].as_u64().unwrap(), position["character"].as_u64().unwrap());
    let mut at = (0, 0);
    for (index, c) in text.char_indices() {
        if at == (line, character) {
            return index;
        }
        let ends = c == '\n' || (c == '\r' && !text[index + 1..].starts_with('\n'));
        at = if ends { (at.0 + 1, 0) } else { (at.0, at.1 + c.len_utf16() as u64) };
    }
    assert_eq!(at, (line, character), "a place that is not in the text");
    text.len()
}

impl Document {
    /// The nearest place at or before an offset that a position can name.
    fn place(&self, mut offset: usize) -> usize {
        offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset)
            || (self.text[..offset].ends_with('\r') && self.text[offset..].starts_with('\n'))
        {
            offset -= 1;
        }
        offset
    }
}

impl Simulation {
    fn pick(&mut self) -> usize {
        self.random.below(self.documents.len())
    }

    fn change(&mut self, at: usize, changes: Vec<Value>) {
        let document = &mut self.documents[at];
        document.version += 1;
        let identifier = json!({"uri": document.uri, "version": document.version});
        self.client.notify("textDocument/didChange", json!({"textDocument": identifier, "contentChanges": changes}));
        self.edits += 1;
    }

    /// Replaces a stretch of the client's text; gives the change for the server.
    fn replace(document: &mut Document, from: usize, to: usize, text: &str) -> Value {
        let (from, to) = (document.place(from.min(to)), document.place(from.max(to)));
        let range = json!({"start": position(&document.text, from), "end": position(&document.text, to)});
        document.text.replace_range(from..to, text);
        json!({"range": range, "text": text})
    }

    fn remember(document: &mut Document) {
        document.past.push_back(document.text.clone());
        if document.past.len() > 20 {
            document.past.pop_front();
        }
    }

    fn edit(&mut self) {
        let at = self.pick();
        if !self.documents[at].is_open {
            return self.reopen(at);
        }
        Self::remember(&mut self.documents[at]);
        let mut changes = Vec::new();
        for _ in 0..=self.random.below(3) / 2 {
            let (random, document) = (&mut self.random, &mut self.documents[at]);
            let start = random.below(document.text.len() + 1);
            let change = match random.below(20) {
                0..11 => Self::replace(document, start, start, random.of(&PIECES)),
                11..15 => Self::replace(document, start, start + random.below(30), ""),
                15..17 => Self::replace(document, start, start + random.below(10), random.of(&ITEMS)),
                17 if document.past.len() > 1 => {
                    // Undo, as a smallest change.
                    let past = document.past[document.past.len() - 2].clone();
                    let (old, new) = (document.text.as_bytes(), past.as_bytes());
                    let before = old.iter().zip(new).take_while(|(a, b)| a == b).count();
                    let mut before = document.place(before);
                    while !past.is_char_boundary(before) {
                        before -= 1;
                    }
                    let rest = past[before..].to_owned();
                    let end = document.text.len();
                    Self::replace(document, before, end, &rest)
                }
                _ => {
                    let end = document.text.len();
                    Self::replace(document, end, end, random.of(&ITEMS))
                }
            };
            changes.push(change);
        }
        let document = &mut self.documents[at];
        if document.text.len() > MAX_TEXT {
            document.text = ITEMS.concat();
            changes.push(json!({"text": document.text}));
        }
        self.change(at, changes);
    }

    fn reopen(&mut self, at: usize) {
        let document = &mut self.documents[at];
        document.version = 1;
        document.is_open = true;
        self.client.open(&document.uri.clone(), &document.text.clone());
    }

    fn close(&mut self) {
        let at = self.pick();
        let document = &mut self.documents[at];
        if document.is_open {
            document.is_open = false;
            self.client.notify("textDocument/didClose", json!({"textDocument": {"uri": document.uri}}));
        }
    }

    /// A place, mostly one that there is.
    fn somewhere(&mut self, at: usize) -> Value {
        if self.random.one_in(10) {
            return json!({"line": self.random.below(5_000), "character": self.random.below(5_000)});
        }
        let start = self.random.below(self.documents[at].text.len() + 1);
        let start = self.documents[at].place(start);
        position(&self.documents[at].text, start)
    }

    fn ask(&mut self) {
        let at = self.pick();
        let uri = self.documents[at].uri.clone();
        let document = json!({"uri": uri});
        let (from, to) = (self.somewhere(at), self.somewhere(at));
        let range = json!({"start": from, "end": to});
        let (method, params) = match self.random.below(24) {
            0..10 => {
                let method = AT_PLACE[self.random.below(AT_PLACE.len())];
                (method, json!({"textDocument": document, "position": from}))
            }
            10..18 => {
                let method = OF_DOCUMENT[self.random.below(OF_DOCUMENT.len())];
                (method, json!({"textDocument": document, "uri": uri}))
            }
            18 => (
                "textDocument/references",
                json!({"textDocument": document, "position": from, "context": {"includeDeclaration": true}}),
            ),
            19 => ("textDocument/inlayHint", json!({"textDocument": document, "range": range})),
            20 => (
                "textDocument/codeAction",
                json!({"textDocument": document, "range": range, "context": {"diagnostics": []}}),
            ),
            21 => ("textDocument/selectionRange", json!({"textDocument": document, "positions": [from, to]})),
            22 => ("workspace/symbol", json!({"query": "s"})),
            _ => (
                "textDocument/rangeFormatting",
                json!({"textDocument": document, "range": range, "options": {"tabSize": 2, "insertSpaces": true}}),
            ),
        };
        let id = self.client.send_request(method, params);
        self.open_requests.insert(id, method);
        if self.random.one_in(12) {
            self.client.notify("$/cancelRequest", json!({"id": id}));
        }
        while self.open_requests.len() > MAX_OPEN {
            self.receive();
        }
    }

    fn receive(&mut self) {
        let message = self.client.next(PATIENCE).unwrap_or_else(|| panic!("no answers to {:?}", self.open_requests));
        self.note(&message);
    }

    fn note(&mut self, message: &Value) {
        let is_answer = message.get("method").is_none();
        let Some(id) = message["id"].as_i64().filter(|_| is_answer) else {
            assert!(!message.to_string().contains("panicked"), "{message}");
            return;
        };
        let method = self.open_requests.remove(&id).unwrap_or_else(|| panic!("a second answer: {message}"));
        self.answered += 1;
        if let Some(error) = message.get("error") {
            // Cancelled, overtaken, refused.
            let expected = [-32800, -32801, -32802, -32803, -32602];
            assert!(expected.iter().any(|code| error["code"] == json!(code)), "{method}: {error}");
        }
    }

    /// Asks something whose edits are then applied, as an editor does when nothing is typed meanwhile.
    fn apply(&mut self) {
        let at = self.pick();
        if !self.documents[at].is_open {
            return;
        }
        self.settle();
        let place = self.somewhere(at);
        let document = json!({"uri": self.documents[at].uri});
        let (method, params) = match self.random.below(3) {
            0 => (
                "textDocument/formatting",
                json!({"textDocument": document, "options": {"tabSize": 2, "insertSpaces": true}}),
            ),
            _ => (
                "textDocument/rename",
                json!({"textDocument": document, "position": place, "newName": self.random.of(&["shells", "started", "neu_é", "x1"])}),
            ),
        };
        let id = self.client.send_request(method, params);
        let answer = self.client.response(id);
        self.open_requests.insert(id, method);
        self.note(&answer);
        let edits = match &answer["result"] {
            Value::Array(edits) => vec![(self.documents[at].uri.clone(), edits.clone())],
            edit => edit["changes"]
                .as_object()
                .into_iter()
                .flatten()
                .map(|(uri, edits)| (uri.clone(), edits.as_array().unwrap().clone()))
                .collect(),
        };
        for (uri, mut edits) in edits {
            // What is closed changes on disk, which is not what this is about.
            let Some(at) = self.documents.iter().position(|document| document.uri == uri && document.is_open) else {
                continue;
            };
            let document = &mut self.documents[at];
            Self::remember(document);
            // From the end, so that places stay what they are.
            edits.sort_by_key(|edit| std::cmp::Reverse(offset(&document.text, &edit["range"]["start"])));
            let changes = edits.iter().map(|edit| {
                let (from, to) =
                    (offset(&document.text, &edit["range"]["start"]), offset(&document.text, &edit["range"]["end"]));
                Self::replace(document, from, to, edit["newText"].as_str().unwrap())
            });
            let changes = changes.collect();
            self.change(at, changes);
        }
    }

    fn settle(&mut self) {
        while !self.open_requests.is_empty() {
            self.receive();
        }
    }

    fn checkpoint(&mut self) {
        self.settle();
        for at in 0..self.documents.len() {
            let document = &self.documents[at];
            let answer = self.client.request("falco-rs/text", json!({"uri": document.uri}));
            let document = &self.documents[at];
            if document.is_open {
                assert_eq!(answer["text"], document.text, "{}", document.uri);
                assert_eq!(answer["version"], document.version, "{}", document.uri);
            } else {
                assert_eq!(answer, Value::Null, "{}", document.uri);
            }
        }
        self.client.forget();
    }

    fn step(&mut self) {
        match self.random.below(200) {
            0 => self.close(),
            1 | 2 => self.apply(),
            3 => {
                let version = self.random.of(&["0.50.0", "0.62.0", ""]);
                self.client.notify(
                    "workspace/didChangeConfiguration",
                    json!({"settings": {"falco-rs": {"engineVersion": version}}}),
                );
            }
            4 => self.client.notify("workspace/didChangeWatchedFiles", json!({"changes": []})),
            5..150 => self.edit(),
            _ => self.ask(),
        }
    }
}

fn folder(seed: u64) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("falco-rs-simulation-{}-{seed}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn a_day_of_editing() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let steps = number("FALCO_RS_SIMULATION").map_or(STEPS, |steps| steps as usize);
    let seed = Seed(number("FALCO_RS_SEED").unwrap_or(0x5eed_0bad_cafe));
    let folder = folder(seed.0);
    let root = format!("file://{}", folder.display());
    let documents: Vec<Document> = (0..DOCUMENTS)
        .map(|number| {
            let text = ITEMS.concat();
            std::fs::write(folder.join(format!("{number}_rules.yaml")), &text).unwrap();
            let uri = format!("{root}/{number}_rules.yaml");
            Document { uri, text, version: 1, is_open: false, past: VecDeque::new() }
        })
        .collect();
    let client = Client::start(json!({"textDocument": {"rename": {"prepareSupport": true}}}), Some(&root));
    let random = Random(seed.0 | 1);
    let mut simulation =
        Simulation { client, random, documents, open_requests: BTreeMap::new(), answered: 0, edits: 0 };
    (0..DOCUMENTS).for_each(|at| simulation.reopen(at));
    let mut memory = Vec::new();
    for step in 1..=steps {
        simulation.step();
        if step % CHECKPOINT == 0 || step == steps {
            simulation.checkpoint();
            memory.push(simulation.client.memory());
        }
    }
    let (answered, edits) = (simulation.answered, simulation.edits);
    simulation.client.stop();
    std::fs::remove_dir_all(&folder).unwrap();
    let highest = |samples: &[u64]| samples.iter().copied().max().unwrap_or(0);
    // Until every thread has had its share of the work, memory grows.
    let warm = memory.get(memory.len() / 3..).unwrap_or_default();
    let (early, late) = warm.split_at(warm.len().div_ceil(2));
    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    eprintln!(
        "{edits} edits, {answered} answers; at most {:.1} MiB in the second third, {:.1} MiB in the last",
        mib(highest(early)),
        mib(highest(late))
    );
    // However short the run: five small documents never need this much. (A day levels off below 400 MiB.)
    assert!(highest(&memory) <= 768 << 20, "{memory:?}");
    // The texts are as long at the end as after the first minutes, and so is what the server keeps of them. A short run ends while every
    // thread still comes to its first share of the work.
    if steps >= LONG {
        assert!(highest(late) <= highest(early) * 5 / 4 + (16 << 20), "{memory:?}");
    }
}
