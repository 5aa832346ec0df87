//! `run --profile`: what each rule and each comparison costs, the most expensive first.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use falco_compiler::program::Program;
use falco_engine::eval::{AtomUse, Profile, atom_uses};
use inferno::flamegraph::{Options, from_lines};
use serde_json::{Value, json};

use crate::Result;
use crate::args::{Global, ProfileFormat};
use crate::error::CliError;
use crate::progress::grouped;
use crate::render;

/// Rows of each table of the text.
const SHOWN: usize = 20;

/// Bytes of a comparison that the text shows.
const WIDTH: usize = 90;

/// Prints the profile to standard error.
pub fn print(profile: &Profile, program: &Program, format: ProfileFormat, global: &Global) -> Result<()> {
    let mut err = render::stderr(global);
    let uses = atom_uses(program);
    match format {
        ProfileFormat::Text => err.write_all(text(profile, program, &uses).as_bytes())?,
        ProfileFormat::Json => writeln!(err, "{}", document(profile, program, &uses))?,
    }
    Ok(())
}

/// Numbers of what took time or was looked at, the most expensive first; those that cost the same in their order.
fn ranked(costs: impl Iterator<Item = (u64, u64)>) -> Vec<usize> {
    let mut ranked: Vec<_> = costs.enumerate().filter(|(_, (_, looked_at))| *looked_at > 0).collect();
    ranked.sort_by_key(|(number, (time, looked_at))| (std::cmp::Reverse((*time, *looked_at)), *number));
    ranked.into_iter().map(|(number, _)| number).collect()
}

fn ranked_rules(profile: &Profile) -> Vec<usize> {
    ranked(profile.rules.iter().map(|rule| (rule.time_ns, rule.evaluated)))
}

fn ranked_atoms(profile: &Profile) -> Vec<usize> {
    ranked(profile.atoms.iter().map(|atom| (atom.time_ns, atom.evaluated)))
}

fn share(part: u64, whole: u64) -> f64 {
    100.0 * part as f64 / whole.max(1) as f64
}

fn text(profile: &Profile, program: &Program, uses: &[AtomUse]) -> String {
    let whole = profile.time_ns();
    let per_event = whole as f64 / profile.events.max(1) as f64;
    let mut out = format!(
        "Profile: {} events, {:.1} ms in rules, {per_event:.0} ns an event\n",
        grouped(profile.events),
        whole as f64 / 1e6
    );
    let rules = ranked_rules(profile);
    out.push_str("\n      time   share      looked at    matched  rule\n");
    for &number in rules.iter().take(SHOWN) {
        let (Some(cost), Some(rule)) = (profile.rules.get(number), program.rules.get(number)) else { continue };
        out.push_str(&format!(
            "{:>7.2} ms  {:>4.1} %  {:>13}  {:>9}  {}\n",
            cost.time_ns as f64 / 1e6,
            share(cost.time_ns, whole),
            grouped(cost.evaluated),
            grouped(cost.matched),
            rule.name
        ));
    }
    out.push_str(&more(rules.len(), "rule"));
    let atoms = ranked_atoms(profile);
    out.push_str("\n      time   share         judged       true   rules  comparison\n");
    for &number in atoms.iter().take(SHOWN) {
        let (Some(cost), Some(at)) = (profile.atoms.get(number), uses.get(number)) else { continue };
        out.push_str(&format!(
            "{:>7.2} ms  {:>4.1} %  {:>13}  {:>9}  {:>6}  {}\n",
            cost.time_ns as f64 / 1e6,
            share(cost.time_ns, whole),
            grouped(cost.evaluated),
            grouped(cost.yes),
            at.rules.len(),
            short(&at.text)
        ));
    }
    out.push_str(&more(atoms.len(), "comparison"));
    out
}

fn more(all: usize, what: &str) -> String {
    match all.saturating_sub(SHOWN) {
        0 => String::new(),
        rest => format!("… and {}\n", render::count(rest, what)),
    }
}

fn short(text: &str) -> String {
    match text.char_indices().nth(WIDTH) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

fn document(profile: &Profile, program: &Program, uses: &[AtomUse]) -> Value {
    let rules: Vec<Value> = ranked_rules(profile)
        .into_iter()
        .filter_map(|number| {
            let (cost, rule) = (profile.rules.get(number)?, program.rules.get(number)?);
            Some(json!({
                "rule": rule.name, "time_ns": cost.time_ns, "evaluated": cost.evaluated, "matched": cost.matched,
            }))
        })
        .collect();
    let name = |rule: &u32| program.rules.get(*rule as usize).map(|rule| rule.name.as_str());
    let atoms: Vec<Value> = ranked_atoms(profile)
        .into_iter()
        .filter_map(|number| {
            let (cost, at) = (profile.atoms.get(number)?, uses.get(number)?);
            Some(json!({
                "comparison": at.text, "rules": at.rules.iter().filter_map(name).collect::<Vec<_>>(),
                "time_ns": cost.time_ns, "evaluated": cost.evaluated, "true": cost.yes, "false": cost.no,
                "no_value": cost.no_value, "remembered": cost.remembered,
            }))
        })
        .collect();
    json!({
        "version": 1, "events": profile.events, "time_ns": profile.time_ns(), "shared_ns": profile.shared_ns,
        "clock_ns": profile.clock_ns, "rules": rules, "atoms": atoms,
    })
}

/// Writes the flame graph.
pub fn flamegraph(profile: &Profile, program: &Program, path: &Path) -> Result<()> {
    let failed = |e| CliError::output(&path.display().to_string(), e);
    let stacks = profile.folded_stacks(program);
    // A replay in which no rule was looked at has no stacks, and a graph of nothing is refused.
    let stacks = if stacks.is_empty() { "nothing judged 1\n" } else { &stacks };
    let mut options = Options::default();
    options.title = "Rules and comparisons".into();
    options.count_name = "ns".into();
    options.deterministic = true;
    let mut out = BufWriter::new(File::create(path).map_err(failed)?);
    from_lines(&mut options, stacks.lines(), &mut out).map_err(|e| failed(std::io::Error::other(e)))?;
    out.flush().map_err(failed)
}
