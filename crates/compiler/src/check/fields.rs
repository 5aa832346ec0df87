//! Fields and transformer calls: do they exist, and of what type are they.

use falco_catalog::versions::Subject;
use falco_catalog::{Catalog, FieldError, ParamType, TypeClass};
use falco_syntax::TextRange;
use falco_syntax::condition::ast::{Arg, Call, Field, Left, Operator, Text};
use falco_syntax::condition::parse_left;

use crate::check::{CheckCx, Problem, TKind, TValue, range, versions};
use crate::program::Transformer;

/// Where a value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Left,
    Right,
}

type Outcome<T> = Result<T, Box<Problem>>;

impl CheckCx<'_> {
    pub(super) fn left(&self, left: &Left, side: Side) -> Outcome<TValue> {
        match left {
            Left::Field(field) => self.field(field, false),
            Left::Call(call) => self.call(call, side),
        }
    }

    /// The right side of a comparison, when it is a value of the event.
    pub(super) fn right(
        &self,
        left: &TValue,
        op: Operator,
        call: &Call,
        check: TextRange,
        event_type: bool,
    ) -> Outcome<TValue> {
        if matches!(op, Operator::Regex | Operator::Pmatch) {
            let message = format!("`{}` takes constants only", op.as_str());
            return Err(Problem::new(message, call.range).into());
        }
        if event_type || mentions_event_type(call) {
            return Err(Problem::new("an event type can only be compared with constants", check).into());
        }
        if let Some(field) = self.no_rhs_field(left) {
            let message = format!("`{field}` cannot be compared with a value of the event");
            return Err(Problem::new(message, call.range).into());
        }
        let right = self.call(call, Side::Right)?;
        if let Some(field) = self.no_rhs_field(&right) {
            let message = format!("`{field}` cannot stand on the right side of a comparison");
            return Err(Problem::new(message, call.range).into());
        }
        let network = |value: &TValue| value.ty.class() == Some(TypeClass::Network);
        if network(left) || network(&right) {
            return Err(Problem::new("networks can only be compared with constants", call.range).into());
        }
        if left.ty != right.ty || left.is_list != right.is_list {
            let message = format!(
                "`{}` is of type {}, but `{}` is of type {}",
                left.text,
                type_label(left),
                right.text,
                type_label(&right)
            );
            return Err(Problem::new(message, call.range).help("both sides must have the same type").into());
        }
        Ok(right)
    }

    /// A field in the value that Falco does not let be compared with another.
    fn no_rhs_field<'v>(&self, value: &'v TValue) -> Option<&'v str> {
        match &value.kind {
            TKind::Field(field) => {
                self.catalog.field(field.id).is_some_and(|info| info.flags.no_rhs()).then_some(&*value.text)
            }
            TKind::Const(_) => None,
            TKind::List(items) | TKind::Call { args: items, .. } => items.iter().find_map(|v| self.no_rhs_field(v)),
        }
    }

    fn field(&self, field: &Field, transformed: bool) -> Outcome<TValue> {
        let text = match &field.arg {
            Some(arg) => format!("{}[{}]", field.name, String::from_utf8_lossy(&arg.value)),
            None => field.name.clone(),
        };
        match self.catalog.resolve(self.source, &text) {
            Ok(found) => {
                let refuses = self.catalog.field(found.id).is_some_and(|info| info.flags.no_transformer());
                if transformed && refuses {
                    let message = format!("`{text}` cannot be used under a transformer");
                    return Err(Problem::new(message, field.range).into());
                }
                let newer = versions::problem(self.engine, Subject::Field, &field.name, field.range);
                let newer = newer.or_else(|| {
                    field.arg.as_ref()?;
                    versions::problem(self.engine, Subject::Argument, &field.name, field.range)
                });
                if let Some(problem) = newer {
                    return Err(problem.into());
                }
                let (ty, is_list) = (found.ty, found.is_list);
                Ok(TValue { kind: TKind::Field(found), ty, is_list, text: field.to_string().into() })
            }
            Err(error) => {
                let name = name_problem(self.catalog, self.source, &field.name, field.arg.is_some(), &text, error);
                let mut problem = Problem::new(name.message, field.range);
                problem.help = name.help;
                problem.unknown_name = name.unknown_name;
                problem.replacement = name.replacement.map(|new| (range(field.name_range), new));
                Err(problem.into())
            }
        }
    }

    fn call(&self, call: &Call, side: Side) -> Outcome<TValue> {
        if let Some(problem) = versions::problem(self.engine, Subject::Transformer, &call.name, call.name_range) {
            return Err(problem.into());
        }
        if call.name == "val" {
            return self.val(call, side);
        }
        let Some(transformer) = transformer(&call.name) else {
            let mut problem = Problem::new(format!("unknown transformer `{}`", call.name), call.name_range);
            problem.help = Some(format!("it is one of {}", NAMES.map(|(name, _)| name).join(", ")));
            return Err(problem.into());
        };
        let args = call.args.iter().map(|arg| self.arg(arg, side)).collect::<Outcome<Vec<_>>>()?;
        let suffix = self.suffix(call, transformer)?;
        let count = args.len();
        let arity = |expected: &str| {
            let message = format!("`{}` takes {expected}, not {count}", call.name);
            Err(Problem::new(message, call.range).into())
        };
        let arg_range = |i: usize| call.args.get(i).map_or(call.range, arg_text_range);
        use Transformer as T;
        let (ty, is_list) = match (transformer, args.as_slice()) {
            (T::Tolower | T::Toupper | T::Basename, [value]) => {
                if value.ty.class() != Some(TypeClass::String) {
                    return Err(self.wrong_argument(call, value, arg_range(0), "a string"));
                }
                (value.ty, value.is_list)
            }
            (T::B64, [value]) => {
                if !matches!(value.ty, ParamType::Charbuf | ParamType::Bytebuf) {
                    return Err(self.wrong_argument(call, value, arg_range(0), "a string or bytes"));
                }
                (value.ty, value.is_list)
            }
            (T::Len, [value]) => {
                let measurable = matches!(value.ty.class(), Some(TypeClass::String | TypeClass::Bytes));
                if !value.is_list && !measurable {
                    return Err(self.wrong_argument(call, value, arg_range(0), "a string, bytes or a list"));
                }
                (ParamType::Uint64, false)
            }
            (T::Tolower | T::Toupper | T::Basename | T::B64 | T::Len, _) => return arity("one argument"),
            (T::Join, [separator, list]) => {
                if declared(separator).1 {
                    return Err(self.wrong_argument(call, separator, arg_range(0), "a separator that is no list"));
                }
                if !declared(list).1 {
                    return Err(self.wrong_argument(call, list, arg_range(1), "a list as second argument"));
                }
                (ParamType::Charbuf, false)
            }
            (T::Join, _) => return arity("two arguments: a separator and a list"),
            (T::Concat, args) if args.len() >= 2 => {
                if let Some(i) = args.iter().position(|arg| declared(arg) != (ParamType::Charbuf, false)) {
                    let value = args.get(i).unwrap_or(&args[0]);
                    return Err(self.wrong_argument(call, value, arg_range(i), "strings"));
                }
                (ParamType::Charbuf, false)
            }
            (T::Concat, _) => return arity("two arguments or more"),
            (T::Getopt, [list, options]) => {
                if (list.ty, list.is_list) != (ParamType::Charbuf, true) {
                    return Err(self.wrong_argument(call, list, arg_range(0), "a list of strings as first argument"));
                }
                if (options.ty, options.is_list) != (ParamType::Charbuf, false) {
                    return Err(self.wrong_argument(
                        call,
                        options,
                        arg_range(1),
                        "an option string as second argument",
                    ));
                }
                (ParamType::Charbuf, suffix.is_none())
            }
            (T::Getopt, _) => return arity("two arguments: a list of strings and an option string"),
        };
        let kind = TKind::Call { transformer, args, suffix };
        Ok(TValue { kind, ty, is_list, text: call.to_string().into() })
    }

    /// `val(field)` is the field itself.
    fn val(&self, call: &Call, side: Side) -> Outcome<TValue> {
        if side == Side::Left {
            return Err(Problem::new("`val` can only stand on the right side of a comparison", call.range).into());
        }
        if call.suffix.is_some() {
            return Err(Problem::new("`val` takes no argument in brackets", call.range).into());
        }
        match call.args.as_slice() {
            [Arg::Field(field)] => self.field(field, false),
            _ => Err(Problem::new("`val` takes one field", call.range).into()),
        }
    }

    fn suffix(&self, call: &Call, transformer: Transformer) -> Outcome<Option<u8>> {
        let Some(suffix) = &call.suffix else { return Ok(None) };
        if transformer != Transformer::Getopt {
            let message = format!("`{}` takes no argument in brackets", call.name);
            return Err(Problem::new(message, suffix.range).into());
        }
        match suffix.value.as_slice() {
            [byte] => Ok(Some(*byte)),
            _ => Err(Problem::new("the argument of `getopt` in brackets is one letter", suffix.range).into()),
        }
    }

    fn arg(&self, arg: &Arg, side: Side) -> Outcome<TValue> {
        match arg {
            Arg::Field(field) => self.field(field, true),
            Arg::Call(call) => self.call(call, side),
            Arg::Text(text) => Ok(constant(text)),
            Arg::List { items, .. } => {
                let items = items.iter().map(|item| self.arg(item, side)).collect::<Outcome<Vec<_>>>()?;
                Ok(TValue { text: list_text(&items), kind: TKind::List(items), ty: ParamType::Charbuf, is_list: true })
            }
        }
    }

    fn wrong_argument(&self, call: &Call, value: &TValue, range: TextRange, wants: &str) -> Box<Problem> {
        let message = format!("`{}` takes {wants}; `{}` is of type {}", call.name, value.text, type_label(value));
        Problem::new(message, range).into()
    }
}

