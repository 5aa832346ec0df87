//! What stands around the cursor in the YAML of a rules file: a key, a value of a known key, text of an embedded language.
//!
//! While a line is typed the YAML is rarely whole, so this looks at the tree for what it has (items, entries, scalars) and at
//! columns for what the tree cannot know yet: to which mapping a fresh line belongs.

mod path;

pub(crate) use path::{Slot, Step};

use falco_catalog::keys::{ItemKind as KeyOwner, KeyInfo, KeyValue};
use falco_syntax::ast::{Item, RulesFile};
use falco_syntax::yaml::{Mapping, Node, NodeKind, Parse, ScalarStyle};
use falco_syntax::{SourceMap, TextRange, TextSize};

/// The item that the cursor is in.
#[derive(Debug, Clone, Default)]
pub(crate) struct ItemFacts {
    /// Its kind; `None` while it has no head key.
    pub(crate) kind: Option<KeyOwner>,
    /// Its name.
    pub(crate) name: Option<String>,
    /// What its `source` key says.
    pub(crate) source: Option<String>,
    /// Its mapping.
    pub(crate) mapping: Option<Mapping>,
}

/// A text inside a scalar, with the cursor in it.
#[derive(Debug, Clone)]
pub(crate) struct Embedded {
    /// The decoded text; a blank is added at its end when the cursor stands apart behind it.
    pub(crate) text: String,
    /// The cursor in `text`.
    pub(crate) offset: TextSize,
    /// Back to the file.
    pub(crate) map: SourceMap,
    /// The cursor in the file.
    cursor: TextSize,
    /// How the scalar is written.
    pub(crate) style: ScalarStyle,
}

impl Embedded {
    /// A range of the text in the file. Empty ranges are at the cursor: that is where text would go.
    pub(crate) fn to_file(&self, range: TextRange) -> TextRange {
        if range.is_empty() { TextRange::empty(self.cursor) } else { self.map.map_range(range) }
    }
}

/// What stands around the cursor.
#[derive(Debug, Clone)]
pub(crate) enum Context {
    /// The start of an item.
    TopLevel {
        /// From the dash, or the first letter, to the cursor's word's end.
        range: TextRange,
    },
    /// A key, perhaps still without its colon.
    Key {
        /// The mapping's kind.
        owner: KeyOwner,
        /// The key's text.
        range: TextRange,
        /// The other keys of the mapping.
        present: Vec<String>,
        /// Whether a colon follows already.
        has_colon: bool,
        /// The column of the mapping's keys.
        column: usize,
    },
    /// A value, or an element of a sequence that is the value.
    Value {
        /// Whose value.
        key: &'static KeyInfo,
        /// Its text, with the cursor in it; empty where there is none yet.
        embedded: Embedded,
        /// The mapping that has the key.
        mapping: Mapping,
        /// Which element of the sequence it is, and of that in turn; empty for the value itself.
        path: Vec<usize>,
    },
}

/// Finds what stands at `offset`.
pub(crate) fn at(parse: &Parse, text: &str, offset: TextSize) -> Option<(Context, ItemFacts)> {
    let cursor = Cursor::new(text, offset)?;
    if cursor.is_in_comment() {
        return None;
    }
    let file = RulesFile::from_parse(parse);
    let item = file.items().take_while(|item| item.body().node().full_range().start() <= offset).last();
    let facts = item.as_ref().map_or_else(ItemFacts::default, facts);
    if let Some(range) = cursor.top_level() {
        return Some((Context::TopLevel { range }, ItemFacts::default()));
    }
    let item = item?;
    let mapping = item.body().mapping()?.clone();
    let owner = facts.kind;
    let context = cursor.in_mapping(&mapping, owner)?;
    Some((context, facts))
}

/// The kind of an item, as its keys go by it.
pub(crate) fn owner_of(item: &Item) -> Option<KeyOwner> {
    item.kind().and_then(|kind| KeyOwner::TOP.into_iter().find(|k| k.head() == Some(kind.head_key())))
}

fn facts(item: &Item) -> ItemFacts {
    let kind = owner_of(item);
    let source = match item {
        Item::Rule(rule) => rule.source().and_then(|s| s.text()),
        _ => None,
    };
    ItemFacts { kind, name: item.name(), source, mapping: item.body().mapping().cloned() }
}

/// A key whose value the cursor is in, with its mapping.
struct Owner {
    key: &'static KeyInfo,
    mapping: Mapping,
}

impl Owner {
    fn value(&self, embedded: Embedded, path: Vec<usize>) -> Context {
        Context::Value { key: self.key, embedded, mapping: self.mapping.clone(), path }
    }
}

/// A place in a text, and what stands around it on its line.
pub(crate) struct Cursor<'t> {
    text: &'t str,
    offset: TextSize,
    /// Start of the cursor's line.
    line: usize,
    at: usize,
}

