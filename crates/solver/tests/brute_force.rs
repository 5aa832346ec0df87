//! What the solver says against trying everything over small domains.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use falco_solver::{Answer, AtomId, Budget, Formula, Space, Test, Value, Variable, Witness};
use proptest::prelude::*;

/// Of each kind of variable the values that are tried.
fn values(kind: usize) -> Vec<Value> {
    match kind {
        0 => {
            let mut texts: Vec<String> = vec![String::new()];
            let mut last = texts.clone();
            for _ in 0..4 {
                last = last.iter().flat_map(|text| ["a", "B", "/"].map(|letter| format!("{text}{letter}"))).collect();
                texts.extend(last.clone());
            }
            texts.into_iter().map(Value::text).collect()
        }
        1 => (-3..8).map(Value::Number).collect(),
        2 => [false, true].map(Value::Bool).to_vec(),
        _ => (0..16).map(|n| Value::Ip(std::net::Ipv4Addr::new(10, 0, 0, n).into())).collect(),
    }
}

fn text() -> impl Strategy<Value = String> {
    "[aB/]{0,3}"
}

fn test(kind: usize) -> BoxedStrategy<Test> {
    let sets = |value: BoxedStrategy<Value>| {
        let set = prop::collection::vec(value, 0..4);
        prop_oneof![set.clone().prop_map(Test::one_of), set.prop_map(Test::none_of), Just(Test::Exists)].boxed()
    };
    match kind {
        0 => prop_oneof![
            sets(text().prop_map(Value::text).boxed()),
            text().prop_map(|t| Test::StartsWith(t.into_bytes().into())),
            text().prop_map(|t| Test::EndsWith(t.into_bytes().into())),
            text().prop_map(|t| Test::Contains(t.into_bytes().into())),
            text().prop_map(|t| Test::ContainsNoCase(t.to_ascii_lowercase().into_bytes().into())),
            text().prop_map(|t| Test::path_prefix(t.as_bytes())),
        ]
        .boxed(),
        1 => prop_oneof![
            sets((-2i128..7).prop_map(Value::Number).boxed()),
            (-2i128..7, -2i128..7).prop_map(|(low, high)| Test::Range(low, high)),
        ]
        .boxed(),
        2 => sets(any::<bool>().prop_map(Value::Bool).boxed()),
        _ => {
            let net = (0u8..16, 28u8..=32).prop_map(|(n, bits)| format!("10.0.0.{n}/{bits}").parse().unwrap());
            let nets = prop::collection::vec(net, 1..3);
            prop_oneof![
                nets.clone().prop_map(|nets| Test::Nets(nets.into())),
                nets.prop_map(|nets| Test::NotNets(nets.into())),
                sets((0u8..16).prop_map(|n| Value::Ip(std::net::Ipv4Addr::new(10, 0, 0, n).into())).boxed()),
            ]
            .boxed()
        }
    }
}

#[derive(Debug, Clone)]
enum Tree {
    Atom(usize, bool, Test),
    Not(Box<Tree>),
    And(Vec<Tree>),
    Or(Vec<Tree>),
}

fn tree(kinds: std::ops::Range<usize>) -> impl Strategy<Value = Tree> {
    let leaf = (kinds, any::<bool>())
        .prop_flat_map(|(kind, first)| test(kind).prop_map(move |test| Tree::Atom(kind, first, test)));
    leaf.prop_recursive(4, 16, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(|child| Tree::Not(Box::new(child))),
            prop::collection::vec(inner.clone(), 0..4).prop_map(Tree::And),
            prop::collection::vec(inner, 0..4).prop_map(Tree::Or),
        ]
    })
}

fn lower(tree: &Tree, space: &mut Space) -> Formula {
    match tree {
        Tree::Atom(kind, first, test) => {
            // Two variables of each kind; the second always has a value.
            let name = format!("{kind}{first}");
            let variable = space.variable(&name, || {
                let mut variable = Variable::new(name.as_str());
                variable.required = !first;
                variable.sample = values(*kind)[0].clone();
                if *kind == 1 {
                    variable.range = (-3, 7);
                }
                variable
            });
            Formula::Atom(space.atom(variable, test.clone()))
        }
        Tree::Not(child) => lower(child, space).negated(),
        Tree::And(children) => Formula::And(children.iter().map(|child| lower(child, space)).collect()),
        Tree::Or(children) => Formula::Or(children.iter().map(|child| lower(child, space)).collect()),
    }
}

