//! Renaming of lists, macros, rules and exceptions, across files.
//!
//! A rename must change nothing but the name. Names that would mean something else where they come to stand are refused beforehand,
//! with a reason; then the files are compiled with the new name, and everything that the name is part of must come to the same.

mod check;
pub(crate) mod write;

use falco_compiler::ItemKind;
use falco_syntax::TextRange;

use crate::Analysis;
use crate::names::{self, Access, Subject};
use crate::types::{FileId, FilePosition, TextEdit};

/// Why something cannot be renamed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)]
pub enum RenameError {
    #[error("only lists, macros, rules and exceptions can be renamed, and here is the name of none")]
    NoName,
    #[error("`{name}` cannot be the name of a {noun}: {reason}")]
    Invalid { name: String, noun: &'static str, reason: &'static str },
    #[error("there is a {noun} `{name}` already")]
    Taken { name: String, noun: &'static str },
    #[error("`{name}` already stands in {noun} `{owner}`, where it would become the list's name")]
    InUse { name: String, noun: &'static str, owner: String },
    #[error("`{path}` has errors that may hide uses of `{name}`; correct them first")]
    Hidden { path: String, name: String },
    #[error("`{name}` is used in a text that Falco puts together from several places")]
    PutTogether { name: String },
    #[error("{noun} `{owner}` would mean something else under the new name")]
    Changes { noun: &'static str, owner: String },
}

/// All that a rename edits, by file.
pub type FileEdits = Vec<(FileId, Vec<TextEdit>)>;

impl Analysis {
    /// The name at a position as it would be edited, if it can be renamed.
    ///
    /// # Errors
    /// Where there is no name.
    pub fn prepare_rename(&self, position: FilePosition) -> Result<(TextRange, String), RenameError> {
        let (subject, range) = names::at(self, position).ok_or(RenameError::NoName)?;
        Ok((range, subject.name().to_owned()))
    }

    /// The edits that give what is named at a position another name.
    ///
    /// # Errors
    /// When the new name is none, is taken, or would change the meaning of anything.
    pub fn rename(&self, position: FilePosition, new: &str) -> Result<FileEdits, RenameError> {
        let (subject, _) = names::at(self, position).ok_or(RenameError::NoName)?;
        self.rename_subject(&subject, new)
    }

    pub(crate) fn rename_subject(&self, subject: &Subject, new: &str) -> Result<FileEdits, RenameError> {
        if new == subject.name() {
            return Ok(Vec::new());
        }
        check::name(self, subject, new)?;
        check::visible(self, subject)?;
        let mut edits: FileEdits = Vec::new();
        for occurrence in names::occurrences(self, subject) {
            let text = match (subject, occurrence.access) {
                (Subject::Item(ItemKind::Macro | ItemKind::List, _), Access::Use) => {
                    write::word(self, occurrence, subject.name(), new)
                        .ok_or_else(|| RenameError::PutTogether { name: subject.name().to_owned() })?
                }
                _ => write::scalar(self, occurrence, new),
            };
            let edit = TextEdit { range: text.0, text: text.1 };
            match edits.last_mut().filter(|(file, _)| *file == occurrence.file) {
                Some((_, edits)) => edits.push(edit),
                None => edits.push((occurrence.file, vec![edit])),
            }
        }
        check::same(self, subject, new, &edits)?;
        Ok(edits)
    }

    /// The rule that is named at a position: tests name rules, too.
    pub fn rule_at(&self, position: FilePosition) -> Option<String> {
        match names::at(self, position)? {
            (Subject::Item(ItemKind::Rule, name), _) => Some(name.to_string()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
