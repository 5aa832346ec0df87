//! Comments that say why a change may go unnoticed: `# falco-rs: mutant-ok WORDS: REASON`, in an item or in the lines above it. WORDS are
//! part of what the change is called.

use std::ops::Range;

use falco_syntax::yaml;

const MARK: &str = "# falco-rs: mutant-ok ";

/// A comment, with the item that it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Argued {
    pub(crate) at: usize,
    item: Range<usize>,
    words: String,
    pub(crate) reason: String,
}

impl Argued {
    /// Whether it speaks of a change.
    pub(crate) fn is_about(&self, at: usize, change: &str) -> bool {
        self.item.contains(&at) && change.contains(&self.words)
    }

    pub(crate) fn words(&self) -> &str {
        &self.words
    }
}

/// The comments of a rules file.
pub(crate) fn comments(text: &str) -> Vec<Argued> {
    if !text.contains(MARK) {
        return Vec::new();
    }
    let parse = yaml::parse(text);
    let root = parse.documents().next().map(|document| document.root());
    let items: Vec<Range<usize>> = root
        .as_ref()
        .and_then(|root| root.as_sequence())
        .into_iter()
        .flat_map(|sequence| sequence.items())
        .map(|item| item.range().into())
        .collect();
    let mut out = Vec::new();
    for (at, _) in text.match_indices(MARK) {
        let rest = text.get(at + MARK.len()..).unwrap_or_default();
        let line = rest.lines().next().unwrap_or_default();
        let Some((words, reason)) = line.split_once(": ") else { continue };
        let (words, reason) = (words.trim(), reason.trim());
        // At the margin it is about the next item, indented about the one that it stands in.
        let margin = text.get(..at).is_some_and(|before| before.is_empty() || before.ends_with('\n'));
        let item = if margin {
            items.iter().find(|item| item.end > at)
        } else {
            items.iter().rev().find(|item| item.start < at)
        };
        let Some(item) = item else { continue };
        if !words.is_empty() && !reason.is_empty() {
            out.push(Argued { at, item: item.clone(), words: words.to_owned(), reason: reason.to_owned() });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_is_about_its_item() {
        let text = "- list: l\n  items: []\n# falco-rs: mutant-ok `a > 1`: no event has it\n- macro: m\n  condition: a > 0\n  # falco-rs: mutant-ok x: y\n- macro: n\n  condition: a > 0\n# falco-rs: mutant-ok nothing\n";
        let all = comments(text);
        assert_eq!(all.len(), 2);
        assert_eq!((all[0].words(), all[0].reason.as_str()), ("`a > 1`", "no event has it"));
        let of = |needle: &str| text.rfind(needle).unwrap();
        let macro_m = text.find("a > 0").unwrap();
        assert!(all[0].is_about(macro_m, "`a > 0` → `a > 1`"));
        assert!(!all[0].is_about(macro_m, "`a > 0` → true"));
        assert!(!all[0].is_about(of("a > 0"), "`a > 1`"));
        assert!(all[1].is_about(macro_m, "x"));
    }
}
