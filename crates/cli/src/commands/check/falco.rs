//! The JSON document of `falco -V` with `json_output`.

use falco_compiler::LoadResult;
use serde_json::{Value, json};

/// The document for these files.
pub fn document(loads: &[LoadResult]) -> Value {
    let message = |m: &falco_compiler::FalcoMessage| {
        let locations: Vec<Value> = m
            .locations
            .iter()
            .map(|l| {
                let p = &l.position;
                json!({
                    "item_type": l.item_type, "item_name": l.item_name,
                    "position": {"name": p.name, "line": p.line, "column": p.column, "offset": p.offset},
                })
            })
            .collect();
        let mut value = json!({
            "code": m.code.as_str(), "codedesc": m.code.description(), "message": m.message,
            "context": {"locations": locations, "snippet": m.snippet},
        });
        if let Some(field) = m.deprecated_field {
            value["deprecated_field"] = json!(field);
        }
        value
    };
    let results: Vec<Value> = loads
        .iter()
        .map(|load| {
            let mut value = json!({
                "name": load.name,
                "successful": load.successful,
                "errors": load.errors.iter().map(message).collect::<Vec<_>>(),
                "warnings": load.warnings.iter().map(message).collect::<Vec<_>>(),
            });
            if let Some(schema) = &load.schema {
                value["schema_valid"] = json!(schema.is_valid());
                value["schema_warnings"] = json!(schema.warnings);
            }
            value
        })
        .collect();
    json!({ "falco_load_results": results })
}
