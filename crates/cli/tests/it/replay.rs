//! `run` and `read` on captures: threads, places for alerts, switches, statistics.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, channel};

use serde_json::Value;

use crate::commands::check;
use crate::shared;

const CAPTURE: &str = "testdata/captures/intrusion.scap";
const RUN: [&str; 5] = ["run", "-r", "rules", "--capture", CAPTURE];

/// `RUN` and more.
fn run(more: &[&str]) -> (String, String) {
    check(&[&RUN[..], more].concat(), 0)
}

/// A file of this test that is gone afterwards.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        Self(std::env::temp_dir().join(format!("falco-rs-{}-{name}", std::process::id())))
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }

    fn text(&self) -> String {
        std::fs::read_to_string(&self.0).unwrap()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn jobs_change_nothing() {
    for more in [&["--json"][..], &["--rule-matching", "all"], &["-n", "30", "-v"], &["-n", "0"]] {
        let one = run(more);
        for jobs in ["2", "3", "0"] {
            assert_eq!(one, run(&[more, &["--jobs", jobs]].concat()), "{more:?}, {jobs} jobs");
        }
    }
    for more in [&[][..], &["-n", "7"], &["-n", "0"], &["evt.type = openat", "-p", "%fd.name", "--json"]] {
        let read = |jobs| check(&[&["read", CAPTURE, "--jobs", jobs][..], more].concat(), 0);
        let one = read("1");
        for jobs in ["2", "5"] {
            assert_eq!(one, read(jobs), "{more:?}, {jobs} jobs");
        }
    }
}

#[test]
fn captures_side_by_side_come_out_in_their_order() {
    let whole = std::fs::read(crate::repository().join(CAPTURE)).unwrap();
    let damaged = Scratch::new("damaged.scap");
    std::fs::write(&damaged.0, &whole[..whole.len() - 200]).unwrap();
    let args = ["run", "-r", "rules", "-v"];
    for (captures, status) in [
        (vec![CAPTURE; 5], 0),
        (vec![CAPTURE, damaged.path(), CAPTURE], 2),
        (vec![CAPTURE, "testdata/nothing.scap", CAPTURE], 2),
    ] {
        let mut args = args.to_vec();
        captures.iter().for_each(|capture| args.extend(["--capture", capture]));
        let one = check(&args, status);
        assert_eq!(one.1.contains("error: "), status == 2, "{}", one.1);
        for jobs in ["2", "4", "12"] {
            assert_eq!(one, check(&[&args[..], &["--jobs", jobs]].concat(), status), "{captures:?}, {jobs} jobs");
        }
    }
}

#[test]
fn jobs_change_nothing_under_the_official_rules() {
    let (Some(rules), Some(capture)) = (shared("corpus/falco"), shared("expected/modern/workload.scap")) else {
        return;
    };
    let args = ["run", "-r", rules.to_str().unwrap(), "--capture", capture.to_str().unwrap(), "--rule-matching", "all"];
    let one = check(&[&args[..], &["--json", "--jobs", "1"]].concat(), 0);
    assert!(!one.0.is_empty());
    for jobs in ["2", "4"] {
        assert_eq!(one, check(&[&args[..], &["--json", "--jobs", jobs]].concat(), 0));
    }
}

#[test]
fn jobs_change_nothing_on_any_capture() {
    let Some(rules) = shared("expected/alerts/rules.yaml") else { return };
    let folders = ["captures", "expected/synth", "expected/modern"].map(|folder| shared(folder).unwrap());
    let files = folders.iter().flat_map(|folder| std::fs::read_dir(folder).unwrap()).map(|entry| entry.unwrap().path());
    let mut files: Vec<String> = files
        .filter(|file| file.extension().is_some_and(|e| e == "scap"))
        .map(|file| file.to_str().unwrap().to_owned())
        .collect();
    files.sort();
    assert!(files.len() > 8, "{files:?}");
    let mut args = vec!["run", "-r", rules.to_str().unwrap(), "--rule-matching", "all", "--json", "-v"];
    files.iter().for_each(|file| args.extend(["--capture", file]));
    let one = check(&args, 0);
    assert!(one.0.lines().count() > 500, "{}", one.0.lines().count());
    for jobs in ["2", "5", "40"] {
        assert_eq!(one, check(&[&args[..], &["--jobs", jobs]].concat(), 0), "{jobs} jobs");
    }
}

#[test]
fn a_pipe_gets_no_progress() {
    let (_, err) = run(&[]);
    assert!(!err.contains('\r') && !err.contains('\x1b') && !err.contains("left"), "{err:?}");
    assert_eq!(run(&["-q"]).1, "");
}

#[test]
fn switches_choose_the_properties_of_json_alerts() {
    let keys = |more: &[&str]| -> Vec<String> {
        let (out, _) = run(&[&["--json"], more].concat());
        let alert: Value = serde_json::from_str(out.lines().next().unwrap()).unwrap();
        alert.as_object().unwrap().keys().cloned().collect()
    };
    let always = ["hostname", "priority", "rule", "source", "time"];
    let with = |more: &[&str]| {
        let mut all: Vec<String> = always.iter().chain(more).map(|&key| key.into()).collect();
        all.sort();
        all
    };
    assert_eq!(keys(&[]), with(&["output", "output_fields", "tags"]));
    assert_eq!(keys(&["--json-include-output-property", "false"]), with(&["output_fields", "tags"]));
    assert_eq!(keys(&["--json-include-tags-property=false"]), with(&["output", "output_fields"]));
    assert_eq!(keys(&["--json-include-output-fields-property", "false"]), with(&["output", "tags"]));
    let all = ["message", "output", "output_fields", "tags"];
    assert_eq!(keys(&["--json-include-message-property", "true"]), with(&all));
}

#[test]
fn a_priority_leaves_out_what_is_less_urgent() {
    let priorities = |more: &[&str]| -> Vec<String> {
        let (out, _) = run(&[&["--json"], more].concat());
        let alerts = out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        alerts.map(|alert| alert["priority"].as_str().unwrap().to_owned()).collect()
    };
    let all = priorities(&[]);
    let critical = priorities(&["--priority", "CRITICAL"]);
    assert!(all.len() > critical.len() && critical.len() == 2, "{all:?}");
    assert!(critical.iter().all(|p| p == "Critical"), "{critical:?}");
    assert_eq!(priorities(&["--priority", "debug"]), all);
    let (_, err) = check(&[&RUN[..], &["--priority", "loud"]].concat(), 2);
    assert!(err.contains("no such priority; there are emergency, alert, critical"), "{err}");
}

#[test]
fn additions_to_outputs_have_conditions() {
    let (plain, _) = run(&["--json"]);
    let rules = plain.lines().map(|l| serde_json::from_str::<Value>(l).unwrap()["rule"].as_str().unwrap().to_owned());
    let rule = rules.collect::<Vec<_>>()[0].clone();
    let entry = format!(
        r#"{{"match": {{"rule": "{rule}"}}, "extra_output": "pid=%proc.pid", "extra_fields": ["proc.ppid", {{"who": "<%proc.name>"}}]}}"#
    );
    let (out, _) = run(&["--json", "--append-output", &entry, "--append-output", "seen=%evt.num"]);
    for line in out.lines() {
        let alert: Value = serde_json::from_str(line).unwrap();
        let (output, fields) = (alert["output"].as_str().unwrap(), &alert["output_fields"]);
        assert!(output.contains(" seen="), "{output}");
        let matches = alert["rule"] == rule.as_str();
        assert_eq!(output.contains(" pid="), matches, "{output}");
        assert_eq!(fields["proc.ppid"].is_u64() || fields["proc.ppid"].is_i64(), matches, "{fields}");
        assert_eq!(fields["who"].is_string(), matches, "{fields}");
    }
    let (out, _) = run(&["--append-output", r#"{"suggested_output": true}"#]);
    assert!(out.lines().all(|line| line.contains(" container_id=")), "{out}");
    let (_, err) = check(&[&RUN[..], &["--append-output", r#"{"extra": 1}"#]].concat(), 2);
    assert!(err.contains("no `extra`"), "{err}");
}

#[test]
fn alerts_go_to_files_and_programs() {
    let (text, _) = run(&[]);
    let (file, copy) = (Scratch::new("alerts"), Scratch::new("copy"));
    std::fs::write(&file.0, "before\n").unwrap();
    let (to_file, to_program) = (format!("file:{}", file.path()), format!("program:cat > {}", copy.path()));
    let (out, _) = run(&["--output", &to_file, "-o", &to_program]);
    assert_eq!(out, "", "standard output was not asked for");
    assert_eq!((file.text(), copy.text()), (format!("before\n{text}"), text.clone()));
    let (out, _) = run(&["--output", &to_file, "-o", "stdout"]);
    assert_eq!((out, file.text()), (text.clone(), format!("before\n{text}{text}")));

    let fails = |place: &str| check(&[&RUN[..], &["--output", place]].concat(), 2).1;
    assert!(fails("nowhere").contains("`nowhere` is no place for alerts"));
    assert!(fails("file:").contains("is no place for alerts"));
    assert!(fails("file:testdata").contains("cannot write alerts to `file:testdata`"));
    let err = fails("program:cat > /dev/null; exit 3");
    assert!(err.contains("ended with exit status: 3"), "{err}");
    assert!(fails("http://").contains("`http://` is no URL"));
}

/// A server that answers every request with the status and passes on head and body.
fn server(status: &'static str) -> (String, Receiver<(String, String)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/in", listener.local_addr().unwrap());
    let (send, requests) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            loop {
                let mut head = String::new();
                while !head.ends_with("\r\n\r\n") && stream.read_line(&mut head).unwrap_or(0) > 0 {}
                let length =
                    head.lines().find_map(|l| l.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
                let Some(length) = length else { break };
                let mut body = vec![0; length];
                stream.read_exact(&mut body).unwrap();
                let _ = send.send((head, String::from_utf8(body).unwrap()));
                write!(stream.get_mut(), "HTTP/1.1 {status}\r\nContent-Length: 2\r\n\r\nok").unwrap();
            }
        }
    });
    (url, requests)
}

#[test]
fn alerts_are_posted_one_by_one() {
    for (more, content) in [(&["--json"][..], "application/json"), (&[], "text/plain")] {
        let (text, _) = run(more);
        let (url, requests) = server("200 OK");
        let (out, _) = run(&[more, &["--output", &url, "--jobs", "2"]].concat());
        assert_eq!(out, "");
        let requests: Vec<_> = requests.try_iter().collect();
        assert_eq!(
            requests.iter().map(|(_, body)| body.as_str()).collect::<Vec<_>>(),
            text.lines().collect::<Vec<_>>()
        );
        for (head, _) in requests {
            let head = head.to_ascii_lowercase();
            assert!(head.starts_with("post /in http/1.1\r\n"), "{head}");
            assert!(head.contains(&format!("content-type: {content}\r\n")), "{head}");
            assert!(head.contains("user-agent: falco-rs/"), "{head}");
        }
    }
}

#[test]
fn alerts_that_do_not_arrive_are_counted() {
    let (url, _requests) = server("403 Forbidden");
    let (out, err) = check(&[&RUN[..], &["--output", &url, "--output", "stdout"]].concat(), 2);
    assert_eq!(out.lines().count(), 10);
    assert!(err.contains(&format!("error: 10 of 10 alerts did not reach `{url}`: the server answers 403")), "{err}");
    assert!(err.contains("Events detected: 10"), "{err}");
}

#[test]
fn statistics_count_what_came_and_what_became_of_it() {
    let (out, err) = run(&["--stats"]);
    assert_eq!(out, run(&[]).0);
    let opened = check(&["read", CAPTURE, "evt.type = openat"], 0).0.lines().count();
    let opened = format!("\n      openat: {opened}\n");
    for part in ["Statistics:\n   time: ", "events: 43 judged", "10 alerts", "dropped: none", &opened] {
        assert!(err.contains(part), "{part}: {err}");
    }
    let document = |jobs: &str| -> Value {
        let (_, err) = run(&["--stats=json", "-q", "--jobs", jobs]);
        serde_json::from_str(&err).unwrap()
    };
    let (one, two) = (document("1"), document("2"));
    assert_eq!((&one["version"], &one["events"], &one["alerts"]), (&1.into(), &43.into(), &10.into()));
    assert!(one["input"]["bytes"].as_u64().unwrap() > 4000 && one["events_per_second"].as_u64().unwrap() > 0);
    let total: u64 = one["rules"]["alerts"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum();
    assert_eq!(total, 10);
    for key in ["events", "alerts", "rules", "threads", "dropped", "kinds"] {
        assert_eq!(one[key], two[key], "{key}");
    }
    let (_, err) = check(&[&RUN[..], &["--stats=xml"]].concat(), 2);
    assert!(err.contains("text") && err.contains("json"), "{err}");
}

#[test]
fn profiles_rank_rules_and_comparisons() {
    let (out, err) = run(&["--profile", "-q"]);
    assert_eq!(out, run(&[]).0, "the same alerts");
    assert!(err.starts_with("Profile: 43 events, ") && err.contains("looked at    matched  rule\n"), "{err}");
    assert!(err.contains("true   rules  comparison\n"), "{err}");

    let graph = Scratch::new("profile.svg");
    let args = ["--profile", "--profile-format", "json", "-q", "--flamegraph", graph.path()];
    for jobs in ["1", "3"] {
        let (_, err) = run(&[&args[..], &["--jobs", jobs]].concat());
        let profile: Value = serde_json::from_str(&err).unwrap();
        assert_eq!(profile["events"], 43);
        let rules = profile["rules"].as_array().unwrap();
        let matched: u64 = rules.iter().map(|rule| rule["matched"].as_u64().unwrap()).sum();
        assert_eq!(matched, 10, "{profile}");
        let times = |list: &str| -> Vec<u64> {
            profile[list].as_array().unwrap().iter().map(|entry| entry["time_ns"].as_u64().unwrap()).collect()
        };
        for list in ["rules", "atoms"] {
            assert!(times(list).len() > 3 && times(list).is_sorted_by(|a, b| a >= b), "{list}: {profile}");
        }
        let svg = graph.text();
        assert!(svg.starts_with("<?xml") && svg.contains("Rules and comparisons"), "{svg}");
        // A rule that took time is a frame.
        let costly = rules.iter().find(|rule| rule["time_ns"].as_u64().unwrap() > 0);
        let name = costly.and_then(|rule| rule["rule"].as_str()).unwrap();
        assert!(svg.contains(name), "{name}");
    }
    // Without `--profile` nothing is printed.
    assert_eq!(run(&["-q", "--flamegraph", graph.path()]).1, "");
}

#[test]
fn wrongly_paired_events_can_be_passed_over() {
    let Some(capture) = shared("expected/corrupt/concat_self.scap") else { return };
    let capture = capture.to_str().unwrap();
    for jobs in ["1", "3"] {
        let (some, err) = check(&["read", capture, "--jobs", jobs], 2);
        assert!(err.contains("is not the right one"), "{err}");
        let (all, _) = check(&["read", capture, "--lenient", "--jobs", jobs], 0);
        assert!(all.starts_with(&some) && all.len() > some.len());
    }
}
