//! The thread table and the process tree.

use std::collections::hash_map::Entry;

use rustc_hash::FxHashSet;

use super::machine::Machine;
use super::text::{StrList, Text};
use super::types::{Thread, ThreadGroup, clone_flags};

/// How long after a thread's exit its parent's clone may still come in and must not bring it back.
const EXITED_FOR_NS: u64 = 2_000_000_000;
/// How many exits are remembered.
const EXITED_LEN: usize = 8192;
/// How many gone children a thread's list may hold before it is tidied; the same for a group's members.
const GONE_CHILDREN: usize = 64;
/// How far a process tree is climbed. Real ones are much lower; what is not real must not take forever.
const MAX_DEPTH: u32 = 4096;

/// A thread's ancestors, nearest first; ends at a loop.
#[derive(Debug)]
pub struct Ancestors<'a> {
    machine: &'a Machine,
    slow: Option<&'a Thread>,
    fast: Option<&'a Thread>,
    left: u32,
}

impl<'a> Iterator for Ancestors<'a> {
    type Item = &'a Thread;

    fn next(&mut self) -> Option<&'a Thread> {
        let here = self.slow.filter(|thread| thread.tid != -1)?;
        self.left = self.left.checked_sub(1)?;
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
        let group = thread.group?;
        // Nearly always the main thread has the group's number; then one look-up does.
        if let Some(main) = self.thread(group).filter(|main| main.group == Some(group) && main.is_main()) {
            return Some(main);
        }
        let first = *self.groups.get(&group)?.members.first()?;
        self.thread(first).filter(|first| first.is_main())
    }

    /// The group that a thread is a member of.
    pub fn thread_group(&self, thread: &Thread) -> Option<&ThreadGroup> {
        self.groups.get(&thread.group?)
    }

    /// Ancestor `n` of a thread's process, as a main thread: 0 is the process itself, 1 its parent.
    pub fn ancestor<'a>(&'a self, thread: &'a Thread, n: u32) -> Option<&'a Thread> {
        let mut here = self.main_thread(thread)?;
        if n > MAX_DEPTH {
            return None;
        }
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
        Ancestors { machine: self, slow, fast, left: MAX_DEPTH }
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
        if (!is_virtual || !thread.in_pid_namespace())
            && let Some(leader) = self.thread(own)
        {
            return Some(leader);
        }
        self.ancestors(thread).take_while(|ancestor| id(ancestor) == own).last()
    }

    /// The thread with this id.
    pub(crate) fn thread_mut(&mut self, tid: i64) -> Option<&mut Thread> {
        self.threads.get_mut(&tid).map(|thread| &mut **thread)
    }

    /// The tid of the thread in whose table `tid`'s descriptors are.
    pub(crate) fn fd_owner(&self, tid: i64) -> Option<i64> {
        let thread = self.thread(tid)?;
        Some(self.fd_table(thread)?.0)
    }

    /// The thread with this id; one is made up when there is none. `None` when the table is full.
    pub(crate) fn get_or_create(&mut self, tid: i64) -> Option<&mut Thread> {
        let full = self.threads.len() >= self.limits.threads;
        match self.threads.entry(tid) {
            Entry::Occupied(known) => Some(known.into_mut()),
            Entry::Vacant(_) if full => {
                self.counters.threads_dropped += 1;
                None
            }
            Entry::Vacant(place) => {
                let mut thread = Thread::new(tid);
                thread.set_command(Text::from(&b"<NA>"[..]), StrList::default());
                thread.exe = thread.comm.clone();
                self.counters.threads_added += 1;
                self.counters.fake_threads += 1;
                Some(place.insert(Box::new(thread)))
            }
        }
    }

    /// Puts a thread into the table, its group and its parent's children. `false` when the table is full.
    pub(crate) fn add_thread(&mut self, mut thread: Thread) -> bool {
        let tid = thread.tid;
        if self.threads.len() >= self.limits.threads {
            self.counters.threads_dropped += 1;
            return false;
        }
        if let Some(replaced) = self.threads.remove(&tid) {
            // The group goes on counting the old thread: nobody saw it exit.
            self.leave_group(&replaced);
            self.open_fds -= replaced.fds.len();
        }
        self.link_thread(&mut thread);
        self.open_fds += thread.fds.len();
        self.threads.insert(tid, Box::new(thread));
        self.counters.threads_added += 1;
        true
    }

    /// Joins a thread that is in the table to its group and parent, unless that was done or it was made up.
    pub(crate) fn link(&mut self, tid: i64) {
        if let Some(mut thread) = self.threads.remove(&tid) {
            self.link_thread(&mut thread);
            self.threads.insert(tid, thread);
        }
    }

    fn link_thread(&mut self, thread: &mut Thread) {
        if thread.is_fake() || thread.group.is_some() {
            return;
        }
        let is_init = thread.pid == 1 || thread.vpid == 1;
        let group =
            self.groups.entry(thread.pid).or_insert_with(|| ThreadGroup { reaper: is_init, ..Default::default() });
        if thread.is_main() {
            group.members.insert(0, thread.tid);
        } else {
            group.members.push(thread.tid);
        }
        // A picture taken of a process whose main thread has exited names that thread, too.
        group.alive += u64::from(!thread.is_dead());
        thread.group = Some(thread.pid);
        if thread.pid == 1 {
            return;
        }
        match self.threads.get_mut(&thread.ptid) {
            Some(parent) if !parent.is_fake() => {
                parent.children.push(thread.tid);
                parent.live_children += 1;
            }
            _ => thread.ptid = 0,
        }
    }

    /// Notes that a thread has left its group, and tidies the list of members when half of them are gone.
    fn leave_group(&mut self, thread: &Thread) {
        let Some(key) = thread.group else { return };
        let Some(group) = self.groups.get_mut(&key) else { return };
        group.gone += 1;
        if group.gone < GONE_CHILDREN || group.gone * 2 < group.members.len() {
            return;
        }
        let mut members = std::mem::take(&mut group.members);
        let mut seen = FxHashSet::default();
        members.retain(|&tid| self.is_member(tid, key) && seen.insert(tid));
        if let Some(group) = self.groups.get_mut(&key) {
            group.members = members;
            group.gone = 0;
        }
    }

    fn is_member(&self, tid: i64, group: i64) -> bool {
        self.thread(tid).is_some_and(|thread| thread.group == Some(group))
    }

    /// The threads of a group that are in the table, the main thread first if it is there.
    pub fn members<'a>(&'a self, thread: &Thread) -> impl Iterator<Item = &'a Thread> + 'a {
        let group = thread.group;
        let members = group.and_then(|group| self.groups.get(&group)).map_or(&[][..], |group| &group.members);
        members.iter().filter_map(|&tid| self.thread(tid)).filter(move |member| member.group == group)
    }

    /// Marks a thread as exited; it stays in the table.
    pub(crate) fn mark_dead(&mut self, tid: i64) {
        let Some(thread) = self.threads.get_mut(&tid) else { return };
        if !thread.is_dead()
            && let Some(group) = thread.group.and_then(|group| self.groups.get_mut(&group))
        {
            group.alive = group.alive.saturating_sub(1);
        }
        thread.flags |= clone_flags::CLOSED;
    }

    /// Takes the mark of an exited thread back.
    pub(crate) fn revive(&mut self, tid: i64) {
        let Some(thread) = self.threads.get_mut(&tid) else { return };
        if !thread.is_dead() {
            return;
        }
        if let Some(group) = thread.group.and_then(|group| self.groups.get_mut(&group)) {
            thread.flags &= !clone_flags::CLOSED;
            group.alive += 1;
        }
    }

    /// Takes a thread out of the table: its children go to a reaper; a process goes with its last live thread.
    pub(crate) fn remove_thread(&mut self, tid: i64) {
        let Some(thread) = self.threads.get(&tid) else { return };
        let (pid, ptid, is_main) = (thread.pid, thread.ptid, thread.is_main());
        let Some(group) = thread.group.filter(|_| !thread.is_fake()) else {
            self.erase(tid);
            self.child_is_gone(ptid);
            return;
        };
        self.mark_dead(tid);
        self.reparent_children(tid);
        if self.groups.get(&group).is_none_or(|group| group.alive == 0) {
            self.groups.remove(&pid);
            self.erase(pid);
            self.child_is_gone(ptid);
        }
        if !is_main {
            self.erase(tid);
            self.child_is_gone(ptid);
        }
        self.counters.threads_removed += 1;
    }

    fn erase(&mut self, tid: i64) {
        if let Some(thread) = self.threads.remove(&tid) {
            self.leave_group(&thread);
            self.open_fds -= thread.fds.len();
        }
    }

    /// Notes that a child of `ptid` is gone, and tidies the list of children when many are.
    fn child_is_gone(&mut self, ptid: i64) {
        let Some(parent) = self.threads.get_mut(&ptid) else { return };
        parent.live_children = parent.live_children.saturating_sub(1);
        if parent.children.len() - parent.live_children.min(parent.children.len()) < GONE_CHILDREN {
            return;
        }
        let mut children = std::mem::take(&mut parent.children);
        let mut seen = FxHashSet::default();
        children.retain(|&child| self.is_child(child, ptid) && seen.insert(child));
        if let Some(parent) = self.threads.get_mut(&ptid) {
            parent.live_children = children.len();
            parent.children = children;
        }
    }

    fn is_child(&self, child: i64, ptid: i64) -> bool {
        self.thread(child).is_some_and(|child| child.ptid == ptid)
    }

    /// Gives a dying thread's children to the reaper that its exit named, or to one that we find.
    fn reparent_children(&mut self, tid: i64) {
        let Some(thread) = self.threads.get_mut(&tid) else { return };
        if thread.children.is_empty() {
            return;
        }
        let children = std::mem::take(&mut thread.children);
        thread.live_children = 0;
        let (named, pid) = (thread.reaper_tid, thread.pid);
        let named = if named > 0 && named != tid {
            self.get_or_create(named).filter(|reaper| !reaper.is_fake()).map(|reaper| reaper.tid)
        } else {
            None
        };
        let reaper = named.or_else(|| self.find_reaper(tid));
        if let Some(reaper) = reaper {
            if let Some(thread) = self.threads.get_mut(&tid) {
                thread.reaper_tid = reaper;
            }
            let group = self.thread(reaper).filter(|thread| thread.pid != pid).and_then(|thread| thread.group);
            if let Some(group) = group.and_then(|group| self.groups.get_mut(&group)) {
                group.reaper = true;
            }
        }
        for child in children {
            if !self.is_child(child, tid) {
                continue;
            }
            if let Some(child) = self.threads.get_mut(&child) {
                child.ptid = reaper.unwrap_or(0);
            }
            if let Some(reaper) = reaper.and_then(|reaper| self.threads.get_mut(&reaper)) {
                reaper.children.push(child);
                reaper.live_children += 1;
            }
        }
    }

    /// Finds who takes the children of a dying thread: another thread of its process, otherwise the nearest ancestor process
    /// that is a reaper, within the same pid namespace as far as we can tell.
    fn find_reaper(&self, tid: i64) -> Option<i64> {
        let thread = self.thread(tid)?;
        let alive_beside = |of: &Thread, not: i64| {
            self.members(of).find(|member| member.tid != not && !member.is_dead()).map(|member| member.tid)
        };
        if self.thread_group(thread).is_some_and(|group| group.alive > 0)
            && let Some(other) = alive_beside(thread, tid)
        {
            return Some(other);
        }
        let mut seen = FxHashSet::default();
        seen.insert(tid);
        let mut parent = self.thread(thread.ptid);
        while let Some(here) = parent.filter(|_| seen.len() < MAX_DEPTH as usize) {
            if !seen.insert(here.tid) || here.in_pid_namespace() != thread.in_pid_namespace() {
                return None;
            }
            if self.thread_group(here).is_some_and(|group| group.reaper && group.alive > 0)
                && let Some(alive) = alive_beside(here, -1)
            {
                return Some(alive);
            }
            parent = self.thread(here.ptid);
        }
        None
    }

    /// Remembers that a thread exited.
    pub(crate) fn note_exit(&mut self, ptid: i64, tid: i64, ts: u64) {
        if self.exited_order.len() >= EXITED_LEN
            && let Some((oldest, then)) = self.exited_order.pop_front()
        {
            // The same pair may have exited again since; then the newer entry waits for its own turn.
            if self.exited.get(&oldest) == Some(&then) {
                self.exited.remove(&oldest);
            }
        }
        self.exited_order.push_back(((ptid, tid), ts));
        self.exited.insert((ptid, tid), ts);
    }

    /// Whether a child of `ptid` exited a moment ago.
    pub(crate) fn exited_lately(&self, ptid: i64, tid: i64, now: u64) -> bool {
        self.exited.get(&(ptid, tid)).is_some_and(|&ts| now.saturating_sub(ts) < EXITED_FOR_NS)
    }
}