/// Whether some values of the domains make it true.
fn can_hold(formula: &Formula, space: &Space) -> bool {
    let mut choices: Vec<Vec<Option<Value>>> = Vec::new();
    let mut numbers = Vec::new();
    for number in 0..space.variables() {
        let id = falco_solver::VarId(number as u32);
        let variable = space.variable_of(id).unwrap();
        let kind = usize::from(variable.name.as_bytes()[0] - b'0');
        let mut all: Vec<Option<Value>> = values(kind).into_iter().map(Some).collect();
        if !variable.required {
            all.push(None);
        }
        // Values that no test tells apart are one.
        let tests: Vec<&Test> = (0..space.atoms())
            .filter_map(|atom| space.test(AtomId(atom as u32)))
            .filter(|(of, _)| *of == id)
            .map(|(_, test)| test)
            .collect();
        let mut seen = BTreeMap::new();
        for value in all {
            let profile: Vec<bool> =
                tests.iter().map(|test| value.as_ref().is_some_and(|v| test.passes(v).unwrap())).collect();
            seen.entry(profile).or_insert(value);
        }
        choices.push(seen.into_values().collect());
        numbers.push(id);
    }
    let mut at = vec![0usize; choices.len()];
    loop {
        let witness = Witness {
            values: numbers.iter().zip(&at).zip(&choices).map(|((id, i), all)| (*id, all[*i].clone())).collect(),
        };
        if space.holds(formula, &witness).unwrap() {
            return true;
        }
        let Some(place) = (0..at.len()).find(|place| at[*place] + 1 < choices[*place].len()) else { return false };
        at[place] += 1;
        at[..place].fill(0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn answers_are_true(tree in tree(0..4)) {
        let mut space = Space::default();
        let formula = lower(&tree, &mut space);
        match space.satisfy(&[&formula], &mut Budget::new(50_000)) {
            Answer::Yes(witness) => prop_assert_eq!(space.holds(&formula, &witness), Some(true)),
            Answer::No => prop_assert!(!can_hold(&formula, &space)),
            Answer::Unknown => {}
        }
    }

    #[test]
    fn numbers_addresses_and_booleans_are_always_decided(tree in tree(1..4)) {
        let mut space = Space::default();
        let formula = lower(&tree, &mut space);
        let answer = space.satisfy(&[&formula], &mut Budget::new(500_000));
        prop_assert!(!matches!(answer, Answer::Unknown));
    }

    #[test]
    fn comparisons_are_true(first in tree(0..2), second in tree(0..2)) {
        let mut space = Space::default();
        let (first, second) = (lower(&first, &mut space), lower(&second, &mut space));
        let comparison = space.compare(&first, &second, &mut Budget::new(50_000));
        for (answer, holds, does_not) in [(&comparison.only_first, &first, &second), (&comparison.only_second, &second, &first)] {
            match answer {
                Answer::Yes(witness) => {
                    prop_assert_eq!(space.holds(holds, witness), Some(true));
                    prop_assert_eq!(space.holds(does_not, witness), Some(false));
                }
                Answer::No => prop_assert!(!can_hold(&Formula::And(vec![holds.clone(), does_not.clone().negated()]), &space)),
                Answer::Unknown => {}
            }
        }
    }
}

fn texts() -> (Space, impl FnMut(&mut Space, Test) -> Formula) {
    (Space::default(), |space: &mut Space, test: Test| {
        let variable = space.variable("name", || Variable::new("name"));
        Formula::Atom(space.atom(variable, test))
    })
}

#[test]
fn texts_are_understood() {
    let bytes = |text: &str| text.as_bytes().to_vec().into_boxed_slice();
    let (mut space, mut atom) = texts();
    let etc = atom(&mut space, Test::StartsWith(bytes("/etc/")));
    let shadow = atom(&mut space, Test::one_of([Value::text("/etc/shadow")]));
    let named = atom(&mut space, Test::Contains(bytes("tc/")));
    let passwd = atom(&mut space, Test::EndsWith(bytes("passwd")));
    let path = atom(&mut space, Test::path_prefix(b"/etc"));
    let mut budget = Budget::new(10_000);
    assert!(space.implies(&shadow, &etc, &mut budget));
    assert!(!space.implies(&etc, &shadow, &mut budget));
    assert!(space.implies(&etc, &named, &mut budget));
    assert!(space.implies(&etc, &path, &mut budget));
    assert!(space.satisfy(&[&shadow, &passwd], &mut budget).is_no());
    assert!(matches!(space.satisfy(&[&etc, &passwd], &mut budget), Answer::Yes(_)));
    // `not x = a` holds without a value, `x != a` does not.
    let other = atom(&mut space, Test::none_of([Value::text("/etc/shadow")]));
    assert!(space.implies(&other, &shadow.clone().negated(), &mut budget));
    assert!(!space.implies(&shadow.negated(), &other, &mut budget));
}

#[test]
fn hostile_formulas_end() {
    // Eight pigeons in seven holes, and a chain of alternatives that only the last one breaks.
    let mut space = Space::default();
    let mut hole = |pigeon: usize, hole: usize| {
        let variable = space.variable(&format!("{pigeon}-{hole}"), || Variable::new("x"));
        Formula::Atom(space.atom(variable, Test::Exists))
    };
    let mut clauses = Vec::new();
    for pigeon in 0..8 {
        clauses.push(Formula::Or((0..7).map(|h| hole(pigeon, h)).collect()));
        for other in 0..pigeon {
            clauses.extend((0..7).map(|h| Formula::And(vec![hole(pigeon, h), hole(other, h)]).negated()));
        }
    }
    let clauses: Vec<&Formula> = clauses.iter().collect();
    assert_eq!(space.satisfy(&clauses, &mut Budget::new(20_000)), Answer::Unknown);

    let deep = (0..100_000).fold(Formula::TRUE, |inner, _| Formula::And(vec![inner]));
    assert_eq!(space.satisfy(&[&deep], &mut Budget::new(1_000_000)), Answer::Unknown);
    // Its destructor would go as deep.
    std::mem::forget(deep);
}

#[test]
fn a_core_names_what_conflicts() {
    let (mut space, mut atom) = texts();
    let all = [
        atom(&mut space, Test::Exists),
        atom(&mut space, Test::one_of([Value::text("a")])),
        atom(&mut space, Test::Contains(b"".as_slice().into())),
        atom(&mut space, Test::one_of([Value::text("b")])),
    ];
    let all: Vec<&Formula> = all.iter().collect();
    assert_eq!(space.core(&all, &mut Budget::new(10_000)), [1, 3]);
}
