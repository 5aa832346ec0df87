//! Exceptions of rules.

use std::sync::Arc;

use falco_syntax::condition::ast::{Modifier, Operator};

use crate::check;
use crate::collect::decode::{Keys, short};
use crate::collect::{Collector, ExceptionEntry, ExceptionState, ItemCx};
use crate::diagnostic::Repair;
use crate::lints;
use crate::loc::Loc;
use crate::report::FalcoCode;
use crate::sink::{ItemType, Path, RawDiag};
use crate::value::Value;
use falco_catalog::suggest;

/// How exceptions are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    Definition,
    Append,
    Replace,
}

impl ExceptionState {
    pub(crate) fn path(&self, rule: &Path) -> Path {
        rule.step(ItemType::Exception, Arc::clone(&self.name), self.at.0, self.at.1)
    }
}

impl Collector<'_> {
    /// Reads the `exceptions` of an item. `None` if Falco would have stopped.
    pub(super) fn read_exceptions(&mut self, cx: &ItemCx<'_>, reading: Reading) -> Option<Vec<ExceptionState>> {
        let uid = cx.ir.uid;
        let Some(entry) = cx.ir.get("exceptions") else { return Some(Vec::new()) };
        let path = cx.path.step(ItemType::Exceptions, "", uid, entry.value.mark());
        let items = match &entry.value {
            Value::Null { .. } => return Some(Vec::new()),
            Value::Seq { items, .. } => items,
            other => {
                let message = format!("`exceptions` must be a sequence, not {}", other.kind_name());
                self.bad_shape(message, other.loc(uid), path);
                return (!self.halted()).then(Vec::new);
            }
        };
        let mut exceptions: Vec<ExceptionState> = Vec::with_capacity(items.len());
        for item in items {
            let exception = self.read_exception(cx, item, reading, &path, &exceptions);
            if self.halted() {
                return None;
            }
            exceptions.extend(exception);
        }
        Some(exceptions)
    }

    fn read_exception(
        &mut self,
        cx: &ItemCx<'_>,
        item: &Value,
        reading: Reading,
        exceptions_path: &Path,
        earlier: &[ExceptionState],
    ) -> Option<ExceptionState> {
        let uid = cx.ir.uid;
        let unnamed = exceptions_path.step(ItemType::Exception, "", uid, item.mark());
        let Value::Map { entries, .. } = item else {
            let message = format!("an exception must be a mapping, not {}", item.kind_name());
            self.bad_shape(message, item.loc(uid), unnamed);
            return None;
        };
        let title = entries.first().map_or(item.loc(uid), |e| e.key.loc(uid));
        let keys = Keys { ir: cx.ir, entries, path: &unnamed, title, noun: "exception" };
        let name = self.required_text(&keys, "name");
        if self.halted() {
            return None;
        }
        let name_loc = name.as_ref().map_or(title, |name| name.loc(uid));
        let broken = name.is_none();
        let name: Arc<str> = name.map_or_else(|| "".into(), |name| (&*name.text).into());
        let path = cx.path.step(ItemType::Exception, Arc::clone(&name), uid, item.mark());
        let keys = Keys { path: &path, title: name_loc, ..keys };
        if let Some(first) = earlier.iter().find(|e| e.name == name && !broken) {
            let message = format!("exception `{name}` is defined twice in this rule; both apply");
            let diag = RawDiag::falco(FalcoCode::ExceptionNameNotUnique, message, name_loc)
                .label(first.name_loc, "first defined here");
            self.sink.report(FalcoCode::ExceptionNameNotUnique, diag, path.clone());
        }
        self.unknown_exception_keys(&keys);

        let fields = match keys.get("fields") {
            Some(entry) => Some(self.exception_entry(cx, &entry.value, "fields", &path)),
            None => {
                if reading != Reading::Append {
                    self.missing_key(&keys, "fields");
                }
                None
            }
        };
        if self.halted() {
            return None;
        }
        let comps = keys.get("comps").map(|entry| self.exception_entry(cx, &entry.value, "comps", &path));
        if self.halted() {
            return None;
        }
        let values = self.exception_values(cx, &keys, reading, &path)?;
        if self.halted() {
            return None;
        }
        Some(ExceptionState {
            name,
            name_loc,
            at: (uid, item.mark()),
            broken: broken || (fields.is_none() && reading != Reading::Append),
            fields,
            comps: comps.filter(ExceptionEntry::is_valid),
            defaults: reading != Reading::Replace,
            values,
        })
    }

    fn exception_values(
        &mut self,
        cx: &ItemCx<'_>,
        keys: &Keys<'_>,
        reading: Reading,
        path: &Path,
    ) -> Option<Vec<ExceptionEntry>> {
        let uid = cx.ir.uid;
        let Some(entry) = keys.get("values") else {
            if reading == Reading::Append {
                let diag = RawDiag::falco(
                    FalcoCode::AppendNoValues,
                    "an appended exception without `values` changes nothing",
                    keys.title,
                )
                .repair("remove the exception", vec![Repair::RemoveElement(keys.title)], true);
                self.sink.report(FalcoCode::AppendNoValues, diag, path.clone());
            }
            return Some(Vec::new());
        };
        let values_path = path.step(ItemType::ExceptionValues, "", uid, entry.value.mark());
        let Value::Seq { items, .. } = &entry.value else {
            let message = match &entry.value {
                Value::Null { .. } => "`values` has no value; an empty sequence is written `[]`".to_owned(),
                other => format!("`values` must be a sequence, not {}", other.kind_name()),
            };
            let loc = if entry.value.is_null() { entry.key.loc(uid) } else { entry.value.loc(uid) };
            let mut diag = RawDiag::falco(FalcoCode::ErrYamlValidate, message, loc);
            if entry.value.as_scalar().is_some() {
                diag = diag.repair("make it a sequence", vec![Repair::Wrap(loc)], false);
            } else if entry.value.is_null() {
                diag = diag.repair("remove `values`", vec![Repair::RemoveEntry(loc)], false);
            }
            self.shape_error(diag, values_path);
            return (!self.halted()).then(Vec::new);
        };
        let mut values = Vec::with_capacity(items.len());
        for item in items {
            let path = values_path.step(ItemType::ExceptionValue, "", uid, item.mark());
            values.push(self.exception_entry(cx, item, "", &path));
            if self.halted() {
                return None;
            }
        }
        Some(values)
    }

    /// A text, or a sequence of such entries. Empty texts are refused.
    fn exception_entry(&mut self, cx: &ItemCx<'_>, value: &Value, key: &str, path: &Path) -> ExceptionEntry {
        let uid = cx.ir.uid;
        let path = path.step(ItemType::ValueFor, key, uid, value.mark());
        match value {
            Value::Scalar(scalar) => {
                if scalar.text.is_empty() {
                    let message = "an empty text cannot be used in an exception";
                    let diag = RawDiag::falco(FalcoCode::ErrYamlValidate, message, scalar.loc(uid));
                    self.shape_error(diag, path);
                    return ExceptionEntry::Empty(value.loc(uid));
                }
                ExceptionEntry::Text(uid, Arc::new(scalar.clone()))
            }
            Value::Seq { items, .. } => {
                let mut entries = Vec::with_capacity(items.len());
                for item in items {
                    let path = path.step(ItemType::Exception, "", uid, item.mark());
                    entries.push(self.exception_entry(cx, item, "", &path));
                    if self.halted() {
                        break;
                    }
                }
                ExceptionEntry::List(value.loc(uid), entries)
            }
            other => ExceptionEntry::Empty(other.loc(uid)),
        }
    }

    fn unknown_exception_keys(&mut self, keys: &Keys<'_>) {
        const KNOWN: [&str; 4] = ["name", "fields", "comps", "values"];
        for entry in keys.entries {
            let Some(key) = entry.key.as_scalar() else { continue };
            if KNOWN.contains(&&*key.text) {
                continue;
            }
            let loc = key.loc(keys.ir.uid);
            let message = format!("an exception has no key `{}`, and Falco ignores it without a word", key.text);
            let lint = &lints::unknown_exception_key::LINT;
            let Some(mut diag) = lint.diag(&self.options.lints, message, loc) else { return };
            let free = KNOWN.into_iter().filter(|known| keys.get(known).is_none());
            if let Some(best) = suggest::best(&key.text, free) {
                diag = diag.did_you_mean(loc, best);
            }
            self.sink.ours(diag.repair(format!("remove `{}`", key.text), vec![Repair::RemoveEntry(loc)], false));
        }
    }

    /// Falco's checks of a complete exception. Marks it broken if it cannot be pasted.
    pub(super) fn validate_exception(&mut self, cx: &ItemCx<'_>, exception: &mut ExceptionState, source: Option<&str>) {
        let path = exception.path(&cx.path);
        let name_loc = exception.name_loc;
        let Some(fields) = exception.fields.clone() else { return };
        let refuse = |this: &mut Self, message: String, loc: Loc, help: Option<String>| {
            let diag = RawDiag::falco(FalcoCode::ErrValidate, message, loc).maybe_help(help);
            this.sink.report(FalcoCode::ErrValidate, diag, path.clone());
        };
        let refuse_with = |this: &mut Self, message: String, loc: Loc, fix: (String, Vec<Repair<Loc>>)| {
            let diag = RawDiag::falco(FalcoCode::ErrValidate, message, loc).repair(fix.0, fix.1, false);
            this.sink.report(FalcoCode::ErrValidate, diag, path.clone());
        };
        let refuse_comp = |this: &mut Self, comp: &str, loc: Loc| {
            let (message, best) = unknown_comp(comp);
            let mut diag = RawDiag::falco(FalcoCode::ErrValidate, message, loc);
            if let Some(best) = best {
                diag = diag.did_you_mean(loc, best);
            }
            this.sink.report(FalcoCode::ErrValidate, diag, path.clone());
        };
        match &fields {
            ExceptionEntry::Empty(loc) => {
                exception.broken = true;
                refuse(self, "`fields` must name a field or a sequence of fields".into(), *loc, None);
            }
            ExceptionEntry::List(loc, items) if items.is_empty() => {
                exception.broken = true;
                refuse(self, "`fields` is an empty sequence".into(), *loc, None);
            }
            ExceptionEntry::List(_, items) => {
                match &exception.comps {
                    Some(ExceptionEntry::List(loc, comps)) => {
                        if comps.len() != items.len() {
                            exception.broken = true;
                            let message =
                                format!("`comps` and `fields` differ in length: {} and {}", comps.len(), items.len());
                            let written = comps.iter().map(ExceptionEntry::text).chain(std::iter::repeat("="));
                            let text = format!("[{}]", written.take(items.len()).collect::<Vec<_>>().join(", "));
                            let diag = RawDiag::falco(FalcoCode::ErrValidate, message, *loc).fix(
                                format!("replace with `{text}`"),
                                *loc,
                                text,
                                false,
                            );
                            self.sink.report(FalcoCode::ErrValidate, diag, path.clone());
                        }
                        for comp in comps {
                            if self.halted() {
                                return;
                            }
                            if !is_comp(comp.text()) {
                                exception.broken = true;
                                refuse_comp(self, comp.text(), comp.loc());
                            }
                        }
                    }
                    Some(other) => {
                        exception.broken = true;
                        let message = format!(
                            "`comps` must be a sequence of {} operators, since `fields` is a sequence",
                            items.len()
                        );
                        match (other, items.len()) {
                            (ExceptionEntry::Text(..), 1) => {
                                let fix = ("make it a sequence".to_owned(), vec![Repair::Wrap(other.loc())]);
                                refuse_with(self, message, other.loc(), fix);
                            }
                            (ExceptionEntry::Text(_, comp), fields) => {
                                let text = format!("[{}]", vec![&*comp.text; fields].join(", "));
                                let diag = RawDiag::falco(FalcoCode::ErrValidate, message, other.loc()).fix(
                                    format!("replace with `{text}`"),
                                    other.loc(),
                                    text,
                                    false,
                                );
                                self.sink.report(FalcoCode::ErrValidate, diag, path.clone());
                            }
                            _ => refuse(self, message, other.loc(), None),
                        }
                    }
                    None => {}
                }
                if let Some(source) = source {
                    for field in items {
                        if self.halted() {
                            return;
                        }
                        exception.broken |= !self.exception_field(field, source, &path);
                    }
                }
            }
            ExceptionEntry::Text(..) => {
                match &exception.comps {
                    Some(ExceptionEntry::Text(_, comp)) => {
                        let comp = comp.text.trim();
                        if !matches!(comp, "in" | "pmatch" | "intersects") && modifier_comp(comp).is_none() {
                            exception.broken = true;
                            let loc = exception.comps.as_ref().map_or(name_loc, ExceptionEntry::loc);
                            if is_comp(comp) {
                                let message = format!(
                                    "`{comp}` cannot be used with a single field: only `in`, `pmatch`, `intersects` \
                                     and forms such as `startswith anyof` can"
                                );
                                let values = exception.values.iter().map(|value| Repair::Wrap(value.loc()));
                                let repairs = [fields.loc(), loc].map(Repair::Wrap).into_iter().chain(values).collect();
                                let title = "write `fields` and `comps` as sequences of one";
                                let diag = RawDiag::falco(FalcoCode::ErrValidate, message, loc)
                                    .help(title)
                                    .repair(title, repairs, false);
                                self.sink.report(FalcoCode::ErrValidate, diag, path.clone());
                            } else {
                                refuse_comp(self, comp, loc);
                            }
                        }
                    }
                    Some(other) => {
                        exception.broken = true;
                        let message = "`comps` must be a single operator, since `fields` is a single field".to_owned();
                        match other {
                            ExceptionEntry::List(loc, items) if items.len() == 1 => {
                                let fix = ("take it out of the sequence".to_owned(), vec![Repair::Unwrap(*loc)]);
                                refuse_with(self, message, *loc, fix);
                            }
                            _ => refuse(self, message, other.loc(), None),
                        }
                    }
                    None => {}
                }
                if self.halted() {
                    return;
                }
                if let Some(source) = source {
                    exception.broken |= !self.exception_field(&fields, source, &path);
                }
            }
        }
    }

    /// Whether the field exists; reports it if not.
    fn exception_field(&mut self, field: &ExceptionEntry, source: &str, path: &Path) -> bool {
        let text = field.text();
        let loc = match field {
            ExceptionEntry::Text(uid, scalar) => scalar.content_loc(*uid),
            other => other.loc(),
        };
        let Err(problem) = check::exception_field(self.catalog(), source, text) else { return true };
        let message =
            if text.is_empty() { "an element of `fields` must be a field".to_owned() } else { problem.message };
        let mut diag = RawDiag::falco(FalcoCode::ErrValidate, message, loc).maybe_help(problem.help);
        if let Some(best) = problem.replacement {
            diag = diag.fix(format!("replace with `{best}`"), loc, best, false);
        }
        self.sink.report(FalcoCode::ErrValidate, diag, path.clone());
        false
    }
}

