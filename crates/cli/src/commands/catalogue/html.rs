//! The page in HTML: one file that needs nothing else.

use std::fmt::Write as _;

use super::{Catalogue, Entry, anchors, events};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("filter.js");

/// The page.
pub fn page(catalogue: &Catalogue) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write_page(catalogue, &mut out);
    out
}

fn write_page(catalogue: &Catalogue, out: &mut String) -> std::fmt::Result {
    let title = escaped(&catalogue.title);
    let anchors = anchors(&catalogue.rules);
    write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
         <style>\n{STYLE}</style>\n</head>\n<body>\n<header><h1>{title}</h1>\n\
         <label>Filter <input type=\"search\" id=\"filter\" placeholder=\"name, tag, priority, field\"></label>\n\
         <p id=\"shown\" aria-live=\"polite\">{} rules</p></header>\n<nav aria-label=\"Rules\"><ol>\n",
        catalogue.rules.len()
    )?;
    for (rule, anchor) in catalogue.rules.iter().zip(&anchors) {
        let (name, priority) = (escaped(&rule.name), rule.priority);
        writeln!(
            out,
            "<li><a href=\"#{anchor}\">{name}</a> <span class=\"priority {priority}\">{priority}</span></li>"
        )?;
    }
    out.push_str("</ol></nav>\n<main>\n");
    for (rule, anchor) in catalogue.rules.iter().zip(&anchors) {
        article(rule, anchor, out)?;
    }
    write!(out, "</main>\n<script>\n{SCRIPT}</script>\n</body>\n</html>\n")
}

fn article(rule: &Entry, anchor: &str, out: &mut String) -> std::fmt::Result {
    let (name, priority) = (escaped(&rule.name), rule.priority);
    writeln!(out, "<article id=\"{anchor}\">\n<h2>{name} <span class=\"priority {priority}\">{priority}</span></h2>")?;
    if !rule.description.is_empty() {
        writeln!(out, "<p>{}</p>", escaped(&rule.description))?;
    }
    out.push_str("<dl>\n");
    let state = if rule.enabled { "" } else { ", off by default" };
    writeln!(out, "<dt>Source</dt><dd>{}{state}</dd>", escaped(&rule.source))?;
    if !rule.tags.is_empty() {
        let tag = |(tag, link): &(String, Option<String>)| match link {
            Some(link) => format!("<a class=\"tag\" href=\"{link}\">{}</a>", escaped(tag)),
            None => format!("<span class=\"tag\">{}</span>", escaped(tag)),
        };
        let tags: Vec<String> = rule.tags.iter().map(tag).collect();
        writeln!(out, "<dt>Tags</dt><dd>{}</dd>", tags.join(" "))?;
    }
    if let Some(events) = events(rule) {
        writeln!(out, "<dt>Event types</dt><dd>{}</dd>", escaped(&events))?;
    }
    for (what, names) in [("Uses", &rule.uses), ("Exceptions", &rule.exceptions), ("Written at", &rule.places)] {
        if !names.is_empty() {
            let names: Vec<String> = names.iter().map(|name| format!("<code>{}</code>", escaped(name))).collect();
            writeln!(out, "<dt>{what}</dt><dd>{}</dd>", names.join(", "))?;
        }
    }
    if let Some(tested) = &rule.tested {
        writeln!(out, "<dt>Coverage by tests</dt><dd>{:.0} %</dd>\n<dt>Tests</dt><dd><ul>", tested.coverage)?;
        for (name, verdict) in &tested.cases {
            writeln!(out, "<li>{} <span class=\"verdict\">{verdict}</span></li>", escaped(name))?;
        }
        out.push_str("</ul></dd>\n");
    }
    let condition = escaped(&rule.condition.join("\n"));
    let output = escaped(rule.output.trim_end());
    writeln!(out, "</dl>\n<h3>Condition</h3>\n<pre>{condition}</pre>\n<h3>Output</h3>\n<pre>{output}</pre>\n</article>")
}

/// Text in which nothing is markup.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
