//! The rules of a run: read, compiled, chosen.

use std::sync::Arc;

use falco_catalog::Catalog;
use falco_compiler::Options;

use super::append;
use crate::args::Run;
use crate::inputs;
use crate::loaded::{Loaded, Refused};

/// Loads what the arguments name, with what is joined to outputs.
pub fn load(args: &Run, catalog: &Arc<Catalog>) -> Result<Loaded, Refused> {
    let mut options = Options::new(catalog.clone());
    options.falco_report = false;
    options.append_outputs =
        args.append_output.iter().map(|text| append::parse(text, catalog)).collect::<crate::Result<_>>()?;
    let mut loaded = Loaded::new(&args.rules, &options)?;
    // `--rule`: those rules and no others. `--priority`: none that are less urgent.
    let evaluator = &mut loaded.evaluator;
    inputs::only(evaluator, &args.only)?;
    let priorities: Vec<_> = evaluator.program().rules.iter().map(|rule| rule.priority).collect();
    for (index, _) in (0..).zip(&priorities).filter(|(_, priority)| **priority > args.priority) {
        evaluator.set_enabled(index, false);
    }
    Ok(loaded)
}
