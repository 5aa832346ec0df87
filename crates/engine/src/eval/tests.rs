//! Programs made by hand, judged on made-up events.

use falco_catalog::{Catalog, EventSet, ParamType};
use falco_compiler::program::{
    Atom, AtomId, BoolExpr, Const, Extract, ExtractId, ExtractKind, Operand, OutputPiece, OutputTemplate, Priority,
    Program, Provenance, RuleProgram, Transformer,
};
use falco_syntax::condition::ast::{Modifier, Operator};

use super::*;
use crate::fields::{MapSource, MapValue};

/// Makes programs check by check.
#[derive(Default)]
struct Maker {
    program: Program,
}

impl Maker {
    fn field(&mut self, name: &str) -> ExtractId {
        let field = Catalog::builtin().resolve("syscall", name).unwrap();
        let (ty, is_list) = (field.ty, field.is_list);
        self.extract(Extract { kind: ExtractKind::Field(field), ty, is_list, text: name.into() })
    }

    fn call(&mut self, transformer: Transformer, args: &[ExtractId], ty: ParamType) -> ExtractId {
        let kind = ExtractKind::Call { transformer, args: args.into(), suffix: None };
        self.extract(Extract { kind, ty, is_list: false, text: format!("{transformer:?}").into() })
    }

    fn extract(&mut self, extract: Extract) -> ExtractId {
        let at = self.program.extracts.iter().position(|e| *e == extract).unwrap_or_else(|| {
            self.program.extracts.push(extract);
            self.program.extracts.len() - 1
        });
        ExtractId(at as u32)
    }

    fn atom(&mut self, left: ExtractId, op: Operator, modifier: Option<Modifier>, right: Operand) -> BoolExpr {
        self.program.atoms.push(Atom { left, op, modifier, right });
        BoolExpr::Atom(AtomId(self.program.atoms.len() as u32 - 1), 0)
    }

    /// `name op consts`.
    fn check(&mut self, name: &str, op: Operator, consts: &[&str]) -> BoolExpr {
        self.modified(name, op, None, consts)
    }

    fn modified(&mut self, name: &str, op: Operator, modifier: Option<Modifier>, consts: &[&str]) -> BoolExpr {
        let left = self.field(name);
        let ty = self.program.extracts[left.0 as usize].ty;
        let right = match op {
            Exists => Operand::None,
            _ => Operand::Consts(consts.iter().map(|text| constant(ty, text)).collect()),
        };
        self.atom(left, op, modifier, right)
    }

    fn rule(&mut self, name: &str, condition: BoolExpr) {
        self.program.rules.push(RuleProgram {
            name: name.into(),
            desc: String::new(),
            source: "syscall".into(),
            priority: Priority::Warning,
            tags: Vec::new(),
            enabled: true,
            capture: None,
            condition,
            condition_text: String::new(),
            events: EventSet::ALL,
            output: OutputTemplate { keep_missing: true, ..OutputTemplate::default() },
            provenance: Vec::new(),
            extra_fields: Vec::new(),
        });
    }

    fn evaluator(self) -> Evaluator {
        Evaluator::new(self.program, &Catalog::builtin()).unwrap()
    }
}

fn constant(ty: ParamType, text: &str) -> Const {
    match ty {
        ParamType::Ipaddr => Const::Ip(text.parse().unwrap()),
        ParamType::Ipnet => Const::Net(text.parse().unwrap()),
        ParamType::Bool => Const::Bool(text == "true"),
        ParamType::Int64 | ParamType::Int32 => Const::Int(text.parse().unwrap()),
        ParamType::Charbuf | ParamType::Bytebuf => Const::Bytes(text.as_bytes().into()),
        _ => Const::Uint(text.parse().unwrap()),
    }
}

fn event(values: &[(&str, MapValue)]) -> MapSource {
    MapSource::from_values(&Catalog::builtin(), "syscall", values.iter().map(|(n, v)| (*n, v.clone()))).unwrap()
}

