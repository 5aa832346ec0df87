//! A program made ready: matchers, costs, groups of atoms that one look at a value decides.

use std::sync::Arc;

use falco_catalog::field as ids;
use falco_catalog::{Catalog, FieldArg, FieldId, ParamType, PrintFormat};
use falco_compiler::program::{Atom, AtomId, Const, Extract, ExtractId, ExtractKind, Operand, Program, Transformer};
use falco_syntax::condition::ast::Operator;

use super::EvalError;
use super::classes::{ClassGroup, NeedleGroup, find_groups};
use super::hosts::HostNames;
use super::matcher::{Special, Test, is_text};

/// What evaluation needs beside the program. Immutable, shared by threads.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) program: Arc<Program>,
    pub(crate) atoms: Box<[Judge]>,
    pub(crate) costs: Box<[u32]>,
    pub(crate) extracts: Box<[Shape]>,
    pub(crate) classes: Box<[ClassGroup]>,
    pub(crate) needles: Box<[NeedleGroup]>,
    /// Whether an output may show `evt.buffer`.
    pub(crate) shows_buffer: bool,
}

/// How an atom is judged.
#[derive(Debug)]
pub(crate) struct Judge {
    /// The comparison; `None` where the right side is a value of the event.
    pub(crate) test: Option<Test>,
    /// A group that decides it without its own comparison.
    pub(crate) group: Group,
    /// Whether text or a buffer is compared.
    pub(crate) text: bool,
}

/// Membership of an atom in a group; numbers are places in [`Prepared`]'s tables.
#[derive(Debug)]
pub(crate) enum Group {
    None,
    /// True when the value's class is among the bits, turned round for `!=`.
    Class {
        group: u32,
        members: Box<[u64]>,
        negated: bool,
    },
    /// True when this word of the group's was found.
    Needle {
        group: u32,
        needle: u32,
    },
}

/// What is known of an extraction beforehand.
#[derive(Debug)]
pub(crate) struct Shape {
    pub(crate) route: Route,
    pub(crate) format: PrintFormat,
    /// Whether the event's code alone decides the value.
    pub(crate) by_code: ByCode,
}

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route {
    /// The event.
    Event,
    /// The time since the last look at this field, whole or in part; the event only when it is not one of a stream.
    Delta(Part),
    /// How often this field was looked at; likewise.
    Count,
    /// On a switch of threads, the time since the last switch of the processor: alone, or added up for the thread.
    ExecTime { total: bool },
    /// The event's value is a time used so far; how much more it is than at the thread's last look.
    CpuTime,
}

/// A part of a duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Whole,
    Seconds,
    Nanoseconds,
}

/// How far an event's code decides a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ByCode {
    No,
    Always,
    /// Except for events that carry their name with them.
    UnlessNamed,
}

impl Prepared {
    pub(crate) fn new(program: Arc<Program>, catalog: &Catalog) -> Result<Self, EvalError> {
        let extracts: Box<[Shape]> = program.extracts.iter().map(|e| Shape::new(e, &program, catalog)).collect();
        let mut atoms = Vec::with_capacity(program.atoms.len());
        for atom in &program.atoms {
            let extract = program.extracts.get(atom.left.0 as usize);
            let ty = extract.map_or(ParamType::None, |e| e.ty);
            let special = extract.map_or(Special::None, special);
            atoms.push(Judge { test: Test::new(atom, ty, special)?, group: Group::None, text: is_text(ty) });
        }
        let costs = program.atoms.iter().map(|atom| cost(atom, &program)).collect();
        let (classes, needles) = find_groups(&program, &mut atoms)?;
        let shows_buffer = program.extracts.iter().any(super::session::is_buffer);
        Ok(Self { program, atoms: atoms.into(), costs, extracts, classes, needles, shows_buffer })
    }

    /// Whether an atom's truth follows from the event's code.
    pub(crate) fn by_code(&self, atom: AtomId) -> ByCode {
        let Some(atom) = self.program.atoms.get(atom.0 as usize) else {
            return ByCode::No;
        };
        if matches!(atom.right, Operand::Extract(_)) {
            return ByCode::No;
        }
        self.extracts.get(atom.left.0 as usize).map_or(ByCode::No, |shape| shape.by_code)
    }

    /// A guess at the work of an extraction.
    pub(crate) fn extract_cost(&self, extract: ExtractId) -> u32 {
        extract_cost(extract, &self.program)
    }

    /// The host names that rules compare addresses with.
    pub(crate) fn host_names(&self) -> impl Iterator<Item = &HostNames> {
        self.atoms.iter().filter_map(|judge| match &judge.test {
            Some(Test::Host { names, .. }) => Some(names),
            _ => None,
        })
    }
}

