//! Differences for reading: an item a paragraph, `+` for what is new, `-` for what is gone, `~` for what is otherwise.

use codespan_reporting::term::termcolor::{Color, ColorSpec, WriteColor};
use falco_compiler::{ItemKind, SourceFile, Span};
use falco_testkit::compare::{self, Bump, Change, PluginNeed, Relation, What};

use super::Report;
use crate::Result;
use crate::args::Global;
use crate::places::Places;
use crate::render::count;

/// Writes the report.
pub fn write(report: &Report, out: &mut dyn WriteColor, global: &Global) -> Result<()> {
    let mut last: Option<(ItemKind, &str)> = None;
    for change in &report.changes {
        if last != Some((change.kind, change.name.as_str())) {
            heading(report, change, out)?;
            last = Some((change.kind, change.name.as_str()));
        }
        for line in lines(&change.what) {
            if report.semver {
                writeln!(out, "    {line}  [{}]", change.bump())?;
            } else {
                writeln!(out, "    {line}")?;
            }
        }
    }
    for (path, changes) in &report.captures {
        let words = format!(
            "{} gained, {} lost, {} kept",
            count(changes.gained.len(), "alert"),
            changes.lost.len(),
            changes.kept
        );
        writeln!(out, "{}: {words}", path.display())?;
        for (sign, color, alerts) in [("+", Color::Green, &changes.gained), ("-", Color::Red, &changes.lost)] {
            for alert in alerts {
                out.set_color(ColorSpec::new().set_fg(Some(color)))?;
                write!(out, "  {sign} event {}", alert.event)?;
                out.reset()?;
                writeln!(out, " {}: {}", alert.rule, alert.output)?;
            }
        }
    }
    if report.semver {
        writeln!(out, "{}", advice(compare::bump(&report.changes)))?;
    } else if report.is_empty() && !global.quiet {
        writeln!(out, "the same rules")?;
    }
    Ok(())
}

/// Which number goes up.
fn advice(bump: Bump) -> String {
    match bump {
        Bump::None => "version: stays as it is".to_owned(),
        bump => format!("version: a new {bump} number"),
    }
}

fn heading(report: &Report, change: &Change, out: &mut dyn WriteColor) -> Result<()> {
    let (sign, color) = match (&change.what, change.old, change.new) {
        (What::Added, ..) | (_, None, _) => ("+", Color::Green),
        (What::Removed, ..) | (_, _, None) => ("-", Color::Red),
        _ => ("~", Color::Yellow),
    };
    out.set_color(ColorSpec::new().set_fg(Some(color)).set_bold(true))?;
    write!(out, "{sign} {}", change.kind.head_key())?;
    if !change.name.is_empty() {
        write!(out, " {}", change.name)?;
    }
    out.reset()?;
    let place = match (change.old, change.new) {
        (_, Some(new)) => place(&report.new.files, new),
        (Some(old), None) => place(&report.old.files, old),
        (None, None) => None,
    };
    writeln!(out, "{}", place.map(|place| format!("  {place}")).unwrap_or_default())?;
    Ok(())
}

fn place(files: &[SourceFile], span: Span) -> Option<String> {
    let file = files.get(span.file.index())?;
    Some(format!("{}:{}", file.path, Places::new(file).line(span.range().start)))
}

fn lines(what: &What) -> Vec<String> {
    let signed = |added: &[String], removed: &[String]| -> String {
        let added = added.iter().map(|name| format!("+{name}"));
        let removed = removed.iter().map(|name| format!("-{name}"));
        added.chain(removed).collect::<Vec<_>>().join(" ")
    };
    match what {
        What::Added => vec!["is new".into()],
        What::Removed => vec!["is gone".into()],
        What::Renamed { to } => vec![format!("is called `{to}` now")],
        What::Unloaded => vec!["no longer loads".into()],
        What::Loaded => vec!["loads now".into()],
        What::Condition { relation, own } => self::relation(relation, *own),
        What::Exceptions { added, removed, changed } => {
            let changed = changed.iter().map(|name| format!(" ~{name}")).collect::<String>();
            vec![format!("exceptions: {}{changed}", signed(added, removed)).replace(":  ", ": ")]
        }
        What::Items { added, removed } => vec![format!("items: {}", signed(added, removed))],
        What::Tags { added, removed } => vec![format!("tags: {}", signed(added, removed))],
        What::Source { from, to } => vec![format!("source: {from} → {to}")],
        What::Priority { from, to } => vec![format!("priority: {} → {}", from.as_str(), to.as_str())],
        What::Enabled(on) => vec![format!("is switched {} by default", if *on { "on" } else { "off" })],
        What::Output { from, to } => {
            vec!["output:".into(), format!("  - {}", one_line(from)), format!("  + {}", one_line(to))]
        }
        What::Description => vec!["has another description".into()],
        What::Engine { from, to } => {
            let name = |version: &Option<falco_compiler::Version>| match version {
                Some(version) => version.to_string(),
                None => "any".to_owned(),
            };
            vec![format!("{} → {}", name(from), name(to))]
        }
        What::Plugin { from, to } => vec![format!("{} → {}", plugin(from.as_ref()), plugin(to.as_ref()))],
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn plugin(need: Option<&PluginNeed>) -> String {
    let version = |version: &Option<falco_compiler::Version>| match version {
        Some(version) => version.to_string(),
        None => "any".to_owned(),
    };
    let Some(need) = need else { return "not needed".to_owned() };
    let others = need.alternatives.iter().map(|(name, least)| format!(" or {name} {}", version(least)));
    format!("{}{}", version(&need.version), others.collect::<String>())
}

fn relation(relation: &Relation, own: bool) -> Vec<String> {
    let by = if own { "" } else { ", by what it uses" };
    let (words, gained, lost) = match relation {
        Relation::Equal => ("holds on the same events", None, None),
        Relation::Looser { gained } => ("looser, it holds on more events", Some(gained), None),
        Relation::Tighter { lost } => ("tighter, it holds on fewer events", None, Some(lost)),
        Relation::Incomparable { gained, lost } => ("holds on other events", Some(gained), Some(lost)),
        Relation::Unknown => ("differs; whether it holds on more or fewer events could not be proven", None, None),
    };
    let mut lines = vec![format!("condition: {words}{by}")];
    lines.extend(gained.map(|witness| format!("  + {witness}")));
    lines.extend(lost.map(|witness| format!("  - {witness}")));
    lines
}
