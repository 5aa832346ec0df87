//! Damage to the official rules files, as the compiler sees it: what it says about the items around stays what it was.
//!
//! Every prefix and every damaged line is compiled in a window of the items around it. An item around may legitimately depend on the
//! damaged one (it uses it, or is used by it alone), so that what is said about it must be what is said with the undamaged item there
//! or what is said without it; what uses the damaged item keeps its place in the outline, and its findings are its own affair. Damage in
//! whole files is sampled (every one with `FALCO_RS_FULL` in the environment, some minutes);
//! `falco-syntax` enumerates it for trees.

use std::collections::BTreeSet;

use falco_compiler::{Cache, Compilation, Options, SourceFile, compile_cached};
use falco_syntax::ast::RulesFile;
use falco_syntax::yaml;

use crate::{corpus::official, options};

/// New findings that one cut or one bad line may cause, beyond those with the item and those without it, and those in items that use it.
const NEW_FINDINGS: usize = 8;

/// How many items stand on each side of the damaged one.
const AROUND: usize = 2;

/// A text with its items' starts.
struct Text<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Text<'a> {
    fn new(text: &'a str) -> Self {
        let parse = yaml::parse(text);
        let starts: Vec<usize> = parse
            .documents()
            .filter_map(|document| document.root().as_sequence())
            .flat_map(|items| items.item_nodes().collect::<Vec<_>>())
            .map(|item| usize::from(item.text_range().start()))
            .collect();
        assert!(starts.len() > 50);
        Self { text, starts }
    }

    fn at(&self, index: usize) -> usize {
        self.starts.get(index).map_or(self.text.len(), |start| *start)
    }

    /// The text before an item, the item, and the text after it.
    fn window(&self, index: usize, around: usize) -> (&'a str, &'a str, &'a str) {
        let first = self.at(index.saturating_sub(around));
        let last = self.at(index + 1 + around);
        let (start, end) = (self.at(index), self.at(index + 1));
        (&self.text[first..start], &self.text[start..end], &self.text[end..last])
    }
}

/// What is said about an item: its findings, placed within it; its outline; who refers to it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Told {
    /// Where the item starts.
    start: usize,
    /// It uses what the damaged stretch defines, directly or not.
    depends: bool,
    findings: Vec<String>,
    outline: Vec<String>,
    /// Who refers to it, and with what words.
    references: Vec<(String, String)>,
}

/// What is said about a text with a damaged stretch.
#[derive(Debug, Default)]
struct View {
    /// The items outside of the stretch, in order.
    items: Vec<Told>,
    /// The names of items that use what the stretch defines.
    dependents: BTreeSet<String>,
    /// Findings elsewhere than in those.
    findings: usize,
}

fn view(compilation: &Compilation, text: &str, before: usize, after: usize) -> View {
    let damaged = before..text.len() - after;
    let file = RulesFile::from_parse(&yaml::parse(text));
    let index = compilation.items();
    let entries = || index.macros.iter().chain(&index.lists).chain(&index.rules);
    let mut dependents: BTreeSet<String> = BTreeSet::new();
    loop {
        let known = dependents.len();
        for entry in entries() {
            let here = |site: &falco_compiler::ItemSite| {
                (site.item.start as usize) < damaged.end && damaged.start < site.item.end as usize
            };
            if entry.sites.iter().any(here) || dependents.contains(&*entry.name) {
                dependents.extend(entry.references.iter().map(|reference| reference.from.to_string()));
            }
        }
        if known == dependents.len() {
            break;
        }
    }
    let mut all = Vec::new();
    for item in file.items() {
        let range = item.body().node().full_range();
        let (start, end) = (usize::from(range.start()), usize::from(range.end()));
        if start == end || start < damaged.end && end > damaged.start {
            continue;
        }
        let inside = |span: falco_compiler::Span| start <= span.start as usize && span.end as usize <= end;
        let findings = compilation.iter().filter(|d| inside(d.span)).map(|d| {
            let (from, to) = (d.span.start as usize - start, d.span.end as usize - start);
            format!("{from}..{to} {} {}", d.code, d.message)
        });
        let mine = || entries().filter(|entry| entry.sites.iter().any(|site| inside(site.item)));
        let outline = mine().flat_map(|entry| {
            let sites = entry.sites.iter().filter(|site| inside(site.item));
            sites
                .map(|site| format!("{:?} {} {}", entry.kind, entry.name, &text[site.name.range()]))
                .collect::<Vec<_>>()
        });
        let references = mine().flat_map(|entry| {
            let outside =
                |span: falco_compiler::Span| span.range().end <= before || span.range().start >= text.len() - after;
            let uses = entry.references.iter().filter(|reference| outside(reference.span));
            uses.map(|reference| (reference.from.to_string(), text[reference.span.range()].to_owned()))
                .collect::<Vec<_>>()
        });
        all.push(Told {
            start,
            depends: item.name().is_some_and(|name| dependents.contains(&name)),
            findings: findings.collect(),
            outline: outline.collect(),
            references: references.collect(),
        });
    }
    let theirs: usize = all.iter().filter(|told| told.depends).map(|told| told.findings.len()).sum();
    View { items: all, dependents, findings: compilation.diagnostics().len() - theirs }
}

/// Compiles damaged texts of one window and compares.
struct Checker<'a> {
    before: &'a str,
    after: &'a str,
    options: Options,
    cache: Cache,
    with: View,
    without: View,
}

