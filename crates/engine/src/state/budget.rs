//! How much text the state may hold.
//!
//! Events bring text: arguments, environments, paths. A capture could bring any amount. What came since the state was last weighed is
//! counted as it comes; when that could have filled the budget, all text is weighed, each shared text once, and if it is really too
//! much the longest goes, the least needed kind first: environments, arguments, names as the call gave them, names. Since a quarter of
//! the budget is made free, weighing is rare; in between up to a quarter too much may be held.

use rustc_hash::FxHashSet;

use super::machine::Machine;
use super::text::{StrList, Text};
use super::types::{Fd, Thread};

/// Texts longer than this go first, then those longer than the next, and so on.
const LONGEST_FIRST: [usize; 4] = [4096, 512, 64, 0];

/// What of the state is given up first.
const KINDS: [Kind; 4] = [Kind::Environment, Kind::Arguments, Kind::RawNames, Kind::Names];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Environment,
    Arguments,
    RawNames,
    Names,
}

impl Machine {
    /// Counts text that the state may have taken in.
    pub(crate) fn note_text(&mut self, bytes: usize) {
        self.text_fresh += bytes;
    }

    /// Weighs the text if it could be too much by now, and gives up some if it is.
    pub(crate) fn keep_to_text_budget(&mut self) {
        if self.text_fresh > self.text_room {
            self.shed_text();
        }
    }

    #[cold]
    fn shed_text(&mut self) {
        let budget = self.limits.text;
        let mut held = self.weigh_text();
        if held > budget {
            'kinds: for kind in KINDS {
                for longer_than in LONGEST_FIRST {
                    self.give_up(kind, longer_than);
                    held = self.weigh_text();
                    if held <= budget / 4 * 3 {
                        break 'kinds;
                    }
                }
            }
        }
        self.text_fresh = 0;
        self.text_room = budget.saturating_sub(held).max(budget / 4);
    }

    /// All bytes of text of threads and descriptors, shared ones once.
    pub(crate) fn weigh_text(&self) -> usize {
        let mut seen = FxHashSet::default();
        let mut sum = 0;
        let mut add = |text: &Text| {
            if !text.is_empty() && seen.insert(text.as_ptr() as usize) {
                sum += text.len();
            }
        };
        for thread in self.threads.values() {
            for text in [&thread.comm, &thread.exe, &thread.exepath, &thread.command, &thread.cwd, &thread.root] {
                add(text);
            }
            add(thread.args.shared());
            add(thread.env.shared());
            thread.cgroups.texts().into_iter().for_each(&mut add);
            for (_, fd) in thread.fds.iter() {
                add(&fd.name);
                add(&fd.name_raw);
            }
        }
        sum
    }

    fn give_up(&mut self, kind: Kind, longer_than: usize) {
        let counters = &mut self.counters;
        let mut dropped = |bytes: usize| {
            counters.texts_dropped += 1;
            counters.text_bytes_dropped += bytes as u64;
        };
        for thread in self.threads.values_mut() {
            match kind {
                Kind::Environment => {
                    if thread.env.byte_len() > longer_than {
                        dropped(thread.env.byte_len());
                        thread.env = StrList::default();
                    }
                }
                Kind::Arguments => give_up_arguments(thread, longer_than, &mut dropped),
                Kind::RawNames | Kind::Names => thread.fds.for_each_mut(|fd| {
                    give_up_name(fd, kind == Kind::Names, longer_than, &mut dropped);
                }),
            }
        }
    }
}

fn give_up_arguments(thread: &mut Thread, longer_than: usize, dropped: &mut impl FnMut(usize)) {
    if thread.args.byte_len() > longer_than {
        dropped(thread.args.byte_len());
        let comm = thread.comm.clone();
        thread.set_command(comm, StrList::default());
    }
}

fn give_up_name(fd: &mut Fd, whole: bool, longer_than: usize, dropped: &mut impl FnMut(usize)) {
    let name = if whole { &mut fd.name } else { &mut fd.name_raw };
    if name.len() > longer_than {
        dropped(name.len());
        *name = Text::default();
    }
}

#[cfg(test)]
mod tests {
    use super::super::machine::Limits;
    use super::*;

    #[test]
    fn text_stays_within_its_budget() {
        let budget = 100_000;
        let mut machine = Machine::new(Limits { text: budget, ..Limits::default() });
        for tid in 2..2_000 {
            let mut thread = Thread { pid: tid, ptid: 1, ..Thread::new(tid) };
            thread.env = StrList::from_nul_separated(&[b'e'; 500]);
            thread.set_command(Text::from(&b"comm"[..]), StrList::from_nul_separated(format!("a{tid}").as_bytes()));
            assert!(machine.add_thread(thread));
            machine.note_text(600);
            machine.keep_to_text_budget();
            assert!(machine.weigh_text() <= budget + budget / 4, "{}", machine.weigh_text());
        }
        let counters = machine.counters();
        assert!(counters.texts_dropped > 1_000 && counters.text_bytes_dropped > 500_000, "{counters:?}");
        assert_eq!(machine.thread(1_999).unwrap().cmdline(), b"comm a1999", "the environments were enough");
    }

    #[test]
    fn shared_text_weighs_once_and_names_go_last() {
        let mut machine = Machine::new(Limits { text: 1_000, ..Limits::default() });
        let env = StrList::from_nul_separated(&[b'e'; 900]);
        for tid in 2..10 {
            assert!(machine.add_thread(Thread { pid: tid, ptid: 1, env: env.clone(), ..Thread::new(tid) }));
        }
        let before = machine.weigh_text();
        assert!((900..1_000).contains(&before), "{before}");
        machine.note_text(1_001);
        machine.keep_to_text_budget();
        assert_eq!(machine.counters().texts_dropped, 0, "looked at, and light enough");
        for num in 0..100 {
            let name = Text::from(format!("/some/where/{num}").into_bytes());
            machine.insert_fd(2, num, Fd { name, ..Fd::new(super::super::FdType::FileV2) });
        }
        machine.keep_to_text_budget();
        assert!(machine.thread(2).unwrap().env.is_empty());
        assert!(machine.weigh_text() <= 1_250, "{}", machine.weigh_text());
    }
}
