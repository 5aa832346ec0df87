//! Scalars and their places, the view, and what becomes of broken text, by example.

#![allow(clippy::unwrap_used)]

use super::*;
use ErrorKind::*;

fn root(text: &str) -> Node {
    parse(text).documents().next().unwrap().root()
}

fn slice(text: &str, range: TextRange) -> &str {
    &text[std::ops::Range::<usize>::from(range)]
}

/// Decodes the root scalar; `words` are in the decoded text, and each must map to the text beside it.
#[track_caller]
fn check_scalar(text: &str, decoded: &str, words: &[(&str, &str)]) {
    let scalar = root(text).as_scalar().unwrap().decode();
    assert_eq!(scalar.text, decoded);
    for (word, source) in words {
        let start = scalar.text.find(word).unwrap();
        let range = TextRange::at(TextSize::try_from(start).unwrap(), TextSize::of(*word));
        assert_eq!(slice(text, scalar.map_range(range)), *source);
        assert_eq!(scalar.map.to_decoded(scalar.map.map_offset(range.start())), Some(range.start()));
    }
}

#[test]
fn decodes_plain_scalars() {
    check_scalar("one word", "one word", &[("word", "word")]);
    check_scalar("  one\n  two  \n\n\n  three # four\n", "one two\n\nthree", &[("two", "two"), ("three", "three")]);
    check_scalar("a:b#c", "a:b#c", &[("#c", "#c")]);
    // What spans a folded line break spans it in the file.
    check_scalar("one\n  two", "one two", &[("one two", "one\n  two"), ("e t", "e\n  t")]);
}

#[test]
fn decodes_single_quotes() {
    check_scalar("'it''s'", "it's", &[("'", "''"), ("s", "s"), ("it's", "it''s")]);
    check_scalar("' a\n  b \n\n c '", " a b\nc ", &[("b", "b"), ("c ", "c ")]);
}

