//! `falco-rs explain`: why a rule did or did not match.

pub mod document;
pub mod find;
pub mod text;

use std::io::Write as _;
use std::sync::Arc;

use falco_catalog::Catalog;
use falco_compiler::Options;

use self::find::{Finder, Found};
use crate::args::{Explain, Global};
use crate::capture::Position;
use crate::error::CliError;
use crate::events::{self, Source};
use crate::loaded::Loaded;
use crate::render;
use crate::{Outcome, Result};

/// Explains a rule on an event, or on a capture's events that came nearest to matching.
pub fn run(args: &Explain, global: &Global) -> Result {
    let catalog = Arc::new(Catalog::builtin());
    let options = Options { falco_report: false, ..Options::new(catalog.clone()) };
    let loaded = Loaded::new(&args.rules, &options).map_err(|refused| refused.print(global))?;
    let rule = loaded.rule(&args.rule)?;
    let source = match (&args.capture, &args.events) {
        (Some(path), _) => Source::Capture(path.clone()),
        (None, Some(path)) => Source::MadeUp(path.clone()),
        (None, None) => return Err(CliError::Usage("neither a capture nor made-up events are given".into())),
    };
    let Loaded { files, evaluator, .. } = loaded;
    let mut finder = Finder::new(evaluator, rule, args.event, usize::from(args.nearest));
    let read = events::visit(&source, args.input(), !args.no_local_users, &catalog, &Position::default(), &mut finder);
    let (found, evaluator) = finder.finish();
    match (&found, &read) {
        // What came before the damage is explained all the same.
        (Found::NoEvent { .. }, Err(_)) => return read.map(|()| Outcome::Clean),
        (Found::NoEvent { seen }, Ok(())) => {
            let wanted = args.event.unwrap_or_default();
            let events = render::count(usize::try_from(*seen).unwrap_or(usize::MAX), "event");
            return Err(CliError::Usage(format!("there is no event {wanted} that rules see; {events} were read")));
        }
        _ => {}
    }
    let program = evaluator.program();
    if args.json {
        let mut out = render::stdout(global);
        serde_json::to_writer(&mut out, &document::document(&found, program, &files)).map_err(std::io::Error::from)?;
        writeln!(out)?;
    } else {
        text::print(&found, program, &files, global)?;
    }
    read.map(|()| Outcome::Clean)
}
