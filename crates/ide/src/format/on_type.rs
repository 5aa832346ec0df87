//! The indentation of a line that was just begun.

use falco_syntax::{TextRange, TextSize};

use super::comments::line_start;
use crate::types::TextEdit;

/// Sets the indentation of the line at `offset`, which a line break before it has just begun: below a key whose value is still to
/// come deeper, else where the line before it starts. `None` if it is right.
pub fn new_line(text: &str, offset: TextSize) -> Option<TextEdit> {
    let start = line_start(text, usize::from(offset));
    let line = text.get(start..)?.split(['\n', '\r']).next()?;
    let has = line.len() - line.trim_start_matches([' ', '\t']).len();
    // Text that was pushed down keeps its own indentation if it is a key or an item: it belongs where it was.
    if line.trim_start().starts_with("- ") {
        return None;
    }
    let before = text.get(..start)?;
    let previous = before.lines().rev().find(|line| !line.trim().is_empty())?;
    let wanted = indent_below(previous);
    let size = |at: usize| TextSize::new(u32::try_from(at).unwrap_or(u32::MAX));
    let is_right = has == wanted && line.bytes().take(has).all(|b| b == b' ');
    (!is_right).then(|| TextEdit { range: TextRange::new(size(start), size(start + has)), text: " ".repeat(wanted) })
}

/// Where a line below `line` starts.
fn indent_below(line: &str) -> usize {
    let line = line.trim_end();
    // Dashes stand in front of what the line is about.
    let column = line.len() - line.trim_start_matches([' ', '-']).len();
    let rest = line.get(column..).unwrap_or_default();
    let own = line.len() - line.trim_start_matches(' ').len();
    if rest.starts_with('#') {
        return own;
    }
    let opens = match rest.split_once(':') {
        Some((key, value)) if !key.contains([' ', '"', '\'', '{', '[']) => {
            let value = value.trim();
            value.is_empty() || is_block_header(value)
        }
        _ => false,
    };
    let has_key = rest.split_once(':').is_some_and(|(key, _)| !key.contains([' ', '"', '\'', '{', '[']));
    match (opens, has_key) {
        (true, _) => column + 2,
        (false, true) => column,
        // An element of a sequence is followed by the next one, whose dash the author writes.
        (false, false) => own,
    }
}

/// Whether a value is the header of a block scalar.
fn is_block_header(value: &str) -> bool {
    let rest = value.strip_prefix(['|', '>']);
    rest.is_some_and(|rest| rest.len() <= 2 && rest.chars().all(|c| matches!(c, '1'..='9' | '+' | '-')))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text after Enter at `$0`.
    fn enter(text: &str) -> String {
        let at = text.find("$0").unwrap();
        let mut text = text.replacen("$0", "\n", 1);
        if let Some(edit) = new_line(&text, TextSize::new(at as u32 + 1)) {
            text.replace_range(std::ops::Range::<usize>::from(edit.range), &edit.text);
        }
        text
    }

    #[test]
    fn lines_go_on_where_they_belong() {
        assert_eq!(enter("- rule: R$0"), "- rule: R\n  ");
        assert_eq!(enter("- rule: R\n  desc: d$0"), "- rule: R\n  desc: d\n  ");
        assert_eq!(enter("- rule: R\n  condition: >$0"), "- rule: R\n  condition: >\n    ");
        assert_eq!(enter("- rule: R\n  condition: >-\n    a$0 and b"), "- rule: R\n  condition: >-\n    a\n    and b");
        assert_eq!(enter("- rule: R\n  exceptions:$0"), "- rule: R\n  exceptions:\n    ");
        assert_eq!(enter("  exceptions:\n    - name: e$0"), "  exceptions:\n    - name: e\n      ");
        assert_eq!(enter("  tags:\n    - a$0"), "  tags:\n    - a\n    ");
        assert_eq!(enter("  # note$0"), "  # note\n  ");
    }

    #[test]
    fn nothing_to_do() {
        assert_eq!(new_line("", TextSize::new(0)), None);
        assert_eq!(new_line("- list: l\n  ", TextSize::new(12)), None);
    }
}
