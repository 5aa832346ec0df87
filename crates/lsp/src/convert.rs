//! From `falco-ide`'s plain data to the protocol's types.

use falco_ide as ide;
use ropey::Rope;
use rustc_hash::FxHashMap;
use tower_lsp::lsp_types as lsp;

use crate::encoding::{self, Encoding};
use crate::finding_pages;
use crate::store::LoadSet;

/// What of a diagnostic the client can take.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Support {
    /// The address of its code's page.
    pub code_description: bool,
    /// Something that comes back with the request for its repairs.
    pub data: bool,
}

/// What a finding is known by in the `data` of its diagnostic: its bytes and code, which need no conversion of positions.
pub fn finding(range: falco_syntax::TextRange, code: &str) -> serde_json::Value {
    serde_json::json!({"start": u32::from(range.start()), "end": u32::from(range.end()), "code": code})
}

/// Converts the offsets of one file.
#[derive(Debug)]
pub struct Converter {
    rope: Rope,
    encoding: Encoding,
}

impl Converter {
    /// For a file of a load set.
    pub fn of_file(set: &LoadSet, file: ide::FileId, encoding: Encoding) -> Option<Self> {
        Some(Self { rope: Rope::from_str(set.text(file)?), encoding })
    }

    /// For an open document's rope (cheap: ropes share their nodes).
    pub fn of_rope(rope: &Rope, encoding: Encoding) -> Self {
        Self { rope: rope.clone(), encoding }
    }

    /// A range.
    pub fn range(&self, range: falco_syntax::TextRange) -> lsp::Range {
        encoding::range(&self.rope, range.start().into(), range.end().into(), self.encoding)
    }

    /// A position's offset.
    pub fn offset(&self, position: lsp::Position) -> falco_syntax::TextSize {
        // Texts are limited to 4 GiB by the syntax crate; the conversion saturates rather than wraps.
        let offset = encoding::offset(&self.rope, position, self.encoding);
        falco_syntax::TextSize::new(u32::try_from(offset).unwrap_or(u32::MAX))
    }

    /// A diagnostic. Related places may be in other files of the set; `others` are the converters of those that came up so far.
    pub fn diagnostic(
        &self,
        d: &ide::Diagnostic,
        file: ide::FileId,
        set: &LoadSet,
        support: Support,
        others: &mut FxHashMap<ide::FileId, Option<Self>>,
    ) -> lsp::Diagnostic {
        let related = d.related.iter().filter_map(|(place, message)| {
            let uri = set.urls().get(place.file.0 as usize)?.clone();
            let range = if place.file == file {
                self.range(place.range)
            } else {
                let made = others.entry(place.file).or_insert_with(|| Self::of_file(set, place.file, self.encoding));
                made.as_ref()?.range(place.range)
            };
            Some(lsp::DiagnosticRelatedInformation { location: lsp::Location { uri, range }, message: message.clone() })
        });
        let related: Vec<_> = related.collect();
        lsp::Diagnostic {
            related_information: (!related.is_empty()).then_some(related),
            ..self.plain_diagnostic(d, support)
        }
    }

    /// A diagnostic without its related places.
    pub fn plain_diagnostic(&self, d: &ide::Diagnostic, support: Support) -> lsp::Diagnostic {
        let message = match &d.help {
            Some(help) => format!("{}\nhelp: {help}", d.message),
            None => d.message.clone(),
        };
        let tags: Vec<_> = d
            .tags
            .iter()
            .map(|tag| match tag {
                ide::DiagnosticTag::Unused => lsp::DiagnosticTag::UNNECESSARY,
                ide::DiagnosticTag::Deprecated => lsp::DiagnosticTag::DEPRECATED,
            })
            .collect();
        let page = if support.code_description { finding_pages::href(&d.code) } else { None };
        lsp::Diagnostic {
            range: self.range(d.range),
            severity: Some(match d.severity {
                ide::Severity::Error => lsp::DiagnosticSeverity::ERROR,
                ide::Severity::Warning => lsp::DiagnosticSeverity::WARNING,
                ide::Severity::Info => lsp::DiagnosticSeverity::INFORMATION,
                ide::Severity::Hint => lsp::DiagnosticSeverity::HINT,
            }),
            code: Some(lsp::NumberOrString::String(d.code.clone())),
            code_description: page.map(|href| lsp::CodeDescription { href }),
            source: Some("falco-rs".into()),
            message,
            tags: (!tags.is_empty()).then_some(tags),
            data: support.data.then(|| finding(d.range, &d.code)),
            ..lsp::Diagnostic::default()
        }
    }

    /// A hover.
    pub fn hover(&self, hover: ide::Hover) -> lsp::Hover {
        let contents = lsp::MarkupContent { kind: lsp::MarkupKind::Markdown, value: hover.markdown };
        lsp::Hover { contents: lsp::HoverContents::Markup(contents), range: Some(self.range(hover.range)) }
    }

    /// A symbol of the outline.
    #[allow(deprecated, reason = "the struct has no other way to be made")]
    pub fn symbol(&self, symbol: ide::DocumentSymbol) -> lsp::DocumentSymbol {
        let children: Vec<_> = symbol.children.into_iter().map(|c| self.symbol(c)).collect();
        lsp::DocumentSymbol {
            // The protocol forbids empty names.
            name: if symbol.name.trim().is_empty() { "(unnamed)".into() } else { symbol.name },
            detail: symbol.detail,
            kind: symbol_kind(symbol.kind),
            tags: symbol.deprecated.then(|| vec![lsp::SymbolTag::DEPRECATED]),
            deprecated: None,
            range: self.range(symbol.full_range),
            selection_range: self.range(symbol.focus_range),
            children: (!children.is_empty()).then_some(children),
        }
    }
}

/// What editors draw for a symbol.
pub fn symbol_kind(kind: ide::SymbolKind) -> lsp::SymbolKind {
    match kind {
        ide::SymbolKind::Rule => lsp::SymbolKind::CLASS,
        ide::SymbolKind::Macro => lsp::SymbolKind::FUNCTION,
        ide::SymbolKind::List => lsp::SymbolKind::ARRAY,
        ide::SymbolKind::Exception => lsp::SymbolKind::INTERFACE,
        ide::SymbolKind::Key => lsp::SymbolKind::PROPERTY,
        ide::SymbolKind::Requirement => lsp::SymbolKind::PACKAGE,
    }
}
