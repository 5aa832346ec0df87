//! Events one by one, wherever they come from, for commands that look at each by itself.

use std::ops::ControlFlow;
use std::path::PathBuf;

use falco_catalog::Catalog;
use falco_engine::inspector::Inspector;
use falco_engine::value::FieldSource;

use crate::Result;
use crate::args::Input;
use crate::capture::{self, Position};
use crate::commands::run::each_made_up;
use crate::error::CliError;

/// Where events come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A capture.
    Capture(PathBuf),
    /// Lines of JSON.
    MadeUp(PathBuf),
}

/// Somebody who looks at events.
pub trait Visitor {
    /// Looks at an event. In a capture `number` is the event's own, otherwise its place, counted from 1.
    fn visit<S: FieldSource>(&mut self, event: &S, number: u64) -> ControlFlow<()>;
}

/// Shows the events to a visitor until it has seen enough. `position` follows the reading of a capture.
///
/// # Errors
/// When the source cannot be read, or not to its end; the visitor has seen what came before.
pub fn visit(
    source: &Source,
    input: Input,
    local_users: bool,
    catalog: &Catalog,
    position: &Position,
    visitor: &mut impl Visitor,
) -> Result<()> {
    match source {
        Source::MadeUp(path) => {
            let mut number = 0;
            each_made_up(path, catalog, |event| {
                number += 1;
                Ok(visitor.visit(event, number))
            })
        }
        Source::Capture(path) => {
            let reader = capture::open(path, input, position)?;
            let mut inspector = Inspector::new(reader).with_local_accounts(local_users);
            loop {
                match inspector.next_visible() {
                    Ok(Some(step)) => {
                        if visitor.visit(&step.view(), step.ctx.num).is_break() {
                            return Ok(());
                        }
                    }
                    Ok(None) => return Ok(()),
                    Err(source) => return Err(CliError::Capture { path: path.clone(), source }),
                }
            }
        }
    }
}
