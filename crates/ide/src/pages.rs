//! The page of a finding's code.

use std::fmt::Write as _;

use falco_catalog::codes;
use falco_compiler::lints;

/// What a finding's code means, as markdown. `None` for a code that there is not.
pub fn page(code: &str) -> Option<String> {
    if let Some(lint) = lints::by_code(code) {
        return Some(lint.documentation());
    }
    let code = codes::code(code)?;
    let kind = if code.is_error { "error" } else { "warning" };
    let mut page = format!("# {}\n\nFalco's {kind}: {}.\n\n{}\n", code.code, code.title, code.doc().text);
    if !code.doc().example.is_empty() {
        // Writing to a string cannot fail.
        let _ = write!(page, "\n```yaml\n{}\n```\n", code.doc().example);
    }
    Some(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_page() {
        let all = codes::CODES.iter().map(|code| code.code).chain(lints::ALL.iter().map(|lint| lint.code));
        for code in all {
            assert!(page(code).is_some_and(|page| page.starts_with(&format!("# {code}\n"))), "{code}");
        }
        assert_eq!(page("nothing"), None);
    }
}
