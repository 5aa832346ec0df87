//! How long the language server's answers take right after an edit, as percentiles.
//!
//! `cargo bench -p falco-cli --bench requests`. In Falco's official `falco_rules.yaml`, and in a made workspace of 100,000 lines in
//! seventy files, in those whose rules nothing else depends on. A letter is typed into a condition, or taken out again, and the request follows at once: its time counts from
//! before the edit until the answer is read, so that it has in it what the edit takes to be understood. Beside it stands the
//! processor time that the server took meanwhile, which other work on the machine does not lengthen.
//!
//! Words given after `--` choose the requests whose names contain one of them.

#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

#[allow(dead_code, reason = "shared with the end-to-end tests")]
#[path = "../tests/it/lsp_client.rs"]
mod lsp_client;
#[path = "shared/workspace.rs"]
mod workspace;

use std::path::Path;
use std::time::{Duration, Instant};

use lsp_client::Client;
use serde_json::{Value, json};
use workspace::{Random, official};

/// How often each request is made.
const ROUNDS: usize = 300;
/// Renames of what all rules use are made less often.
const FEW: usize = 10;

fn main() {
    let chosen: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let (name, text) = official();
    session(name, &[("falco_rules.yaml".to_owned(), text)], "spawned_process", &chosen);
    session("workspace", &workspace::files(), "shell_procs", &chosen);
}

/// What a request is about.
#[derive(Clone, Copy)]
enum At {
    /// A word of a condition.
    Word,
    /// Just behind the edit, where somebody types.
    Edit,
    /// A macro or list of the file.
    Name,
    /// A macro that is used nearly everywhere.
    Everywhere,
    /// The whole file.
    File,
}

const REQUESTS: [(&str, At, usize); 15] = [
    ("textDocument/completion", At::Edit, ROUNDS),
    ("textDocument/hover", At::Word, ROUNDS),
    ("textDocument/hover", At::Name, ROUNDS),
    ("textDocument/definition", At::Name, ROUNDS),
    ("textDocument/documentHighlight", At::Word, ROUNDS),
    ("textDocument/documentHighlight", At::Name, ROUNDS),
    ("textDocument/semanticTokens/full", At::File, ROUNDS),
    ("textDocument/documentSymbol", At::File, ROUNDS),
    ("textDocument/foldingRange", At::File, ROUNDS),
    ("textDocument/inlayHint", At::File, ROUNDS),
    ("workspace/symbol", At::File, ROUNDS),
    ("textDocument/references", At::Name, ROUNDS),
    ("textDocument/references", At::Everywhere, ROUNDS),
    ("textDocument/rename", At::Name, ROUNDS),
    ("textDocument/rename", At::Everywhere, FEW),
];

struct Session {
    client: Client,
    folder: String,
    files: Vec<(String, String)>,
    versions: Vec<i64>,
    random: Random,
    everywhere: &'static str,
    /// Requests that the server would not do.
    refused: usize,
}

fn session(name: &str, files: &[(String, String)], everywhere: &'static str, chosen: &[String]) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("requests-{}", files.len()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    for (file, text) in files {
        std::fs::write(folder.join(file), text).unwrap();
    }
    let folder = format!("file://{}", folder.display());
    let client = Client::start(json!({"general": {"positionEncodings": ["utf-8"]}}), Some(&folder));
    let mut session = Session {
        client,
        folder,
        files: files.to_vec(),
        versions: vec![0; files.len()],
        random: Random(0x9e37_79b9_7f4a_7c15),
        everywhere,
        refused: 0,
    };
    println!("{name}: {} files, {} lines", files.len(), files.iter().map(|(_, t)| t.lines().count()).sum::<usize>());
    // The first answers wait for the workspace to be read.
    session.round("textDocument/hover", At::Word);
    for (method, at, rounds) in REQUESTS {
        if !chosen.is_empty() && !chosen.iter().any(|word| method.contains(word.as_str())) {
            continue;
        }
        let (mut times, mut processor): (Vec<Duration>, Vec<Duration>) =
            (0..rounds).map(|_| session.round(method, at)).unzip();
        times.sort_unstable();
        processor.sort_unstable();
        let part = |times: &[Duration], part: f64| times[((times.len() - 1) as f64 * part) as usize];
        let of = match at {
            At::Word => "a word of a condition",
            At::Edit => "where it is typed",
            At::Name => "a name",
            At::Everywhere => "a name that is used everywhere",
            At::File => "file",
        };
        let method = method.trim_start_matches("textDocument/");
        println!(
            "  {method:22} {of:31} median {:8.2?} 90% {:8.2?} 99% {:8.2?} longest {:8.2?}; processor {:8.2?} {:8.2?} {:8.2?}",
            part(&times, 0.5),
            part(&times, 0.9),
            part(&times, 0.99),
            part(&times, 1.0),
            part(&processor, 0.5),
            part(&processor, 0.9),
            part(&processor, 0.99),
        );
    }
    println!("  {} refused; server {} MiB", session.refused, session.client.memory() >> 20);
    session.client.stop();
}

