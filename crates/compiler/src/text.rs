//! Text that is pasted together from several places of several files, and the way back from it to them.

use std::sync::Arc;

use crate::loc::{Loc, Uid};
use crate::value::{Scalar, TextMap};

/// Pasted conditions may not grow beyond this: lists that multiply each other must not eat the machine.
pub(crate) const MAX_TEXT: usize = 8 << 20;

/// The text of a list as it is pasted: its items joined, with the place of each.
#[derive(Debug)]
pub(crate) struct ListPaste {
    pub(crate) name: Arc<str>,
    pub(crate) text: String,
    /// Starts of the items' texts (inside added quotes), in order.
    items: Vec<PastedItem>,
    /// Lists whose names stand in `text` as words.
    pub(crate) mentions: Vec<u32>,
    /// Identities of the items that it was made from, for caching.
    pub(crate) uids: Vec<Uid>,
}

#[derive(Debug)]
struct PastedItem {
    at: u32,
    uid: Uid,
    scalar: Arc<Scalar>,
}

impl ListPaste {
    pub(crate) fn new(name: Arc<str>) -> Self {
        Self { name, text: String::new(), items: Vec::new(), mentions: Vec::new(), uids: Vec::new() }
    }

    /// Adds an item as Falco does: joined with `, ` unless nothing stands before it, and in double quotes if it has a blank
    /// and no quote at its start.
    pub(crate) fn push(&mut self, uid: Uid, scalar: &Arc<Scalar>) {
        if !self.text.is_empty() {
            self.text.push_str(", ");
        }
        let quote = needs_quotes(&scalar.text);
        if quote {
            self.text.push('"');
        }
        self.items.push(PastedItem { at: self.text.len() as u32, uid, scalar: Arc::clone(scalar) });
        self.text.push_str(&scalar.text);
        if quote {
            self.text.push('"');
        }
        if self.uids.last() != Some(&uid) {
            self.uids.push(uid);
        }
    }

    /// The items and where they were written.
    pub(crate) fn items(&self) -> Vec<(&str, Loc)> {
        self.items.iter().map(|item| (&*item.scalar.text, item.scalar.content_loc(item.uid))).collect()
    }

    /// The item that made the text at `offset`.
    fn item_at(&self, offset: u32) -> Option<Loc> {
        let index = self.items.partition_point(|item| item.at <= offset).checked_sub(1);
        // An added quote belongs to the item after it.
        let item = match index.and_then(|i| self.items.get(i)) {
            Some(item) if (offset as usize) < item.at as usize + item.scalar.text.len() + 1 => item,
            _ => self.items.get(index.map_or(0, |i| i + 1)).or_else(|| self.items.last())?,
        };
        Some(item.scalar.loc(item.uid))
    }
}

/// Whether Falco wraps a value in double quotes when it pastes it.
pub(crate) fn needs_quotes(text: &str) -> bool {
    text.contains(' ') && !text.starts_with(['"', '\''])
}

/// A condition or an output with the origin of every byte.
#[derive(Debug, Clone, Default)]
pub(crate) struct MappedText {
    /// Empty once the text was taken out.
    pub(crate) text: String,
    /// Length of the text, and without blanks at its end, once it was taken out.
    taken: Option<(u32, u32)>,
    segs: Vec<Seg>,
    /// Names of the exceptions whose text was pasted; a segment's `exception` counts from 1.
    pub(crate) exceptions: Vec<Arc<str>>,
}

#[derive(Debug, Clone)]
struct Seg {
    at: u32,
    exception: u16,
    origin: Origin,
}

#[derive(Debug, Clone)]
enum Origin {
    /// A literal copy from there on.
    Literal { uid: Uid, src: u32 },
    /// Made from these bytes as a whole.
    Whole(Loc),
    /// Part of a list's text from `offset` on, pasted over the list's name at `via`.
    List { paste: Arc<ListPaste>, offset: u32, via: Loc },
}

