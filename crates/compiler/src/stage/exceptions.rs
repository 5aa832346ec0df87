//! Exceptions as text pasted behind a rule's condition.

use std::sync::Arc;

use falco_syntax::condition::ast::Operator;

use crate::collect::{ExceptionEntry, ExceptionState, RuleState, modifier_comp};
use crate::diagnostic::Repair;
use crate::loc::Loc;
use crate::report::FalcoCode;
use crate::sink::{Path, RawDiag};
use crate::stage::Findings;
use crate::text::{MappedText, needs_quotes};

/// The condition with its exceptions: `(condition) and not (…)`. The names of exceptions whose text cannot be right, as
/// already reported, go to `muted`.
pub(super) fn paste(
    rule: &RuleState,
    path: &Path,
    findings: &mut Findings,
    muted: &mut Vec<Arc<str>>,
) -> Arc<MappedText> {
    if rule.exceptions.is_empty() {
        return Arc::clone(&rule.condition);
    }
    let whole = rule.condition.place(0, rule.condition.text.len() as u32).loc;
    let start = Loc::new(whole.uid, whole.start, whole.start);
    let end = Loc::new(whole.uid, whole.end, whole.end);
    let mut text = MappedText::default();
    text.push_synthetic("(", start, 0);
    text.push_mapped(&rule.condition);
    text.push_synthetic(")", end, 0);
    for exception in &rule.exceptions {
        text.exceptions.push(Arc::clone(&exception.name));
        let number = u16::try_from(text.exceptions.len()).unwrap_or(0);
        let mut writer = Writer { text: &mut text, number, at: exception.name_loc, exception, path, findings };
        if exception.broken {
            continue;
        }
        if writer.lacks_comps() {
            muted.push(Arc::clone(&exception.name));
        }
        match &exception.fields {
            Some(ExceptionEntry::List(_, fields)) => writer.tuples(fields),
            Some(field) => writer.single(field),
            None => {}
        }
    }
    Arc::new(text)
}

struct Writer<'a> {
    text: &'a mut MappedText,
    number: u16,
    /// For text that stands nowhere: the exception's name.
    at: Loc,
    exception: &'a ExceptionState,
    path: &'a Path,
    findings: &'a mut Findings,
}

