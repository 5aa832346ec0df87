//! What speaks against a new name.

use falco_catalog::{event, language};
use falco_compiler::{Compilation, Effective, ItemKind, Named};
use falco_syntax::condition;
use falco_syntax::condition::ast::Expr;

use super::{FileEdits, RenameError};
use crate::Analysis;
use crate::names::{self, Subject};
use crate::types::FileId;

/// Whether the new name can be one and is free.
pub(super) fn name(analysis: &Analysis, subject: &Subject, new: &str) -> Result<(), RenameError> {
    let invalid = |reason| Err(RenameError::Invalid { name: new.to_owned(), noun: subject.noun(), reason });
    if new.trim().is_empty() || new.trim() != new || new.contains(char::is_control) {
        return invalid("a name is one line without blanks at its ends");
    }
    let taken = |noun| Err(RenameError::Taken { name: new.to_owned(), noun });
    let exists = |kind| analysis.compilation().named(kind, new).is_some();
    match subject {
        Subject::Item(ItemKind::Macro, _) if !is_macro_name(new) => {
            return invalid("a condition would not read it as one word for a macro");
        }
        Subject::Item(ItemKind::List, _) if !is_list_name(new) => {
            return invalid("a list's name is made of letters, digits, `_`, `-` and `.`");
        }
        Subject::Item(ItemKind::Rule, _) if exists(ItemKind::Rule) => return taken("rule"),
        Subject::Exception { rule, .. } => {
            let mut all = names::all_exceptions(analysis, rule).into_iter();
            if all.any(|(_, exception)| exception.name().and_then(|n| n.text()).as_deref() == Some(new)) {
                return taken("exception");
            }
        }
        Subject::Item(..) => {}
    }
    let Subject::Item(kind @ (ItemKind::Macro | ItemKind::List), _) = subject else { return Ok(()) };
    if exists(ItemKind::Macro) {
        return taken("macro");
    }
    if exists(ItemKind::List) {
        // A list takes the place of its name wherever that stands, also where a macro is meant.
        return taken("list");
    }
    let reserved = analysis.catalog().field_by_name(new).map(|_| "it is the name of a field");
    let reserved = reserved.or_else(|| event::is_known_name(new).then_some("it is the name of an event type"));
    let reserved = reserved.or_else(|| is_word_of_the_language(new).then_some("it is a word of the language"));
    if let Some(reason) = reserved {
        return invalid(reason);
    }
    let standing = analysis.compilation().items_mentioning(new).into_iter().next();
    match standing {
        Some((_, owner)) if *kind == ItemKind::List => Err(RenameError::InUse {
            name: new.to_owned(),
            noun: owner.kind().head_key(),
            owner: owner.name().to_string(),
        }),
        _ => Ok(()),
    }
}

fn is_macro_name(name: &str) -> bool {
    let parse = condition::parse(name);
    parse.errors().is_empty() && matches!(parse.expr(), Expr::Macro { name: read, .. } if read.as_str() == name)
}

/// Names that Falco would take are refused if they would have to be quoted somewhere, or read as something else.
fn is_list_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
        && !matches!(name.to_ascii_lowercase().as_str(), "null" | "true" | "false" | "yes" | "no" | "on" | "off")
}

fn is_word_of_the_language(name: &str) -> bool {
    language::operator(name).is_some()
        || language::transformer(name).is_some()
        || language::MODIFIERS.contains(&name)
        || language::CONNECTIVES.contains(&name)
        || name == "val"
}

/// Whether all uses can be seen: none stands in text that cannot be read.
pub(super) fn visible(analysis: &Analysis, subject: &Subject) -> Result<(), RenameError> {
    let hidden = |file: FileId| {
        Err(RenameError::Hidden { path: analysis.path(file).to_owned(), name: subject.name().to_owned() })
    };
    let compilation = analysis.compilation();
    for number in (0u32..).take(analysis.paths().count()) {
        let file = FileId(number);
        let found = compilation.of_file(falco_compiler::FileId(number));
        let torn = found.iter().any(|diagnostic| diagnostic.code == "LOAD_ERR_YAML_PARSE");
        if torn && analysis.text(file).contains(subject.name()) {
            return hidden(file);
        }
    }
    if matches!(subject, Subject::Item(ItemKind::Macro | ItemKind::List, _)) {
        for (span, owner) in compilation.items_mentioning(subject.name()) {
            if owner.has_syntax_errors() {
                return hidden(FileId(span.file.0));
            }
        }
    }
    Ok(())
}

/// Whether everything comes to the same with the edits, apart from the name.
pub(super) fn same(analysis: &Analysis, subject: &Subject, new: &str, edits: &FileEdits) -> Result<(), RenameError> {
    let before = analysis.compilation();
    let after = analysis.edited(edits);
    let changes = |noun, owner: &str| Err(RenameError::Changes { noun, owner: owner.to_owned() });
    for user in concerned(analysis, subject, new) {
        let name = match subject {
            Subject::Item(kind, old) if *kind == user.kind() && old == user.name() => new,
            _ => user.name(),
        };
        let same = after.named(user.kind(), name).is_some_and(|other| {
            other.site_count() == user.site_count() && is_same(&user.effective(), &other.effective())
        });
        if !same {
            return changes(user.kind().head_key(), user.name());
        }
    }
    for (number, path) in (0u32..).zip(analysis.paths()) {
        let file = falco_compiler::FileId(number);
        if codes(before, file) != codes(&after, file) {
            return changes("file", path);
        }
    }
    Ok(())
}

/// What the name is a part of, and what the new one could become a part of.
fn concerned<'a>(analysis: &'a Analysis, subject: &Subject, new: &str) -> Vec<Named<'a>> {
    let compilation = analysis.compilation();
    match subject {
        Subject::Item(kind, name) => {
            let own = compilation.named(*kind, name);
            let mut all: Vec<Named<'a>> = own.iter().flat_map(Named::users).collect();
            all.extend(own);
            all.extend(compilation.items_mentioning(new).into_iter().map(|(_, owner)| owner));
            all
        }
        Subject::Exception { rule, .. } => compilation.named(ItemKind::Rule, rule).into_iter().collect(),
    }
}

/// The text of conditions has the name in it; what they come to has not, unless they do not compile.
fn is_same(before: &Effective, after: &Effective) -> bool {
    match (before, after) {
        (Effective::List { items: a }, Effective::List { items: b }) => {
            a.len() == b.len() && a.iter().zip(b).all(|((a, _), (b, _))| a == b)
        }
        (Effective::Macro { expanded: a, .. }, Effective::Macro { expanded: b, .. }) => a == b,
        (
            Effective::Rule { expanded: a, events: a_events, source: a_source, enabled: a_on, tags: a_tags, .. },
            Effective::Rule { expanded: b, events: b_events, source: b_source, enabled: b_on, tags: b_tags, .. },
        ) => (a, a_events, a_source, a_on, a_tags) == (b, b_events, b_source, b_on, b_tags),
        _ => false,
    }
}

fn codes(compilation: &Compilation, file: falco_compiler::FileId) -> Vec<&'static str> {
    let mut codes: Vec<&str> = compilation.of_file(file).iter().map(|diagnostic| diagnostic.code).collect();
    codes.sort_unstable();
    codes
}
