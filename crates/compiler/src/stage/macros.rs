//! Macros: their conditions, what they refer to, and what that comes to.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::check::events::{self, Events};
use crate::collect::{Collection, MacroState, Node};
use crate::diagnostic::{ItemKind, Repair};
use crate::report::FalcoCode;
use crate::sink::{ItemType, Path, RawDiag, RawFalco};
use crate::stage::{Condition, Findings, Stage};

/// Macros opened in a condition may not make its tree deeper than this, or the recursion over it would not be safe.
pub(crate) const MAX_DEPTH: u32 = 1500;
/// Nor may they make it larger than this many checks: forty macros that each use the last one twice are a trillion.
pub(crate) const MAX_NODES: u64 = 200_000;

/// A compiled macro.
#[derive(Debug)]
pub(crate) struct MacroUnit {
    pub(crate) condition: Condition,
    /// Per reference in the condition: the macro that it means.
    pub(crate) targets: Vec<Option<u32>>,
    /// Reported while parsing; Falco reports these of all macros first.
    pub(crate) parse: Findings,
    /// Reported while resolving.
    pub(crate) resolve: Findings,
    /// Something in it or in what it refers to is wrong.
    pub(crate) broken: bool,
    /// Levels and checks with all macros opened.
    pub(crate) depth: u32,
    pub(crate) nodes: u64,
    pub(crate) events: Events,
}

impl MacroUnit {
    /// Whether macros and rules that use it come to the same with the other in its place, apart from problems that the checks in
    /// its condition have.
    pub(crate) fn looks_like(&self, other: &Self) -> bool {
        let names =
            |unit: &Self| unit.condition.parsed.refs.iter().map(|ident| Arc::clone(&ident.name)).collect::<Vec<_>>();
        self.broken == other.broken
            && self.depth == other.depth
            && self.nodes == other.nodes
            && self.targets == other.targets
            && self.events == other.events
            && names(self) == names(other)
    }

    /// Whether it is too large to be opened.
    pub(crate) fn too_large(&self) -> bool {
        self.depth > MAX_DEPTH || self.nodes > MAX_NODES
    }
}

/// Falco's location of a macro.
pub(super) fn macro_path(macro_: &MacroState) -> Path {
    let definition = macro_.definition;
    Path::file().step(ItemType::Macro, Arc::clone(&macro_.name), definition.uid, definition.start)
}

