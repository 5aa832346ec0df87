//! The lint `stale-ignore`; its page is `page.md`.

use falco_catalog::{codes, suggest};

use crate::ignore::Ignore;
use crate::lints::{ALL, Lint, LintCategory, LintLevel, LintSettings, by_code};
use crate::loc::{Loc, Uid};
use crate::sink::RawDiag;

/// See `page.md`.
pub static LINT: Lint = Lint {
    code: "stale-ignore",
    category: LintCategory::Style,
    level: LintLevel::Warning,
    summary: "a comment silences a finding that is not there",
    options: &[],
    page: include_str!("page.md"),
};

/// What there is to say of a comment; `used` tells which of its codes silenced something.
pub(crate) fn judge(settings: &LintSettings, file: Uid, ignore: &Ignore, used: &[bool]) -> Vec<RawDiag> {
    let whole = Loc::new(file, ignore.range.0, ignore.range.1);
    let mut found = Vec::new();
    if ignore.unknown {
        let message = "comments for falco-rs are `falco-rs: ignore CODE` and `falco-rs: ignore-file CODE`";
        return found.into_iter().chain(LINT.diag(settings, message, whole)).collect();
    }
    if ignore.codes.is_empty() {
        found.extend(LINT.diag(settings, "the comment names no code, and silences nothing", whole));
    }
    for (number, (code, start, end)) in ignore.codes.iter().enumerate() {
        if used.get(number).copied().unwrap_or_default() {
            continue;
        }
        let loc = Loc::new(file, *start, *end);
        let known = by_code(code).is_some() || codes::code(code).is_some();
        let message = match known {
            true => format!("there is no finding `{code}` here to be silenced"),
            false => format!("there is no finding of the code `{code}`"),
        };
        let Some(mut diag) = LINT.diag(settings, message, loc) else { continue };
        if !known && let Some(best) = suggest::best(code, ALL.iter().map(|lint| lint.code)) {
            diag = diag.did_you_mean(loc, best);
        } else if ignore.codes.len() == 1 {
            diag = diag.fix("remove the comment", whole, "", true);
        }
        found.push(diag);
    }
    found
}

#[cfg(test)]
mod tests;
