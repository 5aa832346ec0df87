//! What in a capture names people and machines.

use falco_catalog::event;
use falco_engine::inspector::Inspector;
use falco_scap::Item;
use rustc_hash::FxHashSet;

use super::visit::{Kind, Visitor, visit};
use super::words::{self, Words};
use crate::slice::{Piece, Pieces};

/// Accounts below this number are of the system, and the same everywhere.
const FIRST_PERSON: u32 = 1000;
/// `nobody`, and the one who is not known.
const NO_PERSON: [u32; 3] = [65_533, 65_534, u32::MAX];

fn is_person(id: u32) -> bool {
    id >= FIRST_PERSON && !NO_PERSON.contains(&id)
}

/// Finds the words to be hidden. What the rules' own texts name is none.
pub fn learn(pieces: &Pieces, named: &[Vec<u8>], key: &[u8; 16]) -> Words {
    let mut people = FxHashSet::default();
    let mut hosts = FxHashSet::default();
    let mut homes = vec![b"/root".to_vec()];
    for piece in &pieces.0 {
        match piece {
            Piece::User(user) if is_person(user.uid) => {
                people.insert(user.name.clone());
                homes.push(user.homedir.clone());
            }
            Piece::Group(group) if is_person(group.gid) => drop(people.insert(group.name.clone())),
            Piece::Fixed(Item::Machine(info)) => {
                let whole = info.hostname.split(|b| *b == 0).next().unwrap_or_default();
                let short = whole.split(|b| *b == b'.').next().unwrap_or_default();
                hosts.extend([whole, short].map(<[u8]>::to_vec));
            }
            Piece::Event(buffer, _) => {
                let event = buffer.event();
                let (name, home) = match event.ty {
                    event::USER_ADDED_E | event::USER_DELETED_E => (2, Some(3)),
                    event::GROUP_ADDED_E | event::GROUP_DELETED_E => (1, None),
                    _ => continue,
                };
                if event.u32(0).ok().flatten().is_some_and(is_person) {
                    people.extend(event.str(name).ok().flatten().map(<[u8]>::to_vec));
                    homes.extend(home.and_then(|home| event.str(home).ok().flatten()).map(<[u8]>::to_vec));
                }
            }
            _ => {}
        }
    }
    homes.retain(|home| home.len() > 1 && home.starts_with(b"/") && !is_shared(home));
    let mut paths = Paths { homes, people, within: FxHashSet::default(), elsewhere: FxHashSet::default() };
    for piece in &pieces.0 {
        visit(&mut piece.clone(), &mut paths);
    }
    paths.look_at_state(pieces);

    let mut words = Words::default();
    let worth = |word: &&Vec<u8>| word.len() > 1 && !word.iter().all(u8::is_ascii_digit) && !is_named(named, word);
    let known: [&[u8]; 5] = [b"localhost", b"root", b"home", b"user", b"users"];
    let people = sorted(&paths.people);
    people.into_iter().filter(worth).filter(|w| !known.contains(&&w[..])).for_each(|w| words.hide(w, "user", key));
    sorted(&hosts)
        .into_iter()
        .filter(worth)
        .filter(|w| !known.contains(&&w[..]))
        .for_each(|w| words.hide(w, "host", key));
    let files = sorted(&paths.within).into_iter().filter(|word| !paths.elsewhere.contains(*word));
    let files = files.filter(|word| word.len() > 2 && !is_hinted_at(named, word));
    files.filter(worth).for_each(|word| {
        words.hide(word, "f", key);
        // A command's name is cut to fifteen letters.
        if let Some(cut) = word.get(..15).filter(|_| word.len() > 15) {
            words.hide(cut, "f", key);
        }
    });
    words
}

/// Whether a folder is the home of accounts that are no persons, and of much else.
fn is_shared(home: &[u8]) -> bool {
    [&b"/"[..], b"/home", b"/tmp", b"/var", b"/usr", b"/nonexistent", b"/bin", b"/dev", b"/proc"].contains(&home)
}

fn sorted(set: &FxHashSet<Vec<u8>>) -> Vec<&Vec<u8>> {
    let mut all: Vec<_> = set.iter().collect();
    all.sort();
    all
}

/// The parts of paths: those within homes, and those elsewhere, which many machines have.
struct Paths {
    homes: Vec<Vec<u8>>,
    people: FxHashSet<Vec<u8>>,
    within: FxHashSet<Vec<u8>>,
    elsewhere: FxHashSet<Vec<u8>>,
}

