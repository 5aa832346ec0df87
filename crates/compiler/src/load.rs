//! From the YAML tree to plain items.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, OnceLock};

use falco_syntax::yaml::{self, ErrorKind, Node, NodeKind, ScalarStyle};
use rustc_hash::FxHashMap;

use crate::ignore;
use crate::items::{Element, FileItems, HEAD_KEYS, ItemIr, YamlError};
use crate::loc::{Loc, Uid};
use crate::value::{Entry, MapSeg, Scalar, Style, TextMap, Value};

/// Deeper values are cut off: nothing in an item is read below the fifth level.
const MAX_DEPTH: u32 = 12;

/// Reads a file. Items whose text did not change since `previous` are taken from there. Also how many were not.
pub(crate) fn load(text: &str, previous: Option<&FileItems>) -> (FileItems, usize) {
    let parse = yaml::parse(text);
    let uid = Uid::fresh();
    let mut reusable = Reusable::new(previous);
    let mut elements = Vec::new();
    let mut first_document = None;
    for document in parse.documents() {
        let root = document.root();
        match root.kind() {
            NodeKind::Null => {}
            NodeKind::Sequence => {
                let items = root.as_sequence().map(|sequence| sequence.items().collect::<Vec<_>>()).unwrap_or_default();
                elements.extend(items.iter().filter_map(|node| element(text, uid, node, &mut reusable)));
            }
            kind => {
                let range = root.range();
                let loc = Loc::new(uid, range.start().into(), first_line_end(text, range.start().into()));
                let what = if kind == NodeKind::Mapping { "a mapping" } else { "a single value" };
                elements.push(Element::NoSequence { what, loc });
            }
        }
        if root.kind() != NodeKind::Null {
            first_document.get_or_insert(elements.len());
        }
    }
    let verdict = yaml::verdict(text);
    // Falco's reader takes what follows a complete root for another document, which we do not build.
    for root in &verdict.documents {
        let what = match root.kind {
            NodeKind::Mapping => "a mapping",
            NodeKind::Scalar => "a single value",
            NodeKind::Sequence | NodeKind::Null => continue,
        };
        let start: u32 = root.place.offset.into();
        // Blame what was written: the mistake that made Falco's reader leave the sequence, not the item where it noticed.
        let mistakes = parse.errors().iter().filter(|error| error.kind != ErrorKind::UnderIndented);
        let blamed =
            mistakes.map(|error| error.range.start().into()).take_while(|at| *at <= start).last().unwrap_or(start);
        let known = elements
            .iter()
            .any(|e| matches!(e, Element::NoSequence { loc, .. } if loc.start == start || loc.start == blamed));
        if !known && verdict.refusal.is_none() {
            elements.push(Element::NoSequence { what, loc: Loc::new(uid, blamed, first_line_end(text, blamed)) });
            first_document.get_or_insert(elements.len());
        }
    }
    let refused = verdict.refusal.is_some();
    let mut yaml_errors: Vec<YamlError> = parse
        .errors()
        .iter()
        .map(|error| YamlError {
            message: error.message.clone(),
            help: error.help.clone(),
            start: error.range.start().into(),
            end: error.range.end().into(),
            fatal: refused && error.is_fatal_for_falco(),
            flow_indent: error.kind == ErrorKind::UnderIndented,
        })
        .collect();
    let refusal = verdict.refusal.map(|refusal| (refusal.message, u32::from(refusal.place.offset)));
    if let Some((message, at)) = &refusal
        && !yaml_errors.iter().any(|error| error.fatal)
    {
        let error =
            YamlError { message: message.clone(), help: None, start: *at, end: *at, fatal: true, flow_indent: false };
        yaml_errors.push(error);
    }
    let ignores = if ignore::may_have(text) { ignore::read(text, comments(&parse.syntax())) } else { Vec::new() };
    (FileItems { uid, elements, first_document, yaml_errors, ignores, refusal }, reusable.read)
}

/// Where the comments of a tree begin.
fn comments(tree: &yaml::SyntaxNode) -> impl Iterator<Item = u32> {
    let tokens = tree.descendants_with_tokens().filter_map(yaml::SyntaxElement::into_token);
    tokens.filter(|token| token.kind() == yaml::SyntaxKind::Comment).map(|token| token.text_range().start().into())
}

