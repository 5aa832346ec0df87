//! Completion in conditions.

use falco_catalog::language::{self, operators_for};
use falco_catalog::{ParamType, errno, event};
use falco_compiler::ItemKind;
use falco_syntax::TextRange;
use falco_syntax::condition::ast::{Left, Operator};
use falco_syntax::condition::{Expectation, Expected, ValuePlace, expected_at};
use falco_syntax::yaml::ScalarStyle;

use super::scope::Scope;
use super::topic::is_everyday_event;
use super::{Completions, arguments, goes_with};
use crate::context::Embedded;
use crate::types::*;

/// What can stand at the cursor of a condition.
pub(crate) fn complete(out: &mut Completions<'_>, embedded: &Embedded, sources: &[String], scope: &Scope) {
    let found = expected_at(&embedded.text, embedded.offset);
    expected(out, embedded, &found, sources, scope);
}

/// What can stand where the grammar expects something, in a condition or an output line.
pub(crate) fn expected(
    out: &mut Completions<'_>,
    embedded: &Embedded,
    found: &Expectation,
    sources: &[String],
    scope: &Scope,
) {
    let typed = embedded.text.get(std::ops::Range::<usize>::from(found.prefix)).unwrap_or_default();
    let range = embedded.to_file(found.word);
    match &found.expected {
        Expected::Check { negated } => {
            checks(out, typed, range, sources, scope);
            if !negated && !typed.contains('.') {
                connective(out, "not", typed, range, 25);
            }
        }
        Expected::Token => {
            if !arguments::behind_dot(out, typed, range) {
                out.fields(typed, range, sources, |f| !f.flags.filter_only());
                transformers(out, typed, range);
            }
        }
        Expected::Logical { .. } => {
            for word in ["and", "or"] {
                connective(out, word, typed, range, 10);
            }
        }
        Expected::Operator { left } => operators(out, left, typed, range, sources),
        Expected::Value { left, op, place, modifier } => {
            let in_list = matches!(place, ValuePlace::InList { .. });
            let place = Place { op: *op, in_list, quote: found.quote, typed, range };
            let before = out.items.len();
            values(out, left, &place, sources);
            quote_values(out, before, found.quote, embedded.style);
            if modifier.is_none() && !in_list && found.quote.is_none() {
                right_sides(out, left, &place);
            }
        }
        Expected::FieldArgument { field } => arguments::in_brackets(out, field, typed, range),
        Expected::ValField => out.fields(typed, range, sources, |f| f.flags.rhs_allowed()),
        Expected::CallArgument { transformer, .. } => {
            let accepts = |ty, list| language::transformer(transformer).is_none_or(|t| t.accepts(ty, list));
            let in_any = matches!(transformer.as_str(), "join" | "concat" | "getopt");
            out.fields(typed, range, sources, |f| {
                f.flags.transformer_allowed() && (in_any || accepts(f.ty, f.is_list))
            });
            transformers(out, typed, range);
        }
        Expected::ListSeparator | Expected::CallSeparator { .. } | Expected::CallSuffix { .. } => {}
    }
}

/// A value that is no bare word gets quotes, and in a double quoted scalar these get backslashes.
fn quote_values(out: &mut Completions<'_>, from: usize, quote: Option<char>, style: ScalarStyle) {
    let is_bare = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-./:*+@<>|".contains(&b));
    for item in out.items.get_mut(from..).unwrap_or_default() {
        if item.is_snippet || item.kind != CompletionKind::Value || quote.is_some() || is_bare(&item.label) {
            continue;
        }
        let mark = if style == ScalarStyle::DoubleQuoted { "\\\"" } else { "\"" };
        item.edit.text = item.edit.text.replacen(&item.label, &format!("{mark}{}{mark}", item.label), 1);
    }
}

