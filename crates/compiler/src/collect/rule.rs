//! Rules: full definitions, appends, overrides, switches.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::collect::decode::{Keys, placeholder, short};
use crate::collect::exceptions::Reading;
use crate::collect::overrides::{Operation, OverrideTable, Overrides, suggest_earlier};
use crate::collect::{Collector, ExceptionState, ItemCx, Node, RuleState, SiteRaw};
use crate::diagnostic::Repair;
use crate::index::Change;
use crate::lints;
use crate::loc::Loc;
use crate::program::Priority;
use crate::report::FalcoCode;
use crate::sink::{ItemType, RawDiag};
use crate::text::MappedText;
use crate::value::Scalar;
use falco_catalog::suggest;

const APPENDABLE: &[&str] = &["condition", "output", "desc", "tags", "exceptions"];
const REPLACEABLE: &[&str] = &[
    "condition",
    "output",
    "desc",
    "tags",
    "exceptions",
    "priority",
    "enabled",
    "warn_evttypes",
    "skip-if-unknown-filter",
    "capture",
    "capture_duration",
];
const OVERRIDABLE: OverrideTable = OverrideTable { append: APPENDABLE, replace: REPLACEABLE };

/// What an item changes about a rule; `None` leaves it.
#[derive(Debug, Default)]
struct Update {
    condition: Option<Arc<Scalar>>,
    output: Option<Arc<Scalar>>,
    desc: Option<Arc<Scalar>>,
    tags: Option<Vec<Arc<Scalar>>>,
    exceptions: Option<Vec<ExceptionState>>,
    priority: Option<Priority>,
    enabled: Option<bool>,
    warn_evttypes: Option<bool>,
    skip_if_unknown_filter: Option<bool>,
    capture: Option<bool>,
    capture_duration: Option<u32>,
    /// The source to compare with, if the item gives one that counts.
    source: Option<Arc<Scalar>>,
}

