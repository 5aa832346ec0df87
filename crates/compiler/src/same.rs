//! What two compilations have in common: for tools that change rules and promise that nothing else changes.

mod form;

use std::sync::Arc;

use falco_catalog::{EventInfo, EventType};
use rustc_hash::FxHashMap;

use crate::compilation::{Compilation, Inner};
use crate::lower::{self, Builder};
use crate::program::{OutputPiece, OutputTemplate, Program, RuleProgram};
use form::Form;

/// In what two compilations differ.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Differences {
    /// Rules that Falco loads in only one of the two, or that raise other alerts in one than in the other, in no particular order.
    /// All of them when they come in another order, since with several matching rules the first one counts.
    pub rules: Vec<String>,
    /// Macros that are in both and hold on other events.
    pub macros: Vec<String>,
}

impl Differences {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty() && self.macros.is_empty()
    }
}

impl Compilation {
    /// In what this compilation and `other` differ. Conditions that say the same in other words do not: other nesting, order,
    /// De Morgan's laws, `in` for several `=`, macros and lists where their contents could stand.
    pub fn differences(&self, other: &Self) -> Differences {
        let (a, b) = (&self.inner, &other.inner);
        Differences { rules: rules(a, b), macros: macros(a, b) }
    }
}

fn rules(a: &Inner, b: &Inner) -> Vec<String> {
    let loaded = |inner: &Inner| -> Vec<(Arc<str>, u32)> {
        let rules = inner.collection.rules.iter().filter(|(id, _)| inner.loaded_rule(*id).is_some());
        rules.map(|(id, rule)| (Arc::clone(&rule.name), id)).collect()
    };
    let (in_a, in_b) = (loaded(a), loaded(b));
    let by_name: FxHashMap<&str, u32> = in_b.iter().map(|(name, id)| (&**name, *id)).collect();
    let mut differing: Vec<String> = Vec::new();
    for (name, id) in &in_a {
        let same = by_name.get(&**name).is_some_and(|other| same_rule(a, *id, b, *other));
        if !same {
            differing.push(name.to_string());
        }
    }
    let known: FxHashMap<&str, u32> = in_a.iter().map(|(name, id)| (&**name, *id)).collect();
    differing.extend(in_b.iter().filter(|(name, _)| !known.contains_key(&**name)).map(|(name, _)| name.to_string()));
    let order = |of: &[(Arc<str>, u32)], other: &FxHashMap<&str, u32>| -> Vec<Arc<str>> {
        of.iter().filter(|(name, _)| other.contains_key(&**name)).map(|(name, _)| Arc::clone(name)).collect()
    };
    if order(&in_a, &by_name) != order(&in_b, &known) {
        differing = in_a.iter().map(|(name, _)| name.to_string()).collect();
    }
    differing
}

fn same_rule(a: &Inner, in_a: u32, b: &Inner, in_b: u32) -> bool {
    // What an edit does not reach stays the same allocations.
    if is_shared(a.units.rule(in_a), b.units.rule(in_b))
        && is_shared(a.collection.rules.shared(in_a), b.collection.rules.shared(in_b))
    {
        return true;
    }
    let (mut for_a, mut for_b) = (Builder::default(), Builder::default());
    let (rule_a, rule_b) = (lower::rule(a, &mut for_a, in_a), lower::rule(b, &mut for_b, in_b));
    let (Some(rule_a), Some(rule_b)) = (rule_a, rule_b) else { return false };
    same_head(&rule_a, &rule_b)
        && same_output((&for_a.program, &rule_a.output), (&for_b.program, &rule_b.output))
        && rule_a.extra_fields.len() == rule_b.extra_fields.len()
        && rule_a.extra_fields.iter().zip(&rule_b.extra_fields).all(|((key_a, format_a), (key_b, format_b))| {
            key_a == key_b && same_output((&for_a.program, format_a), (&for_b.program, format_b))
        })
        && {
            let exit_only = [&rule_a, &rule_b].into_iter().all(|rule| rule.events.iter().all(comes_as_exit));
            let form = |program, rule: &RuleProgram| Form::of_rule(program, &rule.condition, exit_only);
            form(&for_a.program, &rule_a) == form(&for_b.program, &rule_b)
        }
}

/// Whether the event is the end of a call or, as what is left of enter events in the table, never comes.
fn comes_as_exit(event: EventType) -> bool {
    let used_exit = |other: &EventType| other.is_exit() && other.info().is_some_and(EventInfo::is_used);
    event.is_exit() || falco_catalog::event::by_name(event.name()).iter().any(used_exit)
}

fn is_shared<T>(a: Option<&Arc<T>>, b: Option<&Arc<T>>) -> bool {
    matches!((a, b), (Some(a), Some(b)) if Arc::ptr_eq(a, b))
}

fn same_head(a: &RuleProgram, b: &RuleProgram) -> bool {
    (&a.name, &a.desc, &a.source, a.priority, &a.tags, a.enabled, a.capture)
        == (&b.name, &b.desc, &b.source, b.priority, &b.tags, b.enabled, b.capture)
}

fn same_output((in_a, a): (&Program, &OutputTemplate), (in_b, b): (&Program, &OutputTemplate)) -> bool {
    a.text == b.text
        && a.keep_missing == b.keep_missing
        && a.pieces.len() == b.pieces.len()
        && a.pieces.iter().zip(&b.pieces).all(|pair| match pair {
            (OutputPiece::Text(x), OutputPiece::Text(y)) => x == y,
            (OutputPiece::Value { extract: x, width: v }, OutputPiece::Value { extract: y, width: w }) => {
                let text = |program: &Program, id: u32| program.extracts.get(id as usize).map(|e| e.text.clone());
                v == w && text(in_a, x.0) == text(in_b, y.0)
            }
            _ => false,
        })
}

