//! Filters and output formats that stand alone, as `falco-rs read` takes them.

use std::ops::Range;

use falco_catalog::Catalog;
use falco_syntax::condition::ast::Expr;
use falco_syntax::condition::{FILTER_DEPTH_LIMIT, parse_expr_with_limit};

use crate::check::{self, CheckCx, Note};
use crate::lower::{Builder, lower_flat};
use crate::options::Version;
use crate::stage::split_output;

use crate::program::{BoolExpr, OutputTemplate, Program};

/// A compiled stand-alone filter.
#[derive(Debug, Clone)]
pub struct FilterProgram {
    /// The atoms and extractions; it has no rules.
    pub program: Program,
    /// The condition over them. The provenance numbers index `spans`.
    pub condition: BoolExpr,
    /// The checks' ranges in the filter's text.
    pub spans: Vec<Range<u32>>,
}

/// A compiled stand-alone output format.
#[derive(Debug, Clone)]
pub struct OutputProgram {
    /// The extractions; it has no atoms and no rules.
    pub program: Program,
    /// The format.
    pub template: OutputTemplate,
}

/// Why a filter or an output format does not compile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct FilterError {
    /// What is wrong.
    pub message: String,
    /// Where in the text.
    pub range: Range<usize>,
    /// What to try.
    pub help: Option<String>,
}

/// Compiles a filter that stands alone: no macros, no lists, a recursion limit of 100.
pub fn compile_filter(catalog: &Catalog, source: &str, text: &str) -> Result<FilterProgram, FilterError> {
    let (expr, errors) = parse_expr_with_limit(text, FILTER_DEPTH_LIMIT);
    if let Some(error) = errors.into_iter().next() {
        let range = error.range.start().into()..error.range.end().into();
        return Err(FilterError { message: error.message.into(), range, help: error.help.map(Into::into) });
    }
    let cx = CheckCx { catalog, source, engine: Version::NEXT, text };
    let checked = check::check(&cx, &expr);
    for note in &checked.notes {
        match note {
            Note::Problem { problem, .. } => {
                let range = problem.range.0 as usize..problem.range.1 as usize;
                return Err(FilterError { message: problem.message.clone(), range, help: problem.help.clone() });
            }
            Note::Ref(slot) => return Err(no_macro(&expr, *slot)),
            Note::Hint { .. } | Note::Deprecated { .. } | Note::NaCheck { .. } | Note::Lint(_) => {}
        }
    }
    let mut builder = Builder::default();
    let spans = checked.atoms.iter().map(|atom| atom.range.0..atom.range.1).collect();
    match lower_flat(&mut builder, &checked) {
        Some(condition) => Ok(FilterProgram { program: builder.program, condition, spans }),
        None => Err(FilterError { message: "the filter is incomplete".into(), range: 0..text.len(), help: None }),
    }
}

/// Names that stand alone are macros, which a filter on its own cannot have.
fn no_macro(expr: &Expr, slot: u32) -> FilterError {
    fn find(expr: &Expr, left: &mut u32) -> Option<(Range<usize>, String)> {
        match expr {
            Expr::And { children, .. } | Expr::Or { children, .. } => children.iter().find_map(|c| find(c, left)),
            Expr::Not { child, .. } => find(child, left),
            Expr::Macro { range, name } => {
                if *left == 0 {
                    return Some((range.start().into()..range.end().into(), name.clone()));
                }
                *left -= 1;
                None
            }
            Expr::Check(_) | Expr::Missing { .. } => None,
        }
    }
    let (range, name) = find(expr, &mut slot.clone()).unwrap_or_default();
    FilterError {
        message: format!("`{name}` is no check: a filter that stands alone has no macros"),
        range,
        help: Some("write a comparison such as `proc.name = cat`".into()),
    }
}

/// Compiles an output format. A leading `*` keeps events whose fields have no value ([`OutputTemplate::keep_missing`]).
pub fn compile_output(catalog: &Catalog, source: &str, text: &str) -> Result<OutputProgram, FilterError> {
    let (format, keep_missing) = match text.strip_prefix('*') {
        Some(rest) => (rest, true),
        None => (text, false),
    };
    let offset = text.len() - format.len();
    if format.is_empty() {
        return Err(FilterError { message: "the format is empty".into(), range: 0..text.len(), help: None });
    }
    let cx = CheckCx { catalog, source, engine: Version::NEXT, text: format };
    let split = split_output(&cx);
    if let Some((range, message, help)) = split.first_error() {
        return Err(FilterError {
            message: message.to_owned(),
            range: range.0 as usize + offset..range.1 as usize + offset,
            help: help.map(str::to_owned),
        });
    }
    let mut builder = Builder::default();
    let template = OutputTemplate { keep_missing, ..builder.output(format, &split) };
    Ok(OutputProgram { program: builder.program, template })
}
