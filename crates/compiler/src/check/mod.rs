//! Checks of a parsed condition against the facts: fields, operators, values, transformers.
//!
//! The result is the condition once more, its comparisons resolved to typed ones ([`TypedCheck`]), and notes in the order of
//! evaluation: problems, hints, deprecated fields, references to macros. Falco's report takes what it wants from the notes in
//! that order; ours takes all of them.

pub(crate) mod consts;
pub(crate) mod events;
mod fields;
mod hints;
pub(crate) mod operators;
mod services;
pub(crate) mod versions;

use std::sync::Arc;

use falco_catalog::versions::Subject;
use falco_catalog::{Catalog, EventSet, FieldRef, ParamType};
use falco_syntax::TextRange;
use falco_syntax::condition::ast::{Check, Expr, Left, Modifier, Operator, Right, Text};

pub(crate) use consts::Number;
pub(crate) use fields::exception_field;

use crate::lints::{Lint, deprecated_field, net_in_list, number_wraps, swallowed_text, text_past_quote};
use crate::options::Version;
use crate::program::{Const, Transformer};
use fields::Side;

/// A range in the text of a condition.
pub(crate) type Range = (u32, u32);

pub(crate) fn range(range: TextRange) -> Range {
    (range.start().into(), range.end().into())
}

/// What a condition is checked against.
#[derive(Clone, Copy)]
pub(crate) struct CheckCx<'a> {
    pub(crate) catalog: &'a Catalog,
    pub(crate) source: &'a str,
    pub(crate) engine: Version,
    /// The text that the tree's ranges count in.
    pub(crate) text: &'a str,
}

/// A value of a comparison with its type.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TValue {
    pub(crate) kind: TKind,
    pub(crate) ty: ParamType,
    pub(crate) is_list: bool,
    /// Canonical text.
    pub(crate) text: Box<str>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum TKind {
    Field(FieldRef),
    Const(Box<[u8]>),
    List(Vec<TValue>),
    Call { transformer: Transformer, args: Vec<TValue>, suffix: Option<u8> },
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum TOperand {
    None,
    Consts(Vec<Const>),
    Value(TValue),
}

/// A comparison that is all right.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TypedCheck {
    pub(crate) left: TValue,
    pub(crate) op: Operator,
    pub(crate) modifier: Option<Modifier>,
    pub(crate) right: TOperand,
}

impl TypedCheck {
    /// The texts that it compares with.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        let consts = if let TOperand::Consts(consts) = &self.right { consts.as_slice() } else { &[] };
        consts.iter().filter_map(|value| match value {
            Const::Bytes(bytes) => std::str::from_utf8(bytes).ok(),
            _ => None,
        })
    }
}

/// A condition after the checks.
#[derive(Debug, Default)]
pub(crate) struct Checked {
    pub(crate) expr: CExpr,
    pub(crate) atoms: Vec<CheckedAtom>,
    pub(crate) notes: Vec<Note>,
}

#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) enum CExpr {
    And(Vec<CExpr>),
    Or(Vec<CExpr>),
    Not(Box<CExpr>),
    /// Index into `atoms`.
    Atom(u32),
    /// The how manieth reference to a macro in this condition.
    Ref(u32),
    #[default]
    Missing,
}

#[derive(Debug)]
pub(crate) struct CheckedAtom {
    pub(crate) range: Range,
    /// `None` if the check is wrong.
    pub(crate) typed: Option<Arc<TypedCheck>>,
    /// The events on which it can hold, if it says anything about them.
    pub(crate) events: Option<Box<EventSet>>,
}

#[derive(Debug)]
pub(crate) enum Note {
    Problem {
        atom: u32,
        problem: Problem,
    },
    Hint {
        at: u32,
        hint: hints::Hint,
    },
    Deprecated {
        range: Range,
        field: &'static str,
        /// The check, if it can be left out, and whether it says nothing at all.
        remove: Option<(Range, bool)>,
    },
    NaCheck {
        range: Range,
        /// What the check was probably meant to be.
        instead: Option<String>,
    },
    /// Something that only we say.
    Lint(Box<LintNote>),
    Ref(u32),
}

