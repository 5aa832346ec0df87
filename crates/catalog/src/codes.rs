//! The codes of Falco's errors and warnings.

use crate::doc::{self, Doc};

/// A code of Falco's load results.
#[derive(Debug, PartialEq, Eq)]
pub struct CodeInfo {
    /// The code, such as `LOAD_ERR_VALIDATE`.
    pub code: &'static str,
    /// Whether it stops the file from loading.
    pub is_error: bool,
    /// In a few words.
    pub title: &'static str,
    /// Whether the open-source engine ever raises it.
    pub reserved: bool,
    /// The Falco version that brought it, where known.
    pub since: Option<&'static str>,
}

impl CodeInfo {
    /// Our documentation: what it means, when it comes, what to do.
    pub fn doc(&self) -> Doc {
        doc::find(doc::CODES, self.code)
    }
}

const fn error(code: &'static str, title: &'static str) -> CodeInfo {
    CodeInfo { code, is_error: true, title, reserved: false, since: None }
}

const fn warning(code: &'static str, title: &'static str) -> CodeInfo {
    CodeInfo { code, is_error: false, title, reserved: false, since: None }
}

const fn since(version: &'static str, mut info: CodeInfo) -> CodeInfo {
    info.since = Some(version);
    info
}

const fn reserved(mut info: CodeInfo) -> CodeInfo {
    info.reserved = true;
    info
}

/// The errors, then the warnings.
pub static CODES: [CodeInfo; 22] = [
    error("LOAD_ERR_FILE_READ", "file cannot be read"),
    error("LOAD_ERR_YAML_PARSE", "text is not YAML"),
    error("LOAD_ERR_YAML_VALIDATE", "item has the wrong shape"),
    error("LOAD_ERR_COMPILE_CONDITION", "condition does not compile"),
    error("LOAD_ERR_COMPILE_OUTPUT", "output does not compile"),
    error("LOAD_ERR_VALIDATE", "items do not fit together"),
    reserved(error("LOAD_ERR_EXTENSION", "error of an extension")),
    warning("LOAD_UNKNOWN_SOURCE", "unknown event source"),
    warning("LOAD_UNSAFE_NA_CHECK", "comparison with `<NA>`"),
    warning("LOAD_NO_EVTTYPE", "too many event types"),
    warning("LOAD_UNKNOWN_FILTER", "unknown field, rule skipped"),
    warning("LOAD_UNUSED_MACRO", "unused macro"),
    warning("LOAD_UNUSED_LIST", "unused list"),
    warning("LOAD_UNKNOWN_ITEM", "unknown item"),
    warning("LOAD_DEPRECATED_ITEM", "deprecated feature"),
    reserved(warning("LOAD_WARNING_EXTENSION", "warning of an extension")),
    warning("LOAD_APPEND_NO_VALUES", "appended exception without values"),
    warning("LOAD_EXCEPTION_NAME_NOT_UNIQUE", "exception name given twice"),
    warning("LOAD_INVALID_MACRO_NAME", "invalid macro name"),
    warning("LOAD_INVALID_LIST_NAME", "invalid list name"),
    warning("LOAD_COMPILE_CONDITION", "suspicious condition"),
    since("0.44", warning("LOAD_UNKNOWN_KEY", "unknown key")),
];

/// A code by its name.
pub fn code(name: &str) -> Option<&'static CodeInfo> {
    CODES.iter().find(|c| c.code == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_and_the_data_file_agree_on_versions() {
        for c in &CODES {
            let since = crate::versions::since(crate::versions::Subject::Code, c.code);
            assert_eq!(c.since, since.map(|since| since.falco), "{}", c.code);
        }
    }

    #[test]
    fn every_code_is_documented() {
        for c in &CODES {
            assert!(c.doc().text.len() >= 60, "{}", c.code);
            assert_eq!(c.is_error, c.code.starts_with("LOAD_ERR_"));
        }
        assert_eq!(doc::CODES.len(), CODES.len());
        assert!(code("LOAD_NO_EVTTYPE").is_some() && code("LOAD_NOTHING").is_none());
    }
}