#[cfg(test)]
mod tests {
    use super::super::machine::Limits;
    use super::*;

    fn thread(tid: i64, pid: i64, ptid: i64) -> Thread {
        Thread { pid, ptid, vtid: tid, vpid: pid, ..Thread::new(tid) }
    }

    fn machine(threads: &[(i64, i64, i64)]) -> Machine {
        let mut machine = Machine::default();
        for &(tid, pid, ptid) in threads {
            assert!(machine.add_thread(thread(tid, pid, ptid)));
        }
        machine
    }

    fn exit(machine: &mut Machine, tid: i64) {
        machine.mark_dead(tid);
        machine.remove_thread(tid);
    }

    #[test]
    fn a_dead_main_thread_stays_while_its_process_lives() {
        let mut machine = machine(&[(1, 1, 0), (10, 10, 1), (11, 10, 1)]);
        exit(&mut machine, 10);
        assert!(machine.thread(10).unwrap().is_dead());
        assert_eq!(machine.thread_group(machine.thread(11).unwrap()).unwrap().alive, 1);
        assert_eq!(machine.main_thread(machine.thread(11).unwrap()).unwrap().tid, 10);
        exit(&mut machine, 11);
        assert!(machine.thread(10).is_none() && machine.thread(11).is_none());
        assert_eq!(machine.groups.len(), 1);
    }

