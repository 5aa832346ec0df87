//! `falco-rs expand`: what a rule, macro or list comes to, with everything opened.

use std::io::Write;
use std::sync::Arc;

use codespan_reporting::term::termcolor::{Color, ColorSpec, WriteColor};
use falco_catalog::Catalog;
use falco_compiler::{Compilation, Effective, ItemKind, Named, Options, compile};
use falco_ide::{event_names, format};
use serde_json::{Value, json};

use crate::args::{Expand, Global};
use crate::error::CliError;
use crate::inputs::Rules;
use crate::places::Places;
use crate::{Outcome, Result, render};

/// Conditions and lists are laid out to this many columns, their indent included.
const WIDTH: usize = 80;
const INDENT: usize = 4;

/// Prints what the names come to.
pub fn run(args: &Expand, global: &Global) -> Result {
    let rules = Rules::load(&args.rules)?;
    let compilation = compile(&rules.files, &Options::new(Arc::new(Catalog::builtin())));
    let named = match &args.name {
        None => compilation.all_named(ItemKind::Rule).collect(),
        Some(name) => chosen(&compilation, name)?,
    };
    let places: Vec<Places> = rules.files.iter().map(Places::new).collect();
    let items: Vec<Item<'_>> = named.iter().map(|named| Item::new(*named, &rules, &places)).collect();
    let mut out = render::stdout(global);
    if args.json {
        let items: Vec<Value> = items.iter().map(Item::json).collect();
        serde_json::to_writer(&mut out, &json!({"version": 1, "items": items})).map_err(std::io::Error::from)?;
        writeln!(out)?;
    } else {
        for (number, item) in items.iter().enumerate() {
            if number > 0 {
                writeln!(out)?;
            }
            item.text(&mut out)?;
        }
    }
    out.flush()?;
    // What does not compile comes to nothing.
    let whole = items.iter().all(|item| item.condition().is_none_or(|condition| condition.is_some()));
    Ok(if whole { Outcome::Clean } else { Outcome::Findings })
}

/// All that have the name: a rule can be named as a macro or a list is.
fn chosen<'c>(compilation: &'c Compilation, name: &str) -> Result<Vec<Named<'c>>> {
    const KINDS: [ItemKind; 3] = [ItemKind::Rule, ItemKind::Macro, ItemKind::List];
    let found: Vec<Named> = KINDS.into_iter().filter_map(|kind| compilation.named(kind, name)).collect();
    if found.is_empty() {
        let all: Vec<Named> = KINDS.into_iter().flat_map(|kind| compilation.all_named(kind)).collect();
        return Err(CliError::nothing_named(name, all.iter().map(|named| &**named.name())));
    }
    Ok(found)
}

/// One of them, looked at.
struct Item<'c> {
    named: Named<'c>,
    effective: Effective,
    /// Files and lines of its items, in load order.
    sites: Vec<(&'c str, usize)>,
    events: Option<Vec<&'static str>>,
}

impl<'c> Item<'c> {
    fn new(named: Named<'c>, rules: &'c Rules, places: &[Places]) -> Self {
        let sites = named.sites().into_iter().filter_map(|site| {
            let file = site.item.file.index();
            Some((rules.files.get(file)?.path.as_str(), places.get(file)?.line(site.item.range().start)))
        });
        let events = named.event_types().map(|events| event_names(&events));
        Self { named, effective: named.effective(), sites: sites.collect(), events }
    }

    /// The opened condition, if it compiles; `None` for a list.
    fn condition(&self) -> Option<Option<&str>> {
        match &self.effective {
            Effective::List { .. } => None,
            Effective::Macro { expanded, .. } | Effective::Rule { expanded, .. } => Some(expanded.as_deref()),
        }
    }

    fn json(&self) -> Value {
        let sites: Vec<Value> = self.sites.iter().map(|(file, line)| json!({"file": file, "line": line})).collect();
        let mut value = json!({"kind": self.named.kind().head_key(), "name": &**self.named.name(), "items": sites});
        match &self.effective {
            Effective::List { items } => {
                value["values"] = items.iter().map(|(text, _)| json!(text)).collect();
            }
            Effective::Macro { expanded, .. } => value["condition"] = json!(expanded),
            Effective::Rule { expanded, source, enabled, tags, priority, output, .. } => {
                value["condition"] = json!(expanded);
                value["source"] = json!(source);
                value["enabled"] = json!(enabled);
                value["tags"] = json!(tags);
                value["priority"] = json!(priority.as_str());
                value["output"] = json!(output);
            }
        }
        if let Some(events) = &self.events {
            value["events"] = json!(events);
        }
        value
    }

    fn text(&self, out: &mut dyn WriteColor) -> Result<()> {
        out.set_color(ColorSpec::new().set_bold(true))?;
        write!(out, "{}", self.named.name())?;
        out.reset()?;
        let sites: Vec<String> = self.sites.iter().map(|(file, line)| format!("{file}:{line}")).collect();
        writeln!(out, "  {} at {}", self.named.kind().head_key(), sites.join(", "))?;
        match &self.effective {
            Effective::List { items } => {
                part(out, "items")?;
                wrapped(out, items.iter().map(|(text, _)| text.as_str()))?;
            }
            Effective::Macro { expanded, .. } => condition(out, expanded.as_deref())?,
            Effective::Rule { expanded, source, enabled, tags, priority, output, .. } => {
                let state = if *enabled { "" } else { ", disabled" };
                writeln!(out, "{:INDENT$}priority {}, source {source}{state}", "", priority.as_str())?;
                if !tags.is_empty() {
                    part(out, "tags")?;
                    wrapped(out, tags.iter().map(String::as_str))?;
                }
                condition(out, expanded.as_deref())?;
                part(out, "output")?;
                writeln!(out, "{:INDENT$}{output}", "")?;
            }
        }
        if let Some(events) = &self.events {
            part(out, "event types")?;
            if events.is_empty() {
                writeln!(out, "{:INDENT$}none: it can never match", "")?;
            } else {
                wrapped(out, events.iter().copied())?;
            }
        }
        Ok(())
    }
}

fn part(out: &mut dyn WriteColor, name: &str) -> Result<()> {
    out.set_color(ColorSpec::new().set_fg(Some(Color::Cyan)))?;
    writeln!(out, "  {name}")?;
    out.reset()?;
    Ok(())
}

fn condition(out: &mut dyn WriteColor, expanded: Option<&str>) -> Result<()> {
    part(out, "condition")?;
    let Some(expanded) = expanded else {
        writeln!(out, "{:INDENT$}does not compile; `falco-rs check` says why", "")?;
        return Ok(());
    };
    let lines = format::readable_condition(expanded, WIDTH - INDENT).unwrap_or_else(|| vec![expanded.to_owned()]);
    for line in lines {
        writeln!(out, "{:INDENT$}{line}", "")?;
    }
    Ok(())
}

/// Words with commas, as many on a line as fit.
fn wrapped<'w>(out: &mut dyn WriteColor, words: impl Iterator<Item = &'w str>) -> Result<()> {
    let words: Vec<&str> = words.collect();
    let mut line = String::new();
    for (number, word) in words.iter().enumerate() {
        let comma = if number + 1 < words.len() { "," } else { "" };
        if !line.is_empty() && INDENT + line.chars().count() + 1 + word.chars().count() + comma.len() > WIDTH {
            writeln!(out, "{:INDENT$}{line}", "")?;
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        line.push_str(comma);
    }
    writeln!(out, "{:INDENT$}{line}", "")?;
    Ok(())
}
