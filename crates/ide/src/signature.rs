//! Signature help: the arguments of the transformer call, or of the field in brackets, that the cursor is in.

use falco_catalog::keys::KeyValue;
use falco_catalog::language;
use falco_catalog::{ArgSpec, FieldInfo};
use falco_syntax::condition::{Expected, expected_at};

use crate::Analysis;
use crate::context::{self, Context};
use crate::markup;
use crate::types::*;

/// What is called around the position.
pub(crate) fn at(analysis: &Analysis, position: FilePosition) -> Option<SignatureHelp> {
    let tree = analysis.tree(position.file)?;
    let (context, _) = context::at(tree, analysis.text(position.file), position.offset)?;
    let Context::Value { key, embedded, .. } = context else { return None };
    let expected = match key.value {
        KeyValue::Condition | KeyValue::Fields => expected_at(&embedded.text, embedded.offset).expected,
        KeyValue::Output => falco_syntax::output::expected_at(&embedded.text, embedded.offset)?.expectation.expected,
        _ => return None,
    };
    match expected {
        Expected::CallArgument { transformer, index, .. } => of_transformer(&transformer, index),
        Expected::CallSeparator { transformer } => {
            let before = embedded.text.get(..usize::from(embedded.offset)).unwrap_or_default();
            of_transformer(&transformer, arguments_before(before))
        }
        Expected::ValField => of_transformer("val", 0),
        Expected::CallSuffix { transformer } => {
            let info = language::transformer(&transformer)?;
            let label = format!("{}[option]", info.signature);
            let start = label.rfind("option")?;
            Some(SignatureHelp {
                parameters: std::iter::once(start..start + "option".len()).collect(),
                label,
                documentation: markup::doc(&info.doc()),
                active: 0,
            })
        }
        Expected::FieldArgument { field } => of_field(analysis.catalog().field_by_name(&field)?),
        _ => None,
    }
}

fn of_transformer(name: &str, argument: usize) -> Option<SignatureHelp> {
    let info = language::transformer(name)?;
    let label = info.signature.to_owned();
    let parameters = parameters(&label);
    // `concat` takes any number: the last parameter stands for all that follow.
    let active = argument.min(parameters.len().saturating_sub(1));
    Some(SignatureHelp { label, documentation: markup::doc(&info.doc()), parameters, active })
}

/// Where the parameters of `name(a, b)` stand.
fn parameters(signature: &str) -> Vec<std::ops::Range<usize>> {
    let (Some(open), Some(close)) = (signature.find('('), signature.rfind(')')) else { return Vec::new() };
    let mut at = open + 1;
    let inside = signature.get(at..close).unwrap_or_default();
    let ranges = inside.split(',').map(|part| {
        let blanks = part.len() - part.trim_start().len();
        let start = at + blanks;
        at += part.len() + 1;
        start..start + part.trim().len()
    });
    ranges.collect()
}

/// How many arguments of the innermost open call stand before the end of `text`, but for the last.
fn arguments_before(text: &str) -> usize {
    let mut calls = vec![0];
    let mut quote = None;
    let mut escaped = false;
    for byte in text.bytes() {
        match (quote, byte) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), b'\\') => escaped = true,
            (Some(open), _) if byte == open => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'(') => calls.push(0),
            (None, b')') if calls.len() > 1 => {
                calls.pop();
            }
            (None, b',') => {
                if let Some(commas) = calls.last_mut() {
                    *commas += 1;
                }
            }
            (None, _) => {}
        }
    }
    calls.last().copied().unwrap_or(0)
}

fn of_field(field: &FieldInfo) -> Option<SignatureHelp> {
    if field.arg == ArgSpec::None {
        return None;
    }
    // The hint may list more than one form; in brackets, it is the one in brackets.
    let hint = field.arg_hint().rsplit(" | ").find(|form| form.starts_with('[')).unwrap_or("[argument]");
    let label = format!("{}{hint}", field.name);
    let start = label.len() - hint.len() + 1;
    let parameters = std::iter::once(start..label.len() - 1).collect();
    Some(SignatureHelp { label, documentation: markup::field(field), parameters, active: 0 })
}

#[cfg(test)]
mod tests {
    use crate::fixture::Fixture;

    /// The signature, its active parameter in `<>`.
    fn help(condition: &str) -> String {
        let text = format!("- rule: R\n  condition: >\n    evt.type = open and\n    {condition}\n  output: x\n");
        let fixture = Fixture::new(&text);
        let Some(help) = fixture.analysis.signature_help(fixture.position()) else { return String::new() };
        assert!(!help.documentation.is_empty());
        let mut label = help.label.clone();
        let range = help.parameters[help.active].clone();
        label.insert(range.end, '>');
        label.insert(range.start, '<');
        label
    }

    #[test]
    fn transformers() {
        assert_eq!(help("tolower($0"), "tolower(<value>)");
        assert_eq!(help("tolower(proc.na$0me) = x"), "tolower(<value>)");
        assert_eq!(help("join(\",\" $0"), "join(<separator>, list)");
        assert_eq!(help("join(\",\", $0"), "join(separator, <list>)");
        assert_eq!(help("getopt(proc.args, $0"), "getopt(list, <options>)");
        assert_eq!(help("concat(proc.name, proc.exe, user.name, $0"), "concat(value, value, <…>)");
        assert_eq!(help("proc.name = val($0"), "val(<field>)");
        assert_eq!(help("len(tolower($0"), "tolower(<value>)");
    }

    #[test]
    fn arguments_of_fields() {
        assert_eq!(help("proc.aname[$0"), "proc.aname[<index>]");
        assert_eq!(help("proc.env[HO$0]"), "proc.env[<name>]");
        assert_eq!(help("evt.arg[$0]"), "evt.arg[<index>]");
        assert_eq!(help("proc.name[$0"), "", "takes none");
    }

    #[test]
    fn nothing_elsewhere() {
        assert_eq!(help("proc.name = $0"), "");
        assert_eq!(help("tolower(proc.name) = $0"), "");
    }

    #[test]
    fn in_outputs() {
        let fixture = Fixture::new("- rule: R\n  output: \"x %proc.aname[$0]\"\n");
        let help = fixture.analysis.signature_help(fixture.position()).unwrap();
        assert_eq!(help.label, "proc.aname[index]");
    }
}
