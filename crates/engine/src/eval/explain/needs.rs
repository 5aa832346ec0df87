//! What value would have made a comparison come out the other way.

use falco_compiler::program::{Atom, Const, Operand, Program};
use falco_syntax::condition::ast::{Modifier, Operator};

use super::show_const;

/// Constants that are named before the rest is only counted.
const SHOWN: usize = 6;

/// In words, what the left side would have to be for the comparison to come out as `wanted`. `right` is the value of the right side
/// where that is a value of the event.
pub(super) fn needs(program: &Program, atom: &Atom, wanted: bool, right: Option<&str>) -> String {
    let consts: &[Const] = match &atom.right {
        Operand::Consts(consts) => consts,
        Operand::None | Operand::Extract(_) => &[],
    };
    let operand = match &atom.right {
        Operand::Extract(id) => {
            let name = program.extracts.get(id.0 as usize).map_or("?", |extract| &*extract.text);
            match right {
                Some(value) => format!("{name}, here {value}"),
                None => format!("{name}, which has no value here"),
            }
        }
        _ => listed(consts),
    };
    let several = consts.len() > 1;
    // What the operator asks of one operand; `several` operands are alternatives unless a modifier says otherwise.
    let (is, is_not) = match atom.op {
        Operator::Exists => return if wanted { "any value".into() } else { "no value".into() },
        Operator::Eq | Operator::EqEq if several => ("one of", "none of"),
        Operator::In | Operator::Intersects if !several => ("", "anything but"),
        Operator::Eq | Operator::EqEq => ("", "anything but"),
        Operator::Ne => ("a value other than", ""),
        Operator::Lt => ("less than", "not less than"),
        Operator::Le => ("at most", "more than"),
        Operator::Gt => ("more than", "at most"),
        Operator::Ge => ("at least", "less than"),
        Operator::Contains => ("a text that contains", "a text that does not contain"),
        Operator::Icontains => ("a text that contains, in any case,", "a text that does not contain in any case"),
        Operator::Bcontains => ("bytes that contain", "bytes that do not contain"),
        Operator::Startswith => ("a text that begins with", "a text that does not begin with"),
        Operator::Bstartswith => ("bytes that begin with", "bytes that do not begin with"),
        Operator::Endswith => ("a text that ends with", "a text that does not end with"),
        Operator::Glob => ("a text like", "a text unlike"),
        Operator::Iglob => ("a text like, in any case,", "a text unlike, in any case,"),
        Operator::Regex => ("a text that matches", "a text that does not match"),
        Operator::Intersects => ("a list with one of", "a list with none of"),
        Operator::In => ("one of", "none of"),
        Operator::Pmatch => ("a path at or below", "a path not at or below"),
    };
    let quantity = match atom.modifier {
        Some(Modifier::AllOf) => "all of ",
        Some(Modifier::OneOf) => "exactly one of ",
        Some(Modifier::AnyOf) => "one of ",
        None => "",
    };
    let words = match (wanted, is, is_not) {
        (true, "", _) | (false, _, "") => format!("{quantity}{operand}"),
        (true, words, _) | (false, _, words) => format!("{words} {quantity}{operand}"),
    };
    // Without a value no comparison holds.
    if wanted || atom.op == Operator::Ne { words } else { format!("{words}; or no value") }
}

fn listed(consts: &[Const]) -> String {
    let shown: Vec<String> = consts.iter().take(SHOWN).map(show_const).collect();
    let shown = shown.join(", ");
    match consts.len().saturating_sub(SHOWN) {
        0 if consts.is_empty() => "an empty list, which nothing is in".into(),
        0 => shown,
        rest => format!("{shown} and {rest} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use falco_compiler::program::ExtractId;

    fn words(op: Operator, modifier: Option<Modifier>, consts: &[&str], wanted: bool) -> String {
        let consts = consts.iter().map(|c| Const::Bytes(c.as_bytes().into())).collect();
        let right = if op == Operator::Exists { Operand::None } else { Operand::Consts(consts) };
        needs(&Program::default(), &Atom { left: ExtractId(0), op, modifier, right }, wanted, None)
    }

    #[test]
    fn words_for_operators() {
        use Operator::*;
        assert_eq!(words(Eq, None, &["bash"], true), "bash");
        assert_eq!(words(Eq, None, &["bash"], false), "anything but bash; or no value");
        assert_eq!(words(Ne, None, &["bash"], true), "a value other than bash");
        assert_eq!(words(Ne, None, &["bash"], false), "bash");
        assert_eq!(words(In, None, &["a", "b"], true), "one of a, b");
        assert_eq!(words(In, None, &["a", "b"], false), "none of a, b; or no value");
        assert_eq!(
            words(In, None, &["1", "2", "3", "4", "5", "6", "7", "8"], true),
            "one of 1, 2, 3, 4, 5, 6 and 2 more"
        );
        assert_eq!(words(Exists, None, &[], false), "no value");
        assert_eq!(words(Contains, Some(Modifier::AllOf), &["a", "b"], true), "a text that contains all of a, b");
        assert_eq!(words(Pmatch, None, &["/etc"], true), "a path at or below /etc");
        assert_eq!(words(In, None, &[], true), "an empty list, which nothing is in");
    }
}
