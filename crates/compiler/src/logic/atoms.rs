//! What a comparison is to the solver.

use falco_catalog::{FieldArg, ParamType, field as ids};
use falco_solver::{Formula, Space, Test, Value, VarId, Variable};
use falco_syntax::condition::ast::{Modifier, Operator};

use crate::check::{TKind, TOperand, TValue, TypedCheck};
use crate::program::Const;

/// Lowers a comparison. Also its variable. `uses_list`: some values come from a list. An empty one waits to be filled by others, so
/// nothing is made of it.
pub(super) fn lower(space: &mut Space, check: &TypedCheck, uses_list: bool) -> (Formula, VarId) {
    let variable = space.variable(&check.left.text, || variable(&check.left));
    let formula = match &check.right {
        TOperand::None => Formula::Atom(space.atom(variable, Test::Exists)),
        TOperand::Value(value) => opaque(space, variable, check.op, check.modifier, &value.text),
        TOperand::Consts(consts) if consts.is_empty() && uses_list => {
            opaque(space, variable, check.op, check.modifier, "an empty list")
        }
        TOperand::Consts(consts) => of_consts(space, variable, check, consts),
    };
    (formula, variable)
}

fn variable(value: &TValue) -> Variable {
    let mut variable = Variable::new(value.text.clone());
    let is_event_type =
        matches!(&value.kind, TKind::Field(field) if field.id == ids::EVT_TYPE && field.arg == FieldArg::None);
    variable.required = is_event_type;
    if let Some(range) = range(value.ty) {
        variable.range = range;
        variable.sample = Value::Number(range.0.max(0));
    } else if value.ty == ParamType::Bool {
        variable.sample = Value::Bool(true);
    }
    variable
}

/// The numbers of a type.
fn range(ty: ParamType) -> Option<(i128, i128)> {
    use ParamType as P;
    Some(match ty {
        P::Int8 => (i8::MIN.into(), i8::MAX.into()),
        P::Int16 => (i16::MIN.into(), i16::MAX.into()),
        P::Int32 | P::Fd32 | P::Pid32 => (i32::MIN.into(), i32::MAX.into()),
        P::Int64 | P::Errno | P::Fd | P::Pid => (i64::MIN.into(), i64::MAX.into()),
        P::Uint8 | P::Flags8 | P::Enumflags8 | P::Sigtype => (0, u8::MAX.into()),
        P::Uint16 | P::Port | P::Flags16 | P::Enumflags16 | P::Syscallid => (0, u16::MAX.into()),
        P::Uint32 | P::Flags32 | P::Enumflags32 | P::Mode => (0, u32::MAX.into()),
        P::Uint64 | P::Reltime | P::Abstime => (0, u64::MAX.into()),
        _ => return None,
    })
}

fn is_text(ty: ParamType) -> bool {
    matches!(ty, ParamType::Charbuf | ParamType::Fspath | ParamType::Fsrelpath | ParamType::Bytebuf)
}

/// Whether comparisons are about several values, of which one has to do: the ends of a connection, all ancestors, lists.
fn is_plural(value: &TValue) -> bool {
    value.is_list
        || matches!(&value.kind, TKind::Field(field) if field.arg == FieldArg::None && matches!(
            field.id,
            ids::FD_IP | ids::FD_PORT | ids::FD_PROTO | ids::FD_NET
                | ids::PROC_ANAME | ids::PROC_AEXE | ids::PROC_AEXEPATH | ids::PROC_ACMDLINE | ids::PROC_AARGS | ids::PROC_AENV
        ))
}

fn of_consts(space: &mut Space, variable: VarId, check: &TypedCheck, consts: &[Const]) -> Formula {
    let whole = |space: &mut Space| opaque(space, variable, check.op, check.modifier, &format!("{consts:?}"));
    if is_plural(&check.left) {
        return whole(space);
    }
    let one = |space: &mut Space, one: &Const| match test(check.left.ty, check.op, std::slice::from_ref(one)) {
        Some(test) => Formula::Atom(space.atom(variable, test)),
        None => opaque(space, variable, check.op, None, &format!("{one:?}")),
    };
    match (check.modifier, check.op) {
        (Some(Modifier::AnyOf), _) | (None, Operator::Pmatch) => {
            Formula::Or(consts.iter().map(|value| one(space, value)).collect())
        }
        (Some(Modifier::AllOf), _) if consts.is_empty() => Formula::FALSE,
        (Some(Modifier::AllOf), _) => Formula::And(consts.iter().map(|value| one(space, value)).collect()),
        (Some(Modifier::OneOf), _) => whole(space),
        (None, _) => match test(check.left.ty, check.op, consts) {
            Some(test) => Formula::Atom(space.atom(variable, test)),
            None => whole(space),
        },
    }
}