impl<'a> Checker<'a> {
    fn new((before, item, after): (&'a str, &'a str, &'a str)) -> Self {
        let options = Options { falco_report: false, ..options() };
        let (cache, with, without) = (Cache::default(), View::default(), View::default());
        let mut this = Self { before, after, options, cache, with, without };
        this.with = this.compile(item);
        this.without = this.compile("");
        assert_eq!(this.with.items.len(), this.without.items.len());
        this
    }

    fn compile(&mut self, item: &str) -> View {
        let text = [self.before, item, self.after].concat();
        let compilation = compile_cached(&[SourceFile::new("rules.yaml", &*text)], &self.options, &mut self.cache);
        view(&compilation, &text, self.before.len(), self.after.len())
    }

    fn check(&mut self, damaged: &str) {
        let mut found = self.compile(damaged);
        let most = self.with.findings + self.without.findings;
        assert!(found.findings <= most + NEW_FINDINGS, "{} findings instead of {most}\n{damaged}", found.findings);
        // Without its dash, what is left of the item goes on with the one before.
        let previous = self.with.items.iter().rposition(|told| told.start < self.before.len());
        let skipped = previous.filter(|_| !damaged.starts_with('-'));
        if let Some(last) = skipped.and_then(|skipped| self.with.items.get(skipped)) {
            found.items.retain(|told| told.start != last.start);
        }
        let (with, without) = (&self.with, &self.without);
        let pairs: Vec<(&Told, &Told)> = with.items.iter().zip(&without.items).collect();
        let kept = pairs.iter().enumerate().filter(|(index, _)| Some(*index) != skipped).map(|(_, pair)| pair);
        assert_eq!(found.items.len(), kept.clone().count(), "an item is lost\n{damaged}");
        let dependent = |name: &str| with.dependents.contains(name) || found.dependents.contains(name);
        for (told, (with, without)) in found.items.iter().zip(kept) {
            // While a file does not load, it cannot be said that something is unused.
            let others = |told: &Told| -> Vec<String> {
                told.findings.iter().filter(|finding| !finding.contains(" LOAD_UNUSED_")).cloned().collect()
            };
            let known = |finding: &String| with.findings.contains(finding) || without.findings.contains(finding);
            let depends = told.depends || with.depends;
            let uses = |told: &Told| -> Vec<(String, String)> {
                told.references.iter().filter(|(from, _)| !dependent(from)).cloned().collect()
            };
            let fine = told.outline == with.outline
                && (depends || told.findings.iter().all(known))
                && (depends || others(told) == others(with) || others(told) == others(without))
                && (uses(told) == uses(with) || uses(told) == uses(without));
            assert!(fine, "{told:#?}\nwith {with:#?}\nwithout {without:#?}\n{damaged}");
        }
    }
}

/// Every way to damage a line of an item.
fn damages(item: &str, line: usize) -> Vec<String> {
    let lines: Vec<&str> = item.split_inclusive('\n').collect();
    let around = |new: &str| [&lines[..line].concat(), new, &lines[line + 1..].concat()].concat();
    let content = lines[line].trim_end_matches('\n');
    let half: String = content.chars().take(content.chars().count() / 2).collect();
    vec![
        around(""),
        around(&format!("{content}\n{content}\n")),
        around(&format!("{half}\n")),
        around(&format!("{content}\"\n")),
        around(&format!("{content} [(\n")),
        around("  garbage here\n"),
    ]
}

fn in_parallel(test: &str, check: impl Fn(&str) + Sync) {
    let Some(files) = official(test) else { return };
    std::thread::scope(|scope| {
        for text in &files {
            scope.spawn(|| check(text));
        }
    });
}

#[test]
fn every_prefix_of_the_official_rules() {
    in_parallel("every_prefix_of_the_official_rules", |text| {
        let text = Text::new(text);
        for index in 0..text.starts.len() {
            let (before, item, _) = text.window(index, AROUND);
            let mut checker = Checker::new((before, item, ""));
            for (end, _) in item.char_indices() {
                checker.check(&item[..end]);
            }
        }
    });
}

#[test]
fn every_line_of_the_official_rules() {
    in_parallel("every_line_of_the_official_rules", |text| {
        let text = Text::new(text);
        for index in 0..text.starts.len() {
            let window = text.window(index, AROUND);
            let mut checker = Checker::new(window);
            for line in 0..window.1.lines().count() {
                damages(window.1, line).iter().for_each(|damaged| checker.check(damaged));
            }
        }
    });
}

#[test]
fn lines_in_whole_files() {
    let full = std::env::var_os("FALCO_RS_FULL").is_some();
    in_parallel("lines_in_whole_files", |text| {
        let text = Text::new(text);
        for index in (0..text.starts.len()).step_by(if full { 1 } else { 29 }) {
            let window = text.window(index, usize::MAX / 2);
            let mut checker = Checker::new(window);
            for line in (0..window.1.lines().count()).step_by(if full { 1 } else { 3 }) {
                damages(window.1, line).iter().for_each(|damaged| checker.check(damaged));
            }
        }
    });
}

/// What the texts of findings cannot show: nothing is compared with itself.
#[test]
fn the_comparison_sees_what_changes() {
    let before = "- macro: a\n  condition: evt.type = open\n- macro: b\n  condition: a and proc.nam = x\n";
    let item = "- rule: r\n  desc: d\n  condition: b\n  output: x\n  priority: INFO\n";
    let checker = Checker::new((before, item, ""));
    let (with, without) = (&checker.with.items, &checker.without.items);
    assert_eq!((with.len(), without.len()), (2, 2));
    assert_ne!(with[1].findings, without[1].findings);
    assert_eq!(with[0].references, [("b".to_owned(), "a".to_owned())]);
    assert!(with[1].findings[0].contains("unknown field `proc.nam`"), "{:?}", with[1]);
}
