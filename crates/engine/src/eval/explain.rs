//! Why a rule does or does not match an event.

use std::fmt::Write;

use falco_compiler::program::{AtomId, BoolExpr, Const, Operand, Provenance};

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
    },
}

impl Explanation {
    pub(crate) fn new<S: FieldSource>(session: &mut Session<'_, S>, rule: u32) -> Option<Self> {
        let program = session.program();
        let rule_program = program.rules.get(rule as usize)?;
        let mut root = node(session, &rule_program.condition, &rule_program.provenance);
        mark_decisive(&mut root, true);
        Some(Self { rule, name: rule_program.name.clone(), matches: root.holds, root })
    }

    /// Every atom of the condition, from left to right.
    pub fn atoms(&self) -> Vec<&ExplainNode> {
        let mut out = Vec::new();
        let mut stack = vec![&self.root];
        while let Some(node) = stack.pop() {
            match &node.kind {
                ExplainKind::And(children) | ExplainKind::Or(children) => stack.extend(children.iter().rev()),
                ExplainKind::Not(child) => stack.push(child),
                ExplainKind::Atom { .. } => out.push(node),
            }
        }
        out
    }

    /// The tree as text, one part a line.
    pub fn render(&self) -> String {
        let mut out = String::new();
        render(&self.root, "", "", &mut out);
        out
    }
}

fn node<S: FieldSource>(session: &mut Session<'_, S>, expr: &BoolExpr, written: &[Provenance]) -> ExplainNode {
    let (kind, holds) = match expr {
        BoolExpr::And(children) => {
            let children: Vec<_> = children.iter().map(|child| node(session, child, written)).collect();
            let holds = children.iter().all(|child| child.holds);
            (ExplainKind::And(children), holds)
        }
        BoolExpr::Or(children) => {
            let children: Vec<_> = children.iter().map(|child| node(session, child, written)).collect();
            let holds = children.iter().any(|child| child.holds);
            (ExplainKind::Or(children), holds)
        }
        BoolExpr::Not(child) => {
            let child = node(session, child, written);
            let holds = !child.holds;
            (ExplainKind::Not(Box::new(child)), holds)
        }
        BoolExpr::Atom(atom, place) => {
            let truth = session.truth(*atom);
            let program = session.program();
            let atom_program = program.atoms.get(atom.0 as usize);
            let shown = |session: &mut Session<'_, S>, id| session.value(id).map(|value| show_value(&value));
            let value = atom_program.and_then(|a| shown(session, a.left));
            let right_value = match atom_program.map(|a| &a.right) {
                Some(Operand::Extract(id)) => shown(session, *id),
                _ => None,
            };
            let text = atom_program.map(|a| atom_text(program, a)).unwrap_or_default();
            let written = written.get(*place as usize).cloned();
            (ExplainKind::Atom { atom: *atom, text, truth, value, right_value, written }, truth.holds())
        }
    };
    ExplainNode { kind, holds, decisive: false }
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

fn render(node: &ExplainNode, first: &str, rest: &str, out: &mut String) {
    let mark = if node.holds { "✓" } else { "✗" };
    let children: &[ExplainNode] = match &node.kind {
        ExplainKind::And(children) => {
            let _ = writeln!(out, "{first}{mark} and");
            children
        }
        ExplainKind::Or(children) => {
            let _ = writeln!(out, "{first}{mark} or");
            children
        }
        ExplainKind::Not(child) => {
            let _ = writeln!(out, "{first}{mark} not");
            std::slice::from_ref(&**child)
        }
        ExplainKind::Atom { text, truth, value, right_value, .. } => {
            let value = match (truth, value) {
                (Truth::NoValue, None) => "no value".to_owned(),
                (_, Some(value)) => format!("is {value}"),
                (_, None) => String::new(),
            };
            let right = right_value.as_ref().map(|v| format!(", compared with {v}")).unwrap_or_default();
            let _ = writeln!(out, "{first}{mark} {text}   [{value}{right}]");
            return;
        }
    };
    for (i, child) in children.iter().enumerate() {
        let last = i + 1 == children.len();
        let (branch, stem) = if last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
        render(child, &format!("{rest}{branch}"), &format!("{rest}{stem}"), out);
    }
}

/// A constant as a rule would write it.
pub(crate) fn show_const(c: &Const) -> String {
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
