//! The lint `attack-tag`; its page is `page.md`.

use crate::lints::{Lint, LintCategory, LintLevel, LintOption, OptionDefault, Subject};

/// See `page.md`.
pub static LINT: Lint = Lint {
    code: "attack-tag",
    category: LintCategory::Metadata,
    level: LintLevel::Warning,
    summary: "a tag that looks like one of MITRE ATT&CK, but is none",
    options: &[LintOption {
        name: "tactics",
        summary: "tactics that count, without `mitre_`",
        default: OptionDefault::Words(TACTICS),
    }],
    page: include_str!("page.md"),
};

/// The tactics of ATT&CK for enterprises.
const TACTICS: &[&str] = &[
    "collection",
    "command_and_control",
    "credential_access",
    "defense_evasion",
    "discovery",
    "execution",
    "exfiltration",
    "impact",
    "initial_access",
    "lateral_movement",
    "persistence",
    "privilege_escalation",
    "reconnaissance",
    "resource_development",
];

pub(super) fn check(subject: &mut Subject<'_>) {
    let Some((rule, _)) = subject.rule else { return };
    for tag in &rule.tags {
        let settings = &subject.options.lints;
        let message = if let Some(tactic) = tag.strip_prefix("mitre_") {
            if settings.has_word(&LINT, "tactics", tactic) {
                continue;
            }
            match falco_catalog::suggest::best(tactic, TACTICS.iter().copied()) {
                Some(best) => format!("ATT&CK has no tactic `{tag}`; did you mean `mitre_{best}`?"),
                None => format!("ATT&CK has no tactic `{tag}`"),
            }
        } else if looks_like_a_technique(tag) && !is_a_technique(tag) {
            format!("ATT&CK has no technique `{tag}`; one looks like `T1059` or `T1059.004`")
        } else {
            continue;
        };
        subject.push(&LINT, message, subject.loc, |diag| diag);
    }
}

/// `T` or `t` and digits, perhaps with a point.
fn looks_like_a_technique(tag: &str) -> bool {
    let Some(rest) = tag.strip_prefix(['T', 't']) else { return false };
    rest.len() >= 3
        && rest.starts_with(|c: char| c.is_ascii_digit())
        && rest.chars().all(|c| c.is_ascii_digit() || c == '.')
}

fn is_a_technique(tag: &str) -> bool {
    let Some(rest) = tag.strip_prefix('T') else { return false };
    let (number, sub) = rest.split_once('.').map_or((rest, None), |(number, sub)| (number, Some(sub)));
    let fine = number.len() == 4 && number.parse().is_ok_and(|number: u32| (1001..1800).contains(&number));
    fine && sub.is_none_or(|sub| sub.len() == 3 && sub != "000" && sub.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests;