    #[test]
    fn orphans_go_to_a_sibling_thread_then_to_a_reaper() {
        let mut machine = machine(&[(1, 1, 0), (10, 10, 1), (20, 20, 10), (21, 20, 10), (30, 30, 20)]);
        exit(&mut machine, 20);
        assert_eq!(machine.thread(30).unwrap().ptid, 21, "another thread of the process");
        exit(&mut machine, 21);
        assert_eq!(machine.thread(30).unwrap().ptid, 1, "init");
        machine.groups.get_mut(&1).unwrap().reaper = false;
        assert!(machine.add_thread(thread(40, 40, 30)));
        exit(&mut machine, 30);
        assert_eq!(machine.thread(40).unwrap().ptid, 0, "nobody");
    }

    #[test]
    fn the_reaper_of_the_exit_event_wins() {
        let mut machine = machine(&[(1, 1, 0), (5, 5, 1), (10, 10, 1), (20, 20, 10)]);
        machine.thread_mut(10).unwrap().reaper_tid = 5;
        exit(&mut machine, 10);
        assert_eq!(machine.thread(20).unwrap().ptid, 5);
        assert!(machine.groups[&5].reaper);
    }

    #[test]
    fn ancestors_end_at_loops() {
        let mut machine = machine(&[(1, 1, 0), (2, 2, 1), (3, 3, 2), (4, 4, 3)]);
        let tids =
            |machine: &Machine, tid| machine.ancestors(machine.thread(tid).unwrap()).map(|t| t.tid).collect::<Vec<_>>();
        assert_eq!(tids(&machine, 4), [3, 2, 1]);
        machine.thread_mut(1).unwrap().ptid = 3;
        assert!(tids(&machine, 4).len() < 8);
        machine.thread_mut(1).unwrap().ptid = 1;
        assert!(tids(&machine, 4).len() < 8);
        assert_eq!(machine.ancestor(machine.thread(4).unwrap(), 2).unwrap().tid, 2);
        assert_eq!(machine.ancestor(machine.thread(4).unwrap(), 0).unwrap().tid, 4);
    }

