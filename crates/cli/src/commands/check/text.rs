//! Findings with excerpts and carets, for reading.

use std::io::Write;

use codespan_reporting::term::termcolor::Color;
use falco_compiler::Diagnostic;

use super::findings::Summary;
use crate::Result;
use crate::args::Global;
use crate::inputs::Rules;
use crate::render::{self, count};

/// Prints the findings and, unless only results are wanted, how many there are.
pub fn write(rules: &Rules, found: &[&Diagnostic], global: &Global) -> Result<()> {
    let mut out = render::stdout(global);
    for binary in &rules.binary {
        render::labelled(&mut out, Color::Red, "error[LOAD_ERR_YAML_PARSE]", &binary.message())?;
        writeln!(out, "  ┌─ {}:{}:{}\n", binary.path, binary.line, binary.column)?;
    }
    let sources: Vec<_> = rules.sources().cloned().collect();
    let excerpts = render::Excerpts::new(&sources);
    for diagnostic in found {
        excerpts.write(&mut out, diagnostic)?;
    }
    if !global.quiet {
        let summary = Summary::of(rules, found);
        let files = count(rules.files.len() + rules.binary.len(), "file");
        let found = [(summary.errors, "error"), (summary.warnings, "warning"), (summary.lints, "lint")]
            .map(|(n, what)| count(n, what))
            .join(", ");
        let (color, word) = if summary.errors > 0 { (Color::Red, "failed") } else { (Color::Green, "ok") };
        render::labelled(&mut out, color, word, &format!("{files}: {found}"))?;
    }
    out.flush()?;
    Ok(())
}
