//! Falco's own answers on captures, byte for byte: output lines of filters and formats, and alerts.
//!
//! `cargo test -p falco-engine --test reference -- --nocapture` prints the tally.

#![allow(clippy::unwrap_used, clippy::print_stderr, clippy::print_stdout)]

mod fields;
mod rewrite;
mod sysdig;

use std::fs;
use std::path::{Path, PathBuf};

use falco_catalog::Catalog;
use falco_compiler::program::BoolExpr;
use falco_compiler::{Options, SourceFile, compile, compile_filter, compile_output};
use falco_engine::alert::{AlertOptions, Summary};
use falco_engine::eval::{Evaluator, Matching, Session};
use falco_engine::inspector::Inspector;
use falco_engine::render::time::use_utc;
use falco_engine::value::FieldSource;
use falco_engine::view::View;
use falco_scap::{Error, Reader, Stage};
use serde_json::Value as Json;

/// The reference material, when it is at hand.
pub(crate) fn shared(test: &str) -> Option<PathBuf> {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared"));
    if path.is_dir() {
        assert!(use_utc(), "the reference's local time is UTC");
        return Some(path.to_owned());
    }
    // Past the capturing of tests that pass: a skip must be seen.
    let _ = std::io::Write::write_all(
        &mut std::io::stderr(),
        format!("skipped: ../shared is not here ({test})\n").as_bytes(),
    );
    None
}

/// Counts what agrees and shows where the rest first differs.
#[derive(Default)]
pub(crate) struct Tally {
    total: usize,
    wrong: Vec<String>,
}

impl Tally {
    pub(crate) fn compare(&mut self, name: &str, expected: &[u8], actual: &[u8]) {
        self.total += 1;
        if expected != actual {
            self.wrong.push(format!("{name}: {}", first_difference(expected, actual)));
        }
    }

    /// What to say of a set when its files agree.
    fn agreed(&self) -> usize {
        self.total - self.wrong.len()
    }
}

fn first_difference(expected: &[u8], actual: &[u8]) -> String {
    let lines = |text: &[u8]| String::from_utf8_lossy(text).lines().map(str::to_owned).collect::<Vec<_>>();
    let (expected, actual) = (lines(expected), lines(actual));
    let wrong = expected.iter().zip(&actual).filter(|(e, a)| e != a).count();
    for (i, (e, a)) in expected.iter().zip(&actual).enumerate() {
        if e != a {
            let (e_cells, a_cells): (Vec<_>, Vec<_>) = (e.split('|').collect(), a.split('|').collect());
            let cells: Vec<String> = e_cells
                .iter()
                .zip(&a_cells)
                .enumerate()
                .filter(|(_, (e, a))| e != a)
                .map(|(n, (e, a))| format!("    cell {n}: expected {e:?}, got {a:?}"))
                .take(6)
                .collect();
            let cells = cells.join("\n");
            let key = e_cells.iter().take(3).copied().collect::<Vec<_>>().join("|");
            return format!("{wrong} lines differ; line {} ({key}):\n{cells}", i + 1);
        }
    }
    format!("{} lines expected, {} came", expected.len(), actual.len())
}

/// What `read` prints.
fn read(catalog: &Catalog, capture: &[u8], filter: &str, format: &str) -> Vec<u8> {
    let filter = (!filter.is_empty()).then(|| compile_filter(catalog, "syscall", filter).unwrap());
    let output = compile_output(catalog, "syscall", format).unwrap();
    let (mut evaluator, template) = Evaluator::for_query("syscall", filter, output, catalog).unwrap();
    // The reference names ids that a capture does not by the users of the machine it ran on.
    let mut inspector = Inspector::new(Reader::from_bytes(capture)).with_local_accounts(true);
    let (mut out, mut matches) = (Vec::new(), Vec::new());
    while let Some(step) = inspector.next_visible().unwrap() {
        let view = step.view();
        let mut session = evaluator.on(&view);
        session.matches(Matching::First, &mut matches);
        if !matches.is_empty() && session.format(&template, &mut out) {
            out.push(b'\n');
        }
    }
    out
}

