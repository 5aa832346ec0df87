//! `expand` and `graph`.

use serde_json::Value;

use crate::commands::check;

#[test]
fn a_rule_is_expanded() {
    let args = ["expand", "--color", "never", "-r", "rules", "Shell talks to the network"];
    let (out, _) = check(&args, 0);
    assert!(out.starts_with("Shell talks to the network  rule at rules/"), "{out}");
    assert!(out.lines().all(|line| line.len() <= 80 || line.contains('%')), "{out}");
    // Macros and lists are opened.
    assert!(out.contains("proc.name in (") && out.contains("bash"), "{out}");
    let (out, _) = check(&["expand", "--json", "-r", "rules"], 0);
    let all: Value = serde_json::from_str(&out).unwrap();
    let items = all["items"].as_array().unwrap();
    assert!(items.iter().all(|item| item["condition"].is_string() && item["events"].is_array()), "{out}");
    let (_, err) = check(&["expand", "-r", "rules", "Shell talks to the netwerk"], 2);
    assert!(err.contains("did you mean `Shell talks to the network`?"), "{err}");
}

#[test]
fn what_does_not_compile_says_so() {
    let (out, _) = check(&["expand", "-r", "testdata/broken/unknown_field.yaml"], 1);
    assert!(out.contains("does not compile"), "{out}");
}

#[test]
fn a_graph_is_dot_or_json() {
    let (out, _) = check(&["graph", "rules", "--format", "json"], 0);
    let graph: Value = serde_json::from_str(&out).unwrap();
    let (nodes, edges) = (graph["nodes"].as_array().unwrap(), graph["edges"].as_array().unwrap());
    assert!(nodes.iter().all(|node| node["line"].as_u64() > Some(0)), "{out}");
    let (dot, _) = check(&["graph", "rules"], 0);
    assert_eq!(dot.matches(" -> ").count(), edges.len());
    assert_eq!(dot.matches("shape=").count(), nodes.len());
    let (part, _) = check(&["graph", "rules", "--of", "Shell talks to the network"], 0);
    assert!(part.matches("shape=").count() < nodes.len() && part.contains("Shell talks to the network"), "{part}");
    check(&["graph", "rules", "--of", "nothing like it"], 2);
}

#[test]
fn a_page_about_rules_has_every_rule_with_its_links() {
    let (markdown, _) = check(&["docs", "--rules", "rules"], 0);
    let (json, _) = check(&["expand", "--json", "-r", "rules"], 0);
    let all: Value = serde_json::from_str(&json).unwrap();
    let names: Vec<&str> = all["items"].as_array().unwrap().iter().map(|i| i["name"].as_str().unwrap()).collect();
    for name in &names {
        assert!(markdown.contains(&format!("\n## {name}\n")), "{name}");
    }
    assert!(markdown.contains("(https://attack.mitre.org/techniques/T"), "{markdown}");
    let (tested, _) = check(&["docs", "--rules", "rules", "--tests", "rules"], 0);
    assert!(tested.matches("**Coverage by tests**").count() >= names.len() && tested.contains("(passes)"), "{tested}");
    assert!(!tested.contains("(fails)"), "{tested}");
    let file = std::env::temp_dir().join(format!("falco-rs-page-{}.html", std::process::id()));
    let (out, _) = check(&["docs", "-r", "rules", "--format", "html", "-o", file.to_str().unwrap()], 0);
    assert_eq!(out, "");
    let html = std::fs::read_to_string(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    assert_eq!(html.matches("<article ").count(), names.len());
    // Every link inside the page leads somewhere, and nothing is fetched from elsewhere.
    for link in html.split("href=\"#").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert!(html.contains(&format!("<article id=\"{link}\"")), "{link}");
    }
    assert!(!html.contains(" src=") && !html.contains("<link"));
    let (_, err) = check(&["docs", "duplicate-key", "--rules", "rules"], 2);
    assert!(err.contains("cannot be used with"), "{err}");
}
