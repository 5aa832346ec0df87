//! Comments that silence findings: `# falco-rs: ignore CODE[, CODE]` and `# falco-rs: ignore-file CODE[, CODE]`.
//!
//! A comment behind something is about its line. One on a line of its own is about what begins on the next line: an item, a key with
//! its value, an element. What follows `--` is the reason, for readers.

/// What comments that silence begin with, behind the `#`.
const MARK: &str = "falco-rs:";

/// A comment that silences findings. Offsets count in the file's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ignore {
    /// The comment.
    pub(crate) range: (u32, u32),
    /// The codes, with their places.
    pub(crate) codes: Vec<(Box<str>, u32, u32)>,
    /// Findings that begin here are silenced.
    covers: (u32, u32),
    /// What follows the mark is none of the two words.
    pub(crate) unknown: bool,
}

impl Ignore {
    /// Whether findings at a place are silenced.
    pub(crate) fn covers(&self, at: u32) -> bool {
        self.covers.0 <= at && at < self.covers.1
    }
}

/// Whether a text has anything that can be such a comment.
pub(crate) fn may_have(text: &str) -> bool {
    memchr::memmem::find(text.as_bytes(), MARK.as_bytes()).is_some()
}

/// The comments that silence, out of all comments of a text with their offsets.
pub(crate) fn read(text: &str, comments: impl Iterator<Item = u32>) -> Vec<Ignore> {
    comments.filter_map(|start| one(text, start)).collect()
}

fn one(text: &str, start: u32) -> Option<Ignore> {
    let comment = text.get(start as usize..)?.split(['\n', '\r']).next()?;
    let rest = comment.strip_prefix('#')?.trim_start().strip_prefix(MARK)?.trim_start();
    let end = start + comment.len() as u32;
    let (word, list) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    // The list is the end of the comment.
    let base = end - list.len() as u32;
    let list = list.split("--").next().unwrap_or_default();
    let mut codes = Vec::new();
    let mut at = 0u32;
    for piece in list.split([',', ' ', '\t']) {
        if !piece.is_empty() {
            codes.push((piece.into(), base + at, base + at + piece.len() as u32));
        }
        at += piece.len() as u32 + 1;
    }
    let covers = match word {
        "ignore-file" => (0, u32::MAX),
        "ignore" => covered(text, start),
        _ => (0, 0),
    };
    Some(Ignore { range: (start, end), codes, covers, unknown: !matches!(word, "ignore" | "ignore-file") })
}

/// What a comment is about.
fn covered(text: &str, comment: u32) -> (u32, u32) {
    let before = text.get(..comment as usize).unwrap_or_default();
    let line = before.rfind('\n').map_or(0, |at| at + 1);
    let end_of_line = |from: usize| text.get(from..).and_then(|t| t.find('\n')).map_or(text.len(), |at| from + at + 1);
    if !before.get(line..).unwrap_or_default().trim().is_empty() {
        return (line as u32, end_of_line(comment as usize) as u32);
    }
    let mut start = end_of_line(comment as usize);
    let line_at = |at: usize| text.get(at..end_of_line(at)).unwrap_or_default();
    let is_blank = |line: &str| line.trim().is_empty() || line.trim_start().starts_with('#');
    while start < text.len() && is_blank(line_at(start)) {
        start = end_of_line(start);
    }
    let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let (own, is_element) = (indent(line_at(start)), line_at(start).trim_start().starts_with('-'));
    let mut end = end_of_line(start);
    while end < text.len() {
        let line = line_at(end);
        // The elements of a sequence may stand as deep as its key.
        let below = indent(line) > own || !is_element && indent(line) == own && line.trim_start().starts_with("- ");
        if !below && !line.trim().is_empty() {
            break;
        }
        end = end_of_line(end);
    }
    (start as u32, end as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn covers(text: &str, expected: &str) {
        let start = text.find('#').unwrap() as u32;
        let ignore = one(text, start).unwrap();
        let (from, to) = ignore.covers;
        assert_eq!(text.get(from as usize..(to as usize).min(text.len())), Some(expected));
    }

    #[test]
    fn a_comment_is_about_its_line_or_about_what_follows() {
        covers("- list: a\n  items: [b] # falco-rs: ignore x\n", "  items: [b] # falco-rs: ignore x\n");
        covers("# falco-rs: ignore x\n\n# c\n- list: a\n  items: [b]\n- list: c\n", "- list: a\n  items: [b]\n");
        covers(
            "- macro: m\n  # falco-rs: ignore x\n  condition: >\n    a\n    b\n  z: 1\n",
            "  condition: >\n    a\n    b\n",
        );
        covers("- list: m\n  # falco-rs: ignore x\n  items:\n  - a\n  - b\n  z: 1\n", "  items:\n  - a\n  - b\n");
        covers("a\n# falco-rs: ignore-file x\n", "a\n# falco-rs: ignore-file x\n");
        covers("# falco-rs: ignore x", "");
    }

    #[test]
    fn codes_have_places() {
        let text = "a # falco-rs: ignore one, two -- since it is so\n";
        let ignore = one(text, 2).unwrap();
        let codes: Vec<&str> = ignore.codes.iter().map(|(_, from, to)| &text[*from as usize..*to as usize]).collect();
        assert_eq!(codes, ["one", "two"]);
        assert!(one("# falco-rs", 0).is_none());
        assert!(one("# falco-rs: skip x", 0).unwrap().unknown);
        assert_eq!(one("# falco-rs: ignore", 0).unwrap().codes, []);
    }
}
