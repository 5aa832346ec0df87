//! The words of the rules language: operators, modifiers, transformers, priorities, tags, values of a field.

use crate::doc::{self, Doc};
use crate::types::{ParamType, TypeClass};
use crate::versions::{self, Since, Subject};

/// What stands on an operator's right side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OperatorKind {
    /// Nothing: `exists`.
    Unary,
    /// A number, a transformer call or `val(field)`.
    Order,
    /// A string, a transformer call or `val(field)`; with a modifier a list.
    String,
    /// A list in parentheses, a transformer call or `val(field)`.
    List,
}

/// An operator.
#[derive(Debug, PartialEq, Eq)]
pub struct OperatorInfo {
    /// As it is written.
    pub name: &'static str,
    /// What stands on its right.
    pub kind: OperatorKind,
    /// Whether a blank must follow: the operator is a word that would run into a bare string.
    pub blank_after: bool,
}

const fn operator_info(name: &'static str, kind: OperatorKind, blank_after: bool) -> OperatorInfo {
    OperatorInfo { name, kind, blank_after }
}

/// The operators, in the order in which the grammar tries them.
pub static OPERATORS: [OperatorInfo; 20] = [
    operator_info("exists", OperatorKind::Unary, false),
    operator_info("<=", OperatorKind::Order, false),
    operator_info("<", OperatorKind::Order, false),
    operator_info(">=", OperatorKind::Order, false),
    operator_info(">", OperatorKind::Order, false),
    operator_info("==", OperatorKind::String, false),
    operator_info("=", OperatorKind::String, false),
    operator_info("!=", OperatorKind::String, false),
    operator_info("glob", OperatorKind::String, true),
    operator_info("iglob", OperatorKind::String, true),
    operator_info("contains", OperatorKind::String, true),
    operator_info("icontains", OperatorKind::String, true),
    operator_info("bcontains", OperatorKind::String, true),
    operator_info("startswith", OperatorKind::String, true),
    operator_info("bstartswith", OperatorKind::String, true),
    operator_info("endswith", OperatorKind::String, true),
    operator_info("regex", OperatorKind::String, true),
    operator_info("intersects", OperatorKind::List, false),
    operator_info("in", OperatorKind::List, false),
    operator_info("pmatch", OperatorKind::List, false),
];

impl OperatorInfo {
    /// Our documentation.
    pub fn doc(&self) -> Doc {
        doc::find(doc::OPERATORS, self.name)
    }

    /// Since when there is the operator; `None`: unknown.
    pub fn known_since(&self) -> Option<&'static Since> {
        versions::since(Subject::Operator, self.name)
    }

    /// Whether `oneof`, `anyof` or `allof` may follow.
    pub fn takes_modifier(&self) -> bool {
        self.kind == OperatorKind::String
    }

    /// Whether a value of a type can be compared with it. The type is that after transformers; for lists, of the elements.
    pub fn accepts(&self, ty: ParamType, is_list: bool) -> bool {
        if self.kind == OperatorKind::Unary {
            return true;
        }
        if is_list {
            return matches!(self.name, "in" | "intersects")
                && matches!(
                    ty,
                    ParamType::Charbuf
                        | ParamType::Uint64
                        | ParamType::Reltime
                        | ParamType::Abstime
                        | ParamType::Bool
                        | ParamType::Ipaddr
                        | ParamType::Ipnet
                );
        }
        let Some(class) = ty.class() else { return false };
        match self.name {
            "=" | "==" | "!=" | "in" | "intersects" => true,
            "<" | "<=" | ">" | ">=" => matches!(class, TypeClass::Number | TypeClass::String),
            "contains" | "startswith" | "endswith" => matches!(class, TypeClass::String | TypeClass::Bytes),
            "bcontains" | "bstartswith" => class == TypeClass::Bytes,
            _ => class == TypeClass::String,
        }
    }
}

/// An operator by its spelling.
pub fn operator(name: &str) -> Option<&'static OperatorInfo> {
    OPERATORS.iter().find(|o| o.name == name)
}

