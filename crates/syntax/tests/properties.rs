//! What holds for every text: trees are lossless, nothing panics, places lie in the text, damage stays where it is, an
//! incremental parse equals a full one.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

#[path = "properties/recovery.rs"]
mod recovery;

use falco_syntax::ast::RulesFile;
use falco_syntax::yaml::{self, Node, Parse, TextEdit};
use falco_syntax::{LineIndex, TextRange, TextSize};
use proptest::prelude::*;

const SAMPLE: &str = include_str!("data/sample_rules.yaml");
const OFFICIAL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus/falco");

/// Checks everything that must hold for the parse of any text.
fn check(text: &str) -> Parse {
    let parse = yaml::parse(text);
    assert_eq!(parse.syntax().text(), text, "the tree is not lossless");
    for error in parse.errors() {
        let range = error.range;
        assert!(usize::from(range.end()) <= text.len(), "{error:?} lies past the end");
        assert!(text.is_char_boundary(range.start().into()) && text.is_char_boundary(range.end().into()), "{error:?}");
    }
    assert!(parse.errors().len() <= text.len() + 1, "more errors than bytes");
    let verdict = yaml::verdict(text);
    for place in verdict.documents.iter().map(|root| root.place).chain(verdict.refusal.map(|refusal| refusal.place)) {
        assert!(text.is_char_boundary(place.offset.into()));
    }
    for document in parse.documents() {
        check_node(&document.root(), text);
    }
    for item in RulesFile::from_parse(&parse).items() {
        assert!(usize::from(item.body().range().end()) <= text.len());
    }
    parse
}

fn check_node(node: &Node, text: &str) {
    assert!(usize::from(node.full_range().end()) <= text.len());
    if node.is_alias() {
        return;
    }
    if let Some(sequence) = node.as_sequence() {
        sequence.items().for_each(|item| check_node(&item, text));
    }
    if let Some(mapping) = node.as_mapping() {
        for entry in mapping.entries() {
            check_node(&entry.key(), text);
            check_node(&entry.value(), text);
            assert!(usize::from(entry.range().end()) <= text.len());
        }
    }
    if let Some(scalar) = node.as_scalar() {
        check_map(&scalar.decode(), text);
    }
}

/// The source map is monotone, in range, covers the decoded text, and literal stretches are what the file says.
fn check_map(decoded: &yaml::Decoded, text: &str) {
    let (mut decoded_end, mut source_end) = (TextSize::new(0), TextSize::new(0));
    for segment in decoded.map.segments() {
        assert_eq!(segment.decoded.start(), decoded_end);
        assert!(segment.source.start() >= source_end);
        (decoded_end, source_end) = (segment.decoded.end(), segment.source.end());
        let in_file = text.get(std::ops::Range::<usize>::from(segment.source)).unwrap();
        let in_scalar = decoded.text.get(std::ops::Range::<usize>::from(segment.decoded)).unwrap();
        if segment.literal {
            assert_eq!(in_file, in_scalar);
        }
    }
    assert_eq!(usize::from(decoded_end), decoded.text.len());
    let mut last = TextSize::new(0);
    for (at, _) in decoded.text.char_indices() {
        let mapped = decoded.map.map_offset(TextSize::new(u32::try_from(at).unwrap()));
        assert!(mapped >= last);
        last = mapped;
    }
}

/// Texts with much structure in little space.
fn yaml_like() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => prop::sample::select(vec!["\n", "\n  ", "\n    ", "\n- ", "\n  - ", " ", "- ", ": ", "key: ", "a", "b: c", "\r\n"]),
        2 => prop::sample::select(vec!["\"", "'", "[", "]", "{", "}", ", ", "#", " # c", "|", ">", "|2-", ">+\n", "? ", "&a ", "*a", "!!str "]),
        1 => prop::sample::select(vec!["\t", "\r", "---\n", "...\n", "%YAML 1.2\n", "\u{feff}", "é", "😀", "\\", "\\x4", "\u{0}", "!<x>", "~", "`", "@", "%"]),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// A damage to a text, in lines.
