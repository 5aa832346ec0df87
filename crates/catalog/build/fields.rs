//! The fields, built in and of the well-known plugins.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use crate::docs::Docs;
use crate::text::{Line, constant, lines, param_type, print_format, section};
use crate::versions::Versions;

const FLAGS: &[(&str, u16)] = &[
    ("deprecated", 1),
    ("filter_only", 1 << 1),
    ("print_only", 1 << 2),
    ("table_only", 1 << 3),
    ("no_rhs", 1 << 4),
    ("no_transformer", 1 << 5),
    ("no_ptr_stability", 1 << 6),
    ("hidden", 1 << 7),
    ("conversation", 1 << 8),
    ("info", 1 << 9),
    ("output", 1 << 10),
];

#[derive(Default)]
struct Out {
    constants: String,
    fields: String,
    classes: String,
    plugins: String,
    names: BTreeMap<String, usize>,
    constants_seen: BTreeMap<String, String>,
    count: usize,
    /// The open class or plugin: its text, the first field, the names for the sorted index.
    open: Option<Open>,
}

struct Open {
    plugin: bool,
    head: String,
    first: usize,
    names: Vec<(String, usize)>,
}

impl Out {
    fn close(&mut self) {
        let Some(Open { plugin, head, first, mut names }) = self.open.take() else { return };
        names.sort();
        let sorted: Vec<String> = names.iter().map(|(_, id)| id.to_string()).collect();
        let to = if plugin { &mut self.plugins } else { &mut self.classes };
        let _ = writeln!(to, "    {head}, first: {first}, sorted: &[{}] }},", sorted.join(", "));
    }

    fn field(&mut self, line: &Line, class: &str, plugin: Option<&str>, docs: &Docs, versions: &Versions) {
        let words = line.words();
        let [name, ty, ref rest @ ..] = words[..] else { line.fail("a name and a type expected") };
        let (ty, format, rest) = match plugin {
            None => match rest {
                [format, rest @ ..] => (param_type(line, ty), print_format(line, format), rest),
                [] => line.fail("a print format expected"),
            },
            Some(_) => {
                let (ty, format) = match ty {
                    "string" => ("Charbuf", "Na"),
                    "uint64" => ("Uint64", "Dec"),
                    "bool" => ("Bool", "Na"),
                    "ipaddr" => ("Ipaddr", "Na"),
                    "ipnet" => ("Ipnet", "Na"),
                    "abstime" => ("Abstime", "Dec"),
                    "reltime" => ("Reltime", "Dec"),
                    _ => line.fail("no plugin field type"),
                };
                (format!("ParamType::{ty}"), if format == "Na" { "PrintFormat::Na" } else { "PrintFormat::Dec" }, rest)
            }
        };
        let (mut arg, mut index, mut key, mut list, mut flags) = ("None", false, false, false, 0u16);
        for word in rest {
            if let Some(spec) = word.strip_prefix("arg:") {
                let (spec, kinds) = spec.split_once('(').unwrap_or((spec, ")"));
                arg = match spec {
                    "allowed" => "Allowed",
                    "required" => "Required",
                    _ => line.fail("no argument rule"),
                };
                for kind in kinds.trim_end_matches(')').split('+').filter(|k| !k.is_empty()) {
                    match kind {
                        "index" => index = true,
                        "key" => key = true,
                        _ => line.fail("no argument kind"),
                    }
                }
            } else if *word == "list" {
                list = true;
            } else {
                flags |= FLAGS.iter().find(|(n, _)| n == word).map_or_else(|| line.fail("unknown word"), |&(_, b)| b);
            }
        }
        let id = self.count;
        self.count += 1;
        if self.names.insert(name.to_owned(), id).is_some() {
            line.fail("field given twice");
        }
        let constant = constant(name);
        if let Some(other) = self.constants_seen.insert(constant.clone(), name.to_owned()) {
            line.fail(&format!("the constant's name is also that of `{other}`"));
        }
        let _ = writeln!(self.constants, "#[doc = \"The field `{name}`.\"]");
        let _ = writeln!(self.constants, "pub const {constant}: FieldId = FieldId({id});");
        let doc = docs.take("fields", name);
        let plugin = plugin.map_or_else(|| "None".to_owned(), |p| format!("Some({p:?})"));
        let deprecated = docs.take("deprecated", name).text;
        let deprecated = if deprecated.is_empty() { "None".to_owned() } else { format!("Some({deprecated:?})") };
        let since = versions.release("field", name).map_or_else(|| "None".to_owned(), |s| format!("Some({s:?})"));
        let _ = writeln!(
            self.fields,
            "    FieldInfo {{ id: FieldId({id}), name: {name:?}, ty: {ty}, is_list: {list}, arg: ArgSpec::{arg}, \
             arg_index: {index}, arg_key: {key}, format: {format}, flags: FieldFlags({flags}), class: {class:?}, \
             plugin: {plugin}, doc: {:?}, example: {:?}, since: {since}, deprecated: {deprecated} }},",
            doc.text, doc.example
        );
        if let Some(open) = &mut self.open {
            open.names.push((name.to_owned(), id));
        }
    }
}