impl<'t> Cursor<'t> {
    /// The place at an offset; `None` if it is in the middle of a character.
    pub(crate) fn new(text: &'t str, offset: TextSize) -> Option<Self> {
        let at = usize::from(offset);
        let before = text.get(..at)?;
        let line = before.rfind('\n').map_or(0, |i| i + 1);
        Some(Self { text, offset, line, at })
    }

    fn before(&self) -> &'t str {
        self.text.get(self.line..self.at).unwrap_or_default()
    }

    fn after(&self) -> &'t str {
        let rest = self.text.get(self.at..).unwrap_or_default();
        rest.split(['\n', '\r']).next().unwrap_or_default()
    }

    /// A line that is a comment from its start. (A `#` further on may be part of a scalar.)
    fn is_in_comment(&self) -> bool {
        self.before().trim_start().starts_with('#')
    }

    /// Where the line's own text begins: blanks and the dashes of sequences are passed over.
    fn line_column(&self) -> usize {
        let line = self.before();
        let rest = line.trim_start_matches([' ', '-']);
        line.len() - rest.len()
    }

    fn word_end(&self) -> TextSize {
        let word = self.after().bytes().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')).count();
        TextSize::new((self.at + word) as u32)
    }

    /// The line is `- wor` or `wor` at the left margin, or `-` alone.
    fn top_level(&self) -> Option<TextRange> {
        let before = self.before();
        let rest = match before.strip_prefix('-') {
            Some(rest) => rest.trim_start_matches(' '),
            None => before,
        };
        let is_word = rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        let after = self.after().trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
        let is_free = after.trim().is_empty();
        (is_word && is_free).then(|| TextRange::new(TextSize::new(self.line as u32), self.word_end()))
    }

    /// Looks into a mapping that the cursor is somewhere in or below.
    fn in_mapping(&self, mapping: &Mapping, owner: Option<KeyOwner>) -> Option<Context> {
        let entries: Vec<_> = mapping.entries().collect();
        let present = |except: Option<usize>| -> Vec<String> {
            entries.iter().enumerate().filter(|(i, _)| Some(*i) != except).filter_map(|(_, e)| e.key_text()).collect()
        };
        let column = self.column_of(mapping.range().start());
        let index = entries.iter().rposition(|e| e.range().start() <= self.offset)?;
        let entry = entries.get(index)?;
        let colon = entry.colon().map(|c| c.text_range().end());
        let key_range = entry.key().range();
        match colon {
            Some(colon) if colon <= self.offset => {}
            // In the key itself.
            _ if key_range.contains_inclusive(self.offset) => {
                return Some(Context::Key {
                    owner: owner?,
                    range: key_range,
                    present: present(Some(index)),
                    has_colon: colon.is_some(),
                    column,
                });
            }
            _ => {}
        }
        let same_line = self.column_line(key_range.start()) == self.line;
        let own_column = if same_line { usize::MAX } else { self.line_column() };
        let inside =
            mapping.is_flow() || same_line || own_column > column || entry.value().range().contains(self.offset);
        if !inside || colon.is_none() {
            // A fresh line at the mapping's column: a key that has yet to be written.
            let at_key_column = own_column == column || (colon.is_none() && own_column <= column);
            let word_start = self.at - self.word_before();
            let range = TextRange::new(TextSize::new(word_start as u32), self.word_end());
            return at_key_column.then_some(Context::Key {
                owner: owner?,
                range,
                present: present(None),
                has_colon: self.after().trim_start_matches(|c: char| !c.is_whitespace() && c != ':').starts_with(':'),
                column,
            });
        }
        let name = entry.key_text()?;
        let key = owner?.key(&name)?;
        self.in_value(&entry.value(), &Owner { key, mapping: mapping.clone() })
    }

    fn in_value(&self, value: &Node, slot: &Owner) -> Option<Context> {
        let value = value.resolve();
        let key = slot.key;
        match value.kind() {
            NodeKind::Sequence => self.in_sequence(&value, slot, Vec::new()),
            NodeKind::Mapping => self.in_mapping(&value.as_mapping()?, below(key)),
            NodeKind::Scalar | NodeKind::Null => {
                // Where a mapping or a sequence of mappings belongs, the first key is being written.
                if matches!(key.value, KeyValue::Mapping | KeyValue::Mappings)
                    && self.column_line(value.range().start()) <= self.line
                {
                    let owner = below(key)?;
                    let word_start = self.at - self.word_before();
                    let range = TextRange::new(TextSize::new(word_start as u32), self.word_end());
                    let column = word_start - self.line;
                    return Some(Context::Key { owner, range, present: Vec::new(), has_colon: false, column });
                }
                Some(slot.value(self.embedded(&value), Vec::new()))
            }
        }
    }

    fn in_sequence(&self, value: &Node, slot: &Owner, mut path: Vec<usize>) -> Option<Context> {
        let sequence = value.as_sequence()?;
        let items: Vec<Node> = sequence.items().collect();
        let touched = items.iter().position(|i| i.range().contains_inclusive(self.offset));
        let last = items.iter().rposition(|i| i.full_range().start() <= self.offset);
        let owner = below(slot.key);
        // `- na`: an item that is to become a mapping.
        let fresh_key = |owner: KeyOwner| {
            let word_start = self.at - self.word_before();
            let range = TextRange::new(TextSize::new(word_start as u32), self.word_end());
            Context::Key { owner, range, present: Vec::new(), has_colon: false, column: word_start - self.line }
        };
        // A dash further in belongs to a sequence in one of the items.
        let indent = self.before().len() - self.before().trim_start().len();
        let dashed = self.before().trim_start().starts_with('-') && indent <= self.column_of(sequence.range().start());
        let fresh = |mut path: Vec<usize>| {
            path.push(last.map_or(0, |last| last + 1));
            slot.value(self.nothing(), path)
        };
        let index = if sequence.is_flow() { touched } else { touched.or(last) };
        let Some((index, item)) = index.and_then(|index| Some((index, items.get(index)?))) else {
            return match owner {
                Some(owner) if dashed && !sequence.is_flow() => Some(fresh_key(owner)),
                _ => Some(fresh(path)),
            };
        };
        let on_item_line = self.column_line(item.range().start()) == self.line;
        if !sequence.is_flow() && dashed && !on_item_line {
            return Some(match owner {
                Some(owner) => fresh_key(owner),
                None => fresh(path),
            });
        }
        path.push(index);
        match (item.kind(), owner) {
            (NodeKind::Mapping, owner) => self.in_mapping(&item.as_mapping()?, owner),
            // A list of lists: tuples of exception values.
            (NodeKind::Sequence, _) => self.in_sequence(&item.resolve(), slot, path),
            (_, Some(owner)) if !sequence.is_flow() => Some(fresh_key(owner)),
            _ => Some(slot.value(self.embedded(item), path)),
        }
    }

    /// The text of a scalar with the cursor in it.
    fn embedded(&self, node: &Node) -> Embedded {
        let Some(scalar) = node.as_scalar().filter(|_| !node.is_absent()) else { return self.nothing() };
        let mut decoded = scalar.decode();
        let end = decoded.map.segments().last().map_or(scalar.range().end(), |s| s.source.end());
        let offset = match decoded.map.to_decoded(self.offset) {
            Some(offset) => offset,
            None if self.offset > end => {
                if self.offset > scalar.range().end() || decoded.text.is_empty() {
                    let gap = self.text.get(usize::from(end)..self.at).unwrap_or_default();
                    if !decoded.text.is_empty() && gap.starts_with([' ', '\t', '\n', '\r']) {
                        decoded.text.push(' ');
                    }
                }
                TextSize::of(decoded.text.as_str())
            }
            None => TextSize::new(0),
        };
        Embedded { text: decoded.text, offset, map: decoded.map, cursor: self.offset, style: scalar.style() }
    }

    fn nothing(&self) -> Embedded {
        Embedded {
            text: String::new(),
            offset: TextSize::new(0),
            map: SourceMap::default(),
            cursor: self.offset,
            style: ScalarStyle::Plain,
        }
    }

    fn word_before(&self) -> usize {
        self.before().bytes().rev().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')).count()
            - usize::from(self.before().trim_start().bytes().all(|b| b == b'-') && !self.before().trim().is_empty())
    }

    fn column_line(&self, offset: TextSize) -> usize {
        self.text.get(..usize::from(offset)).and_then(|t| t.rfind('\n')).map_or(0, |i| i + 1)
    }

    fn column_of(&self, offset: TextSize) -> usize {
        usize::from(offset) - self.column_line(offset)
    }
}

/// The kind of the mappings that are, or are in, a key's value.
pub(crate) fn below(key: &KeyInfo) -> Option<KeyOwner> {
    match (key.item, key.name) {
        (KeyOwner::Rule, "exceptions") => Some(KeyOwner::Exception),
        (KeyOwner::Rule, "override") => Some(KeyOwner::RuleOverride),
        (KeyOwner::Macro, "override") => Some(KeyOwner::MacroOverride),
        (KeyOwner::List, "override") => Some(KeyOwner::ListOverride),
        (KeyOwner::PluginVersions, "required_plugin_versions") => Some(KeyOwner::PluginRequirement),
        (KeyOwner::PluginRequirement, "alternatives") => Some(KeyOwner::PluginAlternative),
        _ => None,
    }
}
