//! Why a rule does or does not match an event.

mod nearest;
mod needs;
mod text;

use falco_compiler::program::{AtomId, BoolExpr, Const, Operand, Provenance};

pub use nearest::{Miss, Nearest};

use super::index::atom_text;
use super::session::Session;
use crate::alert::format::show_value;
use crate::value::FieldSource;

/// An atom's truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Truth {
    /// It holds.
    True,
    /// It does not hold.
    False,
    /// It does not hold because a side has no value.
    NoValue,
}

impl Truth {
    /// Whether the condition takes it as true.
    pub fn holds(self) -> bool {
        self == Self::True
    }

    /// `true`, `false` or `no value`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::True => "true",
            Self::False => "false",
            Self::NoValue => "no value",
        }
    }
}

/// A rule's condition with the truth of its every part for one event.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// The rule's number.
    pub rule: u32,
    /// The rule's name.
    pub name: String,
    /// Whether the condition holds. (Whether the rule is switched on does not matter here.)
    pub matches: bool,
    /// How many comparisons would have to come out the other way for the condition to hold, at the least; 0 if it does.
    pub distance: usize,
    /// The condition.
    pub root: ExplainNode,
}

/// A part of an explained condition.
#[derive(Debug, Clone, PartialEq)]
pub struct ExplainNode {
    /// What it is.
    pub kind: ExplainKind,
    /// Whether it holds. A `not` over an atom without value holds.
    pub holds: bool,
    /// Whether the whole condition would come out the other way if this part did, the others staying as they are.
    pub decisive: bool,
    /// The macros that were opened for this part and not already for what is around it, outermost first.
    pub macros: Vec<String>,
    /// The exception that this part comes from, if what is around it does not.
    pub exception: Option<String>,
}

/// What a part of a condition is.
#[derive(Debug, Clone, PartialEq)]
pub enum ExplainKind {
    /// All of them.
    And(Vec<ExplainNode>),
    /// One of them.
    Or(Vec<ExplainNode>),
    /// Not that.
    Not(Box<ExplainNode>),
    /// A comparison.
    Atom {
        /// Which.
        atom: AtomId,
        /// The comparison as the rule has it, lists opened.
        text: String,
        /// Its truth.
        truth: Truth,
        /// The left side's value, rendered.
        value: Option<String>,
        /// The right side's value, where that is a value of the event.
        right_value: Option<String>,
        /// Where it was written.
        written: Option<Provenance>,
        /// For one of the comparisons that keep the rule from matching: what its left side would have to be.
        needs: Option<String>,
    },
}

impl Explanation {
    pub(crate) fn new<S: FieldSource>(session: &mut Session<'_, S>, rule: u32) -> Option<Self> {
        let program = session.program();
        let rule_program = program.rules.get(rule as usize)?;
        let condition = &rule_program.condition;
        let mut blockers = Vec::new();
        let distance = nearest::cheapest(condition, true, usize::MAX >> 1, &mut |a| session.holds(a), &mut blockers);
        let mut maker = Maker { session, written: &rule_program.provenance, blockers: &blockers };
        let mut root = maker.node(condition, true);
        mark_decisive(&mut root, true);
        mark_origins(&mut root, &[], None);
        Some(Self { rule, name: rule_program.name.clone(), matches: root.holds, distance, root })
    }

    /// Every atom of the condition, from left to right.
    pub fn atoms(&self) -> Vec<&ExplainNode> {
        let mut out = Vec::new();
        let mut stack = vec![&self.root];
        while let Some(node) = stack.pop() {
            let children = node.children();
            if children.is_empty() && matches!(node.kind, ExplainKind::Atom { .. }) {
                out.push(node);
            }
            stack.extend(children.iter().rev());
        }
        out
    }

    /// The tree as text, one part a line.
    pub fn render(&self) -> String {
        text::render(&self.root)
    }
}

impl ExplainNode {
    /// The parts that it is made of.
    pub fn children(&self) -> &[Self] {
        match &self.kind {
            ExplainKind::And(children) | ExplainKind::Or(children) => children,
            ExplainKind::Not(child) => std::slice::from_ref(child),
            ExplainKind::Atom { .. } => &[],
        }
    }
}

struct Maker<'m, 's, S> {
    session: &'m mut Session<'s, S>,
    written: &'m [Provenance],
    /// Places of the comparisons that keep the rule from matching.
    blockers: &'m [u32],
}