pub fn emit(builtin: &Path, plugins: &Path, docs: &Docs, versions: &Versions) -> String {
    let mut out = Out::default();
    let mut class = String::new();
    for line in lines(builtin) {
        if let Some((head, rest)) = section(&line.text, '[', ']') {
            out.close();
            let Some((name, id)) = head.split_once(' ') else { line.fail("a name and an id expected") };
            let generic = match rest.split(' ').next() {
                Some("all") => true,
                Some("syscall") => false,
                _ => line.fail("no sources"),
            };
            let hidden = rest.ends_with(" hidden");
            class = name.to_owned();
            let kind = match id {
                "event" => "Special::Event",
                "thread" => "Special::Thread",
                "fd" => "Special::Fd",
                _ => "Special::None",
            };
            let doc = docs.take("classes", id).text;
            let head = format!(
                "FieldClass {{ name: {name:?}, id: {id:?}, generic: {generic}, hidden: {hidden}, special: {kind}, doc: {doc:?}"
            );
            out.open = Some(Open { plugin: false, head, first: out.count, names: Vec::new() });
        } else {
            out.field(&line, &class, None, docs, versions);
        }
    }
    out.close();
    let builtin_count = out.count;
    let mut plugin = String::new();
    for line in lines(plugins) {
        if let Some((head, rest)) = section(&line.text, '[', ']') {
            out.close();
            plugin = head.to_owned();
            let Some((source, extract)) = rest.split_once(' ') else { line.fail("two words expected") };
            let source = match source.strip_prefix("source=") {
                Some("-") => "None".to_owned(),
                Some(s) => format!("Some({s:?})"),
                None => line.fail("source expected"),
            };
            let extract = match extract.strip_prefix("extract=") {
                Some("*") => Vec::new(),
                Some(list) => list.split(',').collect(),
                None => line.fail("extract expected"),
            };
            let doc = docs.take("plugins", &plugin).text;
            let head =
                format!("KnownPlugin {{ name: {plugin:?}, source: {source}, extract: &{extract:?}, doc: {doc:?}");
            out.open = Some(Open { plugin: true, head, first: out.count, names: Vec::new() });
        } else {
            out.field(&line, &plugin.clone(), Some(&plugin), docs, versions);
        }
    }
    out.close();
    let names: BTreeSet<&str> = out.names.keys().map(String::as_str).collect();
    versions.check("field", &names);
    versions.check("argument", &names);
    let mut by_name: Vec<(&String, &usize)> = out.names.iter().collect();
    by_name.sort();
    let by_name: Vec<String> = by_name.iter().map(|(_, id)| id.to_string()).collect();
    format!(
        "/// The constants of all known fields.\npub mod ids {{\nuse super::FieldId;\n{}}}\n\
         pub(crate) const BUILTIN_COUNT: usize = {builtin_count};\n\
         pub(crate) static FIELDS: [FieldInfo; {}] = [\n{}];\n\
         pub(crate) static CLASSES: &[FieldClass] = &[\n{}];\n\
         pub(crate) static PLUGINS: &[KnownPlugin] = &[\n{}];\n\
         pub(crate) static BY_NAME: [u16; {}] = [{}];\n",
        out.constants,
        out.count,
        out.fields,
        out.classes,
        out.plugins,
        by_name.len(),
        by_name.join(", ")
    )
}