#[derive(Debug)]
pub(crate) struct LintNote {
    pub(crate) lint: &'static Lint,
    pub(crate) range: Range,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
    /// What to write instead.
    pub(crate) replacement: Option<String>,
    /// The check, if it can be left out.
    pub(crate) remove: Option<Range>,
}

impl LintNote {
    pub(crate) fn new(lint: &'static Lint, place: TextRange, message: String, help: Option<String>) -> Self {
        Self { lint, range: range(place), message, help, replacement: None, remove: None }
    }
}

/// Something wrong with a check.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Problem {
    pub(crate) message: String,
    pub(crate) range: Range,
    pub(crate) help: Option<String>,
    pub(crate) replacement: Option<(Range, String)>,
    /// The kind of error that `skip-if-unknown-filter` forgives.
    pub(crate) unknown_name: bool,
}

impl Problem {
    pub(crate) fn new(message: impl Into<String>, range: TextRange) -> Self {
        Self { message: message.into(), range: self::range(range), help: None, replacement: None, unknown_name: false }
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// The fields whose use Falco warns about.
pub(crate) const DEPRECATED_FIELDS: [&str; 6] =
    ["evt.dir", "evt.latency", "evt.latency.s", "evt.latency.ns", "evt.latency.human", "evt.wait_latency"];

/// At most so many problems are told about one check: a list of thousands of wrong values is one mistake.
const MAX_PROBLEMS: usize = 8;

/// Checks a condition.
pub(crate) fn check(cx: &CheckCx<'_>, expr: &Expr) -> Checked {
    let mut checker = Checker { cx: *cx, checked: Checked::default(), refs: 0 };
    checker.checked.expr = checker.expr(expr);
    checker.checked
}

struct Checker<'a> {
    cx: CheckCx<'a>,
    checked: Checked,
    refs: u32,
}

impl Checker<'_> {
    fn expr(&mut self, expr: &Expr) -> CExpr {
        match expr {
            Expr::And { children, .. } => CExpr::And(children.iter().map(|child| self.expr(child)).collect()),
            Expr::Or { children, .. } => CExpr::Or(children.iter().map(|child| self.expr(child)).collect()),
            Expr::Not { child, .. } => CExpr::Not(Box::new(self.expr(child))),
            Expr::Check(check) => self.atom(check),
            Expr::Macro { .. } => {
                self.checked.notes.push(Note::Ref(self.refs));
                self.refs += 1;
                CExpr::Ref(self.refs - 1)
            }
            Expr::Missing { .. } => CExpr::Missing,
        }
    }

    fn atom(&mut self, check: &Check) -> CExpr {
        let atom = self.checked.atoms.len() as u32;
        let mut problems = Vec::new();
        let typed = self.typed(check, &mut problems);
        for problem in problems {
            self.checked.notes.push(Note::Problem { atom, problem });
        }
        self.deprecated_left(check);
        if self.is_na_check(check) {
            self.checked.notes.push(Note::NaCheck { range: range(check.range), instead: instead_of_na(check) });
        }
        let at = check.range.start().into();
        self.hints(check, at);
        if let Some(typed) = &typed {
            self.lints(check, typed);
        }
        let events = typed.as_ref().and_then(|typed| events::of_check(&self.cx, check, typed)).map(Box::new);
        self.checked.atoms.push(CheckedAtom { range: range(check.range), typed: typed.map(Arc::new), events });
        CExpr::Atom(atom)
    }

