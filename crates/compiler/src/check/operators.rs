//! Which operators a type has.

use falco_catalog::{ParamType, TypeClass};
use falco_syntax::condition::ast::Operator;

use crate::check::{TKind, TValue};

/// Whether the operator can be used on values of the type.
pub(crate) fn allowed(op: Operator, ty: ParamType, is_list: bool) -> bool {
    use Operator as O;
    if op == O::Exists {
        return true;
    }
    if is_list {
        let comparable = matches!(
            ty,
            ParamType::Charbuf
                | ParamType::Uint64
                | ParamType::Reltime
                | ParamType::Abstime
                | ParamType::Bool
                | ParamType::Ipaddr
                | ParamType::Ipnet
        );
        return comparable && matches!(op, O::In | O::Intersects);
    }
    match (ty.class(), op) {
        (None, _) => false,
        (Some(_), O::Eq | O::EqEq | O::Ne | O::In | O::Intersects) => true,
        (Some(TypeClass::Number), O::Lt | O::Le | O::Gt | O::Ge) => true,
        (Some(TypeClass::String), O::Bcontains | O::Bstartswith) => false,
        (Some(TypeClass::String), _) => true,
        (Some(TypeClass::Bytes), O::Contains | O::Startswith | O::Endswith | O::Bcontains | O::Bstartswith) => true,
        _ => false,
    }
}

/// Restrictions of single fields.
pub(crate) fn field_allows(left: &TValue, op: Operator) -> bool {
    match &left.kind {
        TKind::Field(_) if left.text.starts_with("evt.around[") => {
            matches!(op, Operator::Eq | Operator::EqEq | Operator::Exists)
        }
        _ => true,
    }
}

/// A line that names the operators that a value has.
pub(crate) fn help(left: &TValue) -> String {
    let names: Vec<&str> = Operator::ALL
        .into_iter()
        .filter(|op| *op != Operator::EqEq && allowed(*op, left.ty, left.is_list) && field_allows(left, *op))
        .map(Operator::as_str)
        .collect();
    match names.as_slice() {
        [only] => format!("only `{only}` does"),
        names => format!("these do: {}", names.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_matrix_has_falcos_shape() {
        let count = |ty, is_list| Operator::ALL.into_iter().filter(|op| allowed(*op, ty, is_list)).count();
        assert_eq!(count(ParamType::Uint64, false), 10);
        assert_eq!(count(ParamType::Bool, false), 6);
        assert_eq!(count(ParamType::Charbuf, false), 18);
        assert_eq!(count(ParamType::Bytebuf, false), 11);
        assert_eq!(count(ParamType::Ipaddr, false), 6);
        assert_eq!(count(ParamType::Ipnet, false), 6);
        assert_eq!(count(ParamType::Charbuf, true), 3);
        assert_eq!(count(ParamType::Port, true), 1);
        assert_eq!(count(ParamType::Gid, false), 1);
    }
}