impl Stage<'_> {
    pub(super) fn update_macros(&mut self, collection: &Collection, fresh: &[u32]) {
        let mut drafts: FxHashMap<u32, Draft> = FxHashMap::default();
        for index in fresh {
            if self.cancel.is_cancelled() {
                return;
            }
            let Some(macro_) = collection.macros.get(*index) else { continue };
            let mut parse = Findings::default();
            let (uid, at) = macro_.condition_at;
            let path = macro_path(macro_).step(ItemType::MacroCondition, "", uid, at);
            let mut condition = self.condition(collection, Arc::clone(&macro_.condition), &path, &mut parse, &[]);
            if macro_.broken {
                // Its shape was reported already; what follows from that is no news.
                parse = Findings::default();
                condition = self.condition(collection, Arc::default(), &path, &mut Findings::default(), &[]);
            }
            attribute(&mut parse, ItemKind::Macro, &macro_.name);
            let targets = condition
                .parsed
                .refs
                .iter()
                .map(|ident| {
                    let target = collection.macros.id(&ident.name)?;
                    let callee = collection.macros.get(target)?;
                    (callee.index < macro_.visibility).then_some(target)
                })
                .collect();
            drafts.insert(*index, Draft { condition, targets, parse, resolve: Findings::default() });
        }
        for index in fresh {
            self.resolve_macro(collection, *index, &mut drafts);
            self.note_asking(Node::Macro(*index));
        }
        for index in fresh {
            self.link_macro(collection, *index, &mut drafts);
        }
    }

    /// Finds loops and unknown names as Falco does: macros are resolved in order, and each sees through the ones that were
    /// not resolved yet.
    fn resolve_macro(&self, collection: &Collection, index: u32, drafts: &mut FxHashMap<u32, Draft>) {
        let Some(macro_) = collection.macros.get(index) else { return };
        let Some(draft) = drafts.get(&index) else { return };
        let mut findings = Findings::default();
        let mut cut = Vec::new();
        let walk = self.walk(collection, drafts, index, macro_.visibility);
        let path = macro_path(macro_);
        // Falco tells of the first loop, else of the first unknown name.
        let first = walk.iter().position(|p| matches!(p.kind, Trouble::Loop)).unwrap_or(0);
        for (i, problem) in walk.iter().enumerate() {
            let Some(ident) = draft.condition.parsed.refs.get(problem.top as usize) else { continue };
            let place = draft.condition.pasted.place(ident.range.0, ident.range.1);
            let mut diag = match &problem.kind {
                Trouble::Loop => {
                    cut.push(problem.top);
                    let message = if *ident.name == *macro_.name {
                        format!("macro `{}` uses itself", macro_.name)
                    } else {
                        format!("macro `{}` uses itself through `{}`", macro_.name, ident.name)
                    };
                    RawDiag::falco(FalcoCode::ErrValidate, message, place.loc)
                }
                Trouble::Unknown => self.undefined_macro(collection, &ident.name, place.loc, Some(macro_)),
                Trouble::UnknownInside { name, .. } => RawDiag::falco(
                    FalcoCode::ErrValidate,
                    format!(
                        "macro `{}` uses `{name}`, which macro `{}` does not see: it is defined later",
                        ident.name, macro_.name
                    ),
                    place.loc,
                ),
            };
            if i == first {
                let falco = path.condition(draft.condition.falco_place(problem.offset));
                findings.falco(RawFalco::new(FalcoCode::ErrValidate, diag.message.clone(), falco));
            }
            if matches!(problem.kind, Trouble::UnknownInside { told: true, .. })
                || draft.condition.is_debris(&ident.name, ident.range)
            {
                continue;
            }
            if let Some((list, item)) = place.list {
                diag = diag.label(item, format!("from list `{list}`, which is pasted as text"));
            }
            diag.item = Some((ItemKind::Macro, Arc::clone(&macro_.name)));
            findings.diags.push(diag);
        }
        if let Some(draft) = drafts.get_mut(&index) {
            draft.resolve = findings;
            for slot in cut {
                if let Some(target) = draft.targets.get_mut(slot as usize) {
                    *target = None;
                }
            }
        }
    }

    /// Walks the references of a macro with what it may see.
    fn walk(
        &self,
        collection: &Collection,
        drafts: &FxHashMap<u32, Draft>,
        index: u32,
        visibility: u32,
    ) -> Vec<Problem> {
        struct Frame {
            of: u32,
            next: usize,
        }
        let mut problems = Vec::new();
        let mut done: FxHashSet<u32> = FxHashSet::default();
        // `on_path` is what is being opened; the macro itself is not, until something refers to it.
        let mut on_path: FxHashSet<u32> = FxHashSet::default();
        let mut stack = vec![Frame { of: index, next: 0 }];
        let mut top = 0;
        while let Some(frame) = stack.last_mut() {
            let (of, slot) = (frame.of, frame.next);
            frame.next += 1;
            let inner = stack.len() > 1;
            let found = match drafts.get(&of) {
                Some(draft) => draft.condition.parsed.refs.get(slot).zip(draft.targets.get(slot)),
                None => None,
            };
            let Some((ident, target)) = found else {
                stack.pop();
                if inner {
                    on_path.remove(&of);
                    done.insert(of);
                }
                continue;
            };
            if !inner {
                top = slot as u32;
            }
            let offset = ident.range.0;
            let seen = collection
                .macros
                .id(&ident.name)
                .filter(|id| collection.macros.get(*id).is_some_and(|callee| callee.index < visibility));
            let Some(callee) = seen else {
                let kind = match inner {
                    // What is wrong in a macro whoever looks is told at that macro.
                    true => Trouble::UnknownInside { name: Arc::clone(&ident.name), told: target.is_none() },
                    false => Trouble::Unknown,
                };
                problems.push(Problem { top, offset, kind });
                continue;
            };
            if on_path.contains(&callee) {
                problems.push(Problem { top, offset, kind: Trouble::Loop });
                continue;
            }
            // Earlier macros are resolved: there is nothing left to see through. A loop that was cut counts as told.
            if collection.macros.rank(callee) < collection.macros.rank(index)
                || target.is_none()
                || done.contains(&callee)
            {
                continue;
            }
            on_path.insert(callee);
            stack.push(Frame { of: callee, next: 0 });
        }
        let mut told: FxHashSet<u32> = FxHashSet::default();
        problems.retain(|problem| told.insert(problem.top));
        problems
    }

    /// "undefined macro", with a suggestion or the reason why a macro of that name is not seen.
    pub(super) fn undefined_macro(
        &self,
        collection: &Collection,
        name: &str,
        loc: crate::loc::Loc,
        user: Option<&MacroState>,
    ) -> RawDiag {
        let known = collection.macros.named(name);
        let diag = |message: String| RawDiag::falco(FalcoCode::ErrValidate, message, loc);
        match (known, user) {
            (Some(callee), Some(user)) if callee.name == user.name => {
                diag(format!("macro `{name}` uses itself")).help("remove the reference")
            }
            (Some(callee), _) => diag(format!("macro `{name}` is used before it is defined"))
                .label(callee.definition_name, "defined here")
                .help("a macro only sees macros that are defined before it; move the definition up")
                .repair(
                    format!("move macro `{name}` in front of this item"),
                    vec![Repair::Move { item: callee.definition_name, before: loc }],
                    false,
                ),
            (None, _) => {
                if matches!(name, "and" | "or" | "not") {
                    return diag(format!("`{name}` is read as the name of a macro here, and there is none"))
                        .help("something is missing next to it");
                }
                let diag = diag(format!("undefined macro `{name}`"));
                let define = |diag: RawDiag| {
                    let (kind, name) = (ItemKind::Macro, name.to_owned());
                    let define = Repair::Define { kind, name: name.clone(), before: loc };
                    diag.repair(format!("create macro `{name}`"), vec![define], false)
                };
                if self.suggest.is_rule(collection, name) {
                    return diag.help("there is a rule of that name, but conditions can only use macros");
                }
                match self.suggest.macro_(collection, name) {
                    Some(best) => define(diag.did_you_mean(loc, &best)),
                    None => define(diag),
                }
            }
        }
    }

    /// Works out what a macro comes to, after everything that it refers to. Loops were cut, so this ends.
    fn link_macro(&mut self, collection: &Collection, index: u32, drafts: &mut FxHashMap<u32, Draft>) {
        let mut stack = vec![index];
        let mut open: FxHashSet<u32> = FxHashSet::default();
        while let Some(current) = stack.last().copied() {
            let Some(draft) = drafts.get_mut(&current) else {
                stack.pop();
                continue;
            };
            open.insert(current);
            let waiting: Vec<u32> =
                draft.targets.iter().flatten().copied().filter(|target| self.units.macro_(*target).is_none()).collect();
            let mut pending = false;
            for target in waiting {
                if open.contains(&target) {
                    // A loop that Falco finds elsewhere; here it must only not be followed.
                    draft.targets.iter_mut().for_each(|t| *t = t.filter(|t| *t != target));
                } else {
                    stack.push(target);
                    pending = true;
                }
            }
            if pending {
                continue;
            }
            stack.pop();
            open.remove(&current);
            if let Some(draft) = drafts.remove(&current) {
                let unit = self.macro_unit(collection, current, draft);
                self.units.macros.put(current, Arc::new(unit));
            }
        }
    }

    fn macro_unit(&mut self, collection: &Collection, index: u32, draft: Draft) -> MacroUnit {
        let Draft { condition, targets, parse, mut resolve } = draft;
        let broken_item = collection.macros.get(index).is_none_or(|m| m.broken);
        let size = self.size(&condition, &targets);
        // The source only decides about fields; what an event type is does not depend on it.
        let source: Arc<str> = "syscall".into();
        let events = if size.too_large() {
            Events::neutral()
        } else {
            let checked = self.cache.check(self.options, &condition.text, &source);
            events::of_expr(&checked.expr, &checked.atoms, &|slot| self.events_of(&targets, slot))
        };
        let own_fault = size.too_large() && !size.inner_too_large;
        if let (true, Some(macro_)) = (own_fault, collection.macros.get(index)) {
            let message = format!("macro `{}` becomes too large when the macros in it are opened", macro_.name);
            let mut diag = RawDiag::falco(FalcoCode::ErrCompileCondition, message, macro_.definition_name);
            diag.item = Some((ItemKind::Macro, Arc::clone(&macro_.name)));
            resolve.report(FalcoCode::ErrCompileCondition, diag, macro_path(macro_));
        }
        let broken = broken_item
            || parse.has_errors()
            || resolve.has_errors()
            || targets.iter().flatten().any(|t| self.macro_at(*t).is_none_or(|unit| unit.broken))
            || targets.iter().any(Option::is_none);
        MacroUnit { condition, targets, parse, resolve, broken, depth: size.depth, nodes: size.nodes, events }
    }

    pub(super) fn macro_at(&self, index: u32) -> Option<&Arc<MacroUnit>> {
        self.units.macro_(index)
    }

    pub(super) fn events_of(&self, targets: &[Option<u32>], slot: u32) -> Events {
        let target = targets.get(slot as usize).copied().flatten();
        target.and_then(|t| self.macro_at(t)).map_or_else(Events::neutral, |unit| unit.events.clone())
    }

    /// The size of a condition with its macros opened.
    pub(super) fn size(&self, condition: &Condition, targets: &[Option<u32>]) -> Size {
        let mut size = Size { depth: condition.parsed.depth, nodes: condition.parsed.nodes, inner_too_large: false };
        for unit in targets.iter().flatten().filter_map(|target| self.macro_at(*target)) {
            size.depth = size.depth.max(condition.parsed.depth.saturating_add(unit.depth));
            size.nodes = size.nodes.saturating_add(unit.nodes);
            size.inner_too_large |= unit.too_large();
        }
        size
    }
}

pub(super) struct Size {
    pub(super) depth: u32,
    pub(super) nodes: u64,
    /// A macro in it is too large by itself.
    pub(super) inner_too_large: bool,
}

impl Size {
    pub(super) fn too_large(&self) -> bool {
        self.depth > MAX_DEPTH || self.nodes > MAX_NODES
    }
}

struct Draft {
    condition: Condition,
    targets: Vec<Option<u32>>,
    parse: Findings,
    resolve: Findings,
}

struct Problem {
    /// The reference in the macro's own condition that leads there.
    top: u32,
    /// Where the name stands in the condition that it stands in.
    offset: u32,
    kind: Trouble,
}

enum Trouble {
    Loop,
    Unknown,
    UnknownInside { name: Arc<str>, told: bool },
}

/// Says to which item findings belong.
pub(super) fn attribute(findings: &mut Findings, kind: ItemKind, name: &Arc<str>) {
    for diag in &mut findings.diags {
        if diag.item.is_none() {
            diag.item = Some((kind, Arc::clone(name)));
        }
    }
}
