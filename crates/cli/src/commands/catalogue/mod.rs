//! `falco-rs docs --rules`: a readable page of a set of rules.

mod html;
mod markdown;
mod tests;

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use falco_catalog::Catalog;
use falco_catalog::language::attack_link;
use falco_compiler::{Compilation, Effective, ItemKind, Named, Options, compile};
use falco_ide::{event_names, format};

use crate::args::{CatalogueFormat, Docs, Global};
use crate::error::CliError;
use crate::inputs::Rules;
use crate::places::Places;
use crate::{Outcome, Result, render};

/// Conditions are laid out to this many columns.
const WIDTH: usize = 90;

/// A set of rules, described.
struct Catalogue {
    title: String,
    rules: Vec<Entry>,
}

/// A rule, described.
struct Entry {
    name: String,
    description: String,
    priority: &'static str,
    source: String,
    enabled: bool,
    /// Tags, those of MITRE ATT&CK with their page.
    tags: Vec<(String, Option<String>)>,
    /// Where it is made: files with lines, in load order.
    places: Vec<String>,
    /// The condition with everything opened; as written where it does not compile.
    condition: Vec<String>,
    output: String,
    /// The macros and lists that it uses itself.
    uses: Vec<String>,
    exceptions: Vec<String>,
    events: Vec<&'static str>,
    /// What rule tests say, if there are any.
    tested: Option<tests::Tested>,
}

/// Writes the page.
pub fn run(args: &Docs, global: &Global) -> Result {
    let rules = Rules::load(&args.rules)?;
    let catalog = Arc::new(Catalog::builtin());
    let compilation = compile(&rules.files, &Options::new(Arc::clone(&catalog)));
    let mut catalogue = Catalogue { title: title(args), rules: entries(&rules, &compilation) };
    let mut tested = tests::by_rule(&args.tests, &catalog)?;
    for rule in &mut catalogue.rules {
        rule.tested = tested.remove(&rule.name);
    }
    if catalogue.rules.is_empty() {
        return Err(CliError::Usage("there are no rules in these files".into()));
    }
    let page = match args.format {
        CatalogueFormat::Markdown => markdown::page(&catalogue),
        CatalogueFormat::Html => html::page(&catalogue),
    };
    match &args.output {
        Some(path) => {
            std::fs::write(path, page).map_err(|source| CliError::WriteFile { path: path.clone(), source })?;
        }
        None => {
            let mut out = render::stdout(global);
            write!(out, "{page}")?;
            out.flush()?;
        }
    }
    Ok(Outcome::Clean)
}

/// What was asked for by name, or the folder's name.
fn title(args: &Docs) -> String {
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    let named = match args.rules.as_slice() {
        [] => std::env::current_dir().ok().as_deref().and_then(name),
        [one] => name(one),
        _ => None,
    };
    named.unwrap_or_else(|| "Falco rules".to_owned())
}

fn entries(rules: &Rules, compilation: &Compilation) -> Vec<Entry> {
    let places: Vec<Places> = rules.files.iter().map(Places::new).collect();
    let program = compilation.program();
    let entry = |named: Named<'_>| {
        let Effective::Rule { text, expanded, source, enabled, tags, priority, output, .. } = named.effective() else {
            return None;
        };
        let loaded = program.rules.iter().find(|rule| rule.name == **named.name());
        let sites = named.sites().into_iter().filter_map(|site| {
            let file = site.item.file.index();
            Some(format!("{}:{}", rules.files.get(file)?.path, places.get(file)?.line(site.item.range().start)))
        });
        let mut uses: Vec<String> = Vec::new();
        for used in named.uses().iter().filter_map(|used| used.target) {
            let name = used.name().to_string();
            if !uses.contains(&name) {
                uses.push(name);
            }
        }
        let mut exceptions: Vec<String> = Vec::new();
        for exception in
            loaded.iter().flat_map(|rule| &rule.provenance).filter_map(|written| written.exception.as_ref())
        {
            if !exceptions.contains(exception) {
                exceptions.push(exception.clone());
            }
        }
        let condition = expanded.unwrap_or(text);
        let lines = format::readable_condition(&condition, WIDTH);
        Some(Entry {
            name: named.name().to_string(),
            description: loaded.map(|rule| rule.desc.trim().to_owned()).unwrap_or_default(),
            priority: priority.as_str(),
            source,
            enabled,
            tags: tags
                .into_iter()
                .map(|tag| {
                    let link = attack_link(&tag);
                    (tag, link)
                })
                .collect(),
            places: sites.collect(),
            condition: lines.unwrap_or_else(|| condition.lines().map(str::to_owned).collect()),
            output,
            uses,
            exceptions,
            events: named.event_types().map(|events| event_names(&events)).unwrap_or_default(),
            tested: None,
        })
    };
    compilation.all_named(ItemKind::Rule).filter_map(entry).collect()
}

/// Names that links lead to: lower case, everything but letters and digits a hyphen, a number behind the second of the same.
fn anchors(rules: &[Entry]) -> Vec<String> {
    let mut seen: std::collections::HashMap<String, usize> = std::collections::HashMap::new();
    let anchor = |rule: &Entry| {
        let words: Vec<String> = rule
            .name
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_lowercase)
            .collect();
        let plain = words.join("-");
        let times = seen.entry(plain.clone()).or_insert(0);
        *times += 1;
        if *times == 1 { plain } else { format!("{plain}-{times}") }
    };
    rules.iter().map(anchor).collect()
}

/// Many event types say nothing; few say what the rule is about.
fn events(entry: &Entry) -> Option<String> {
    const FEW: usize = 20;
    match entry.events.len() {
        0 => None,
        1..=FEW => Some(entry.events.join(", ")),
        n => Some(format!("{n} types")),
    }
}