fn list_text(items: &[TValue]) -> Box<str> {
    let items: Vec<&str> = items.iter().map(|item| &*item.text).collect();
    format!("({})", items.join(",")).into()
}

fn constant(text: &Text) -> TValue {
    TValue {
        kind: TKind::Const(text.value.clone().into()),
        ty: ParamType::Charbuf,
        is_list: false,
        text: text.to_string().into(),
    }
}

fn type_label(value: &TValue) -> String {
    if value.is_list { format!("list of {}", value.ty.label()) } else { value.ty.label().to_owned() }
}

/// The type by which `join` and `concat` judge an argument: that of the innermost field of single-argument transformers,
/// and of no list for the other transformers.
fn declared(value: &TValue) -> (ParamType, bool) {
    match &value.kind {
        TKind::Call { transformer: Transformer::Join | Transformer::Concat | Transformer::Getopt, .. } => {
            (ParamType::Charbuf, false)
        }
        TKind::Call { args, .. } => args.first().map_or((value.ty, value.is_list), declared),
        _ => (value.ty, value.is_list),
    }
}

fn arg_text_range(arg: &Arg) -> TextRange {
    match arg {
        Arg::Field(field) => field.range,
        Arg::Call(call) => call.range,
        Arg::Text(text) => text.range,
        Arg::List { range, .. } => *range,
    }
}