#[test]
fn decodes_double_quotes() {
    check_scalar(
        r#""a\tb\x41\u00e9\U0001F600\\z""#,
        "a\tbAé😀\\z",
        &[("é", r"\u00e9"), ("😀", r"\U0001F600"), ("z", "z")],
    );
    check_scalar("\"one\\\n   two\\n\n  three\"", "onetwo\n three", &[("two", "two"), ("three", "three")]);
    // Not YAML, but Falco's reader takes it.
    check_scalar(r#""a\'b""#, "a'b", &[("b", "b")]);
    check_scalar(r#""a\qb""#, r"a\qb", &[("b", "b")]);
}

#[test]
fn decodes_block_scalars() {
    let words = [("one", "one"), ("three", "three")];
    check_scalar("|\n  one\n    two\n\n  three\n", "one\n  two\n\nthree\n", &words);
    check_scalar("|-\n  one\n  three\n\n", "one\nthree", &words);
    check_scalar("|+ # kept\n  one\n  three\n\n", "one\nthree\n\n", &words);
    check_scalar("|2\n   one\n  three\n", " one\nthree\n", &words);
    check_scalar(">\n one\n two\n\n three\n   four\n five\n", "one two\nthree\n  four\nfive\n", &words);
    check_scalar(">-\r\n one\r\n three\r\n", "one three", &words);
    check_scalar("|\n\n\n  one\n  three", "\n\none\nthree\n", &words);
    check_scalar(">\n\n  # not a comment\n", "\n# not a comment\n", &[("comment", "comment")]);
}

#[test]
fn an_empty_scalar_has_a_place() {
    let text = "a: ''\nb: \"\"\nc:\nd: |\n";
    let places: Vec<_> = root(text)
        .as_mapping()
        .unwrap()
        .entries()
        .map(|entry| u32::from(entry.value().as_scalar().unwrap().decode().map.map_offset(TextSize::new(0))))
        .collect();
    assert_eq!(places, [3, 9, 14, 19]);
}

#[test]
fn ranges_of_keys_values_and_items() {
    let text = "- &x !!map\n  key : >\n    folded\n\n  'b': [c, {d: e}]\n-\n";
    let items: Vec<_> = root(text).as_sequence().unwrap().items().collect();
    assert_eq!(slice(text, items[0].full_range()), text[2..].trim_end_matches("\n-\n"));
    assert!(slice(text, items[0].range()).starts_with("key"));
    assert_eq!(items[0].anchor().as_deref(), Some("x"));
    assert_eq!(items[0].tag().as_deref(), Some("tag:yaml.org,2002:map"));
    assert_eq!(
        (items[1].kind(), items[1].range()),
        (NodeKind::Null, TextRange::empty(TextSize::of(text) - TextSize::new(1)))
    );

    let entries: Vec<_> = items[0].as_mapping().unwrap().entries().collect();
    assert_eq!(slice(text, entries[0].key().range()), "key");
    assert_eq!(slice(text, entries[0].value().range()), ">\n    folded");
    assert_eq!(slice(text, entries[0].range()), "key : >\n    folded");
    assert_eq!(slice(text, entries[1].key().range()), "'b'");
    let flow: Vec<_> = entries[1].value().as_sequence().unwrap().items().collect();
    assert_eq!(slice(text, flow[1].range()), "{d: e}");
    assert_eq!(slice(text, flow[1].as_mapping().unwrap().get("d").unwrap().range()), "e");
}

#[test]
fn nulls_are_plain_and_untagged() {
    let text = "- ~\n- null\n- NULL\n-\n- '~'\n- \"null\"\n- nULL\n- !!str\n- !!str ~\n- &a\n- |\n";
    let kinds: Vec<_> = root(text).as_sequence().unwrap().items().map(|item| item.is_null()).collect();
    assert_eq!(kinds, [true, true, true, true, false, false, false, false, false, true, false]);
}

#[test]
fn the_first_of_equal_keys_counts_and_all_are_there() {
    let mapping = root("{a: 1, \"a\": 2, b: 3, ? a : 4}").as_mapping().unwrap();
    assert_eq!(mapping.get("a").unwrap().text().as_deref(), Some("1"));
    assert_eq!(mapping.entries().filter(|entry| entry.key_text().as_deref() == Some("a")).count(), 3);
}

#[test]
fn aliases_lead_to_their_nodes() {
    let mapping = root("a: &x [1, 2]\nb: &x three\nc: *x\nd: [*x]\n").as_mapping().unwrap();
    let alias = mapping.get("c").unwrap();
    assert_eq!((alias.kind(), alias.alias_name().as_deref()), (NodeKind::Scalar, Some("x")));
    assert_eq!(alias.text().as_deref(), Some("three"));
    assert_eq!(alias.as_scalar().unwrap().range(), mapping.get("b").unwrap().range());
}

#[test]
fn aliases_that_lead_nowhere_are_null() {
    check_errors("- *a\n- &a [*a]\n", &[("*a", UnknownAlias), ("*a", RecursiveAlias)]);
    let mapping = root("a: &a [*a, *b]\n").as_mapping().unwrap();
    assert!(mapping.get("a").unwrap().as_sequence().unwrap().items().all(|item| item.is_null()));
    // In another document, too.
    check_errors("--- &a b\n--- *a\n", &[("*a", UnknownAlias)]);
}

#[test]
fn an_alias_bomb_does_not_go_off() {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..30 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        text += &format!("a{level}: &a{level} [{aliases}]\n");
    }
    let errors = parse(&text).errors().to_vec();
    assert!(errors.iter().all(|error| error.kind == AliasExpansion) && !errors.is_empty());
    fn count(node: &Node) -> usize {
        1 + node.as_sequence().map_or(0, |sequence| sequence.items().map(|item| count(&item)).sum())
    }
    let last = root(&text).as_mapping().unwrap().get("a29").unwrap();
    assert!(count(&last) < 2_000_000);
}

/// Parses and compares what the errors underline, and their kinds.
#[track_caller]
fn check_errors(text: &str, expected: &[(&str, ErrorKind)]) {
    let parse = parse(text);
    assert_eq!(parse.syntax().text(), text);
    let found: Vec<_> = parse.errors().iter().map(|error| (slice(text, error.range), error.kind)).collect();
    assert_eq!(found, expected);
}

#[test]
fn an_open_quote_ends_at_the_next_key_or_item() {
    let text = "- rule: a\n  desc: \"open\n  output: 'too\n- rule: b\n";
    check_errors(text, &[("\"", UnclosedQuote), ("'", UnclosedQuote)]);
    let items: Vec<_> = root(text).as_sequence().unwrap().items().collect();
    let first = items[0].as_mapping().unwrap();
    assert_eq!(first.get("desc").unwrap().text().as_deref(), Some("open"));
    assert_eq!(first.get("output").unwrap().text().as_deref(), Some("too"));
    assert_eq!(items[1].as_mapping().unwrap().get("rule").unwrap().text().as_deref(), Some("b"));
}

#[test]
fn an_open_bracket_ends_at_the_next_key_or_item() {
    let text = "- list: a\n  items: [b, c\n  append: true\n- list: [d, {e\n- list: f\n";
    check_errors(text, &[("[", UnclosedFlow), ("{", UnclosedFlow)]);
    let items: Vec<_> = root(text).as_sequence().unwrap().items().collect();
    assert_eq!(items.len(), 3);
    assert_eq!(items[0].as_mapping().unwrap().get("items").unwrap().as_sequence().unwrap().items().count(), 2);
    assert_eq!(items[0].as_mapping().unwrap().get("append").unwrap().text().as_deref(), Some("true"));
}

#[test]
fn one_open_quote_in_a_list_does_not_turn_the_others_inside_out() {
    let text = "- items: [\n    'a b',\n    'c d,\n    'e f',\n    'g h'\n    ]\n";
    check_errors(text, &[("'", UnclosedQuote)]);
    let items = root(text).as_sequence().unwrap().items().next().unwrap().as_mapping().unwrap().get("items").unwrap();
    let items: Vec<_> = items.as_sequence().unwrap().items().filter_map(|item| item.text()).collect();
    assert_eq!(items, ["a b", "c d", "e f", "g h"]);
}

#[test]
fn a_key_in_the_making_is_an_entry() {
    let text = "- rule: a\n  cond\n  output: b\n";
    check_errors(text, &[("cond", MissingColon)]);
    let entries: Vec<_> =
        root(text).as_sequence().unwrap().items().next().unwrap().as_mapping().unwrap().entries().collect();
    assert_eq!(entries.len(), 3);
    assert!(entries[1].colon().is_none() && entries[1].value().is_absent());
}

#[test]
fn wrong_indentation_keeps_the_entries_together() {
    let text = "- rule: \"a\"\n   desc: b\n  output: c\n priority: d\n- rule: e\n";
    check_errors(text, &[("d", BadIndentation), ("p", BadIndentation)]);
    let items: Vec<_> = root(text).as_sequence().unwrap().items().collect();
    assert_eq!((items.len(), items[0].as_mapping().unwrap().entries().count()), (2, 4));
}

#[test]
fn a_colon_in_plain_text_stays_in_the_text() {
    let text = "- desc: note: this\n  output: x\n";
    check_errors(text, &[(":", CollectionNotAllowed)]);
    let mapping = root(text).as_sequence().unwrap().items().next().unwrap().as_mapping().unwrap();
    assert_eq!(mapping.get("desc").unwrap().text().as_deref(), Some("note: this"));
    assert_eq!(mapping.get("output").unwrap().text().as_deref(), Some("x"));
}

#[test]
fn an_item_without_its_dash_is_an_item() {
    let text = "- rule: a\nrule: b\n- rule: c\n";
    check_errors(text, &[("", BadIndentation)]);
    assert_eq!(root(text).as_sequence().unwrap().items().count(), 3);
}

#[test]
fn text_without_a_place_is_one_error() {
    check_errors("- output: %proc.name\n", &[("%", BadPlainStart)]);
    check_errors("- a: [b c: d, 'e' 'f' 'g']\n", &[("'", Comma)]);
    check_errors("- a: 'b' c\n  d: e\n", &[("c", UnexpectedText)]);
    check_errors(
        "- a:\n    one\n    # no comment\n    two\n    three\n  d: e\n",
        &[("two\n    three", UnexpectedText)],
    );
    check_errors("\t- a\n", &[("\t", TabIndentation)]);
    check_errors("- a: b\n\tc: d\n", &[("\t", TabIndentation)]);
    check_errors("- a: \"\\d\"\n", &[("\\d", BadEscape)]);
    check_errors("- a\u{7}b\u{8}\n- \u{1}\n", &[("\u{7}", NonPrintable), ("\u{1}", NonPrintable)]);
}

#[test]
fn laxness_of_falcos_reader_is_told_apart() {
    for (text, fatal) in [
        ("- list: a\n  items: [\n  b\n  ]\n", false),
        ("- list: a\n  items: [b#c\n   ]\n", false),
        ("- list: a\n  items: [b\n", true),
        ("- a: @b\n", true),
    ] {
        assert_eq!(parse(text).falco_error().is_some(), fatal, "{text}");
        assert_eq!(verdict(text).refusal.is_some(), fatal, "{text}");
    }
}

#[test]
fn bytes_that_are_no_text() {
    let (text, error) = read_utf8(b"- a: \xff\xfeb\n");
    assert_eq!(text, "- a: \u{fffd}\u{fffd}b\n");
    assert_eq!(error.map(|error| (error.kind, u32::from(error.range.start()))), Some((InvalidUtf8, 5)));
    assert_eq!(read_utf8("é".as_bytes()).1, None);
}