/// Whether one check holds on one event.
fn holds(name: &str, op: Operator, consts: &[&str], values: &[(&str, MapValue)]) -> bool {
    holds_modified(name, op, None, consts, values)
}

fn holds_modified(
    name: &str,
    op: Operator,
    modifier: Option<Modifier>,
    consts: &[&str],
    values: &[(&str, MapValue)],
) -> bool {
    let mut maker = Maker::default();
    maker.modified(name, op, modifier, consts);
    maker.evaluator().on(&event(values)).holds(AtomId(0))
}

use Operator::{
    Contains, Endswith, Eq, Exists, Ge, Glob as GlobOp, Gt, Icontains, In, Intersects, Lt, Ne, Pmatch,
    Regex as RegexOp, Startswith,
};

#[test]
fn without_a_value_every_check_is_false() {
    for (op, consts) in [(Eq, &["a"][..]), (Ne, &["a"]), (In, &["a", "b"]), (Exists, &[]), (Contains, &["a"])] {
        assert!(!holds("proc.name", op, consts, &[]), "{op:?}");
    }
    assert!(holds("proc.name", Exists, &[], &[("proc.name", "".into())]));
    assert!(holds("proc.name", Ne, &["a"], &[("proc.name", "b".into())]));
}

#[test]
fn strings_compare_bytewise() {
    let value = &[("proc.name", "bash-5".into())];
    for (op, right, expected) in [
        (Eq, "bash-5", true),
        (Eq, "bash", false),
        (Contains, "h-5", true),
        (Contains, "H-5", false),
        (Icontains, "H-5", true),
        (Startswith, "bash", true),
        (Startswith, "ash", false),
        (Endswith, "-5", true),
        (GlobOp, "b*-?", true),
        (Operator::Iglob, "B*-?", true),
        (GlobOp, "B*-?", false),
        (RegexOp, "ba.*", true),
        (RegexOp, "ba", false),
        (Lt, "c", true),
        (Ge, "c", false),
    ] {
        assert_eq!(holds("proc.name", op, &[right], value), expected, "{op:?} {right}");
    }
}

#[test]
fn numbers_compare_with_their_sign() {
    assert!(holds("evt.rawres", Lt, &["0"], &[("evt.rawres", MapValue::Int(-2))]));
    assert!(holds("proc.pid", Gt, &["-1"], &[("proc.pid", MapValue::Int(1))]));
    assert!(holds("fd.sport", In, &["80", "443"], &[("fd.sport", MapValue::Int(443))]));
    assert!(!holds("fd.sport", In, &["80"], &[("fd.sport", MapValue::Int(443))]));
    assert!(holds("evt.failed", Eq, &["true"], &[("evt.failed", true.into())]));
    assert!(holds("evt.failed", Ne, &["true"], &[("evt.failed", false.into())]));
    assert!(holds("proc.fdusage", Gt, &["50"], &[("proc.fdusage", MapValue::Float(50.5))]));
}

#[test]
fn lists_are_subsets_under_in() {
    let types = &[("fd.types", vec!["file", "ipv4"].into())];
    assert!(holds("fd.types", In, &["file", "ipv4", "pipe"], types));
    assert!(!holds("fd.types", In, &["file"], types));
    assert!(holds("fd.types", Intersects, &["pipe", "ipv4"], types));
    assert!(!holds("fd.types", Intersects, &["pipe"], types));
    assert!(holds("fd.types", In, &["file"], &[("fd.types", MapValue::List(Vec::new()))]), "nothing is in everything");
}

