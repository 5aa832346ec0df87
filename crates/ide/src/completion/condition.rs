//! Completion in conditions.

use falco_catalog::language::{self, operators_for};
use falco_catalog::{ArgSpec, ParamType, event};
use falco_compiler::{Effective, ItemEntry};
use falco_syntax::TextRange;
use falco_syntax::condition::ast::{Left, Operator};
use falco_syntax::condition::{Expectation, Expected, ValuePlace, expected_at};

use super::{Completions, goes_with};
use crate::context::Embedded;
use crate::markup;
use crate::types::*;

/// What can stand at the cursor of a condition.
pub(crate) fn complete(out: &mut Completions<'_>, embedded: &Embedded, sources: &[String]) {
    expected(out, embedded, &expected_at(&embedded.text, embedded.offset), sources);
}

/// What can stand where the grammar expects something, in a condition or an output line.
pub(crate) fn expected(out: &mut Completions<'_>, embedded: &Embedded, found: &Expectation, sources: &[String]) {
    let typed = embedded.text.get(std::ops::Range::<usize>::from(found.prefix)).unwrap_or_default();
    let range = embedded.to_file(found.word);
    match &found.expected {
        Expected::Check { negated } => {
            checks(out, typed, range, sources);
            if !negated && !typed.contains('.') {
                connective(out, "not", typed, range, 25);
            }
        }
        Expected::Token => {
            if !parameters(out, typed, range) {
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
        Expected::Value { left, op, place, .. } => {
            let in_list = matches!(place, ValuePlace::InList { .. });
            values(out, left, *op, in_list, found.quote, typed, range, sources);
        }
        Expected::FieldArgument { field } => arguments(out, field, typed, range),
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

fn checks(out: &mut Completions<'_>, typed: &str, range: TextRange, sources: &[String]) {
    if parameters(out, typed, range) {
        return;
    }
    out.fields(typed, range, sources, |f| !f.flags.print_only());
    if !typed.contains('.') {
        let items = out.analysis.items();
        for entry in items.macros.iter().filter(|m| goes_with(&m.name, typed)) {
            out.word(&entry.name, CompletionKind::Macro, range, 15, Some("macro".into()), Some(describe(entry)));
        }
        transformers(out, typed, range);
    }
}

/// The parameters of events, once `evt.arg.` is typed: what stands before the last dot is a field of its own.
fn parameters(out: &mut Completions<'_>, typed: &str, range: TextRange) -> bool {
    let Some((field, part)) = ["evt.arg.", "evt.rawarg."].iter().find_map(|f| Some((f, typed.strip_prefix(f)?))) else {
        return false;
    };
    for name in event::param_names().filter(|n| goes_with(n, part)) {
        let label = format!("{field}{name}");
        let ty = event::param_by_prefix(name).map(|p| p.ty.label().to_owned());
        out.word(&label, CompletionKind::Field, range, 20, ty, None);
    }
    true
}

/// A macro's or list's content for the documentation of its completion.
pub(crate) fn describe(entry: &ItemEntry) -> String {
    match &entry.effective {
        Effective::List { items } => {
            let names: Vec<&str> = items.iter().map(|(text, _)| text.as_str()).collect();
            markup::code(&names.join(", "))
        }
        Effective::Macro { text, .. } | Effective::Rule { text, .. } => markup::code(text),
    }
}

fn connective(out: &mut Completions<'_>, word: &str, typed: &str, range: TextRange, rank: u8) {
    if goes_with(word, typed) {
        let doc = markup::doc(&language::connective_doc(word));
        out.word(word, CompletionKind::Keyword, range, rank, None, Some(doc));
    }
}

fn transformers(out: &mut Completions<'_>, typed: &str, range: TextRange) {
    for t in language::TRANSFORMERS.iter().filter(|t| !t.right_only && goes_with(t.name, typed)) {
        let doc = Some(markup::doc(&t.doc())).filter(|d| !d.is_empty());
        out.items.push(CompletionItem {
            label: t.name.to_owned(),
            kind: CompletionKind::Transformer,
            detail: Some(t.signature.to_owned()),
            documentation: doc,
            edit: TextEdit { range, text: format!("{}($0)", t.name) },
            is_snippet: true,
            deprecated: false,
            rank: 26,
        });
    }
}

/// The type of a left side; `None` where it cannot be told.
fn type_of(out: &Completions<'_>, left: &Left, sources: &[String]) -> Option<(ParamType, bool)> {
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
            documentation: Some(markup::doc(&op.doc())).filter(|d| !d.is_empty()),
            edit: TextEdit { range, text },
            is_snippet: takes_list,
            deprecated: false,
            rank: 10,
        });
    }
}

#[allow(clippy::too_many_arguments, reason = "one place's facts, used once")]
fn values(
    out: &mut Completions<'_>,
    left: &Left,
    op: Operator,
    in_list: bool,
    quote: Option<char>,
    typed: &str,
    range: TextRange,
    sources: &[String],
) {
    let text = left.to_string();
    let takes_list = matches!(op, Operator::In | Operator::Intersects | Operator::Pmatch);
    // Right after `in` a list has to be opened first.
    let open = takes_list && !in_list;
    let push = |out: &mut Completions<'_>, label: &str, kind, rank, detail: Option<&str>, doc: Option<String>| {
        if goes_with(label, typed) {
            out.word(label, kind, range, rank, detail.map(str::to_owned), doc);
            if open && let Some(item) = out.items.last_mut() {
                item.edit.text = format!("({label})");
            }
        }
    };
    if matches!(text.as_str(), "evt.type" | "syscall.type") {
        let analysis = out.analysis;
        let names: Vec<&str> = analysis.catalog().event_names().collect();
        for name in names {
            // The documented ones are the ones that rules are usually about.
            let rank = if event::doc(name).text.is_empty() { 25 } else { 20 };
            push(out, name, CompletionKind::Event, rank, Some("event type"), markup::event_name(name));
        }
    }
    for word in language::values_of(&text) {
        push(out, word.name, CompletionKind::Value, 15, None, Some(markup::doc(&word.doc)));
    }
    let arg = text.strip_prefix("evt.arg.").or_else(|| text.strip_prefix("evt.rawarg."));
    if let Some(param) = arg.and_then(event::param_by_prefix)
        && let Some(flags) = param.flags
    {
        for (name, value) in flags.entries {
            push(out, name, CompletionKind::Value, 15, Some(&value.to_string()), None);
        }
    }
    if let Some((ParamType::Bool, _)) = type_of(out, left, sources) {
        for word in ["true", "false"] {
            push(out, word, CompletionKind::Value, 10, None, None);
        }
    }
    if quote.is_none() && (takes_list || op == Operator::Eq) {
        // Lists are pasted as text, so their names are as good as values.
        let items = out.analysis.items();
        for entry in items.lists.iter().filter(|_| takes_list) {
            push(out, &entry.name, CompletionKind::List, 18, Some("list"), Some(describe(entry)));
        }
    }
}

/// Arguments that a field in brackets is known to take.
fn arguments(out: &mut Completions<'_>, field: &str, typed: &str, range: TextRange) {
    let Some(info) = out.catalog().field_by_name(field) else { return };
    if info.arg == ArgSpec::None {
        return;
    }
    let ancestors = matches!(
        field,
        "proc.aname" | "proc.apid" | "proc.aexe" | "proc.aexepath" | "proc.acmdline" | "proc.aargs" | "proc.aenv"
    );
    if ancestors {
        for (n, what) in ["the process itself", "the parent", "the grandparent", "three levels up"].iter().enumerate() {
            let label = n.to_string();
            if label.starts_with(typed) {
                out.word(&label, CompletionKind::Value, range, 10, Some((*what).to_owned()), None);
            }
        }
    }
    if field == "proc.env" {
        for name in ["HOME", "LD_LIBRARY_PATH", "LD_PRELOAD", "PATH", "SHELL", "SSH_CONNECTION", "USER"] {
            if goes_with(name, typed) {
                out.word(name, CompletionKind::Value, range, 10, None, None);
            }
        }
    }
}
