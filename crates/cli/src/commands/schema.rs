//! `falco-rs schema`: JSON Schemas of our file formats.

use std::io::Write as _;

use crate::args::{Global, Schema, SchemaOf};
use crate::render;
use crate::{Outcome, Result};

/// Prints a schema.
pub fn run(args: &Schema, global: &Global) -> Result {
    let schema = match args.of {
        SchemaOf::Test => falco_testkit::schema::schema(),
    };
    writeln!(render::stdout(global), "{schema:#}")?;
    Ok(Outcome::Clean)
}