impl Collector<'_> {
    pub(super) fn rule(&mut self, cx: &ItemCx<'_>) {
        let keys = cx.keys();
        let Some(name) = self.required_text(&keys, "rule") else { return };
        let name_loc = name.loc(cx.ir.uid);
        let name: Arc<str> = (&*name.text).into();
        let append_flag = self.append_flag(cx);
        if self.halted() {
            return;
        }
        let overrides = self.overrides(cx, &OVERRIDABLE);
        if self.halted() {
            return;
        }
        if append_flag && !overrides.is_empty() {
            self.append_and_override(cx);
            if self.halted() {
                return;
            }
        }
        let site = |change| SiteRaw {
            change,
            item: cx.ir.loc(),
            name: name_loc,
            body: cx.ir.get("condition").map(|entry| entry.value.loc(cx.ir.uid)),
        };
        if overrides.is_broken() {
            // It was meant to change an earlier rule, and is no definition.
            self.broken_rule_override(&name, site(Change::Broken));
        } else if !overrides.is_empty() {
            self.rule_overrides(cx, &name, &overrides, site);
        } else if append_flag {
            self.rule_append(cx, &name, site(Change::Append));
        } else if ["condition", "output", "desc", "priority"].iter().any(|key| cx.ir.get(key).is_some()) {
            self.rule_definition(cx, &name, site(Change::Define));
        } else {
            self.rule_enabled(cx, &name, site(Change::Enable));
        }
    }

    // ---- full definition

    fn rule_definition(&mut self, cx: &ItemCx<'_>, name: &Arc<str>, site: SiteRaw) {
        let uid = cx.ir.uid;
        let keys = cx.keys();
        let errors_before = self.error_count();
        macro_rules! step {
            ($read:expr) => {{
                let value = $read;
                if self.halted() {
                    return;
                }
                value
            }};
        }
        let condition = step!(self.required_text(&keys, "condition"));
        let output = step!(self.required_text(&keys, "output"));
        let desc = step!(self.required_text(&keys, "desc"));
        let priority = step!(self.priority(cx, &keys, true));
        let source = step!(self.optional_text(&keys, "source"));
        let enabled = step!(self.optional_bool(&keys, "enabled")).unwrap_or(true);
        let capture = step!(self.optional_bool(&keys, "capture")).unwrap_or(false);
        let capture_duration = step!(self.optional_u32(&keys, "capture_duration")).unwrap_or(0);
        let warn_evttypes = step!(self.optional_bool(&keys, "warn_evttypes")).unwrap_or(true);
        let skip_if_unknown_filter = step!(self.optional_bool(&keys, "skip-if-unknown-filter")).unwrap_or(false);
        let tags = step!(self.scalars(&keys, "tags")).unwrap_or_default();
        let Some(mut exceptions) = self.read_exceptions(cx, Reading::Definition) else { return };

        let source_loc = source.as_ref().map(|s| s.loc(uid));
        let source_name: Arc<str> = source.map_or_else(|| "syscall".into(), |s| (&*s.text).into());
        let known = self.collection.rules.id(name);
        let earlier = known.and_then(|id| self.collection.rules.get(id)).filter(|rule| !rule.is_phantom());
        if let Some(earlier) = earlier.filter(|earlier| earlier.source != source_name) {
            let message = format!(
                "rule is defined again for source `{source_name}`, but it was defined for source `{}`",
                earlier.source
            );
            let mut diag = RawDiag::falco(FalcoCode::ErrValidate, message, source_loc.unwrap_or(site.name))
                .label(earlier.definition_name, "first defined here");
            if source_loc.is_none() {
                diag = diag.help(format!("a rule without `source` is for `syscall`; add `source: {}`", earlier.source));
            }
            diag = diag.repair(
                format!("set `source` to `{}`", earlier.source),
                vec![match source_loc {
                    Some(at) => Repair::Value { at, text: earlier.source.to_string() },
                    None => {
                        Repair::InsertKey { at: site.name, key: "source".into(), value: earlier.source.to_string() }
                    }
                }],
                false,
            );
            self.sink.report(FalcoCode::ErrValidate, diag, cx.path.clone());
            if self.halted() {
                return;
            }
        }
        let unknown_source = !self.knows_source(&source_name);
        if unknown_source {
            let message = format!("unknown event source `{source_name}`: the rule is skipped");
            let mut diag = RawDiag::falco(FalcoCode::UnknownSource, message, source_loc.unwrap_or(site.name));
            if let (Some(best), Some(loc)) = (self.catalog().suggest_source(&source_name), source_loc) {
                diag = diag.did_you_mean(loc, best);
            }
            self.sink.report(FalcoCode::UnknownSource, diag, cx.path.clone());
        }
        for exception in &mut exceptions {
            let source = (!unknown_source).then_some(&*source_name);
            self.validate_exception(cx, exception, source);
            if self.halted() {
                return;
            }
        }

        let mut mapped_output = output.as_ref().map(|s| MappedText::from_scalar(uid, s)).unwrap_or_default();
        mapped_output.trim();
        let state = RuleState {
            name: Arc::clone(name),
            source: source_name,
            unknown_source,
            condition: Arc::new(condition.as_ref().map(|s| MappedText::from_scalar(uid, s)).unwrap_or_default()),
            condition_at: (uid, condition.as_ref().map_or(0, |s| s.start)),
            output: Arc::new(mapped_output),
            output_at: (uid, output.as_ref().map_or(0, |s| s.start)),
            desc: desc.map_or_else(|| "".into(), |s| (&*s.text).into()),
            priority: priority.unwrap_or(Priority::Debug),
            tags: tags.iter().map(|tag| (&*tag.text).into()).collect(),
            enabled,
            warn_evttypes,
            skip_if_unknown_filter,
            capture,
            capture_duration,
            exceptions,
            definition: site.item,
            definition_name: site.name,
            broken_condition: condition.is_none(),
            broken_output: output.is_none(),
            invalid: self.error_count() != errors_before,
            joins: Vec::new(),
            sites: vec![site],
            parts: vec![uid],
        };
        self.collection.next_index();
        match known.and_then(|id| self.collection.rules.get_mut(id)) {
            Some(earlier) => {
                let mut sites = std::mem::take(&mut earlier.sites);
                sites.push(site);
                *earlier = RuleState { sites, ..state };
                self.collection.changed.extend(known.map(Node::Rule));
            }
            None => self.insert_rule(state),
        }
    }

    fn insert_rule(&mut self, state: RuleState) {
        let name = Arc::clone(&state.name);
        let id = self.collection.rules.insert(&name, state);
        self.collection.changed.push(Node::Rule(id));
    }

    fn knows_source(&self, source: &str) -> bool {
        match &self.options.sources {
            Some(sources) => sources.iter().any(|known| known == source),
            None => self.options.catalog.is_known_source(source),
        }
    }

    fn priority(&mut self, cx: &ItemCx<'_>, keys: &Keys<'_>, required: bool) -> Option<Priority> {
        let scalar =
            if required { self.required_text(keys, "priority") } else { self.optional_text(keys, "priority") }?;
        let priority = Priority::parse(&scalar.text);
        if priority.is_none() {
            let loc = scalar.loc(cx.ir.uid);
            let mut diag =
                RawDiag::falco(FalcoCode::ErrYamlValidate, format!("unknown priority `{}`", short(&scalar.text)), loc);
            diag = match nearest_priority(&scalar.text) {
                Some(best) => diag.help(format!("did you mean `{}`?", best.as_str())).fix(
                    format!("replace with `{}`", best.as_str()),
                    loc,
                    best.as_str(),
                    false,
                ),
                None => {
                    let names: Vec<&str> = Priority::ALL.into_iter().map(Priority::as_str).collect();
                    diag.help(format!("it is one of {}", names.join(", ")))
                }
            };
            self.shape_error(diag, cx.path.step(ItemType::RulePriority, "", cx.ir.uid, scalar.start));
        }
        priority
    }

    // ---- append flag

    fn rule_append(&mut self, cx: &ItemCx<'_>, name: &Arc<str>, site: SiteRaw) {
        let keys = cx.keys();
        let source = self.lenient_source(cx, &keys);
        if self.halted() {
            return;
        }
        let mut update = Update { source, ..Update::default() };
        if cx.ir.get("condition").is_some() {
            update.condition = self.required_text(&keys, "condition");
        }
        if self.halted() {
            return;
        }
        if cx.ir.get("exceptions").is_some() {
            update.exceptions = self.read_exceptions(cx, Reading::Append);
        }
        if self.halted() {
            return;
        }
        self.append_update(cx, name, update, site);
        if self.halted() {
            return;
        }
        self.ignored_by_append(cx);
    }

    /// Lint: keys that `append: true` ignores without a word.
    fn ignored_by_append(&mut self, cx: &ItemCx<'_>) {
        for entry in &cx.ir.entries {
            let Some(key) = entry.key.as_scalar() else { continue };
            let ignored = REPLACEABLE.contains(&&*key.text) && !matches!(&*key.text, "condition" | "exceptions");
            if ignored {
                let message = format!("`append: true` ignores `{}`", key.text);
                let lint = &lints::ignored_key::LINT;
                if let Some(diag) = lint.diag(&self.options.lints, message, key.loc(cx.ir.uid)) {
                    let help = format!("write `override: {{{}: replace}}` to change it", key.text);
                    let mut diag = diag.help(help);
                    if let Some((loc, text)) = instead_of_append(cx) {
                        diag = diag.fix("replace `append` with `override`", loc, text, false);
                    }
                    let remove = vec![Repair::RemoveEntry(key.loc(cx.ir.uid))];
                    self.sink.ours(diag.repair(format!("remove `{}`", key.text), remove, false));
                }
            }
        }
    }

    /// The `source` of an append or override, which may be null or empty.
    fn lenient_source(&mut self, cx: &ItemCx<'_>, keys: &Keys<'_>) -> Option<Arc<Scalar>> {
        let entry = cx.ir.get("source")?;
        match &entry.value {
            crate::value::Value::Null { .. } => None,
            crate::value::Value::Scalar(scalar) if scalar.text.is_empty() => None,
            _ => self.optional_text(keys, "source"),
        }
    }

    fn append_update(&mut self, cx: &ItemCx<'_>, name: &Arc<str>, update: Update, site: SiteRaw) {
        let Some(index) = self.earlier_rule(cx, name, "append to", site) else { return };
        let given = update.condition.is_some()
            || update.output.is_some()
            || update.desc.is_some()
            || update.tags.is_some()
            || update.exceptions.is_some();
        if !given {
            if ["condition", "exceptions", "override"].iter().all(|key| cx.ir.get(key).is_none()) {
                let diag = RawDiag::falco(
                    FalcoCode::ErrValidate,
                    "an appended rule needs `condition` or `exceptions`",
                    cx.ir.title_loc(),
                )
                .repair("remove the item", vec![Repair::RemoveElement(cx.ir.title_loc())], false);
                self.sink.report(FalcoCode::ErrValidate, diag, cx.path.clone());
            }
            if self.halted() {
                return;
            }
        }
        self.compare_source(cx, index, update.source.as_deref());
        if self.halted() {
            return;
        }
        let Some(rule) = self.collection.rules.get(index) else { return };
        let source = (!rule.unknown_source).then(|| Arc::clone(&rule.source));
        let mut exceptions = rule.exceptions.clone();
        let uid = cx.ir.uid;
        let errors_before = self.error_count();
        let join = |text: &mut Arc<MappedText>, scalar: &Option<Arc<Scalar>>| {
            if let Some(scalar) = scalar {
                let text = Arc::make_mut(text);
                text.push_synthetic(" ", scalar.loc(uid), 0);
                text.push_scalar(uid, scalar, 0);
            }
        };
        // Falco changes the texts before it looks at the exceptions.
        if let Some(rule) = self.collection.rules.get_mut(index) {
            if update.condition.is_some() {
                rule.joins.push(rule.condition.text.len() as u32);
            }
            join(&mut rule.condition, &update.condition);
            join(&mut rule.output, &update.output);
            if let Some(desc) = &update.desc {
                rule.desc = format!("{} {}", rule.desc, desc.text).into();
            }
            rule.tags.extend(update.tags.iter().flatten().map(|tag| Arc::from(&*tag.text)));
        }
        for exception in update.exceptions.unwrap_or_default() {
            self.append_exception(cx, &mut exceptions, exception, source.as_deref());
            if self.halted() {
                break;
            }
        }
        let failed = self.error_count() != errors_before;
        self.collection.next_index();
        if let Some(rule) = self.collection.rules.get_mut(index) {
            rule.exceptions = exceptions;
            rule.invalid |= failed;
            rule.parts.push(uid);
            rule.sites.push(site);
        }
        self.collection.changed.push(Node::Rule(index));
    }

    fn append_exception(
        &mut self,
        cx: &ItemCx<'_>,
        exceptions: &mut Vec<ExceptionState>,
        mut exception: ExceptionState,
        source: Option<&str>,
    ) {
        let path = exception.path(&cx.path);
        let refuse = |this: &mut Self, message: String, loc: Loc, fix: Option<(String, Repair<Loc>)>| {
            let mut diag = RawDiag::falco(FalcoCode::ErrValidate, message, loc);
            if let Some((title, repair)) = fix {
                diag = diag.repair(title, vec![repair], false);
            }
            this.sink.report(FalcoCode::ErrValidate, diag, path.clone());
        };
        let name = Arc::clone(&exception.name);
        if let Some(earlier) = exceptions.iter_mut().find(|e| e.name == name) {
            for (key, entry) in [("fields", &exception.fields), ("comps", &exception.comps)] {
                if let Some(entry) = entry.as_ref().filter(|entry| entry.is_valid()) {
                    refuse(
                        self,
                        format!("exception `{name}` exists: an append may only add values, not `{key}`"),
                        entry.loc(),
                        Some((format!("remove `{key}`"), Repair::RemoveEntry(entry.loc()))),
                    );
                    if self.halted() {
                        return;
                    }
                }
            }
            earlier.values.append(&mut exception.values);
            return;
        }
        if exception.broken {
            return;
        }
        if !exception.fields.as_ref().is_some_and(super::ExceptionEntry::is_valid) {
            let message = format!("there is no exception `{name}` to append to, and a new one needs `fields`");
            let best = suggest::best(&name, exceptions.iter().map(|e| &*e.name));
            let fix = best.map(|best| {
                (format!("replace with `{best}`"), Repair::Value { at: exception.name_loc, text: best.to_owned() })
            });
            refuse(self, message, exception.name_loc, fix);
            return;
        }
        if exception.values.is_empty() {
            refuse(
                self,
                format!("there is no exception `{name}` to append to, and a new one needs `values`"),
                exception.name_loc,
                None,
            );
            if self.halted() {
                return;
            }
        }
        self.validate_exception(cx, &mut exception, source);
        if !self.halted() {
            exceptions.push(exception);
        }
    }

    fn compare_source(&mut self, cx: &ItemCx<'_>, index: u32, source: Option<&Scalar>) {
        let Some(source) = source else { return };
        let Some(rule) = self.collection.rules.get(index) else { return };
        if *rule.source == *source.text {
            return;
        }
        let message = format!("source `{}` is not the rule's source `{}`", source.text, rule.source);
        let diag = RawDiag::falco(FalcoCode::ErrValidate, message, source.loc(cx.ir.uid))
            .label(rule.definition_name, "the rule is defined here")
            .repair(
                format!("set `source` to `{}`", rule.source),
                vec![Repair::Value { at: source.loc(cx.ir.uid), text: rule.source.to_string() }],
                false,
            );
        self.sink.report(FalcoCode::ErrValidate, diag, cx.path.clone());
    }

    /// The rule to change; reports if there is none.
    fn earlier_rule(&mut self, cx: &ItemCx<'_>, name: &Arc<str>, action: &str, site: SiteRaw) -> Option<u32> {
        let known = self.collection.rules.id(name);
        let phantom = known.and_then(|id| self.collection.rules.get(id)).is_none_or(RuleState::is_phantom);
        if !phantom {
            return known;
        }
        let diag =
            RawDiag::falco(FalcoCode::ErrValidate, format!("there is no earlier rule `{name}` to {action}"), site.name);
        let diag = suggest_earlier(diag, self.suggest.rule(self.collection, name), site.name);
        self.sink.report(FalcoCode::ErrValidate, diag, cx.path.clone());
        if self.halted() {
            return None;
        }
        match known.and_then(|id| self.collection.rules.get_mut(id)) {
            Some(rule) => rule.sites.push(site),
            None => self.insert_rule(RuleState::phantom(name, site)),
        }
        None
    }

    // ---- override

    fn broken_rule_override(&mut self, name: &Arc<str>, site: SiteRaw) {
        let known = self.collection.rules.id(name);
        match known.and_then(|id| self.collection.rules.get_mut(id)) {
            Some(rule) => rule.sites.push(site),
            None => self.insert_rule(RuleState::phantom(name, site)),
        }
    }

    fn rule_overrides(
        &mut self,
        cx: &ItemCx<'_>,
        name: &Arc<str>,
        overrides: &Overrides,
        site: impl Fn(Change) -> SiteRaw,
    ) {
        let keys = cx.keys();
        if overrides.any(Operation::Append) {
            let update = self.read_update(cx, &keys, overrides, Operation::Append);
            if self.halted() {
                return;
            }
            self.append_update(cx, name, update, site(Change::Append));
            if self.halted() {
                return;
            }
        }
        if overrides.any(Operation::Replace) {
            let update = self.read_update(cx, &keys, overrides, Operation::Replace);
            if self.halted() {
                return;
            }
            self.replace_update(cx, name, update, site(Change::Replace));
            if self.halted() {
                return;
            }
        }
        // What could be overridden but is not asked to be; Falco finds the first in alphabetical order.
        let mut left: Vec<&str> =
            REPLACEABLE.iter().copied().filter(|key| cx.ir.get(key).is_some() && !overrides.names(key)).collect();
        left.sort_unstable();
        for key in left {
            let Some(entry) = cx.ir.get(key) else { continue };
            let loc = entry.key.loc(cx.ir.uid);
            let diag = RawDiag::falco(
                FalcoCode::ErrYamlValidate,
                format!("`{key}` is given, but `override` does not say what to do with it"),
                loc,
            )
            .help(format!("add `{key}: replace` to `override`"));
            let inside = cx.ir.get("override").and_then(|over| match &over.value {
                crate::value::Value::Map { entries, .. } => entries.first(),
                _ => None,
            });
            let diag = match inside {
                Some(first) => {
                    let at = first.key.loc(cx.ir.uid);
                    let insert = Repair::InsertKey { at, key: key.to_owned(), value: "replace".into() };
                    diag.repair(format!("add `{key}: replace` to `override`"), vec![insert], false)
                }
                None => diag,
            };
            let diag = diag.repair(format!("remove `{key}`"), vec![Repair::RemoveEntry(loc)], false);
            self.shape_error(diag, cx.path.step(ItemType::Overrides, key, cx.ir.uid, entry.value.mark()));
            if self.halted() {
                return;
            }
        }
    }

    /// Reads the keys that an override names, in Falco's order.
    fn read_update(&mut self, cx: &ItemCx<'_>, keys: &Keys<'_>, overrides: &Overrides, operation: Operation) -> Update {
        let mut update = Update::default();
        let order = ["condition", "exceptions", "output", "desc", "tags"].into_iter().chain([
            "priority",
            "enabled",
            "warn_evttypes",
            "skip-if-unknown-filter",
            "capture",
            "capture_duration",
        ]);
        for key in order {
            if self.halted() {
                break;
            }
            if !overrides.has(key, operation) {
                continue;
            }
            if cx.ir.get(key).is_none() {
                let loc = cx.ir.get("override").and_then(|entry| match &entry.value {
                    crate::value::Value::Map { entries, .. } => crate::value::get(entries, key),
                    _ => None,
                });
                let loc = loc.map_or(cx.ir.title_loc(), |entry| entry.key.loc(cx.ir.uid));
                let message = format!("`override` names `{key}`, but the item has no `{key}`");
                let diag = RawDiag::falco(FalcoCode::ErrYamlValidate, message, loc).repair(
                    format!("remove `{key}` from `override`"),
                    vec![Repair::RemoveEntry(loc)],
                    false,
                );
                self.shape_error(diag, cx.path.clone());
                continue;
            }
            match key {
                "condition" => {
                    update.condition = self.required_text(keys, key);
                    update.source = self.lenient_source(cx, keys);
                }
                "output" => update.output = self.required_text(keys, key),
                "desc" => update.desc = self.required_text(keys, key),
                "tags" => update.tags = self.scalars(keys, key),
                "exceptions" => {
                    let reading = if operation == Operation::Append { Reading::Append } else { Reading::Replace };
                    update.exceptions = self.read_exceptions(cx, reading);
                }
                "priority" => update.priority = self.priority(cx, keys, true),
                "enabled" => update.enabled = self.required_bool(keys, key),
                "warn_evttypes" => update.warn_evttypes = self.required_bool(keys, key),
                "skip-if-unknown-filter" => update.skip_if_unknown_filter = self.required_bool(keys, key),
                "capture" => update.capture = self.required_bool(keys, key),
                _ => update.capture_duration = self.optional_u32(keys, key),
            }
        }
        update
    }

    fn replace_update(&mut self, cx: &ItemCx<'_>, name: &Arc<str>, update: Update, site: SiteRaw) {
        let Some(index) = self.earlier_rule(cx, name, "override", site) else { return };
        self.compare_source(cx, index, update.source.as_deref());
        if self.halted() {
            return;
        }
        let uid = cx.ir.uid;
        self.collection.next_index();
        self.collection.changed.push(Node::Rule(index));
        let Some(rule) = self.collection.rules.get_mut(index) else { return };
        if let Some(scalar) = &update.condition {
            rule.condition = Arc::new(MappedText::from_scalar(uid, scalar));
            rule.joins.clear();
            rule.broken_condition = false;
        }
        if let Some(scalar) = &update.output {
            rule.output = Arc::new(MappedText::from_scalar(uid, scalar));
            rule.broken_output = false;
        }
        if let Some(scalar) = &update.desc {
            rule.desc = (&*scalar.text).into();
        }
        if let Some(tags) = &update.tags {
            rule.tags = tags.iter().map(|tag| Arc::from(&*tag.text)).collect();
        }
        if let Some(exceptions) = update.exceptions {
            rule.exceptions = exceptions;
        }
        rule.priority = update.priority.unwrap_or(rule.priority);
        rule.enabled = update.enabled.unwrap_or(rule.enabled);
        rule.warn_evttypes = update.warn_evttypes.unwrap_or(rule.warn_evttypes);
        rule.skip_if_unknown_filter = update.skip_if_unknown_filter.unwrap_or(rule.skip_if_unknown_filter);
        rule.capture = update.capture.unwrap_or(rule.capture);
        rule.capture_duration = update.capture_duration.unwrap_or(rule.capture_duration);
        rule.parts.push(uid);
        rule.sites.push(site);
    }

    // ---- enabled alone

    fn rule_enabled(&mut self, cx: &ItemCx<'_>, name: &Arc<str>, site: SiteRaw) {
        let keys = cx.keys();
        if cx.ir.get("enabled").is_none() {
            let diag = RawDiag::falco(
                FalcoCode::ErrYamlValidate,
                "rule has none of `condition`, `output`, `desc`, `priority`, `enabled`",
                cx.ir.title_loc(),
            )
            .help(
                "a rule needs `desc`, `condition`, `output` and `priority`; to change an earlier rule, add `override`",
            )
            .repair("add what a rule needs", self.whole_rule(cx), false);
            self.shape_error(diag, cx.path.clone());
            return;
        }
        let enabled = self.required_bool(&keys, "enabled");
        if self.halted() {
            return;
        }
        if enabled.is_some() {
            let entry = cx.ir.get("enabled");
            let uid = cx.ir.uid;
            let loc = entry.map_or(cx.ir.title_loc(), |e| Loc::new(uid, e.key.loc(uid).start, e.value.loc(uid).end));
            let message = "switching a rule with `enabled` alone is deprecated; add `override: {enabled: replace}`";
            let mut diag = RawDiag::falco(FalcoCode::DeprecatedItem, message, loc);
            if cx.ir.get("override").is_none() && self.enabled_can_be_override(cx) {
                let value = "{enabled: replace}".to_owned();
                let insert = Repair::InsertKey { at: loc, key: "override".into(), value };
                diag = diag.repair("add `override`", vec![insert], true);
            }
            self.sink.report(FalcoCode::DeprecatedItem, diag, cx.path.clone());
        }
        let Some(index) = self.earlier_rule(cx, name, "switch on or off", site) else { return };
        self.collection.changed.push(Node::Rule(index));
        let Some(rule) = self.collection.rules.get_mut(index) else { return };
        rule.enabled = enabled.unwrap_or(rule.enabled);
        rule.sites.push(site);
    }

    /// The keys that make a rule of an item that has only a name.
    fn whole_rule(&self, cx: &ItemCx<'_>) -> Vec<Repair<Loc>> {
        let keys = cx.keys();
        let needed = ["desc", "condition", "output", "priority"];
        let insert = |key: &str| {
            let value = placeholder(cx.noun, key)?.to_owned();
            Some(Repair::InsertKey { at: keys.anchor(), key: key.to_owned(), value })
        };
        needed.into_iter().filter(|key| cx.ir.get(key).is_none()).filter_map(insert).collect()
    }

    /// Whether the item has nothing that `override` would ask about.
    fn enabled_can_be_override(&self, cx: &ItemCx<'_>) -> bool {
        let block_style = cx.ir.entries.iter().filter_map(|e| e.key.as_scalar()).count() == cx.ir.entries.len();
        block_style && !REPLACEABLE.iter().any(|key| *key != "enabled" && cx.ir.get(key).is_some())
    }

    fn error_count(&self) -> usize {
        self.sink
            .diags
            .iter()
            .rev()
            .take_while(|d| d.item == self.sink.item)
            .filter(|d| d.code.starts_with("LOAD_ERR"))
            .count()
    }
}

