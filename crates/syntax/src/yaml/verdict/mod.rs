//! Whether Falco's own YAML reader accepts a text, and where it stops if not.
//!
//! Falco reads rules with yaml-cpp, which is laxer than YAML 1.2 in some places (indentation inside of brackets and quotes,
//! comments without a blank, content after a root node) and stricter in others (a `?` in a plain scalar in brackets, tabs).
//! The parser of this crate follows YAML 1.2, for good messages and for editing; this module answers the other question.
//! It reproduces yaml-cpp's decisions (a scanner that guesses at keys and takes its guesses back, and a parser over its
//! tokens), not its results: nothing is built.

mod scalar;
mod scanner;

use rowan::{TextRange, TextSize};
use rustc_hash::FxHashSet;
use scanner::{Scanner, Token, TokenKind};

/// The outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The documents that Falco sees. A document may start without a marker: whatever follows a complete root is the next
    /// one's.
    pub documents: Vec<Root>,
    /// Why Falco refuses the file as no YAML; then it loads nothing of it.
    pub refusal: Option<Refusal>,
}

/// A document's root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Root {
    /// What it is.
    pub kind: super::NodeKind,
    /// Where it starts.
    pub place: Place,
}

/// Where Falco says that something is. Lines and columns count from 0, columns and offsets in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Place {
    /// The offset in the file.
    pub offset: TextSize,
    /// The line.
    pub line: u32,
    /// The column.
    pub column: u32,
}

impl Place {
    /// The place as an empty range.
    pub fn range(self) -> TextRange {
        TextRange::empty(self.offset)
    }
}

/// Why and where Falco's reader stops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What is wrong there: lower case, no full stop.
    pub message: String,
    /// Where.
    pub place: Place,
}

type Step<T> = Result<T, Refusal>;

fn refuse<T>(place: Place, message: impl Into<String>) -> Step<T> {
    Err(Refusal { message: message.into(), place })
}

/// Deepest nesting of nodes that the reader follows.
const MAX_DEPTH: u32 = 500;

/// Reads a text as Falco does.
pub fn verdict(text: &str) -> Verdict {
    let mut reader = Reader {
        scanner: Scanner::new(text),
        documents: Vec::new(),
        anchors: FxHashSet::default(),
        collections: Vec::new(),
        depth: 0,
    };
    let refusal = reader.stream().err();
    Verdict { documents: reader.documents, refusal }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Collection {
    BlockSeq,
    BlockMap,
    FlowSeq,
    FlowMap,
    /// A single pair in a flow sequence.
    Pair,
}

/// The parser over the scanner's tokens.
struct Reader<'t> {
    scanner: Scanner<'t>,
    documents: Vec<Root>,
    anchors: FxHashSet<&'t str>,
    collections: Vec<Collection>,
    depth: u32,
}

impl<'t> Reader<'t> {
    fn peek(&mut self) -> Step<Option<Token>> {
        self.scanner.peek()
    }

    fn stream(&mut self) -> Step<()> {
        loop {
            let mut version_seen = false;
            let mut handles = FxHashSet::default();
            while let Some(token) = self.peek()?
                && token.kind == TokenKind::Directive
            {
                self.directive(token, &mut version_seen, &mut handles)?;
                self.scanner.pop()?;
            }
            let Some(first) = self.peek()? else { return Ok(()) };
            let before = self.scanner.taken();
            self.document()?;
            if self.scanner.taken() == before {
                // Falco takes no token either, makes an empty document of it, and does so again until memory runs out.
                return refuse(first.place, "Falco's reader hangs here");
            }
        }
    }

    fn directive(&self, token: Token, version_seen: &mut bool, handles: &mut FxHashSet<&'t str>) -> Step<()> {
        let text = self.scanner.text_of(token);
        let mut words = text.split([' ', '\t']).filter(|word| !word.is_empty());
        match words.next() {
            Some("%YAML") => {
                let (Some(version), None) = (words.next(), words.next()) else {
                    return refuse(token.place, "a YAML directive has one argument");
                };
                if *version_seen {
                    return refuse(token.place, "a second YAML directive");
                }
                *version_seen = true;
                let numbers = version.split_once(|char: char| !char.is_ascii_digit());
                match numbers.map(|(major, minor)| (major.parse::<i32>(), minor.parse::<i32>())) {
                    Some((Ok(major), Ok(_))) if major <= 1 => Ok(()),
                    Some((Ok(_), Ok(_))) => refuse(token.place, "a YAML version above 1"),
                    _ => refuse(token.place, format!("`{version}` is no YAML version")),
                }
            }
            Some("%TAG") => match (words.next(), words.next(), words.next()) {
                (Some(handle), Some(_), None) if handles.insert(handle) => Ok(()),
                (Some(_), Some(_), None) => refuse(token.place, "a second TAG directive for this handle"),
                _ => refuse(token.place, "a TAG directive has two arguments"),
            },
            _ => Ok(()),
        }
    }

