//! `falco-rs fields`: the catalogue of fields.

use std::io::Write;

use codespan_reporting::term::termcolor::{Color, ColorSpec, WriteColor};
use falco_catalog::versions::Since;
use falco_catalog::{ArgSpec, Catalog, FieldInfo};
use serde_json::{Value, json};

use crate::args::{Fields, FieldsFormat, Global};
use crate::error::CliError;
use crate::{Outcome, Result, render};

/// Where descriptions start; they wrap at 100 columns.
const INDENT: usize = 4;
const WIDTH: usize = 100;

/// Prints the fields that match.
pub fn run(args: &Fields, global: &Global) -> Result {
    let catalog = Catalog::builtin();
    if let Some(source) = &args.source
        && !catalog.is_known_source(source)
    {
        let known: Vec<&str> = catalog.sources().map(|s| s.name).collect();
        return Err(CliError::Usage(format!("unknown event source `{source}`; known are {}", known.join(", "))));
    }
    let matches = |field: &&FieldInfo| {
        !field.flags.hidden() && args.pattern.as_ref().is_none_or(|p| field.name.contains(p.as_str()))
    };
    let fields: Vec<&FieldInfo> = match &args.source {
        Some(source) => catalog.fields_of_source(source).filter(matches).collect(),
        None => catalog.fields().filter(matches).collect(),
    };
    let mut out = render::stdout(global);
    match args.format {
        FieldsFormat::Text => {
            for field in &fields {
                text(field, &mut out)?;
            }
            if fields.is_empty() && !global.quiet {
                let pattern = args.pattern.as_deref().unwrap_or_default();
                let near = catalog.suggest(args.source.as_deref().unwrap_or("syscall"), pattern);
                let hint = near.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
                render::labelled(
                    &mut render::stderr(global),
                    Color::Yellow,
                    "note",
                    &format!("no field contains `{pattern}`{hint}"),
                )?;
            }
        }
        FieldsFormat::Json => {
            let all: Vec<Value> = fields.iter().map(|f| value(&catalog, f)).collect();
            serde_json::to_writer_pretty(&mut out, &all).map_err(std::io::Error::from)?;
            writeln!(out)?;
        }
        FieldsFormat::Markdown => {
            writeln!(out, "| field | type | description |\n| --- | --- | --- |")?;
            for field in &fields {
                writeln!(out, "| `{}` | {} | {} |", name(field), field.type_label(), field.doc.replace('|', "\\|"))?;
            }
        }
    }
    out.flush()?;
    Ok(if fields.is_empty() { Outcome::Findings } else { Outcome::Clean })
}

/// The name with a hint at its argument.
fn name(field: &FieldInfo) -> String {
    match field.arg {
        ArgSpec::None => field.name.to_owned(),
        ArgSpec::Allowed | ArgSpec::Required => format!("{}{}", field.name, field.arg_hint()),
    }
}

fn text(field: &FieldInfo, out: &mut dyn WriteColor) -> Result<()> {
    out.set_color(ColorSpec::new().set_bold(true))?;
    write!(out, "{}", name(field))?;
    out.reset()?;
    write!(out, "  {}", field.type_label())?;
    if field.deprecated.is_some() || field.flags.deprecated() {
        write!(out, "  (deprecated)")?;
    }
    writeln!(out)?;
    let mut column = 0;
    for word in field.doc.split_whitespace() {
        let width = word.chars().count();
        if column > 0 && column + 1 + width > WIDTH {
            writeln!(out)?;
            column = 0;
        }
        if column == 0 {
            write!(out, "{:INDENT$}{word}", "")?;
            column = INDENT + width;
        } else {
            write!(out, " {word}")?;
            column += 1 + width;
        }
    }
    writeln!(out)?;
    if !field.example.is_empty() {
        writeln!(out, "{:INDENT$}e.g. {}", "", field.example)?;
    }
    match (field.known_since(), field.plugin) {
        (Some(since), _) => writeln!(out, "{:INDENT$}since {since}", "")?,
        (None, Some(_)) => {}
        (None, None) => writeln!(out, "{:INDENT$}since when is unknown", "")?,
    }
    if let Some(since) = field.deprecated_since() {
        writeln!(out, "{:INDENT$}deprecated since {since}", "")?;
    }
    Ok(())
}

/// A release with what is known of its engine.
fn since(since: &Since) -> Value {
    json!({
        "falco": since.falco,
        "absent_up_to_engine": since.lacking.to_string(),
        "present_from_engine": since.having.to_string(),
        "source": since.source,
    })
}

fn value(catalog: &Catalog, field: &FieldInfo) -> Value {
    let argument = match field.arg {
        ArgSpec::None => "none",
        ArgSpec::Allowed => "allowed",
        ArgSpec::Required => "required",
    };
    json!({
        "name": field.name,
        "type": field.type_label(),
        "list": field.is_list,
        "argument": argument,
        "sources": catalog.sources_of(field.name),
        "plugin": field.plugin,
        "deprecated": field.flags.deprecated(),
        "filter_only": field.flags.filter_only(),
        "description": field.doc,
        "example": (!field.example.is_empty()).then_some(field.example),
        "since": field.known_since().map_or_else(|| json!("unknown"), since),
        "deprecated_since": field.deprecated_since().map(since),
    })
}