/// The end of the line on which `start` lies.
fn first_line_end(text: &str, start: u32) -> u32 {
    let rest = text.get(start as usize..).unwrap_or_default();
    start + rest.find(['\n', '\r']).unwrap_or(rest.len()) as u32
}

/// Items of the previous version by their text.
struct Reusable {
    /// How many items had to be read.
    read: usize,
    items: FxHashMap<u64, Vec<Arc<ItemIr>>>,
}

impl Reusable {
    fn new(previous: Option<&FileItems>) -> Self {
        let mut items: FxHashMap<u64, Vec<Arc<ItemIr>>> = FxHashMap::default();
        for (_, ir) in previous.into_iter().flat_map(FileItems::items) {
            if ir.portable {
                items.entry(ir.hash).or_default().push(Arc::clone(ir));
            }
        }
        // The first of several equal items is taken first.
        items.values_mut().for_each(|equal| equal.reverse());
        Self { items, read: 0 }
    }

    fn take(&mut self, hash: u64, len: u32) -> Option<Arc<ItemIr>> {
        self.items.get_mut(&hash)?.pop().filter(|ir| ir.len == len)
    }
}

fn element(text: &str, file: Uid, node: &Node, reusable: &mut Reusable) -> Option<Element> {
    let range = node.full_range();
    let base: u32 = range.start().into();
    match node.kind() {
        NodeKind::Null => None,
        NodeKind::Mapping => {
            let len: u32 = range.len().into();
            let hash = item_hash(text, base, len);
            if let Some(ir) = reusable.take(hash, len) {
                return Some(Element::Item { base, ir });
            }
            reusable.read += 1;
            let mut reader = Reader { text, base, aliases: node.is_alias() };
            let Value::Map { entries, .. } = reader.value(node, 0) else { return None };
            let has = |key: &str| crate::value::get(&entries, key).is_some();
            let kind = HEAD_KEYS.into_iter().find(|(key, _)| has(key)).map(|(_, kind)| kind);
            let ir = ItemIr {
                uid: Uid::fresh(),
                kind,
                entries,
                len,
                hash,
                portable: !reader.aliases,
                mentions: OnceLock::new(),
            };
            Some(Element::Item { base, ir: Arc::new(ir) })
        }
        kind => {
            let what = if kind == NodeKind::Sequence { "a sequence" } else { "a single value" };
            Some(Element::NotMapping { what, loc: Loc::new(file, base, range.end().into()) })
        }
    }
}

/// The item's text, and its column: continuation lines mean something else at another column.
fn item_hash(text: &str, base: u32, len: u32) -> u64 {
    let (start, end) = (base as usize, (base + len) as usize);
    let before = text.get(..start).unwrap_or_default();
    let column = start - before.rfind('\n').map_or(0, |at| at + 1);
    let mut hasher = DefaultHasher::new();
    text.get(start..end).unwrap_or_default().hash(&mut hasher);
    column.hash(&mut hasher);
    hasher.finish()
}

struct Reader<'a> {
    text: &'a str,
    base: u32,
    /// Whether an alias was met.
    aliases: bool,
}

