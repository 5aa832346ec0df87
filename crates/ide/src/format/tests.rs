//! What formatting does, and that it never changes what Falco loads.

use std::fmt::Write as _;

use super::*;

fn formatted(text: &str) -> String {
    with(text, &Style::default())
}

fn with(text: &str, style: &Style) -> String {
    let once = format(text, style).unwrap();
    assert_eq!(format(&once, style).unwrap(), once, "a second time changes nothing");
    once
}

#[test]
fn indentation_blanks_and_lines() {
    let text = "\n\n-   rule:   R\n    desc:  d\n\n\n    tags:\n    - a\n    -   b\n- macro: m\n  condition: a.b=c\n\n\n- rule: S\n  desc: d";
    let expected =
        "- rule: R\n  desc: d\n\n  tags:\n    - a\n    - b\n- macro: m\n  condition: a.b = c\n\n- rule: S\n  desc: d\n";
    assert_eq!(formatted(text), expected);
}

#[test]
fn a_rule_stands_apart_with_its_comments() {
    let text = "- list: l\n  items: [a]\n# about the rule\n- rule: R\n  desc: d\n- rule: S\n  desc: d\n";
    let expected = "- list: l\n  items: [a]\n\n# about the rule\n- rule: R\n  desc: d\n\n- rule: S\n  desc: d\n";
    assert_eq!(formatted(text), expected);
}

#[test]
fn comments_stay_with_what_they_are_about() {
    let text = "\
# head

# about r
-  rule: R # trailing
   # on desc
   desc: >
     a
     b

   # on exceptions
   exceptions:
    # first
    - name: x   # named
      fields: [a.b]
      # in x
    - name: y
      # in y
   # end of r
# about l
-  list: l
   items:
   - a
   - b   # bb
   # end of items
---
# second document
- macro: m
  condition: c
# fin
";
    let expected = "\
# head

# about r
- rule: R  # trailing
  # on desc
  desc: >
    a
    b

  # on exceptions
  exceptions:
    # first
    - name: x  # named
      fields: [a.b]
      # in x
    - name: y
      # in y
  # end of r
# about l
- list: l
  items:
    - a
    - b  # bb
    # end of items
---
# second document
- macro: m
  condition: c
# fin
";
    assert_eq!(formatted(text), expected);
}

#[test]
fn conditions_of_several_lines_are_split() {
    let text = "\
- macro: m
  condition: evt.type=open and
             (fd.name startswith /etc or fd.name startswith /root) and
             not proc.name in (a,b)
- rule: R
  condition: >
     and not x
  override: {condition: append}
";
    let expected = "\
- macro: m
  condition: >
    evt.type = open
    and (fd.name startswith /etc or fd.name startswith /root)
    and not proc.name in (a, b)

- rule: R
  condition: >
    and not x
  override: {condition: append}
";
    assert_eq!(formatted(text), expected);
    let style = Style { conditions: Conditions::Preserve, ..Style::default() };
    assert!(with(text, &style).contains("condition: evt.type=open and\n    (fd.name"));
}

#[test]
fn a_condition_with_mistakes_stays() {
    let text = "- macro: m\n  condition:   (evt.type=open and\n          fd.name = x\n";
    assert_eq!(formatted(text), "- macro: m\n  condition: (evt.type=open and\n    fd.name = x\n");
}

#[test]
fn a_condition_that_could_not_be_plain_stays() {
    // With blanks around `=`, the `#` would begin a comment.
    assert_eq!(formatted("- macro: m\n  condition: fd.name=#x\n"), "- macro: m\n  condition: fd.name=#x\n");
    // The comment behind it could not stand behind a block.
    let text = "- macro: m\n  condition: a.b=c and\n    d.e=f  # why\n";
    assert_eq!(formatted(text), text);
}

#[test]
fn lists_are_filled() {
    let style = Style { width: 40, ..Style::default() };
    let text = "- list: l\n  items: [aaaaaaaa,bbbbbbbb,  cccccccc, dddddddd]\n- list: s\n  items: [a,\n   b ]\n";
    let expected =
        "- list: l\n  items: [\n    aaaaaaaa, bbbbbbbb, cccccccc,\n    dddddddd]\n- list: s\n  items: [a, b]\n";
    assert_eq!(with(text, &style), expected);
    let tall = "- list: l\n  items:\n    [\n      aaaaaaaa,\n      bbbbbbbb,\n      cccccccc,\n      dddddddd\n    ]\n";
    let one = Style { lists: Lists::OnePerLine, ..style.clone() };
    assert!(with(text, &one).starts_with(tall), "{}", with(text, &one));
    let kept = Style { lists: Lists::Preserve, ..style };
    assert!(with(text, &kept).ends_with("items: [a,\n    b]\n"), "{}", with(text, &kept));
}

