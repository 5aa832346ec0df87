//! Rules in the program.

use std::sync::Arc;

use crate::check::Checked;
use crate::compilation::Inner;
use crate::lower::{Builder, Leaf, expanded_rule, lower_expr};
use crate::program::{BoolExpr, Program, Provenance, RuleProgram};
use crate::stage::Condition;

/// Lowers all rules that compile.
pub(crate) fn program(inner: &Inner) -> Program {
    let mut builder = Builder::default();
    for (id, _) in inner.collection.rules.iter() {
        let rule = rule(inner, &mut builder, id);
        builder.program.rules.extend(rule);
    }
    builder.program
}

/// Lowers one rule, if it is one that compiles.
pub(crate) fn rule(inner: &Inner, builder: &mut Builder, id: u32) -> Option<RuleProgram> {
    let rule = inner.collection.rules.get(id)?;
    let unit = inner.loaded_rule(id)?;
    let output = unit.output.as_ref()?;
    let mut lowering = Lowering { inner, source: &rule.source, macros: Vec::new(), provenance: Vec::new() };
    let condition = lowering.condition(builder, &unit.condition, &unit.checked, &unit.targets)?;
    let provenance = lowering.provenance;
    let output = builder.output(&output.text.text, &output.split);
    let extra_fields = unit
        .extra_fields
        .iter()
        .map(|(key, format)| (key.clone(), builder.output(&format.text.text, &format.split)))
        .collect();
    Some(RuleProgram {
        name: rule.name.to_string(),
        desc: rule.desc.to_string(),
        source: rule.source.to_string(),
        priority: rule.priority,
        tags: rule.tags.iter().map(ToString::to_string).collect(),
        enabled: rule.enabled,
        capture: rule.capture.then_some(rule.capture_duration),
        condition,
        condition_text: expanded_rule(inner, unit),
        events: unit.events.clone(),
        output,
        provenance,
        extra_fields,
    })
}

struct Lowering<'a> {
    inner: &'a Inner,
    source: &'a Arc<str>,
    /// The macros that are open, outermost first.
    macros: Vec<String>,
    provenance: Vec<Provenance>,
}

impl Lowering<'_> {
    fn condition(
        &mut self,
        builder: &mut Builder,
        condition: &Condition,
        checked: &Checked,
        targets: &[Option<u32>],
    ) -> Option<BoolExpr> {
        let inner = self.inner;
        lower_expr(builder, &checked.expr, &mut |builder, leaf| match leaf {
            Leaf::Atom(atom) => {
                let atom = checked.atoms.get(atom as usize)?;
                let id = builder.atom(atom.typed.as_ref()?);
                let number = self.provenance.len() as u32;
                let provenance = inner.provenance(condition, atom.range, &self.macros);
                self.provenance.push(provenance);
                Some(BoolExpr::Atom(id, number))
            }
            Leaf::Ref(slot) => {
                let target = targets.get(slot as usize).copied().flatten()?;
                let unit = inner.units.macro_(target)?;
                let checked = inner.macro_checks.of(target, self.source)?;
                self.macros.push(inner.collection.macros.get(target)?.name.to_string());
                let lowered = self.condition(builder, &unit.condition, checked, &unit.targets);
                self.macros.pop();
                lowered
            }
        })
    }
}