impl<S: FieldSource> Maker<'_, '_, S> {
    /// `wanted` is how the part would have to come out, the number of negations around it considered.
    fn node(&mut self, expr: &BoolExpr, wanted: bool) -> ExplainNode {
        let (kind, holds) = match expr {
            BoolExpr::And(children) => {
                let children: Vec<_> = children.iter().map(|child| self.node(child, wanted)).collect();
                let holds = children.iter().all(|child| child.holds);
                (ExplainKind::And(children), holds)
            }
            BoolExpr::Or(children) => {
                let children: Vec<_> = children.iter().map(|child| self.node(child, wanted)).collect();
                let holds = children.iter().any(|child| child.holds);
                (ExplainKind::Or(children), holds)
            }
            BoolExpr::Not(child) => {
                let child = self.node(child, !wanted);
                let holds = !child.holds;
                (ExplainKind::Not(Box::new(child)), holds)
            }
            BoolExpr::Atom(atom, place) => self.atom(*atom, *place, wanted),
        };
        ExplainNode { kind, holds, decisive: false, macros: Vec::new(), exception: None }
    }

    fn atom(&mut self, atom: AtomId, place: u32, wanted: bool) -> (ExplainKind, bool) {
        let truth = self.session.truth(atom);
        let program = self.session.program();
        let written = self.written.get(place as usize).cloned();
        let Some(checked) = program.atoms.get(atom.0 as usize) else {
            let (text, value, right_value, needs) = (String::new(), None, None, None);
            return (ExplainKind::Atom { atom, text, truth, value, right_value, written, needs }, truth.holds());
        };
        let value = self.session.value(checked.left).map(|value| show_value(&value));
        let right_value = match &checked.right {
            Operand::Extract(id) => self.session.value(*id).map(|value| show_value(&value)),
            Operand::None | Operand::Consts(_) => None,
        };
        let needs =
            self.blockers.contains(&place).then(|| needs::needs(program, checked, wanted, right_value.as_deref()));
        let text = atom_text(program, checked);
        (ExplainKind::Atom { atom, text, truth, value, right_value, written, needs }, truth.holds())
    }
}

/// Says of each part which macros and which exception it opens: what all its atoms have in common beyond what is around it.
fn mark_origins(node: &mut ExplainNode, around: &[String], exception: Option<&str>) {
    let mut common: Option<(Vec<String>, Option<String>)> = None;
    let mut stack = vec![&*node];
    while let Some(part) = stack.pop() {
        stack.extend(part.children());
        let ExplainKind::Atom { written: Some(written), .. } = &part.kind else { continue };
        match &mut common {
            None => common = Some((written.macros.clone(), written.exception.clone())),
            Some((macros, exception)) => {
                let same = macros.iter().zip(&written.macros).take_while(|(a, b)| a == b).count();
                macros.truncate(same);
                if *exception != written.exception {
                    *exception = None;
                }
            }
        }
    }
    let (inner, inner_exception) = common.unwrap_or_default();
    node.macros = inner.get(around.len()..).unwrap_or_default().to_vec();
    node.exception = inner_exception.clone().filter(|name| exception != Some(name));
    let children: &mut [ExplainNode] = match &mut node.kind {
        ExplainKind::And(children) | ExplainKind::Or(children) => children,
        ExplainKind::Not(child) => std::slice::from_mut(child),
        ExplainKind::Atom { .. } => &mut [],
    };
    for child in children {
        mark_origins(child, &inner, inner_exception.as_deref());
    }
}

/// A part decides when its parent does and no sibling already settles the parent.
fn mark_decisive(node: &mut ExplainNode, decisive: bool) {
    node.decisive = decisive;
    match &mut node.kind {
        ExplainKind::Atom { .. } => {}
        ExplainKind::Not(child) => mark_decisive(child, decisive),
        ExplainKind::And(children) => mark_children(children, decisive, false),
        ExplainKind::Or(children) => mark_children(children, decisive, true),
    }
}

/// `settling` is the truth by which one child settles the parent.
fn mark_children(children: &mut [ExplainNode], decisive: bool, settling: bool) {
    let settled = children.iter().filter(|child| child.holds == settling).count();
    for child in children {
        let others = settled - usize::from(child.holds == settling);
        mark_decisive(child, decisive && others == 0);
    }
}

/// A constant as a rule would write it.
pub fn show_const(c: &Const) -> String {
    match c {
        Const::Bytes(bytes) => show_text(bytes),
        Const::Int(n) => n.to_string(),
        Const::Uint(n) => n.to_string(),
        Const::Bool(b) => b.to_string(),
        Const::Ip(ip) => ip.to_string(),
        Const::Net(net) => net.to_string(),
    }
}

/// Bare where the condition language takes it so, otherwise in quotes with escapes.
fn show_text(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let plain =
        |c: char| !c.is_whitespace() && !c.is_control() && !matches!(c, '"' | '\'' | '(' | ')' | '=' | ',' | '\\');
    if !text.is_empty() && text.chars().all(plain) { text.into_owned() } else { format!("{text:?}") }
}