impl Shape {
    fn new(extract: &Extract, program: &Program, catalog: &Catalog) -> Self {
        let ExtractKind::Field(field) = &extract.kind else {
            return Self { route: Route::Event, format: call_format(extract, program, catalog), by_code: ByCode::No };
        };
        let route = match field.id {
            ids::EVT_DELTATIME => Route::Delta(Part::Whole),
            ids::EVT_DELTATIME_S => Route::Delta(Part::Seconds),
            ids::EVT_DELTATIME_NS => Route::Delta(Part::Nanoseconds),
            ids::UTIL_CNT => Route::Count,
            ids::THREAD_EXECTIME => Route::ExecTime { total: false },
            ids::THREAD_TOTEXECTIME => Route::ExecTime { total: true },
            ids::THREAD_CPU | ids::THREAD_CPU_USER | ids::THREAD_CPU_SYSTEM => Route::CpuTime,
            _ => Route::Event,
        };
        let by_code = match field.id {
            ids::EVT_TYPE | ids::SYSCALL_TYPE => ByCode::UnlessNamed,
            ids::EVT_DIR
            | ids::EVT_TYPE_IS
            | ids::EVT_IS_IO
            | ids::EVT_IS_IO_READ
            | ids::EVT_IS_IO_WRITE
            | ids::EVT_IO_DIR
            | ids::EVT_IS_WAIT
            | ids::EVT_IS_ASYNC
            | ids::EVT_COUNT => ByCode::Always,
            _ => ByCode::No,
        };
        Self { route, format: field_format(field.id, catalog), by_code }
    }
}

fn field_format(id: FieldId, catalog: &Catalog) -> PrintFormat {
    catalog.field(id).map_or(PrintFormat::Na, |field| field.format)
}

/// A call prints as the field inside it does.
fn call_format(extract: &Extract, program: &Program, catalog: &Catalog) -> PrintFormat {
    let mut extract = extract;
    // A call's arguments come before it, so this ends.
    while let ExtractKind::Call { transformer, args, .. } = &extract.kind {
        if matches!(transformer, Transformer::Join | Transformer::Concat | Transformer::Getopt) {
            break;
        }
        match args.first().and_then(|id| program.extracts.get(id.0 as usize)) {
            Some(inner) => extract = inner,
            None => break,
        }
    }
    match &extract.kind {
        ExtractKind::Field(field) => field_format(field.id, catalog),
        _ => PrintFormat::Na,
    }
}

fn special(extract: &Extract) -> Special {
    let ExtractKind::Field(field) = &extract.kind else {
        return Special::None;
    };
    match field.id {
        ids::FD_IP | ids::FD_PORT | ids::FD_PROTO => Special::Ends,
        ids::FD_NET => Special::EndNet,
        ids::EVT_AROUND => Special::Around,
        ids::FD_CIP_NAME | ids::FD_SIP_NAME | ids::FD_LIP_NAME | ids::FD_RIP_NAME => Special::HostName,
        _ => Special::None,
    }
}

/// A guess at the work of an atom that nobody has judged yet, to order the operands of `and` and `or`.
fn cost(atom: &Atom, program: &Program) -> u32 {
    let compare = match atom.op {
        Operator::Exists => 0,
        Operator::In | Operator::Intersects => 2,
        Operator::Glob | Operator::Iglob | Operator::Icontains => 12,
        Operator::Contains | Operator::Bcontains => 6,
        Operator::Pmatch => 8,
        Operator::Regex => 40,
        _ => 1,
    };
    let many = match &atom.right {
        Operand::Consts(consts) if atom.modifier.is_some() => consts.len().clamp(1, 20) as u32,
        _ => 1,
    };
    let numeric = matches!(&atom.right, Operand::Consts(c) if !matches!(c.first(), Some(Const::Bytes(_))));
    let right = match &atom.right {
        Operand::Extract(id) => extract_cost(*id, program),
        _ => 0,
    };
    compare * many + u32::from(!numeric) + extract_cost(atom.left, program) + right
}

fn extract_cost(id: ExtractId, program: &Program) -> u32 {
    match program.extracts.get(id.0 as usize).map(|e| &e.kind) {
        Some(ExtractKind::Field(field)) => field_cost(field.id, &field.arg),
        Some(ExtractKind::Call { args, .. } | ExtractKind::List(args)) => {
            // Bounded: a call's arguments come before it.
            args.iter()
                .filter(|arg| arg.0 < id.0)
                .fold(10, |sum: u32, arg| sum.saturating_add(extract_cost(*arg, program)))
        }
        _ => 0,
    }
}

fn field_cost(id: FieldId, arg: &FieldArg) -> u32 {
    match id {
        ids::EVT_TYPE | ids::SYSCALL_TYPE | ids::EVT_DIR | ids::EVT_RES | ids::EVT_RAWRES | ids::EVT_FAILED => 1,
        ids::EVT_IS_OPEN_READ | ids::EVT_IS_OPEN_WRITE | ids::FD_NUM | ids::FD_TYPECHAR => 1,
        ids::PROC_NAME | ids::PROC_EXE | ids::PROC_EXEPATH | ids::PROC_TTY | ids::FD_NAME | ids::USER_UID => 2,
        ids::EVT_ARGS | ids::EVT_INFO | ids::FD_TYPES => 40,
        ids::EVT_ARG => 12,
        ids::PROC_ANAME
        | ids::PROC_AEXE
        | ids::PROC_AEXEPATH
        | ids::PROC_ACMDLINE
        | ids::PROC_APID
        | ids::PROC_AARGS => match arg {
            FieldArg::None => 30,
            _ => 8,
        },
        ids::PROC_AENV | ids::PROC_ENV => 20,
        ids::PROC_SNAME | ids::PROC_VPGID_NAME | ids::PROC_PGID_NAME | ids::PROC_LOGINSHELLID => 15,
        ids::FS_PATH_NAME | ids::FS_PATH_SOURCE | ids::FS_PATH_TARGET => 10,
        _ => 4,
    }
}
