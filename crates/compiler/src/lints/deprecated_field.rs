//! # deprecated-field
//!
//! A field that is still there but has no value any more, without Falco saying so. About the fields whose use Falco itself warns of it
//! speaks with Falco's code, `LOAD_DEPRECATED_ITEM`.
//!
//! ## Bad
//!
//! ```yaml
//! condition: spawned_process and not proc.is_container_healthcheck = true
//! ```
//!
//! ## Good
//!
//! ```yaml
//! condition: spawned_process
//! ```
//!
//! ## Why
//!
//! A check of a value that is never there is always false.

use falco_syntax::TextRange;

use crate::check::LintNote;
use crate::lints::{Lint, LintCategory};
use crate::options::LintLevel;

/// See the module's documentation.
pub static LINT: Lint = Lint {
    code: "deprecated-field",
    category: LintCategory::Correctness,
    level: LintLevel::Warn,
    summary: "a field is deprecated, and Falco does not say so",
    source: include_str!("deprecated_field.rs"),
};

/// The finding about a field in a condition.
pub(crate) fn note(field: &str, place: TextRange, why: &str) -> LintNote {
    LintNote::new(&LINT, place, message(field), Some(format!("it {why}")))
}

pub(crate) fn message(field: &str) -> String {
    format!("field `{field}` is deprecated")
}

#[cfg(test)]
mod tests {
    use crate::fixture::{check, check_for};
    use crate::options::Version;

    const QUIET: &str = r#"
- rule: r
  desc: d
  condition: evt.type = open and container.healthcheck exists
  output: x %container.healthcheck
  priority: INFO
"#;

    #[test]
    fn conditions_are_looked_at() {
        check(
            r#"
- rule: r
  desc: d
  condition: evt.type = open and container.healthcheck exists and evt.dir = <
#                                ^^^^^^^^^^^^^^^^^^^^^ warning: field `container.healthcheck` is deprecated; it has no value any more, since the container plugin of Falco 0.44 dropped it
#                                                                 ^^^^^^^ warning: field `evt.dir` is deprecated
  output: x %container.healthcheck
#            ^^^^^^^^^^^^^^^^^^^^^ warning: field `container.healthcheck` is deprecated; it has no value any more, since the container plugin of Falco 0.44 dropped it
  priority: INFO
"#,
        );
    }

    #[test]
    fn older_engines_have_it() {
        check_for(Version::new(0, 58, 0), QUIET);
    }
}
