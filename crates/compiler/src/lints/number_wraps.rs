//! # number-wraps
//!
//! Falco reads numbers as C does: what is too large or negative for the field's type is cut or wraps around without a word.
//!
//! ## Bad
//!
//! ```yaml
//! condition: fd.sport = 65616        # is 80
//! ```
//!
//! ## Good
//!
//! ```yaml
//! condition: fd.sport = 80
//! ```
//!
//! ## Why
//!
//! The condition compares with another number than the one that stands there.

use falco_catalog::ParamType;

use crate::check::Number;
use crate::lints::{Lint, LintCategory};
use crate::options::LintLevel;
use crate::program::Const;

/// See the module's documentation.
pub static LINT: Lint = Lint {
    code: "number-wraps",
    category: LintCategory::Correctness,
    level: LintLevel::Warn,
    summary: "a number does not fit its field and is changed",
    source: include_str!("number_wraps.rs"),
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
mod tests {
    use crate::fixture::check;

    #[test]
    fn numbers_that_change_are_found() {
        check(
            r#"
- rule: r
  desc: d
  condition: evt.type = open and fd.sport = 65616 and evt.num = -1 and proc.pid = 99999999999999999999 and proc.pid in (1, -1)
#                                           ^^^^^ warning: this number does not fit the type port and becomes `80`
#                                                               ^^ warning: this number does not fit the type unsigned integer and becomes `18446744073709551615`
#                                                                                 ^^^^^^^^^^^^^^^^^^^^ warning: this number does not fit the type integer and becomes `9223372036854775807`
  output: x
  priority: INFO
"#,
        );
    }
}
