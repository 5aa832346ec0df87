//! Other names for people, machines and files in a capture, the same ones everywhere in it.
//!
//! Renamed are: users and groups from number 1000 on; the host; the folders below `/home` and, within homes, the names of files (their stems: a
//! leading dot and a short ending stay) that are not found elsewhere as well; IPv4 and IPv6 addresses, in events, descriptors, interfaces and
//! written out in texts. What was read and written, and the values of environment variables that are no rule's business, become `x`. What the
//! rules name themselves stays as it is. Not touched are: numbers (users', processes', inodes'), times, ports, names of domains, containers,
//! images and pods, names that only occur outside of homes, and words in arguments that are none of the names above.

mod addresses;
mod learn;
mod visit;
mod words;

use std::net::{Ipv4Addr, Ipv6Addr};

use falco_compiler::program::{Const, Operand, Program};

use self::addresses::Addresses;
use self::visit::{Kind, Visitor, visit};
use self::words::Words;
use crate::slice::{Piece, Pieces};

/// Environment variables whose values say how a machine is set up; names in them are replaced as everywhere.
const SHOWN: [&str; 14] = [
    "PATH",
    "HOME",
    "PWD",
    "OLDPWD",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "TERM",
    "SHLVL",
    "HOSTNAME",
    "SUDO_USER",
    "LD_PRELOAD",
    "LD_LIBRARY_PATH",
];

/// What rules look at, so that it stays for them.
#[derive(Debug, Clone, Default)]
pub struct Kept {
    /// The texts that they compare with.
    texts: Vec<Vec<u8>>,
    /// The fields that they look at or show.
    fields: Vec<String>,
}

impl Kept {
    /// What the rules of some programs look at.
    pub fn of<'p>(programs: impl IntoIterator<Item = &'p Program>) -> Self {
        let mut kept = Self::default();
        for program in programs {
            kept.fields.extend(program.extracts.iter().map(|extract| extract.text.to_string()));
            for atom in &program.atoms {
                let Operand::Consts(constants) = &atom.right else { continue };
                kept.texts.extend(constants.iter().filter_map(|constant| match constant {
                    Const::Bytes(bytes) => Some(bytes.to_vec()),
                    _ => None,
                }));
            }
        }
        kept
    }

    /// Whether rules look at what is read and written.
    fn data(&self) -> bool {
        const OF_DATA: [&str; 5] = ["evt.buffer", "evt.arg.data", "evt.rawarg.data", "evt.args", "evt.info"];
        self.fields.iter().any(|field| OF_DATA.iter().any(|of| field.contains(of)))
    }

    /// Whether rules look at a variable.
    fn variable(&self, name: &[u8]) -> bool {
        let in_field = |field: &String| field.contains("env") && words::contains(field.as_bytes(), name);
        self.fields.iter().any(in_field) || learn::is_named(&self.texts, name)
    }
}

/// A capture under other names.
#[derive(Debug)]
pub struct Anonymised {
    /// Its pieces.
    pub pieces: Pieces,
    words: Words,
}

/// A seed as a key: the same seed gives the same names.
fn key(seed: u64) -> [u8; 16] {
    let mut key = *b"falco-rs names  ";
    key.iter_mut().zip(seed.to_le_bytes()).for_each(|(to, from)| *to ^= from);
    key
}

/// Renames everything in a capture.
pub fn anonymise(pieces: &Pieces, kept: &Kept, seed: u64) -> Anonymised {
    let key = key(seed);
    let words = learn::learn(pieces, &kept.texts, &key);
    let mut renamer = Renamer { words: &words, addresses: Addresses::new(key), kept, data: kept.data() };
    let mut renamed = pieces.clone();
    renamed.0.iter_mut().for_each(|piece| visit(piece, &mut renamer));
    Anonymised { pieces: renamed, words }
}

impl Anonymised {
    /// How many words have another one.
    pub fn words(&self) -> usize {
        self.words.len()
    }

    /// One of the old names that is still in the capture. `bytes` is how it is written, without compression.
    pub fn leak(&self, bytes: &[u8]) -> Option<String> {
        // Shorter ones occur in numbers by chance: they are looked for in texts alone.
        const LEAST: usize = 5;
        let mut search = Search { words: &self.words, found: None };
        for piece in &self.pieces.0 {
            visit(&mut Piece::clone(piece), &mut search);
        }
        let found = search.found.or_else(|| self.words.find(bytes, LEAST).map(<[u8]>::to_vec));
        found.map(|word| String::from_utf8_lossy(&word).into_owned())
    }
}

struct Renamer<'a> {
    words: &'a Words,
    addresses: Addresses,
    kept: &'a Kept,
    /// Whether what was read and written stays, but for names.
    data: bool,
}

impl Renamer<'_> {
    fn environment(&self, text: &[u8]) -> Vec<u8> {
        let variables = text.split(|b| *b == 0).map(|variable| {
            let name = variable.split(|b| *b == b'=').next().unwrap_or_default();
            let shown = SHOWN.iter().any(|shown| shown.as_bytes() == name);
            if shown || self.kept.variable(name) || name.len() == variable.len() {
                return self.words.replaced(variable, &self.addresses);
            }
            let mut hidden = self.words.replaced(name, &self.addresses);
            hidden.push(b'=');
            hidden.resize(hidden.len() + variable.len().saturating_sub(name.len() + 1), b'x');
            hidden
        });
        variables.collect::<Vec<_>>().join(&0)
    }
}

impl Visitor for Renamer<'_> {
    fn text(&mut self, kind: Kind, text: &mut Vec<u8>) {
        match kind {
            Kind::Data if !self.data => text.iter_mut().filter(|b| **b != b'\n').for_each(|b| *b = b'x'),
            Kind::Text | Kind::Data => *text = self.words.replaced(text, &self.addresses),
            Kind::Environment => *text = self.environment(text),
        }
    }

    fn v4(&mut self, addr: Ipv4Addr) -> Ipv4Addr {
        self.addresses.v4(addr)
    }

    fn v6(&mut self, addr: Ipv6Addr) -> Ipv6Addr {
        self.addresses.v6(addr)
    }
}

/// Looks for words that should be gone.
struct Search<'a> {
    words: &'a Words,
    found: Option<Vec<u8>>,
}

impl Visitor for Search<'_> {
    fn text(&mut self, _: Kind, text: &mut Vec<u8>) {
        if self.found.is_none() {
            self.found = self.words.find(text, 1).map(<[u8]>::to_vec);
        }
    }
}

#[cfg(test)]
mod tests;