/// The `append` entry of an item, and the `override` that appends what can be appended and replaces everything else.
fn instead_of_append(cx: &ItemCx<'_>) -> Option<(Loc, String)> {
    let uid = cx.ir.uid;
    let entry = cx.ir.get("append")?;
    let keys = cx.ir.entries.iter().filter_map(|entry| entry.key.as_scalar()).map(|key| &*key.text);
    let parts: Vec<String> = keys
        .filter(|key| REPLACEABLE.contains(key))
        .map(|key| match key {
            "condition" | "exceptions" => format!("{key}: append"),
            _ => format!("{key}: replace"),
        })
        .collect();
    let loc = Loc::new(uid, entry.key.loc(uid).start, entry.value.loc(uid).end);
    (cx.ir.get("override").is_none()).then(|| (loc, format!("override: {{{}}}", parts.join(", "))))
}

impl RuleState {
    /// A stand-in for a rule that items want to change but nothing defines.
    fn phantom(name: &Arc<str>, site: SiteRaw) -> Self {
        Self {
            name: Arc::clone(name),
            source: "".into(),
            unknown_source: true,
            condition: Arc::default(),
            condition_at: (site.item.uid, 0),
            output: Arc::default(),
            output_at: (site.item.uid, 0),
            desc: "".into(),
            priority: Priority::Debug,
            tags: BTreeSet::new(),
            enabled: false,
            warn_evttypes: true,
            skip_if_unknown_filter: false,
            capture: false,
            capture_duration: 0,
            exceptions: Vec::new(),
            definition: site.item,
            definition_name: site.name,
            broken_condition: true,
            broken_output: true,
            invalid: true,
            joins: Vec::new(),
            sites: vec![SiteRaw { change: Change::Broken, ..site }],
            parts: Vec::new(),
        }
    }

    /// Whether nothing defines the rule.
    pub(crate) fn is_phantom(&self) -> bool {
        self.source.is_empty()
    }
}

/// The priority that a wrong name probably means: Falco's users know `WARN`, `ERR`, `CRIT` from elsewhere.
fn nearest_priority(text: &str) -> Option<Priority> {
    let lower = text.to_ascii_lowercase();
    let known = match lower.as_str() {
        "emerg" | "panic" => Some(Priority::Emergency),
        "crit" | "high" | "fatal" => Some(Priority::Critical),
        "err" => Some(Priority::Error),
        "warn" | "medium" => Some(Priority::Warning),
        "low" => Some(Priority::Notice),
        "information" => Some(Priority::Informational),
        "trace" => Some(Priority::Debug),
        _ => None,
    };
    known.or_else(|| suggest::best(text, Priority::ALL.into_iter().map(Priority::as_str)).and_then(Priority::parse))
}