/// The operators for values of a type.
pub fn operators_for(ty: ParamType, is_list: bool) -> impl Iterator<Item = &'static OperatorInfo> {
    OPERATORS.iter().filter(move |o| o.accepts(ty, is_list))
}

/// A word of the language with its documentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word {
    /// As it is written.
    pub name: &'static str,
    /// Our documentation.
    pub doc: Doc,
}

/// The modifiers of string operators.
pub const MODIFIERS: [&str; 3] = ["oneof", "anyof", "allof"];

/// The Falco version that brought the modifiers.
pub const MODIFIERS_SINCE: &str = "0.44";

/// Our documentation of a modifier.
pub fn modifier_doc(name: &str) -> Doc {
    doc::find(doc::MODIFIERS, name)
}

/// The words that join checks.
pub const CONNECTIVES: [&str; 3] = ["and", "or", "not"];

/// Our documentation of `and`, `or` or `not`.
pub fn connective_doc(name: &str) -> Doc {
    doc::find(doc::CONNECTIVES, name)
}

/// A transformer.
#[derive(Debug, PartialEq, Eq)]
pub struct TransformerInfo {
    /// The name before the parenthesis.
    pub name: &'static str,
    /// The call with its arguments named, such as `join(separator, list)`.
    pub signature: &'static str,
    /// The fewest arguments.
    pub min_args: usize,
    /// The most arguments; `None` for any number.
    pub max_args: Option<usize>,
    /// Whether it can stand only on the right side of a comparison: `val`.
    pub right_only: bool,
    /// Whether `[x]` may follow the call: `getopt`.
    pub takes_suffix: bool,
}

/// The transformers.
pub static TRANSFORMERS: [TransformerInfo; 9] = [
    transformer_info("val", "val(field)", 1, Some(1)),
    transformer_info("tolower", "tolower(value)", 1, Some(1)),
    transformer_info("toupper", "toupper(value)", 1, Some(1)),
    transformer_info("b64", "b64(value)", 1, Some(1)),
    transformer_info("basename", "basename(value)", 1, Some(1)),
    transformer_info("len", "len(value)", 1, Some(1)),
    transformer_info("join", "join(separator, list)", 2, Some(2)),
    transformer_info("concat", "concat(value, value, …)", 2, None),
    transformer_info("getopt", "getopt(list, options)", 2, Some(2)),
];

const fn transformer_info(
    name: &'static str,
    signature: &'static str,
    min_args: usize,
    max_args: Option<usize>,
) -> TransformerInfo {
    let right_only = matches!(name.as_bytes(), b"val");
    let takes_suffix = matches!(name.as_bytes(), b"getopt");
    TransformerInfo { name, signature, min_args, max_args, right_only, takes_suffix }
}

impl TransformerInfo {
    /// Our documentation.
    pub fn doc(&self) -> Doc {
        doc::find(doc::TRANSFORMERS, self.name)
    }

    /// Since when there is the transformer; `None`: unknown.
    pub fn known_since(&self) -> Option<&'static Since> {
        versions::since(Subject::Transformer, self.name)
    }

    /// Whether a value of a type can be an argument (for `join`: the list; for `getopt`: the list).
    pub fn accepts(&self, ty: ParamType, is_list: bool) -> bool {
        let string = ty.class() == Some(TypeClass::String);
        match self.name {
            "val" => true,
            "tolower" | "toupper" | "basename" => string,
            "b64" => matches!(ty, ParamType::Charbuf | ParamType::Bytebuf),
            "len" => is_list || string || ty == ParamType::Bytebuf,
            "join" => is_list,
            "concat" => !is_list && ty == ParamType::Charbuf,
            _ => is_list && ty == ParamType::Charbuf,
        }
    }
}

/// A transformer by its name.
pub fn transformer(name: &str) -> Option<&'static TransformerInfo> {
    TRANSFORMERS.iter().find(|t| t.name == name)
}

/// The priorities, most urgent first, in Falco's canonical spelling.
pub const PRIORITIES: [&str; 8] =
    ["Emergency", "Alert", "Critical", "Error", "Warning", "Notice", "Informational", "Debug"];

