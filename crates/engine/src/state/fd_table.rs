//! A process's descriptors.

use super::types::Fd;

/// No node; an empty bucket.
const NIL: u32 = u32::MAX;
/// Stands for the list's head where a node's predecessor is meant.
const HEAD: u32 = u32::MAX - 1;

/// Bucket counts in order of growth.
const SIZES: [u32; 16] =
    [13, 29, 59, 127, 257, 541, 1109, 2357, 5087, 10_273, 20_753, 42_043, 85_229, 172_933, 351_061, 712_697];

/// Descriptors by number.
///
/// The order in which a table is walked can be seen in `fd.types`, and Falco's is that of the hash table of its C++ library.
/// So this is the same kind of table: buckets by remainder, all nodes in one list in which a bucket's nodes are neighbours. A
/// node enters at the front of its bucket, a new bucket at the front of the list.
#[derive(Debug, Clone)]
pub struct FdTable {
    nodes: Vec<Node>,
    /// For each bucket the node before its first one in the list: [`HEAD`], [`NIL`] when the bucket is empty.
    buckets: Vec<u32>,
    /// First node of the list.
    head: u32,
    /// First unused node; unused ones are linked like the list.
    free: u32,
    len: u32,
}

#[derive(Debug, Clone)]
struct Node {
    next: u32,
    bucket: u32,
    num: i64,
    /// `None` in unused nodes.
    fd: Option<Fd>,
}

impl Default for FdTable {
    fn default() -> Self {
        Self { nodes: Vec::new(), buckets: Vec::new(), head: NIL, free: NIL, len: 0 }
    }
}

/// Where a descriptor stands: the node before it, and its node.
struct Place {
    before: u32,
    node: u32,
}

impl FdTable {
    /// The most descriptors that a table takes.
    pub const MAX_LEN: usize = 712_697;

    /// How many descriptors there are.
    pub fn len(&self) -> usize {
        self.len as usize
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The descriptor with this number.
    pub fn get(&self, num: i64) -> Option<&Fd> {
        let place = self.find(num)?;
        self.nodes.get(place.node as usize)?.fd.as_ref()
    }

    /// The descriptor with this number.
    pub fn get_mut(&mut self, num: i64) -> Option<&mut Fd> {
        let place = self.find(num)?;
        self.nodes.get_mut(place.node as usize)?.fd.as_mut()
    }

    /// All descriptors, in Falco's order.
    pub fn iter(&self) -> impl Iterator<Item = (i64, &Fd)> + '_ {
        let mut at = self.head;
        std::iter::from_fn(move || {
            let node = self.nodes.get(at as usize)?;
            at = node.next;
            node.fd.as_ref().map(|fd| (node.num, fd))
        })
    }

    /// Changes every descriptor.
    pub fn for_each_mut(&mut self, mut change: impl FnMut(&mut Fd)) {
        self.nodes.iter_mut().filter_map(|node| node.fd.as_mut()).for_each(&mut change);
    }

    /// Adds a descriptor under `num`, or replaces the one that is there. `false` when the table is full.
    pub fn insert(&mut self, num: i64, mut fd: Fd) -> bool {
        fd.num = num;
        if let Some(place) = self.find(num) {
            self.nodes[place.node as usize].fd = Some(fd);
            return true;
        }
        if self.len as usize == self.buckets.len() && !self.grow() {
            return false;
        }
        let bucket = self.bucket(num);
        let node = Node { next: NIL, bucket, num, fd: Some(fd) };
        let at = self.free;
        let at = match self.nodes.get_mut(at as usize) {
            Some(unused) => {
                self.free = unused.next;
                *unused = node;
                at
            }
            None => {
                self.nodes.push(node);
                (self.nodes.len() - 1) as u32
            }
        };
        self.link(at);
        self.len += 1;
        true
    }

    /// Takes a descriptor out.
    pub fn remove(&mut self, num: i64) -> Option<Fd> {
        let Place { before, node } = self.find(num)?;
        let (next, bucket) = (self.nodes[node as usize].next, self.nodes[node as usize].bucket);
        let next_bucket = self.nodes.get(next as usize).map(|n| n.bucket);
        if self.buckets[bucket as usize] == before && next_bucket != Some(bucket) {
            self.buckets[bucket as usize] = NIL;
        }
        if let Some(next_bucket) = next_bucket.filter(|&b| b != bucket) {
            self.buckets[next_bucket as usize] = before;
        }
        self.set_next(before, next);
        self.len -= 1;
        let unused = &mut self.nodes[node as usize];
        unused.next = self.free;
        self.free = node;
        unused.fd.take()
    }

    /// Takes out every descriptor of which `keep` says no.
    pub fn retain(&mut self, mut keep: impl FnMut(&Fd) -> bool) {
        let mut at = self.head;
        while let Some(node) = self.nodes.get(at as usize) {
            at = node.next;
            if node.fd.as_ref().is_some_and(|fd| !keep(fd)) {
                let num = node.num;
                self.remove(num);
            }
        }
    }

