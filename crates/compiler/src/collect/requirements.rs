//! `required_engine_version` and `required_plugin_versions`.

use std::sync::Arc;

use crate::collect::decode::{Keys, decode_u32, short};
use crate::collect::state::PluginRequirement;
use crate::collect::{Collector, ItemCx};
use crate::diagnostic::Repair;
use crate::options::Version;
use crate::report::FalcoCode;
use crate::sink::{ItemType, Path, RawDiag};
use crate::value::Value;

impl Collector<'_> {
    pub(super) fn engine_version(&mut self, cx: &ItemCx<'_>) {
        let keys = cx.keys();
        let Some(scalar) = self.required_text(&keys, "required_engine_version") else { return };
        let engine = self.options.engine_version;
        let required = match decode_u32(&scalar.text) {
            // A plain number counts the minor versions.
            Some(minor) => Version::new(engine.major, minor, engine.patch),
            None => match scalar.text.parse() {
                Ok(version) => version,
                Err(_) => {
                    let message = format!("`{}` is no version: write `x.y.z` or a whole number", short(&scalar.text));
                    let diag = RawDiag::falco(FalcoCode::ErrYamlValidate, message, scalar.loc(cx.ir.uid));
                    self.shape_error(complete_version(diag, &scalar.text), cx.path.clone());
                    return;
                }
            },
        };
        if !engine.satisfies(required) {
            let message = format!("these rules require engine version {required}, but the engine has version {engine}");
            let diag = RawDiag::falco(FalcoCode::ErrValidate, message, scalar.loc(cx.ir.uid));
            self.sink.report(FalcoCode::ErrValidate, diag, cx.path.clone());
        }
    }

    pub(super) fn plugin_versions(&mut self, cx: &ItemCx<'_>) {
        let uid = cx.ir.uid;
        let Some(entry) = cx.ir.head() else { return };
        let path = Path::file().step(ItemType::RequiredPluginVersions, "", uid, entry.value.mark());
        let Value::Seq { items, .. } = &entry.value else {
            let message = format!("`required_plugin_versions` must be a sequence, not {}", entry.value.kind_name());
            let loc = if entry.value.is_null() { entry.key.loc(uid) } else { entry.value.loc(uid) };
            self.bad_shape(message, loc, path);
            return;
        };
        for item in items {
            if self.halted() {
                return;
            }
            self.plugin_requirement(cx, item, &path);
        }
    }

    fn plugin_requirement(&mut self, cx: &ItemCx<'_>, item: &Value, path: &Path) {
        let uid = cx.ir.uid;
        let unnamed = path.step(ItemType::RequiredPluginVersionsEntry, "", uid, item.mark());
        let Value::Map { entries, .. } = item else {
            let message = format!("a plugin requirement must be a mapping, not {}", item.kind_name());
            self.bad_shape(message, item.loc(uid), unnamed);
            return;
        };
        let title = entries.first().map_or(item.loc(uid), |e| e.key.loc(uid));
        let keys = Keys { ir: cx.ir, entries, path: &unnamed, title, noun: "plugin requirement" };
        let name = self.required_text(&keys, "name");
        if self.halted() {
            return;
        }
        let named: Arc<str> = name.as_ref().map_or_else(|| "".into(), |n| (&*n.text).into());
        let entry_path = path.step(ItemType::RequiredPluginVersionsEntry, named, uid, item.mark());
        let keys = Keys { path: &entry_path, ..keys };
        let version = self.required_text(&keys, "version");
        if self.halted() {
            return;
        }
        let mut wanted = vec![(name, version)];
        match keys.get("alternatives").map(|entry| &entry.value) {
            None => {}
            Some(Value::Seq { items, .. }) => {
                for alternative in items {
                    let unnamed =
                        entry_path.step(ItemType::RequiredPluginVersionsAlternative, "", uid, alternative.mark());
                    let Value::Map { entries, .. } = alternative else {
                        let message = format!("an alternative must be a mapping, not {}", alternative.kind_name());
                        self.bad_shape(message, alternative.loc(uid), unnamed);
                        if self.halted() {
                            return;
                        }
                        continue;
                    };
                    let title = entries.first().map_or(alternative.loc(uid), |e| e.key.loc(uid));
                    let keys = Keys { ir: cx.ir, entries, path: &unnamed, title, noun: "alternative" };
                    let name = self.required_text(&keys, "name");
                    if self.halted() {
                        return;
                    }
                    let named: Arc<str> = name.as_ref().map_or_else(|| "".into(), |n| (&*n.text).into());
                    let path =
                        entry_path.step(ItemType::RequiredPluginVersionsAlternative, named, uid, alternative.mark());
                    let version = self.required_text(&Keys { path: &path, ..keys }, "version");
                    if self.halted() {
                        return;
                    }
                    wanted.push((name, version));
                }
            }
            Some(other) => {
                let message = format!("`alternatives` must be a sequence, not {}", other.kind_name());
                self.bad_shape(message, other.loc(uid), entry_path.clone());
                if self.halted() {
                    return;
                }
            }
        }
        let mut alternatives: Vec<(Arc<str>, Version)> = Vec::new();
        for (name, version) in &wanted {
            let (Some(name), Some(version)) = (name, version) else { continue };
            let Ok(parsed) = version.text.parse::<Version>() else {
                let message = format!("`{}` is no version of the form `x.y.z`", short(&version.text));
                let diag = RawDiag::falco(FalcoCode::ErrValidate, message, version.loc(uid));
                let diag = complete_version(diag, &version.text);
                self.sink.report(FalcoCode::ErrValidate, diag, entry_path.clone());
                if self.halted() {
                    return;
                }
                continue;
            };
            if alternatives.iter().any(|(known, _)| **known == *name.text) {
                let message = format!("plugin `{}` is named twice in one requirement", name.text);
                let diag = RawDiag::falco(FalcoCode::ErrValidate, message, name.loc(uid)).repair(
                    "remove this alternative",
                    vec![Repair::RemoveElement(name.loc(uid))],
                    false,
                );
                self.sink.report(FalcoCode::ErrValidate, diag, entry_path.clone());
                if self.halted() {
                    return;
                }
                continue;
            }
            alternatives.push(((&*name.text).into(), parsed));
        }
        if !alternatives.is_empty() {
            self.collection.plugins.push(PluginRequirement { loc: item.loc(uid), alternatives });
        }
    }
}

/// Adds the fix for a version that lacks its last numbers or begins with a `v`.
fn complete_version(diag: RawDiag, text: &str) -> RawDiag {
    let numbers = text.trim().trim_start_matches(['v', 'V']);
    let completed = [numbers.to_owned(), format!("{numbers}.0"), format!("{numbers}.0.0")];
    match completed.into_iter().find(|text| text.parse::<Version>().is_ok()) {
        Some(best) => {
            let loc = diag.loc;
            diag.fix(format!("replace with `{best}`"), loc, best, false)
        }
        None => diag,
    }
}