    #[test]
    fn hostile_trees_take_no_quadratic_time() {
        let count = 100_000;
        let mut machine = machine(&[(10, 10, 1)]);
        for tid in 11..count {
            assert!(machine.add_thread(thread(tid, 10, 1)));
        }
        for tid in 11..count {
            exit(&mut machine, tid);
        }
        assert_eq!(machine.threads.len(), 1);
        assert!(machine.groups[&10].members.len() <= 2 * GONE_CHILDREN);
        for pid in 11..count {
            assert!(machine.add_thread(thread(pid, pid, pid - 1)));
        }
        let top = machine.thread(count - 1).unwrap();
        assert_eq!(machine.ancestors(top).count(), MAX_DEPTH as usize);
        assert!(machine.ancestor(top, u32::MAX).is_none() && machine.ancestor(top, 4_000).is_some());
        for pid in (count - 100..count - 1).rev() {
            exit(&mut machine, pid);
        }
        assert_eq!(machine.thread(count - 1).unwrap().ptid, 0);
    }

    #[test]
    fn the_table_has_a_limit() {
        let mut machine = Machine::new(Limits { threads: 2, ..Limits::default() });
        assert!(machine.add_thread(thread(1, 1, 0)));
        assert!(machine.get_or_create(2).is_some());
        assert!(machine.get_or_create(3).is_none());
        assert_eq!(machine.counters().threads_dropped, 1);
    }

    #[test]
    fn many_short_lived_children_do_not_pile_up() {
        let mut machine = machine(&[(1, 1, 0), (2, 2, 1)]);
        for tid in 100..10_000 {
            assert!(machine.add_thread(thread(tid, tid, 2)));
            exit(&mut machine, tid);
        }
        assert!(machine.thread(2).unwrap().children.len() < 2 * GONE_CHILDREN);
        assert_eq!(machine.threads.len(), 2);
    }

    #[test]
    fn leaders_are_found_directly_or_up_the_tree() {
        let mut machine = machine(&[(1, 1, 0), (10, 10, 1), (20, 20, 10)]);
        for tid in [10, 20] {
            machine.thread_mut(tid).unwrap().sid = 10;
        }
        let leader = |machine: &Machine| machine.leader(machine.thread(20).unwrap(), |t| t.sid, true).map(|t| t.tid);
        assert_eq!(leader(&machine), Some(10));
        machine.thread_mut(20).unwrap().vtid = 3;
        for tid in [10, 20] {
            machine.thread_mut(tid).unwrap().sid = 1;
        }
        assert_eq!(leader(&machine), Some(10), "in a namespace only the parents count");
    }
}