const NAMES: [(&str, Transformer); 8] = [
    ("tolower", Transformer::Tolower),
    ("toupper", Transformer::Toupper),
    ("b64", Transformer::B64),
    ("basename", Transformer::Basename),
    ("len", Transformer::Len),
    ("join", Transformer::Join),
    ("concat", Transformer::Concat),
    ("getopt", Transformer::Getopt),
];

fn transformer(name: &str) -> Option<Transformer> {
    NAMES.into_iter().find(|(known, _)| *known == name).map(|(_, transformer)| transformer)
}

/// Whether a text begins like a call of a transformer (or of `val`).
pub(super) fn begins_like_call(text: &str) -> bool {
    NAMES
        .into_iter()
        .map(|(name, _)| name)
        .chain(["val"])
        .any(|name| text.strip_prefix(name).is_some_and(|rest| rest.starts_with('(')))
}

/// Calls `visit` with every field of a value.
pub(super) fn each_field(left: &Left, visit: &mut dyn FnMut(&Field)) {
    match left {
        Left::Field(field) => visit(field),
        Left::Call(call) => call.args.iter().for_each(|arg| each_field_of_arg(arg, visit)),
    }
}

fn each_field_of_arg(arg: &Arg, visit: &mut dyn FnMut(&Field)) {
    match arg {
        Arg::Field(field) => visit(field),
        Arg::Call(call) => call.args.iter().for_each(|arg| each_field_of_arg(arg, visit)),
        Arg::List { items, .. } => items.iter().for_each(|arg| each_field_of_arg(arg, visit)),
        Arg::Text(_) => {}
    }
}

