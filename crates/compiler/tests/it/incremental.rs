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

/// Random damage: no panic, every span on character boundaries of its file, and the cache changes nothing.
#[test]
fn random_edits_keep_everything_in_range() {
    const PIECES: [&str; 24] = [
        "\n",
        " ",
        "- ",
        ":",
        "é",
        "[",
        "]",
        "{",
        "\"",
        "'",
        "#",
        "|",
        ">",
        "&a ",
        "*a",
        "%",
        "(",
        ")",
        " and ",
        " or ",
        "not ",
        "proc.name",
        "shells",
        "spawned",
    ];
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut cache = Cache::default();
    let original = BASE.replace("x %proc.name", "\"x %proc.name[0] é %fd.nameé\"").replace("nam ", "name ");
    let second = SECOND.replace("fd.nam ", "fd.name ");
    let mut loaded = 0;
    let mut text = original.clone();
    for step in 0..6000 {
        if step % 3 == 0 {
            text.clone_from(&original);
        }
        let mut at = random.below(text.len() + 1);
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        if random.below(3) == 0 {
            let mut end = (at + random.below(12)).min(text.len());
            while !text.is_char_boundary(end) {
                end += 1;
            }
            text.replace_range(at..end, "");
        } else {
            text.insert_str(at, PIECES[random.below(PIECES.len())]);
        }
        let files = [SourceFile::new("base.yaml", &*text), SourceFile::new("second.yaml", &*second)];
        let cached = compile_cached(&files, &options(), &mut cache);
        let fresh = compile(&files, &options());
        loaded += usize::from(fresh.loads());
        assert_eq!(cached.diagnostics, fresh.diagnostics, "{text}");
        assert_eq!(cached.loads, fresh.loads, "{text}");
        let refused = fresh.diagnostics.iter().any(|d| d.code.starts_with("LOAD_ERR"));
        assert_eq!(fresh.loads(), !refused, "{:?}\n{:?}\n{text}", fresh.diagnostics, fresh.loads);
        for diagnostic in &fresh.diagnostics {
            let labels = diagnostic.labels.iter().map(|label| label.span);
            let edits = diagnostic.fixes.iter().flat_map(|fix| fix.edits.iter().map(|edit| edit.span));
            for span in labels.chain(edits).chain([diagnostic.span]) {
                assert!(files[span.file.index()].text.get(span.range()).is_some(), "{diagnostic:?}\n{text}");
            }
        }
        for rule in &fresh.program().rules {
            for place in &rule.provenance {
                let range = place.range.start as usize..place.range.end as usize;
                assert!(files[place.file as usize].text.get(range).is_some(), "{place:?}\n{text}");
            }
        }
        for entry in &fresh.items().rules {
            assert!(entry.sites.iter().all(|site| files[site.item.file.index()].text.get(site.item.range()).is_some()));
        }
    }
    assert!(loaded > 300, "most texts were refused: only {loaded} loaded");
}
