//! Semantic tokens: what colours a file by what its words mean.

use falco_syntax::{TextRange, TextSize};

use crate::Analysis;
use crate::tokens::{self, Token};
use crate::types::FileId;

impl Analysis {
    /// The words of a file that `within` touches, or all of them, in order of position. None goes over a line's end, and none
    /// overlaps another.
    pub fn semantic_tokens(&self, file: FileId, within: Option<TextRange>) -> Vec<Token> {
        let text = self.text(file);
        let mut out = Vec::new();
        for token in tokens::of_file(self, file, within) {
            let words = text.get(std::ops::Range::<usize>::from(token.range)).unwrap_or_default();
            if !words.contains(['\n', '\r']) {
                out.push(token);
                continue;
            }
            let mut at = token.range.start();
            for line in words.split_inclusive('\n') {
                let blank = line.len() - line.trim_start().len();
                let start = at + TextSize::new(blank as u32);
                let end = start + TextSize::of(line.trim());
                if start < end {
                    out.push(Token { range: TextRange::new(start, end), ..token.clone() });
                }
                at += TextSize::of(line);
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use crate::fixture::Fixture;

    fn check(text: &str, expected: &str) {
        let fixture = Fixture::new(text);
        let mut out = String::new();
        for token in fixture.analysis.semantic_tokens(crate::FileId(0), None) {
            let mut mods = String::new();
            for (on, name) in [
                (token.definition, " definition"),
                (token.deprecated, " deprecated"),
                (token.unresolved, " unresolved"),
            ] {
                mods.push_str(if on { name } else { "" });
            }
            out.push_str(&format!("{:?}{mods} {}\n", token.kind, &fixture.texts[0][token.range]));
        }
        assert_eq!(out, expected);
    }

    #[test]
    fn names_by_what_they_are_the_names_of() {
        check(
            "- list: shells
  items: [bash, 7]
- macro: m
  condition: proc.name in (shells, x) and not gone or evt.type = open
- macro: n
  condition: m and proc.nmae = shells and evt.dir = <
",
            "Key list
List definition shells
Key items
String bash
Number 7
Key macro
Macro definition m
Key condition
Field proc.name
Operator in
List shells
String x
Keyword and
Keyword not
Macro unresolved gone
Keyword or
Field evt.type
Operator =
EventType open
Key macro
Macro definition n
Key condition
Macro m
Keyword and
Field unresolved proc.nmae
Operator =
List shells
Keyword and
Field deprecated evt.dir
Operator =
String <
",
        );
    }

    #[test]
    fn all_parts_of_a_rule() {
        check(
            "- rule: R
  desc: some prose
  condition: toupper(proc.aname[2]) = \"A\" and fd.num > 3
  output: 'user=%user.name %toupper(proc.name)'
  priority: WARNING
  tags: [T1059]
  source: syscall
  enabled: false
  append: true
  colour: red
  exceptions:
    - name: e
      fields: [proc.name, gone.x]
      comps: [in, like]
      values: [[[a], b]]
",
            "Key rule
Rule definition R
Key desc
Key condition
Transformer toupper
Field proc.aname
Argument 2
Operator =
String \"A\"
Keyword and
Field fd.num
Operator >
Number 3
Key output
Field user.name
Transformer toupper
Field proc.name
Key priority
Priority WARNING
Key tags
Tag T1059
Key source
Source syscall
Key enabled
Keyword false
Key deprecated append
Keyword true
Key unresolved colour
Key exceptions
Key name
Exception definition e
Key fields
Field proc.name
Field unresolved gone.x
Key comps
Operator in
Operator unresolved like
Key values
String a
String b
",
        );
    }

    #[test]
    fn a_value_that_goes_over_lines_is_cut_at_their_ends() {
        check(
            "- macro: m
  condition: >
    proc.name = \"a
    b\" or
    m2
",
            "Key macro
Macro definition m
Key condition
Field proc.name
Operator =
String \"a
String b\"
Keyword or
Macro unresolved m2
",
        );
    }

    #[test]
    fn of_a_stretch_only() {
        let text = "- macro: a\n  condition: evt.type = open\n- macro: b\n  condition: a\n";
        let fixture = Fixture::new(text);
        let start = text.find("- macro: b").unwrap() as u32 + 2;
        let within = falco_syntax::TextRange::new(start.into(), (start + 8).into());
        let tokens = fixture.analysis.semantic_tokens(crate::FileId(0), Some(within));
        let words: Vec<&str> = tokens.iter().map(|token| &text[token.range]).collect();
        assert_eq!(words, ["macro", "b"]);
    }
}
