//! Test fixtures: rules files with their expected diagnostics written under the lines they are for.
//!
//! Several files in one text begin with `//- NAME` lines; without one the file is `rules.yaml`. `$0` marks a cursor. An
//! annotation is a line that begins with `#` and underlines a part of the line above it: `^^^^` a stretch, `|` an empty place;
//! `…` behind it says that the stretch goes on over the next line. Then come severity and message, and the help behind `; `:
//!
//! ```text
//! - macro: m
//!   condition: proc.nam = cat
//! #            ^^^^^^^^ error: unknown field `proc.nam`; did you mean `proc.name`?
//! ```
//!
//! [`strip`] takes the annotations out, [`annotate`] puts those of a compilation in; a test compares the texts.

use crate::diagnostic::Diagnostic;
use crate::{SourceFile, Span};

/// A fixture without its annotations.
#[derive(Debug, Clone)]
pub struct Fixture {
    /// The files, in order.
    pub files: Vec<SourceFile>,
    /// Where `$0` stood.
    pub cursor: Option<Span>,
    /// Whether the files were named.
    named: bool,
}

/// Takes annotations and the cursor out of a fixture's text.
pub fn strip(text: &str) -> Fixture {
    let text = text.strip_prefix('\n').unwrap_or(text);
    let named = text.lines().any(|line| line.starts_with("//- "));
    let mut files: Vec<(String, String)> = Vec::new();
    for line in text.split_inclusive('\n') {
        if let Some(name) = line.strip_prefix("//- ") {
            files.push((name.trim().to_owned(), String::new()));
        } else if !is_annotation(line) {
            if files.is_empty() {
                files.push(("rules.yaml".to_owned(), String::new()));
            }
            if let Some((_, text)) = files.last_mut() {
                text.push_str(line);
            }
        }
    }
    let mut cursor = None;
    for (number, (_, text)) in (0u32..).zip(&mut files) {
        if let Some(at) = text.find("$0") {
            text.replace_range(at..at + 2, "");
            let at = at as u32;
            cursor = Some(Span { file: crate::FileId(number), start: at, end: at });
        }
    }
    let files = files.into_iter().map(|(name, text)| SourceFile::new(name, text)).collect();
    Fixture { files, cursor, named }
}

fn is_annotation(line: &str) -> bool {
    line.strip_prefix('#').is_some_and(|rest| rest.trim_start_matches(' ').starts_with(['^', '|']))
}

/// The fixture's text with annotations for the diagnostics.
pub fn annotate(fixture: &Fixture, diagnostics: &[Diagnostic]) -> String {
    let mut out = String::new();
    for (number, file) in fixture.files.iter().enumerate() {
        if fixture.named {
            out.push_str(&format!("//- {}\n", file.path));
        }
        let mut start = 0;
        for line in file.text.split_inclusive('\n') {
            let end = start + line.len();
            out.push_str(line);
            if !line.ends_with('\n') {
                out.push('\n');
            }
            let last = end == file.text.len();
            let here = diagnostics.iter().filter(|d| {
                let at = d.span.start as usize;
                d.span.file.index() == number && start <= at && (at < end || last && at == end)
            });
            for diagnostic in here {
                out.push_str(&annotation(line, start, diagnostic));
            }
            start = end;
        }
    }
    out
}

fn annotation(line: &str, start: usize, diagnostic: &Diagnostic) -> String {
    let content = line.trim_end_matches(['\n', '\r']);
    let from = (diagnostic.span.start as usize - start).min(content.len());
    let to = (diagnostic.span.end as usize - start).clamp(from, content.len());
    let chars = |a: usize, b: usize| content.get(a..b).map_or(0, |text| text.chars().count());
    let column = chars(0, from);
    let mark = match chars(from, to) {
        0 => "|".to_owned(),
        width => "^".repeat(width),
    };
    let more = if diagnostic.span.end as usize - start > content.len() { "…" } else { "" };
    let help = diagnostic.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
    // The `#` takes the first column; a mark there moves by one.
    let indent = " ".repeat(column.saturating_sub(1));
    format!("#{indent}{mark}{more} {}: {}{help}\n", diagnostic.severity, diagnostic.message)
}

/// Compiles a fixture with the whole catalogue and compares its annotations. Lints that look at what rules mean are left out, since
/// rules of examples mean little; see [`check_lint`].
///
/// # Panics
/// When the annotations are not what they should be.
#[track_caller]
pub fn check(text: &str) {
    check_for(crate::Version::FALCO_0_44, text);
}

/// The same for another engine.
///
/// # Panics
/// When the annotations are not what they should be.
#[track_caller]
pub fn check_for(engine: crate::Version, text: &str) {
    let mut options = crate::Options::new(std::sync::Arc::new(falco_catalog::Catalog::builtin()));
    options.engine_version = engine;
    without_meaning(&mut options);
    compare(text, &options, |_| true);
}

/// Switches off the lints that look at what rules mean: rules of examples mean little.
///
/// # Panics
/// Never: the lints are known.
pub fn without_meaning(options: &mut crate::Options) {
    for (lint, _) in crate::lints::OF_MEANING {
        options.lints.set(lint.code, crate::LintLevel::Off).unwrap_or_else(|error| panic!("{error}"));
    }
}

/// Compares the annotations of one lint, which is a warning unless it is louder.
///
/// # Panics
/// When the annotations are not what they should be.
#[track_caller]
pub fn check_lint(code: &str, text: &str) {
    let mut options = crate::Options::default();
    options.lints.set(code, crate::LintLevel::Warning).unwrap_or_else(|error| panic!("{error}"));
    compare(text, &options, |diagnostic| diagnostic.code == code);
}

#[track_caller]
fn compare(text: &str, options: &crate::Options, wanted: impl Fn(&Diagnostic) -> bool) {
    let fixture = strip(text);
    let compilation = crate::compile(&fixture.files, options);
    let found: Vec<Diagnostic> = compilation.iter().filter(|diagnostic| wanted(diagnostic)).cloned().collect();
    let ours = annotate(&fixture, &found);
    let expected = text.strip_prefix('\n').unwrap_or(text);
    assert!(ours == expected, "\n--- expected\n{expected}\n--- ours\n{ours}");
}

/// Compiles a rule of that condition and says that it has no finding of that code.
///
/// # Panics
/// When it has one, or does not load.
#[track_caller]
pub fn conditions_without(code: &str, condition: &str) {
    let text =
        format!("- rule: r\n  desc: a rule of a test\n  condition: {condition}\n  output: x\n  priority: INFO\n");
    let mut options = crate::Options::default();
    options.lints.set(code, crate::LintLevel::Warning).unwrap_or_else(|error| panic!("{error}"));
    let compilation = crate::compile(&[SourceFile::new("rules.yaml", text)], &options);
    assert!(compilation.loads(), "{condition}: {:?}", compilation.diagnostics());
    let found: Vec<&Diagnostic> = compilation.iter().filter(|diagnostic| diagnostic.code == code).collect();
    assert!(found.is_empty(), "{condition}: {found:?}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn annotations_and_cursors_come_out() {
        let fixture = strip("\n//- a.yaml\n- list: a\n#       ^ error: x\n  items: [$0]\n//- b.yaml\n# a comment\n");
        assert_eq!(fixture.files.len(), 2);
        assert_eq!(&*fixture.files[0].text, "- list: a\n  items: []\n");
        assert_eq!(&*fixture.files[1].text, "# a comment\n");
        assert_eq!(fixture.cursor.map(|cursor| cursor.start), Some(20));
    }
}
