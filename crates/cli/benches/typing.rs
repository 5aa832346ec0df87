//! A typing session through the real server: how long each keystroke's diagnostics take, as percentiles.
//!
//! `cargo bench -p falco-cli --bench typing`. Three sessions: in Falco's official `falco_rules.yaml` (with `../shared` beside
//! the clone, else in our own rules); in a made workspace of 100,000 lines in seventy files whose rules share macros and lists,
//! at places all over it; and, as the worst case, only in the one file that all the others use, where a letter can change the
//! meaning of thousands of rules. Words are typed letter by letter into conditions, outputs, lists, macros and names, and taken
//! out again. A keystroke counts from before it is sent until the diagnostics of its version are read.

#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

#[allow(dead_code, reason = "shared with the end-to-end tests")]
#[path = "../tests/it/lsp_client.rs"]
mod lsp_client;
#[path = "shared/workspace.rs"]
mod workspace;

use std::path::Path;
use std::time::{Duration, Instant};

use lsp_client::Client;
use serde_json::json;
use workspace::{Random, official};

const WORDS: usize = 150;

fn main() {
    let (name, text) = official();
    session(name, &[("falco_rules.yaml".to_owned(), text)], WORDS, false);
    let files = workspace::files();
    session("workspace, anywhere", &files, 2 * WORDS, false);
    session("workspace, in the file that all rules use", &files, WORDS / 3, true);
}

fn session(name: &str, files: &[(String, String)], words: usize, only_first: bool) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("typing-{}", files.len()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    for (file, text) in files {
        std::fs::write(folder.join(file), text).unwrap();
    }
    let lines: usize = files.iter().map(|(_, text)| text.lines().count()).sum();
    let folder_uri = format!("file://{}", folder.display());
    let mut client = Client::start(json!({"general": {"positionEncodings": ["utf-8"]}}), Some(&folder_uri));
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut versions = vec![0i64; files.len()];
    let mut times: Vec<Duration> = Vec::new();
    let start = Instant::now();
    let mut opened = None;
    for word in 0..words {
        let number = if only_first { 0 } else { random.below(files.len()) };
        let uri = format!("{folder_uri}/{}", files[number].0);
        if versions[number] == 0 {
            versions[number] = 1;
            client.open(&uri, &files[number].1);
            client.diagnostics(&uri, 1);
            opened.get_or_insert_with(|| start.elapsed());
        }
        let (line, column, typed) = place(&files[number].1, word, &mut random);
        for (i, letter) in typed.char_indices() {
            versions[number] += 1;
            let at = (line, column + i);
            let before = Instant::now();
            client.edit(&uri, versions[number], at, at, &letter.to_string());
            client.diagnostics(&uri, versions[number]);
            times.push(before.elapsed());
        }
        for i in (0..typed.len()).rev() {
            versions[number] += 1;
            let before = Instant::now();
            client.edit(&uri, versions[number], (line, column + i), (line, column + i + 1), "");
            client.diagnostics(&uri, versions[number]);
            times.push(before.elapsed());
        }
    }
    let memory = client.memory();
    client.stop();
    times.sort_unstable();
    let at = |part: f64| times[((times.len() - 1) as f64 * part) as usize];
    println!(
        "{name}: {} files, {lines} lines; first diagnostics after {:.0?}; {} keystrokes: median {:.2?}, 90% {:.2?}, \
         99% {:.2?}, longest {:.2?}; server {} MiB",
        files.len(),
        opened.unwrap_or_default(),
        times.len(),
        at(0.5),
        at(0.9),
        at(0.99),
        at(1.0),
        memory >> 20,
    );
}

/// A place to type at, and what.
fn place(text: &str, word: usize, random: &mut Random) -> (usize, usize, &'static str) {
    let (mark, typed) = [
        (" and ", " and proc.tty != 0"),
        ("condition: ", "evt.type = open and "),
        (" and ", " or spawned_process"),
        ("output: ", "%container.id "),
        (" and not ", " and fd.name exists"),
        ("items: [", "busybox, "),
        ("- macro: ", "my_"),
        ("- rule: ", "My "),
        (" and ", " and user.name = \"root\""),
        ("in (", "x, "),
    ][word % 10];
    let lines: Vec<(usize, &str)> = text.lines().enumerate().filter(|(_, line)| line.contains(mark)).collect();
    let Some((line, text)) = lines.get(random.below(lines.len())) else { return (0, 0, "# x") };
    let column = text.find(mark).unwrap_or(0);
    // Behind a key or an opening bracket, before a word that joins.
    let column = if mark.starts_with(' ') { column } else { column + mark.len() };
    (*line, column, typed)
}
