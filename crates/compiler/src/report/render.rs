//! Positions and snippets of Falco's report.

use falco_syntax::LineIndex;

use crate::report::{FalcoLocation, FalcoMessage, FalcoPosition};
use crate::session::Places;
use crate::sink::{ConditionPlace, RawFalco, Step};

/// Where items are, and the texts of their files.
pub(crate) struct Positions<'a> {
    pub(crate) items: &'a Places,
    pub(crate) files: Vec<(&'a str, &'a str)>,
    lines: Vec<Option<LineIndex>>,
}

/// Falco shows at most so many characters of a line.
const SNIPPET_WIDTH: usize = 160;

impl<'a> Positions<'a> {
    pub(crate) fn new(items: &'a Places, files: Vec<(&'a str, &'a str)>) -> Self {
        let lines = files.iter().map(|_| None).collect();
        Self { items, files, lines }
    }

    /// A message of the load of `file`.
    pub(crate) fn message(&mut self, file: usize, raw: &RawFalco) -> FalcoMessage {
        let load_name = self.files.get(file).map_or("", |(name, _)| name);
        // An item of an earlier file keeps that file's name.
        let owner = raw.path.steps.first().and_then(|step| self.items.get(step.uid)).map(|(file, _)| file as usize);
        let owner = owner.unwrap_or(file);
        let name = self.files.get(owner).map_or(load_name, |(name, _)| name).to_owned();
        let mut locations = vec![FalcoLocation {
            item_type: "rules content",
            item_name: String::new(),
            position: FalcoPosition { name, line: 0, column: 0, offset: 0 },
        }];
        for step in &raw.path.steps {
            let position = self.position(step);
            locations.push(FalcoLocation { item_type: step.ty.as_str(), item_name: step.name.to_string(), position });
        }
        let snippet = match &raw.path.condition {
            Some(place) => {
                let base = locations.last().map(|location| location.position.clone());
                locations.push(condition_location(place, base));
                snippet(&place.text, place.offset as usize)
            }
            None => {
                let offset = locations.last().map_or(0, |location| location.position.offset);
                snippet(self.files.get(owner).map_or("", |(_, text)| text), offset as usize)
            }
        };
        FalcoMessage {
            code: raw.code,
            message: raw.message.clone(),
            locations,
            snippet,
            deprecated_field: raw.deprecated_field,
        }
    }

    fn position(&mut self, step: &Step) -> FalcoPosition {
        let (file, base) = self.items.get(step.uid).unwrap_or((0, 0));
        let file = file as usize;
        let offset = base.wrapping_add(step.at);
        let (name, text) = self.files.get(file).copied().unwrap_or(("", ""));
        let Some(lines) = self.lines.get_mut(file) else {
            return FalcoPosition { name: name.to_owned(), line: 0, column: 0, offset };
        };
        let place = lines.get_or_insert_with(|| LineIndex::new(text)).line_col(offset.into());
        FalcoPosition { name: name.to_owned(), line: place.line, column: place.col, offset }
    }
}

fn condition_location(place: &ConditionPlace, base: Option<FalcoPosition>) -> FalcoLocation {
    let (line, column, offset) = base.map_or((0, 0, 0), |base| (base.line, base.column, base.offset));
    let text: String = place.text.chars().map(|c| if c == '\n' || c == '\r' { ' ' } else { c }).collect();
    let name = if text.len() > 20 { format!("\"{}...\"", cut(&text, 17)) } else { format!("\"{text}\"") };
    FalcoLocation {
        item_type: "condition expression",
        item_name: String::new(),
        position: FalcoPosition {
            name,
            line: line + place.line,
            column: column + place.column,
            offset: offset + place.offset,
        },
    }
}

/// The longest beginning of at most `len` bytes.
fn cut(text: &str, len: usize) -> &str {
    let mut end = len.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// The line around `offset` and a mark under it.
fn snippet(text: &str, offset: usize) -> String {
    const HALF: usize = SNIPPET_WIDTH / 2;
    let bytes = text.as_bytes();
    // A position can lie behind the end, and on a line break: the mark goes under the last character before it.
    let mut at = offset.min(bytes.len().saturating_sub(1));
    while at > 0 && matches!(bytes.get(at), Some(b'\n' | b'\r')) {
        at -= 1;
    }
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let start = text.get(..at).and_then(|before| before.rfind(['\n', '\r'])).map_or(0, |i| i + 1);
    let end = text.get(at..).and_then(|after| after.find(['\n', '\r'])).map_or(text.len(), |i| at + i);
    let mut from = start.max(at.saturating_sub(HALF));
    while !text.is_char_boundary(from) {
        from += 1;
    }
    let mut to = end.min(at.saturating_add(HALF));
    while !text.is_char_boundary(to) {
        to -= 1;
    }
    let line = text.get(from..to).unwrap_or_default();
    if line.is_empty() {
        return "<No context available>\n".to_owned();
    }
    let (dots_before, dots_after) = (if from > start { "..." } else { "" }, if to < end { "..." } else { "" });
    let width = dots_before.len() + text.get(from..at).map_or(0, |before| before.chars().count());
    format!("{dots_before}{line}{dots_after}\n{}^\n", " ".repeat(width))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snippet_shows_the_line_with_a_mark() {
        assert_eq!(snippet("ab\ncd ef\ngh", 6), "cd ef\n   ^\n");
        assert_eq!(snippet("tags:\n", 6), "tags:\n    ^\n");
        assert_eq!(snippet("", 0), "<No context available>\n");
    }

    #[test]
    fn long_lines_are_cut_around_the_place() {
        let text = "x".repeat(500);
        let shown = snippet(&text, 250);
        let (line, mark) = shown.split_once('\n').unwrap();
        assert_eq!(line.len(), 166);
        assert!(line.starts_with("...x") && line.ends_with("x..."));
        assert_eq!(mark, format!("{}^\n", " ".repeat(83)));
    }

    #[test]
    fn a_condition_is_named_by_its_beginning() {
        let place = |text: &str| ConditionPlace { text: text.into(), offset: 4, line: 1, column: 5 };
        let base = FalcoPosition { name: "f".into(), line: 3, column: 13, offset: 33 };
        let long = condition_location(&place("evt.type = open\nand x"), Some(base.clone()));
        assert_eq!(long.position.name, "\"evt.type = open a...\"");
        assert_eq!((long.position.line, long.position.column, long.position.offset), (4, 18, 37));
        assert_eq!(condition_location(&place("evt.type = open"), Some(base)).position.name, "\"evt.type = open\"");
    }
}
