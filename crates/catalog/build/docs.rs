//! The texts of `data/docs`: a key at the start of a line, its text indented below, `> ` before an example.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use crate::text::lines;

#[derive(Debug, Clone, Default)]
pub struct Doc {
    pub text: String,
    pub example: String,
}

/// By kind (the file's name up to the first dash or dot), then by key.
pub struct Docs {
    kinds: BTreeMap<String, BTreeMap<String, Doc>>,
    /// Kinds whose keys were asked for one by one: what nobody asked for is a misspelling.
    asked: RefCell<BTreeMap<String, BTreeSet<String>>>,
}

impl Docs {
    pub fn read(dir: &Path) -> Self {
        let mut kinds: BTreeMap<String, BTreeMap<String, Doc>> = BTreeMap::new();
        let mut files: Vec<_> = std::fs::read_dir(dir)
            .unwrap_or_else(|e| panic!("{}: {e}", dir.display()))
            .map(|f| f.expect("the folder can be read").path())
            .filter(|p| p.extension().is_some_and(|e| e == "txt"))
            .collect();
        files.sort();
        for path in files {
            let stem = path.file_stem().and_then(|s| s.to_str()).expect("names are plain");
            let kind = kinds.entry(stem.split('-').next().unwrap_or(stem).to_owned()).or_default();
            let mut key: Option<String> = None;
            for line in lines(&path) {
                if !line.indented {
                    if kind.insert(line.text.clone(), Doc::default()).is_some() {
                        line.fail("documented twice");
                    }
                    key = Some(line.text);
                    continue;
                }
                let Some(doc) = key.as_ref().and_then(|k| kind.get_mut(k)) else { line.fail("text without a key") };
                let (to, text, joint) = match line.text.strip_prefix("> ") {
                    Some(example) => (&mut doc.example, example, "\n"),
                    None => (&mut doc.text, line.text.as_str(), " "),
                };
                if !to.is_empty() {
                    to.push_str(joint);
                }
                to.push_str(text);
            }
        }
        Self { kinds, asked: RefCell::default() }
    }

    /// The text for a key; empty when there is none (a test lists those).
    pub fn take(&self, kind: &str, key: &str) -> Doc {
        self.asked.borrow_mut().entry(kind.to_owned()).or_default().insert(key.to_owned());
        self.kinds.get(kind).and_then(|k| k.get(key)).cloned().unwrap_or_default()
    }

    /// The kinds that hand-written tables look up by name, as sorted slices.
    pub fn emit_rest(&self) -> String {
        for (kind, keys) in self.asked.borrow().iter() {
            let known = self.kinds.get(kind);
            for key in known.into_iter().flat_map(|k| k.keys()) {
                assert!(keys.contains(key), "data/docs: `{key}` of kind `{kind}` documents nothing");
            }
        }
        let mut out = String::new();
        for (kind, docs) in &self.kinds {
            if self.asked.borrow().contains_key(kind) {
                continue;
            }
            let _ = writeln!(out, "pub(crate) static {}: &[(&str, Doc)] = &[", kind.to_uppercase());
            for (key, doc) in docs {
                let _ = writeln!(out, "    ({key:?}, Doc {{ text: {:?}, example: {:?} }}),", doc.text, doc.example);
            }
            out.push_str("];\n");
        }
        out
    }
}