    /// The table of a forked process: the same descriptors, each marked as a copy.
    pub fn fork(&self) -> Self {
        let mut child = Self { nodes: Vec::with_capacity(self.len as usize), ..Self::default() };
        for (num, fd) in self.iter() {
            child.insert(num, Fd { cloned: true, ..fd.clone() });
        }
        child
    }

    fn bucket(&self, num: i64) -> u32 {
        let count = self.buckets.len() as u32;
        // Negative numbers are huge ones here, as in the reference; others take the short division.
        match u32::try_from(num) {
            Ok(num) => num % count,
            Err(_) => (num as u64 % u64::from(count)) as u32,
        }
    }

    fn find(&self, num: i64) -> Option<Place> {
        if self.len == 0 {
            return None;
        }
        let bucket = self.bucket(num);
        let mut before = self.buckets[bucket as usize];
        let mut node = match before {
            NIL => return None,
            HEAD => self.head,
            before => self.nodes[before as usize].next,
        };
        while let Some(here) = self.nodes.get(node as usize).filter(|here| here.bucket == bucket) {
            if here.num == num {
                return Some(Place { before, node });
            }
            (before, node) = (node, here.next);
        }
        None
    }

    fn set_next(&mut self, before: u32, next: u32) {
        match before {
            HEAD => self.head = next,
            before => self.nodes[before as usize].next = next,
        }
    }

    /// Puts a node into the list, at the front of its bucket.
    fn link(&mut self, at: u32) {
        let bucket = self.nodes[at as usize].bucket as usize;
        match self.buckets[bucket] {
            NIL => {
                let next = std::mem::replace(&mut self.head, at);
                self.nodes[at as usize].next = next;
                if let Some(next) = self.nodes.get(next as usize) {
                    self.buckets[next.bucket as usize] = at;
                }
                self.buckets[bucket] = HEAD;
            }
            HEAD => {
                self.nodes[at as usize].next = std::mem::replace(&mut self.head, at);
            }
            before => {
                let next = std::mem::replace(&mut self.nodes[before as usize].next, at);
                self.nodes[at as usize].next = next;
            }
        }
    }

    /// Makes more buckets and links every node again, in the order of the list. `false` at the last size.
    fn grow(&mut self) -> bool {
        let Some(&size) = SIZES.iter().find(|&&size| size as usize > self.buckets.len()) else { return false };
        self.buckets.clear();
        self.buckets.resize(size as usize, NIL);
        let mut at = std::mem::replace(&mut self.head, NIL);
        while let Some(node) = self.nodes.get(at as usize) {
            let (this, num) = (at, node.num);
            at = node.next;
            self.nodes[this as usize].bucket = self.bucket(num);
            self.link(this);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::super::types::FdType;
    use super::*;

    fn fd() -> Fd {
        Fd::new(FdType::File)
    }

    fn order(table: &FdTable) -> Vec<i64> {
        table.iter().map(|(num, _)| num).collect()
    }

    #[test]
    fn new_buckets_come_first_and_bucket_mates_stay_together() {
        let mut table = FdTable::default();
        for num in [0, 1, 2, 13, 3] {
            assert!(table.insert(num, fd()));
        }
        assert_eq!(order(&table), [3, 2, 1, 13, 0]);
        table.insert(1, Fd { ino: 7, ..fd() });
        assert_eq!(order(&table), [3, 2, 1, 13, 0], "a replaced descriptor keeps its place");
        assert_eq!(table.get(1).unwrap().ino, 7);
    }

    #[test]
    fn growing_reverses_the_list() {
        let mut table = FdTable::default();
        for num in 0..13 {
            table.insert(num, fd());
        }
        assert_eq!(order(&table), (0..13).rev().collect::<Vec<_>>());
        table.insert(13, fd());
        assert_eq!(order(&table), [13].into_iter().chain(0..13).collect::<Vec<_>>());
    }

    #[test]
    fn behaves_like_a_map() {
        let mut table = FdTable::default();
        let mut map = std::collections::BTreeMap::new();
        let mut seed = 1_u64;
        for step in 0..20_000_u64 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let num = ((seed >> 33) % 300) as i64 - 20;
            if (seed >> 60) < 9 {
                table.insert(num, Fd { ino: step, ..fd() });
                map.insert(num, step);
            } else {
                assert_eq!(table.remove(num).map(|fd| fd.ino), map.remove(&num));
            }
            assert_eq!(table.get(num).map(|fd| fd.ino), map.get(&num).copied());
            assert_eq!(table.len(), map.len());
            if step % 500 == 0 {
                let mut all: Vec<_> = table.iter().map(|(num, fd)| (num, fd.ino)).collect();
                all.sort_unstable();
                assert_eq!(all, map.iter().map(|(&n, &i)| (n, i)).collect::<Vec<_>>());
                table.retain(|fd| fd.num % 7 != 0);
                map.retain(|num, _| num % 7 != 0);
            }
        }
    }
}