/// Where a range of pasted text came from.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// In the text that the author wrote where the check stands: for pasted lists, the list's name.
    pub(crate) loc: Loc,
    /// The list and the item in it, if the range begins in a pasted list.
    pub(crate) list: Option<(Arc<str>, Loc)>,
}

impl MappedText {
    pub(crate) fn from_scalar(uid: Uid, scalar: &Scalar) -> Self {
        let mut text = Self::default();
        text.push_scalar(uid, scalar, 0);
        text
    }

    /// A text that stands in no file.
    pub(crate) fn synthetic(text: &str, at: Loc) -> Self {
        let mut mapped = Self::default();
        mapped.push_synthetic(text, at, 0);
        mapped
    }

    pub(crate) fn push_scalar(&mut self, uid: Uid, scalar: &Scalar, exception: u16) {
        let at = self.text.len() as u32;
        if scalar.text.is_empty() {
            return;
        }
        match &scalar.map {
            TextMap::Literal(src) => {
                self.segs.push(Seg { at, exception, origin: Origin::Literal { uid, src: *src } });
            }
            TextMap::Segments(segs) => {
                for seg in segs {
                    let origin = if seg.len == seg.src_len {
                        Origin::Literal { uid, src: seg.src }
                    } else {
                        Origin::Whole(Loc::new(uid, seg.src, seg.src.wrapping_add(seg.src_len)))
                    };
                    self.segs.push(Seg { at: at + seg.at, exception, origin });
                }
            }
        }
        self.text.push_str(&scalar.text);
    }

    /// Appends text that was added by Falco, on account of what stands at `at`.
    pub(crate) fn push_synthetic(&mut self, text: &str, at: Loc, exception: u16) {
        if text.is_empty() {
            return;
        }
        self.segs.push(Seg { at: self.text.len() as u32, exception, origin: Origin::Whole(at) });
        self.text.push_str(text);
    }

    pub(crate) fn push_mapped(&mut self, other: &Self) {
        let at = self.text.len() as u32;
        let base = self.exceptions.len() as u16;
        for seg in &other.segs {
            let exception = if seg.exception == 0 { 0 } else { seg.exception.saturating_add(base) };
            self.segs.push(Seg { at: at + seg.at, exception, origin: seg.origin.clone() });
        }
        self.exceptions.extend(other.exceptions.iter().cloned());
        self.text.push_str(&other.text);
    }

    /// Takes the text out; places go on being known.
    pub(crate) fn take_text(&mut self) -> Arc<str> {
        let text: Arc<str> = std::mem::take(&mut self.text).into();
        self.taken = Some((text.len() as u32, text.trim_end().len() as u32));
        text
    }

    /// The text's length, and without blanks at its end.
    fn lengths(&self) -> (u32, u32) {
        self.taken.unwrap_or_else(|| (self.text.len() as u32, self.text.trim_end().len() as u32))
    }

    /// Removes the blanks at both ends, as Falco does with outputs.
    pub(crate) fn trim(&mut self) {
        const BLANKS: [char; 6] = [' ', '\t', '\n', '\r', '\u{b}', '\u{c}'];
        let end = self.text.trim_end_matches(BLANKS).len();
        let start = self.text.len() - self.text.trim_start_matches(BLANKS).len();
        if start >= end {
            *self = Self::default();
        } else if start > 0 || end < self.text.len() {
            let mut out = Self { exceptions: std::mem::take(&mut self.exceptions), ..Self::default() };
            out.push_slice(self, start, end);
            *self = out;
        }
    }

    /// Removes `start..end`.
    pub(crate) fn remove(&mut self, start: usize, end: usize) {
        let mut out = Self { exceptions: std::mem::take(&mut self.exceptions), ..Self::default() };
        out.push_slice(self, 0, start);
        out.push_slice(self, end, self.text.len());
        *self = out;
    }

