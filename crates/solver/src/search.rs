//! The search over the Boolean structure: a tableau with unit propagation, kept on an explicit stack.
//!
//! Conditions of rules are nearly conjunctions: some tests, lists of exceptions (each a negated conjunction) and a few
//! alternatives. So the search asserts what must hold, strikes out alternatives that cannot hold any more, takes what is left of
//! those with one way to hold, and only then tries the alternatives of the shortest. A test that is asserted is checked against
//! what else is asserted of its variable (`theory/`). A decision diagram would give canonical forms too, but its size depends on an
//! order of the atoms that nobody can choose well for lists of hundreds of exceptions; clause learning pays for hard formulas, which
//! conditions are not. Steps are counted, so a formula that is hard nevertheless ends as [`Verdict::Unknown`].

use crate::formula::{AtomId, Formula, VarId};
use crate::space::{Budget, Space, Witness};
use crate::theory::{self, Finding};

/// Deeper formulas are not looked at.
const MAX_DEPTH: u32 = 400;

/// What came out.
pub(crate) enum Verdict {
    Sat(Witness),
    Unsat,
    Unknown,
}

/// A formula with negations at the atoms only.
#[derive(Debug, Clone)]
enum Node {
    Literal(AtomId, bool),
    And(Vec<u32>),
    Or(Vec<u32>),
}

/// A choice among alternatives.
struct Decision {
    trail: usize,
    /// What was open at that moment, without the choice.
    open: Vec<Vec<u32>>,
    /// What has not been tried, last one first.
    left: Vec<u32>,
    /// What was tried, when it was a single test: it is false in what follows.
    tried: Vec<u32>,
}

pub(crate) struct Search<'a> {
    space: &'a Space,
    budget: &'a mut Budget,
    nodes: Vec<Node>,
    /// Atoms in each node.
    sizes: Vec<u32>,
    values: Vec<Option<bool>>,
    trail: Vec<AtomId>,
    /// The tests that are asserted, by variable.
    asserted: Vec<Vec<(AtomId, bool)>>,
}

impl<'a> Search<'a> {
    pub(crate) fn new(space: &'a Space, budget: &'a mut Budget) -> Self {
        Self {
            space,
            budget,
            nodes: Vec::new(),
            sizes: Vec::new(),
            values: vec![None; space.atoms()],
            trail: Vec::new(),
            asserted: vec![Vec::new(); space.variables()],
        }
    }

    /// Whether all hold together.
    pub(crate) fn run(mut self, all: &[&Formula]) -> Verdict {
        let mut todo = Vec::with_capacity(all.len());
        for formula in all {
            let Some(node) = self.normalise(formula, true, 0) else { return Verdict::Unknown };
            todo.push(node);
        }
        let mut open: Vec<Vec<u32>> = Vec::new();
        let mut decisions: Vec<Decision> = Vec::new();
        loop {
            if self.budget.is_spent() {
                return Verdict::Unknown;
            }
            if self.propagate(&mut todo, &mut open) {
                let Some(choice) = shortest(&open) else {
                    return self.witness().map_or(Verdict::Unknown, Verdict::Sat);
                };
                let mut left = open.swap_remove(choice);
                left.reverse();
                self.budget.take(1 + open.len());
                decisions.push(Decision { trail: self.trail.len(), open: open.clone(), left, tried: Vec::new() });
            }
            // The next alternative of the last choice that has one.
            loop {
                let Some(decision) = decisions.last_mut() else {
                    return if self.budget.is_spent() { Verdict::Unknown } else { Verdict::Unsat };
                };
                let Some(next) = decision.left.pop() else {
                    decisions.pop();
                    continue;
                };
                open.clone_from(&decision.open);
                todo.clear();
                todo.extend(&decision.tried);
                todo.push(next);
                let trail = decision.trail;
                if let Some(Node::Literal(atom, value)) = self.nodes.get(next as usize) {
                    let opposite = Node::Literal(*atom, !value);
                    decision.tried.push(self.nodes.len() as u32);
                    self.push(opposite, 1);
                }
                self.undo(trail);
                break;
            }
        }
    }

    /// Pushes negations down to the atoms. `None`: too deep, or too much.
    fn normalise(&mut self, formula: &Formula, positive: bool, depth: u32) -> Option<u32> {
        if depth > MAX_DEPTH || !self.budget.take(1) {
            return None;
        }
        let mut size = 1u32;
        let node = match formula {
            Formula::Atom(atom) => Node::Literal(*atom, positive),
            Formula::Not(child) => return self.normalise(child, !positive, depth + 1),
            Formula::And(children) | Formula::Or(children) => {
                let mut nodes = Vec::with_capacity(children.len());
                for child in children {
                    let node = self.normalise(child, positive, depth + 1)?;
                    size = size.saturating_add(self.size(node));
                    nodes.push(node);
                }
                if matches!(formula, Formula::And(_)) == positive { Node::And(nodes) } else { Node::Or(nodes) }
            }
        };
        self.push(node, size);
        Some(self.nodes.len() as u32 - 1)
    }

