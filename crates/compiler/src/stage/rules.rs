//! Rules.

use std::sync::Arc;

use falco_catalog::EventSet;

use crate::check::Checked;
use crate::check::events::{self, Events};
use crate::collect::{Collection, Node, RuleState};
use crate::diagnostic::{ItemKind, Repair};
use crate::options::Version;
use crate::report::FalcoCode;
use crate::sink::{ItemType, Path, RawDiag, RawFalco};
use crate::stage::macros::{MAX_NODES, attribute};
use crate::stage::{Condition, Findings, OutputUnit, Stage, exceptions};

/// A compiled rule.
#[derive(Debug)]
pub(crate) struct RuleUnit {
    /// The event source.
    pub(crate) source: Arc<str>,
    /// With exceptions.
    pub(crate) condition: Condition,
    /// Per reference in the condition: the macro that it means.
    pub(crate) targets: Vec<Option<u32>>,
    pub(crate) checked: Arc<Checked>,
    pub(crate) output: Option<OutputUnit>,
    pub(crate) extra_fields: Vec<(String, OutputUnit)>,
    pub(crate) events: EventSet,
    pub(crate) findings: Findings,
    /// Whether Falco looks at the rule at all: not with an unknown source.
    pub(crate) compiled: bool,
    /// Whether Falco never came to its condition, since its output was bad and it was skipped for it.
    pub(crate) output_skipped: bool,
    /// Whether it becomes part of the program.
    pub(crate) ok: bool,
    pub(crate) nodes: u64,
}

/// Falco's location of a rule.
pub(super) fn rule_path(rule: &RuleState) -> Path {
    Path::file().step(ItemType::Rule, Arc::clone(&rule.name), rule.definition.uid, rule.definition.start)
}

/// More event types than this and Falco warns.
const MANY_EVENTS: usize = 100;