#[derive(Debug, Clone)]
enum Damage {
    Remove,
    Duplicate,
    Cut(usize),
    Replace(&'static str),
    Insert(&'static str),
}

fn damage() -> impl Strategy<Value = Damage> {
    let garbage = vec![
        "\"",
        "'",
        "[",
        "{",
        "]",
        "}",
        "- ",
        "  - \"",
        "  x: [a, \"b",
        "\t",
        "  ? ",
        "|",
        "  desc: 'it",
        "  : :",
        "&",
        "*nope",
        "!",
        "%",
        "- rule",
        "   odd: 1",
    ];
    prop_oneof![
        Just(Damage::Remove),
        Just(Damage::Duplicate),
        (0..30_usize).prop_map(Damage::Cut),
        prop::sample::select(garbage.clone()).prop_map(Damage::Replace),
        prop::sample::select(garbage).prop_map(Damage::Insert),
    ]
}

fn apply(text: &str, line: usize, damage: &Damage) -> String {
    let mut out = String::new();
    for (index, current) in text.split_inclusive('\n').enumerate() {
        if index != line {
            out.push_str(current);
            continue;
        }
        match damage {
            Damage::Remove => {}
            Damage::Duplicate => {
                out.push_str(current);
                out.push_str(current);
            }
            Damage::Cut(at) => {
                out.extend(current.trim_end_matches('\n').chars().take(*at));
                out.push('\n');
            }
            Damage::Replace(with) => {
                out.push_str(with);
                out.push('\n');
            }
            Damage::Insert(with) => {
                out.push_str(current.trim_end_matches('\n'));
                out.push_str(with);
                out.push('\n');
            }
        }
    }
    out
}

/// Applies an edit and holds the incremental parse against a full one.
fn check_edit(parse: &Parse, text: &str, start: usize, len: usize, insert: &str) -> (Parse, String) {
    let floor = |mut at: usize| {
        at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let (start, end) = (floor(start), floor(start + len));
    let new_text = [&text[..start], insert, &text[end..]].concat();
    let size = |at: usize| TextSize::new(u32::try_from(at).unwrap());
    let edit = TextEdit { range: TextRange::new(size(start), size(end)), inserted: size(insert.len()) };
    let incremental = parse.reparse(&new_text, edit);
    let full = yaml::parse(&new_text);
    let differs = incremental.errors().iter().zip(full.errors()).find(|(found, expected)| found != expected);
    assert_eq!((differs, incremental.errors().len()), (None, full.errors().len()), "in {new_text:?}");
    if incremental != full {
        let dump = |parse: &Parse| format!("{:#?}", parse.syntax()).lines().map(str::to_owned).collect::<Vec<_>>();
        let (found, expected) = (dump(&incremental), dump(&full));
        let at = found.iter().zip(&expected).position(|(found, expected)| found != expected).unwrap_or(0);
        let near = |lines: &[String]| lines[at.saturating_sub(8)..lines.len().min(at + 8)].join("\n");
        panic!("the trees differ:\n{new_text}\n{}\n---\n{}", near(&found), near(&expected));
    }
    (incremental, new_text)
}

/// The sample without what keeps an item from being parsed alone.
fn unlinked_sample() -> String {
    let (items, _) = SAMPLE.split_once("- &defaults").unwrap();
    items.to_owned() + "- list: last\n  items: []\n"
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_has_a_lossless_tree(text in "\\PC{0,60}|[ -~\n\t]{0,80}") {
        check(&text);
    }

    #[test]
    fn yaml_like_text_has_a_lossless_tree(text in yaml_like()) {
        check(&text);
    }

    #[test]
    fn an_incremental_parse_equals_a_full_one(
        start in 0..2600_usize,
        len in prop_oneof![3 => Just(0_usize), 1 => 0..60_usize],
        edits in prop::collection::vec((-40..40_isize, 0..4_usize, yaml_like()), 1..4),
    ) {
        let mut text = unlinked_sample();
        let mut parse = yaml::parse(&text);
        let mut at = start;
        for (index, (step, cut, insert)) in edits.into_iter().enumerate() {
            let cut = if index == 0 { len } else { cut };
            (parse, text) = check_edit(&parse, &text, at, cut, &insert);
            at = at.saturating_add_signed(step);
        }
    }

    #[test]
    fn damaged_rules_have_a_lossless_tree(line in 0..120_usize, damages in prop::collection::vec(damage(), 1..4), step in 1..9_usize) {
        let mut text = SAMPLE.to_owned();
        for (index, damage) in damages.iter().enumerate() {
            text = apply(&text, line + index * step, damage);
        }
        check(&text);
    }
}

#[test]
fn the_sample_is_clean() {
    let parse = check(SAMPLE);
    assert_eq!(parse.errors(), []);
    assert_eq!(RulesFile::from_parse(&parse).items().count(), 14);
}

/// Every item as text, with the line that it starts on.
fn items(parse: &Parse, text: &str) -> Vec<(usize, String)> {
    let index = LineIndex::new(text);
    let file = RulesFile::from_parse(parse);
    file.items()
        .map(|item| {
            let mut dump = String::new();
            dump_node(item.body().node(), &mut dump);
            (index.line_col(item.body().node().full_range().start()).line as usize, dump)
        })
        .collect()
}

fn dump_node(node: &Node, out: &mut String) {
    if let Some(name) = node.alias_name() {
        out.push_str(&name);
    } else if let Some(mapping) = node.as_mapping() {
        for entry in mapping.entries() {
            dump_node(&entry.key(), out);
            out.push(':');
            dump_node(&entry.value(), out);
            out.push(';');
        }
    } else if let Some(sequence) = node.as_sequence() {
        out.push('[');
        for item in sequence.items() {
            dump_node(&item, out);
            out.push(',');
        }
        out.push(']');
    } else if let Some(scalar) = node.as_scalar() {
        out.push_str(&format!("{:?}", scalar.decode().text));
    }
}

/// The smallest edit that leads from one text to the other.
fn difference(old: &str, new: &str) -> TextEdit {
    let mut start = old.bytes().zip(new.bytes()).take_while(|(a, b)| a == b).count();
    while !old.is_char_boundary(start) || !new.is_char_boundary(start) {
        start -= 1;
    }
    let rest = old.len().min(new.len()) - start;
    let mut end = old.bytes().rev().zip(new.bytes().rev()).take(rest).take_while(|(a, b)| a == b).count();
    while !old.is_char_boundary(old.len() - end) || !new.is_char_boundary(new.len() - end) {
        end -= 1;
    }
    let size = |at: usize| TextSize::new(u32::try_from(at).unwrap());
    TextEdit { range: TextRange::new(size(start), size(old.len() - end)), inserted: size(new.len() - end - start) }
}

/// Damages every line in every way: all the items but the one that the line belongs to stay as they were. Where the line
/// starts an item, that item may become a part of the one before.
fn check_isolation(text: &str, stride: usize) {
    check_lines(text, (0..text.lines().count()).step_by(stride));
}

fn check_lines(text: &str, lines: impl Iterator<Item = usize>) {
    let damages = [
        Damage::Remove,
        Damage::Duplicate,
        Damage::Cut(3),
        Damage::Cut(12),
        Damage::Replace("\""),
        Damage::Replace("  x: [a, 'b"),
        Damage::Replace("  \"open: {a"),
        Damage::Replace("- rule"),
        Damage::Replace("garbage here"),
        Damage::Replace("\t\tx: y"),
        Damage::Insert("\""),
        Damage::Insert(" '"),
        Damage::Insert(" ["),
        Damage::Insert(": {"),
        Damage::Insert(" |"),
    ];
    let whole = yaml::parse(text);
    let before = items(&whole, text);
    let contents: Vec<&str> = text.lines().collect();
    for line in lines {
        let content = contents[line];
        if content == "---" || content == "..." {
            // What is written behind a marker is the document.
            continue;
        }
        let owner = before.iter().rposition(|(start, _)| *start <= line);
        let starts_item = before.iter().any(|(start, _)| *start == line);
        for damage in &damages {
            if owner.is_none() && matches!(damage, Damage::Insert(" |")) {
                // A block scalar as the root takes in the whole file, and that is valid YAML.
                continue;
            }
            let damaged = apply(text, line, damage);
            let parse = yaml::parse(&damaged);
            assert_eq!(whole.reparse(&damaged, difference(text, &damaged)), parse, "line {line} {damage:?}");
            assert!(parse.errors().len() <= whole.errors().len() + 6, "line {line} {damage:?}: {:#?}", parse.errors());
            let after: Vec<String> = items(&parse, &damaged).into_iter().map(|(_, dump)| dump).collect();
            let mut rest = after.as_slice();
            for (index, (_, dump)) in before.iter().enumerate() {
                if Some(index) == owner || starts_item && owner == Some(index + 1) {
                    continue;
                }
                match rest.iter().position(|other| other == dump) {
                    Some(at) => rest = &rest[at + 1..],
                    None => panic!("line {line} {damage:?} costs the item {dump}\n{:#?}", parse.errors()),
                }
            }
        }
    }
}

#[test]
fn damage_stays_in_its_item() {
    check_isolation(SAMPLE, 1);
}

/// The texts of the official rules files; `None` (said aloud) where they are not at hand.
fn official(test: &str) -> Option<Vec<String>> {
    if !std::path::Path::new(OFFICIAL).exists() {
        // Past the capturing of tests that pass: a skip must be seen.
        let line = format!("skipped: ../shared is not here ({test})\n");
        let _ = std::io::Write::write_all(&mut std::io::stderr(), line.as_bytes());
        return None;
    }
    let read = |file: &str| std::fs::read_to_string(format!("{OFFICIAL}/{file}")).unwrap();
    Some(["falco_rules.yaml", "falco-incubating_rules.yaml", "falco-sandbox_rules.yaml"].map(read).to_vec())
}

#[test]
fn damage_stays_in_its_item_in_the_official_rules() {
    let Some(files) = official("damage_stays_in_its_item_in_the_official_rules") else { return };
    for text in &files {
        assert_eq!(check(text).falco_error(), None);
        check_isolation(text, 41);
    }
}

#[test]
fn nesting_is_bounded() {
    for unit in ["[", "{", "- ", "? ", "[{", "{a: ", "!!x [", "- ? ", "[? ", "'a': [", ": ", "? - "] {
        let text = unit.repeat(200_000);
        let parse = check(&text);
        assert!(!parse.errors().is_empty());
        assert!(parse.errors().len() < 10, "{unit}: {} errors", parse.errors().len());
    }
    // Deeper on every line.
    let text: String = (0..3000).map(|depth| " ".repeat(depth) + "- a:\n").collect();
    check(&text);
}

/// Typing a rule byte by byte, at every stage as a full parse would see it; the untouched items are shared.
#[test]
fn typing_parses_one_item() {
    let mut text = unlinked_sample();
    let mut parse = yaml::parse(&text);
    let start = text.find("    spawned").unwrap();
    for (index, char) in "    proc.name in (\"a\", b)\n    # why: [x\n    and ".char_indices() {
        (parse, text) = check_edit(&parse, &text, start + index, 0, &char.to_string());
    }
    let top = |parse: &Parse| -> Vec<_> {
        parse.documents().next().unwrap().root().as_sequence().unwrap().item_nodes().collect()
    };
    let before = top(&parse);
    let (after, _) = check_edit(&parse, &text, start + 4, 1, "q");
    let after = top(&after);
    let shared = before.iter().zip(&after).filter(|(old, new)| std::ptr::eq(&*old.green(), &*new.green())).count();
    assert_eq!((before.len(), shared), (after.len(), before.len() - 1));
}

/// While a file grows from its first byte to its last, what is complete stays as it will be.
#[test]
fn every_prefix_keeps_the_items_before() {
    let whole = items(&yaml::parse(SAMPLE), SAMPLE);
    let index = LineIndex::new(SAMPLE);
    for end in 0..SAMPLE.len() {
        let prefix = &SAMPLE[..end];
        let parse = check(prefix);
        let line = index.line_col(TextSize::new(u32::try_from(end).unwrap())).line as usize;
        let found = items(&parse, prefix);
        let complete = whole.iter().take_while(|(start, _)| *start <= line).count().saturating_sub(1);
        assert_eq!(found.get(..complete), whole.get(..complete), "{prefix}");
        assert!(parse.errors().len() <= 4, "{prefix}\n{:#?}", parse.errors());
    }
}

/// A single line of some megabytes is read in one go. (Anything quadratic would take minutes here.)
#[test]
fn long_lines_take_linear_time() {
    for unit in
        ["a", "a ", "\"", "'a' ", "[a, ", "{a: ", "a, ", "&a ", "*a ", "!", "- ", "\\", "#", " #", "\t", "a: ", "é"]
    {
        let text = unit.repeat(2_000_000 / unit.len());
        for text in [format!("- [{text}"), format!("- \"{text}"), format!("- {text}\n"), text] {
            let parse = yaml::parse(&text);
            assert_eq!(usize::from(parse.syntax().text().len()), text.len());
            yaml::verdict(&text);
        }
    }
}
