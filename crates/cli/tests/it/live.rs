//! The running kernel: alerts, recordings, and what they have in common. Where the probe cannot run, each test says so and returns.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

const RULES: &str = r#"
- rule: Read shadow
  desc: a file of secrets is opened
  condition: evt.type in (open, openat, openat2) and evt.is_open_read=true and fd.name=/etc/shadow
  output: opened (proc=%proc.name cmd=%proc.cmdline parent=%proc.pname up=%proc.aname[2] user=%user.name fd=%fd.name res=%evt.res)
  priority: WARNING
- rule: Shell
  desc: a shell is started
  condition: evt.type in (execve, execveat) and evt.res=SUCCESS and proc.name in (sh, bash, dash)
  output: shell (cmd=%proc.cmdline exe=%proc.exe path=%proc.exepath cwd=%proc.cwd tty=%proc.tty)
  priority: NOTICE
- rule: Connection
  desc: somebody connects
  condition: evt.type=connect and fd.l4proto=tcp
  output: connection (%evt.type %fd.rip %fd.rport %evt.res)
  priority: NOTICE
"#;

pub const COMMAND: [&str; 3] =
    ["sh", "-c", "cd /; cat /etc/shadow > /dev/null; sh -c ':'; cat /etc/shadow-is-not-here; true"];

pub fn binary() -> Command {
    Command::new(env!("CARGO_BIN_EXE_falco-rs"))
}

/// Whether the probe works here; says what is missing otherwise.
pub fn works(test: &str) -> bool {
    let output = binary().args(["doctor", "--json"]).output().unwrap();
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    if report["live"] == true {
        assert!(output.status.success());
        return true;
    }
    assert_eq!(output.status.code(), Some(1), "something missing is a finding");
    let missing = report["checks"].as_array().unwrap().iter().find(|c| c["ok"] == false).unwrap();
    let why = format!("skipped: no live probe, {}: {} ({test})\n", missing["name"], missing["found"]);
    std::io::stderr().write_all(why.as_bytes()).unwrap();
    false
}

pub struct Folder(PathBuf);