impl Paths {
    /// Names are relative in events; what they come to, the state knows.
    fn look_at_state(&mut self, pieces: &Pieces) {
        let mut inspector = Inspector::new(pieces.source());
        while let Ok(Some(step)) = inspector.next() {
            let view = step.view();
            if let Some(fd) = view.fd() {
                self.path(&fd.name);
            }
            if let Some(thread) = view.thread() {
                self.path(step.machine.cwd(thread));
                self.path(&thread.exepath);
            }
        }
    }

    /// The paths in a text.
    fn paths_in(&mut self, text: &[u8]) {
        let ends = |b: u8| b.is_ascii_control() || b" \"'`;|&<>()[]{}=,:*?$\\".contains(&b);
        // What begins otherwise is relative, and says nothing of where it is.
        text.split(|b| ends(*b)).for_each(|run| self.path(run));
    }

    fn path(&mut self, path: &[u8]) {
        if !path.starts_with(b"/") {
            return;
        }
        let home = self
            .homes
            .iter()
            .find(|home| path.strip_prefix(&home[..]).is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/")));
        let (home, rest) = match (home, path.strip_prefix(b"/home/")) {
            (Some(home), _) => (Some(home.len()), path.get(home.len()..).unwrap_or_default()),
            (None, Some(rest)) => {
                let name = rest.split(|b| *b == b'/').next().unwrap_or_default();
                if !name.is_empty() {
                    self.people.insert(name.to_vec());
                }
                (Some(name.len()), rest.get(name.len()..).unwrap_or_default())
            }
            (None, None) => (None, path),
        };
        let into = if home.is_some() { &mut self.within } else { &mut self.elsewhere };
        into.extend(rest.split(|b| *b == b'/').map(stem).filter(|part| !part.is_empty()).map(<[u8]>::to_vec));
    }
}

impl Visitor for Paths {
    fn text(&mut self, kind: Kind, text: &mut Vec<u8>) {
        if kind != Kind::Data {
            self.paths_in(text);
        }
    }
}

/// A file's name without the dot that hides it and without a short ending: those tell of its kind alone, and rules ask for them.
fn stem(name: &[u8]) -> &[u8] {
    let name = name.strip_prefix(b".").unwrap_or(name);
    let Some(dot) = name.iter().rposition(|b| *b == b'.').filter(|dot| *dot > 0) else { return name };
    let ending = name.get(dot + 1..).unwrap_or_default();
    let short = (1..=5).contains(&ending.len()) && ending.iter().all(u8::is_ascii_alphanumeric);
    if short { name.get(..dot).unwrap_or(name) } else { name }
}

/// Whether one of the texts has the word: what rules name themselves is no secret, and must stay for them to match.
pub fn is_named(texts: &[Vec<u8>], word: &[u8]) -> bool {
    texts.iter().any(|text| words::contains(text, word))
}

/// Whether one of the texts names how a file's name begins or ends, as `/.ssh/id_` does: under another name it would not match.
fn is_hinted_at(texts: &[Vec<u8>], word: &[u8]) -> bool {
    let parts = texts.iter().flat_map(|text| text.split(|b| b"/*?".contains(b))).filter(|part| part.len() > 2);
    parts.into_iter().any(|part| word.starts_with(part) || word.ends_with(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stems() {
        for (name, wanted) in [
            ("notes.txt", "notes"),
            (".bashrc", "bashrc"),
            ("a.b.tar", "a.b"),
            ("x.", "x."),
            ("v1.longending", "v1.longending"),
            (".a.sh", "a"),
        ] {
            assert_eq!(stem(name.as_bytes()), wanted.as_bytes(), "{name}");
        }
    }

    #[test]
    fn rules_hint_at_names() {
        let texts = [b"/.ssh/id_".to_vec(), b"*_history".to_vec()];
        assert!(is_hinted_at(&texts, b"id_ed25519") && is_hinted_at(&texts, b"zsh_history"));
        assert!(!is_hinted_at(&texts, b"my_id_x") && !is_hinted_at(&texts, b"history"));
    }

    #[test]
    fn parts_of_paths() {
        let mut paths = Paths {
            homes: vec![b"/data/ann".to_vec()],
            people: FxHashSet::default(),
            within: FxHashSet::default(),
            elsewhere: FxHashSet::default(),
        };
        paths.paths_in(b"cp /data/ann/diary.txt /home/bob/x/plan.md:/usr/bin ./diary x/diary --lib=/opt/lib");
        let names = |set| sorted(set).into_iter().map(|w| String::from_utf8(w.clone()).unwrap()).collect::<Vec<_>>();
        assert_eq!(names(&paths.within), ["diary", "plan", "x"]);
        assert_eq!(names(&paths.elsewhere), ["bin", "lib", "opt", "usr"]);
        assert_eq!(names(&paths.people), ["bob"]);
    }
}
