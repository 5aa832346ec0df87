//! Completion in output lines: `%fields`.

use falco_syntax::output::expected_at;

use super::scope::Scope;
use super::{Completions, condition};
use crate::context::Embedded;

/// What can stand at the cursor of an output line: a field or a transformer call behind a `%`.
pub(crate) fn complete(out: &mut Completions<'_>, embedded: &Embedded, sources: &[String], scope: &Scope) {
    if let Some(token) = expected_at(&embedded.text, embedded.offset) {
        condition::expected(out, embedded, &token.expectation, sources, scope);
    }
}