impl Writer<'_> {
    fn glue(&mut self, text: &str) {
        self.text.push_synthetic(text, self.at, self.number);
    }

    fn entry(&mut self, entry: &ExceptionEntry) {
        if let ExceptionEntry::Text(uid, scalar) = entry {
            self.text.push_scalar(*uid, scalar, self.number);
        }
    }

    /// A value, in double quotes if it has a blank.
    fn quoted(&mut self, entry: &ExceptionEntry) {
        let quote = needs_quotes(entry.text());
        if quote {
            self.glue("\"");
        }
        self.entry(entry);
        if quote {
            self.glue("\"");
        }
    }

    fn refuse(&mut self, diag: RawDiag, code: FalcoCode) {
        let path = self.exception.path(self.path);
        self.findings.report(code, diag, path);
    }

    /// Falco does not fill in `comps` in replaced exceptions; what it then pastes cannot be read. With a sequence of fields it
    /// reads memory that is not there; then nothing is pasted.
    fn lacks_comps(&mut self) -> bool {
        if self.exception.defaults || self.exception.comps.is_some() || self.exception.values.is_empty() {
            return false;
        }
        let is_list = matches!(self.exception.fields, Some(ExceptionEntry::List(..)));
        let message =
            format!("exception `{}` needs `comps`: a replaced exception has no defaults", self.exception.name);
        let help = if is_list { "add `comps: [=, …]`, one operator for each field" } else { "add `comps: in`" };
        let value = match &self.exception.fields {
            Some(ExceptionEntry::List(_, fields)) => format!("[{}]", vec!["="; fields.len()].join(", ")),
            _ => "in".to_owned(),
        };
        let insert = Repair::InsertKey { at: self.at, key: "comps".into(), value };
        let diag = RawDiag::falco(FalcoCode::ErrCompileCondition, message, self.at).help(help).repair(
            "add `comps`",
            vec![insert],
            false,
        );
        if is_list {
            self.refuse(diag, FalcoCode::ErrCompileCondition);
        } else {
            // Falco stumbles over the pasted text, which is reported from there.
            self.findings.diags.push(diag);
        }
        true
    }

    /// `(field op (value, value))`
    fn single(&mut self, field: &ExceptionEntry) {
        let exception = self.exception;
        let comp = match &exception.comps {
            Some(comps) => comps.text().trim().to_owned(),
            None if exception.defaults => "in".to_owned(),
            None => String::new(),
        };
        let mut first = true;
        for value in &exception.values {
            if let ExceptionEntry::List(loc, items) = value {
                let message = "a value must be a single value, since `fields` is a single field";
                let mut diag = RawDiag::falco(FalcoCode::ErrValidate, message, *loc);
                if matches!(items.as_slice(), [ExceptionEntry::Text(..)]) {
                    diag = diag.repair("take it out of the sequence", vec![Repair::Unwrap(*loc)], false);
                }
                self.refuse(diag, FalcoCode::ErrValidate);
                continue;
            }
            if first {
                self.glue(" and not (");
                self.entry(field);
                self.glue(" ");
                self.comp(exception.comps.as_ref(), &comp);
                self.glue(" (");
                first = false;
            } else {
                self.glue(", ");
            }
            self.quoted(value);
        }
        if !first {
            self.glue("))");
        }
    }

    fn comp(&mut self, written: Option<&ExceptionEntry>, comp: &str) {
        match written {
            Some(entry @ ExceptionEntry::Text(_, scalar)) if *scalar.text == *comp => self.entry(entry),
            _ => self.glue(comp),
        }
    }

    /// `(( f1 = a and  f2 = b) or ( f1 = c and  f2 = d))`
    fn tuples(&mut self, fields: &[ExceptionEntry]) {
        let exception = self.exception;
        let comps: &[ExceptionEntry] = match &exception.comps {
            Some(ExceptionEntry::List(_, comps)) => comps,
            Some(_) => return,
            None if exception.defaults => &[],
            None => return,
        };
        let mut first = true;
        for tuple in &exception.values {
            let values: &[ExceptionEntry] = match tuple {
                ExceptionEntry::List(_, values) => values,
                // A single value counts as a tuple without elements.
                _ => &[],
            };
            if values.len() != fields.len() {
                let message = match tuple {
                    ExceptionEntry::List(..) => {
                        format!("this tuple and `fields` differ in length: {} and {}", values.len(), fields.len())
                    }
                    _ => format!("a tuple is a sequence of {} here, like `fields`", fields.len()),
                };
                let mut diag = RawDiag::falco(FalcoCode::ErrValidate, message, tuple.loc());
                if fields.len() == 1 && matches!(tuple, ExceptionEntry::Text(..)) {
                    diag = diag.repair("make it a sequence", vec![Repair::Wrap(tuple.loc())], false);
                }
                self.refuse(diag, FalcoCode::ErrValidate);
                continue;
            }
            self.glue(if first { " and not ((" } else { " or (" });
            first = false;
            for (k, (field, value)) in fields.iter().zip(values).enumerate() {
                if k > 0 {
                    self.glue(" and ");
                }
                let written = comps.get(k);
                let comp = written.map_or("=", |comp| comp.text().trim()).to_owned();
                self.glue(" ");
                self.entry(field);
                self.glue(" ");
                self.comp(written, &comp);
                self.glue(" ");
                self.value(value, &comp);
            }
            self.glue(")");
        }
        if !first {
            self.glue(")");
        }
    }

    fn value(&mut self, value: &ExceptionEntry, comp: &str) {
        if let ExceptionEntry::List(_, items) = value {
            self.glue("(");
            let mut empty = true;
            for item in items {
                if !empty {
                    self.glue(", ");
                }
                self.quoted(item);
                empty &= item.text().is_empty();
            }
            self.glue(")");
        } else if wants_list(comp) {
            let bare = !value.text().starts_with('(');
            if bare {
                self.glue("(");
            }
            self.entry(value);
            if bare {
                self.glue(")");
            }
        } else {
            self.quoted(value);
        }
    }
}

/// Whether the right side of the operator is a list.
fn wants_list(comp: &str) -> bool {
    let list_operator = matches!(Operator::parse(comp), Some(Operator::In | Operator::Intersects | Operator::Pmatch));
    list_operator || modifier_comp(comp).is_some()
}
