//! What holds for every text: trees are lossless, nothing panics, places lie in the text, damage stays where it is, an
//! incremental parse equals a full one.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

use falco_syntax::ast::RulesFile;
use falco_syntax::yaml::{self, Node, Parse};
use falco_syntax::{LineIndex, TextSize};
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

/// Damages every line in every way: all the items but the one that the line belongs to stay as they were. Where the line
/// starts an item, that item may become a part of the one before.
fn check_isolation(text: &str, stride: usize) {
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
    for (line, content) in text.lines().enumerate().step_by(stride) {
        if content == "---" || content == "..." {
            // What is written behind a marker is the document.
            continue;
        }
        let owner = before.iter().rposition(|(start, _)| *start <= line);
        let starts_item = before.iter().any(|(start, _)| *start == line);
        for damage in &damages {
            let damaged = apply(text, line, damage);
            let parse = yaml::parse(&damaged);
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

#[test]
fn damage_stays_in_its_item_in_the_official_rules() {
    if !std::path::Path::new(OFFICIAL).exists() {
        eprintln!("skipped: ../shared is not here (damage_stays_in_its_item_in_the_official_rules)");
        return;
    }
    for file in ["falco_rules.yaml", "falco-incubating_rules.yaml", "falco-sandbox_rules.yaml"] {
        let text = std::fs::read_to_string(format!("{OFFICIAL}/{file}")).unwrap();
        assert_eq!(check(&text).falco_error(), None);
        check_isolation(&text, 13);
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
