//! How the program sees rules, for people who want to know: expanded conditions, syntax trees.

use std::fmt::Write as _;

use falco_compiler::{Effective, ItemKind};
use falco_syntax::TextSize;

use crate::Analysis;
use crate::types::FileId;

/// Longer trees are cut off: nobody reads them, and editors choke on them.
const MAX_TREE: usize = 1 << 20;

impl Analysis {
    /// A rule's or macro's condition with its macros opened, as Falco prints it; `None` where it has none that compiles.
    pub fn expanded(&self, name: &str) -> Option<String> {
        let of = |kind| match self.compilation().named(kind, name)?.effective() {
            Effective::Rule { expanded, .. } | Effective::Macro { expanded, .. } => {
                expanded.map(|text| text.to_string())
            }
            _ => None,
        };
        of(ItemKind::Rule).or_else(|| of(ItemKind::Macro))
    }

    /// The syntax tree of a file, or of the item at an offset, one node a line with its range.
    pub fn syntax_tree(&self, file: FileId, at: Option<TextSize>) -> Option<String> {
        let root = self.tree(file)?.syntax();
        let node = match at {
            // The node just below a document's root is too much, a word too little: the outermost one that is no list of items.
            Some(offset) => {
                let token = root.token_at_offset(offset).right_biased()?;
                let mut ancestors: Vec<_> = token.parent_ancestors().collect();
                ancestors.reverse();
                ancestors.into_iter().nth(ITEM_DEPTH).unwrap_or(root)
            }
            None => root,
        };
        let mut out = String::new();
        let mut depth = 0usize;
        for event in node.preorder_with_tokens() {
            match event {
                rowan::WalkEvent::Enter(element) => {
                    let _ = write!(
                        out,
                        "{:indent$}{:?}@{:?}",
                        "",
                        element.kind(),
                        element.text_range(),
                        indent = 2 * depth
                    );
                    if let Some(token) = element.as_token() {
                        let _ = write!(out, " {:?}", token.text());
                    }
                    out.push('\n');
                    depth += 1;
                }
                rowan::WalkEvent::Leave(_) => depth = depth.saturating_sub(1),
            }
            if out.len() > MAX_TREE {
                out.push_str("…\n");
                break;
            }
        }
        Some(out)
    }
}

/// Stream, document, sequence, entry.
const ITEM_DEPTH: usize = 3;

#[cfg(test)]
mod tests {
    use crate::fixture::Fixture;
    use crate::types::FileId;

    const RULES: &str = "- macro: m\n  condition: evt.type = open\n- rule: R\n  desc: d\n  condition: m and proc.name = x\n  \
                         output: o\n  priority: INFO\n";

    #[test]
    fn conditions_are_expanded() {
        let analysis = Fixture::new(RULES).analysis;
        assert_eq!(analysis.expanded("R").as_deref(), Some("(evt.type = open and proc.name = x)"));
        assert_eq!(analysis.expanded("m").as_deref(), Some("evt.type = open"));
        assert_eq!(analysis.expanded("nothing"), None);
    }

    #[test]
    fn a_tree_has_all_of_the_text() {
        let analysis = Fixture::new(RULES).analysis;
        let whole = analysis.syntax_tree(FileId(0), None).unwrap();
        assert!(whole.contains("\"macro\"") && whole.contains("\"priority\""), "{whole}");
        let item = analysis.syntax_tree(FileId(0), Some(45.into())).unwrap();
        assert!(!item.contains("\"macro\"") && item.contains("\"priority\""), "{item}");
    }
}
