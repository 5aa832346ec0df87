//! The items of a session by what they are a part of, and by the words in them.

use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::collect::Node;
use crate::items::{FileItems, ItemIr, word_hash};
use crate::session::Ids;

/// The items of everything that has a name.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    /// With the files that they stand in, in load order.
    items: FxHashMap<Node, Vec<(u32, Arc<ItemIr>)>>,
    /// Lists and macros by the hash of their name.
    by_hash: FxHashMap<u32, Vec<Node>>,
    users: Users,
}

impl Groups {
    pub(super) fn new(loaded: &[Arc<FileItems>], ids: &Ids) -> Self {
        let mut groups = Self::default();
        for (number, items) in (0u32..).zip(loaded) {
            for (_, ir) in items.items() {
                if let Some(node) = ids.node(ir.uid) {
                    groups.items.entry(node).or_default().push((number, Arc::clone(ir)));
                    groups.name(node, ids);
                }
            }
        }
        groups.users = Users::new(&groups.items);
        groups
    }

    fn name(&mut self, node: Node, ids: &Ids) {
        let Some(name) = ids.name(node).filter(|_| !matches!(node, Node::Rule(_))) else { return };
        let nodes = self.by_hash.entry(word_hash(name)).or_default();
        if !nodes.contains(&node) {
            nodes.push(node);
        }
    }

    fn of(&self, node: Node) -> &[(u32, Arc<ItemIr>)] {
        self.items.get(&node).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether a word in an item of the node has the hash.
    pub(super) fn mentions(&self, node: Node, hash: u32) -> bool {
        self.of(node).iter().any(|(_, ir)| ir.mentions().binary_search(&hash).is_ok())
    }

    /// The lists and macros whose names have the hash.
    pub(super) fn named(&self, hash: u32) -> impl Iterator<Item = Node> {
        self.by_hash.get(&hash).into_iter().flatten().copied().filter(|node| self.items.contains_key(node))
    }

    /// What has a word with the hash in its items.
    pub(super) fn mentioning(&self, hash: u32) -> &[Node] {
        self.users.of_word(hash)
    }

    /// The files that have items of the nodes, in order.
    pub(super) fn files<'a>(&self, nodes: impl IntoIterator<Item = &'a Node>) -> BTreeSet<u32> {
        nodes.into_iter().flat_map(|node| self.of(*node)).map(|(file, _)| *file).collect()
    }

    /// Replaces the items of some nodes in one file.
    pub(super) fn replace(&mut self, number: u32, items: &FileItems, nodes: &FxHashSet<Node>, ids: &Ids) {
        let words_before = self.words(nodes);
        for node in nodes {
            if let Some(items) = self.items.get_mut(node) {
                items.retain(|(file, _)| *file != number);
            }
        }
        for (_, ir) in items.items() {
            if let Some(node) = ids.node(ir.uid).filter(|node| nodes.contains(node)) {
                self.items.entry(node).or_default().push((number, Arc::clone(ir)));
                self.name(node, ids);
            }
        }
        for node in nodes {
            match self.items.get_mut(node) {
                Some(items) if items.is_empty() => {
                    self.items.remove(node);
                }
                Some(items) => items.sort_by_key(|(file, _)| *file),
                None => {}
            }
        }
        let words_now = self.words(nodes);
        words_before.difference(&words_now).for_each(|(node, hash)| self.users.remove(*node, *hash));
        words_now.difference(&words_before).for_each(|(node, hash)| self.users.add(*node, *hash));
    }

    /// The words of some nodes, by their hashes.
    fn words(&self, nodes: &FxHashSet<Node>) -> FxHashSet<(Node, u32)> {
        let words = |node: &Node| {
            let node = *node;
            self.of(node).iter().flat_map(|(_, ir)| ir.mentions()).map(move |hash| (node, *hash))
        };
        nodes.iter().flat_map(words).collect()
    }

    /// Adds everything that the nodes mention, and what that mentions, and so on.
    pub(super) fn close_downwards(&self, nodes: &FxHashSet<Node>) -> FxHashSet<Node> {
        let mut closed = nodes.clone();
        let mut work: Vec<Node> = nodes.iter().copied().collect();
        while let Some(node) = work.pop() {
            for hash in self.of(node).iter().flat_map(|(_, ir)| ir.mentions()) {
                for mentioned in self.named(*hash) {
                    if closed.insert(mentioned) {
                        work.push(mentioned);
                    }
                }
            }
        }
        closed
    }
}

/// What has a word in its items, by the word's hash, so that nobody has to look through all items for it.
#[derive(Debug, Default)]
struct Users(FxHashMap<u32, Vec<Node>>);

impl Users {
    fn new(items: &FxHashMap<Node, Vec<(u32, Arc<ItemIr>)>>) -> Self {
        let mut users: FxHashMap<u32, Vec<Node>> = FxHashMap::default();
        for (node, items) in items {
            for hash in items.iter().flat_map(|(_, ir)| ir.mentions()) {
                users.entry(*hash).or_default().push(*node);
            }
        }
        for users in users.values_mut() {
            users.sort_unstable();
            users.dedup();
        }
        Self(users)
    }

    fn of_word(&self, hash: u32) -> &[Node] {
        self.0.get(&hash).map(Vec::as_slice).unwrap_or_default()
    }

    fn add(&mut self, node: Node, hash: u32) {
        let users = self.0.entry(hash).or_default();
        if let Err(at) = users.binary_search(&node) {
            users.insert(at, node);
        }
    }

    fn remove(&mut self, node: Node, hash: u32) {
        let Some(users) = self.0.get_mut(&hash) else { return };
        if let Ok(at) = users.binary_search(&node) {
            users.remove(at);
        }
        if users.is_empty() {
            self.0.remove(&hash);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(nodes: &[Node]) -> bool {
        nodes.windows(2).all(|pair| pair[0] < pair[1])
    }

    #[test]
    fn users_follow_their_items() {
        let mut ids = Ids::default();
        let mut load = |text: &str| {
            let (items, _) = crate::load::load(text, None);
            for (_, ir) in items.items() {
                ids.add(ir);
            }
            Arc::new(items)
        };
        let base = "- macro: m\n  condition: evt.num = 1\n- rule: r\n  condition: m and x\n- rule: s\n  condition: m\n";
        let more = "- rule: r\n  condition: and y\n  append: true\n";
        let (first, second) = (load(base), load(more));
        let edited = load(&base.replace("m and x", "m2 and z"));
        let mut groups = Groups::new(&[Arc::clone(&first), second], &ids);
        let names = |groups: &Groups, word: &str| {
            let users = groups.mentioning(word_hash(word));
            assert!(sorted(users));
            users.iter().filter_map(|node| ids.name(*node)).map(|name| name.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(
            (names(&groups, "m"), names(&groups, "x")),
            (vec!["m".into(), "r".into(), "s".into()], vec!["r".into()])
        );
        let touched: FxHashSet<Node> = first.items().nth(1).and_then(|(_, ir)| ids.node(ir.uid)).into_iter().collect();
        groups.replace(0, &edited, &touched, &ids);
        assert_eq!((names(&groups, "m"), names(&groups, "m2")), (vec!["m".into(), "s".into()], vec!["r".into()]));
        // What the other file says of it is still there; a word that nobody has leaves nothing behind.
        assert_eq!((names(&groups, "y"), names(&groups, "z")), (vec!["r".to_owned()], vec!["r".to_owned()]));
        assert!(!groups.users.0.contains_key(&word_hash("x")));
        assert_eq!(groups.users.0, Users::new(&groups.items).0);
    }
}
