//! Explanations for reading: a tree with values beside it, no wider than 80 columns.

use std::io::Write as _;
use std::path::Path;

use codespan_reporting::term::termcolor::{Color, ColorSpec, NoColor, WriteColor};
use falco_compiler::SourceFile;
use falco_compiler::program::{Program, Provenance};
use falco_engine::eval::{ExplainKind, ExplainNode, Explanation, Truth};

use super::find::{About, Explained, Found, Overview};
use crate::Result;
use crate::args::Global;
use crate::places::Places;
use crate::progress::grouped;
use crate::render;

/// Columns of a line.
const WIDTH: usize = 80;
/// Of these, those that the values begin at, at the least and at the most.
const VALUES_AT: (usize, usize) = (24, 50);
/// A part with more comparisons than this is told in a line when it does not matter.
const SMALL: usize = 4;
/// Matching events that are listed.
const SHOWN_MATCHES: usize = 5;

/// Prints what was found.
pub fn print(found: &Found, program: &Program, files: &[SourceFile], global: &Global) -> Result<()> {
    let mut out = render::stdout(global);
    write(&mut out, found, program, files, global.verbose > 0)?;
    out.flush()?;
    Ok(())
}

/// The same as a text, for editors.
pub fn plain(found: &Found, program: &Program, files: &[SourceFile]) -> Result<String> {
    let mut out = NoColor::new(Vec::new());
    write(&mut out, found, program, files, false)?;
    Ok(String::from_utf8_lossy(&out.into_inner()).into_owned())
}

fn write(out: &mut dyn WriteColor, found: &Found, program: &Program, files: &[SourceFile], whole: bool) -> Result<()> {
    let places: Vec<Places<'_>> = files.iter().map(Places::new).collect();
    let mut printer = Printer { out, program, files, places: &places, whole };
    match found {
        Found::Event(explained) => printer.event(explained),
        Found::Nearest(overview) => printer.overview(overview),
        Found::NoEvent { .. } => Ok(()),
    }
}

struct Printer<'a> {
    out: &'a mut dyn WriteColor,
    program: &'a Program,
    files: &'a [SourceFile],
    places: &'a [Places<'a>],
    /// Nothing is left out.
    whole: bool,
}

