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

use std::fmt::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use lsp_client::Client;
use serde_json::json;

const WORDS: usize = 150;

/// Small random numbers, the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound.max(1) as u64) as usize
    }
}

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let official = std::fs::read_to_string(root.join("../shared/corpus/falco/falco_rules.yaml"));
    let (name, text) = match official {
        Ok(text) => ("falco_rules.yaml", text),
        Err(_) => ("our rules/base.yaml", std::fs::read_to_string(root.join("rules/base.yaml")).unwrap()),
    };
    session(name, &[("falco_rules.yaml".to_owned(), text)], WORDS, false);
    let files: Vec<(String, String)> = std::iter::once(("00_base_rules.yaml".to_owned(), base()))
        .chain((1..70).map(|n| (format!("{n:02}_team_rules.yaml"), team(n * 104, 104))))
        .collect();
    session("workspace, anywhere", &files, 2 * WORDS, false);
    session("workspace, in the file that all rules use", &files, WORDS / 3, true);
}

/// What the rules of all teams use.
fn base() -> String {
    let mut text = String::new();
    text.push_str("- list: shell_binaries\n  items: [bash, zsh, sh, dash, ksh, fish]\n");
    text.push_str("- macro: spawned_process\n  condition: (evt.type in (execve, execveat))\n");
    text.push_str("- macro: open_read\n  condition: (evt.type in (open, openat, openat2) and evt.is_open_read=true)\n");
    text.push_str("- macro: in_container\n  condition: (container.id != host)\n");
    text.push_str("- macro: shell_procs\n  condition: (proc.name in (shell_binaries))\n");
    text
}

/// Lists, macros and rules of one team: about fourteen lines each.
fn team(first: usize, count: usize) -> String {
    let mut text = String::new();
    for i in first..first + count {
        let shared = ["spawned_process and shell_procs", "open_read and in_container", "spawned_process"][i % 3];
        writeln!(text, "- list: names_{i}\n  items: [bash, zsh, perl, python, {i}]").unwrap();
        writeln!(text, "- macro: opens_{i}\n  condition: >\n    {shared}\n    and proc.cwd startswith /etc/{i}")
            .unwrap();
        writeln!(text, "- rule: Reads {i}\n  desc: >\n    Somebody touches configuration number {i}.\n  condition: >")
            .unwrap();
        writeln!(text, "    opens_{i} and proc.name in (names_{i}) and not proc.pname in (systemd, init)").unwrap();
        writeln!(text, "    and not (container.id = host or proc.cmdline contains /public{i})").unwrap();
        writeln!(text, "  output: Configuration | file=%fd.name process=%proc.name user=%user.name").unwrap();
        writeln!(text, "  priority: NOTICE\n  tags: [host, T{i}]").unwrap();
    }
    text
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
