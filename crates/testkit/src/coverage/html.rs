//! Coverage as one page that needs nothing else: a table of the rules, and the files with every comparison marked. Colours are never all
//! that says something: every mark has a sign and a text, too.

use std::fmt::Write;

use falco_compiler::SourceFile;

use super::{CoverageReport, Covered, Level, Share};

const STYLE: &str = include_str!("page.css");

/// The page.
pub fn document(report: &CoverageReport, files: &[SourceFile]) -> String {
    let share = report.share();
    let mut out = String::new();
    let _ = write!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\">\n<title>Coverage of rules</title>\n<style>\n{STYLE}</style>\n</head>\n\
         <body>\n<main>\n<h1>Coverage of rules</h1>\n<p class=\"total\"><strong>{:.1}%</strong> of what tests could show of \
         {} comparisons was seen ({} of {}).</p>\n{LEGEND}",
        share.percent(),
        report.comparisons().count(),
        share.seen,
        share.of
    );
    table(report, &mut out);
    for (number, file) in files.iter().enumerate() {
        let comparisons: Vec<&Covered> = report.comparisons().filter(|c| c.file == file.path).collect();
        if !comparisons.is_empty() {
            source(number, file, &comparisons, &mut out);
        }
    }
    out.push_str("</main>\n</body>\n</html>\n");
    out
}

const LEGEND: &str = "<section aria-labelledby=\"legend\"><h2 id=\"legend\">How to read it</h2>\n<ul class=\"legend\">\n\
    <li><mark class=\"full\">comparison<sup>✓</sup></mark> tests saw it true, false and decisive: had it alone come out the \
    other way, so had the rule</li>\n\
    <li><mark class=\"some\">comparison<sup>−T −F −D</sup></mark> tests never saw it <b>T</b>rue, <b>F</b>alse, \
    <b>D</b>ecisive: the letters say which</li>\n\
    <li><mark class=\"none\">comparison<sup>✗</sup></mark> no test came to it</li>\n</ul>\n\
    <p>Point at a comparison, or move to it with the Tab key, for its numbers.</p></section>\n";

fn table(report: &CoverageReport, out: &mut String) {
    out.push_str(
        "<section aria-labelledby=\"items\"><h2 id=\"items\">Rules, macros, exceptions</h2>\n<table>\n<thead><tr><th \
         scope=\"col\">Item</th><th scope=\"col\">File</th><th scope=\"col\" class=\"number\">Seen</th><th scope=\"col\">Share</th>\
         </tr></thead>\n<tbody>\n",
    );
    for (file, name, Share { seen, of }) in report.owners() {
        let percent = Share { seen, of }.percent();
        let _ = writeln!(
            out,
            "<tr><th scope=\"row\">{}</th><td>{}</td><td class=\"number\">{seen} of {of}</td><td><meter min=\"0\" max=\"100\" \
             value=\"{percent:.1}\">{percent:.0}%</meter> {percent:.0}%</td></tr>",
            escape(&name),
            escape(file)
        );
    }
    out.push_str("</tbody>\n</table></section>\n");
}

fn source(number: usize, file: &SourceFile, comparisons: &[&Covered], out: &mut String) {
    let _ = write!(
        out,
        "<section aria-labelledby=\"file{number}\"><h2 id=\"file{number}\">{}</h2>\n<pre><code>",
        escape(&file.path)
    );
    let text = &*file.text;
    let mut body = String::new();
    let mut at = 0;
    let mut rest = comparisons;
    while let Some((first, _)) = rest.split_first() {
        let (start, end) = (first.range.start as usize, first.range.end as usize);
        // What stands at one place, such as the values of an exception, is one mark.
        let same = rest.iter().take_while(|c| (c.range.start as usize) < end.max(start + 1)).count().max(1);
        let (here, after) = rest.split_at(same);
        rest = after;
        let (Some(before), Some(words)) = (text.get(at..start), text.get(start..end)) else { continue };
        body.push_str(&escape(before));
        mark(words, here, &mut body);
        at = end;
    }
    body.push_str(&escape(text.get(at..).unwrap_or_default()));
    for (line, text) in (1..).zip(body.trim_end_matches('\n').split('\n')) {
        let _ =
            write!(out, "<span class=\"line\" id=\"f{number}l{line}\"><span class=\"no\">{line}</span>{text}</span>");
    }
    out.push_str("</code></pre></section>\n");
}

/// A stretch of a file with what was seen of the comparisons in it. A mark that goes over several lines is closed and opened again at
/// each, since lines are elements of their own.
fn mark(words: &str, comparisons: &[&Covered], out: &mut String) {
    let level = comparisons.iter().map(|c| c.level()).min().unwrap_or(Level::None);
    let lacks = |letter: char, seen: fn(&Covered) -> bool| {
        if comparisons.iter().all(|c| seen(c)) { String::new() } else { format!("−{letter}") }
    };
    let (class, sign) = match level {
        Level::Full => ("full", "✓".to_owned()),
        Level::None => ("none", "✗".to_owned()),
        Level::Some => {
            let letters = [
                lacks('T', |c| c.counts.yes > 0),
                lacks('F', |c| c.counts.no + c.counts.no_value > 0),
                lacks('D', |c| c.counts.decisive > 0),
            ];
            ("some", letters.into_iter().filter(|l| !l.is_empty()).collect::<Vec<_>>().join(" "))
        }
    };
    let told: Vec<String> = comparisons.iter().map(|c| told(c)).collect();
    let title = escape(&told.join("\n"));
    let lines: Vec<&str> = words.split('\n').collect();
    for (place, line) in lines.iter().enumerate() {
        if place > 0 {
            out.push('\n');
        }
        let bare = line.trim_start();
        let (blank, _) = line.split_at(line.len() - bare.len());
        out.push_str(blank);
        if bare.is_empty() {
            continue;
        }
        let last = place + 1 == lines.len();
        let focus = if last { " tabindex=\"0\"" } else { "" };
        let _ = write!(out, "<mark class=\"{class}\"{focus} title=\"{title}\">{}", escape(bare));
        if last {
            let _ = write!(out, "<sup aria-label=\"{title}\">{sign}</sup>");
        }
        out.push_str("</mark>");
    }
}

fn told(covered: &Covered) -> String {
    let counts = covered.counts;
    let numbers = format!(
        "{}: true {}, false {}, without value {}, decisive {}",
        covered.text, counts.yes, counts.no, counts.no_value, counts.decisive
    );
    let lacks: Vec<&str> = covered.lacks().iter().map(|p| p.lack()).collect();
    if lacks.is_empty() { numbers } else { format!("{numbers} ({})", lacks.join(", ")) }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