impl Printer<'_> {
    fn paint(&mut self, color: Option<Color>, bold: bool, text: &str) -> Result<()> {
        self.out.set_color(ColorSpec::new().set_fg(color).set_bold(bold))?;
        write!(self.out, "{text}")?;
        self.out.reset()?;
        Ok(())
    }

    fn dim(&mut self, text: &str) -> Result<()> {
        self.out.set_color(ColorSpec::new().set_dimmed(true))?;
        write!(self.out, "{text}")?;
        self.out.reset()?;
        Ok(())
    }

    fn event(&mut self, explained: &Explained) -> Result<()> {
        let explanation = &explained.explanation;
        self.paint(None, true, &explanation.name)?;
        writeln!(self.out)?;
        self.about(&explained.about, &verdict(explanation))?;
        if let Some(first) = explained.taken_by.and_then(|rule| self.program.rules.get(rule as usize)) {
            writeln!(self.out, "But `{}` comes before it and matches, too: it raises the alert", first.name)?;
            writeln!(self.out, "(unless `rule_matching` is `all`).")?;
        }
        writeln!(self.out)?;
        self.tree(explanation)
    }

    fn overview(&mut self, overview: &Overview) -> Result<()> {
        let name = self.program.rules.get(overview.rule as usize).map_or("", |rule| rule.name.as_str());
        self.paint(None, true, name)?;
        writeln!(self.out)?;
        let [seen, judged, matched] = [overview.seen, overview.judged, overview.matched].map(grouped);
        writeln!(self.out, "{seen} events, {judged} of kinds that it can match; {matched} matched")?;
        for about in overview.matches.iter().take(SHOWN_MATCHES) {
            self.about(about, "matches")?;
        }
        let more = overview.matched.saturating_sub(SHOWN_MATCHES as u64);
        if more > 0 {
            writeln!(self.out, "… and {} more", grouped(more))?;
        }
        if overview.misses.is_empty() && overview.matched == 0 {
            writeln!(self.out, "No event came near it: none is of its source and of a kind that it can match.")?;
        }
        for (rank, miss) in overview.misses.iter().enumerate() {
            writeln!(self.out)?;
            self.paint(None, true, &format!("Near miss {}: ", rank + 1))?;
            self.about(&miss.about, &verdict(&miss.explanation))?;
            if miss.count > 1 {
                let like = grouped(miss.count - 1);
                writeln!(self.out, "  ({like} more events were kept from matching by the same comparisons)")?;
            }
            writeln!(self.out)?;
            self.tree(&miss.explanation)?;
        }
        Ok(())
    }

    fn about(&mut self, about: &About, verdict: &str) -> Result<()> {
        let kind = about.kind.map(|kind| format!(" ({kind})")).unwrap_or_default();
        writeln!(self.out, "event {}{kind} {verdict}", about.number)?;
        let line = format!("  {} {}", about.time.trim_end_matches(':'), about.output);
        let shown = if self.whole { line } else { clip(&line, WIDTH) };
        self.dim(&shown)?;
        writeln!(self.out)?;
        Ok(())
    }

    fn tree(&mut self, explanation: &Explanation) -> Result<()> {
        let mut lines = Vec::new();
        let shape = Shape { matches: explanation.matches, whole: self.whole };
        flatten(&explanation.root, "", "", shape, &mut lines);
        let widest = lines.iter().filter(|line| !line.value.is_empty()).map(Line::width).max().unwrap_or(0);
        let at = widest.clamp(VALUES_AT.0, VALUES_AT.1) + 2;
        for line in lines {
            self.line(&line, at)?;
        }
        Ok(())
    }

    fn line(&mut self, line: &Line<'_>, values_at: usize) -> Result<()> {
        self.dim(&line.branch)?;
        let (color, mark) = if line.node.holds { (Color::Green, "✓ ") } else { (Color::Red, "✗ ") };
        self.paint(Some(color), line.node.decisive, mark)?;
        if !line.origin.is_empty() {
            self.paint(Some(Color::Cyan), false, &line.origin)?;
        }
        let before = line.before();
        // A comparison without a value beside it, and the name of a part, have the whole line.
        let room = if line.value.is_empty() { WIDTH } else { values_at.saturating_sub(2) }.saturating_sub(before);
        let text = if self.whole { line.text.clone() } else { clip(&line.text, room) };
        self.paint(None, line.needs.is_some(), &text)?;
        if !line.value.is_empty() {
            let used = before + text.chars().count();
            write!(self.out, "{}", " ".repeat(values_at.saturating_sub(used).max(2)))?;
            let room = WIDTH.saturating_sub(values_at.max(used + 2));
            let value = if self.whole { line.value.clone() } else { clip(&line.value, room) };
            self.paint(Some(line.color), false, &value)?;
        }
        writeln!(self.out)?;
        if let Some(needs) = line.needs {
            self.under(line, Some(Color::Yellow), &format!("needs {needs}"))?;
        }
        if let Some(written) = line.written.filter(|_| line.needs.is_some() || self.whole) {
            let place = self.place(written);
            self.under(line, None, &place)?;
        }
        Ok(())
    }

    /// A line below a comparison.
    fn under(&mut self, line: &Line<'_>, color: Option<Color>, text: &str) -> Result<()> {
        self.dim(&line.stem)?;
        let room = WIDTH.saturating_sub(line.stem.chars().count() + 4);
        let text = if self.whole { text.to_owned() } else { clip(text, room) };
        match color {
            Some(color) => self.paint(Some(color), false, &format!("    {text}"))?,
            None => self.dim(&format!("    {text}"))?,
        }
        writeln!(self.out)?;
        Ok(())
    }

    /// Where a comparison was written, and through what the rule came to it.
    fn place(&self, written: &Provenance) -> String {
        let path = self.files.get(written.file as usize).map_or("?", |file| file.path.as_str());
        // In a tree there is no room for folders.
        let name = Path::new(path).file_name().and_then(|name| name.to_str()).filter(|_| !self.whole).unwrap_or(path);
        let line = self.places.get(written.file as usize).map_or(0, |places| places.line(written.range.start as usize));
        let mut text = format!("at {name}:{line}");
        if !written.macros.is_empty() {
            text.push_str(&format!(", macro {}", written.macros.join(" > ")));
        }
        if let Some(exception) = &written.exception {
            text.push_str(&format!(", exception {exception}"));
        }
        let bare = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        if written.exception.is_none() {
            text.push_str(&format!(": {}", bare(&written.text)));
        }
        text
    }
}