    fn document(&mut self) -> Step<()> {
        self.anchors.clear();
        if self.next_is(TokenKind::DocStart)? {
            self.scanner.pop()?;
        }
        let root = self.node()?;
        self.documents.push(root);
        while self.next_is(TokenKind::DocEnd)? {
            self.scanner.pop()?;
        }
        Ok(())
    }

    fn next_is(&mut self, kind: TokenKind) -> Step<bool> {
        Ok(self.peek()?.is_some_and(|token| token.kind == kind))
    }

    fn node(&mut self) -> Step<Root> {
        self.depth += 1;
        if self.depth >= MAX_DEPTH {
            return refuse(self.scanner.place(), format!("nodes are nested {MAX_DEPTH} levels deep"));
        }
        let root = self.node_content();
        self.depth -= 1;
        root
    }

    fn node_content(&mut self) -> Step<Root> {
        use super::NodeKind::{Mapping, Null, Scalar, Sequence};
        let Some(first) = self.peek()? else {
            return Ok(Root { kind: Null, place: self.scanner.place() });
        };
        let place = first.place;
        let root = |kind| Ok(Root { kind, place });
        match first.kind {
            TokenKind::Value => {
                self.pair()?;
                return root(Mapping);
            }
            TokenKind::Alias => {
                let name = self.scanner.name_of(first);
                if !self.anchors.contains(name) {
                    return refuse(place, format!("the anchor of the alias `*{name}` is not defined"));
                }
                self.scanner.pop()?;
                // What it stands for does not matter to anybody who asks for the root.
                return root(Null);
            }
            _ => {}
        }
        let tagged = self.properties()?;
        let Some(token) = self.peek()? else { return root(Null) };
        match token.kind {
            TokenKind::Plain => {
                let null = !tagged && super::schema::is_null(self.scanner.text_of(token).trim_end());
                self.scanner.pop()?;
                root(if null { Null } else { Scalar })
            }
            TokenKind::NonPlain => {
                self.scanner.pop()?;
                root(Scalar)
            }
            TokenKind::FlowSeqStart => {
                self.flow_seq()?;
                root(Sequence)
            }
            TokenKind::BlockSeqStart => {
                self.block_seq()?;
                root(Sequence)
            }
            TokenKind::FlowMapStart => {
                self.flow_map()?;
                root(Mapping)
            }
            TokenKind::BlockMapStart => {
                self.block_map()?;
                root(Mapping)
            }
            TokenKind::Key if self.collections.last() == Some(&Collection::FlowSeq) => {
                self.pair()?;
                root(Mapping)
            }
            _ => root(if tagged { Scalar } else { Null }),
        }
    }

    /// Takes anchors and tags. Tells whether there was a tag.
    fn properties(&mut self) -> Step<bool> {
        let (mut tag, mut anchor) = (false, false);
        while let Some(token) = self.peek()? {
            let seen = match token.kind {
                TokenKind::Tag => &mut tag,
                TokenKind::Anchor => {
                    let name = self.scanner.name_of(token);
                    self.anchors.insert(name);
                    &mut anchor
                }
                _ => break,
            };
            if std::mem::replace(seen, true) {
                return refuse(token.place, "a second tag or anchor on one node");
            }
            self.scanner.pop()?;
        }
        Ok(tag)
    }

    fn block_seq(&mut self) -> Step<()> {
        self.scanner.pop()?;
        self.collections.push(Collection::BlockSeq);
        loop {
            let token = match self.peek()? {
                Some(token) if matches!(token.kind, TokenKind::BlockEntry | TokenKind::BlockSeqEnd) => token,
                other => {
                    let place = other.map_or_else(|| self.scanner.place(), |token| token.place);
                    return refuse(place, "expected the next item of a sequence or its end");
                }
            };
            self.scanner.pop()?;
            if token.kind == TokenKind::BlockSeqEnd {
                break;
            }
            if let Some(next) = self.peek()?
                && matches!(next.kind, TokenKind::BlockEntry | TokenKind::BlockSeqEnd)
            {
                continue;
            }
            self.node()?;
        }
        self.collections.pop();
        Ok(())
    }

    fn flow_seq(&mut self) -> Step<()> {
        const MESSAGE: &str = "expected `,` or `]`: the sequence in brackets is not closed";
        self.scanner.pop()?;
        self.collections.push(Collection::FlowSeq);
        loop {
            if self.peek()?.is_none() {
                return refuse(self.scanner.place(), MESSAGE);
            }
            if self.next_is(TokenKind::FlowSeqEnd)? {
                self.scanner.pop()?;
                break;
            }
            self.node()?;
            self.flow_separator(TokenKind::FlowSeqEnd, MESSAGE)?;
        }
        self.collections.pop();
        Ok(())
    }

    /// Takes a comma; the end of the collection may stand there as well.
    fn flow_separator(&mut self, end: TokenKind, message: &str) -> Step<()> {
        match self.peek()? {
            None => refuse(self.scanner.place(), message),
            Some(token) if token.kind == TokenKind::FlowEntry => self.scanner.pop(),
            Some(token) if token.kind == end => Ok(()),
            Some(token) => refuse(token.place, message),
        }
    }

