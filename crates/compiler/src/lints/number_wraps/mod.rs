//! The lint `number-wraps`; its page is `page.md`.

use falco_catalog::ParamType;

use crate::check::Number;
use crate::lints::{Lint, LintCategory, LintLevel};
use crate::program::Const;

/// See `page.md`.
pub static LINT: Lint = Lint {
    code: "number-wraps",
    category: LintCategory::Correctness,
    level: LintLevel::Warning,
    summary: "a number does not fit its field and is changed",
    options: &[],
    page: include_str!("page.md"),
};

/// What the lint has to say about a number that became `value`.
pub(crate) fn judge(ty: ParamType, number: Number, value: &Const) -> Option<String> {
    let exact = i128::from(number.magnitude) * if number.negative { -1 } else { 1 };
    let became = match value {
        Const::Int(n) => i128::from(*n),
        Const::Uint(n) => i128::from(*n),
        _ => return None,
    };
    if became == exact && !number.saturated {
        return None;
    }
    Some(format!("this number does not fit the type {} and becomes `{became}`", ty.label()))
}

/// The number that Falco compares with.
pub(crate) fn instead(value: &Const) -> Option<String> {
    match value {
        Const::Int(n) => Some(n.to_string()),
        Const::Uint(n) => Some(n.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
