//! Recordings: those that rotate, and those that an alert begins, from captures and from the running kernel.

use std::path::PathBuf;
use std::process::Command;

use crate::commands::check;
use crate::live::{COMMAND, Folder, alerts, binary, clean, works};

const CAPTURE: &str = "testdata/captures/intrusion.scap";

/// What an event says and what is known of who did it, without the event's number.
const FORMAT: &str = "*%evt.rawtime %evt.type %evt.args %proc.cmdline %proc.exepath %proc.cwd %proc.aname[1] %proc.aname[2] %user.name \
                      %group.name %fd.name %fd.typechar %proc.tty %proc.sid";

/// The lines of a capture.
fn read(capture: &str) -> Vec<String> {
    let (lines, _) = check(&["read", capture, "-p", FORMAT], 0);
    lines.lines().map(str::to_owned).collect()
}

fn files(folder: &Folder, beginning: &str) -> Vec<PathBuf> {
    let mut files: Vec<_> = std::fs::read_dir(folder.path("")).unwrap().map(|f| f.unwrap().path()).collect();
    files.retain(|f| f.file_name().unwrap().to_str().unwrap().starts_with(beginning));
    files.sort();
    files
}

const RULES: &str = "
- rule: Read shadow
  desc: a file of secrets is opened
  condition: evt.type in (open, openat, openat2) and fd.name=/etc/shadow
  output: opened %fd.name by %proc.cmdline
  priority: WARNING
  capture: true
  capture_duration: 1
";

/// Replays the demonstration with rules that record; the alerts and the recordings.
fn replayed(folder: &Folder, more: &[&str]) -> (String, Vec<PathBuf>) {
    std::fs::write(folder.path("capture.yaml"), RULES).unwrap();
    let (rules, prefix) = (folder.path("capture.yaml"), folder.path("alert"));
    let run = ["run", "-r", &rules, "--capture", CAPTURE, "--capture-on-alert", "--capture-path-prefix", &prefix];
    let (out, _) = check(&[&run[..], more].concat(), 0);
    (out, files(folder, "alert_"))
}

#[test]
fn a_rule_records_what_follows_its_alert() {
    let folder = Folder::new("replayed");
    let (alerts, files) = replayed(&folder, &[]);
    assert!(!alerts.is_empty());
    let whole = read(CAPTURE);
    for file in &files {
        let recorded = read(file.to_str().unwrap());
        let at = whole.iter().position(|line| *line == recorded[0]).unwrap();
        assert_eq!(recorded, whole[at..at + recorded.len()], "a recording is a piece of the whole");
        let name = file.file_stem().unwrap().to_str().unwrap();
        let (time, number) = (&name["alert_".len()..][..20], &name["alert_".len()..][21..]);
        assert_eq!(number.parse::<usize>().unwrap(), at + 1);
        assert_eq!(whole[at].split(' ').next().unwrap(), time.trim_start_matches('0'));
    }
    assert!(!files.is_empty());
}

#[test]
fn the_time_before_an_alert_is_there() {
    let (after, before) = (Folder::new("after"), Folder::new("before"));
    let (_, short) = replayed(&after, &[]);
    let (_, long) = replayed(&before, &["--capture-before", "1h"]);
    assert_eq!(short[0].file_name(), long[0].file_name());
    let (short, long) = (read(short[0].to_str().unwrap()), read(long[0].to_str().unwrap()));
    assert!(long.len() > short.len() && long.ends_with(&short));
    assert_eq!(long, read(CAPTURE)[..long.len()]);
}

#[test]
fn a_recording_that_is_too_large_is_told() {
    let folder = Folder::new("large");
    let (out, files) = replayed(&folder, &["--json", "--capture-max-file-size", "1"]);
    let told: Vec<serde_json::Value> = out.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let told = told.iter().find(|alert| alert["source"] == "internal").unwrap();
    assert_eq!(told["rule"], "Falco internal: capture size limit reached");
    assert_eq!(
        (&told["priority"], &told["output_fields"]["file"]),
        (&"Informational".into(), &files[0].to_str().unwrap().into())
    );
}

#[test]
fn falcos_settings_count() {
    let folder = Folder::new("settings");
    let config = folder.path("falco.yaml");
    let prefix = folder.path("own");
    let text = format!("capture:\n  enabled: true\n  path_prefix: {prefix}\n  mode: all_rules\n");
    std::fs::write(&config, text).unwrap();
    check(&["run", "-r", "rules", "--capture", CAPTURE, "-c", &config], 0);
    assert!(!files(&folder, "own_").is_empty());
    let (_, err) = check(&["run", "-r", "rules", "--capture", CAPTURE, "--capture-before", "1s"], 2);
    assert!(err.contains("--capture-on-alert"), "{err}");
    std::fs::write(&config, "capture: {mode: none}\n").unwrap();
    let (_, err) = check(&["run", "-r", "rules", "--capture", CAPTURE, "-c", &config], 2);
    assert!(err.contains("falco.yaml") && err.contains("unknown variant `none`"), "{err}");
}

