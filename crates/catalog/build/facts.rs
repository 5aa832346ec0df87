//! Flag tables, system calls, conversions.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use crate::events::Events;
use crate::text::{constant, lines, param_type, print_format, section};

/// The flag tables and the tables of dynamic parameters.
pub struct Flags {
    tables: BTreeMap<String, Vec<(String, u32)>>,
    dynamic: BTreeMap<String, Vec<(String, &'static str)>>,
}

impl Flags {
    pub fn read(path: &Path) -> Self {
        enum At {
            Nothing,
            Table(String),
            Dynamic(String),
        }
        let (mut tables, mut dynamic) = (BTreeMap::<_, Vec<_>>::new(), BTreeMap::<_, Vec<_>>::new());
        let mut at = At::Nothing;
        for line in lines(path) {
            if let Some((name, _)) = section(&line.text, '[', ']') {
                if tables.insert(name.to_owned(), Vec::new()).is_some() {
                    line.fail("table given twice");
                }
                at = At::Table(name.to_owned());
            } else if let Some((name, _)) = section(&line.text, '<', '>') {
                dynamic.insert(name.to_owned(), Vec::new());
                at = At::Dynamic(name.to_owned());
            } else {
                let [a, b] = line.words()[..] else { line.fail("two words expected") };
                match &at {
                    At::Nothing => line.fail("entry outside of a table"),
                    At::Table(t) => {
                        let value = b.parse().unwrap_or_else(|_| line.fail("no number"));
                        tables.entry(t.clone()).or_default().push((a.to_owned(), value));
                    }
                    At::Dynamic(t) => {
                        dynamic.entry(t.clone()).or_default().push((param_type(&line, a), print_format(&line, b)));
                    }
                }
            }
        }
        Self { tables, dynamic }
    }

    pub fn has_table(&self, name: &str) -> bool {
        self.tables.contains_key(name)
    }

    pub fn has_dynamic(&self, name: &str) -> bool {
        self.dynamic.contains_key(name)
    }

    pub fn emit(&self) -> String {
        let mut out = String::new();
        for (name, entries) in &self.tables {
            let _ = writeln!(out, "#[doc = \"The flag table `{name}`.\"]");
            let _ = writeln!(
                out,
                "pub static {}: FlagsTable = FlagsTable {{ name: {name:?}, entries: &{entries:?} }};",
                constant(name)
            );
        }
        let _ = writeln!(out, "pub(crate) static TABLES: &[&FlagsTable] = &[");
        for name in self.tables.keys() {
            let _ = writeln!(out, "    &{},", constant(name));
        }
        out.push_str("];\n");
        for (name, entries) in &self.dynamic {
            let _ = writeln!(out, "#[doc = \"The types of a dynamic parameter, `{name}`, by its first byte.\"]");
            let _ = writeln!(out, "pub static {}: &[DynamicParam] = &[", constant(name));
            for (ty, format) in entries {
                let _ = writeln!(out, "    DynamicParam {{ ty: {ty}, format: {format} }},");
            }
            out.push_str("];\n");
        }
        out
    }
}

struct Native {
    nr: u16,
    code: usize,
    enter: String,
    exit: String,
    flags: u8,
}

/// The system calls: their own codes and the x86_64 kernel's numbers.
pub struct Syscalls {
    names: Vec<String>,
    native: Vec<Native>,
}

impl Syscalls {
    pub fn read(path: &Path) -> Self {
        let (mut names, mut native) = (Vec::new(), Vec::new());
        let mut in_native = false;
        for line in lines(path) {
            match line.text.as_str() {
                "[ppm_sc]" => in_native = false,
                "[x86_64]" => in_native = true,
                name if !in_native => names.push(name.to_owned()),
                _ => {
                    let [nr, name, enter, exit, flags] = line.words()[..] else { line.fail("five words expected") };
                    native.push(Native {
                        nr: nr.parse().unwrap_or_else(|_| line.fail("no number")),
                        code: names.iter().position(|n| n == name).unwrap_or_else(|| line.fail("unknown name")),
                        enter: enter.to_owned(),
                        exit: exit.to_owned(),
                        flags: flags.parse().unwrap_or_else(|_| line.fail("no number")),
                    });
                }
            }
        }
        assert!(native.is_sorted_by_key(|n| n.nr), "{}: numbers must ascend", path.display());
        Self { names, native }
    }