    fn seg_index(&self, offset: u32) -> usize {
        self.segs.partition_point(|seg| seg.at <= offset).saturating_sub(1)
    }

    fn seg_end(&self, index: usize) -> u32 {
        self.segs.get(index + 1).map_or(self.lengths().0, |seg| seg.at)
    }

    /// Appends a part of another text. The names of exceptions must be the same in both.
    fn push_slice(&mut self, other: &Self, start: usize, end: usize) {
        if start >= end {
            return;
        }
        let (from, to) = (start as u32, end as u32);
        let at = self.text.len() as u32;
        let mut index = other.seg_index(from);
        while let Some(seg) = other.segs.get(index) {
            if seg.at >= to {
                break;
            }
            let skipped = from.saturating_sub(seg.at);
            let origin = match &seg.origin {
                Origin::Literal { uid, src } => Origin::Literal { uid: *uid, src: src.wrapping_add(skipped) },
                Origin::Whole(loc) => Origin::Whole(*loc),
                Origin::List { paste, offset, via } => {
                    Origin::List { paste: Arc::clone(paste), offset: offset + skipped, via: *via }
                }
            };
            self.segs.push(Seg { at: at + seg.at.max(from) - from, exception: seg.exception, origin });
            index += 1;
        }
        self.text.push_str(other.text.get(start..end).unwrap_or_default());
    }

    fn truncate(&mut self, len: usize) {
        self.text.truncate(len);
        while self.segs.last().is_some_and(|seg| seg.at as usize >= len) {
            self.segs.pop();
        }
    }

    /// The exception whose pasted text stands at `offset`.
    pub(crate) fn exception_at(&self, offset: u32) -> Option<&Arc<str>> {
        let seg = self.segs.get(self.seg_index(offset))?;
        self.exceptions.get(usize::from(seg.exception).checked_sub(1)?)
    }

    /// Where the bytes `start..end` came from. An empty range gives an empty place, except at the end of the text, which is
    /// just behind the last byte that is no blank.
    pub(crate) fn place(&self, start: u32, end: u32) -> Place {
        let (_, len) = self.lengths();
        if start >= len && len > 0 {
            let mut place = self.place(len - 1, len);
            place.loc.start = place.loc.end;
            return place;
        }
        let Some(first) = self.segs.get(self.seg_index(start)) else {
            return Place { loc: Loc::nowhere(), list: None };
        };
        let (loc, list) = self.seg_place(self.seg_index(start), start, end.min(self.seg_end(self.seg_index(start))));
        if end <= start {
            let at = match first.origin {
                Origin::Literal { .. } => loc.start,
                _ => loc.start,
            };
            return Place { loc: Loc::new(loc.uid, at, at), list };
        }
        let last = self.seg_index(end - 1);
        let (tail, _) = self.seg_place(last, self.segs.get(last).map_or(start, |seg| seg.at.max(start)), end);
        let joined = if tail.uid == loc.uid && loc.start.wrapping_sub(tail.start) > u32::MAX / 2 || tail == loc {
            Loc::new(loc.uid, loc.start, tail.end)
        } else {
            loc
        };
        Place { loc: joined, list }
    }

    fn seg_place(&self, index: usize, start: u32, end: u32) -> (Loc, Option<(Arc<str>, Loc)>) {
        let Some(seg) = self.segs.get(index) else { return (Loc::nowhere(), None) };
        match &seg.origin {
            Origin::Literal { uid, src } => {
                let from = src.wrapping_add(start.saturating_sub(seg.at));
                (Loc::new(*uid, from, from.wrapping_add(end.saturating_sub(start))), None)
            }
            Origin::Whole(loc) => (*loc, None),
            Origin::List { paste, offset, via } => {
                let item = paste.item_at(offset + start.saturating_sub(seg.at));
                (*via, item.map(|loc| (Arc::clone(&paste.name), loc)))
            }
        }
    }

