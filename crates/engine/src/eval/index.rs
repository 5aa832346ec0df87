//! Which rules an event's code leaves to look at, as code specialised for it.

use falco_catalog::event;
use falco_catalog::field as ids;
use falco_catalog::{EventSet, EventType};
use falco_compiler::program::{
    Atom, AtomId, BoolExpr, Extract, ExtractId, ExtractKind, Operand, OutputPiece, OutputTemplate, Priority, Program,
    RuleProgram,
};
use falco_compiler::{FilterProgram, OutputProgram};
use rustc_hash::FxHashMap;

use super::code::{self, Instr};
use super::gates::Gates;
use super::prepare::Prepared;

/// The rules by event source and event code. What a code needs is worked out when its first event comes.
#[derive(Debug, Clone)]
pub(crate) struct RuleIndex {
    enabled: Box<[bool]>,
    sources: Vec<SourceIndex>,
    last: usize,
}

#[derive(Debug, Clone)]
struct SourceIndex {
    name: Box<str>,
    rules: Vec<u32>,
    by_code: Vec<Option<Box<Plan>>>,
    any: Option<Box<Plan>>,
}

/// Rules with their code's starting points.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plan {
    pub(crate) rules: Box<[(u32, u32)]>,
    pub(crate) code: Box<[Instr]>,
    pub(crate) gates: Gates,
}

/// Where the plan for an event lies.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PlanKey {
    source: usize,
    /// Only for events of a stream: their code says all about their type.
    pub(crate) code: Option<EventType>,
}

impl RuleIndex {
    pub(crate) fn new(program: &Program) -> Self {
        let enabled = program.rules.iter().map(|rule| rule.enabled).collect();
        let mut sources: Vec<SourceIndex> = Vec::new();
        for (i, rule) in program.rules.iter().enumerate() {
            let at = sources.iter().position(|s| *s.name == *rule.source).unwrap_or_else(|| {
                sources.push(SourceIndex {
                    name: rule.source.as_str().into(),
                    rules: Vec::new(),
                    by_code: Vec::new(),
                    any: None,
                });
                sources.len() - 1
            });
            sources[at].rules.push(i as u32);
        }
        Self { enabled, sources, last: 0 }
    }

    pub(crate) fn set_enabled(&mut self, rule: u32, enabled: bool) {
        if let Some(flag) = self.enabled.get_mut(rule as usize) {
            *flag = enabled;
            for source in &mut self.sources {
                source.by_code.clear();
                source.any = None;
            }
        }
    }

    pub(crate) fn is_enabled(&self, rule: u32) -> bool {
        self.enabled.get(rule as usize).copied().unwrap_or(false)
    }

    /// The plan's place for an event; `None` when no rule is about its source.
    pub(crate) fn key(&mut self, source: &str, code: Option<EventType>) -> Option<PlanKey> {
        if self.sources.get(self.last).is_none_or(|s| *s.name != *source) {
            self.last = self.sources.iter().position(|s| *s.name == *source)?;
        }
        Some(PlanKey { source: self.last, code })
    }

    pub(crate) fn plan(&mut self, key: PlanKey) -> Option<&mut Plan> {
        let source = self.sources.get_mut(key.source)?;
        match key.code {
            Some(code) => source.by_code.get_mut(usize::from(code.0))?.as_deref_mut(),
            None => source.any.as_deref_mut(),
        }
    }

    /// Works a plan out. `fixed` has the truth of the atoms that hold or fail for all events of the code alike.
    pub(crate) fn build(&mut self, key: PlanKey, prepared: &Prepared, fixed: &FxHashMap<AtomId, bool>) {
        let Some(source) = self.sources.get_mut(key.source) else {
            return;
        };
        let known = |atom| fixed.get(&atom).copied();
        let cost = |atom: AtomId| prepared.costs.get(atom.0 as usize).copied().unwrap_or(0);
        let mut code = Vec::new();
        let (mut rules, mut forms) = (Vec::new(), Vec::new());
        for &rule in &source.rules {
            let Some(program) = prepared.program.rules.get(rule as usize) else { continue };
            let possible = key.code.is_none_or(|code| program.events.contains(code));
            if !possible || !self.enabled.get(rule as usize).copied().unwrap_or(false) {
                continue;
            }
            let form = code::simplify(&program.condition, &known);
            if !form.is_false() {
                rules.push((rule, code::emit(&form, &mut code, &cost)));
                forms.push(form);
            }
        }
        let gates = Gates::new(&forms, prepared, &mut code, &cost);
        let plan = Box::new(Plan { rules: rules.into(), code: code.into(), gates });
        match key.code {
            Some(code) => {
                let at = usize::from(code.0);
                if source.by_code.len() <= at {
                    source.by_code.resize_with(at + 1, || None);
                }
                source.by_code[at] = Some(plan);
            }
            None => source.any = Some(plan),
        }
    }
}

