//! What the engine that the rules are for does not have yet.

use falco_catalog::EngineVersion;
use falco_catalog::versions::{self, Presence, Since, Subject};
use falco_syntax::TextRange;
use falco_syntax::condition::ast::{Check, Left, Right};

use crate::check::{CheckCx, DEPRECATED_FIELDS, LintNote, Problem, fields};
use crate::lints::maybe_newer_than_engine;
use crate::options::Version;

pub(crate) fn engine(version: Version) -> EngineVersion {
    EngineVersion { major: version.major, minor: version.minor, patch: version.patch }
}

/// Whether the engine has it. What nothing is known about counts as there.
pub(crate) fn presence(version: Version, subject: Subject, name: &str) -> (Presence, Option<&'static Since>) {
    if engine(version) >= versions::NEWEST {
        return (Presence::Present, None);
    }
    match versions::since(subject, name) {
        Some(since) => (since.presence(engine(version)), Some(since)),
        None => (Presence::Present, None),
    }
}

/// What stands in the way of using something on the engine.
pub(crate) fn problem(version: Version, subject: Subject, name: &str, place: TextRange) -> Option<Problem> {
    let (Presence::Absent, Some(since)) = presence(version, subject, name) else { return None };
    let mut problem = Problem::new(message(version, subject, name), place).help(format!("it came with {since}"));
    problem.unknown_name = matches!(subject, Subject::Field | Subject::Event);
    Some(problem)
}

/// The sentence about something that an engine lacks.
pub(crate) fn message(version: Version, subject: Subject, name: &str) -> String {
    let what = match subject {
        Subject::Field => format!("field `{name}`"),
        Subject::Argument => format!("an argument of field `{name}`"),
        Subject::Operator => format!("operator `{name}`"),
        Subject::Modifier => format!("modifier `{name}`"),
        Subject::Transformer => format!("transformer `{name}`"),
        Subject::Event => format!("event type `{name}`"),
        Subject::Key | Subject::Code => format!("key `{name}`"),
    };
    format!("{what} is newer than engine {version}")
}

/// Whether Falco with this engine calls a field deprecated. An engine that may or may not do is taken for one that does.
pub(crate) fn is_deprecated(version: Version, field: &str) -> bool {
    versions::deprecated_since(Subject::Field, field)
        .is_none_or(|since| since.presence(engine(version)) != Presence::Absent)
}

/// The fields about which Falco with this engine says that they are deprecated.
pub(crate) fn deprecated_fields(version: Version) -> impl Iterator<Item = &'static str> {
    DEPRECATED_FIELDS.into_iter().filter(move |field| is_deprecated(version, field))
}

/// Lint `deprecated-field`: what to say about a field that is deprecated without Falco saying so.
pub(crate) fn silently_deprecated(cx: &CheckCx<'_>, name: &str) -> Option<&'static str> {
    let field = cx.catalog.field_by_name(name)?;
    let why = field.deprecated?;
    (!DEPRECATED_FIELDS.contains(&name) && !field.flags.hidden() && is_deprecated(cx.engine, name)).then_some(why)
}

/// Lint `maybe-newer-than-engine`: of these it is not known whether the engine has them.
pub(super) fn doubts(cx: &CheckCx<'_>, check: &Check, out: &mut Vec<LintNote>) {
    if engine(cx.engine) >= versions::NEWEST {
        return;
    }
    let mut doubt = |subject, name: &str, place: TextRange| {
        let (Presence::Unknown, Some(since)) = presence(cx.engine, subject, name) else { return };
        let message = maybe_newer_than_engine::message(cx.engine, subject, name);
        out.push(LintNote::new(&maybe_newer_than_engine::LINT, place, message, Some(format!("it came with {since}"))));
    };
    if let Some((op, place)) = check.op {
        doubt(Subject::Operator, op.as_str(), place);
    }
    if let Some((modifier, place)) = check.modifier {
        doubt(Subject::Modifier, modifier.as_str(), place);
    }
    let right = match &check.right {
        Right::Call(call) => Some(Left::Call(call.clone())),
        _ => None,
    };
    for value in [Some(&check.left), right.as_ref()].into_iter().flatten() {
        fields::each_field(value, &mut |field| {
            doubt(Subject::Field, &field.name, field.range);
            if field.arg.is_some() {
                doubt(Subject::Argument, &field.name, field.range);
            }
        });
        fields::each_call(value, &mut |call| doubt(Subject::Transformer, &call.name, call.name_range));
    }
}
