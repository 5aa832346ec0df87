//! # Requirements
//! Adds what a file needs of the engine and of plugins: `required_engine_version` and `required_plugin_versions`.

use std::collections::BTreeSet;

use falco_compiler::Version;
use falco_syntax::ast::{Item, RulesFile};

use super::Cx;
use crate::tokens::{self, TokenKind};
use crate::types::{Action, ActionKind, Change, TextEdit};

/// Nothing is known of which version of a plugin brought what; this asks for the plugin as such.
const ANY_VERSION: &str = "0.1.0";

pub(super) fn offer(cx: &Cx<'_>, out: &mut Vec<Action>) {
    let file = RulesFile::from_parse(cx.layout.tree);
    if let Some((version, edit)) = engine(cx, &file) {
        let title = format!("Require engine version {version}");
        cx.offer(out, ActionKind::Source, "require-engine", title, Change::one(cx.file, edit));
    }
    if let Some((plugins, edit)) = plugins(cx, &file) {
        let title = format!("Require plugin {}", plugins.join(", "));
        cx.offer(out, ActionKind::Source, "require-plugins", title, Change::one(cx.file, edit));
    }
}

/// The engine that has everything that the file uses, if the file does not ask for it yet.
fn engine(cx: &Cx<'_>, file: &RulesFile) -> Option<(String, TextEdit)> {
    let needs = tokens::needs(cx.analysis, cx.file);
    let newest = needs.iter().map(|(_, since)| since.having).max()?;
    let needed = Version::new(newest.major, newest.minor, newest.patch);
    let written = file.items().find_map(|item| match item {
        Item::RequiredEngineVersion(_) => item.head(),
        _ => None,
    });
    let edit = match written {
        Some(value) => {
            // A whole number stands for the middle one.
            let text = value.text()?;
            let asked = text.parse().ok().or_else(|| Some(Version::new(0, text.parse().ok()?, 0)));
            if asked.is_some_and(|asked| asked >= needed) {
                return None;
            }
            TextEdit { range: value.range(), text: needed.to_string() }
        }
        None => insert_first(cx, file, &format!("- required_engine_version: {needed}"))?,
    };
    Some((needed.to_string(), edit))
}

/// The plugins whose fields the file uses and that it does not ask for yet.
fn plugins(cx: &Cx<'_>, file: &RulesFile) -> Option<(Vec<String>, TextEdit)> {
    let tokens = tokens::of_file(cx.analysis, cx.file, None);
    let fields = tokens.iter().filter(|token| token.kind == TokenKind::Field);
    let used: BTreeSet<&str> =
        fields.filter_map(|token| cx.analysis.catalog().field_by_name(cx.layout.slice(token.range))?.plugin).collect();
    let written = file.items().find_map(|item| match item {
        Item::RequiredPluginVersions(item) => Some(item),
        _ => None,
    });
    let requirements = written.as_ref().map(|item| item.requirements()).unwrap_or_default();
    let asked: Vec<String> = requirements
        .iter()
        .flat_map(|requirement| {
            let alternatives = requirement.alternatives().into_iter().filter_map(|other| other.name()?.text());
            requirement.name().and_then(|name| name.text()).into_iter().chain(alternatives).collect::<Vec<_>>()
        })
        .collect();
    let missing: Vec<&str> = used.into_iter().filter(|plugin| !asked.iter().any(|name| name == plugin)).collect();
    if missing.is_empty() {
        return None;
    }
    let edit = match requirements.last() {
        Some(last) => {
            let element = cx.layout.element_at(last.body().node().full_range())?;
            let elements: Vec<String> =
                missing.iter().map(|plugin| format!("{{name: {plugin}, version: {ANY_VERSION}}}")).collect();
            let mut edit = cx.layout.insert_element(&element, elements.first()?)?;
            for more in elements.iter().skip(1) {
                edit.text.push_str(&cx.layout.insert_element(&element, more)?.text);
            }
            edit
        }
        None if written.is_some() => return None,
        None => {
            let entry = |plugin: &&str| format!("\n    - name: {plugin}\n      version: {ANY_VERSION}");
            let entries: String = missing.iter().map(entry).collect();
            insert_first(cx, file, &format!("- required_plugin_versions:{entries}"))?
        }
    };
    Some((missing.into_iter().map(str::to_owned).collect(), edit))
}

/// Puts an item in front of the first one that is no requirement.
fn insert_first(cx: &Cx<'_>, file: &RulesFile, text: &str) -> Option<TextEdit> {
    let is_requirement = |item: &Item| matches!(item, Item::RequiredEngineVersion(_) | Item::RequiredPluginVersions(_));
    let first = file.items().find(|item| !is_requirement(item))?;
    cx.layout.insert_item(&cx.layout.item_at(first.body().range())?, text)
}

#[cfg(test)]
mod tests {
    use crate::actions::tests::{Selected, check, check_absent};

    const MACRO: &str = "- macro: m\n  condition: proc.name bcontains 00 and container.$0id = x\n";

    #[test]
    fn plugins() {
        let after = "- required_plugin_versions:\n    - name: container\n      version: 0.1.0\n\n";
        check("Require plugin container", MACRO, &format!("{after}{}", MACRO.replace("$0", "")));
        check_absent("Require plugin", &format!("{after}{MACRO}"));
        check(
            "Require plugin container",
            &format!("- required_plugin_versions:\n    - {{name: json, version: 0.1.0}}\n{MACRO}"),
            &format!(
                "- required_plugin_versions:\n    - {{name: json, version: 0.1.0}}\n    - {{name: container, version: 0.1.0}}\n{}",
                MACRO.replace("$0", "")
            ),
        );
    }

    #[test]
    fn engine() {
        let selected = Selected::new(&format!("- required_engine_version: 0.1.0\n{MACRO}"));
        let actions = selected.actions();
        let action = actions.iter().find(|a| a.title.starts_with("Require engine version")).unwrap();
        let version = action.title.rsplit(' ').next().unwrap();
        assert!(selected.after(action).starts_with(&format!("- required_engine_version: {version}\n- macro: m\n")));
        check_absent("Require engine", &format!("- required_engine_version: {version}\n{MACRO}"));
        check("Require engine", MACRO, &format!("- required_engine_version: {version}\n\n{}", MACRO.replace("$0", "")));
    }
}