    fn push(&mut self, node: Node, size: u32) {
        self.nodes.push(node);
        self.sizes.push(size);
    }

    fn size(&self, node: u32) -> u32 {
        self.sizes.get(node as usize).copied().unwrap_or(1)
    }

    /// Asserts everything that must hold. False: it cannot.
    fn propagate(&mut self, todo: &mut Vec<u32>, open: &mut Vec<Vec<u32>>) -> bool {
        loop {
            while let Some(node) = todo.pop() {
                match self.nodes.get(node as usize) {
                    Some(Node::Literal(atom, value)) => {
                        let (atom, value) = (*atom, *value);
                        if !self.assert(atom, value) {
                            return false;
                        }
                    }
                    Some(Node::And(children)) => todo.extend(children),
                    Some(Node::Or(children)) => open.push(children.clone()),
                    None => return false,
                }
            }
            let mut i = 0;
            while let Some(alternatives) = open.get(i) {
                let size: usize = alternatives.iter().map(|node| self.size(*node) as usize).sum();
                if !self.budget.take(size) {
                    return false;
                }
                let states: Vec<Option<bool>> = alternatives.iter().map(|node| self.state(*node)).collect();
                if states.contains(&Some(true)) {
                    open.swap_remove(i);
                    continue;
                }
                let Some(alternatives) = open.get_mut(i) else { break };
                let mut states = states.iter();
                alternatives.retain(|_| states.next() != Some(&Some(false)));
                match alternatives.as_slice() {
                    [] => return false,
                    [one] => {
                        todo.push(*one);
                        open.swap_remove(i);
                    }
                    _ => i += 1,
                }
            }
            if todo.is_empty() {
                return true;
            }
        }
    }

    /// Whether a node holds under what is asserted, if that is decided.
    fn state(&self, node: u32) -> Option<bool> {
        match self.nodes.get(node as usize)? {
            Node::Literal(atom, value) => {
                self.values.get(atom.0 as usize).copied().flatten().map(|assigned| assigned == *value)
            }
            Node::And(children) => self.states(children, false),
            Node::Or(children) => self.states(children, true),
        }
    }

    /// `decisive` if one child has that value, its opposite if all have the opposite.
    fn states(&self, children: &[u32], decisive: bool) -> Option<bool> {
        let mut open = false;
        for child in children {
            match self.state(*child) {
                Some(value) if value == decisive => return Some(decisive),
                Some(_) => {}
                None => open = true,
            }
        }
        (!open).then_some(!decisive)
    }

    fn assert(&mut self, atom: AtomId, value: bool) -> bool {
        let Some(slot) = self.values.get_mut(atom.0 as usize) else { return false };
        if let Some(assigned) = *slot {
            return assigned == value;
        }
        if !self.budget.take(1) {
            return false;
        }
        *slot = Some(value);
        self.trail.push(atom);
        let Some((variable, _)) = self.space.test(atom) else { return false };
        let Some(asserted) = self.asserted.get_mut(variable.0 as usize) else { return false };
        asserted.push((atom, value));
        !matches!(self.judge(variable), Finding::Impossible)
    }

    /// What the tests that are asserted of a variable come to.
    fn judge(&mut self, variable: VarId) -> Finding {
        let (Some(facts), Some(asserted)) = (self.space.variable_of(variable), self.asserted.get(variable.0 as usize))
        else {
            return Finding::Unknown;
        };
        let tests: Vec<_> =
            asserted.iter().filter_map(|(atom, value)| Some((self.space.test(*atom)?.1, *value))).collect();
        theory::judge(facts, &tests, self.budget)
    }

    fn undo(&mut self, trail: usize) {
        for atom in self.trail.drain(trail.min(self.trail.len())..).rev() {
            if let Some(slot) = self.values.get_mut(atom.0 as usize) {
                *slot = None;
            }
            let variable = self.space.test(atom).map(|(variable, _)| variable);
            if let Some(asserted) = variable.and_then(|variable| self.asserted.get_mut(variable.0 as usize)) {
                asserted.pop();
            }
        }
    }

    /// Values for what is asserted; `None` if there is no proof that they exist.
    fn witness(&mut self) -> Option<Witness> {
        let mut witness = Witness::default();
        for number in 0..self.asserted.len() {
            let variable = VarId(number as u32);
            if self.asserted.get(number).is_some_and(|asserted| !asserted.is_empty()) {
                match self.judge(variable) {
                    Finding::Possible(value) => {
                        witness.values.insert(variable, value);
                    }
                    Finding::Impossible | Finding::Unknown => return None,
                }
            }
        }
        Some(witness)
    }
}

/// The place of the choice with the fewest alternatives.
fn shortest(open: &[Vec<u32>]) -> Option<usize> {
    open.iter().enumerate().min_by_key(|(_, alternatives)| alternatives.len()).map(|(place, _)| place)
}