#[test]
fn either_end_counts_and_not_equal_means_both() {
    let ends = &[
        ("fd.cip", "10.0.0.1".into()),
        ("fd.sip", "8.8.8.8".into()),
        ("fd.cport", MapValue::Int(5000)),
        ("fd.sport", MapValue::Int(53)),
    ];
    assert!(holds("fd.ip", Eq, &["8.8.8.8"], ends));
    assert!(!holds("fd.ip", Ne, &["8.8.8.8"], ends));
    assert!(holds("fd.ip", Ne, &["1.1.1.1"], ends));
    assert!(holds("fd.ip", Ne, &["::1"], ends), "families are never equal");
    assert!(holds("fd.port", Lt, &["100"], ends) && holds("fd.port", Gt, &["100"], ends));
    assert!(holds("fd.net", Eq, &["10.0.0.0/8"], ends));
    assert!(!holds("fd.net", Ne, &["10.0.0.0/8"], ends));
    assert!(!holds("fd.net", In, &["192.168.0.0/16", "10.0.0.0/8"], ends), "only the first network counts");
    assert!(holds("fd.cnet", In, &["192.168.0.0/16", "10.0.0.0/8"], ends), "here all count");
    assert!(!holds("fd.ip", Intersects, &["8.8.8.8"], ends), "compiles in Falco and cannot run");
    assert!(holds("fd.snet", Ne, &["2001:db8::/32"], ends));
}

#[test]
fn any_ancestor_counts_even_under_not_equal() {
    let ancestors = &[("proc.aname", vec!["bash", "sshd"].into()), ("proc.name", "ls".into())];
    assert!(holds("proc.aname", Eq, &["sshd"], ancestors));
    assert!(!holds("proc.aname", Eq, &["ls"], ancestors), "the process is not its own ancestor");
    assert!(holds("proc.aname", Ne, &["sshd"], ancestors));
    assert!(holds("proc.aname", In, &["zsh", "bash"], ancestors));
    assert!(holds("proc.aname[0]", Eq, &["ls"], ancestors) && holds("proc.aname[2]", Eq, &["sshd"], ancestors));
    assert!(!holds("proc.aname[3]", Exists, &[], ancestors));
}

#[test]
fn modifiers_quantify_over_the_right_side() {
    use Modifier::{AllOf, AnyOf, OneOf};
    let value = &[("proc.cmdline", "ls /etc /var".into())];
    let check = |op, modifier, consts: &[&str]| holds_modified("proc.cmdline", op, Some(modifier), consts, value);
    assert!(check(Contains, AnyOf, &["/home", "/etc"]) && !check(Contains, AnyOf, &["/home"]));
    assert!(check(Contains, AllOf, &["/etc", "/var"]) && !check(Contains, AllOf, &["/etc", "/home"]));
    assert!(check(Contains, OneOf, &["/etc", "/home"]) && !check(Contains, OneOf, &["/etc", "/var"]));
    assert!(check(Ne, AllOf, &["a", "b"]) && !check(Ne, AllOf, &["a", "ls /etc /var"]));
    assert!(check(Ne, AnyOf, &["a", "ls /etc /var"]));
    assert!(check(Eq, AnyOf, &["a", "ls /etc /var"]) && !check(Eq, AllOf, &["a", "ls /etc /var"]));
    assert!(check(RegexOp, AnyOf, &["x.*", "ls.*"]));
    assert!(check(Icontains, AnyOf, &["/ETC"]));
    for modifier in [OneOf, AnyOf, AllOf] {
        assert!(!check(Eq, modifier, &[]), "nothing to choose from");
    }
}

#[test]
fn paths_match_by_component() {
    let value = &[("fd.name", "/usr/lib/x.so".into())];
    assert!(holds("fd.name", Pmatch, &["/bin", "/usr/lib"], value));
    assert!(!holds("fd.name", Pmatch, &["/usr/li"], value));
}

#[test]
fn text_ends_at_a_nul() {
    let value = &[("proc.name", "ab\0cd".into())];
    assert!(holds("proc.name", Eq, &["ab"], value) && !holds("proc.name", Contains, &["cd"], value));
    assert!(holds("proc.name", Endswith, &["b"], value) && !holds("proc.name", Ne, &["ab"], value));
    assert!(holds("proc.name", Contains, &["b"], value));
    assert!(!holds("proc.name", In, &["ab", "x"], value), "sets compare all of it");
}