    /// Pastes a list over every occurrence of its name, exactly as Falco does; the places of the names go to `uses`. False
    /// if the result is too long: then nothing has changed.
    pub(crate) fn paste_list(&mut self, paste: &Arc<ListPaste>, uses: &mut Vec<Loc>) -> bool {
        const BLANKS: [u8; 4] = *b" \t\n\r";
        const DELIMITERS: [u8; 8] = *b" \t\n\r(),=";
        let name: &str = &paste.name;
        let finder = memchr::memmem::Finder::new(name.as_bytes());
        let mut out: Option<Self> = None;
        // Everything before `done` is in `out`; the search goes on at `from`.
        let (mut done, mut from) = (0, 0);
        while let Some(found) = self.text.as_bytes().get(from..).and_then(|rest| finder.find(rest)) {
            let bytes = self.text.as_bytes();
            let start = from + found;
            let mut end = start + name.len();
            let before =
                if start == done && out.is_some() { Some(b' ') } else { start.checked_sub(1).map(|i| bytes[i]) };
            let fits =
                before.is_none_or(|b| DELIMITERS.contains(&b)) && bytes.get(end).is_none_or(|b| DELIMITERS.contains(b));
            if !fits {
                from = next_char(&self.text, start);
                continue;
            }
            let via = self.place(start as u32, end as u32).loc;
            uses.push(via);
            let mut new = out.take().unwrap_or_else(|| Self { exceptions: self.exceptions.clone(), ..Self::default() });
            new.push_slice(self, done, start);
            let kept = new.text.trim_end_matches([' ', '\t', '\n', '\r']).len();
            new.truncate(kept);
            while bytes.get(end).is_some_and(|b| BLANKS.contains(b)) {
                end += 1;
            }
            if paste.text.is_empty() {
                if new.text.ends_with(',') {
                    new.truncate(new.text.len() - 1);
                } else if bytes.get(end) == Some(&b',') {
                    end += 1;
                }
            }
            let at_start = new.text.is_empty();
            let exception = self.segs.get(self.seg_index(start as u32)).map_or(0, |seg| seg.exception);
            if !at_start {
                new.push_synthetic(" ", via, exception);
            }
            if !paste.text.is_empty() {
                let origin = Origin::List { paste: Arc::clone(paste), offset: 0, via };
                new.segs.push(Seg { at: new.text.len() as u32, exception, origin });
                new.text.push_str(&paste.text);
            }
            new.push_synthetic(" ", via, exception);
            if new.text.len() + (self.text.len() - end) > MAX_TEXT {
                return false;
            }
            done = end;
            // At the very start no blank is put before the list, and Falco's search then skips one byte too many.
            from = if at_start { next_char(&self.text, end) } else { end };
            out = Some(new);
        }
        if let Some(mut new) = out {
            new.push_slice(self, done, self.text.len());
            *self = new;
        }
        true
    }
}

/// The boundary after `at`; the length of the text if there is none.
fn next_char(text: &str, at: usize) -> usize {
    text.get(at..).and_then(|rest| rest.chars().next()).map_or(text.len(), |c| at + c.len_utf8())
}