impl Session {
    /// Types a letter somewhere, asks, and takes the letter out again. The time until the answer, and the server's processor time.
    fn round(&mut self, method: &str, at: At) -> (Duration, Duration) {
        // What an edit of the file that all others use costs is the affair of the benchmark `typing`.
        let number = self.files.len() - 1 - self.random.below(self.files.len().saturating_sub(1));
        let (file, text) = self.files[number].clone();
        let uri = format!("{}/{file}", self.folder);
        if self.versions[number] == 0 {
            self.versions[number] = 1;
            self.client.open(&uri, &text);
            self.client.diagnostics(&uri, 1);
        }
        let (mut line, mut column) = self.place(&text, &[" and ", "condition: "]);
        let mut params = json!({"textDocument": {"uri": uri}});
        let position = |(line, character): (usize, usize)| json!({"line": line, "character": character});
        match at {
            At::Word => params["position"] = position(self.place(&text, &["proc.", "evt.type"])),
            At::Edit => params["position"] = position((line, column + 1)),
            At::Name => params["position"] = position(self.place(&text, &["- macro: ", "- list: "])),
            At::Everywhere => {
                let mark = self.everywhere;
                let at = self.place(&text, &[mark]);
                params["position"] = position((at.0, at.1 - mark.len()));
            }
            At::File => {}
        }
        // What is asked about must stay what it is.
        while !matches!(at, At::Edit | At::File) && params["position"]["line"] == json!(line) {
            (line, column) = self.place(&text, &[" and ", "condition: "]);
        }
        match method {
            "textDocument/references" => params["context"] = json!({"includeDeclaration": true}),
            "textDocument/rename" => params["newName"] = json!("another_name"),
            "workspace/symbol" => params = json!({"query": "shebin"}),
            "textDocument/inlayHint" => {
                params["range"] = json!({"start": position((0, 0)), "end": position((9_999, 0))});
            }
            _ => {}
        }
        // A rename is for a file without errors; the letter goes into a comment then.
        let (from, typed) = match method {
            "textDocument/rename" => ((0, 0), "#\n"),
            _ => ((line, column), "p"),
        };
        if typed.ends_with('\n')
            && let Some(line) = params.pointer_mut("/position/line")
        {
            *line = json!(line.as_u64().unwrap() + 1);
        }
        self.versions[number] += 1;
        let used = self.client.processor_time();
        let before = Instant::now();
        self.client.edit(&uri, self.versions[number], from, from, typed);
        let id = self.client.send_request(method, params);
        let answer = self.client.response(id);
        let time = before.elapsed();
        let now = self.client.processor_time();
        let since =
            |(thread, now): (&String, &Duration)| now.saturating_sub(used.get(thread).copied().unwrap_or_default());
        let processor = now.iter().map(since).sum();
        if answer.get("error").is_some() {
            self.refused += 1;
            println!("  {method} is refused: {}", answer["error"]["message"]);
        }
        assert!(answer["result"] != Value::Null || matches!(at, At::Word) || self.refused > 0, "{method}: no answer");
        self.client.diagnostics(&uri, self.versions[number]);
        self.versions[number] += 1;
        let to = if typed.ends_with('\n') { (1, 0) } else { (line, column + 1) };
        self.client.edit(&uri, self.versions[number], from, to, "");
        self.client.diagnostics(&uri, self.versions[number]);
        self.client.forget();
        (time, processor)
    }

    /// The end of one of the places of the first mark that the text has.
    fn place(&mut self, text: &str, marks: &[&str]) -> (usize, usize) {
        for mark in marks {
            let all: Vec<(usize, usize)> = text
                .lines()
                .enumerate()
                .filter(|(_, line)| !line.trim_start().starts_with('#'))
                .filter_map(|(number, line)| Some((number, line.find(mark)? + mark.len())))
                .collect();
            if !all.is_empty() {
                return all[self.random.below(all.len())];
            }
        }
        (0, 0)
    }
}