/// The canonical spelling of a priority as a rule may write it: letter case does not count, `info` is Informational.
pub fn priority(text: &str) -> Option<&'static str> {
    if text.eq_ignore_ascii_case("info") {
        return Some("Informational");
    }
    PRIORITIES.into_iter().find(|p| p.eq_ignore_ascii_case(text))
}

/// Our documentation of a priority, however a rule spells it.
pub fn priority_doc(text: &str) -> Doc {
    priority(text).map_or(Doc::EMPTY, |p| doc::find(doc::PRIORITIES, p))
}

/// Our documentation of an event source.
pub fn source_doc(name: &str) -> Doc {
    doc::find(doc::SOURCES, name)
}

/// The tags that rules of the ecosystem use, with what they say: MITRE ATT&CK tactics (`mitre_execution`) and techniques
/// (`T1059`), maturity levels, areas. Any other text is a tag too.
pub fn tags() -> impl Iterator<Item = Word> {
    words(doc::TAGS)
}

/// Our documentation of a tag. A technique with more text behind its number (`T1562-impair-defenses`) or with a number of a
/// part that we do not list (`T1059.999`) is documented as the technique.
pub fn tag_doc(tag: &str) -> Doc {
    let exact = doc::find(doc::TAGS, tag);
    if exact != Doc::EMPTY {
        return exact;
    }
    let is_attack = |t: &str| {
        let digits = t.strip_prefix("TA").or_else(|| t.strip_prefix('T')).unwrap_or("");
        digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_digit())
    };
    match tag.split(['-', '.']).next() {
        Some(head) if is_attack(head) => doc::find(doc::TAGS, head),
        _ => Doc::EMPTY,
    }
}

/// The tactics of MITRE ATT&CK for enterprises with their ids, as tags name them behind `mitre_`.
const TACTICS: [(&str, &str); 14] = [
    ("collection", "TA0009"),
    ("command_and_control", "TA0011"),
    ("credential_access", "TA0006"),
    ("defense_evasion", "TA0005"),
    ("discovery", "TA0007"),
    ("execution", "TA0002"),
    ("exfiltration", "TA0010"),
    ("impact", "TA0040"),
    ("initial_access", "TA0001"),
    ("lateral_movement", "TA0008"),
    ("persistence", "TA0003"),
    ("privilege_escalation", "TA0004"),
    ("reconnaissance", "TA0043"),
    ("resource_development", "TA0042"),
];

/// The page on MITRE ATT&CK of a tag that names a tactic (`mitre_execution`, `TA0002`) or a technique (`T1059`, `T1059.004`,
/// `T1562-impair-defenses`). `None` for any other tag; whether there is such a technique is not asked.
pub fn attack_link(tag: &str) -> Option<String> {
    const SITE: &str = "https://attack.mitre.org";
    if let Some(tactic) = tag.strip_prefix("mitre_") {
        let (_, id) = TACTICS.iter().find(|(name, _)| *name == tactic)?;
        return Some(format!("{SITE}/tactics/{id}/"));
    }
    let digits = |text: &str, n: usize| text.len() == n && text.bytes().all(|b| b.is_ascii_digit());
    let id = tag.split('-').next()?;
    if id.strip_prefix("TA").is_some_and(|number| digits(number, 4)) {
        return Some(format!("{SITE}/tactics/{id}/"));
    }
    let number = id.strip_prefix('T')?;
    match number.split_once('.') {
        None => digits(number, 4).then(|| format!("{SITE}/techniques/T{number}/")),
        Some((number, part)) => {
            (digits(number, 4) && digits(part, 3)).then(|| format!("{SITE}/techniques/T{number}/{part}/"))
        }
    }
}

/// The values that a field is known to take, with what they say: `evt.category`, `evt.res`, `fd.type` and the like. Values of
/// `evt.type` are [`event::names`](crate::event::names).
pub fn values_of(field: &str) -> Vec<Word> {
    let prefix = |k: &'static str| k.strip_prefix(field).and_then(|r| r.strip_prefix(' '));
    doc::VALUES.iter().filter_map(|&(k, doc)| Some(Word { name: prefix(k)?, doc })).collect()
}

