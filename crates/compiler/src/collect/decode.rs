//! Values of items' keys, with Falco's demands on them.

use std::sync::Arc;

use falco_syntax::yaml::schema;

use crate::collect::{Collector, ItemCx};
use crate::diagnostic::Repair;
use crate::items::ItemIr;
use crate::lints;
use crate::loc::Loc;
use crate::report::FalcoCode;
use crate::sink::{ItemType, Path, RawDiag};
use crate::value::{Entry, Scalar, Value, get};
use falco_catalog::suggest;

/// A mapping that keys are looked up in: an item or an entry of a sequence in it.
pub(crate) struct Keys<'a> {
    pub(crate) ir: &'a ItemIr,
    pub(crate) entries: &'a [Entry],
    /// Falco's location of the mapping.
    pub(crate) path: &'a Path,
    /// What to underline if a key is missing.
    pub(crate) title: Loc,
    /// For messages: `rule`, `exception`, …
    pub(crate) noun: &'a str,
}

impl<'a> ItemCx<'a> {
    pub(crate) fn keys<'b>(&'b self) -> Keys<'b> {
        Keys { ir: self.ir, entries: &self.ir.entries, path: &self.path, title: self.ir.title_loc(), noun: self.noun }
    }
}

impl Keys<'_> {
    pub(crate) fn get(&self, key: &str) -> Option<&Entry> {
        get(self.entries, key)
    }

    /// A place in the mapping, by which it can be found again.
    pub(crate) fn anchor(&self) -> Loc {
        self.entries.first().map_or(self.title, |entry| entry.key.loc(self.ir.uid))
    }

    fn value_path(&self, key: &str, value: &Value) -> Path {
        self.path.step(ItemType::ValueFor, key, self.ir.uid, value.mark())
    }
}