/// Events whose name stands in a parameter: system calls without a code of their own, and asynchronous events.
pub(crate) fn carries_its_name(code: EventType) -> bool {
    matches!(code, event::GENERIC_E | event::GENERIC_X | event::ASYNCEVENT_E)
}

/// One program of a filter, as its only rule, and an output format.
pub(crate) fn join_query(
    source: &str,
    filter: Option<FilterProgram>,
    output: OutputProgram,
) -> (Program, OutputTemplate) {
    let (mut program, condition) = match filter {
        Some(filter) => (filter.program, filter.condition),
        None => (Program::default(), BoolExpr::And(Vec::new())),
    };
    let mut numbers: FxHashMap<Extract, ExtractId> =
        program.extracts.iter().cloned().enumerate().map(|(i, e)| (e, ExtractId(i as u32))).collect();
    let mut moved: Vec<ExtractId> = Vec::with_capacity(output.program.extracts.len());
    let to = |moved: &[ExtractId], id: ExtractId| moved.get(id.0 as usize).copied().unwrap_or(id);
    for mut extract in output.program.extracts {
        match &mut extract.kind {
            ExtractKind::List(args) | ExtractKind::Call { args, .. } => {
                args.iter_mut().for_each(|arg| *arg = to(&moved, *arg));
            }
            ExtractKind::Field(_) | ExtractKind::Const(_) => {}
        }
        let next = ExtractId(program.extracts.len() as u32);
        let id = *numbers.entry(extract.clone()).or_insert(next);
        if id == next {
            program.extracts.push(extract);
        }
        moved.push(id);
    }
    let mut template = output.template;
    for piece in &mut template.pieces {
        if let OutputPiece::Value { extract, .. } = piece {
            *extract = to(&moved, *extract);
        }
    }
    program.rules = vec![RuleProgram {
        name: String::new(),
        desc: String::new(),
        source: source.to_owned(),
        priority: Priority::Debug,
        tags: Vec::new(),
        enabled: true,
        capture: None,
        condition,
        condition_text: String::new(),
        events: EventSet::ALL,
        output: template.clone(),
        provenance: Vec::new(),
        extra_fields: Vec::new(),
    }];
    (program, template)
}

/// The text of an atom in canonical form.
pub fn atom_text(program: &Program, atom: &Atom) -> String {
    let extract = |id: ExtractId| program.extracts.get(id.0 as usize).map_or("?", |e| &*e.text);
    let mut text = format!("{} {}", extract(atom.left), atom.op.as_str());
    if let Some(modifier) = atom.modifier {
        text.push(' ');
        text.push_str(modifier.as_str());
    }
    match &atom.right {
        Operand::None => {}
        Operand::Extract(id) => {
            text.push_str(" val(");
            text.push_str(extract(*id));
            text.push(')');
        }
        Operand::Consts(consts) => {
            let list = atom.modifier.is_some() || is_list_operator(atom);
            let shown: Vec<String> = consts.iter().map(super::explain::show_const).collect();
            let joined = shown.join(", ");
            text.push_str(&if list { format!(" ({joined})") } else { format!(" {joined}") });
        }
    }
    text
}

fn is_list_operator(atom: &Atom) -> bool {
    use falco_syntax::condition::ast::Operator;
    matches!(atom.op, Operator::In | Operator::Intersects | Operator::Pmatch)
}

/// Whether a field's values are the addresses behind host names.
pub(crate) fn is_host_name(extract: &Extract) -> bool {
    matches!(&extract.kind, ExtractKind::Field(f)
        if matches!(f.id, ids::FD_CIP_NAME | ids::FD_SIP_NAME | ids::FD_LIP_NAME | ids::FD_RIP_NAME))
}
