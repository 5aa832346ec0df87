//! Words and addresses in texts, and what stands for them.

use std::hash::Hasher as _;
use std::net::{Ipv4Addr, Ipv6Addr};

use rustc_hash::{FxHashMap, FxHashSet};
use siphasher::sip::SipHasher24;

use super::addresses::Addresses;

/// Words that must not be seen any more, each with what stands for it. A word is found where no letter, digit or `_` is next to it.
#[derive(Debug, Clone, Default)]
pub struct Words {
    stands_for: FxHashMap<Box<[u8]>, Box<[u8]>>,
    /// By their first byte, longest first.
    by_first: FxHashMap<u8, Vec<Box<[u8]>>>,
    taken: FxHashSet<Box<[u8]>>,
}

impl Words {
    /// Gives a word another one, which begins with `kind`.
    pub fn hide(&mut self, word: &[u8], kind: &str, key: &[u8; 16]) {
        let Some(&first) = word.first() else { return };
        if self.stands_for.contains_key(word) {
            return;
        }
        // Another try where two words would become one.
        let free = (0u8..=255).map(|round| {
            let mut hasher = SipHasher24::new_with_key(key);
            hasher.write_u8(round);
            hasher.write(word);
            format!("{kind}{:06x}", hasher.finish() & 0xff_ffff).into_bytes().into_boxed_slice()
        });
        let mut free = free.filter(|new| !self.taken.contains(new) && !self.stands_for.contains_key(new));
        let Some(new) = free.next() else { return };
        self.taken.insert(new.clone());
        self.stands_for.insert(word.into(), new);
        let alike = self.by_first.entry(first).or_default();
        alike.push(word.into());
        alike.sort_by_key(|word| std::cmp::Reverse(word.len()));
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.stands_for.len()
    }

    /// The text with other words and addresses.
    pub fn replaced(&self, text: &[u8], addresses: &Addresses) -> Vec<u8> {
        let mut out = Vec::with_capacity(text.len());
        let mut at = 0;
        while at < text.len() {
            let rest = text.get(at..).unwrap_or_default();
            if let Some(word) = self.word_at(text, at) {
                out.extend_from_slice(self.stands_for.get(word).map_or(word, |new| new));
                at += word.len();
            } else if let Some((len, new)) = address_at(text, at, addresses) {
                out.extend_from_slice(new.as_bytes());
                at += len;
            } else {
                out.extend(rest.first());
                at += 1;
            }
        }
        out
    }

    /// The first of the words in a text that has at least so many letters.
    pub fn find<'w>(&'w self, text: &[u8], least: usize) -> Option<&'w [u8]> {
        (0..text.len()).find_map(|at| self.word_at(text, at).filter(|word| word.len() >= least))
    }

    fn word_at(&self, text: &[u8], at: usize) -> Option<&[u8]> {
        let alike = self.by_first.get(text.get(at)?)?;
        let rest = text.get(at..)?;
        alike.iter().map(|word| &**word).find(|word| rest.starts_with(word) && stands_alone(text, at, word.len()))
    }
}

/// Whether a text has the word.
pub fn contains(text: &[u8], word: &[u8]) -> bool {
    let fits = |at: usize| text.get(at..).is_some_and(|rest| rest.starts_with(word));
    !word.is_empty() && (0..text.len()).any(|at| fits(at) && stands_alone(text, at, word.len()))
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// Whether what stands at a place is no part of a longer word.
fn stands_alone(text: &[u8], at: usize, len: usize) -> bool {
    let before = at.checked_sub(1).and_then(|at| text.get(at));
    !before.is_some_and(|b| is_letter(*b)) && !text.get(at + len).is_some_and(|b| is_letter(*b))
}

/// An address that is written out: its length, and its other number.
fn address_at(text: &[u8], at: usize, addresses: &Addresses) -> Option<(usize, String)> {
    let of_address = |b: &u8| b.is_ascii_hexdigit() || matches!(b, b'.' | b':');
    let before = at.checked_sub(1).and_then(|at| text.get(at));
    if before.is_some_and(|b| is_letter(*b) || of_address(b)) || !text.get(at).is_some_and(of_address) {
        return None;
    }
    let run = text.get(at..)?.iter().take_while(|b| of_address(b)).count();
    if text.get(at + run).is_some_and(|b| is_letter(*b)) {
        return None;
    }
    let run = std::str::from_utf8(text.get(at..at + run)?).ok()?;
    // A full stop or a colon may end the sentence, not the address.
    for run in [run, run.trim_end_matches(['.', ':'])] {
        if let Ok(addr) = run.parse::<Ipv6Addr>() {
            return Some((run.len(), addresses.v6(addr).to_string()));
        }
    }
    let v4 = run.split(':').next()?.trim_end_matches('.');
    let addr = v4.parse::<Ipv4Addr>().ok()?;
    Some((v4.len(), addresses.v4(addr).to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 16] = [3; 16];

    fn words() -> Words {
        let mut words = Words::default();
        for word in ["ann", "ann-marie", "box.example.org"] {
            words.hide(word.as_bytes(), "n", &KEY);
        }
        words
    }

    fn replaced(text: &str) -> String {
        String::from_utf8(words().replaced(text.as_bytes(), &Addresses::new(KEY))).unwrap()
    }

    #[test]
    fn whole_words_alone() {
        let ann = replaced("ann");
        assert!(ann.starts_with('n') && ann.len() == 7);
        assert_eq!(
            replaced("/home/ann/x,ann annotation xann ann_x"),
            format!("/home/{ann}/x,{ann} annotation xann ann_x")
        );
        let marie = replaced("ann-marie");
        assert_ne!(marie, format!("{ann}-marie"), "the longest");
        assert_eq!(replaced("ann-maria"), format!("{ann}-maria"));
        assert_eq!(words().find(b"hi annie, ann", 1), Some(&b"ann"[..]));
        assert_eq!(words().find(b"hi annie, ann", 4), None);
        assert!(contains(b"a/.ssh/b", b".ssh") && contains(b"a/ssh", b"ssh") && !contains(b"a/sshd", b"ssh"));
    }

    #[test]
    fn addresses_in_texts() {
        let addresses = Addresses::new(KEY);
        let v4 = addresses.v4(Ipv4Addr::new(8, 8, 4, 4));
        assert_eq!(replaced("curl http://8.8.4.4:80/x, 8.8.4.4."), format!("curl http://{v4}:80/x, {v4}."));
        assert_eq!(replaced("8.8.4.4->8.8.4.4:53"), format!("{v4}->{v4}:53"));
        let v6 = addresses.v6("2001:db8::1".parse().unwrap());
        assert_eq!(replaced("ping 2001:db8::1"), format!("ping {v6}"));
        assert_eq!(replaced("[2001:db8::1]:80"), format!("[{v6}]:80"));
        for same in
            ["1.2.3", "1.2.3.4.5", "v8.8.4.4", "8.8.4.4a", "12:30:00", "face", "300.1.1.1", "a::b::c", "127.0.0.1"]
        {
            assert_eq!(replaced(same), same);
        }
    }
}
