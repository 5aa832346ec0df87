//! `--append-output`: a text, or an entry of Falco's `append_output`.

use falco_catalog::Catalog;
use falco_compiler::AppendOutput;
use serde_json::{Map, Value};

use crate::Result;
use crate::error::CliError;

/// Reads an addition. What is an object in JSON is an entry, everything else a text with fields.
pub fn parse(text: &str, catalog: &Catalog) -> Result<AppendOutput> {
    match serde_json::from_str(text) {
        Ok(Value::Object(entry)) => read(&entry, catalog).map_err(|wrong| {
            CliError::Usage(format!("`--append-output`: {wrong}, as Falco's `append_output` has it, in `{text}`"))
        }),
        _ => Ok(AppendOutput { extra_output: Some(text.to_owned()), ..AppendOutput::default() }),
    }
}

type Read<T> = std::result::Result<T, String>;

fn read(entry: &Map<String, Value>, catalog: &Catalog) -> Read<AppendOutput> {
    let mut append = AppendOutput::default();
    let mut suggested = false;
    for (key, value) in entry {
        match key.as_str() {
            "match" => {
                for (key, value) in value.as_object().ok_or("`match` is an object")? {
                    match key.as_str() {
                        "source" => append.source = Some(string(key, value)?),
                        "rule" => append.rule = Some(string(key, value)?),
                        "tags" => {
                            let tags = value.as_array().ok_or("`tags` is a list")?;
                            append.tags = tags.iter().map(|tag| string("tags", tag)).collect::<Read<_>>()?;
                        }
                        _ => return Err(format!("`match` has `source`, `rule` and `tags`, no `{key}`")),
                    }
                }
            }
            "extra_output" => append.extra_output = Some(string(key, value)?),
            "extra_fields" => {
                for field in value.as_array().ok_or("`extra_fields` is a list")? {
                    match field {
                        Value::String(name) => append.extra_fields.push((name.clone(), String::new())),
                        Value::Object(named) => {
                            for (name, format) in named {
                                append.extra_fields.push((name.clone(), string(name, format)?));
                            }
                        }
                        _ => {
                            return Err(
                                "each of `extra_fields` is a field's name or an object of a name and a format".into()
                            );
                        }
                    }
                }
            }
            "suggested_output" => suggested = value.as_bool().ok_or("`suggested_output` is true or false")?,
            _ => {
                let keys = "`match`, `extra_output`, `extra_fields` and `suggested_output`";
                return Err(format!("an entry has {keys}, no `{key}`"));
            }
        }
    }
    if suggested {
        let suggested = suggestions(catalog);
        let own = append.extra_output.take();
        append.extra_output = Some(own.into_iter().chain([suggested]).collect::<Vec<_>>().join(" "));
    }
    Ok(append)
}

fn string(key: &str, value: &Value) -> Read<String> {
    value.as_str().map(str::to_owned).ok_or_else(|| format!("`{key}` is a text"))
}

/// The fields that the container plugin suggests for outputs, each as `container_id=%container.id`. Falco has those of the plugins that
/// it loads, and it loads this one by default.
fn suggestions(catalog: &Catalog) -> String {
    let fields = catalog.fields_of_source("syscall").filter(|field| field.flags.suggested_output());
    let ours = fields.filter(|field| ["container.", "k8s."].iter().any(|class| field.name.starts_with(class)));
    ours.map(|field| format!("{}=%{}", field.name.replace('.', "_"), field.name)).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(text: &str) -> Result<AppendOutput> {
        parse(text, &Catalog::builtin())
    }

    #[test]
    fn texts_are_texts() {
        for text in ["pid=%proc.pid", "{%proc.pid}", "7", ""] {
            let append = AppendOutput { extra_output: Some(text.into()), ..AppendOutput::default() };
            assert_eq!(entry(text).unwrap(), append);
        }
    }

    #[test]
    fn entries_have_falcos_keys() {
        let text = r#"{"match": {"source": "syscall", "rule": "R", "tags": ["a", "b"]}, "extra_output": "x=%fd.name",
            "extra_fields": ["proc.pid", {"shown": "%proc.name!"}]}"#;
        assert_eq!(
            entry(text).unwrap(),
            AppendOutput {
                source: Some("syscall".into()),
                rule: Some("R".into()),
                tags: vec!["a".into(), "b".into()],
                extra_output: Some("x=%fd.name".into()),
                extra_fields: vec![("proc.pid".into(), String::new()), ("shown".into(), "%proc.name!".into())],
            }
        );
    }

    #[test]
    fn suggestions_are_the_container_plugins() {
        let append = entry(r#"{"suggested_output": true}"#).unwrap();
        assert_eq!(
            append.extra_output.unwrap(),
            "container_id=%container.id container_name=%container.name \
             container_image_repository=%container.image.repository container_image_tag=%container.image.tag \
             k8s_pod_name=%k8s.pod.name k8s_ns_name=%k8s.ns.name"
        );
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, wrong) in [
            (r#"{"extra": "x"}"#, "no `extra`"),
            (r#"{"match": "R"}"#, "`match` is an object"),
            (r#"{"match": {"name": "R"}}"#, "no `name`"),
            (r#"{"extra_output": 1}"#, "`extra_output` is a text"),
            (r#"{"extra_fields": [1]}"#, "each of `extra_fields`"),
            (r#"{"suggested_output": "yes"}"#, "true or false"),
        ] {
            let error = entry(text).unwrap_err().to_string();
            assert!(error.contains(wrong), "{error}");
        }
    }
}