impl Collector<'_> {
    pub(crate) fn shape_error(&mut self, diag: RawDiag, path: Path) {
        self.sink.report(FalcoCode::ErrYamlValidate, diag, path);
    }

    /// A shape error with its message.
    pub(crate) fn bad_shape(&mut self, message: String, loc: Loc, path: Path) {
        self.shape_error(RawDiag::falco(FalcoCode::ErrYamlValidate, message, loc), path);
    }

    pub(crate) fn missing_key(&mut self, keys: &Keys<'_>, key: &str) {
        let diag = RawDiag::falco(FalcoCode::ErrYamlValidate, format!("{} has no `{key}`", keys.noun), keys.title)
            .help(format!("add `{key}: …`"));
        let diag = match placeholder(keys.noun, key) {
            Some(value) => {
                let insert = Repair::InsertKey { at: keys.anchor(), key: key.to_owned(), value: value.to_owned() };
                diag.repair(format!("add `{key}`"), vec![insert], false)
            }
            None => diag,
        };
        self.shape_error(diag, keys.path.clone());
    }

    /// The text of a key that must be there.
    pub(crate) fn required_text(&mut self, keys: &Keys<'_>, key: &str) -> Option<Arc<Scalar>> {
        if keys.get(key).is_none() {
            self.missing_key(keys, key);
            return None;
        }
        self.optional_text(keys, key)
    }

    /// The text of a key that may be absent, but not empty.
    pub(crate) fn optional_text(&mut self, keys: &Keys<'_>, key: &str) -> Option<Arc<Scalar>> {
        let entry = keys.get(key)?;
        let uid = keys.ir.uid;
        match &entry.value {
            Value::Null { .. } => {
                let message = format!("`{key}` has no value");
                let mut diag = RawDiag::falco(FalcoCode::ErrYamlValidate, message, entry.key.loc(uid));
                // Without a value a key can only stand where it need not stand at all.
                if placeholder(keys.noun, key).is_none() {
                    let remove = vec![Repair::RemoveEntry(entry.key.loc(uid))];
                    diag = diag.repair(format!("remove `{key}`"), remove, false);
                }
                self.shape_error(diag, keys.path.clone());
                None
            }
            Value::Scalar(scalar) if scalar.text.is_empty() => {
                let path = keys.value_path(key, &entry.value);
                self.bad_shape(format!("`{key}` is an empty text"), scalar.loc(uid), path);
                None
            }
            Value::Scalar(scalar) => Some(Arc::new(scalar.clone())),
            other => {
                let message = format!("`{key}` must be a single value, not {}", other.kind_name());
                let path = keys.value_path(key, other);
                let mut diag = RawDiag::falco(FalcoCode::ErrYamlValidate, message, other.loc(uid));
                if matches!(other, Value::Seq { items, .. } if matches!(items.as_slice(), [Value::Scalar(_)])) {
                    diag = diag.repair("take it out of the sequence", vec![Repair::Unwrap(other.loc(uid))], false);
                }
                self.shape_error(diag, path);
                None
            }
        }
    }

    fn decoded<T>(
        &mut self,
        keys: &Keys<'_>,
        key: &str,
        expected: &str,
        decode: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let scalar = self.optional_text(keys, key)?;
        let decoded = decode(&scalar.text);
        if decoded.is_none() {
            let message = format!("`{key}` must be {expected}, not `{}`", short(&scalar.text));
            let path = keys.path.step(ItemType::ValueFor, key, keys.ir.uid, scalar.start);
            let loc = scalar.loc(keys.ir.uid);
            let mut diag = RawDiag::falco(FalcoCode::ErrYamlValidate, message, loc);
            if let Some(best) = suggest::best(&scalar.text, ["true", "false"]).filter(|best| decode(best).is_some()) {
                diag = diag.did_you_mean(loc, best);
            }
            self.shape_error(diag, path);
        }
        decoded
    }

    pub(crate) fn optional_bool(&mut self, keys: &Keys<'_>, key: &str) -> Option<bool> {
        let value = self.decoded(keys, key, "`true` or `false`", schema::decode_bool)?;
        let scalar = keys.get(key)?.value.as_scalar()?;
        if !matches!(&*scalar.text, "true" | "false") {
            let message = format!("`{}` is read as `{value}`", scalar.text);
            let loc = scalar.loc(keys.ir.uid);
            if let Some(diag) = lints::boolean_spelling::LINT.diag(&self.options.lints, message, loc) {
                self.sink.ours(diag.fix(format!("replace with `{value}`"), loc, value.to_string(), true));
            }
        }
        Some(value)
    }

    pub(crate) fn required_bool(&mut self, keys: &Keys<'_>, key: &str) -> Option<bool> {
        if keys.get(key).is_none() {
            self.missing_key(keys, key);
            return None;
        }
        self.optional_bool(keys, key)
    }

    pub(crate) fn optional_u32(&mut self, keys: &Keys<'_>, key: &str) -> Option<u32> {
        self.decoded(keys, key, "a whole number from 0 to 4294967295", decode_u32)
    }

    /// A sequence of scalars; what is no scalar is reported and left out. `None` if it is no sequence at all.
    pub(crate) fn scalars(&mut self, keys: &Keys<'_>, key: &str) -> Option<Vec<Arc<Scalar>>> {
        let entry = keys.get(key)?;
        let uid = keys.ir.uid;
        let path = keys.value_path(key, &entry.value);
        let Value::Seq { items, .. } = &entry.value else {
            let message = match &entry.value {
                Value::Null { .. } => format!("`{key}` has no value; an empty sequence is written `[]`"),
                other => format!("`{key}` must be a sequence, not {}", other.kind_name()),
            };
            let loc = if entry.value.is_null() { entry.key.loc(uid) } else { entry.value.loc(uid) };
            let mut diag = RawDiag::falco(FalcoCode::ErrYamlValidate, message, loc);
            if let Value::Scalar(_) = &entry.value {
                diag = diag.repair("make it a sequence", vec![Repair::Wrap(loc)], false);
            } else if entry.value.is_null() {
                diag = diag.repair(format!("remove `{key}`"), vec![Repair::RemoveEntry(loc)], false);
            }
            self.shape_error(diag, path);
            return None;
        };
        let mut scalars = Vec::with_capacity(items.len());
        for item in items {
            match item {
                Value::Scalar(scalar) => scalars.push(Arc::new(scalar.clone())),
                other => {
                    let message = format!("an element of `{key}` must be a single value, not {}", other.kind_name());
                    let path = path.step(ItemType::ListItem, "", uid, other.mark());
                    self.bad_shape(message, other.loc(uid), path);
                    if self.halted() {
                        return None;
                    }
                }
            }
        }
        Some(scalars)
    }
}

/// An unsigned 32-bit number as Falco's YAML reader takes it.
pub(crate) fn decode_u32(text: &str) -> Option<u32> {
    schema::decode_unsigned(text, u64::from(u32::MAX)).and_then(|n| u32::try_from(n).ok())
}

/// What to write first for a key that something must have.
pub(crate) fn placeholder(noun: &str, key: &str) -> Option<&'static str> {
    Some(match (noun, key) {
        ("rule", "desc") => "TODO",
        // Holds for every event, so that the rule is a whole one and nobody overlooks that the condition is yet to be written.
        ("rule" | "macro", "condition") => "evt.num >= 0",
        ("rule", "output") => "event %evt.type",
        ("rule", "priority") => "NOTICE",
        ("rule", "enabled") => "true",
        ("list", "items") => "[]",
        ("exception", "name") => "name_me",
        ("exception", "fields") => "[proc.name]",
        ("plugin requirement" | "alternative", "version") => "0.1.0",
        _ => return None,
    })
}

/// A text for a message, cut if it is long.
pub(crate) fn short(text: &str) -> String {
    const MAX: usize = 60;
    let line = text.lines().next().unwrap_or_default();
    if line.len() == text.len() && text.chars().count() <= MAX {
        return text.to_owned();
    }
    let mut cut: String = line.chars().take(MAX).collect();
    cut.push('…');
    cut
}
