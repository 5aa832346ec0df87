//! Who may know whom: the manifests, held to docs/architecture.md.

use crate::repository;

/// From the bottom to the top; a crate may depend on those before it.
const ORDER: [&str; 12] =
    ["syntax", "catalog", "solver", "compiler", "scap", "engine", "record", "probe", "testkit", "ide", "lsp", "cli"];

fn manifest(name: &str) -> String {
    std::fs::read_to_string(repository().join(format!("crates/{name}/Cargo.toml"))).unwrap()
}

/// The dependencies that end up in the crate: not those of its tests and benchmarks.
fn dependencies(manifest: &str) -> Vec<&str> {
    let section = manifest.split("\n[dependencies]\n").nth(1).unwrap_or_default();
    let section = section.split("\n[").next().unwrap_or_default();
    section.lines().filter_map(|l| l.split(['.', '=', ' ']).next()).filter(|l| !l.is_empty()).collect()
}

#[test]
fn dependencies_run_one_way() {
    for (level, name) in ORDER.iter().enumerate() {
        let manifest = manifest(name);
        for dependency in dependencies(&manifest) {
            let Some(other) = dependency.strip_prefix("falco-") else { continue };
            let other_level = ORDER.iter().position(|n| *n == other).unwrap();
            assert!(other_level < level, "{name} must not depend on {other}");
        }
    }
    let crates = std::fs::read_dir(repository().join("crates")).unwrap().count();
    assert_eq!(crates, ORDER.len(), "a crate is missing here");
}

#[test]
fn what_each_crate_must_not_know() {
    let forbidden: [(&str, &[&str]); 9] = [
        ("syntax", &["falco-catalog", "tokio", "tower-lsp"]),
        ("catalog", &["falco-syntax", "rowan", "logos"]),
        ("solver", &["falco-syntax", "falco-catalog", "serde"]),
        ("compiler", &["falco-scap", "tokio", "tower-lsp"]),
        ("scap", &["falco-compiler", "falco-syntax"]),
        ("record", &["falco-syntax", "clap", "tokio", "libbpf-rs"]),
        ("probe", &["falco-compiler", "falco-syntax", "clap", "tokio"]),
        ("testkit", &["clap", "codespan-reporting", "tower-lsp"]),
        ("ide", &["lsp-types", "tower-lsp", "tokio", "ropey"]),
    ];
    for (name, others) in forbidden {
        let manifest = manifest(name);
        for dependency in dependencies(&manifest) {
            assert!(!others.contains(&dependency), "{name} must not depend on {dependency}");
        }
    }
}