#[test]
fn a_comma_behind_the_last_element_asks_for_lines() {
    let text = "- list: l\n  items: [\n  a, b,\n  ]\n- list: s\n  items: [a, b,]\n";
    assert_eq!(formatted(text), "- list: l\n  items:\n    [\n      a,\n      b,\n    ]\n- list: s\n  items: [a, b]\n");
}

#[test]
fn comments_in_lists() {
    let text = "- list: l\n  items: [ # head\n   a, b, # on b\n   # above c\n   c\n   # tail\n   ]\n";
    let expected = "- list: l\n  items: [  # head\n    a, b,  # on b\n    # above c\n    c\n    # tail\n    ]\n";
    assert_eq!(formatted(text), expected);
}

#[test]
fn exception_values() {
    let text = "\
- rule: R
  exceptions:
  - name: e
    fields: [proc.name,fd.name]
    comps: [in , startswith]
    values:
    - [[a,b],  /tmp]
    - [ c , '/x' ]
";
    let expected = "\
- rule: R
  exceptions:
    - name: e
      fields: [proc.name, fd.name]
      comps: [in, startswith]
      values:
        - [[a, b], /tmp]
        - [c, '/x']
";
    assert_eq!(formatted(text), expected);
    let double = Style { quotes: Quotes::Double, ..Style::default() };
    assert!(with(text, &double).contains("- [c, \"/x\"]"));
}

#[test]
fn text_in_scalars_is_not_touched() {
    let text = "\
- rule: R
  desc: |2
      two in

    three \u{20}
  output: \"a
       b\\
     c\"
  condition: |-
     a

     and b
-   macro: m
    condition: >+
     a


# after
";
    let expected = "\
- rule: R
  desc: |2
      two in

    three \u{20}
  output: \"a
    b\\
    c\"
  condition: |-
    a
    and b
- macro: m
  condition: >+
    a


# after
";
    assert_eq!(formatted(text), expected);
}

#[test]
fn line_ends_and_byte_order_mark_stay() {
    let text = "\u{feff}-  list: l\r\n   items: [a,b]\r\n-  macro: m\r\n   condition: >\r\n     a and\r\n     b\r\n";
    let expected = "\u{feff}- list: l\r\n  items: [a, b]\r\n- macro: m\r\n  condition: >\r\n    a\r\n    and b\r\n";
    assert_eq!(formatted(text), expected);
}

#[test]
fn anchors_aliases_tags_and_markers() {
    let text = "\
%YAML 1.2
---
-   list: a
    items: &names   [x,y]
-   list: b
    items: *names
-   rule: !!str   R
    tags: &t
    - x
...
";
    let expected = "\
%YAML 1.2
---
- list: a
  items: &names [x, y]
- list: b
  items: *names

- rule: !!str R
  tags: &t
    - x
...
";
    assert_eq!(formatted(text), expected);
}

#[test]
fn what_cannot_be_moved_stays_as_it_is() {
    let text = "- ? rule\n  : R\n  # note\n  desc:    d\n-   list: l\n    items: []\n";
    assert_eq!(formatted(text), "- ? rule\n  : R\n  # note\n  desc:    d\n- list: l\n  items: []\n");
    let mapping = "rules:   [a]\n";
    assert_eq!(formatted(mapping), mapping);
    assert_eq!(formatted(""), "");
    assert_eq!(formatted("#  c\n\n\n"), "#  c\n");
}

#[test]
fn no_yaml_is_an_error_with_its_place() {
    let error = format("- rule: \"R\n", &Style::default()).unwrap_err();
    assert!(matches!(error, FormatError::Syntax { .. }), "{error:?}");
}

#[test]
fn a_range_takes_whole_items() {
    let text = "-  list: a\n   items: [x,y]\n-  list: b\n   items: [x,y]\n-  list: c\n   items: [x,y]\n";
    let at = text.find("list: b").unwrap() as u32;
    let range = TextRange::empty(at.into());
    let result = format_range(text, &Style::default(), range).unwrap();
    assert_eq!(result, "-  list: a\n   items: [x,y]\n- list: b\n  items: [x, y]\n-  list: c\n   items: [x,y]\n");
    let edits = edits_between(text, &result);
    assert_eq!(edits.len(), 1);
    assert_eq!(edits[0].text, "- list: b\n  items: [x, y]\n");
}

#[test]
fn edits_make_the_new_text() {
    let old = "a\nb\nc\n";
    for new in ["a\nb\nc\n", "", "x\na\nc\nd\n", "a\nb\nc"] {
        let mut text = old.to_owned();
        for edit in edits_between(old, new).iter().rev() {
            text.replace_range(std::ops::Range::<usize>::from(edit.range), &edit.text);
        }
        assert_eq!(text, new);
    }
    assert!(unified_diff("r.yaml", old, "a\nc\n").contains("-b"));
    assert!(unified_diff("r.yaml", old, old).is_empty());
}

