//! The page in Markdown.

use std::fmt::Write as _;

use super::{Catalogue, anchors, events};

/// The page.
pub fn page(catalogue: &Catalogue) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write_page(catalogue, &mut out);
    out
}

fn write_page(catalogue: &Catalogue, out: &mut String) -> std::fmt::Result {
    let anchors = anchors(&catalogue.rules);
    writeln!(out, "# {}\n\n| rule | priority | tags |\n| --- | --- | --- |", escaped(&catalogue.title))?;
    for (rule, anchor) in catalogue.rules.iter().zip(&anchors) {
        let tags: Vec<String> = rule.tags.iter().map(|(tag, link)| linked(tag, link.as_deref())).collect();
        let off = if rule.enabled { "" } else { " (disabled)" };
        writeln!(out, "| [{}](#{anchor}){off} | {} | {} |", escaped(&rule.name), rule.priority, tags.join(", "))?;
    }
    for (rule, anchor) in catalogue.rules.iter().zip(&anchors) {
        writeln!(out, "\n<a id=\"{anchor}\"></a>\n\n## {}\n", escaped(&rule.name))?;
        if !rule.description.is_empty() {
            writeln!(out, "{}\n", escaped(&rule.description))?;
        }
        let state = if rule.enabled { "on by default" } else { "off by default" };
        writeln!(out, "- **Priority** {}, source `{}`, {state}", rule.priority, rule.source)?;
        let tags: Vec<String> = rule.tags.iter().map(|(tag, link)| linked(tag, link.as_deref())).collect();
        if !tags.is_empty() {
            writeln!(out, "- **Tags** {}", tags.join(", "))?;
        }
        if let Some(events) = events(rule) {
            writeln!(out, "- **Event types** {events}")?;
        }
        for (what, names) in [("Uses", &rule.uses), ("Exceptions", &rule.exceptions)] {
            if !names.is_empty() {
                let names: Vec<String> = names.iter().map(|name| code(name)).collect();
                writeln!(out, "- **{what}** {}", names.join(", "))?;
            }
        }
        let places: Vec<String> = rule.places.iter().map(|place| code(place)).collect();
        writeln!(out, "- **Written at** {}", places.join(", "))?;
        if let Some(tested) = &rule.tested {
            writeln!(out, "- **Coverage by tests** {:.0} %", tested.coverage)?;
            for (name, verdict) in &tested.cases {
                writeln!(out, "  - {} ({verdict})", escaped(name))?;
            }
        }
        writeln!(out, "\nCondition:\n\n{}\n\nOutput:\n\n{}", block(&rule.condition.join("\n")), block(&rule.output))?;
    }
    Ok(())
}

fn linked(tag: &str, link: Option<&str>) -> String {
    match link {
        Some(link) => format!("[{}]({link})", escaped(tag)),
        None => escaped(tag),
    }
}

/// Text in which nothing is markup.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '&' => out.extend(['\\', c]),
            '\n' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// The longest run of backticks.
fn ticks(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

fn code(text: &str) -> String {
    let fence = "`".repeat(ticks(text) + 1);
    let blank = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{blank}{text}{blank}{fence}")
}

fn block(text: &str) -> String {
    let fence = "`".repeat(ticks(text).max(2) + 1);
    format!("{fence}text\n{}\n{fence}", text.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_name_is_markup() {
        assert_eq!(escaped("a_b *c* <d> | e\nf"), "a\\_b \\*c\\* \\<d\\> \\| e f");
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("`"), "`` ` ``");
        assert!(block("```").starts_with("````text\n"));
    }
}