    pub fn code(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|n| n == name)
    }

    pub fn names(&self) -> &[String] {
        &self.names
    }

    pub fn emit(&self, events: &Events) -> String {
        let mut out = String::new();
        let _ = writeln!(out, "pub(crate) static NAMES: [&str; {}] = {:?};", self.names.len(), self.names);
        let mut by_name: Vec<(&str, usize)> = self.names.iter().enumerate().map(|(i, n)| (n.as_str(), i)).collect();
        by_name.sort();
        let codes: Vec<usize> = by_name.iter().map(|&(_, i)| i).collect();
        let _ = writeln!(out, "pub(crate) static BY_NAME: [u16; {}] = {codes:?};", codes.len());
        let _ = writeln!(out, "pub(crate) static NATIVE: &[NativeSyscall] = &[");
        for n in &self.native {
            let _ = writeln!(
                out,
                "    NativeSyscall {{ nr: {}, code: Syscall({}), enter: EventType({}), exit: EventType({}), flags: {} }},",
                n.nr,
                n.code,
                events.code_of(&n.enter),
                events.code_of(&n.exit),
                n.flags
            );
        }
        out.push_str("];\n");
        out
    }
}

/// The converter's rules, sorted by event and number of parameters.
pub fn conversions(path: &Path, events: &Events) -> String {
    let mut rules: Vec<(usize, u8, String, Vec<String>)> = Vec::new();
    for line in lines(path) {
        let words = line.words();
        if !line.indented {
            let (event, n, action) = match words[..] {
                [e, n, "store"] => (e, n, "Action::Store".to_owned()),
                [e, n, "store_and_pass"] => (e, n, "Action::StoreAndPass".to_owned()),
                [e, n, "pass"] => (e, n, "Action::Pass".to_owned()),
                [e, n, "add_params"] => (e, n, "Action::AddParams(&[@])".to_owned()),
                [e, n, "change_type", to] => {
                    (e, n, format!("Action::ChangeType(EventType({}), &[@])", events.code_of(to)))
                }
                _ => line.fail("no rule"),
            };
            let n = n.parse().unwrap_or_else(|_| line.fail("no number"));
            rules.push((events.code_of(event), n, action, Vec::new()));
            continue;
        }
        let index = |i: &str| i.parse::<u8>().unwrap_or_else(|_| line.fail("no index"));
        let fallback = |f: &str| match f {
            "empty" => "Fallback::Empty",
            "default" => "Fallback::Default",
            _ => line.fail("no fallback"),
        };
        let instruction = match words[..] {
            ["empty"] => "Instruction::Empty".to_owned(),
            ["default"] => "Instruction::Default".to_owned(),
            ["old", i] => format!("Instruction::Old({})", index(i)),
            ["enter", i, f] => format!("Instruction::Enter {{ index: {}, fallback: {} }}", index(i), fallback(f)),
            ["call", "container_json", _, f] => {
                format!("Instruction::ContainerJson {{ fallback: {} }}", fallback(f))
            }
            _ => line.fail("no instruction"),
        };
        match rules.last_mut() {
            Some(rule) if rule.2.contains('@') => rule.3.push(instruction),
            _ => line.fail("this rule takes no instruction"),
        }
    }
    rules.sort_by_key(|r| (r.0, r.1));
    let mut out = String::from("pub(crate) static RULES: &[Conversion] = &[\n");
    for (event, n, action, instructions) in &rules {
        let action = action.replace('@', &instructions.join(", "));
        let _ = writeln!(out, "    Conversion {{ event: EventType({event}), params: {n}, action: {action} }},");
    }
    out.push_str("];\n");
    out
}
