//! The lint `net-in-list`; its page is `page.md`.

use falco_syntax::TextRange;
use falco_syntax::condition::ast::{Check, Left, Operator, Right};

use crate::lints::{Lint, LintCategory, LintLevel};

/// See `page.md`.
pub static LINT: Lint = Lint {
    code: "net-in-list",
    category: LintCategory::Correctness,
    level: LintLevel::Warning,
    summary: "`fd.net in (…)` only looks at the first network",
    options: &[],
    page: include_str!("page.md"),
};

/// What the lint has to say about a check.
pub(crate) fn judge(check: &Check) -> Option<(String, String)> {
    let Left::Field(field) = &check.left else { return None };
    let Right::List { items, .. } = &check.right else { return None };
    let judged = field.name == "fd.net" && matches!(check.op, Some((Operator::In, _))) && items.len() > 1;
    judged.then(|| {
        (
            format!("`fd.net in` only looks at the first of these {} networks", items.len()),
            "write one check for each network, joined with `or`".to_owned(),
        )
    })
}

/// The check as one for each network.
pub(crate) fn instead(text: &str, check: &Check) -> Option<String> {
    let written = |range: TextRange| text.get(std::ops::Range::<usize>::from(range));
    let (Left::Field(field), Right::List { items, .. }) = (&check.left, &check.right) else { return None };
    let left = written(field.range)?;
    let checks: Option<Vec<String>> =
        items.iter().map(|item| Some(format!("{left} = {}", written(item.range)?))).collect();
    Some(format!("({})", checks?.join(" or ")))
}

#[cfg(test)]
mod tests;