/// What sysdig makes of a capture: events that satisfy a filter.
fn sysdig(capture: &str, filter: &str, test: &str) -> Option<Vec<String>> {
    if Command::new("sysdig").arg("--version").output().is_err() {
        let _ = std::io::Write::write_all(
            &mut std::io::stderr(),
            format!("skipped: sysdig is not installed ({test})\n").as_bytes(),
        );
        return None;
    }
    let format = "%evt.type %proc.name %evt.arg.name %proc.pname %user.name";
    let output = Command::new("sysdig").args(["-r", capture, "-p", format, filter]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    Some(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect())
}

#[test]
fn the_kernel_is_recorded_in_files_that_stand_alone() {
    let test = "the_kernel_is_recorded_in_files_that_stand_alone";
    if !works(test) {
        return;
    }
    let folder = Folder::new("rotated");
    let (output, rules) = (folder.path("x.scap"), folder.path("rules.yaml"));
    let script = "i=0; while [ $i -lt 8 ]; do cat /etc/shadow; sleep 0.1; i=$((i+1)); done";
    let record = ["record", "-o", &output, "--rotate-time", "200ms", "--", "sh", "-c", script];
    clean(&binary().args(record).output().unwrap());
    let files = files(&folder, "x_");
    assert!(files.len() > 2, "{files:?}");
    let mut raised = Vec::new();
    for file in &files {
        let run = ["run", "-r", &rules, "--rule", "Read shadow", "--capture", file.to_str().unwrap()];
        let text = clean(&binary().args(run).output().unwrap());
        raised.extend(alerts(&text).into_iter().map(str::to_owned));
    }
    let wanted =
        "Warning opened (proc=cat cmd=cat /etc/shadow parent=sh up=falco-rs user=root fd=/etc/shadow res=SUCCESS)";
    assert_eq!(raised, [wanted; 8]);
    let times: Vec<u64> = files.iter().flat_map(|f| read(f.to_str().unwrap())).map(|l| time(&l)).collect();
    assert!(times.is_sorted());
    let filter = "evt.type=openat and evt.arg.name=/etc/shadow";
    let opened = files.iter().map(|f| sysdig(f.to_str().unwrap(), filter, test)).collect::<Option<Vec<_>>>();
    if let Some(opened) = opened {
        assert_eq!(opened.concat(), ["openat cat /etc/shadow sh root"; 8]);
    }
}

fn time(line: &str) -> u64 {
    line.split(' ').next().unwrap().parse().unwrap()
}

#[test]
fn only_the_last_files_are_kept() {
    if !works("only_the_last_files_are_kept") {
        return;
    }
    let folder = Folder::new("kept");
    let output = folder.path("x.scap");
    let script = "i=0; while [ $i -lt 8 ]; do sleep 0.1; i=$((i+1)); done";
    let record = ["record", "-o", &output, "--rotate-time", "100ms", "--keep", "2", "--", "sh", "-c", script];
    let recorded = binary().args(record).output().unwrap();
    clean(&recorded);
    assert_eq!(files(&folder, "x_").len(), 2);
    assert!(String::from_utf8_lossy(&recorded.stderr).contains("files, the last of which is"));
    let (_, err) = check(&["record", "-o", &output, "--keep", "2", "--", "true"], 2);
    assert!(err.contains("--rotate-size"), "{err}");
}

#[test]
fn an_alert_records_the_kernel_before_and_after_it() {
    let test = "an_alert_records_the_kernel_before_and_after_it";
    if !works(test) {
        return;
    }
    let folder = Folder::new("kernel");
    std::fs::write(folder.path("capture.yaml"), RULES.replace("duration: 1", "duration: 60000")).unwrap();
    let (rules, prefix) = (folder.path("capture.yaml"), folder.path("alert"));
    let mut run = binary();
    run.args(["run", "--live", "-r", &rules, "--capture-on-alert", "--capture-path-prefix", &prefix]);
    let live = clean(&run.args(["--capture-before", "10s", "--"]).args(COMMAND).output().unwrap());
    let files = files(&folder, "alert_");
    let [file] = &files[..] else { panic!("{files:?}") };
    let file = file.to_str().unwrap();
    let again = clean(&binary().args(["run", "-r", &rules, "--capture", file]).output().unwrap());
    assert_eq!(live, again, "the recording raises the alert that began it");
    let (before, _) = check(
        &["read", file, "evt.type=execve and evt.res=SUCCESS and proc.args contains /etc/shadow", "-p", "%proc.name"],
        0,
    );
    assert_eq!(before.lines().next(), Some("sh"), "what led to it is there: {before}");
    let filter = "evt.type=openat and evt.arg.name=/etc/shadow";
    if let Some(opened) = sysdig(file, filter, test) {
        assert_eq!(opened, ["openat cat /etc/shadow sh root"]);
    }
}
