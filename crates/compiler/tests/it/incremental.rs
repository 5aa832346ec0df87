//! A cache changes nothing but the time.

use falco_compiler::{Cache, Cancel, Compilation, Options, SourceFile, Work, compile, compile_cached, compile_unless};

use crate::with_all_lints;

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
        let cached = compile_cached(&files, &with_all_lints(), &mut cache);
        let fresh = compile(&files, &with_all_lints());
        assert_eq!(cached.diagnostics(), fresh.diagnostics(), "{base}");
        assert_eq!(cached.load_results(), fresh.load_results());
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
    assert!(compile_cached(&files, &with_all_lints(), &mut cache).loads());
    let bare = Options::new(std::sync::Arc::new(falco_catalog::Catalog::libs_only()));
    assert!(!compile_cached(&files, &bare, &mut cache).loads());
    assert!(compile_cached(&files, &with_all_lints(), &mut cache).loads());
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
        let cached = compile_cached(&files, &with_all_lints(), &mut cache);
        let fresh = compile(&files, &with_all_lints());
        loaded += usize::from(fresh.loads());
        assert_eq!(cached.diagnostics(), fresh.diagnostics(), "{text}");
        assert_eq!(cached.load_results(), fresh.load_results(), "{text}");
        let refused = fresh.iter().any(|d| d.code.starts_with("LOAD_ERR"));
        assert_eq!(fresh.loads(), !refused, "{:?}\n{:?}\n{text}", fresh.diagnostics(), fresh.load_results());
        for diagnostic in &fresh.diagnostics() {
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

/// The settings of an editor: no report of Falco's, so that edits are followed by patches.
fn editor() -> Options {
    Options { falco_report: false, ..with_all_lints() }
}

fn assert_same(cached: &Compilation, fresh: &Compilation, context: &dyn std::fmt::Display) {
    assert_eq!(cached.diagnostics(), fresh.diagnostics(), "{context}");
    let (a, b) = (cached.program(), fresh.program());
    assert_eq!(a.atoms, b.atoms, "{context}");
    assert_eq!(a.extracts, b.extracts, "{context}");
    assert_eq!(format!("{:?}", a.rules), format!("{:?}", b.rules), "{context}");
    assert_eq!(format!("{:?}", cached.items().lists), format!("{:?}", fresh.items().lists), "{context}");
    assert_eq!(format!("{:?}", cached.items().macros), format!("{:?}", fresh.items().macros), "{context}");
    assert_eq!(format!("{:?}", cached.items().rules), format!("{:?}", fresh.items().rules), "{context}");
}

/// Four files that define, use, append to and override each other's things.
const WORKSPACE: [&str; 4] = [
    "\
- list: shells
  items: [bash, zsh]
- list: nested
  items: [shells, fish]
- macro: spawned
  condition: evt.type = execve
- macro: shell
  condition: spawned and proc.name in (nested)
- rule: one
  desc: d
  condition: shell and not later
  output: x %proc.name
  priority: INFO
- rule: two
  desc: d
  condition: evt.type = open and fd.name in (shells)
  output: x %fd.name
  priority: INFO
  exceptions:
    - name: e
      fields: [proc.name, fd.name]
      comps: [in, =]
      values:
        - [shells, /x]
",
    "\
- macro: spawned
  condition: and proc.pid > 1
  override: {condition: append}
- list: shells
  items: [ksh]
  override: {items: append}
- macro: later
  condition: proc.tty = 0
- rule: three
  desc: d
  condition: lter or unknown_macro
  output: y %proc.nme
  priority: INFO
- rule: ka
  desc: d
  condition: ka.verb = get and shell
  output: y
  priority: INFO
  source: k8s_audit
",
    "\
- rule: one
  condition: and proc.pname != shells
  override: {condition: append}
- rule: twoo
  enabled: false
- list: shels
  items: [x]
  override: {items: append}
- macro: unused_macro
  condition: fd.num > 3
- list: unused_list
  items: [1, 2]
",
    "\
- macro: later
  condition: proc.tty != 0 and spawned
- rule: two
  exceptions:
    - name: e
      values:
        - [[dash], /y]
  override: {exceptions: append}
- rule: four
  desc: d
  condition: later and not unused
  output: z
  priority: INFO
",
];

#[test]
fn patches_equal_compiling_anew() {
    const WORDS: [&str; 40] = [
        "shells",
        "nested",
        "spawned",
        "shell",
        "later",
        "unused",
        "lter",
        "one",
        "two",
        "three",
        "and",
        "or",
        "not",
        "(",
        ")",
        " = ",
        "in (shells)",
        "proc.name",
        "evt.type",
        "open",
        "\n",
        "- ",
        "- macro: ",
        "- list: ",
        "- rule: ",
        "  items: [a]\n",
        "  condition: evt.type = open\n",
        ": ",
        "append",
        "replace",
        "override: {condition: append}\n",
        "- macro: spawned\n  condition: evt.type = clone\n",
        "- list: shells\n  items: [a, b]\n",
        "#",
        "\"",
        "é",
        "- rule: two\n  enabled: false\n",
        "unused_macro",
        "k8s_audit",
        "priority",
    ];
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    let mut cache = Cache::default();
    let mut texts: Vec<String> = WORKSPACE.map(str::to_owned).into();
    let steps = std::env::var("FALCO_RS_STEPS").ok().and_then(|n| n.parse().ok()).unwrap_or(4000);
    let (mut patched, mut loaded) = (0, 0);
    for step in 0..steps {
        let number = random.below(texts.len());
        // Broken texts are mended after a while, or everything would end in rubble.
        if random.below(6) == 0 {
            texts = WORKSPACE.map(str::to_owned).into();
            if random.below(2) == 0 {
                let mends = [
                    ("not later", "not shell"),
                    ("unknown_macro", "shell"),
                    ("lter", "shell"),
                    ("proc.nme", "proc.name"),
                ];
                let more = [
                    ("get and shell", "get"),
                    ("!= shells", "in (shells)"),
                    ("later and not unused", "later"),
                    ("twoo", "two"),
                    ("shels", "shells"),
                ];
                for text in &mut texts {
                    mends.iter().chain(&more).for_each(|(from, to)| *text = text.replace(from, to));
                }
            }
        }
        let text = &mut texts[number];
        let lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
        let line = random.below(lines.len());
        match random.below(7) {
            // A line goes, or stands twice, or changes places with another.
            0 => *text = [&lines[..line], &lines[(line + 1).min(lines.len())..]].concat().concat(),
            1 => {
                *text = [&lines[..line], &lines[line.min(lines.len() - 1)..=line.min(lines.len() - 1)], &lines[line..]]
                    .concat()
                    .concat()
            }
            2 => {
                // Items change places.
                let mut items: Vec<String> = text.split("\n- ").map(str::to_owned).collect();
                let (a, b) = (random.below(items.len()), random.below(items.len()));
                items.swap(a, b);
                *text = items.join("\n- ");
            }
            _ => {
                let mut at = random.below(text.len() + 1);
                while !text.is_char_boundary(at) {
                    at -= 1;
                }
                if random.below(3) == 0 {
                    let mut end = (at + random.below(9)).min(text.len());
                    while !text.is_char_boundary(end) {
                        end += 1;
                    }
                    text.replace_range(at..end, "");
                } else {
                    text.insert_str(at, WORDS[random.below(WORDS.len())]);
                }
            }
        }
        let files: Vec<SourceFile> =
            texts.iter().enumerate().map(|(i, text)| SourceFile::new(format!("{i}.yaml"), &**text)).collect();
        let cached = compile_cached(&files, &editor(), &mut cache);
        let fresh = compile(&files, &editor());
        patched += usize::from(!cache.work().anew);
        loaded += usize::from(fresh.loads());
        assert_same(&cached, &fresh, &format_args!("step {step}\n{}", texts.join("\n--------\n")));
    }
    assert!(patched > steps / 2, "only {patched} of {steps} steps were patches");
    assert!(loaded > steps / 50, "only {loaded} of {steps} texts load");
}

/// Applies an edit to a workspace that was compiled before, and says what that took.
fn work(texts: [&str; 2], file: usize, from: &str, to: &str) -> Work {
    let files = |texts: [&str; 2]| texts.map(|text| SourceFile::new(format!("{}.yaml", text.len()), text));
    // What lints say of the meaning of rules shows in more files than the others know of.
    let options = Options { falco_report: false, ..crate::options() };
    let mut cache = Cache::default();
    let mut before = files(texts);
    compile_cached(&before, &options, &mut cache);
    assert!(cache.work().anew);
    assert!(texts[file].contains(from), "{from}");
    before[file] = SourceFile::new(before[file].path.clone(), texts[file].replacen(from, to, 1));
    let cached = compile_cached(&before, &options, &mut cache);
    assert_same(&cached, &compile(&before, &options), &to);
    cache.work()
}

/// One keystroke re-reads one item, re-checks what it changed, and nothing else.
#[test]
fn an_edit_takes_what_it_changes_and_no_more() {
    const USERS: &str = "\
- list: shells
  items: [bash, zsh]
- macro: spawned
  condition: evt.type = execve
- macro: shell
  condition: spawned and proc.name in (shells)
- macro: other
  condition: fd.num > 3 and evt.type = dup
- rule: first
  desc: d
  condition: shell
  output: x
  priority: INFO
- rule: second
  desc: d
  condition: spawned and not other
  output: x
  priority: INFO
";
    const MORE: &str = "\
- rule: third
  desc: d
  condition: shell and proc.pid > 1 # why
  output: x %proc.name
  priority: INFO
- rule: fourth
  desc: d
  condition: evt.type = open and fd.name = /x
  output: y
  priority: INFO
";
    let texts = [USERS, MORE];
    let still = Work { files_parsed: 1, files_rendered: 1, ..Work::default() };
    // A comment outside of items, and lines that move all items.
    assert_eq!(work(texts, 0, "- list", "# a list\n\n- list"), still);
    // A comment in an item: the item is read again, its texts are as before.
    assert_eq!(work(texts, 1, "# why", "# because"), Work { items_read: 1, items_compiled: 1, ..still });
    // A condition, an output.
    let one = Work { items_read: 1, items_compiled: 1, conditions_parsed: 1, conditions_checked: 1, ..still };
    assert_eq!(work(texts, 1, "fd.name = /x", "fd.name = /xy"), one);
    assert_eq!(work(texts, 1, "output: y", "output: yy"), Work { items_read: 1, items_compiled: 1, ..still });
    // A macro: to its user it looks as before, until it has more checks, or none that can be read.
    assert_eq!(work(texts, 0, "fd.num > 3", "fd.num > 4"), one);
    assert_eq!(work(texts, 0, "fd.num > 3", "fd.num > 3 and fd.num < 9"), Work { items_compiled: 2, ..one });
    assert_eq!(work(texts, 0, "fd.num > 3", "fd.num >"), Work { items_compiled: 2, ..one });
    // A macro that others use, in another file too: `spawned`, `shell`, three rules; all other texts are as before.
    assert_eq!(work(texts, 0, "= execve", "= execveat"), Work { items_compiled: 5, ..one });
    // A list: it, and the macro that it is pasted into, whose text is another then; but it looks the same to its rules.
    assert_eq!(work(texts, 0, "[bash, zsh]", "[bash, ksh]"), Work { items_compiled: 2, ..one });
    assert_eq!(work(texts, 0, "[bash, zsh]", "[bash, (]"), Work { items_compiled: 4, ..one });
    // A name that nothing has used, and one that many use: they are broken now, and their file is rendered.
    let fresh = Work { items_read: 1, items_compiled: 2, ..still };
    assert_eq!(work(texts, 1, "rule: fourth", "rule: fifth"), fresh);
    let broken = work(texts, 0, "macro: shell", "macro: shel");
    assert_eq!(broken, Work { items_read: 1, items_compiled: 4, files_rendered: 2, ..still });
}

#[test]
fn a_snapshot_stays_as_it_is() {
    let mut cache = Cache::default();
    let files = |text: &str| [SourceFile::new("a.yaml", text), SourceFile::new("b.yaml", SECOND)];
    let first = compile_cached(&files(BASE), &editor(), &mut cache);
    let (found, rules) = (first.diagnostics(), format!("{:?}", compile(&files(BASE), &editor()).program().rules));
    let second = compile_cached(&files(&BASE.replace("spawned", "spawn")), &editor(), &mut cache);
    assert!(!cache.work().anew);
    assert_ne!(second.diagnostics(), found);
    assert_eq!(first.diagnostics(), found);
    assert_eq!(format!("{:?}", first.program().rules), rules);
}

#[test]
fn a_cancelled_compilation_leaves_a_cache_that_works() {
    let mut cache = Cache::default();
    let files = [SourceFile::new("base.yaml", BASE), SourceFile::new("second.yaml", SECOND)];
    let cancel = Cancel::new();
    cancel.cancel();
    assert!(compile_unless(&files, &editor(), &mut cache, &cancel).is_none());
    let cached = compile_unless(&files, &editor(), &mut cache, &Cancel::new()).unwrap();
    assert_same(&cached, &compile(&files, &editor()), &"after cancelling");
    // What was there before a cancelled one is there after it: nothing is read twice.
    let more = [files[0].clone(), files[1].clone(), SourceFile::new("third.yaml", "- list: l\n  items: [a]\n")];
    assert!(compile_unless(&more, &editor(), &mut cache, &cancel).is_none());
    let cached = compile_unless(&more, &editor(), &mut cache, &Cancel::new()).unwrap();
    assert_same(&cached, &compile(&more, &editor()), &"after cancelling");
    assert_eq!(cache.work().files_parsed, 1);
}

/// A macro between the mistake and the rule looks as it did, but what it brings to the rule is broken now.
#[test]
fn a_mistake_far_down_reaches_every_rule() {
    let base = "\
- macro: a
  condition: evt.type = open
- macro: b
  condition: a and proc.name = x
- rule: r
  desc: d
  condition: b
  output: x
  priority: INFO
";
    let more = "- macro: a\n  condition: and proc.pid > 1\n  override: {condition: append}\n";
    work([base, more], 1, "proc.pid", "proc.pidd");
    work([base, more], 1, "and proc", "and and proc");
    work([base, "- list: unrelated\n  items: [y]\n"], 0, "= open", "= openn");
}
