//! What can be folded away.

use falco_catalog::keys::KeyValue;
use falco_syntax::condition::syntax::SyntaxKind as Word;
use falco_syntax::yaml::{Entry, Mapping, Node, NodeKind};
use falco_syntax::{TextRange, TextSize, condition};

use crate::Analysis;
use crate::context::owner_of;
use crate::types::FileId;

/// A stretch that can be folded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fold {
    /// From the first line that stays to the end of the last that goes.
    pub range: TextRange,
    /// Whether it is comments.
    pub comment: bool,
}

impl Analysis {
    /// What can be folded in a file: items, keys with values of several lines, elements of their sequences, parentheses in
    /// conditions, comments. In order of position, none on one line only.
    pub fn folds(&self, file: FileId) -> Vec<Fold> {
        let text = self.text(file);
        let mut folds = Folds { text, out: Vec::new() };
        let whole = TextRange::up_to(TextSize::of(text));
        for item in self.items_in(file, whole) {
            folds.push(item.body().range());
            let Some(mapping) = item.body().mapping() else { continue };
            folds.mapping(mapping);
            let owner = owner_of(&item);
            for entry in mapping.entries() {
                let key = entry.key_text().and_then(|name| owner?.key(&name));
                if key.is_some_and(|key| key.value == KeyValue::Condition) {
                    folds.condition(&entry.value());
                }
            }
        }
        folds.comments();
        let mut out = folds.out;
        out.sort_by_key(|fold| (fold.range.start(), std::cmp::Reverse(fold.range.end())));
        out.dedup();
        out
    }
}

struct Folds<'t> {
    text: &'t str,
    out: Vec<Fold>,
}

impl Folds<'_> {
    fn push(&mut self, range: TextRange) {
        let inside = self.text.get(std::ops::Range::<usize>::from(range)).unwrap_or_default();
        let end = range.start() + TextSize::of(inside.trim_end());
        if inside.trim_end().contains('\n') {
            self.out.push(Fold { range: TextRange::new(range.start(), end), comment: false });
        }
    }

    fn mapping(&mut self, mapping: &Mapping) {
        for entry in mapping.entries() {
            self.push(entry.range());
            self.below(&entry);
        }
    }

    fn below(&mut self, entry: &Entry) {
        let value = entry.value();
        if value.is_alias() {
            return;
        }
        match value.kind() {
            NodeKind::Mapping => value.as_mapping().iter().for_each(|mapping| self.mapping(mapping)),
            NodeKind::Sequence => {
                for item in value.as_sequence().into_iter().flat_map(|sequence| sequence.items()) {
                    if let Some(mapping) = item.as_mapping().filter(|_| !item.is_alias()) {
                        self.push(item.range());
                        self.mapping(&mapping);
                    }
                }
            }
            NodeKind::Null | NodeKind::Scalar => {}
        }
    }

    /// Parentheses and lists that go over several lines.
    fn condition(&mut self, node: &Node) {
        let Some(scalar) = node.as_scalar().filter(|_| !node.is_alias()) else { return };
        let decoded = scalar.decode();
        for node in condition::parse(&decoded.text).syntax().descendants() {
            if matches!(node.kind(), Word::ParenExpr | Word::List) {
                self.push(decoded.map_range(node.text_range()));
            }
        }
    }

    /// Two and more lines of comments.
    fn comments(&mut self) {
        let mut at = 0;
        let mut run: Option<(usize, usize, usize)> = None;
        let text = self.text;
        let mut done = |run: &mut Option<(usize, usize, usize)>| {
            if let Some((start, end, lines)) = run.take().filter(|(_, _, lines)| *lines > 1) {
                let size = |n: usize| TextSize::new(u32::try_from(n).unwrap_or(u32::MAX));
                debug_assert!(lines > 1);
                self.out.push(Fold { range: TextRange::new(size(start), size(end)), comment: true });
            }
        };
        for line in text.split_inclusive('\n') {
            let words = line.trim_end();
            if words.trim_start().starts_with('#') {
                let (start, _, lines) = run.unwrap_or((at, at, 0));
                run = Some((start, at + words.len(), lines + 1));
            } else {
                done(&mut run);
            }
            at += line.len();
        }
        done(&mut run);
    }
}

#[cfg(test)]
mod tests {
    use crate::fixture::Fixture;

    #[test]
    fn items_keys_parentheses_and_comments() {
        let fixture = Fixture::new(
            "# one
# two

- rule: R # no run
  condition: >
    a and (b
    or c in (d,
      e)) and (f)

  exceptions:
    - name: e
      fields: x
  # alone
- list: l
  items: [a,
    b]
- list: one
",
        );
        let text = &fixture.texts[0];
        let line = |at: falco_syntax::TextSize| text[..usize::from(at)].matches('\n').count() + 1;
        let folds: Vec<_> = fixture
            .analysis
            .folds(crate::FileId(0))
            .iter()
            .map(|f| (line(f.range.start()), line(f.range.end()), f.comment))
            .collect();
        assert_eq!(
            folds,
            [
                (1, 2, true),
                (4, 12, false),
                (5, 8, false),
                (6, 8, false),
                (7, 8, false),
                (10, 12, false),
                (11, 12, false),
                (14, 16, false),
                (15, 16, false),
            ]
        );
    }
}