/// Our documentation of a value of `evt.category`.
pub fn category_doc(category: &str) -> Doc {
    values_of("evt.category").into_iter().find(|w| w.name == category).map_or(Doc::EMPTY, |w| w.doc)
}

fn words(table: &'static [(&'static str, Doc)]) -> impl Iterator<Item = Word> {
    table.iter().map(|&(name, doc)| Word { name, doc })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_fit_types() {
        let names =
            |ty, list| operators_for(ty, list).map(|o| o.name).filter(|n| *n != "exists").collect::<Vec<_>>().join(" ");
        assert_eq!(names(ParamType::Bool, false), "== = != intersects in");
        assert_eq!(names(ParamType::Uint64, false), "<= < >= > == = != intersects in");
        assert_eq!(names(ParamType::Charbuf, true), "intersects in");
        assert_eq!(names(ParamType::Uint32, true), "");
        assert_eq!(names(ParamType::Uid, false), "");
        assert!(operator("bcontains").unwrap().accepts(ParamType::Bytebuf, false));
        assert!(!operator("bcontains").unwrap().accepts(ParamType::Charbuf, false));
        assert!(operator("===").is_none());
    }

    #[test]
    fn words_know_since_when() {
        assert_eq!(operator("regex").unwrap().known_since().map(|s| s.falco), Some("0.39"));
        assert_eq!(operator("in").unwrap().known_since(), None);
        assert_eq!(transformer("val").unwrap().known_since().map(|s| s.falco), Some("0.38"));
        for name in MODIFIERS {
            assert_eq!(versions::since(Subject::Modifier, name).map(|s| s.falco), Some(MODIFIERS_SINCE));
        }
    }

    #[test]
    fn priorities_ignore_case() {
        assert_eq!(priority("WARNING"), Some("Warning"));
        assert_eq!(priority("info"), Some("Informational"));
        assert_eq!(priority("warn"), None);
    }

    #[test]
    fn tags_of_techniques_and_their_parts() {
        assert!(tag_doc("mitre_execution").text.len() > 20);
        assert_eq!(tag_doc("T1562-impair-defenses"), tag_doc("T1562"));
        assert_eq!(tag_doc("T1059.999"), tag_doc("T1059"));
        assert_eq!(tag_doc("Tools"), Doc::EMPTY);
        assert_eq!(tag_doc("T1é59"), Doc::EMPTY);
    }

    #[test]
    fn every_word_is_documented() {
        for o in &OPERATORS {
            assert!(o.doc().text.len() >= 20, "{}", o.name);
        }
        for t in &TRANSFORMERS {
            assert!(t.doc().text.len() >= 20, "{}", t.name);
        }
        assert!(MODIFIERS.iter().all(|m| modifier_doc(m).text.len() >= 20));
        assert!(CONNECTIVES.iter().all(|m| connective_doc(m).text.len() >= 20));
        assert!(PRIORITIES.iter().all(|p| priority_doc(p).text.len() >= 20));
        let values = values_of("evt.category");
        assert!(values.iter().any(|w| w.name == "IPC") && values.iter().all(|w| w.doc.text.len() >= 20));
    }

    #[test]
    fn tags_of_attack_have_pages() {
        let link = |tag| attack_link(tag).unwrap_or_default();
        assert_eq!(link("mitre_execution"), "https://attack.mitre.org/tactics/TA0002/");
        assert_eq!(link("TA0002"), "https://attack.mitre.org/tactics/TA0002/");
        assert_eq!(link("T1059"), "https://attack.mitre.org/techniques/T1059/");
        assert_eq!(link("T1059.004"), "https://attack.mitre.org/techniques/T1059/004/");
        assert_eq!(link("T1562-impair-defenses"), "https://attack.mitre.org/techniques/T1562/");
        for other in ["container", "mitre_magic", "T1", "T1059.4", "Tomcat", ""] {
            assert_eq!(attack_link(other), None, "{other}");
        }
        // Every tactic that tags document has a page.
        for tag in tags().filter(|tag| tag.name.starts_with("mitre_")) {
            assert!(attack_link(tag.name).is_some(), "{}", tag.name);
        }
    }
}