    fn block_map(&mut self) -> Step<()> {
        self.scanner.pop()?;
        self.collections.push(Collection::BlockMap);
        loop {
            match self.peek()? {
                Some(token) if token.kind == TokenKind::BlockMapEnd => {
                    self.scanner.pop()?;
                    break;
                }
                Some(token) if matches!(token.kind, TokenKind::Key | TokenKind::Value) => self.key_and_value(token)?,
                other => {
                    let place = other.map_or_else(|| self.scanner.place(), |token| token.place);
                    return refuse(place, "expected the next key of a mapping or its end");
                }
            }
        }
        self.collections.pop();
        Ok(())
    }

    fn key_and_value(&mut self, token: Token) -> Step<()> {
        if token.kind == TokenKind::Key {
            self.scanner.pop()?;
            self.node()?;
        }
        if self.next_is(TokenKind::Value)? {
            self.scanner.pop()?;
            self.node()?;
        }
        Ok(())
    }

    fn flow_map(&mut self) -> Step<()> {
        const MESSAGE: &str = "expected `,` or `}`: the mapping in braces is not closed";
        self.scanner.pop()?;
        self.collections.push(Collection::FlowMap);
        loop {
            let Some(token) = self.peek()? else { return refuse(self.scanner.place(), MESSAGE) };
            if token.kind == TokenKind::FlowMapEnd {
                self.scanner.pop()?;
                break;
            }
            self.key_and_value(token)?;
            self.flow_separator(TokenKind::FlowMapEnd, MESSAGE)?;
        }
        self.collections.pop();
        Ok(())
    }

    /// A pair without braces; also a value whose key is absent.
    fn pair(&mut self) -> Step<()> {
        self.collections.push(Collection::Pair);
        if let Some(token) = self.peek()? {
            self.key_and_value(token)?;
        }
        self.collections.pop();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::NodeKind::{Mapping, Null, Sequence};
    use super::*;

    #[track_caller]
    fn accepts(text: &str, roots: &[super::super::NodeKind]) {
        let verdict = verdict(text);
        assert_eq!(verdict.refusal, None);
        assert_eq!(verdict.documents.iter().map(|root| root.kind).collect::<Vec<_>>(), roots);
    }

    #[track_caller]
    fn refuses(text: &str, line: u32, column: u32) {
        let place = verdict(text).refusal.map(|refusal| (refusal.place.line, refusal.place.column));
        assert_eq!(place, Some((line, column)));
    }

    // Each of these was tried on yaml-cpp.

    #[test]
    fn is_laxer_than_yaml() {
        accepts("- list: a\n  items: [\n  b,\n  c\n  ]\n", &[Sequence]);
        accepts("- rule: a\n  desc: \"one\ntwo\"\n", &[Sequence]);
        accepts("- [a,#b\n  c]\n", &[Sequence]);
        accepts("- a: '\\d'\n  b: \"\\'\"\n", &[Sequence]);
        accepts("- [a, , b]\n", &[Sequence]);
    }

    #[test]
    fn is_stricter_than_yaml() {
        refuses("- items: [/bin/?, /tmp/a]\n", 0, 15);
        refuses("- a: |\n\t\n  b: c\n", 1, 0);
        refuses("- {a\n   : b}\n", 0, 3);
    }

    #[test]
    fn content_after_a_root_is_another_document() {
        accepts("- a: b\nc: d\n", &[Sequence, Mapping]);
        accepts("  - a\n- b\n", &[Sequence, Sequence]);
        accepts("", &[]);
        accepts("# nothing\n", &[]);
        accepts("---\n---\n- a\n", &[Null, Sequence]);
    }

    #[test]
    fn the_end_of_the_file_forgives() {
        // A quote that is open at the end, if a line break comes last; a word without a colon.
        accepts("- a: \"b\n", &[Sequence]);
        accepts("- a: b\n  c", &[Sequence]);
        accepts("- a: b\n  c\n", &[Sequence]);
        refuses("- a: b\n  c # d\n", 1, 2);
        refuses("- a: b\n  c\n  d: e\n", 2, 3);
    }

    #[test]
    fn says_where_it_stops() {
        refuses("- a: [1, 2\n- b\n", 2, 0);
        refuses("- a: b: c\n", 0, 6);
        refuses("- a: \"b", 0, 7);
        refuses("- a: *b\n", 0, 5);
        refuses("- a\n b: c\n", 1, 2);
        refuses("- a: b\n\tc: d\n", 1, 0);
        refuses("- a: @b\n", 0, 5);
        refuses("- a: b]\n]\n", 1, 0);
    }

    #[test]
    fn nesting_and_hangs_are_refused() {
        refuses(&"[".repeat(200_000), 0, 0);
        // Falco's reader takes no end of memory here.
        refuses(", a\n", 0, 0);
    }
}
