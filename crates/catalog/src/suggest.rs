//! Did you mean …?

use crate::catalog::Catalog;
use crate::event;
use crate::field::FieldInfo;

/// Names that people write for fields, from other tools or from habit, and the field that they want.
#[rustfmt::skip]
const HABITS: &[(&str, &str)] = &[
    ("container.image.name", "container.image.repository"),
    ("container.namespace", "k8s.ns.name"),
    ("container.pod", "k8s.pod.name"),
    ("evt.name", "evt.type"),
    ("evt.result", "evt.res"),
    ("evt.return", "evt.rawres"),
    ("evt.syscall", "syscall.type"),
    ("evt.timestamp", "evt.rawtime"),
    ("fd.path", "fd.name"),
    ("fd.file", "fd.name"),
    ("fd.dir", "fd.directory"),
    ("fd.basename", "fd.filename"),
    ("fd.dip", "fd.sip"),
    ("fd.dport", "fd.sport"),
    ("fd.dst", "fd.sip"),
    ("fd.src", "fd.cip"),
    ("fd.protocol", "fd.l4proto"),
    ("file.name", "fd.filename"),
    ("file.path", "fd.name"),
    ("k8s.namespace", "k8s.ns.name"),
    ("k8s.namespace.name", "k8s.ns.name"),
    ("k8s.pod", "k8s.pod.name"),
    ("proc.ancestor", "proc.aname"),
    ("proc.command", "proc.cmdline"),
    ("proc.comm", "proc.name"),
    ("proc.executable", "proc.exepath"),
    ("proc.parent", "proc.pname"),
    ("proc.parent.cmdline", "proc.pcmdline"),
    ("proc.parent.exe", "proc.pexe"),
    ("proc.parent.exepath", "proc.pexepath"),
    ("proc.parent.name", "proc.pname"),
    ("proc.parent.pid", "proc.ppid"),
    ("proc.path", "proc.exepath"),
    ("proc.tid", "thread.tid"),
    ("proc.uid", "user.uid"),
    ("proc.user", "user.name"),
    ("process.args", "proc.args"),
    ("process.cmdline", "proc.cmdline"),
    ("process.exe", "proc.exe"),
    ("process.name", "proc.name"),
    ("process.parent.name", "proc.pname"),
    ("process.pid", "proc.pid"),
    ("user.id", "user.uid"),
    ("user.login", "user.loginname"),
];

impl Catalog {
    /// The field of the source whose name is most like the unknown one in `text`; an argument in it is ignored. `None` when
    /// nothing is like it.
    pub fn suggest(&self, source: &str, text: &str) -> Option<&'static str> {
        let name = text.split('[').next().unwrap_or(text);
        let fields = || self.fields_of_source(source).filter(|f| !f.flags.hidden());
        let visible = |wanted: &str| fields().find(|f| f.name == wanted).map(|f| f.name);
        if let Some(wanted) = HABITS.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|h| h.1)
            && let Some(found) = visible(wanted)
        {
            return Some(found);
        }
        best(name, fields().map(|f: &FieldInfo| f.name))
    }

    /// The event or system call whose name is most like `text`.
    pub fn suggest_event(&self, text: &str) -> Option<&'static str> {
        best(text, self.event_names())
    }

    /// The event source whose name is most like `text`.
    pub fn suggest_source(&self, text: &str) -> Option<&'static str> {
        best(text, self.sources().map(|s| s.name))
    }
}

/// The event parameter whose name is most like `text`, for `evt.arg.NAME`.
pub fn suggest_param(text: &str) -> Option<&'static str> {
    best(text, event::param_names())
}

/// The candidate that is most like `text`, or `None` when none is like it: first by spelling (swapped, missing, superfluous
/// and wrong letters), then by parts (a part between dots that is missing, or a beginning).
pub fn best<'c>(text: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    if text.is_empty() || text.len() > 200 {
        return None;
    }
    let lower = text.to_ascii_lowercase();
    let score = |c: &&'c str| likeness(&lower, c).map(|s| (s, c.len(), *c));
    candidates.into_iter().filter_map(|c| score(&c)).min().map(|(_, _, c)| c)
}