/// What compares with another field: `val(…)` and transformers, where the operator takes them.
fn right_sides(out: &mut Completions<'_>, left: &Left, place: &Place<'_>) {
    let takes_field = match left {
        Left::Field(field) => out.catalog().field_by_name(&field.name).is_none_or(|f| f.flags.rhs_allowed()),
        Left::Call(_) => true,
    };
    for t in language::TRANSFORMERS.iter().filter(|t| takes_field && goes_with(t.name, place.typed)) {
        // Written rarely; values come first.
        transformer(out, t, place.range, 60);
    }
}

fn checks(out: &mut Completions<'_>, typed: &str, range: TextRange, sources: &[String], scope: &Scope) {
    if arguments::behind_dot(out, typed, range) {
        return;
    }
    out.fields(typed, range, sources, |f| !f.flags.print_only());
    if !typed.contains('.') {
        for name in out.names(ItemKind::Macro, typed, |named| scope.sees_macro(named)) {
            let topic = Topic::Macro(name.to_string());
            out.word(&name, CompletionKind::Macro, range, 15, Some("macro".into()), Some(topic));
        }
        transformers(out, typed, range);
    }
}

fn connective(out: &mut Completions<'_>, word: &str, typed: &str, range: TextRange, rank: u8) {
    if goes_with(word, typed) {
        out.word(word, CompletionKind::Keyword, range, rank, None, Some(Topic::Connective(word.to_owned())));
    }
}

fn transformers(out: &mut Completions<'_>, typed: &str, range: TextRange) {
    for t in language::TRANSFORMERS.iter().filter(|t| !t.right_only && goes_with(t.name, typed)) {
        transformer(out, t, range, 26);
    }
}

fn transformer(out: &mut Completions<'_>, info: &language::TransformerInfo, range: TextRange, rank: u8) {
    out.items.push(CompletionItem {
        label: info.name.to_owned(),
        kind: CompletionKind::Transformer,
        detail: Some(info.signature.to_owned()),
        topic: Some(Topic::Transformer(info.name.to_owned())),
        filter: None,
        edit: TextEdit { range, text: format!("{}($0)", info.name) },
        is_snippet: true,
        deprecated: false,
        rank,
    });
}

/// The type of a left side; `None` where it cannot be told.
pub(crate) fn type_of(out: &Completions<'_>, left: &Left, sources: &[String]) -> Option<(ParamType, bool)> {
    match left {
        Left::Field(field) => {
            let text = left.to_string();
            let catalog = out.catalog();
            let known = sources.iter().find_map(|s| catalog.resolve(s, &text).ok());
            match known {
                Some(found) => Some((found.ty, found.is_list)),
                None => catalog.field_by_name(&field.name).map(|f| (f.ty, f.is_list)),
            }
        }
        Left::Call(call) => match call.name.as_str() {
            "len" => Some((ParamType::Uint64, false)),
            "getopt" => Some((ParamType::Charbuf, call.suffix.is_none())),
            "b64" | "join" | "concat" => Some((ParamType::Charbuf, false)),
            _ => match call.args.first() {
                Some(falco_syntax::condition::ast::Arg::Field(field)) => {
                    out.catalog().field_by_name(&field.name).map(|f| (f.ty, f.is_list))
                }
                _ => Some((ParamType::Charbuf, false)),
            },
        },
    }
}

fn operators(out: &mut Completions<'_>, left: &Left, typed: &str, range: TextRange, sources: &[String]) {
    let ty = type_of(out, left, sources);
    let fitting: Vec<_> = match ty {
        Some((ty, is_list)) => operators_for(ty, is_list).collect(),
        None => language::OPERATORS.iter().collect(),
    };
    for op in fitting {
        // `==` is `=` written longer.
        if op.name == "==" || !op.name.starts_with(typed) && !goes_with(op.name, typed) {
            continue;
        }
        let takes_list = matches!(op.name, "in" | "intersects" | "pmatch");
        let text = if takes_list { format!("{} ($0)", op.name) } else { op.name.to_owned() };
        out.items.push(CompletionItem {
            label: op.name.to_owned(),
            kind: CompletionKind::Operator,
            detail: None,
            topic: Some(Topic::Operator(op.name.to_owned())),
            filter: None,
            edit: TextEdit { range, text },
            is_snippet: takes_list,
            deprecated: false,
            rank: 10,
        });
    }
}

