//! # maybe-newer-than-engine
//!
//! A field, operator, modifier, transformer or key that came with a release of Falco whose engine's number is not known exactly. The
//! engine that the rules are for (`--engine-version`, or `engine_version` in the project file) may be too old for it.
//!
//! ## Bad
//!
//! ```yaml
//! condition: proc.pgid = 1             # with engine version 0.45.0
//! ```
//!
//! ## Good
//!
//! ```yaml
//! condition: proc.pid = 1
//! ```
//!
//! ## Why
//!
//! A Falco that does not know it refuses the file. Where it is certain that the engine lacks something, that is an error and not this
//! lint; where nothing is known, nothing is said.

use falco_catalog::versions::Subject;

use crate::lints::{Lint, LintCategory};
use crate::options::{LintLevel, Version};

/// See the module's documentation.
pub static LINT: Lint = Lint {
    code: "maybe-newer-than-engine",
    category: LintCategory::Correctness,
    level: LintLevel::Warn,
    summary: "something may be newer than the engine that the rules are for",
    source: include_str!("maybe_newer_than_engine.rs"),
};

/// The sentence about something that an engine may lack.
pub(crate) fn message(version: Version, subject: Subject, name: &str) -> String {
    crate::check::versions::message(version, subject, name).replace(" is newer than ", " may be newer than ")
}

#[cfg(test)]
mod tests {
    use crate::fixture::check_for;
    use crate::options::Version;

    #[test]
    fn doubts_are_told() {
        check_for(
            Version::new(0, 45, 0),
            r#"
- rule: r
  desc: d
  condition: evt.type = open and proc.pgid = 1 and proc.aargs exists and tolower(proc.name) = val(proc.pname)
#                                ^^^^^^^^^ warning: field `proc.pgid` may be newer than engine 0.45.0; it came with Falco 0.40 (engine 0.49.0 at the latest)
#                                                  ^^^^^^^^^^ warning: field `proc.aargs` may be newer than engine 0.45.0; it came with Falco 0.41 (engine 0.57.0 at the latest)
  output: x
  priority: INFO
"#,
        );
        check_for(
            Version::new(0, 35, 0),
            r#"
- rule: r
  desc: d
  condition: evt.type = open and tolower(proc.name) = val(proc.pname)
#                                ^^^^^^^ warning: transformer `tolower` may be newer than engine 0.35.0; it came with Falco 0.38 (engine 0.42.0 at the latest)
#                                                     ^^^ warning: transformer `val` may be newer than engine 0.35.0; it came with Falco 0.38 (engine 0.42.0 at the latest)
  output: x
  priority: INFO
"#,
        );
    }
}