/// How unlike two names are; `None` for too much.
fn likeness(text: &str, candidate: &str) -> Option<usize> {
    let lower = candidate.to_ascii_lowercase();
    // The beginning of a name, `proc.cmd` for `proc.cmdline`, is a better guess than another letter, `proc.cwd`.
    let dotted = text.contains('.');
    if text.len() >= 3 && lower.starts_with(text) && (!dotted || !lower[text.len()..].contains('.')) {
        return Some(8 + (lower.len() - text.len()) / 4);
    }
    // A third of the letters may be wrong, three at most.
    let allowed = (text.len().max(3) / 3).min(3);
    if let Some(d) = distance(text.as_bytes(), lower.as_bytes(), allowed) {
        return Some(d * 10);
    }
    // `container.repository` for `container.image.repository`.
    let (mut wanted, mut extra) = (text.split('.').peekable(), 0);
    if dotted {
        for part in lower.split('.') {
            match wanted.peek() {
                Some(w) if *w == part => {
                    wanted.next();
                }
                _ => extra += 1,
            }
        }
        if wanted.peek().is_none() {
            return Some(15 + extra * 5);
        }
    }
    // The same parts with another letter or two, in the same number: `contaner.image.repositry`.
    if dotted && text.split('.').count() == lower.split('.').count() {
        let mut sum = 0;
        for (a, b) in text.split('.').zip(lower.split('.')) {
            sum += distance(a.as_bytes(), b.as_bytes(), (a.len() / 3).clamp(1, 2))?;
        }
        return Some(sum * 10);
    }
    None
}

/// The number of letters to insert, delete, replace or swap with their neighbour, when it is at most `most`.
fn distance(a: &[u8], b: &[u8], most: usize) -> Option<usize> {
    if a.len().abs_diff(b.len()) > most {
        return None;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = Vec::with_capacity(b.len() + 1);
        row.push(i + 1);
        for (j, y) in b.iter().enumerate() {
            let mut d = (last[j] + usize::from(x != y)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                d = d.min(before[j - 1] + 1);
            }
            row.push(d);
        }
        if row.iter().min().is_some_and(|m| *m > most) {
            return None;
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().filter(|d| *d <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelt_fields() {
        let catalog = Catalog::builtin();
        for (wrong, right) in [
            ("proc.nam", "proc.name"),
            ("porc.name", "proc.name"),
            ("proc.naem", "proc.name"),
            ("proc.Name", "proc.name"),
            ("procname.x", "proc.name"),
            ("fd.naem", "fd.name"),
            ("fd.direcotry", "fd.directory"),
            ("proc.cmd", "proc.cmdline"),
            ("proc.cmd_line", "proc.cmdline"),
            ("proc.parent.name", "proc.pname"),
            ("process.name", "proc.name"),
            ("proc.anamee[2]", "proc.aname"),
            ("container.repository", "container.image.repository"),
            ("contaner.image.repositry", "container.image.repository"),
            ("k8s.namespace.name", "k8s.ns.name"),
            ("evt.tpye", "evt.type"),
            ("user.nmae", "user.name"),
            ("zzz.qqqqqqq", ""),
            ("", ""),
        ] {
            assert_eq!(catalog.suggest("syscall", wrong).unwrap_or(""), right, "{wrong}");
        }
    }

    #[test]
    fn only_what_the_source_has() {
        let catalog = Catalog::builtin();
        assert_eq!(catalog.suggest("k8s_audit", "ka.verbs"), Some("ka.verb"));
        assert_eq!(catalog.suggest("k8s_audit", "proc.nam"), None);
        assert_eq!(Catalog::libs_only().suggest("syscall", "container.imag"), None);
        // Table-only fields are no help to anybody.
        assert_ne!(catalog.suggest("syscall", "evt.latency.quantize"), Some("evt.latency.quantized"));
    }

    #[test]
    fn events_parameters_and_sources() {
        let catalog = Catalog::builtin();
        assert_eq!(catalog.suggest_event("opne"), Some("open"));
        assert_eq!(catalog.suggest_event("exceve"), Some("execve"));
        assert_eq!(catalog.suggest_event("conect"), Some("connect"));
        assert_eq!(suggest_param("flgas"), Some("flags"));
        assert_eq!(catalog.suggest_source("k8saudit"), Some("k8s_audit"));
        assert_eq!(catalog.suggest_source("sycsall"), Some("syscall"));
    }

    #[test]
    fn habits_name_fields_that_exist() {
        let catalog = Catalog::builtin();
        for (habit, field) in HABITS {
            assert!(catalog.field_by_name(field).is_some(), "{field}");
            assert!(catalog.field_by_name(habit).is_none(), "{habit}");
        }
    }

    #[test]
    fn distances_count_swaps_once() {
        assert_eq!(distance(b"ab", b"ba", 2), Some(1));
        assert_eq!(distance(b"abc", b"abc", 0), Some(0));
        assert_eq!(distance(b"kitten", b"sitting", 3), Some(3));
        assert_eq!(distance(b"kitten", b"sitting", 2), None);
    }
}
