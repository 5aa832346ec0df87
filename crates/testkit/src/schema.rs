//! The JSON Schema of the test format, made from the table of its keys.

use falco_catalog::language::PRIORITIES;
use falco_catalog::test_format::{TestBlock, TestValue};
use serde_json::{Map, Value, json};

/// The schema, draft 2020-12.
pub fn schema() -> Value {
    let mut schema = block(TestBlock::File);
    let head = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "falco-rs rule tests",
        "description": "Which events must raise which alerts.",
    });
    for (key, value) in head.as_object().into_iter().flatten() {
        schema[key] = value.clone();
    }
    schema["$defs"] = json!({
        "value": {
            "description": "The value of a field; null takes back what `defaults` gave.",
            "anyOf": [
                {"type": ["string", "number", "boolean", "null"]},
                {"type": "array", "items": {"type": ["string", "number", "boolean"]}},
            ],
        },
        "text": {"type": ["string", "number", "boolean"]},
        "expected": {"anyOf": [{"type": ["string", "number", "boolean", "null"]}, {"$ref": "#/$defs/matcher"}]},
        "matcher": block(TestBlock::Matcher),
        "mock": block(TestBlock::Mock),
        "expectation": block(TestBlock::Expectation),
        "test": test(),
    });
    schema
}

/// A test has its events from one place.
fn test() -> Value {
    let mut test = block(TestBlock::Case);
    test["oneOf"] = json!([{"required": ["events"]}, {"required": ["capture"]}, {"required": ["command"]}]);
    test
}

fn block(block: TestBlock) -> Value {
    let mut properties = Map::new();
    for key in block.keys() {
        let mut property = value(key.value);
        property["description"] = json!(key.detail);
        properties.insert(key.name.to_owned(), property);
    }
    let required: Vec<&str> = block.keys().iter().filter(|key| key.required).map(|key| key.name).collect();
    json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
}

fn reference(block: TestBlock) -> Value {
    let name = match block {
        TestBlock::File => return json!({"$ref": "#"}),
        TestBlock::Case => "test",
        TestBlock::Expectation => "expectation",
        TestBlock::Matcher => "matcher",
        TestBlock::Mock => "mock",
    };
    json!({"$ref": format!("#/$defs/{name}")})
}

fn value(value: TestValue) -> Value {
    let text = || json!({"$ref": "#/$defs/text"});
    let texts = || json!({"type": "array", "items": text()});
    let fields = || json!({"type": "object", "additionalProperties": {"$ref": "#/$defs/value"}});
    match value {
        TestValue::Text => json!({"anyOf": [text()]}),
        TestValue::Texts | TestValue::Tags => texts(),
        TestValue::TextOrTexts | TestValue::Command => json!({"anyOf": [text(), texts()]}),
        // A text where a matrix gives the number.
        TestValue::Count => json!({"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string"}]}),
        TestValue::Priority => {
            // Falco takes priorities in any case.
            let any_case = |name: &&str| {
                name.chars()
                    .map(|c| format!("[{}{}]", c.to_ascii_uppercase(), c.to_ascii_lowercase()))
                    .collect::<String>()
            };
            let patterns: Vec<String> = PRIORITIES.iter().chain(&["Info"]).map(any_case).collect();
            json!({"anyOf": [
                {"enum": PRIORITIES},
                {"type": "string", "pattern": format!(r"^({}|.*\$\{{.*)$", patterns.join("|"))},
            ]})
        }
        TestValue::Bool => json!({"type": "boolean"}),
        TestValue::Fields => fields(),
        TestValue::FieldsList => json!({"type": "array", "items": fields()}),
        TestValue::Matchers => json!({"type": "object", "additionalProperties": {"$ref": "#/$defs/expected"}}),
        TestValue::One(block) => json!({"allOf": [reference(block)]}),
        TestValue::Many(block) => json!({"type": "array", "items": reference(block)}),
        TestValue::TextOr(block) => json!({"anyOf": [text(), reference(block)]}),
        TestValue::Conditions => json!({"type": "object", "additionalProperties": text()}),
        TestValue::Lists => json!({"type": "object", "additionalProperties": texts()}),
        TestValue::Matrix => json!({"anyOf": [
            {"type": "object", "additionalProperties": {"type": "array", "items": {"$ref": "#/$defs/value"}}},
            {"type": "array", "items": fields()},
        ]}),
    }
}

#[cfg(test)]
mod tests;
