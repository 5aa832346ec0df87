//! `falco-rs check`: what Falco would refuse or warn about, and our lints.

mod falco;
mod findings;
mod github;
mod gitlab;
mod json;
mod junit;
mod sarif;
mod text;

use std::io::Write;
use std::sync::Arc;

use falco_catalog::Catalog;
use falco_compiler::{Diagnostic, Options, Severity, compile};
use falco_ide::Settings;
use serde::Serialize;

use self::findings::Findings;
use crate::args::{Check, CheckFormat, Deny, Global};
use crate::commands::fix;
use crate::error::CliError;
use crate::inputs::Rules;
use crate::render;
use crate::{Outcome, Result};

/// Checks the rules and prints the findings.
pub fn run(args: &Check, global: &Global) -> Result {
    let mut rules = Rules::load_lenient(&args.paths)?;
    let mut options = Options::new(Arc::new(Catalog::builtin()));
    options.falco_report = args.format == CheckFormat::Falco;
    if let Some(version) = args.engine_version.as_ref().or(rules.engine_version.as_ref()) {
        options.engine_version = version
            .parse()
            .map_err(|_| CliError::Usage(format!("`{version}` is no engine version; one looks like `0.62.0`")))?;
    }
    options.lints.clone_from(&rules.lints);
    let wanted = |code: &str| {
        (args.select.is_empty() || args.select.iter().any(|c| c == code)) && !args.ignore.iter().any(|c| c == code)
    };
    let settings = Settings {
        engine_version: Some(options.engine_version.to_string()),
        lints: options.lints.clone(),
        ..Settings::default()
    };
    if args.unsafe_fixes && !(args.fix || args.diff) {
        return Err(CliError::Usage("`--unsafe-fixes` goes with `--fix` or `--diff`".into()));
    }
    if args.fix || args.diff {
        let done = fix::run(args, &mut rules, &settings, &wanted, global)?;
        if let Some(outcome) = done {
            return Ok(outcome);
        }
    }
    let compilation = compile(&rules.files, &options);
    // The project file's findings come first; it stands behind the rules files.
    let of_project = rules.project.as_ref().map(|project| project.diagnostics(rules.files.len())).unwrap_or_default();
    let found: Vec<&Diagnostic> = of_project.iter().chain(compilation.iter()).filter(|d| wanted(d.code)).collect();

    let findings = Findings::new(&rules, &found, &settings);
    match args.format {
        CheckFormat::Text => text::write(&rules, &found, global)?,
        CheckFormat::Json => write_json(&json::document(&findings), global)?,
        CheckFormat::Falco => write_json(&falco::document(compilation.load_results()), global)?,
        CheckFormat::Sarif => write_json(&sarif::document(&findings), global)?,
        CheckFormat::Github => github::write(&findings, &mut render::stdout(global))?,
        CheckFormat::Junit => junit::write(&findings, &mut render::stdout(global))?,
        CheckFormat::Gitlab => write_json(&gitlab::document(&findings), global)?,
    }
    let failed = match args.format {
        CheckFormat::Falco => !rules.binary.is_empty() || !compilation.loads(),
        _ => {
            let deny_warnings = args.deny == Some(Deny::Warnings);
            let counts = |d: &Diagnostic| match d.severity {
                Severity::Error => true,
                Severity::Warning => deny_warnings,
                Severity::Info | Severity::Hint => false,
            };
            !rules.binary.is_empty() || found.into_iter().any(counts)
        }
    };
    Ok(if failed { Outcome::Findings } else { Outcome::Clean })
}

fn write_json(value: &impl Serialize, global: &Global) -> Result<()> {
    let mut out = render::stdout(global);
    serde_json::to_writer(&mut out, value).map_err(std::io::Error::from)?;
    writeln!(out)?;
    Ok(())
}
