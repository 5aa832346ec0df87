//! `falco-rs graph`: which rules, macros and lists use which.

use std::io::Write;

use falco_compiler::ItemKind;
use falco_ide::{Analysis, Graph, Settings};
use serde_json::{Value, json};

use crate::args::{self, Global, GraphFormat};
use crate::commands::fix::workspace_files;
use crate::error::CliError;
use crate::inputs::Rules;
use crate::places::Places;
use crate::{Outcome, Result, render};

/// Prints the graph.
pub fn run(args: &args::Graph, global: &Global) -> Result {
    let rules = Rules::load(&args.paths)?;
    let analysis = Analysis::new(workspace_files(&rules.files), &Settings::default(), None);
    let mut graph = analysis.graph();
    if let Some(name) = &args.of {
        let near = CliError::nothing_named(name, graph.nodes.iter().map(|node| node.name.as_str()));
        graph = graph.around(name);
        if graph.nodes.is_empty() {
            return Err(near);
        }
    }
    let mut out = render::stdout(global);
    match args.format {
        GraphFormat::Dot => dot(&graph, &mut out)?,
        GraphFormat::Json => {
            serde_json::to_writer(&mut out, &document(&graph, &rules)).map_err(std::io::Error::from)?;
            writeln!(out)?;
        }
    }
    out.flush()?;
    Ok(Outcome::Clean)
}

fn dot(graph: &Graph, out: &mut dyn Write) -> Result<()> {
    writeln!(out, "digraph rules {{\n  rankdir=LR;\n  node [fontname=\"sans-serif\"];")?;
    for (number, node) in graph.nodes.iter().enumerate() {
        let shape = match node.kind {
            ItemKind::List => "note",
            ItemKind::Macro => "ellipse",
            _ => "box",
        };
        writeln!(out, "  n{number} [shape={shape}, label={}];", quoted(&node.name))?;
    }
    for edge in &graph.edges {
        let label = if edge.times > 1 { format!(" [label=\"{}×\"]", edge.times) } else { String::new() };
        writeln!(out, "  n{} -> n{}{label};", edge.from, edge.to)?;
    }
    writeln!(out, "}}")?;
    Ok(())
}

/// A string of the DOT language. Only the quote ends one; a backslash begins an escape of a label.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

fn document(graph: &Graph, rules: &Rules) -> Value {
    let places: Vec<Places> = rules.files.iter().map(Places::new).collect();
    let nodes = graph.nodes.iter().map(|node| {
        let at = node.item.and_then(|item| Some((rules.files.get(item.file.index())?, places.get(item.file.index())?, item)));
        json!({
            "kind": node.kind.head_key(), "name": node.name,
            "file": at.map(|(file, _, _)| &file.path), "line": at.map(|(_, places, item)| places.line(item.range().start)),
        })
    });
    let edges = graph.edges.iter().map(|edge| json!({"from": edge.from, "to": edge.to, "times": edge.times}));
    json!({"version": 1, "nodes": nodes.collect::<Vec<_>>(), "edges": edges.collect::<Vec<_>>()})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_strings_of_dot() {
        assert_eq!(quoted(r#"a "quoted" \ name"#), r#""a \"quoted\" \\ name""#);
    }
}