/// A capture that does not name its users shows those of the machine that reads it; the reference ran on a Debian.
fn users_as_on_the_references_machine() -> bool {
    let has =
        |path: &str, entry: &str| fs::read_to_string(path).is_ok_and(|text| text.lines().any(|l| l.starts_with(entry)));
    has("/etc/passwd", "games:x:5:") && has("/etc/group", "disk:x:6:")
}

/// Lines of `read` with the queries of a folder's index.
fn outputs(shared: &Path, catalog: &Catalog, folder: &str) -> Tally {
    let folder = shared.join("expected").join(folder);
    let index: Json = serde_json::from_slice(&fs::read(folder.join("index.json")).unwrap()).unwrap();
    let cases = index.get("cases").unwrap_or(&index).as_array().unwrap();
    let mut tally = Tally::default();
    for case in cases {
        let text = |key: &str| case[key].as_str().unwrap().to_owned();
        if text("file") == "old_events.full.txt" && !users_as_on_the_references_machine() {
            // Past the capturing of tests that pass: a skip must be seen.
            let _ = std::io::Write::write_all(
                &mut std::io::stderr(),
                b"skipped: old_events.full.txt names users as Debian does, this machine does not\n",
            );
            continue;
        }
        let capture = [folder.join(text("capture")), shared.join("captures").join(text("capture"))];
        let capture = fs::read(capture.iter().find(|path| path.exists()).unwrap()).unwrap();
        let actual = read(catalog, &capture, &text("filter"), &text("format"));
        tally.compare(&text("file"), &fs::read(folder.join(text("file"))).unwrap(), &actual);
    }
    tally
}

/// The sets of reference answers, and how close ours must come.
type Set = (&'static str, &'static str, fn(&Path, &Catalog) -> Tally);

const SETS: [Set; 6] = [
    ("libs-48dfd53", "byte for byte", |shared, catalog| outputs(shared, catalog, "libs-48dfd53")),
    ("synth", "byte for byte", |shared, catalog| outputs(shared, catalog, "synth")),
    ("modern", "byte for byte", |shared, catalog| outputs(shared, catalog, "modern")),
    ("alerts", "byte for byte", alerts),
    ("corrupt", "events, last event, error, exit", |shared, _| corrupt(shared)),
    ("sysdig-0.29.3", "up to the named differences", sysdig::sysdig),
];