/// Calls `visit` with every transformer call of a value, outer ones first.
pub(super) fn each_call(left: &Left, visit: &mut dyn FnMut(&Call)) {
    if let Left::Call(call) = left {
        each_inner_call(call, visit);
    }
}

fn each_inner_call(call: &Call, visit: &mut dyn FnMut(&Call)) {
    visit(call);
    let mut args: Vec<&Arg> = call.args.iter().rev().collect();
    while let Some(arg) = args.pop() {
        match arg {
            Arg::Call(call) => each_inner_call(call, visit),
            Arg::List { items, .. } => args.extend(items.iter().rev()),
            Arg::Field(_) | Arg::Text(_) => {}
        }
    }
}

fn mentions_event_type(call: &Call) -> bool {
    let mut found = false;
    call.args.iter().for_each(|arg| {
        each_field_of_arg(arg, &mut |field| found |= matches!(&*field.name, "evt.type" | "syscall.type"));
    });
    found
}

/// Why a name is no field.
#[derive(Debug, Clone)]
pub(crate) struct NameProblem {
    pub(crate) message: String,
    pub(crate) help: Option<String>,
    /// A better name.
    pub(crate) replacement: Option<String>,
    pub(crate) unknown_name: bool,
}

fn name_problem(
    catalog: &Catalog,
    source: &str,
    name: &str,
    has_arg: bool,
    text: &str,
    error: FieldError,
) -> NameProblem {
    let unknown_name = error.is_unknown_name();
    let plain = |message: String| NameProblem { message, help: None, replacement: None, unknown_name };
    match &error {
        FieldError::Unknown { .. } if has_arg && catalog.resolve(source, name).is_ok() => {
            let known = catalog.field_by_name(name);
            match known.map(|field| field.arg_hint()).filter(|hint| !hint.is_empty()) {
                Some(hint) => NameProblem {
                    help: Some(format!("it takes {hint}")),
                    ..plain(format!("`{text}` is not how field `{name}` takes an argument"))
                },
                None => plain(format!("field `{name}` takes no argument")),
            }
        }
        FieldError::Unknown { .. } => {
            let elsewhere = catalog.sources_of(name);
            if !elsewhere.is_empty() && !elsewhere.contains(&source) {
                let sources: Vec<String> = elsewhere.iter().map(|source| format!("`{source}`")).collect();
                return NameProblem {
                    help: Some(format!("set the rule's `source` to {}", sources.join(" or "))),
                    ..plain(format!(
                        "field `{name}` belongs to events of source {}, not of `{source}`",
                        sources.join(", ")
                    ))
                };
            }
            let message = format!("unknown field `{text}`");
            match catalog.suggest(source, name) {
                Some(best) => NameProblem {
                    help: Some(format!("did you mean `{best}`?")),
                    replacement: Some(best.to_owned()),
                    ..plain(message)
                },
                None => plain(message),
            }
        }
        FieldError::UnknownParameter { field, name: parameter } => {
            let best = falco_catalog::suggest::suggest_param(parameter);
            NameProblem {
                help: best.map(|best| format!("did you mean `{field}.{best}`?")),
                replacement: best.map(|best| format!("{field}.{best}")),
                ..plain(error.to_string())
            }
        }
        _ => plain(error.to_string()),
    }
}

/// Whether a text can be the field of an exception: a field, or a transformer call that compiles.
pub(crate) fn exception_field(catalog: &Catalog, source: &str, text: &str) -> Result<(), NameProblem> {
    if catalog.resolve(source, text).is_ok() {
        return Ok(());
    }
    let cx = CheckCx { catalog, source, engine: crate::options::Version::NEXT, text };
    let parsed = parse_left(text).map_err(|error| NameProblem {
        message: format!("`{text}` is no field: {}", error.message),
        help: error.help.map(Into::into),
        replacement: None,
        unknown_name: false,
    })?;
    match cx.left(&parsed, Side::Left) {
        Ok(_) => Ok(()),
        Err(problem) => {
            let whole = matches!(&parsed, Left::Field(field) if field.arg.is_none());
            Err(NameProblem {
                message: problem.message,
                help: problem.help,
                replacement: problem.replacement.filter(|_| whole).map(|(_, new)| new),
                unknown_name: problem.unknown_name,
            })
        }
    }
}