    fn typed(&self, check: &Check, problems: &mut Vec<Problem>) -> Option<TypedCheck> {
        let cx = &self.cx;
        let (op, op_range) = check.op?;
        let newer = versions::problem(cx.engine, Subject::Operator, op.as_str(), op_range).or_else(|| {
            let (modifier, place) = check.modifier?;
            versions::problem(cx.engine, Subject::Modifier, modifier.as_str(), place)
        });
        if let Some(problem) = newer {
            problems.push(problem);
            return None;
        }
        let left = match cx.left(&check.left, Side::Left) {
            Ok(left) => left,
            Err(problem) => {
                problems.push(*problem);
                return None;
            }
        };
        let event_type = is_event_type(&check.left);
        if event_type && matches!(check.left, Left::Call(_)) {
            // Falco ends in an uncaught failure here.
            problems.push(Problem::new("`evt.type` cannot be used under a transformer", check.range));
            return None;
        }
        if !operators::allowed(op, left.ty, left.is_list) || !operators::field_allows(&left, op) {
            let what = if left.is_list { format!("list of {}", left.ty.label()) } else { left.ty.label().to_owned() };
            let message =
                format!("operator `{}` does not apply to `{}`, which is of type {what}", op.as_str(), left.text);
            problems.push(Problem::new(message, op_range).help(operators::help(&left)));
            return None;
        }
        if let (Some((modifier, modifier_range)), true) = (check.modifier, left.is_list) {
            let message = format!("`{}` does not apply to `{}`, which is a list", modifier.as_str(), left.text);
            problems.push(Problem::new(message, modifier_range));
            return None;
        }
        let right = match &check.right {
            Right::None => TOperand::None,
            Right::Value(text) => TOperand::Consts(self.consts(check, &left, op, std::slice::from_ref(text), problems)),
            Right::List { items, .. } => TOperand::Consts(self.consts(check, &left, op, items, problems)),
            Right::Call(call) => match cx.right(&left, op, call, check.range, event_type) {
                Ok(value) => TOperand::Value(value),
                Err(problem) => {
                    problems.push(*problem);
                    TOperand::None
                }
            },
        };
        let op = if op == Operator::EqEq { Operator::Eq } else { op };
        let modifier = check.modifier.map(|(modifier, _)| modifier);
        problems.is_empty().then_some(TypedCheck { left, op, modifier, right })
    }

    fn consts(
        &self,
        check: &Check,
        left: &TValue,
        op: Operator,
        items: &[Text],
        problems: &mut Vec<Problem>,
    ) -> Vec<Const> {
        let mut consts = Vec::with_capacity(items.len());
        let names_events = matches!(&check.left, Left::Field(field) if field.name == "evt.type");
        let mut more = 0usize;
        for item in items {
            let parsed = consts::parse(&self.cx, left, op, item);
            let parsed = match parsed {
                Ok(_) if names_events && !self.is_event(item) => Err(self.unknown_event(item)),
                Ok(_) if names_events => self.newer_event(item).map_or(parsed, |problem| Err(problem.into())),
                parsed => parsed,
            };
            match parsed {
                Ok(value) => consts.push(value),
                Err(problem) if problems.len() < MAX_PROBLEMS => problems.push(*problem),
                Err(_) => more += 1,
            }
        }
        if let (Some(last), true) = (problems.last_mut(), more > 0) {
            last.help = Some(format!("{more} more values of this check are wrong"));
        }
        consts
    }

    fn lints(&mut self, check: &Check, typed: &TypedCheck) {
        let mut push = |note: LintNote| self.checked.notes.push(Note::Lint(Box::new(note)));
        if let Some((message, help)) = net_in_list::judge(check) {
            let note = LintNote::new(&net_in_list::LINT, check.range, message, Some(help));
            push(LintNote { replacement: net_in_list::instead(self.cx.text, check), ..note });
        }
        let mut swallowed = Vec::new();
        swallowed_text::judge(self.cx.text, &check.right, &mut swallowed);
        for (place, message, help) in swallowed {
            let note = LintNote::new(&swallowed_text::LINT, place, message.to_owned(), Some(help.to_owned()));
            push(LintNote { replacement: swallowed_text::instead(self.cx.text, place), ..note });
        }
        for place in text_past_quote::judge(self.cx.text, &check.right) {
            let (message, help) = (text_past_quote::MESSAGE.to_owned(), text_past_quote::HELP.to_owned());
            push(LintNote::new(&text_past_quote::LINT, place, message, Some(help)));
        }
        let mut doubts = Vec::new();
        versions::doubts(&self.cx, check, &mut doubts);
        self.checked.notes.extend(doubts.into_iter().map(|note| Note::Lint(Box::new(note))));
        let items = match &check.right {
            Right::Value(text) => std::slice::from_ref(text),
            Right::List { items, .. } => items.as_slice(),
            _ => return,
        };
        let TOperand::Consts(consts) = &typed.right else { return };
        for (item, value) in items.iter().zip(consts) {
            let Some(number) = consts::exact(typed.left.ty, &item.value) else { continue };
            if let Some(message) = number_wraps::judge(typed.left.ty, number, value) {
                let mut note = LintNote::new(&number_wraps::LINT, item.range, message, None);
                note.replacement = number_wraps::instead(value);
                self.checked.notes.push(Note::Lint(Box::new(note)));
            }
        }
    }