#[test]
fn calls_and_right_side_fields() {
    let mut maker = Maker::default();
    let name = maker.field("proc.name");
    let parent = maker.field("proc.pname");
    let upper = maker.call(Transformer::Toupper, &[name], ParamType::Charbuf);
    let len = maker.call(Transformer::Len, &[upper], ParamType::Uint64);
    maker.atom(upper, Eq, None, Operand::Consts([Const::Bytes((*b"BASH").into())].into()));
    maker.atom(name, Eq, None, Operand::Extract(parent));
    maker.atom(len, Gt, None, Operand::Consts([Const::Uint(3)].into()));
    let mut evaluator = maker.evaluator();
    let same = event(&[("proc.name", "bash".into()), ("proc.pname", "bash".into())]);
    let mut session = evaluator.on(&same);
    assert!(session.holds(AtomId(0)) && session.holds(AtomId(1)) && session.holds(AtomId(2)));
    drop(session);
    let alone = event(&[("proc.name", "bash".into())]);
    let mut session = evaluator.on(&alone);
    assert!(session.holds(AtomId(0)) && !session.holds(AtomId(1)));
    assert_eq!(session.truth(AtomId(1)), Truth::NoValue, "the right side has no value");
}

#[test]
fn calls_over_all_ancestors_see_one_text() {
    let mut maker = Maker::default();
    let args = maker.field("proc.aargs");
    let upper = maker.call(Transformer::Toupper, &[args], ParamType::Charbuf);
    maker.atom(upper, Eq, None, Operand::Consts([Const::Bytes((*b"-L -D").into())].into()));
    let event = event(&[("proc.aargs", vec!["-l", "-d"].into())]);
    assert!(maker.evaluator().on(&event).holds(AtomId(0)));
}

/// A maker with rules over many sets and words, so that groups form.
fn many_rules() -> Maker {
    let mut maker = Maker::default();
    for i in 0..40u32 {
        let a = format!("p{}", i % 13);
        let b = format!("p{}", i * 7 % 17);
        let word = format!("w{}", i % 9);
        let member = maker.check("proc.name", In, &[&a, &b]);
        let differs = maker.check("proc.name", Ne, &[&b]);
        let contains = maker.check("proc.cmdline", Contains, &[&word]);
        let parent = maker.modified("proc.pname", Eq, Some(Modifier::AnyOf), &[&a, "init"]);
        let not = BoolExpr::Not(Box::new(parent));
        let either = BoolExpr::Or(vec![contains, differs]);
        maker.rule(&format!("rule {i}"), BoolExpr::And(vec![member, not, either]));
        let starts = maker.check("proc.cmdline", Startswith, &[&format!("w{}", i % 14)]);
        let ends = maker.check("proc.cmdline", Endswith, &[&format!("{}x", i % 15)]);
        let whole = maker.check("proc.name", Startswith, &[&format!("p{i}")[..1 + i as usize % 2]]);
        maker.rule(&format!("start {i}"), BoolExpr::And(vec![starts.clone(), whole]));
        maker.rule(
            &format!("end {i}"),
            BoolExpr::Or(vec![BoolExpr::And(vec![ends.clone(), starts.clone()]), starts.clone()]),
        );
        maker.rule(&format!("either {i}"), BoolExpr::Or(vec![ends, starts]));
    }
    maker
}

