//! From findings to diagnostics, file by file.

use std::sync::Arc;

use falco_syntax::TextRange;
use rustc_hash::FxHashSet;

use crate::collect::Node;
use crate::compilation::SourceFile;
use crate::diagnostic::{Diagnostic, Edit, FileId, Fix, ItemName, Label, Span};
use crate::items::FileItems;
use crate::lints::{LintSettings, stale_ignore};
use crate::loc::{Loc, Uid};
use crate::report::FalcoCode;
use crate::session::{Owner, Places, Session};
use crate::sink::RawDiag;

/// Turns places in items into ranges of files.
#[derive(Clone, Copy)]
pub(crate) struct SpanMap<'a> {
    pub(crate) places: &'a Places,
    pub(crate) files: &'a [SourceFile],
}

impl SpanMap<'_> {
    /// A place as a range of a file.
    pub(crate) fn span(&self, loc: Loc) -> Span {
        let (file, base) = self.places.get(loc.uid).unwrap_or((0, 0));
        let (mut start, mut end) = (base.wrapping_add(loc.start), base.wrapping_add(loc.end));
        if let Some(file) = self.files.get(file as usize) {
            let len = file.text.len() as u32;
            start = start.min(len);
            end = end.clamp(start, len);
            if let Some(map) = &file.map {
                let range = map.map_range(TextRange::new(start.into(), end.into()));
                (start, end) = (range.start().into(), range.end().into());
            }
        }
        Span { file: FileId(file), start, end }
    }

    pub(crate) fn file(&self, loc: Loc) -> u32 {
        self.places.get(loc.uid).map_or(0, |(file, _)| file)
    }

    fn diagnostic(&self, raw: &RawDiag) -> Diagnostic {
        Diagnostic {
            code: raw.code,
            severity: raw.severity,
            message: raw.message.clone(),
            span: self.span(raw.loc),
            item: raw.item.as_ref().map(|(kind, name)| ItemName { kind: *kind, name: name.to_string() }),
            labels: raw
                .labels
                .iter()
                .filter(|(loc, _)| loc.uid != Uid::NOWHERE)
                .map(|(loc, message)| Label { span: self.span(*loc), message: message.clone() })
                .collect(),
            help: raw.help.clone(),
            fixes: raw
                .fixes
                .iter()
                .map(|fix| Fix {
                    title: fix.title.clone(),
                    edits: fix
                        .edits
                        .iter()
                        .map(|(loc, text)| Edit { span: self.span(*loc), text: text.clone() })
                        .collect(),
                    repairs: fix.repairs.iter().map(|repair| repair.map(|loc| self.span(*loc))).collect(),
                    safe: fix.safe,
                })
                .collect(),
        }
    }

    /// Whether a finding names a place in one of the files, besides its own place.
    fn refers_to(&self, raw: &RawDiag, files: &FxHashSet<u32>) -> bool {
        let labels = raw.labels.iter().map(|(loc, _)| *loc);
        let edits = raw.fixes.iter().flat_map(|fix| fix.edits.iter().map(|(loc, _)| *loc));
        let repairs = raw.fixes.iter().flat_map(|fix| fix.repairs.iter().flat_map(|repair| repair.places()).copied());
        labels.chain(edits).chain(repairs).any(|loc| files.contains(&self.file(loc)))
    }
}

/// The place of a finding among those that say the same about the same place: of them the first is told.
type Turn = (u8, u32, usize);

/// The comments of a file that silence findings, and which of their codes did.
struct Silencer<'a> {
    file: &'a FileItems,
    used: Vec<Vec<bool>>,
}

impl<'a> Silencer<'a> {
    fn new(file: &'a FileItems) -> Self {
        Self { file, used: file.ignores.iter().map(|ignore| vec![false; ignore.codes.len()]).collect() }
    }

    /// Whether a finding is not to be told. Falco's errors always are.
    fn silences(&mut self, code: &str, at: u32) -> bool {
        let mut silenced = false;
        if code.starts_with("LOAD_ERR") {
            return silenced;
        }
        for (ignore, used) in self.file.ignores.iter().zip(&mut self.used) {
            if !ignore.covers(at) {
                continue;
            }
            for ((name, ..), used) in ignore.codes.iter().zip(used) {
                let same = **name == *code;
                *used |= same;
                silenced |= same;
            }
        }
        silenced
    }

    /// What there is to say of the comments.
    fn stale(&self, settings: &LintSettings) -> Vec<RawDiag> {
        let comments = self.file.ignores.iter().zip(&self.used);
        comments.flat_map(|(ignore, used)| stale_ignore::judge(settings, self.file.uid, ignore, used)).collect()
    }
}