/// Where a value stands, and what of it is there.
pub(crate) struct Place<'t> {
    /// The operator before it.
    pub(crate) op: Operator,
    /// Whether it is in a list, so that it needs no parentheses.
    pub(crate) in_list: bool,
    /// The quote before it.
    pub(crate) quote: Option<char>,
    /// What is typed of it.
    pub(crate) typed: &'t str,
    /// What a completion replaces.
    pub(crate) range: TextRange,
}

impl Place<'_> {
    fn takes_list(&self) -> bool {
        matches!(self.op, Operator::In | Operator::Intersects | Operator::Pmatch)
    }

    fn push(
        &self,
        out: &mut Completions<'_>,
        label: &str,
        kind: CompletionKind,
        rank: u8,
        detail: Option<&str>,
        topic: Option<Topic>,
    ) {
        if !goes_with(label, self.typed) {
            return;
        }
        out.word(label, kind, self.range, rank, detail.map(str::to_owned), topic);
        // Right after `in` a list has to be opened first.
        if self.takes_list()
            && !self.in_list
            && let Some(item) = out.items.last_mut()
        {
            item.edit.text = format!("({label})");
        }
    }
}

/// The values that a left side is known to have, and lists of them.
pub(crate) fn values(out: &mut Completions<'_>, left: &Left, place: &Place<'_>, sources: &[String]) {
    let field = left.to_string();
    if matches!(field.as_str(), "evt.type" | "syscall.type") {
        let names: Vec<&'static str> = out.analysis.catalog().event_names().collect();
        for name in names {
            // The documented ones are the ones that rules are usually about.
            let rank = if is_everyday_event(name) { 20 } else { 25 };
            // Plugins have events of their own, of which nothing is known but the name.
            let topic = event::is_known_name(name).then(|| Topic::Event(name.to_owned()));
            place.push(out, name, CompletionKind::Event, rank, Some("event type"), topic);
        }
    }
    let words = language::values_of(&field);
    for word in &words {
        let topic = Topic::Value(field.clone(), word.name.to_owned());
        place.push(out, word.name, CompletionKind::Value, 15, None, Some(topic));
    }
    if field == "evt.res" {
        for (_, name) in errno::errnos().iter().filter(|(_, name)| words.iter().all(|word| word.name != *name)) {
            place.push(out, name, CompletionKind::Value, 30, Some("error"), None);
        }
    }
    let arg = field.strip_prefix("evt.arg.").or_else(|| field.strip_prefix("evt.rawarg."));
    if let Some(flags) = arg.and_then(event::param_by_prefix).and_then(|param| param.flags) {
        for (name, value) in flags.entries {
            place.push(out, name, CompletionKind::Value, 15, Some(&value.to_string()), None);
        }
    }
    if let Some((ParamType::Bool, _)) = type_of(out, left, sources) {
        for word in ["true", "false"] {
            place.push(out, word, CompletionKind::Value, 10, None, None);
        }
    }
    if field == "evt.source" {
        let sources: Vec<String> = out.catalog().sources().map(|source| source.name.to_owned()).collect();
        for name in sources.iter().filter(|name| words.iter().all(|word| word.name != name.as_str())) {
            place.push(out, name, CompletionKind::Value, 15, None, Some(Topic::Source(name.clone())));
        }
    }
    // Lists are pasted as text, so their names are as good as values, wherever they are defined.
    if place.quote.is_none() && place.takes_list() {
        for name in out.names(ItemKind::List, place.typed, |_| true) {
            let topic = Topic::List(name.to_string());
            place.push(out, &name, CompletionKind::List, 18, Some("list"), Some(topic));
        }
    }
}
