//! SARIF 2.1.0, as code scanning services read it.

use falco_compiler::{Severity, lints};
use serde_json::json;
use serde_sarif::sarif::{
    Artifact, ArtifactChange, ArtifactContent, ArtifactLocation, Fix, Invocation, Location, LogicalLocation, Message,
    MultiformatMessageString, PhysicalLocation, PropertyBag, Region, Replacement, ReportingConfiguration,
    ReportingDescriptor, Result as SarifResult, ResultLevel, Run, Sarif, Tool, ToolComponent, Version,
};
use std::collections::BTreeMap;

use super::findings::{Finding, Findings, Repair, Stretch};

/// Where the shape of such a document is written down.
const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// What relative paths are relative to: the root of the sources, wherever the reader has them.
const ROOT: &str = "%SRCROOT%";
/// Under this name a result has what identifies it from run to run.
const FINGERPRINT: &str = "falcoRs/v1";

/// The document: one run.
pub fn document(findings: &Findings) -> Sarif {
    let mut codes: Vec<&str> = findings.iter().map(|finding| finding.code).collect();
    codes.sort_unstable();
    codes.dedup();
    let results: Vec<SarifResult> = findings
        .fingerprints()
        .map(|(finding, fingerprint)| {
            let rule = codes.binary_search(&finding.code).unwrap_or_default();
            result(&finding, &findings.repairs(&finding), rule, fingerprint)
        })
        .collect();
    let driver = ToolComponent::builder()
        .name("falco-rs")
        .semantic_version(env!("CARGO_PKG_VERSION"))
        .rules(codes.into_iter().map(descriptor).collect::<Vec<_>>())
        .build();
    let artifacts = findings.files().map(|file| {
        let artifact = Artifact::builder().location(artifact(file)).mime_type("application/yaml");
        artifact.build()
    });
    let artifacts: Vec<Artifact> = artifacts.collect();
    let run = Run::builder()
        .tool(Tool::builder().driver(driver).build())
        .artifacts(artifacts)
        .column_kind(json!("unicodeCodePoints"))
        .invocations(vec![Invocation::builder().execution_successful(true).build()])
        .results(results)
        .build();
    Sarif::builder().schema(SCHEMA).version(json!(Version::V2_1_0)).runs(vec![run]).build()
}

/// What a code means.
fn descriptor(code: &str) -> ReportingDescriptor {
    let text = |text: &str| MultiformatMessageString::builder().text(text).build();
    let page = |page: &str| MultiformatMessageString::builder().text(page).markdown(page).build();
    let known = falco_catalog::codes::code(code);
    let lint = lints::by_code(code);
    let (summary, help, tag) = match (known, lint) {
        (Some(known), _) => (known.title, known.doc().text.to_owned(), "falco"),
        (None, Some(lint)) => (lint.summary, lint.documentation(), lint.category.as_str()),
        (None, None) => (code, code.to_owned(), "falco-rs"),
    };
    let level = match known {
        Some(known) if known.is_error => "error",
        Some(_) => "warning",
        None => lint.and_then(|lint| lint.default_severity()).map_or("none", level),
    };
    let properties = BTreeMap::from([("tags".to_owned(), json!([tag]))]);
    ReportingDescriptor::builder()
        .id(code)
        .short_description(text(summary))
        .help(page(&help))
        .default_configuration(ReportingConfiguration::builder().level(json!(level)).build())
        .properties(PropertyBag::builder().additional_properties(properties).build())
        .build()
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info | Severity::Hint => "note",
    }
}

fn result(finding: &Finding, repairs: &[Repair], rule: usize, fingerprint: u64) -> SarifResult {
    let mut text = finding.message.clone();
    if let Some(help) = finding.help {
        text = format!("{text}\n{help}");
    }
    let related = (1..).zip(&finding.labels).map(|(id, (at, message))| {
        let physical = physical(at);
        Location::builder().id(id).physical_location(physical).message(self::message(message)).build()
    });
    let mut location = Location::builder().physical_location(physical(&finding.at)).build();
    location.logical_locations = finding.item.filter(|item| !item.name.is_empty()).map(|item| {
        let name = item.name.clone();
        vec![LogicalLocation::builder().name(name).kind(item.kind.head_key()).build()]
    });
    let result = SarifResult::builder()
        .rule_id(finding.code)
        .rule_index(rule as i64)
        .level(match finding.severity {
            Severity::Error => ResultLevel::Error,
            Severity::Warning => ResultLevel::Warning,
            Severity::Info | Severity::Hint => ResultLevel::Note,
        })
        .message(message(&text))
        .locations(vec![location])
        .related_locations(related.collect::<Vec<_>>())
        .partial_fingerprints(BTreeMap::from([(FINGERPRINT.to_owned(), format!("{fingerprint:016x}"))]));
    result.fixes(repairs.iter().filter(|repair| !repair.edits.is_empty()).map(fix).collect::<Vec<_>>()).build()
}

fn message(text: &str) -> Message {
    Message::builder().text(text).build()
}

fn fix(repair: &Repair) -> Fix {
    let mut files: BTreeMap<&str, Vec<Replacement>> = BTreeMap::new();
    for (at, text) in &repair.edits {
        let content = ArtifactContent::builder().text(text).build();
        let replacement = Replacement::builder().deleted_region(region(at)).inserted_content(content).build();
        files.entry(at.file).or_default().push(replacement);
    }
    let changes = files.into_iter().map(|(file, replacements)| {
        ArtifactChange::builder().artifact_location(artifact(file)).replacements(replacements).build()
    });
    Fix::builder().description(message(&repair.title)).artifact_changes(changes.collect::<Vec<_>>()).build()
}

fn physical(at: &Stretch) -> PhysicalLocation {
    PhysicalLocation::builder().artifact_location(artifact(at.file)).region(region(at)).build()
}

fn region(at: &Stretch) -> Region {
    Region::builder()
        .start_line(at.start.line as i64)
        .start_column(at.start.column as i64)
        .end_line(at.end.line as i64)
        .end_column(at.end.column as i64)
        .build()
}

/// A file by its URI; a relative one from the root of the sources.
fn artifact(path: &str) -> ArtifactLocation {
    let path = path.strip_prefix("./").unwrap_or(path);
    let escaped = escaped(path);
    if path.starts_with('/') {
        ArtifactLocation::builder().uri(format!("file://{escaped}")).build()
    } else {
        ArtifactLocation::builder().uri(escaped).uri_base_id(ROOT).build()
    }
}

/// A path as the path of a URI.
fn escaped(path: &str) -> String {
    use std::fmt::Write as _;
    path.bytes().fold(String::with_capacity(path.len()), |mut out, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => out.push(char::from(byte)),
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_uris() {
        let relative = artifact("./rules/ä b.yaml");
        assert_eq!(relative.uri.as_deref(), Some("rules/%C3%A4%20b.yaml"));
        assert_eq!(relative.uri_base_id.as_deref(), Some(ROOT));
        let absolute = artifact("/etc/falco/falco_rules.yaml");
        assert_eq!(absolute.uri.as_deref(), Some("file:///etc/falco/falco_rules.yaml"));
        assert_eq!(absolute.uri_base_id, None);
    }
}
