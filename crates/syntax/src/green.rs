//! Tokens of green trees, shared where texts repeat.
//!
//! Rowan's own builder hashes every token and every small node in order to share them. In rules files nearly all the sharing is in short
//! tokens (blanks, commas, key names, `and`, field names), and conditions are too short for a table of their own to pay. So each thread
//! keeps one small direct-mapped table of short tokens for all that it parses, and makes everything else anew.

use std::cell::Cell;

use rowan::{GreenNode, GreenToken, NodeOrToken};

/// Longest token text that is shared.
const SHARED_LEN: usize = 24;
const SLOTS: usize = 1024;

type Element = NodeOrToken<GreenNode, GreenToken>;

/// What a builder works with, lent by the thread and given back when the tree is built.
pub(crate) struct Workshop {
    tokens: Vec<Option<GreenToken>>,
    pub(crate) children: Vec<Element>,
}

thread_local! {
    /// Empty while a builder has it; another one in the meantime gets a new one.
    static IDLE: Cell<Option<Workshop>> = const { Cell::new(None) };
}

impl Workshop {
    /// The thread's, or a new one.
    pub(crate) fn borrow() -> Self {
        let idle = IDLE.try_with(Cell::take).ok().flatten();
        idle.unwrap_or_else(|| Self { tokens: vec![None; SLOTS], children: Vec::new() })
    }

    /// Gives it back to the thread, unless a text of many megabytes has made it large.
    pub(crate) fn give_back(mut self) {
        self.children.clear();
        if self.children.capacity() <= 1 << 16 {
            let _ = IDLE.try_with(|idle| idle.set(Some(self)));
        }
    }

    /// A token of this kind and text.
    #[inline]
    pub(crate) fn token(&mut self, kind: rowan::SyntaxKind, text: &str) -> GreenToken {
        if text.len() > SHARED_LEN {
            return GreenToken::new(kind, text);
        }
        match self.tokens.get_mut(slot_of(kind, text.as_bytes())) {
            Some(Some(token)) if token.kind() == kind && token.text() == text => token.clone(),
            Some(slot) => slot.insert(GreenToken::new(kind, text)).clone(),
            None => GreenToken::new(kind, text),
        }
    }
}

/// Both ends and the length tell nearly all the short tokens of a rules file apart.
#[inline]
fn slot_of(kind: rowan::SyntaxKind, text: &[u8]) -> usize {
    let (first, last) = if let (Some(first), Some(last)) = (text.first_chunk::<8>(), text.last_chunk::<8>()) {
        (u64::from_le_bytes(*first), u64::from_le_bytes(*last))
    } else if let (Some(first), Some(last)) = (text.first_chunk::<4>(), text.last_chunk::<4>()) {
        (u32::from_le_bytes(*first).into(), u32::from_le_bytes(*last).into())
    } else {
        let at = |index: usize| u64::from(text.get(index).copied().unwrap_or(0));
        (at(0) | at(1) << 8 | at(2) << 16, 0)
    };
    let tag = u64::from(kind.0) << 5 ^ text.len() as u64;
    let hash = (first ^ last.rotate_left(29) ^ tag.rotate_left(47)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (hash >> 40) as usize % SLOTS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_tokens_are_one() {
        let kind = rowan::SyntaxKind(3);
        let mut shop = Workshop::borrow();
        for text in ["", "a", "and", " ", "proc.name", "proc.aname", "é", &"x".repeat(SHARED_LEN)] {
            let (one, two) = (shop.token(kind, text), shop.token(kind, text));
            assert_eq!((one.text(), one.kind()), (text, kind));
            assert!(std::ptr::eq(&*one, &*two), "{text}");
            assert_ne!(shop.token(rowan::SyntaxKind(4), text), one);
        }
        let long = "x".repeat(SHARED_LEN + 1);
        assert!(!std::ptr::eq(&*shop.token(kind, &long), &*shop.token(kind, &long)));
        shop.children.push(NodeOrToken::Token(GreenToken::new(kind, "left")));
        shop.give_back();
        assert!(Workshop::borrow().children.is_empty());
    }
}