/// Whether the text is an operator or a modifier form.
fn is_comp(text: &str) -> bool {
    let text = text.trim();
    Operator::parse(text).is_some() || modifier_comp(text).is_some()
}

/// The parts of a comp such as `startswith anyof`.
pub(crate) fn modifier_comp(text: &str) -> Option<(Operator, Modifier)> {
    let (op, modifier) = text.split_once(' ')?;
    let op = Operator::parse(op).filter(|op| is_string_operator(*op))?;
    let modifier = [Modifier::OneOf, Modifier::AnyOf, Modifier::AllOf].into_iter().find(|m| m.as_str() == modifier)?;
    Some((op, modifier))
}

fn is_string_operator(op: Operator) -> bool {
    use Operator as O;
    !matches!(op, O::Exists | O::Lt | O::Le | O::Gt | O::Ge | O::In | O::Intersects | O::Pmatch)
}

/// The sentence about an operator that is none, and the one that was probably meant.
fn unknown_comp(text: &str) -> (String, Option<&'static str>) {
    let best = suggest::best(text, Operator::ALL.into_iter().map(Operator::as_str));
    let message = if text.is_empty() {
        "an element of `comps` must be an operator".to_owned()
    } else {
        format!("`{}` is no operator", short(text))
    };
    (message, best)
}