impl Stage<'_> {
    pub(super) fn update_rules(&mut self, collection: &Collection, fresh: &[u32]) {
        for index in fresh {
            if self.cancel.is_cancelled() {
                return;
            }
            let Some(rule) = collection.rules.get(*index) else { continue };
            let mut unit = self.rule_unit(collection, rule);
            attribute(&mut unit.findings, ItemKind::Rule, &rule.name);
            self.note_asking(Node::Rule(*index));
            self.units.rules.put(*index, Arc::new(unit));
        }
    }

    fn rule_unit(&mut self, collection: &Collection, rule: &RuleState) -> RuleUnit {
        let mut findings = Findings::default();
        let path = rule_path(rule);
        let (uid, at) = rule.condition_at;
        let condition_path = path.step(ItemType::RuleCondition, "", uid, at);
        if rule.unknown_source || rule.broken_condition {
            let (output, _) = match rule.unknown_source {
                true => (None, false),
                false => self.output(rule, &path, &mut findings),
            };
            let condition = self.condition(collection, Arc::default(), &condition_path, &mut Findings::default(), &[]);
            return RuleUnit {
                source: Arc::clone(&rule.source),
                condition,
                targets: Vec::new(),
                checked: Arc::default(),
                output,
                extra_fields: Vec::new(),
                events: EventSet::all(),
                findings,
                compiled: !rule.unknown_source,
                output_skipped: false,
                ok: false,
                nodes: 0,
            };
        }
        let mut muted = Vec::new();
        let plain = exceptions::paste(rule, &path, &mut findings, &mut muted);
        let (output, mut skipped) = self.output(rule, &path, &mut findings);
        let extra_fields = if skipped { Vec::new() } else { self.extra_fields(rule, &path, &mut findings) };
        // A rule that Falco skipped for its output is silent from there on.
        let silent = skipped;
        let falco_so_far = findings.falco.len();

        let condition = self.condition(collection, plain, &condition_path, &mut findings, &muted);
        let targets = self.rule_targets(collection, &condition, &path, &mut findings);
        let checked = self.cache.check(self.options, &condition.text, &rule.source);
        let outcome = self.report_checks(rule, &condition, &targets, &checked, &condition_path, &mut findings);
        skipped |= outcome.skipped;
        let clean = !outcome.problems
            && condition.parsed.errors.is_empty()
            && targets.iter().all(|t| t.and_then(|t| self.macro_at(t)).is_some_and(|unit| !unit.broken));

        let events = events::of_expr(&checked.expr, &checked.atoms, &|slot| self.events_of(&targets, slot));
        let size = self.size(&condition, &targets);
        if size.too_large() && !size.inner_too_large {
            let message = format!(
                "the condition has more than {MAX_NODES} checks or is nested too deeply when its macros are opened"
            );
            let diag = RawDiag::falco(FalcoCode::ErrCompileCondition, message, rule.definition_name);
            findings.report(FalcoCode::ErrCompileCondition, diag, condition_path.clone());
        }
        if clean && !skipped {
            self.event_warning(rule, &events, &path, &mut findings);
        }
        if silent {
            findings.falco.truncate(falco_so_far);
        }
        let ok = clean && !skipped && !rule.invalid && output.is_some() && !findings.has_errors() && !size.too_large();
        RuleUnit {
            source: Arc::clone(&rule.source),
            condition,
            targets,
            checked,
            output,
            extra_fields,
            events: events.plain,
            findings,
            compiled: true,
            output_skipped: silent,
            ok,
            nodes: size.nodes,
        }
    }

    /// What the references of a rule's condition mean. Rules see all macros.
    fn rule_targets(
        &self,
        collection: &Collection,
        condition: &Condition,
        path: &Path,
        findings: &mut Findings,
    ) -> Vec<Option<u32>> {
        let mut told = false;
        condition
            .parsed
            .refs
            .iter()
            .map(|ident| {
                let target = collection.macros.id(&ident.name);
                if target.is_none() {
                    let place = condition.pasted.place(ident.range.0, ident.range.1);
                    let mut diag = self.undefined_macro(collection, &ident.name, place.loc, None);
                    if let Some((list, item)) = place.list {
                        diag = diag
                            .label(item, format!("from list `{list}`, which is pasted as text"))
                            .help("a list of that name takes the place of the name before macros are looked at");
                        diag.fixes.clear();
                    }
                    if !told {
                        let falco = path.condition(condition.falco_place(ident.range.0));
                        findings.falco(RawFalco::new(FalcoCode::ErrValidate, diag.message.clone(), falco));
                    }
                    told = true;
                    if !condition.is_debris(&ident.name, ident.range) {
                        findings.diags.push(diag);
                    }
                }
                target
            })
            .collect()
    }

    /// `LOAD_NO_EVTTYPE`.
    fn event_warning(&self, rule: &RuleState, events: &Events, path: &Path, findings: &mut Findings) {
        if &*rule.source != "syscall" || !rule.warn_evttypes {
            return;
        }
        let count = events.plain.len();
        let none = count == 0 && self.options.engine_version < Version::NEXT;
        if count <= MANY_EVENTS && !none {
            return;
        }
        let message = if none {
            "no event type satisfies the condition".to_owned()
        } else if count == EventSet::all().len() {
            "the condition does not restrict the event type: the rule is evaluated for every event".to_owned()
        } else {
            format!("the condition allows {count} event types: the rule is evaluated for nearly every event")
        };
        let mut diag = RawDiag::falco(FalcoCode::NoEvttype, message, rule.definition_name);
        if !none {
            diag = diag.help("begin the condition with `evt.type in (…)`, or set `warn_evttypes: false`");
            let insert =
                Repair::InsertKey { at: rule.definition_name, key: "warn_evttypes".into(), value: "false".into() };
            diag = diag.repair("set `warn_evttypes: false`", vec![insert], false);
        }
        findings.report(FalcoCode::NoEvttype, diag, path.clone());
    }
}