#[test]
fn the_reference_answers() {
    let Some(shared) = shared("the_reference_answers") else { return };
    let catalog = Catalog::builtin();
    let (mut agreed, mut total, mut wrong) = (0, 0, Vec::new());
    for (name, how, run) in SETS {
        let tally = run(&shared, &catalog);
        println!("{name:14} {:3} of {:3}   {how}", tally.agreed(), tally.total);
        assert!(tally.total > 0, "{name}: nothing was compared");
        (agreed, total) = (agreed + tally.agreed(), total + tally.total);
        wrong.extend(tally.wrong.into_iter().map(|what| format!("{name}/{what}")));
    }
    println!("{:14} {agreed:3} of {total:3}", "all");
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// Damaged captures: how many events are seen, which is the last, with what error and exit status it ends.
fn corrupt(shared: &Path) -> Tally {
    let folder = shared.join("expected/corrupt");
    let index: Json = serde_json::from_slice(&fs::read(folder.join("index.json")).unwrap()).unwrap();
    let mut tally = Tally::default();
    for case in index.as_array().unwrap() {
        let name = case["mutation"].as_str().unwrap();
        let capture = fs::read(folder.join(format!("{name}.scap"))).unwrap();
        let mut inspector = Inspector::new(Reader::from_bytes(&capture));
        let (mut events, mut last) = (0, Json::Null);
        let error = loop {
            match inspector.next_visible() {
                Ok(Some(step)) => {
                    events += 1;
                    last = format!("{} {}", step.ctx.num, step.event.ty.info().unwrap().name).into();
                }
                Ok(None) => break None,
                Err(error) => break Some(error),
            }
        };
        let exit = match error.as_ref().map(Error::stage) {
            None => 0,
            Some(Stage::Events) => 2,
            Some(Stage::Open | Stage::Restart) => 3,
        };
        let message = error.map(|error| {
            let prefix = if error.stage() == Stage::Restart { "could not restart capture: " } else { "" };
            format!("{prefix}{}", error.kind())
        });
        // The reference's text without what is its own: the kind of exit and the place in its sources.
        let wanted = case["error"].as_str().map(|text| {
            let text = text.trim_start_matches("EXCEPTION ").trim_start_matches("ERROR ");
            text.trim_start_matches("scap error: ").replace(" at <file>, line <n>", "")
        });
        let expected = format!("{} {} {wanted:?} {}", case["events_delivered"], case["last"], case["exit"]);
        tally.compare(name, expected.as_bytes(), format!("{events} {last} {message:?} {exit}").as_bytes());
    }
    tally
}

/// How alerts are written.
#[derive(Clone, Copy, PartialEq)]
enum Form {
    Text,
    Json,
}

fn evaluator(catalog: &Catalog, files: &[PathBuf]) -> Evaluator {
    let files: Vec<SourceFile> = files
        .iter()
        .map(|path| SourceFile::new(path.display().to_string(), fs::read_to_string(path).unwrap()))
        .collect();
    let compilation = compile(&files, &Options::new(std::sync::Arc::new(catalog.clone())));
    assert!(compilation.loads());
    Evaluator::new(compilation.program(), catalog).unwrap()
}

/// What `run` prints, and the summary after it.
fn run(evaluator: &mut Evaluator, capture: &[u8], form: Form, matching: Matching) -> Vec<u8> {
    let options = AlertOptions { hostname: "host".into(), ..AlertOptions::default() };
    let mut summary = Summary::new(evaluator.program());
    let mut inspector = Inspector::new(Reader::from_bytes(capture));
    let (mut out, mut matches) = (String::new(), Vec::new());
    while let Some(step) = inspector.next_visible().unwrap() {
        let view = step.view();
        let mut session = evaluator.on(&view);
        session.matches(matching, &mut matches);
        for &rule in &matches {
            let alert = session.alert(rule, &options).unwrap();
            summary.count(rule, alert.priority);
            out.push_str(&match form {
                Form::Text => alert.to_text(&options),
                Form::Json => alert.to_json(&options),
            });
            out.push('\n');
        }
    }
    (out + &summary.to_string()).into_bytes()
}

/// Alerts with the summary after them.
fn alerts(shared: &Path, catalog: &Catalog) -> Tally {
    let folder = shared.join("expected/alerts");
    let mut evaluator = evaluator(catalog, &[folder.join("rules.yaml")]);
    let mut tally = Tally::default();
    let mut files: Vec<PathBuf> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for file in files {
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        let (capture, form, matching) = match name.split_once('.').unwrap() {
            (capture, "txt") => (capture, Form::Text, Matching::All),
            (capture, "first.jsonl") => (capture, Form::Json, Matching::First),
            (capture, "all.jsonl") => (capture, Form::Json, Matching::All),
            _ => continue,
        };
        let places = ["captures", "expected/synth", "expected/modern"];
        let path = places.iter().map(|place| shared.join(place).join(format!("{capture}.scap"))).find(|p| p.exists());
        let actual = run(&mut evaluator, &fs::read(path.unwrap()).unwrap(), form, matching);
        tally.compare(&name, &fs::read(&file).unwrap(), &actual);
    }
    tally
}

#[test]
fn the_official_rules_on_a_recording() {
    let Some(shared) = shared("the_official_rules_on_a_recording") else { return };
    let catalog = Catalog::builtin();
    let expected: Json =
        serde_json::from_slice(&fs::read(shared.join("expected/alerts/official.workload.json")).unwrap()).unwrap();
    let files: Vec<PathBuf> = expected["rules"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| shared.join("corpus/falco").join(file.as_str().unwrap()))
        .collect();
    let mut evaluator = evaluator(&catalog, &files);
    let capture = fs::read(shared.join("expected/modern/workload.scap")).unwrap();
    let lines = String::from_utf8(run(&mut evaluator, &capture, Form::Json, Matching::All)).unwrap();
    let alerts: Vec<Json> = lines
        .lines()
        .filter_map(|line| serde_json::from_str::<Json>(line).ok())
        .map(|alert| serde_json::json!({"time": alert["time"], "rule": alert["rule"], "priority": alert["priority"]}))
        .collect();
    println!("the_official_rules_on_a_recording: {} alerts", alerts.len());
    assert_eq!(Json::from(alerts), expected["alerts"]);
}

/// Whether a condition holds, read off its tree from left to right.
fn holds(session: &mut Session<'_, View<'_>>, expr: &BoolExpr) -> bool {
    match expr {
        BoolExpr::And(children) => children.iter().all(|child| holds(session, child)),
        BoolExpr::Or(children) => children.iter().any(|child| holds(session, child)),
        BoolExpr::Not(child) => !holds(session, child),
        BoolExpr::Atom(atom, _) => session.holds(*atom),
    }
}

/// Every capture of the reference material.
pub(crate) fn captures(shared: &Path) -> Vec<PathBuf> {
    let places = ["captures", "expected/synth", "expected/modern", "expected/corrupt"];
    let files = places.iter().flat_map(|place| fs::read_dir(shared.join(place)).unwrap());
    let mut files: Vec<PathBuf> =
        files.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|e| e == "scap")).collect();
    files.sort();
    files
}