#[test]
fn groups_change_no_answer() {
    let maker = many_rules();
    let atoms = maker.program.atoms.len() as u32;
    let rules = maker.program.rules.clone();
    let mut evaluator = maker.evaluator();
    for i in 0..60u32 {
        let name = if i == 7 { "p1\0x".to_owned() } else { format!("p{}", i % 19) };
        let mut values = vec![
            ("proc.name", MapValue::Text(name)),
            ("proc.cmdline", format!("w{} w{}x", i % 11, i % 5).as_str().into()),
        ];
        if i % 3 != 0 {
            values.push(("proc.pname", format!("p{}", i % 4).as_str().into()));
        }
        let event = event(&values);
        let mut session = evaluator.on(&event);
        for atom in (0..atoms).map(AtomId) {
            assert_eq!(session.holds(atom), session.holds_without_groups(atom), "{atom:?} on {values:?}");
        }
        let mut matches = Vec::new();
        session.matches(Matching::All, &mut matches);
        let expected: Vec<u32> = (0..rules.len() as u32).filter(|r| session.explain(*r).unwrap().matches).collect();
        assert_eq!(matches, expected);
        let mut first = Vec::new();
        session.matches(Matching::First, &mut first);
        assert_eq!(first.first(), expected.first());
        assert!(first.len() <= 1);
    }
}

#[test]
fn rules_can_be_switched_off_and_on() {
    let mut maker = Maker::default();
    let always = maker.check("proc.name", Exists, &[]);
    maker.rule("a", always.clone());
    maker.rule("b", always);
    let mut evaluator = maker.evaluator();
    let event = event(&[("proc.name", "x".into())]);
    let mut matches = Vec::new();
    evaluator.evaluate(&event, Matching::All, &mut matches);
    assert_eq!(matches, [0, 1]);
    evaluator.set_enabled(0, false);
    evaluator.evaluate(&event, Matching::First, &mut matches);
    assert_eq!(matches, [1]);
    assert!(!evaluator.is_enabled(0) && evaluator.is_enabled(1) && !evaluator.is_enabled(2));
    evaluator.set_enabled(0, true);
    evaluator.evaluate(&event, Matching::All, &mut matches);
    assert_eq!(matches, [0, 1]);
}

#[test]
fn rules_of_another_source_stay_silent() {
    let mut maker = Maker::default();
    let always = maker.check("proc.name", Exists, &[]);
    maker.rule("a", always);
    maker.program.rules[0].source = "k8s_audit".into();
    let mut matches = vec![7];
    maker.evaluator().evaluate(&event(&[("proc.name", "x".into())]), Matching::All, &mut matches);
    assert_eq!(matches, [0u32; 0]);
}

#[test]
fn an_explanation_shows_values_truth_and_what_decides() {
    let mut maker = Maker::default();
    let shell = maker.check("proc.name", In, &["bash", "zsh"]);
    let root = maker.check("user.uid", Eq, &["0"]);
    let tty = maker.check("proc.tty", Ne, &["0"]);
    maker.rule("r", BoolExpr::And(vec![shell, BoolExpr::Or(vec![root, BoolExpr::Not(Box::new(tty))])]));
    let mut evaluator = maker.evaluator();
    let explanation =
        evaluator.explain(0, &event(&[("proc.name", "vim".into()), ("user.uid", MapValue::Int(0))])).unwrap();
    assert!(!explanation.matches);
    assert_eq!(
        explanation.render(),
        "✗ and\n\
         ├─ ✗ proc.name in (bash, zsh)   [is \"vim\"]\n\
         └─ ✓ or\n   \
            ├─ ✓ user.uid = 0   [is 0]\n   \
            └─ ✓ not\n      \
               └─ ✗ proc.tty != 0   [no value]\n"
    );
    let atoms = explanation.atoms();
    assert_eq!(atoms.iter().map(|a| a.decisive).collect::<Vec<_>>(), [true, false, false]);
    assert!(evaluator.explain(9, &event(&[])).is_none());
}