impl Reader<'_> {
    fn rel(&self, offset: impl Into<u32>) -> u32 {
        offset.into().wrapping_sub(self.base)
    }

    fn value(&mut self, node: &Node, depth: u32) -> Value {
        self.aliases |= node.is_alias();
        let (start, end) = (self.rel(node.full_range().start()), self.rel(node.range().end()));
        match node.kind() {
            NodeKind::Null => {
                let at = if node.is_absent() { self.next_token(node.range().end().into()) } else { start };
                Value::Null { at, start, end }
            }
            NodeKind::Scalar => match node.as_scalar() {
                Some(scalar) => Value::Scalar(self.scalar(&scalar, node)),
                None => Value::Null { at: start, start, end },
            },
            NodeKind::Sequence => {
                let items = match node.as_sequence() {
                    Some(sequence) if depth < MAX_DEPTH => {
                        sequence.items().map(|item| self.value(&item, depth + 1)).collect()
                    }
                    _ => Vec::new(),
                };
                Value::Seq { start, end, items }
            }
            NodeKind::Mapping => {
                let entries = match node.as_mapping() {
                    Some(mapping) if depth < MAX_DEPTH => mapping
                        .entries()
                        .map(|entry| Entry {
                            key: self.key(&entry.key(), depth + 1),
                            value: self.value(&entry.value(), depth + 1),
                        })
                        .collect(),
                    _ => Vec::new(),
                };
                Value::Map { start, end, entries }
            }
        }
    }

    /// A key: a null is the text that it is written as.
    fn key(&mut self, node: &Node, depth: u32) -> Value {
        match (node.kind(), node.as_scalar()) {
            (NodeKind::Null, Some(scalar)) => Value::Scalar(self.scalar(&scalar, node)),
            _ => self.value(node, depth),
        }
    }

    fn scalar(&self, scalar: &yaml::Scalar, node: &Node) -> Scalar {
        let decoded = scalar.decode();
        let segs = decoded.map.segments();
        let map = match segs {
            [] => TextMap::Literal(self.rel(scalar.range().start())),
            [seg] if seg.decoded.len() == seg.source.len() && seg.decoded.start() == 0.into() => {
                TextMap::Literal(self.rel(seg.source.start()))
            }
            segs => TextMap::Segments(
                segs.iter()
                    .map(|seg| MapSeg {
                        at: seg.decoded.start().into(),
                        len: seg.decoded.len().into(),
                        src: self.rel(seg.source.start()),
                        src_len: seg.source.len().into(),
                    })
                    .collect(),
            ),
        };
        // Falco's position of an alias is that of what it stands for.
        let target = scalar.node();
        let place = if node.is_alias() { target } else { node };
        Scalar {
            text: decoded.text.into_boxed_str(),
            map,
            start: self.rel(place.full_range().start()),
            end: self.rel(place.range().end()),
            style: match scalar.style() {
                ScalarStyle::Plain => Style::Plain,
                ScalarStyle::SingleQuoted => Style::SingleQuoted,
                ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
                ScalarStyle::Literal => Style::Literal,
                ScalarStyle::Folded => Style::Folded,
            },
        }
    }

    /// Where a YAML reader stands when it finds that a value is absent: at the next token.
    fn next_token(&self, from: u32) -> u32 {
        let mut at = from as usize;
        loop {
            let rest = self.text.get(at..).unwrap_or_default();
            at += rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r', ':']).len();
            let rest = self.text.get(at..).unwrap_or_default();
            if !rest.starts_with('#') {
                break;
            }
            at += rest.find('\n').unwrap_or(rest.len());
        }
        self.rel(at as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::ItemKind;

    fn items(file: &FileItems) -> Vec<&Arc<ItemIr>> {
        file.items().map(|(_, ir)| ir).collect()
    }

    #[test]
    fn places_count_from_the_item() {
        let text = "# c\n- macro: m\n  condition: >\n    a\n    or b\n- list: l\n  items:\n";
        let (file, _) = load(text, None);
        let items = items(&file);
        assert_eq!(items.len(), 2);
        assert_eq!(items[0].kind, Some(ItemKind::Macro));
        let condition = items[0].get("condition").and_then(|e| e.value.as_scalar()).unwrap();
        assert_eq!(&*condition.text, "a or b\n");
        let base = 6;
        assert_eq!(&text[base + condition.start as usize..][..1], ">");
        let content = condition.content_loc(items[0].uid);
        assert_eq!(&text[base + content.start as usize..base + content.end as usize], "a\n    or b");
        assert_eq!(items[1].get("items").map(|e| e.value.mark()), Some(text.len() as u32 - 47));
    }

    #[test]
    fn unchanged_items_are_reused_wherever_they_move() {
        let (old, _) = load("- list: a\n  items: [x]\n- list: b\n  items: [y]\n", None);
        let (new, read) = load("# moved\n- list: b\n  items: [y]\n- list: a\n  items: [z]\n", Some(&old));
        let (old, new) = (items(&old), items(&new));
        assert_eq!(old[1].uid, new[0].uid);
        assert_ne!(old[0].uid, new[1].uid);
        assert_eq!(read, 1);
    }

    #[test]
    fn items_with_aliases_are_read_anew() {
        let text = "- list: a\n  items: &x [x]\n- list: b\n  items: *x\n";
        let (old, _) = load(text, None);
        let (new, _) = load(text, Some(&old));
        assert_eq!(items(&old)[0].uid, items(&new)[0].uid);
        assert_ne!(items(&old)[1].uid, items(&new)[1].uid);
        assert!(matches!(&items(&new)[1].get("items").unwrap().value, Value::Seq { items, .. } if items.len() == 1));
    }
}