/// The rules files that Falco and its plugins ship.
fn corpus() -> Vec<(String, String)> {
    let shared = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus");
    let mut found = Vec::new();
    for folder in ["falco", "falco-archive", "plugins"] {
        let Ok(entries) = std::fs::read_dir(format!("{shared}/{folder}")) else { continue };
        for path in entries.map(|entry| entry.unwrap().path()) {
            found.push((path.display().to_string(), std::fs::read_to_string(&path).unwrap()));
        }
    }
    found.sort();
    found
}

/// All the styles that differ from the default in one thing.
fn styles() -> Vec<Style> {
    let default = Style::default;
    vec![
        default(),
        Style { width: 60, ..default() },
        Style { conditions: Conditions::Preserve, ..default() },
        Style { lists: Lists::OnePerLine, ..default() },
        Style { lists: Lists::Preserve, ..default() },
        Style { quotes: Quotes::Double, ..default() },
        Style { quotes: Quotes::Single, width: 80, ..default() },
    ]
}

#[test]
fn shipped_rules_stay_the_same_rules() {
    let corpus = corpus();
    if corpus.is_empty() {
        #[allow(clippy::print_stderr, reason = "whoever runs the tests has to see it")]
        let () = eprintln!("skipped: ../shared is not here (shipped_rules_stay_the_same_rules)");
        return;
    }
    let mut changed = 0;
    for (path, text) in &corpus {
        for style in styles() {
            // `format` compares what Falco loads before and after.
            let once = format(text, &style).unwrap_or_else(|error| panic!("{path} {style:?}: {error}"));
            changed += usize::from(once != *text);
            assert_eq!(format(&once, &style).as_ref(), Ok(&once), "{path} {style:?}");
        }
    }
    // All but one, which is as it should be, so it did not give up.
    assert_eq!((corpus.len(), changed), (12, 11 * styles().len()));
}

/// Some of everything in little space.
const DENSE: &str = "\
# head
- required_engine_version: 0.50.0
- list: a
  items: &n [x, 'y z', # c
    \"w\"]
- list: b
  items: *n
- macro: m
  condition: evt.type in (open, openat) and
    not proc.name in (a, b)   # behind
- macro: k
  condition: |+
    m and
      fd.name = \"a b\"

# between
- rule: R
  # in R
  desc: >-
    some text

      and more
  condition: >
    m and (proc.name = x or k)
    and not user.name = root
  output: \"%evt.type
    %proc.name\\
    x\"
  priority: INFO
  tags: [a,
   b]
  exceptions:
  - name: e
    fields: [proc.name, fd.name]
    values:
     - [[a, b], /tmp]
     # last
---
- rule: R
  condition: and not k
  override: {condition: append}
";

/// A small generator of numbers that are the same everywhere.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit.max(1)
    }
}

#[test]
fn random_edits_never_change_what_is_loaded() {
    const PIECES: [&str; 26] = [
        "\n", "  ", " ", "#x", " # c\n", "'", "\"", "- ", ":", ": ", ",", "[", "]", "{", "}", "|", ">+\n", "\t", "&a ",
        "*a", "and ", "(", ")", "\n\n\n", "---\n", "\r\n",
    ];
    let small = DENSE;
    let mut dice = Dice(7);
    let mut report = String::new();
    let (mut accepted, mut refused) = (0, 0);
    for round in 0..2000 {
        let mut text = small.to_owned();
        for _ in 0..=dice.below(3) {
            let mut at = dice.below(text.len());
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            if dice.below(3) == 0 {
                let mut end = (at + dice.below(12)).min(text.len());
                while !text.is_char_boundary(end) {
                    end -= 1;
                }
                text.replace_range(at.min(end)..end, "");
            } else {
                text.insert_str(at, PIECES[dice.below(PIECES.len())]);
            }
        }
        let style = &styles()[round % 7];
        match format(&text, style) {
            Ok(once) => {
                accepted += 1;
                match format(&once, style) {
                    Ok(twice) if twice == once => {}
                    other => {
                        let _ = writeln!(
                            report,
                            "{round} {style:?}\n{}",
                            unified_diff("x", &once, &other.unwrap_or_default())
                        );
                    }
                }
            }
            Err(FormatError::WouldChange) => {
                let _ = writeln!(report, "{round} would change {style:?}\n{}", unified_diff("x", small, &text));
            }
            Err(_) => refused += 1,
        }
    }
    assert!(report.is_empty(), "{report}");
    assert!(accepted > 500 && refused > 200, "{accepted} formatted, {refused} no YAML");
}

#[test]
fn the_page_on_formatting_is_right() {
    let page = include_str!("../../../../docs/formatting.md");
    let blocks: Vec<&str> = page.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    let [example, options] = blocks.as_slice() else { panic!("{blocks:?}") };
    assert_eq!(formatted(example), *example);
    let project = crate::project::Project::parse(options).unwrap();
    assert_eq!(project.format, Some(Style::default()));
}