fn macros(a: &Inner, b: &Inner) -> Vec<String> {
    let differing = a.collection.macros.iter().filter(|(id, macro_)| {
        let (Some(unit), Some(other)) =
            (a.units.macro_(*id), b.collection.macros.id(&macro_.name).and_then(|other| b.units.macro_(other)))
        else {
            return false;
        };
        if Arc::ptr_eq(unit, other) {
            return false;
        }
        // What is too large to be opened is compared by its text.
        if unit.too_large() || other.too_large() {
            return unit.condition.text != other.condition.text;
        }
        unit.broken != other.broken
            || Form::of_macro(a, &unit.condition, &unit.targets) != Form::of_macro(b, &other.condition, &other.targets)
    });
    differing.map(|(_, macro_)| macro_.name.to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Options, SourceFile, compile};

    fn compiled(text: &str) -> Compilation {
        compile(&[SourceFile::new("rules.yaml", text)], &Options::default())
    }

    fn rule(condition: &str) -> String {
        format!("- rule: r\n  desc: d\n  condition: >-\n    {condition}\n  output: o %proc.name\n  priority: INFO\n")
    }

    #[track_caller]
    fn conditions(a: &str, b: &str, same: bool) {
        let (in_a, in_b) = (compiled(&rule(a)), compiled(&rule(b)));
        assert!(in_a.loads() && in_b.loads(), "{:?} {:?}", in_a.diagnostics(), in_b.diagnostics());
        assert_eq!(in_a.differences(&in_b).is_empty(), same, "{a} against {b}");
        assert_eq!(in_b.differences(&in_a).is_empty(), same, "{b} against {a}");
    }

    #[test]
    fn the_same_in_other_words() {
        let type_ = "evt.type = open and ";
        for (a, b) in [
            ("proc.name = a and proc.pid = 1", "(proc.pid = 1) and proc.name == \"a\""),
            ("not (proc.name = a or proc.pid = 1)", "not proc.name = a and not proc.pid = 1"),
            ("(proc.name = a or proc.name = b)", "proc.name in (b, a, a)"),
            ("not proc.name in (a, b)", "not proc.name = a and not proc.name = b"),
            ("(fd.ip = 1.1.1.1 or fd.ip = 2.2.2.2)", "fd.ip in (2.2.2.2, 1.1.1.1)"),
            ("fd.name pmatch (/a, /b)", "fd.name pmatch (/b, /a)"),
            ("proc.name contains anyof (a, b)", "proc.name contains anyof (b, a)"),
        ] {
            conditions(&format!("{type_}{a}"), &format!("{type_}{b}"), true);
        }
    }

    #[test]
    fn different_conditions() {
        let type_ = "evt.type = open and ";
        for (a, b) in [
            ("not proc.name = a", "proc.name != a"),
            ("proc.name in (a, b)", "proc.name in (a, c)"),
            ("proc.name in (\"a, b\")", "proc.name in (a, b)"),
            ("proc.name startswith a", "proc.name endswith a"),
            ("proc.name = a or proc.pid = 1", "proc.name = a and proc.pid = 1"),
            ("fd.net in (10.0.0.0/8, 11.0.0.0/8)", "fd.net in (11.0.0.0/8, 10.0.0.0/8)"),
            ("fd.types in (file, ipv4)", "(fd.types in (file) or fd.types in (ipv4))"),
            ("proc.name contains oneof (a, b, a)", "proc.name contains oneof (b, a)"),
            ("proc.aname[1] = a", "proc.aname[2] = a"),
        ] {
            conditions(&format!("{type_}{a}"), &format!("{type_}({b})"), false);
        }
    }

    #[test]
    fn the_direction_says_nothing_of_exit_events() {
        conditions("evt.type = open and evt.dir = <", "evt.type = open", true);
        conditions("evt.type = open and not evt.dir = >", "evt.type = open", false);
        // Not a call: its event has the number of an enter event.
        conditions("evt.type = procexit and evt.dir = <", "evt.type = procexit", false);
    }

    #[test]
    fn macros_and_lists_are_opened() {
        let flat = compiled(&rule("evt.type = open and proc.name in (a, b)"));
        let with_names = format!(
            "- list: l\n  items: [b, a]\n- macro: m\n  condition: proc.name in (l)\n{}",
            rule("evt.type = open and m")
        );
        assert!(flat.differences(&compiled(&with_names)).is_empty());
    }

    #[test]
    fn everything_that_an_alert_shows_counts() {
        let text = rule("evt.type = open");
        let before = compiled(&text);
        for (old, new) in [("INFO", "DEBUG"), ("o %proc.name", "o %proc.pid"), ("desc: d", "desc: e")] {
            assert_eq!(before.differences(&compiled(&text.replace(old, new))).rules, ["r"], "{new}");
        }
        assert_eq!(before.differences(&compiled("")).rules, ["r"]);
        assert_eq!(compiled("").differences(&before).rules, ["r"]);
    }

    #[test]
    fn the_order_of_rules_counts() {
        let (r, s) = (rule("evt.type = open"), rule("evt.type = open").replace("rule: r", "rule: s"));
        let differences = compiled(&format!("{r}{s}")).differences(&compiled(&format!("{s}{r}")));
        assert_eq!(differences.rules, ["r", "s"]);
    }

    #[test]
    fn macros_that_no_rule_uses_are_compared_as_written() {
        let before = compiled("- macro: m\n  condition: proc.name = a or proc.name = b\n");
        assert!(before.differences(&compiled("- macro: m\n  condition: proc.name in (a, b)\n")).is_empty());
        assert_eq!(before.differences(&compiled("- macro: m\n  condition: proc.name in (a, c)\n")).macros, ["m"]);
    }
}
