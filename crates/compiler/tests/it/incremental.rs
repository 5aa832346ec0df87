//! A cache changes nothing but the time.

use falco_compiler::{Cache, SourceFile, compile, compile_cached};

use crate::options;

const BASE: &str = "\
- list: shells
  items: [bash, zsh]
- macro: spawned
  condition: evt.type = execve
- rule: a
  desc: d
  condition: spawned and proc.name in (shells)
  output: x %proc.name
  priority: INFO
- rule: b
  desc: d
  condition: spawned and proc.nam = x
  output: x
  priority: INFO
";

const SECOND: &str = "\
- macro: spawned
  condition: and proc.pid > 1
  override: {condition: append}
- rule: a
  condition: and not fd.nam exists
  override: {condition: append}
- rule: c
  desc: d
  condition: spawned or evt.type = open
  output: y
  priority: INFO
";

#[test]
fn cached_compilations_equal_fresh_ones() {
    let mut cache = Cache::default();
    let mut base = BASE.to_owned();
    let edits: [(&str, &str); 9] = [
        ("proc.nam ", "proc.name "),
        ("[bash, zsh]", "[bash, 7]"),
        ("- rule: a", "# a comment\n- rule: a"),
        ("execve", "execvee"),
        ("execvee", "execve"),
        ("priority: INFO\n- rule: b", "priority: INFOO\n- rule: b"),
        ("INFOO", "INFO"),
        ("- macro: spawned\n  condition: evt.type = execve\n", ""),
        ("- list: shells", "- macro: spawned\n  condition: evt.type in (execve, execveat)\n- list: shells"),
    ];
    for (from, to) in edits {
        assert!(base.contains(from), "{from}");
        base = base.replacen(from, to, 1);
        let files = [SourceFile::new("base.yaml", &*base), SourceFile::new("second.yaml", SECOND)];
        let cached = compile_cached(&files, &options(), &mut cache);
        let fresh = compile(&files, &options());
        assert_eq!(cached.diagnostics, fresh.diagnostics, "{base}");
        assert_eq!(cached.loads, fresh.loads);
        let (cached, fresh) = (cached.program(), fresh.program());
        assert_eq!(cached.atoms, fresh.atoms);
        assert_eq!(
            cached.rules.iter().map(|r| (&r.condition_text, &r.provenance)).collect::<Vec<_>>(),
            fresh.rules.iter().map(|r| (&r.condition_text, &r.provenance)).collect::<Vec<_>>()
        );
    }
}

#[test]
fn a_cache_follows_the_settings() {
    let mut cache = Cache::default();
    let files = [SourceFile::new(
        "a.yaml",
        "- rule: r\n  desc: d\n  condition: evt.type = open and container.id = x\n  output: x\n  priority: INFO\n",
    )];
    assert!(compile_cached(&files, &options(), &mut cache).loads());
    let bare = falco_compiler::Options::new(std::sync::Arc::new(falco_catalog::Catalog::libs_only()));
    assert!(!compile_cached(&files, &bare, &mut cache).loads());
    assert!(compile_cached(&files, &options(), &mut cache).loads());
}
