//! Explanations as JSON. The language server hands these documents on, so their shape is told in docs/lsp-extensions.md.

use falco_compiler::SourceFile;
use falco_compiler::program::{Program, Provenance};
use falco_engine::eval::{ExplainKind, ExplainNode};
use serde_json::{Value, json};

use super::find::{About, Explained, Found, Overview};
use crate::places::Places;

/// The document of what was found.
pub fn document(found: &Found, program: &Program, files: &[SourceFile]) -> Value {
    let places: Vec<Places<'_>> = files.iter().map(Places::new).collect();
    let cx = Context { program, files, places: &places };
    match found {
        Found::Event(explained) => {
            let mut value = json!({"version": 1, "rule": explained.explanation.name});
            merge(&mut value, cx.explained(explained));
            value
        }
        Found::Nearest(overview) => cx.overview(overview),
        Found::NoEvent { seen } => json!({"version": 1, "events": seen}),
    }
}

fn merge(value: &mut Value, more: Value) {
    if let (Value::Object(value), Value::Object(more)) = (value, more) {
        value.extend(more);
    }
}

struct Context<'a> {
    program: &'a Program,
    files: &'a [SourceFile],
    places: &'a [Places<'a>],
}

impl Context<'_> {
    fn overview(&self, overview: &Overview) -> Value {
        let name = self.program.rules.get(overview.rule as usize).map_or("", |rule| rule.name.as_str());
        json!({
            "version": 1, "rule": name, "events": overview.seen, "judged": overview.judged, "matched": overview.matched,
            "matches": overview.matches.iter().map(about).collect::<Vec<_>>(),
            "misses": overview.misses.iter().map(|miss| self.explained(miss)).collect::<Vec<_>>(),
        })
    }

    fn explained(&self, explained: &Explained) -> Value {
        let explanation = &explained.explanation;
        let taken_by = explained.taken_by.and_then(|rule| self.program.rules.get(rule as usize)).map(|rule| &rule.name);
        json!({
            "event": about(&explained.about), "matches": explanation.matches, "distance": explanation.distance,
            "count": explained.count, "taken_by": taken_by, "condition": self.node(&explanation.root),
        })
    }

    fn node(&self, node: &ExplainNode) -> Value {
        let mut value = match &node.kind {
            ExplainKind::And(_) => json!({"kind": "and"}),
            ExplainKind::Or(_) => json!({"kind": "or"}),
            ExplainKind::Not(_) => json!({"kind": "not"}),
            ExplainKind::Atom { text, truth, value, right_value, written, needs, .. } => json!({
                "kind": "comparison", "text": text, "truth": truth.as_str(), "value": value, "right_value": right_value,
                "needs": needs, "written": written.as_ref().map(|written| self.written(written)),
            }),
        };
        value["holds"] = node.holds.into();
        value["decisive"] = node.decisive.into();
        if !node.macros.is_empty() {
            value["macros"] = json!(node.macros);
        }
        if let Some(exception) = &node.exception {
            value["exception"] = json!(exception);
        }
        let children: Vec<Value> = node.children().iter().map(|child| self.node(child)).collect();
        if !children.is_empty() {
            value["children"] = Value::Array(children);
        }
        value
    }

    fn written(&self, written: &Provenance) -> Value {
        let file = self.files.get(written.file as usize).map(|file| file.path.as_str());
        let places = self.places.get(written.file as usize);
        let range = places.map(|places| places.range(written.range.start as usize..written.range.end as usize));
        json!({
            "file": file, "range": range, "text": written.text, "macros": written.macros, "exception": written.exception,
        })
    }
}

fn about(about: &About) -> Value {
    json!({"number": about.number, "type": about.kind, "time": about.time, "output": about.output})
}
