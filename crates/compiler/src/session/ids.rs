//! Numbers for everything that has a name. A name keeps its number for as long as the session lives.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::collect::{Node, Numbers};
use crate::diagnostic::ItemKind;
use crate::items::ItemIr;
use crate::loc::Uid;

#[derive(Debug, Default)]
pub(crate) struct Ids {
    pub(crate) lists: Arc<Numbers>,
    pub(crate) macros: Arc<Numbers>,
    pub(crate) rules: Arc<Numbers>,
    /// Names by number: of lists, of macros, of rules.
    names: [Vec<Arc<str>>; 3],
    /// What each item is a part of.
    nodes: FxHashMap<Uid, Node>,
}

impl Ids {
    /// Numbers what an item is a part of, if it is.
    pub(crate) fn add(&mut self, ir: &ItemIr) -> Option<Node> {
        let (kind, name) = ir.part_of()?;
        let [lists, macros, rules] = &mut self.names;
        let (numbers, names) = match kind {
            ItemKind::List => (&mut self.lists, lists),
            ItemKind::Macro => (&mut self.macros, macros),
            _ => (&mut self.rules, rules),
        };
        let id = match numbers.get(name) {
            Some(id) => *id,
            None => {
                let (id, name) = (names.len() as u32, Arc::<str>::from(name));
                names.push(Arc::clone(&name));
                Arc::make_mut(numbers).insert(name, id);
                id
            }
        };
        let node = match kind {
            ItemKind::List => Node::List(id),
            ItemKind::Macro => Node::Macro(id),
            _ => Node::Rule(id),
        };
        self.nodes.insert(ir.uid, node);
        Some(node)
    }

    /// Forgets an item.
    pub(crate) fn remove(&mut self, uid: Uid) -> Option<Node> {
        self.nodes.remove(&uid)
    }

    /// What an item is a part of.
    pub(crate) fn node(&self, uid: Uid) -> Option<Node> {
        self.nodes.get(&uid).copied()
    }

    /// The name that a number stands for.
    pub(crate) fn name(&self, node: Node) -> Option<&Arc<str>> {
        let [lists, macros, rules] = &self.names;
        match node {
            Node::List(id) => lists.get(id as usize),
            Node::Macro(id) => macros.get(id as usize),
            Node::Rule(id) => rules.get(id as usize),
        }
    }

    /// How many numbers were given out.
    pub(crate) fn len(&self) -> usize {
        self.lists.len() + self.macros.len() + self.rules.len()
    }

    /// How many items there are.
    pub(crate) fn items(&self) -> usize {
        self.nodes.len()
    }
}