impl Folder {
    pub fn new(test: &str) -> Self {
        let path = std::env::temp_dir().join(format!("falco-rs-live-{test}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir(&path).unwrap();
        std::fs::write(path.join("rules.yaml"), RULES).unwrap();
        Self(path)
    }

    pub fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[track_caller]
pub fn clean(output: &Output) -> String {
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{err}");
    assert!(!err.contains("lost"), "{err}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// The alerts without their times.
pub fn alerts(text: &str) -> Vec<&str> {
    text.lines().map(|l| l.split_once(": ").unwrap().1).collect()
}

#[test]
fn a_duration_ends_however_fast_events_come() {
    if !works("a_duration_ends_however_fast_events_come") {
        return;
    }
    let folder = Folder::new("flood");
    let rules = folder.path("flood.yaml");
    let rule = "- rule: R\n  desc: d\n  condition: evt.type in (read, write) and proc.name = nobody\n  output: o\n  priority: INFO\n";
    std::fs::write(&rules, rule).unwrap();
    let mut flood = Command::new("timeout")
        .args(["60", "dd", "if=/dev/zero", "of=/dev/null", "bs=1"])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let output = binary().args(["run", "--live", "-r", &rules, "--duration", "1s"]).output().unwrap();
    // Not the end of the flood was the end.
    let going_on = flood.try_wait().unwrap().is_none();
    Command::new("kill").arg(flood.id().to_string()).status().unwrap();
    flood.wait().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(going_on);
}

#[test]
fn live_and_replayed_alerts_are_the_same() {
    if !works("live_and_replayed_alerts_are_the_same") {
        return;
    }
    let folder = Folder::new("same");
    let (rules, capture) = (folder.path("rules.yaml"), folder.path("x.scap"));
    let live = binary().args(["run", "--live", "-r", &rules, "--"]).args(COMMAND).output().unwrap();
    let live = clean(&live);
    let recorded = binary().args(["record", "-o", &capture, "--"]).args(COMMAND).output().unwrap();
    clean(&recorded);
    let replayed = clean(&binary().args(["run", "-r", &rules, "--capture", &capture]).output().unwrap());
    assert_eq!(alerts(&live), alerts(&replayed));
    let [shell, shadow, inner] = alerts(&live)[..] else { panic!("{live}") };
    assert!(shell.starts_with("Notice shell (cmd=sh -c cd /; cat"), "{shell}");
    assert_eq!(
        shadow,
        "Warning opened (proc=cat cmd=cat /etc/shadow parent=sh up=falco-rs user=root fd=/etc/shadow res=SUCCESS)"
    );
    let shell = std::fs::canonicalize("/bin/sh").unwrap();
    assert!(inner.starts_with(&format!("Notice shell (cmd=sh -c : exe=sh path={} cwd=/ ", shell.display())), "{inner}");

    let format = "%evt.num %evt.type %proc.name %evt.res %evt.arg.name";
    let filter = "evt.type=openat and evt.arg.name startswith /etc/shadow";
    let read = clean(&binary().args(["read", &capture, filter, "-p", format]).output().unwrap());
    let lines: Vec<_> = read.lines().map(|l| l.split_once(' ').unwrap().1).collect();
    assert_eq!(lines, ["openat cat SUCCESS /etc/shadow", "openat cat ENOENT /etc/shadow-is-not-here"]);
}

#[test]
fn a_filtered_recording_keeps_what_the_state_needs() {
    if !works("a_filtered_recording_keeps_what_the_state_needs") {
        return;
    }
    let folder = Folder::new("filter");
    let (rules, capture) = (folder.path("rules.yaml"), folder.path("x.scap"));
    let filter = "evt.type=openat and fd.name=/etc/shadow";
    let recorded =
        binary().args(["record", "-o", &capture, "--filter", filter, "--plain", "--"]).args(COMMAND).output();
    clean(&recorded.unwrap());
    let replayed = clean(&binary().args(["run", "-r", &rules, "--capture", &capture]).output().unwrap());
    let expected =
        "Warning opened (proc=cat cmd=cat /etc/shadow parent=sh up=falco-rs user=root fd=/etc/shadow res=SUCCESS)";
    assert_eq!(alerts(&replayed), [expected]);
    let read = clean(&binary().args(["read", &capture]).output().unwrap());
    assert_eq!(read.lines().count(), 1);
}

#[test]
fn alerts_come_at_once_and_an_interrupt_ends_it_well() {
    if !works("alerts_come_at_once_and_an_interrupt_ends_it_well") {
        return;
    }
    let folder = Folder::new("interrupt");
    let mut run = binary();
    run.args(["run", "--live", "-v", "-r", &folder.path("rules.yaml"), "--rule", "Read shadow"]);
    let mut run = run.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut err = BufReader::new(run.stderr.take().unwrap()).lines();
    assert!(err.next().unwrap().unwrap().starts_with("watching"));
    // A copy of `cat`, so that nobody else's reading is taken for ours.
    let reader = folder.path("our-own-cat");
    std::fs::copy("/bin/cat", &reader).unwrap();
    Command::new(&reader).arg("/etc/shadow").stdout(Stdio::null()).status().unwrap();
    let done = Instant::now();
    let mut out = BufReader::new(run.stdout.take().unwrap()).lines();
    let alert = out.find_map(|line| Some(line.unwrap()).filter(|l| l.contains("proc=our-own-cat"))).unwrap();
    assert!(done.elapsed() < Duration::from_secs(1), "{:?}", done.elapsed());
    assert!(alert.contains("Warning opened"), "{alert}");

    let pid = run.id().to_string();
    assert!(Command::new("sh").args(["-c", &format!("kill -INT {pid}")]).status().unwrap().success());
    let asked = Instant::now();
    assert!(run.wait().unwrap().success());
    assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
    let rest: Vec<String> = err.map(Result::unwrap).collect();
    assert!(rest.iter().any(|l| l.contains("0 lost")), "{rest:?}");
}

#[test]
fn one_process_and_what_it_starts() {
    if !works("one_process_and_what_it_starts") {
        return;
    }
    let folder = Folder::new("pid");
    let mut shell = Command::new("sh").stdin(Stdio::piped()).spawn().unwrap();
    let mut run = binary();
    run.args(["run", "--live", "-v", "-r", &folder.path("rules.yaml"), "--rule", "Read shadow"]);
    run.args(["--pid", &shell.id().to_string(), "-n", "1000000"]);
    let mut run = run.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut err = BufReader::new(run.stderr.take().unwrap()).lines();
    assert!(err.next().unwrap().unwrap().starts_with("watching"));
    // Somebody else's reading does not count.
    Command::new("cat").arg("/etc/shadow").stdout(Stdio::null()).status().unwrap();
    shell.stdin.take().unwrap().write_all(b"(cat /etc/shadow > /dev/null)\n").unwrap();
    shell.wait().unwrap();
    let pid = run.id().to_string();
    assert!(Command::new("sh").args(["-c", &format!("kill -TERM {pid}")]).status().unwrap().success());
    let output = run.wait_with_output().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let [alert] = alerts(&text)[..] else { panic!("{text}") };
    assert!(alert.starts_with("Warning opened (proc=cat cmd=cat /etc/shadow parent=sh "), "{alert}");
}

#[test]
fn sysdig_reads_a_recording() {
    if !works("sysdig_reads_a_recording") {
        return;
    }
    if Command::new("sysdig").arg("--version").output().is_err() {
        std::io::stderr().write_all(b"skipped: sysdig is not installed (sysdig_reads_a_recording)\n").unwrap();
        return;
    }
    let folder = Folder::new("sysdig");
    let capture = folder.path("x.scap");
    clean(&binary().args(["record", "-o", &capture, "--"]).args(COMMAND).output().unwrap());
    let filter = "evt.type=openat and evt.arg.name=/etc/shadow";
    let format = "%evt.type %proc.name %evt.arg.name";
    let read = Command::new("sysdig").args(["-r", &capture, "-p", format, filter]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&read.stdout), "openat cat /etc/shadow\n", "{read:?}");
}

#[test]
fn what_does_not_go_is_told() {
    let folder = Folder::new("wrong");
    let rules = folder.path("rules.yaml");
    let failed = |args: &[&str]| {
        let output = binary().args(args).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(failed(&["run", "--live", "-r", &rules, "--duration", "5 years"]).contains("no unit"));
    assert!(failed(&["run", "--live", "-r", &rules, "--capture", "x"]).contains("cannot be used with"));
    assert!(failed(&["record", "-o", "/nowhere/x.scap", "--", "true"]).contains("/nowhere/x.scap"));
    if works("what_does_not_go_is_told") {
        let none = failed(&["run", "--live", "-r", &rules, "--", "/nowhere/command"]);
        assert!(none.contains("cannot start `/nowhere/command`: no such file or directory"), "{none}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_snapshot_shows_the_one_who_asks() {
    let output = binary().args(["snapshot", "--json"]).env("SNAPSHOT_TEST", "a b").output().unwrap();
    let picture: serde_json::Value = serde_json::from_str(&clean(&output)).unwrap();
    let threads = picture["threads"].as_array().unwrap();
    let own = threads.iter().find(|t| t["args"].as_array().is_some_and(|a| a.iter().any(|a| a == "snapshot"))).unwrap();
    assert_eq!(own["comm"], "falco-rs");
    assert!(own["env"].as_array().unwrap().iter().any(|e| e == "SNAPSHOT_TEST=a b"));
    assert_eq!(own["ptid"], std::process::id());
}
