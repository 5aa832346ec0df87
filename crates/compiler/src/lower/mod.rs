//! Lowering: checked conditions and outputs become a [`Program`] of interned atoms.

mod print;
mod rules;

use std::sync::Arc;

use rustc_hash::FxHashMap;

pub(crate) use print::{expanded_macro, expanded_rule};
pub(crate) use rules::{program, rule};

use crate::check::{CExpr, Checked, TKind, TOperand, TValue, TypedCheck};
use crate::program::{
    Atom, AtomId, BoolExpr, Extract, ExtractId, ExtractKind, Operand, OutputPiece, OutputTemplate, Program,
};
use crate::stage::{OutPiece, SplitOutput};

/// Interns atoms and extractions.
#[derive(Default)]
pub(crate) struct Builder {
    pub(crate) program: Program,
    atoms: FxHashMap<Atom, AtomId>,
    extracts: FxHashMap<Extract, ExtractId>,
    /// Checks that were lowered already, by their address: the checks of macros come up again and again.
    known: FxHashMap<*const TypedCheck, AtomId>,
}

impl Builder {
    /// Interns a comparison. It must outlive the builder, since it is recognised by its address.
    pub(crate) fn atom(&mut self, check: &Arc<TypedCheck>) -> AtomId {
        if let Some(known) = self.known.get(&Arc::as_ptr(check)) {
            return *known;
        }
        let left = self.extract(&check.left);
        let right = match &check.right {
            TOperand::None => Operand::None,
            TOperand::Consts(consts) => Operand::Consts(consts.clone().into()),
            TOperand::Value(value) => Operand::Extract(self.extract(value)),
        };
        let atom = Atom { left, op: check.op, modifier: check.modifier, right };
        let id = match self.atoms.get(&atom) {
            Some(id) => *id,
            None => {
                let id = AtomId(self.program.atoms.len() as u32);
                self.program.atoms.push(atom.clone());
                self.atoms.insert(atom, id);
                id
            }
        };
        self.known.insert(Arc::as_ptr(check), id);
        id
    }

    /// Interns a value, its arguments first.
    pub(crate) fn extract(&mut self, value: &TValue) -> ExtractId {
        let kind = match &value.kind {
            TKind::Field(field) => ExtractKind::Field(field.clone()),
            TKind::Const(bytes) => ExtractKind::Const(bytes.clone()),
            TKind::List(items) => ExtractKind::List(items.iter().map(|item| self.extract(item)).collect()),
            TKind::Call { transformer, args, suffix } => ExtractKind::Call {
                transformer: *transformer,
                args: args.iter().map(|arg| self.extract(arg)).collect(),
                suffix: *suffix,
            },
        };
        let extract = Extract { kind, ty: value.ty, is_list: value.is_list, text: value.text.clone() };
        if let Some(id) = self.extracts.get(&extract) {
            return *id;
        }
        let id = ExtractId(self.program.extracts.len() as u32);
        self.program.extracts.push(extract.clone());
        self.extracts.insert(extract, id);
        id
    }

    /// Lowers an output. A leading `*` is not looked at.
    pub(crate) fn output(&mut self, text: &str, split: &SplitOutput) -> OutputTemplate {
        let mut pieces: Vec<OutputPiece> = Vec::with_capacity(split.pieces.len());
        for piece in &split.pieces {
            match piece {
                OutPiece::Text(range) => {
                    let literal = text.get(range.0 as usize..range.1 as usize).unwrap_or_default();
                    match pieces.last_mut() {
                        Some(OutputPiece::Text(last)) => last.push_str(literal),
                        _ => pieces.push(OutputPiece::Text(literal.to_owned())),
                    }
                }
                OutPiece::Value(value) => {
                    let extract = self.extract(&value.value);
                    pieces.push(OutputPiece::Value { extract, width: value.width });
                }
            }
        }
        OutputTemplate { text: text.to_owned(), pieces, keep_missing: true }
    }
}

/// A condition that lowers by itself, without macros.
pub(crate) fn lower_flat(builder: &mut Builder, checked: &Checked) -> Option<BoolExpr> {
    lower_expr(builder, &checked.expr, &mut |builder, leaf| match leaf {
        Leaf::Atom(atom) => {
            let typed = checked.atoms.get(atom as usize)?.typed.as_ref()?;
            Some(BoolExpr::Atom(builder.atom(typed), atom))
        }
        Leaf::Ref(_) => None,
    })
}

/// An end of a condition's tree.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Leaf {
    Atom(u32),
    Ref(u32),
}

/// Lowers the tree of a condition; `None` if something in it cannot be lowered.
pub(crate) fn lower_expr(
    builder: &mut Builder,
    expr: &CExpr,
    leaf: &mut dyn FnMut(&mut Builder, Leaf) -> Option<BoolExpr>,
) -> Option<BoolExpr> {
    let mut all = |builder: &mut Builder, children: &[CExpr]| {
        children.iter().map(|child| lower_expr(builder, child, leaf)).collect::<Option<Vec<_>>>()
    };
    Some(match expr {
        CExpr::And(children) => BoolExpr::And(all(builder, children)?),
        CExpr::Or(children) => BoolExpr::Or(all(builder, children)?),
        CExpr::Not(child) => BoolExpr::Not(Box::new(lower_expr(builder, child, leaf)?)),
        CExpr::Atom(atom) => leaf(builder, Leaf::Atom(*atom))?,
        CExpr::Ref(slot) => leaf(builder, Leaf::Ref(*slot))?,
        CExpr::Missing => return None,
    })
}