#[test]
fn coverage_counts_truth_and_what_decided() {
    let mut maker = Maker::default();
    // The maker numbers places by itself; coverage needs them told apart.
    let place = |expr, place| match expr {
        BoolExpr::Atom(atom, _) => BoolExpr::Atom(atom, place),
        other => other,
    };
    let shell = place(maker.check("proc.name", In, &["bash", "zsh"]), 0);
    let root = place(maker.check("user.uid", Eq, &["0"]), 1);
    let tty = place(maker.check("proc.tty", Ne, &["0"]), 2);
    maker.rule("r", BoolExpr::And(vec![shell, BoolExpr::Or(vec![root, BoolExpr::Not(Box::new(tty))])]));
    let written = Provenance { file: 0, range: 0..0, macros: Vec::new(), text: String::new(), exception: None };
    maker.program.rules[0].provenance = vec![written; 3];
    let mut evaluator = maker.evaluator();
    let mut coverage = Coverage::new(evaluator.program());
    let events = [
        event(&[("proc.name", "vim".into()), ("user.uid", MapValue::Int(0))]),
        event(&[("proc.name", "zsh".into()), ("user.uid", MapValue::Int(0)), ("proc.tty", MapValue::Int(5))]),
    ];
    let held: Vec<bool> = events.iter().map(|event| coverage.look(&mut evaluator.on(event), 0)).collect();
    assert_eq!(held, [false, true]);
    let counts = |yes, no, no_value, decisive| Counts { yes, no, no_value, decisive };
    assert_eq!(coverage.of(0), [counts(1, 1, 0, 2), counts(2, 0, 0, 1), counts(1, 0, 1, 0)]);
    assert_eq!(coverage.of(9), []);
}

#[test]
fn output_lines_are_filled_in() {
    let mut maker = Maker::default();
    let name = maker.field("proc.name");
    let pid = maker.field("proc.pid");
    let value = |extract, width| OutputPiece::Value { extract, width };
    let pieces =
        vec![OutputPiece::Text("<".into()), value(name, Some(6)), OutputPiece::Text("> ".into()), value(pid, None)];
    let keep = OutputTemplate { text: String::new(), pieces, keep_missing: true };
    let drop = OutputTemplate { keep_missing: false, ..keep.clone() };
    let mut evaluator = maker.evaluator();
    let mut line = |template: &OutputTemplate, values: &[(&str, MapValue)]| {
        let mut out = b"| ".to_vec();
        let written = evaluator.on(&event(values)).format(template, &mut out);
        (written, String::from_utf8(out).unwrap())
    };
    let both = &[("proc.name", "bash".into()), ("proc.pid", MapValue::Int(7))];
    assert_eq!(line(&keep, both), (true, "| <bash  > 7".into()));
    assert_eq!(line(&keep, &[("proc.name", "systemd".into())]), (true, "| <system> <NA>".into()));
    assert_eq!(line(&drop, &[("proc.name", "systemd".into())]), (false, "| ".into()));
}

#[test]
fn alerts_hold_the_fields_of_their_output() {
    let mut maker = Maker::default();
    let name = maker.field("proc.name");
    let upper = maker.call(Transformer::Toupper, &[name], ParamType::Charbuf);
    let pid = maker.field("proc.pid");
    let always = maker.check("proc.name", Exists, &[]);
    maker.rule("r", always);
    let value = |extract| OutputPiece::Value { extract, width: None };
    maker.program.rules[0].output.pieces = vec![OutputPiece::Text("x ".into()), value(upper)];
    maker.program.rules[0].extra_fields = vec![
        (
            "proc.pid".into(),
            OutputTemplate { pieces: vec![value(pid)], keep_missing: true, ..OutputTemplate::default() },
        ),
        ("who".into(), OutputTemplate { pieces: vec![value(pid)], keep_missing: true, ..OutputTemplate::default() }),
    ];
    let mut evaluator = maker.evaluator();
    let event = event(&[("proc.name", "ls".into()), ("proc.pid", MapValue::Int(9))]);
    let options = crate::alert::AlertOptions { hostname: "h".into(), ..Default::default() };
    let alert = evaluator.on(&event).alert(0, &options).unwrap();
    assert_eq!(alert.message, "x LS");
    let fields: Vec<String> = alert.fields.iter().map(|(k, v)| format!("{k}={v}")).collect();
    assert_eq!(fields, ["Toupper=\"LS\"", "evt.time=0", "proc.name=\"ls\"", "proc.pid=9", "who=\"9\""]);
}