    fn is_event(&self, text: &Text) -> bool {
        std::str::from_utf8(&text.value).is_ok_and(|name| self.cx.catalog.is_known_event(name))
    }

    fn newer_event(&self, text: &Text) -> Option<Problem> {
        let name = std::str::from_utf8(&text.value).ok()?;
        versions::problem(self.cx.engine, Subject::Event, name, text.range)
    }

    fn unknown_event(&self, text: &Text) -> Box<Problem> {
        let name = String::from_utf8_lossy(&text.value);
        let mut problem = Problem::new(format!("unknown event type `{name}`"), text.range);
        problem.unknown_name = true;
        if let Some(best) = self.cx.catalog.suggest_event(&name) {
            problem.help = Some(format!("did you mean `{best}`?"));
            problem.replacement = Some((range(text.range), best.to_owned()));
        }
        Box::new(problem)
    }

    fn deprecated_left(&mut self, check: &Check) {
        fields::each_field(&check.left, &mut |field| {
            if let Some(name) = versions::deprecated_fields(self.cx.engine).find(|name| *name == field.name) {
                // Only exit events are left, so that the direction is always the same.
                let exit = |text: &Text| text.value == b"<";
                let says_nothing = matches!((&check.right, check.op), (Right::Value(text), Some((op, _)))
                    if name == "evt.dir" && matches!(op, Operator::Eq | Operator::EqEq) && exit(text));
                let remove = says_nothing.then_some((range(check.range), true));
                self.checked.notes.push(Note::Deprecated { range: range(field.range), field: name, remove });
            } else if let Some(why) = versions::silently_deprecated(&self.cx, &field.name) {
                let mut note = deprecated_field::note(&field.name, field.range, why);
                note.remove = Some(range(check.range));
                self.checked.notes.push(Note::Lint(Box::new(note)));
            }
        });
    }

    fn is_na_check(&self, check: &Check) -> bool {
        let Left::Field(field) = &check.left else { return false };
        let judged = matches!(
            check.op,
            Some((
                Operator::Eq | Operator::EqEq | Operator::Ne | Operator::In | Operator::Intersects | Operator::Pmatch,
                _
            ))
        );
        let is_na = |text: &Text| text.value == b"<NA>";
        judged
            && (field.name.starts_with("ka.") || field.name.starts_with("jevt."))
            && match &check.right {
                Right::Value(text) => is_na(text),
                Right::List { items, .. } => items.iter().any(is_na),
                _ => false,
            }
    }

    fn hints(&mut self, check: &Check, at: u32) {
        let Some((op, place)) = check.op else { return };
        let items = match &check.right {
            Right::Value(text) => std::slice::from_ref(text),
            Right::List { items, .. } => items.as_slice(),
            _ => return,
        };
        for item in items {
            for hint in hints::of_const(&self.cx, (op, range(place)), item) {
                self.checked.notes.push(Note::Hint { at, hint });
            }
        }
    }
}

/// A check for `<NA>` as a check for whether there is a value.
fn instead_of_na(check: &Check) -> Option<String> {
    let (Left::Field(field), Right::Value(_), Some((op, _))) = (&check.left, &check.right, check.op) else {
        return None;
    };
    match op {
        Operator::Eq | Operator::EqEq => Some(format!("not {field} exists")),
        Operator::Ne => Some(format!("{field} exists")),
        _ => None,
    }
}

/// Whether the value is `evt.type` or `syscall.type`, under transformers or not.
fn is_event_type(left: &Left) -> bool {
    let mut found = false;
    fields::each_field(left, &mut |field| found |= matches!(&*field.name, "evt.type" | "syscall.type"));
    found
}

/// Checks a field or call that stands alone, as outputs have them.
pub(crate) fn value(cx: &CheckCx<'_>, left: &Left) -> Result<TValue, Box<Problem>> {
    cx.left(left, Side::Left)
}