/// Something that the solver does not look into.
fn opaque(space: &mut Space, variable: VarId, op: Operator, modifier: Option<Modifier>, right: &str) -> Formula {
    let modifier = modifier.map(Modifier::as_str).unwrap_or_default();
    let key = format!("{} {modifier} {right}", op.as_str());
    Formula::Atom(space.atom(variable, Test::Opaque(key.into())))
}

/// The test of a value that is one value.
fn test(ty: ParamType, op: Operator, consts: &[Const]) -> Option<Test> {
    if ty == ParamType::Ipnet || ty == ParamType::Ipv4net || ty == ParamType::Ipv6net {
        let nets: Option<Vec<_>> =
            consts.iter().map(|c| if let Const::Net(net) = c { Some(*net) } else { None }).collect();
        return match op {
            Operator::Eq | Operator::In | Operator::Intersects => Some(Test::Nets(nets?.into())),
            Operator::Ne => Some(Test::NotNets(nets?.into())),
            _ => None,
        };
    }
    let known = is_text(ty)
        || range(ty).is_some()
        || matches!(ty, ParamType::Bool | ParamType::Ipaddr | ParamType::Ipv4addr | ParamType::Ipv6addr);
    if !known {
        return None;
    }
    let values = || consts.iter().map(value).collect::<Option<Vec<Value>>>();
    let text = || match consts {
        [Const::Bytes(bytes)] if is_text(ty) => Some(bytes.clone()),
        _ => None,
    };
    let number = || match consts {
        [Const::Int(number)] => Some(i128::from(*number)),
        [Const::Uint(number)] => Some(i128::from(*number)),
        _ => None,
    };
    let (low, high) = range(ty).unwrap_or((0, 0));
    Some(match op {
        Operator::Eq | Operator::In | Operator::Intersects => Test::one_of(values()?),
        Operator::Ne => Test::none_of(values()?),
        Operator::Lt => Test::Range(low, number()? - 1),
        Operator::Le => Test::Range(low, number()?),
        Operator::Gt => Test::Range(number()? + 1, high),
        Operator::Ge => Test::Range(number()?, high),
        Operator::Startswith | Operator::Bstartswith => Test::StartsWith(text()?),
        Operator::Endswith => Test::EndsWith(text()?),
        Operator::Contains | Operator::Bcontains => Test::Contains(text()?),
        Operator::Icontains => Test::ContainsNoCase(text()?.to_ascii_lowercase().into()),
        Operator::Glob => glob(&text()?)?,
        Operator::Pmatch => {
            let path = text()?;
            if path.iter().any(|byte| b"?*[".contains(byte)) {
                return None;
            }
            Test::path_prefix(&path)
        }
        _ => return None,
    })
}

fn value(value: &Const) -> Option<Value> {
    Some(match value {
        Const::Bytes(bytes) => Value::Text(bytes.clone()),
        Const::Int(number) => Value::Number((*number).into()),
        Const::Uint(number) => Value::Number((*number).into()),
        Const::Bool(value) => Value::Bool(*value),
        Const::Ip(ip) => Value::Ip(*ip),
        Const::Net(_) => return None,
    })
}

/// A pattern with nothing but stars at its ends.
fn glob(pattern: &[u8]) -> Option<Test> {
    let stars = pattern.iter().take_while(|byte| **byte == b'*').count();
    let inner = pattern.get(stars..)?;
    let at_end = inner.iter().rev().take_while(|byte| **byte == b'*').count();
    let inner = inner.get(..inner.len() - at_end)?;
    if inner.iter().any(|byte| b"*?[\\".contains(byte)) {
        return None;
    }
    Some(match (stars > 0, at_end > 0) {
        (false, false) => Test::one_of([Value::text(inner)]),
        (false, true) => Test::StartsWith(inner.into()),
        (true, false) => Test::EndsWith(inner.into()),
        (true, true) => Test::Contains(inner.into()),
    })
}