impl Session {
    pub(super) fn spans(&self) -> SpanMap<'_> {
        SpanMap { places: &self.places, files: &self.files }
    }

    /// Makes the diagnostics of all files.
    pub(super) fn render_all(&mut self) {
        let all: FxHashSet<u32> = (0u32..).zip(&self.files).map(|(number, _)| number).collect();
        self.rendered = vec![Arc::from([]); self.files.len()];
        self.render(&all);
    }

    /// Every finding with its turn.
    fn all_findings(&self) -> impl Iterator<Item = (Turn, &RawDiag)> {
        let by_owner = self.findings.iter().flat_map(|(owner, diags)| {
            let (class, rank) = match owner {
                Owner::File(number) => (0, *number),
                Owner::Node(Node::List(id)) => (1, self.collection.lists.rank(*id)),
                Owner::Node(Node::Macro(id)) => (2, self.collection.macros.rank(*id)),
                Owner::Node(Node::Rule(id)) => (3, self.collection.rules.rank(*id)),
            };
            diags.iter().enumerate().map(move |(i, diag)| ((class, rank, i), diag))
        });
        let in_macros = self.macro_findings.iter().flat_map(|(id, diags)| {
            let rank = self.collection.macros.rank(*id);
            diags.iter().enumerate().map(move |(i, diag)| ((4, rank, i), diag))
        });
        let meaning = self.meaning.iter().flat_map(|(node, diags)| {
            let (class, rank) = match node {
                Node::List(id) => (5, self.collection.lists.rank(*id)),
                Node::Macro(id) => (6, self.collection.macros.rank(*id)),
                Node::Rule(id) => (7, self.collection.rules.rank(*id)),
            };
            diags.iter().enumerate().map(move |(i, diag)| ((class, rank, i), diag))
        });
        let whole = self.whole.iter().enumerate().map(|(i, diag)| ((8, 0, i), diag));
        by_owner.chain(in_macros).chain(meaning).chain(whole)
    }

    /// Files with findings that name places in `files`.
    pub(super) fn referring(&self, files: &FxHashSet<u32>) -> Vec<u32> {
        let spans = self.spans();
        let referring = self.all_findings().filter(|(_, raw)| spans.refers_to(raw, files));
        referring.map(|(_, raw)| spans.file(raw.loc)).collect()
    }

    /// Makes the diagnostics of some files.
    pub(super) fn render(&mut self, files: &FxHashSet<u32>) {
        let spans = self.spans();
        let shape = [FalcoCode::ErrYamlValidate, FalcoCode::UnknownKey, FalcoCode::UnknownItem].map(FalcoCode::as_str);
        let mut by_file: Vec<Vec<(Turn, Diagnostic)>> = self.files.iter().map(|_| Vec::new()).collect();
        let mut silencers: Vec<Silencer<'_>> = self.loaded.iter().map(|items| Silencer::new(items)).collect();
        for (turn, raw) in self.all_findings() {
            let file = spans.file(raw.loc);
            if !files.contains(&file) {
                continue;
            }
            let torn = self.torn.get(file as usize).is_some_and(|torn| torn.contains(&raw.loc.uid));
            if torn && shape.contains(&raw.code) {
                continue;
            }
            let base = spans.places.get(raw.loc.uid).map_or(0, |(_, base)| base);
            let silencer = silencers.get_mut(file as usize);
            if silencer.is_some_and(|silencer| silencer.silences(raw.code, base.wrapping_add(raw.loc.start))) {
                continue;
            }
            if let Some(found) = by_file.get_mut(file as usize) {
                found.push((turn, spans.diagnostic(raw)));
            }
        }
        for (silencer, found) in silencers.iter().zip(&mut by_file) {
            let stale = silencer.stale(&self.options.lints);
            found.extend(stale.iter().enumerate().map(|(i, raw)| ((9, 0, i), spans.diagnostic(raw))));
        }
        for (number, mut found) in by_file.into_iter().enumerate() {
            if !files.contains(&(number as u32)) {
                continue;
            }
            found.sort_by(|(a_turn, a), (b_turn, b)| {
                (a.span, a.code, &a.message, a_turn).cmp(&(b.span, b.code, &b.message, b_turn))
            });
            found.dedup_by(|(_, a), (_, b)| a.span == b.span && a.code == b.code && a.message == b.message);
            if let Some(slot) = self.rendered.get_mut(number) {
                *slot = found.into_iter().map(|(_, diagnostic)| diagnostic).collect();
            }
        }
    }
}