#[test]
fn shortcuts_change_no_answer() {
    let Some(shared) = shared("shortcuts_change_no_answer") else { return };
    let catalog = Catalog::builtin();
    let official = ["falco_rules.yaml", "falco-incubating_rules.yaml", "falco-sandbox_rules.yaml"]
        .map(|name| shared.join("corpus/falco").join(name));
    let sets = [official.to_vec(), vec![shared.join("expected/alerts/rules.yaml")]];
    let (mut judged, mut matched) = (0u64, 0u64);
    for files in sets {
        let mut evaluator = evaluator(&catalog, &files);
        let rules: Vec<BoolExpr> = evaluator.program().rules.iter().map(|rule| rule.condition.clone()).collect();
        let kinds: Vec<_> = evaluator.program().rules.iter().map(|rule| rule.events.clone()).collect();
        let enabled: Vec<bool> = (0..rules.len() as u32).map(|rule| evaluator.is_enabled(rule)).collect();
        for path in captures(&shared) {
            let capture = fs::read(path).unwrap();
            let mut inspector = Inspector::new(Reader::from_bytes(&capture));
            let (mut all, mut first) = (Vec::new(), Vec::new());
            while let Ok(Some(step)) = inspector.next() {
                let view = step.view();
                evaluator.on(&view).matches(Matching::All, &mut all);
                evaluator.on(&view).matches(Matching::First, &mut first);
                let mut session = evaluator.on(&view);
                let code = view.event.ty;
                let plain: Vec<u32> = (0u32..)
                    .zip(&rules)
                    .filter(|(rule, condition)| {
                        enabled[*rule as usize]
                            && kinds[*rule as usize].contains(code)
                            && holds(&mut session, condition)
                    })
                    .map(|(rule, _)| rule)
                    .filter(|_| view.source() == "syscall")
                    .collect();
                assert_eq!(all, plain, "event {}", step.ctx.num);
                assert_eq!(first.as_slice(), all.get(..1).unwrap_or_default());
                judged += rules.len() as u64;
                matched += all.len() as u64;
            }
        }
    }
    println!("shortcuts_change_no_answer: {judged} conditions judged both ways, {matched} held");
    assert!(matched > 0);
}

/// What no value holds.
pub(crate) const SEPARATOR: &str = "\u{1}<|>\u{2}";

pub(crate) fn split(line: &[u8]) -> Vec<&[u8]> {
    let mut values = Vec::new();
    let mut rest = line;
    while let Some(at) = rest.windows(SEPARATOR.len()).position(|window| window == SEPARATOR.as_bytes()) {
        values.push(&rest[..at]);
        rest = &rest[at + SEPARATOR.len()..];
    }
    values.push(rest);
    values
}