fn verdict(explanation: &Explanation) -> String {
    match explanation.distance {
        0 => "matches".into(),
        distance if distance > 1_000 => "cannot match".into(),
        distance => format!("does not match, {} away", render::count(distance, "comparison")),
    }
}

/// What decides which parts are told in a line.
#[derive(Debug, Clone, Copy)]
struct Shape {
    matches: bool,
    whole: bool,
}

/// A line of the tree.
struct Line<'a> {
    node: &'a ExplainNode,
    /// The lines of the tree before it, and before what is under it.
    branch: String,
    stem: String,
    /// The macros and the exception that it opens.
    origin: String,
    text: String,
    value: String,
    color: Color,
    needs: Option<&'a str>,
    written: Option<&'a Provenance>,
}

impl Line<'_> {
    /// Columns before the text.
    fn before(&self) -> usize {
        self.branch.chars().count() + 2 + self.origin.chars().count()
    }

    fn width(&self) -> usize {
        self.before() + self.text.chars().count()
    }
}

fn flatten<'a>(node: &'a ExplainNode, branch: &str, stem: &str, shape: Shape, out: &mut Vec<Line<'a>>) {
    let mut origin: String = node.macros.iter().map(|name| format!("{name}: ")).collect();
    if let Some(exception) = &node.exception {
        origin.push_str(&format!("exception {exception}: "));
    }
    let mut line = Line {
        node,
        branch: branch.to_owned(),
        stem: stem.to_owned(),
        origin,
        text: String::new(),
        value: String::new(),
        color: Color::Green,
        needs: None,
        written: None,
    };
    match &node.kind {
        ExplainKind::And(_) => line.text = "and".into(),
        ExplainKind::Or(_) => line.text = "or".into(),
        ExplainKind::Not(_) => line.text = "not".into(),
        ExplainKind::Atom { text, truth, value, right_value, written, needs, .. } => {
            line.text.clone_from(text);
            line.value = value.clone().map_or_else(|| "no value".into(), |value| format!("is {value}"));
            if let Some(right) = right_value {
                line.value.push_str(&format!(", against {right}"));
            }
            line.color = match truth {
                Truth::True => Color::Green,
                Truth::False => Color::Red,
                Truth::NoValue => Color::Yellow,
            };
            line.needs = needs.as_deref();
            line.written = written.as_ref();
        }
    }
    let comparisons = if shape.whole || matters(node, shape) { 0 } else { comparisons(node) };
    if comparisons > SMALL {
        line.text = format!("{} … ({})", line.text, render::count(comparisons, "comparison"));
        out.push(line);
        return;
    }
    out.push(line);
    let children = node.children();
    for (index, child) in children.iter().enumerate() {
        let (branch, below) = if index + 1 == children.len() { ("└─ ", "   ") } else { ("├─ ", "│  ") };
        flatten(child, &format!("{stem}{branch}"), &format!("{stem}{below}"), shape, out);
    }
}

/// Whether something in a part decides: of a miss what keeps it from matching, of a match what it would not do without.
fn matters(node: &ExplainNode, shape: Shape) -> bool {
    match &node.kind {
        ExplainKind::Atom { needs, .. } => {
            if shape.matches {
                node.decisive && node.holds
            } else {
                needs.is_some()
            }
        }
        _ => node.children().iter().any(|child| matters(child, shape)),
    }
}

fn comparisons(node: &ExplainNode) -> usize {
    match &node.kind {
        ExplainKind::Atom { .. } => 1,
        _ => node.children().iter().map(comparisons).sum(),
    }
}

/// The text in one line of so many columns.
fn clip(text: &str, width: usize) -> String {
    let text = text.replace(['\n', '\r', '\t'], " ");
    if text.chars().count() <= width {
        return text;
    }
    let mut cut: String = text.chars().take(width.saturating_sub(1)).collect();
    cut.push('…');
    cut
}