/// The words of a text between blanks and `( ) , =`: where a list's name can stand.
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split([' ', '\t', '\n', '\r', '(', ')', ',', '=']).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Style;

    fn scalar(text: &str, src: u32) -> Arc<Scalar> {
        Arc::new(Scalar {
            text: text.into(),
            map: TextMap::Literal(src),
            start: src,
            end: src + text.len() as u32,
            style: Style::Plain,
        })
    }

    fn paste(text: &str, name: &str, items: &[&str]) -> (MappedText, usize) {
        let uid = Uid::fresh();
        let mut list = ListPaste::new(name.into());
        for (i, item) in items.iter().enumerate() {
            list.push(uid, &scalar(item, 1000 + 100 * i as u32));
        }
        let mut mapped = MappedText::from_scalar(Uid::fresh(), &scalar(text, 50));
        let mut uses = Vec::new();
        assert!(mapped.paste_list(&Arc::new(list), &mut uses));
        (mapped, uses.len())
    }

    fn pasted(text: &str, name: &str, items: &[&str]) -> String {
        paste(text, name, items).0.text
    }

    #[test]
    fn a_name_is_replaced_with_the_blanks_around_it() {
        assert_eq!(pasted("p in (l)", "l", &["a", "b"]), "p in ( a, b )");
        assert_eq!(pasted("p in (  l  )", "l", &["a"]), "p in ( a )");
        assert_eq!(pasted("p = l", "l", &["a"]), "p = a ");
        assert_eq!(pasted("l = l", "l", &["x"]), "x = x ");
        assert_eq!(pasted("pl in (ll, l-l)", "l", &["a"]), "pl in (ll, l-l)");
    }

    #[test]
    fn an_empty_list_takes_a_comma_with_it() {
        assert_eq!(pasted("p in (a, l, b)", "l", &[]), "p in (a  , b)");
        assert_eq!(pasted("p in (l, b)", "l", &[]), "p in (   b)");
        assert_eq!(pasted("p in (l)", "l", &[""]), "p in (  )");
    }

    #[test]
    fn items_with_blanks_are_quoted() {
        assert_eq!(pasted("p in (l)", "l", &["a b", "\"c d\"", "'e f'"]), "p in ( \"a b\", \"c d\", 'e f' )");
    }

    #[test]
    fn falco_overlooks_a_name_right_after_one_at_the_start() {
        assert_eq!(pasted("l l l", "l", &["x"]), "x l x ");
        assert_eq!(pasted("l,l", "l", &["x"]), "x , x ");
    }

    #[test]
    fn a_list_is_not_pasted_into_its_own_text() {
        assert_eq!(pasted("p in (l)", "l", &["l", "m"]), "p in ( l, m )");
    }

    #[test]
    fn places_lead_back_to_the_items() {
        let (mapped, uses) = paste("p in (l, c)", "l", &["a", "b b"]);
        assert_eq!(uses, 1);
        assert_eq!(mapped.text, "p in ( a, \"b b\" , c)");
        let b = mapped.place(10, 15);
        assert_eq!((b.loc.start, b.loc.end), (56, 57));
        let (name, item) = b.list.unwrap();
        assert_eq!((&*name, item.start, item.end), ("l", 1100, 1103));
        let c = mapped.place(18, 19);
        assert_eq!((c.loc.start, c.loc.end), (59, 60));
        assert!(c.list.is_none());
        let all = mapped.place(0, mapped.text.len() as u32);
        assert_eq!((all.loc.start, all.loc.end), (50, 61));
        let end = mapped.place(mapped.text.len() as u32, mapped.text.len() as u32);
        assert_eq!((end.loc.start, end.loc.end), (61, 61));
    }

    #[test]
    fn trimming_keeps_the_places() {
        let mut mapped = MappedText::from_scalar(Uid::fresh(), &scalar(" \n x y \n", 10));
        mapped.trim();
        assert_eq!(mapped.text, "x y");
        assert_eq!(mapped.place(2, 3).loc.start, 15);
        let mut blank = MappedText::from_scalar(Uid::fresh(), &scalar("  ", 10));
        blank.trim();
        assert_eq!(blank.text, "");
    }

    #[test]
    fn a_list_that_multiplies_itself_is_stopped() {
        let uid = Uid::fresh();
        let mut list = ListPaste::new("l".into());
        for _ in 0..4096 {
            list.push(uid, &scalar("aaaaaaaaaaaaaaa", 0));
        }
        let text = "l ".repeat(1024);
        let mut mapped = MappedText::from_scalar(uid, &scalar(&text, 0));
        assert!(!mapped.paste_list(&Arc::new(list), &mut Vec::new()));
        assert_eq!(mapped.text, text);
    }
}
