//! Long live runs: rules that change meanwhile, and the view on a terminal.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};

use crate::live::{Folder, binary, works};

/// Until the folder has a file `stop`, which it looks for, something reads `mark`.
const BUSY: &str = "while ! test -e stop; do cat mark; sleep 0.02; done";

fn rule(name: &str, condition: &str) -> String {
    format!("- rule: {name}\n  desc: d\n  condition: {condition}\n  output: {name} %evt.type\n  priority: NOTICE\n")
}

#[test]
fn changed_rules_are_read_again_and_broken_ones_are_not() {
    if !works("changed_rules_are_read_again_and_broken_ones_are_not") {
        return;
    }
    let folder = Folder::new("watch");
    let (rules, stop) = (folder.path("rules.yaml"), folder.path("stop"));
    std::fs::write(folder.path("mark"), "").unwrap();
    let reading = "evt.type in (open, openat) and fd.filename=mark";
    std::fs::write(&rules, rule("Before", reading)).unwrap();
    let mut run = binary();
    run.args(["run", "--live", "--watch", "--duration", "2m", "-r", "rules.yaml", "--", "sh", "-c", BUSY]);
    run.current_dir(folder.path("")).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut run = run.spawn().unwrap();
    let mut out = BufReader::new(run.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut err = BufReader::new(run.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(out.next().unwrap().contains("Before open"));

    std::fs::write(&rules, rule("Broken", "evt.type in (open, openat) and fd.nmae=mark")).unwrap();
    assert!(err.any(|line| line.contains("fd.nmae")), "an excerpt");
    assert!(err.any(|line| line == "the rules from before stay at work"));
    assert!(out.nth(50).unwrap().contains("Before open"));

    // A rule on calls that nobody asked the kernel for until now; its name stands before the other's that is kept.
    let looking = "evt.type in (stat, newfstatat, access, faccessat, faccessat2, statx) and proc.name=sh";
    std::fs::write(&rules, rule("Looking", looking) + &rule("Before", reading)).unwrap();
    assert!(err.any(|line| line == "the rules were read again: 2 rules"));
    assert!(out.any(|line| line.contains("Looking")));
    assert!(out.any(|line| line.contains("Before open")));

    std::fs::write(stop, "").unwrap();
    let (rest, told) = (out.count(), err.collect::<Vec<_>>());
    assert!(run.wait().unwrap().success(), "{told:?}");
    let of = |name: &str| -> usize {
        let line = told.iter().find_map(|line| line.trim().strip_prefix(name)).unwrap();
        line.trim_start_matches([':', ' ']).parse().unwrap()
    };
    // Both from before the change and from after it.
    assert!(of("Before") > 52 && of("Looking") > 0, "{rest} {told:?}");
}

#[test]
fn the_view_shows_alerts_and_leaves_the_terminal_as_it_was() {
    if !works("the_view_shows_alerts_and_leaves_the_terminal_as_it_was") {
        return;
    }
    let script = Command::new("script").arg("--version").output();
    if script.is_err() {
        let skipped =
            b"skipped: no `script`, which makes a terminal (the_view_shows_alerts_and_leaves_the_terminal_as_it_was)\n";
        std::io::stderr().write_all(skipped).unwrap();
        return;
    }
    let folder = Folder::new("tui");
    let (stop, log) = (folder.path("stop"), folder.path("alerts.log"));
    std::fs::write(folder.path("mark"), "").unwrap();
    std::fs::write(folder.path("rules.yaml"), rule("Marked", "evt.type in (open, openat) and fd.filename=mark"))
        .unwrap();
    let run = format!(
        "stty rows 30 cols 120; stty -g; '{}' run --live --tui --watch -r rules.yaml -o stdout -o file:'{log}'; stty -g",
        env!("CARGO_BIN_EXE_falco-rs")
    );
    let mut terminal = Command::new("script");
    terminal.args(["-qec", &run, "/dev/null"]).current_dir(folder.path("")).env("TERM", "xterm");
    let mut terminal = terminal.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut busy = Command::new("sh").args(["-c", BUSY]).current_dir(folder.path("")).spawn().unwrap();

    let mut out = BufReader::new(terminal.stdout.take().unwrap());
    let mut seen = Vec::new();
    let mut until = |what: &str| {
        let mut screen = seen.split_off(0);
        while !String::from_utf8_lossy(&screen).contains(what) {
            let chunk = out.fill_buf().unwrap();
            assert!(!chunk.is_empty(), "the view ended before {what:?}: {}", String::from_utf8_lossy(&screen));
            let len = chunk.len();
            screen.extend_from_slice(chunk);
            out.consume(len);
        }
        String::from_utf8_lossy(&screen).into_owned()
    };
    let before = until("\u{1b}[?1049h");
    until("Notice Marked open");
    std::fs::write(folder.path("rules.yaml"), "- rule: [").unwrap();
    until("rules.yaml:1: ");
    terminal.stdin.as_mut().unwrap().write_all(b"q").unwrap();
    let after = until("Marked: ");
    assert!(after.contains("\u{1b}[?1049l"), "the other screen is left: {after:?}");
    let modes = |text: &str| text.lines().find(|line| line.matches(':').count() > 10).map(|l| l.trim().to_owned());
    let rest = std::io::read_to_string(&mut out).unwrap();
    assert_eq!(modes(&before).unwrap(), modes(&rest).unwrap(), "the terminal's modes");
    assert!(terminal.wait().unwrap().success());
    std::fs::write(stop, "").unwrap();
    busy.wait().unwrap();
    let logged = std::fs::read_to_string(log).unwrap();
    assert!(logged.contains("Notice Marked open"), "{logged}");
}

#[test]
fn the_view_wants_a_terminal_and_a_live_run() {
    let folder = Folder::new("no-tui");
    let rules = folder.path("rules.yaml");
    let failed = |args: &[&str]| {
        let output = binary().args(args).stdin(Stdio::null()).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(failed(&["run", "-r", &rules, "--capture", "x", "--tui"]).contains("cannot be used with '--tui'"));
    assert!(failed(&["run", "-r", &rules, "--capture", "x", "--watch"]).contains("cannot be used with '--watch'"));
    if works("the_view_wants_a_terminal_and_a_live_run") {
        assert!(failed(&["run", "--live", "-r", &rules, "--tui", "--duration", "1s"]).contains("needs a terminal"));
    }
}
