//! The thread table and the process tree.

use super::machine::Machine;
use super::types::{Thread, ThreadGroup};

/// A thread's ancestors, nearest first; ends at a loop.
#[derive(Debug)]
pub struct Ancestors<'a> {
    machine: &'a Machine,
    slow: Option<&'a Thread>,
    fast: Option<&'a Thread>,
}

impl<'a> Iterator for Ancestors<'a> {
    type Item = &'a Thread;

    fn next(&mut self) -> Option<&'a Thread> {
        let here = self.slow.filter(|thread| thread.tid != -1)?;
        let machine = self.machine;
        let parent = |thread: Option<&'a Thread>| thread.and_then(|thread| machine.thread(thread.ptid));
        let up = parent(Some(here));
        self.slow = up;
        for _ in 0..2 {
            self.fast = parent(self.fast);
            if up.is_some_and(|up| self.fast.is_some_and(|fast| std::ptr::eq(up, fast)) || up.tid == up.ptid) {
                self.slow = None;
            }
        }
        Some(here)
    }
}

impl Machine {
    /// The thread with this id.
    pub fn thread(&self, tid: i64) -> Option<&Thread> {
        self.threads.get(&tid).map(|thread| &**thread)
    }

    /// All threads, in no order.
    pub fn threads(&self) -> impl Iterator<Item = &Thread> + '_ {
        self.threads.values().map(|thread| &**thread)
    }

    /// The thread that stands for `thread`'s process: itself when it is a main thread, `None` when that one is gone or
    /// `thread` was made up.
    pub fn main_thread<'a>(&'a self, thread: &'a Thread) -> Option<&'a Thread> {
        if thread.is_main() {
            return Some(thread);
        }
        if !thread.in_group {
            return None;
        }
        let first = *self.groups.get(&thread.pid)?.members.first()?;
        self.thread(first).filter(|first| first.is_main())
    }

    /// The group that a thread is a member of.
    pub fn thread_group(&self, thread: &Thread) -> Option<&ThreadGroup> {
        if thread.in_group { self.groups.get(&thread.pid) } else { None }
    }

    /// Ancestor `n` of a thread's process, as a main thread: 0 is the process itself, 1 its parent.
    pub fn ancestor<'a>(&'a self, thread: &'a Thread, n: u32) -> Option<&'a Thread> {
        let mut here = self.main_thread(thread)?;
        for _ in 0..n {
            let parent = self.thread(here.ptid)?;
            here = self.main_thread(parent)?;
        }
        Some(here)
    }

    /// A thread's ancestors from its parent up, without jumps to main threads. Field code starts at the main thread.
    pub fn ancestors<'a>(&'a self, thread: &Thread) -> Ancestors<'a> {
        let slow = self.thread(thread.ptid);
        let fast = slow.and_then(|parent| self.thread(parent.ptid));
        Ancestors { machine: self, slow, fast }
    }

    /// The farthest ancestor with the same `id` as `thread`, for the fields of sessions and process groups. Ids that count
    /// in the host's namespace (`is_virtual` false), and all ids of threads there, are looked up directly first.
    pub fn leader<'a>(
        &'a self,
        thread: &'a Thread,
        id: impl Fn(&Thread) -> i64,
        is_virtual: bool,
    ) -> Option<&'a Thread> {
        let own = id(thread);
        if own == -1 {
            return None;
        }
        if !is_virtual || !thread.in_pid_namespace() {
            if let Some(leader) = self.thread(own) {
                return Some(leader);
            }
        }
        self.ancestors(thread).take_while(|ancestor| id(ancestor) == own).last()
    }
}