#[test]
fn epochs_wrap_without_stale_answers() {
    let mut maker = Maker::default();
    maker.check("proc.name", Eq, &["a"]);
    let mut evaluator = maker.evaluator();
    assert!(evaluator.on(&event(&[("proc.name", "a".into())])).holds(AtomId(0)));
    evaluator.memo.set_epoch_for_test((u32::MAX >> 1) - 1);
    assert!(!evaluator.on(&event(&[("proc.name", "b".into())])).holds(AtomId(0)));
    assert!(evaluator.on(&event(&[("proc.name", "a".into())])).holds(AtomId(0)));
}

#[test]
fn a_profile_counts_rules_and_atoms_and_leaves_the_answers_alone() {
    let mut maker = Maker::default();
    let shell = maker.check("proc.name", In, &["bash", "zsh"]);
    let root = maker.check("user.uid", Eq, &["0"]);
    maker.rule("shell of root", BoolExpr::And(vec![shell.clone(), root.clone()]));
    maker.rule("shell", shell);
    maker.rule("root", root);
    let program = maker.program.clone();
    let mut evaluator = maker.evaluator();
    let mut profile = Profile::new(&program);
    let events = [
        event(&[("proc.name", "bash".into()), ("user.uid", MapValue::Int(0))]),
        event(&[("proc.name", "bash".into()), ("user.uid", MapValue::Int(7))]),
        event(&[("proc.name", "vim".into())]),
    ];
    let (mut matches, mut plain) = (Vec::new(), Vec::new());
    for event in &events {
        evaluator.on(event).matches_profiled(Matching::All, &mut matches, &mut profile);
        evaluator.evaluate(event, Matching::All, &mut plain);
        assert_eq!(matches, plain);
    }
    let counts = |cost: &AtomCost| (cost.evaluated, cost.yes, cost.no, cost.no_value);
    assert_eq!(profile.atoms.iter().map(counts).collect::<Vec<_>>(), [(3, 2, 1, 0), (3, 1, 1, 1)]);
    assert_eq!(profile.rules.iter().map(|r| r.matched).collect::<Vec<_>>(), [1, 2, 1]);
    assert_eq!((profile.events, profile.matched()), (3, 4));
    assert_eq!(
        profile.atoms.iter().map(|a| a.time_ns).sum::<u64>() + profile.shared_ns,
        profile.time_ns(),
        "times add up"
    );
    assert_eq!(profile.pairs.values().map(|p| p.evaluated).sum::<u64>(), 6);
    assert_eq!(evaluator.counters().events, 6);
    assert_eq!(evaluator.counters().matched, 8);

    let mut twice = profile.clone();
    twice.merge(&profile);
    assert_eq!((twice.events, twice.matched(), twice.time_ns()), (6, 8, 2 * profile.time_ns()));
    let stacks = twice.folded_stacks(&program);
    for line in stacks.lines() {
        assert!(
            line.starts_with("shell of root;") || line.starts_with("shell;") || line.starts_with("root;"),
            "{line}"
        );
    }
    let uses = atom_uses(&program);
    assert_eq!((&*uses[0].text, &uses[0].rules[..]), ("proc.name in (bash, zsh)", &[0, 1][..]));
}

#[test]
fn bad_patterns_are_reported() {
    let mut maker = Maker::default();
    maker.check("proc.name", RegexOp, &["a("]);
    let error = Evaluator::new(maker.program, &Catalog::builtin()).unwrap_err();
    assert!(error.to_string().starts_with("the regular expression `a(` cannot be used: "), "{error}");
}

#[test]
fn a_foreign_atom_or_value_is_no_panic() {
    let mut evaluator = Maker::default().evaluator();
    let event = event(&[]);
    let mut session = evaluator.on(&event);
    assert!(!session.holds(AtomId(99)) && session.value(ExtractId(99)).is_none());
    assert_eq!(session.truth(AtomId(99)), Truth::NoValue);
}
