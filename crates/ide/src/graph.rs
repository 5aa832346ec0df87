//! Which rules, macros and lists use which: the whole of it, for tools that draw or count.

use std::collections::{HashMap, HashSet};

use falco_compiler::{ItemKind, Named, Span};

use crate::Analysis;

/// Rules, macros and lists, and what uses what.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Graph {
    /// Lists, then macros, then rules, each kind in load order.
    pub nodes: Vec<GraphNode>,
    /// Sorted; each pair once.
    pub edges: Vec<GraphEdge>,
}

/// A rule, macro or list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GraphNode {
    /// Which of the three.
    pub kind: ItemKind,
    /// Its name.
    pub name: String,
    /// Its first item.
    pub item: Option<Span>,
}

/// A use of one thing by another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct GraphEdge {
    /// Index of the user.
    pub from: usize,
    /// Index of what it uses.
    pub to: usize,
    /// In how many places.
    pub times: usize,
}

impl Analysis {
    /// Everything that there is.
    pub fn graph(&self) -> Graph {
        let kinds = [ItemKind::List, ItemKind::Macro, ItemKind::Rule];
        let named: Vec<Named<'_>> = kinds.into_iter().flat_map(|kind| self.compilation().all_named(kind)).collect();
        let numbers: HashMap<(ItemKind, &str), usize> =
            named.iter().enumerate().map(|(number, named)| ((named.kind(), &**named.name()), number)).collect();
        let mut edges = Vec::new();
        for (from, user) in named.iter().enumerate() {
            let mut times: HashMap<usize, usize> = HashMap::new();
            for used in user.uses().iter().filter_map(|used| used.target) {
                if let Some(to) = numbers.get(&(used.kind(), &**used.name())) {
                    *times.entry(*to).or_default() += 1;
                }
            }
            edges.extend(times.into_iter().map(|(to, times)| GraphEdge { from, to, times }));
        }
        edges.sort_unstable();
        let node = |named: &Named<'_>| GraphNode {
            kind: named.kind(),
            name: named.name().to_string(),
            item: named.first_item(),
        };
        Graph { nodes: named.iter().map(node).collect(), edges }
    }
}

impl Graph {
    /// What the things of a name use, whatever uses them, and those things themselves. Nothing, if there is no such name.
    pub fn around(&self, name: &str) -> Self {
        let start: Vec<usize> =
            (0..self.nodes.len()).filter(|n| self.nodes.get(*n).is_some_and(|n| n.name == name)).collect();
        let mut kept = self.reached(&start, |edge| (edge.from, edge.to));
        kept.extend(self.reached(&start, |edge| (edge.to, edge.from)));
        self.only(&kept)
    }

    /// All that can be reached along the edges in one direction.
    fn reached(&self, start: &[usize], ends: impl Fn(&GraphEdge) -> (usize, usize)) -> HashSet<usize> {
        let mut next: HashMap<usize, Vec<usize>> = HashMap::new();
        for edge in &self.edges {
            let (from, to) = ends(edge);
            next.entry(from).or_default().push(to);
        }
        let mut seen: HashSet<usize> = start.iter().copied().collect();
        let mut open = start.to_vec();
        while let Some(node) = open.pop() {
            let new = next.get(&node).into_iter().flatten().filter(|node| seen.insert(**node));
            open.extend(new);
        }
        seen
    }

    fn only(&self, kept: &HashSet<usize>) -> Self {
        let mut numbers = HashMap::new();
        let mut nodes = Vec::new();
        for (old, node) in self.nodes.iter().enumerate().filter(|(old, _)| kept.contains(old)) {
            numbers.insert(old, nodes.len());
            nodes.push(node.clone());
        }
        let edge = |edge: &GraphEdge| {
            Some(GraphEdge { from: *numbers.get(&edge.from)?, to: *numbers.get(&edge.to)?, times: edge.times })
        };
        Self { nodes, edges: self.edges.iter().filter_map(edge).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Fixture;

    const RULES: &str = "\
- list: shells
  items: [bash, sh]
- list: more
  items: [shells, zsh]
- macro: shell
  condition: proc.name in (more) or proc.pname in (more)
- macro: unused
  condition: evt.type = open
- rule: R
  desc: d
  condition: evt.type = execve and shell
  output: o
  priority: INFO
  exceptions:
    - name: e
      fields: proc.name
      values: [shells]
";

    fn edges(graph: &Graph) -> Vec<String> {
        let name = |n: usize| graph.nodes[n].name.as_str();
        graph.edges.iter().map(|e| format!("{} -> {} ({})", name(e.from), name(e.to), e.times)).collect()
    }

    #[test]
    fn every_use_is_an_edge() {
        let graph = Fixture::new(RULES).analysis.graph();
        let nodes: Vec<String> = graph.nodes.iter().map(|n| format!("{} {}", n.kind.head_key(), n.name)).collect();
        assert_eq!(nodes, ["list shells", "list more", "macro shell", "macro unused", "rule R"]);
        assert_eq!(edges(&graph), ["more -> shells (1)", "shell -> more (2)", "R -> shells (1)", "R -> shell (1)"]);
    }

    #[test]
    fn around_a_name_is_what_it_uses_and_what_uses_it() {
        let graph = Fixture::new(RULES).analysis.graph();
        assert_eq!(
            edges(&graph.around("shell")),
            ["more -> shells (1)", "shell -> more (2)", "R -> shells (1)", "R -> shell (1)"]
        );
        assert_eq!(
            edges(&graph.around("more")),
            ["more -> shells (1)", "shell -> more (2)", "R -> shells (1)", "R -> shell (1)"]
        );
        assert_eq!(graph.around("unused").nodes.len(), 1);
        assert_eq!(graph.around("nothing"), Graph::default());
    }
}
