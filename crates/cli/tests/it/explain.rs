//! `explain`: an event, the nearest misses, both forms.

use serde_json::Value;

use crate::commands::check;

const CAPTURE: &str = "testdata/captures/intrusion.scap";

fn explain(rule: &str, more: &[&str]) -> String {
    check(&[&["explain", "-r", "rules", "--rule", rule, "--capture", CAPTURE], more].concat(), 0).0
}

#[test]
fn a_near_miss_says_what_would_have_matched() {
    let text = explain("Shell talks to the network", &["-n", "1"]);
    let wanted = [
        "43 events, 4 of kinds that it can match; 1 matched",
        "event 39 (execve) matches",
        "event 5 (execve) does not match, 2 comparisons away",
        "(2 more events were kept from matching by the same comparisons)",
        "├─ ✓ program_started: and",
        "needs one of ipv4, ipv6",
        "at execution.yaml:32: proc.stdin.type in (ipv4, ipv6)",
    ];
    for wanted in wanted {
        assert!(text.contains(wanted), "{wanted}\n{text}");
    }
    let wide = text.lines().find(|line| line.chars().count() > 80);
    assert_eq!(wide, None);
}

#[test]
fn the_document_has_values_truth_and_places() {
    let document: Value = serde_json::from_str(&explain("Password store read", &["--event", "20", "--json"])).unwrap();
    assert_eq!((&document["matches"], &document["distance"]), (&true.into(), &0.into()));
    assert_eq!(document["event"]["type"], "openat");
    let parts = document["condition"]["children"].as_array().unwrap();
    assert_eq!(parts[0]["macros"][0], "file_opened_for_reading");
    assert_eq!((&parts[1]["value"], &parts[1]["truth"]), (&"\"/etc/shadow\"".into(), &"true".into()));
    assert_eq!(parts[1]["written"]["text"], "fd.name in (password_stores)");
    let rules = std::fs::read_to_string(crate::repository().join("rules/credentials.yaml")).unwrap();
    let line = rules.lines().position(|line| line.contains("fd.name in (password_stores)")).unwrap() + 1;
    assert_eq!(parts[1]["written"]["range"]["start"]["line"], line);

    let document: Value = serde_json::from_str(&explain("Password store read", &["--json"])).unwrap();
    assert_eq!((&document["events"], &document["matched"]), (&43.into(), &1.into()));
    let distances: Vec<u64> =
        document["misses"].as_array().unwrap().iter().map(|miss| miss["distance"].as_u64().unwrap()).collect();
    assert_eq!(distances, [1, 2, 2]);
}

#[test]
fn mistakes_are_told() {
    let args = ["explain", "-r", "rules", "--capture", CAPTURE, "--rule"];
    let (_, error) = check(&[&args[..], &["Password store raed"]].concat(), 2);
    assert!(error.contains("did you mean `Password store read`?"), "{error}");
    let (_, error) = check(&[&args[..], &["Password store read", "--event", "4711"]].concat(), 2);
    assert!(error.contains("there is no event 4711"), "{error}");
}
