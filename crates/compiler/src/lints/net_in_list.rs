//! # net-in-list
//!
//! `fd.net in (a, b)` judges the first network of the list and ignores the others. The fields for one end of the connection, such as
//! `fd.snet` and `fd.cnet`, use the whole list.
//!
//! ## Bad
//!
//! ```yaml
//! condition: fd.net in (10.0.0.0/8, 192.168.0.0/16)
//! ```
//!
//! ## Good
//!
//! ```yaml
//! condition: (fd.net = 10.0.0.0/8 or fd.net = 192.168.0.0/16)
//! ```
//!
//! ## Why
//!
//! Connections to the other networks are overlooked.

use falco_syntax::TextRange;
use falco_syntax::condition::ast::{Check, Left, Operator, Right};

use crate::lints::{Lint, LintCategory};
use crate::options::LintLevel;

/// See the module's documentation.
pub static LINT: Lint = Lint {
    code: "net-in-list",
    category: LintCategory::Correctness,
    level: LintLevel::Warn,
    summary: "`fd.net in (…)` only looks at the first network",
    source: include_str!("net_in_list.rs"),
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
mod tests {
    use crate::fixture::check;

    #[test]
    fn the_second_network_is_ignored() {
        check(
            r#"
- rule: r
  desc: d
  condition: evt.type = connect and fd.net in (10.0.0.0/8, 192.168.0.0/16) and fd.snet in (10.0.0.0/8, 192.168.0.0/16)
#                                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ warning: `fd.net in` only looks at the first of these 2 networks; write one check for each network, joined with `or`
  output: x
  priority: INFO
"#,
        );
    }
}
