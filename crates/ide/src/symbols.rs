//! The outline of a file.

use falco_syntax::ast::{Body, Item, ItemKind, RulesFile};
use falco_syntax::yaml::{NodeKind, Parse};

use crate::types::{DocumentSymbol, SymbolKind};

/// Every item with its keys, exceptions by name. Broken items are there as far as they can be read.
pub(crate) fn of(parse: &Parse) -> Vec<DocumentSymbol> {
    RulesFile::from_parse(parse).items().filter_map(|item| symbol(&item)).collect()
}

fn symbol(item: &Item) -> Option<DocumentSymbol> {
    let body = item.body();
    let kind = match item.kind()? {
        ItemKind::Rule => SymbolKind::Rule,
        ItemKind::Macro => SymbolKind::Macro,
        ItemKind::List => SymbolKind::List,
        ItemKind::RequiredEngineVersion | ItemKind::RequiredPluginVersions => SymbolKind::Requirement,
    };
    let head = item.head()?;
    let name = match kind {
        SymbolKind::Requirement => item.kind()?.head_key().to_owned(),
        _ => head.text().unwrap_or_default(),
    };
    let detail = match item {
        Item::Rule(rule) => rule.priority().and_then(|p| p.text()),
        Item::List(list) => Some(list.items().len()).filter(|n| *n > 0).map(|n| format!("{n} items")),
        Item::RequiredEngineVersion(_) => head.text(),
        _ => None,
    };
    let deprecated = body.value("append").and_then(|v| v.text()).is_some_and(|v| v == "true");
    let focus = if kind == SymbolKind::Requirement { body.fields().first()?.key.range() } else { head.range() };
    Some(DocumentSymbol {
        name,
        kind,
        detail,
        full_range: body.range(),
        focus_range: if body.range().contains_range(focus) { focus } else { body.range() },
        deprecated,
        children: keys(body, item),
    })
}

/// The keys after the head key, the exceptions under theirs.
fn keys(body: &Body, item: &Item) -> Vec<DocumentSymbol> {
    let head = item.kind().map(ItemKind::head_key);
    let mut out = Vec::new();
    for field in body.fields() {
        let Some(name) = field.name.clone().filter(|n| Some(n.as_str()) != head) else { continue };
        let children = match item {
            Item::Rule(rule) if name == "exceptions" => rule
                .exceptions()
                .iter()
                .filter_map(|exception| {
                    let label = exception.name()?;
                    let full_range = exception.body().range();
                    Some(DocumentSymbol {
                        name: label.text()?,
                        kind: SymbolKind::Exception,
                        detail: None,
                        full_range,
                        focus_range: Some(label.range())
                            .filter(|r| full_range.contains_range(*r))
                            .unwrap_or(full_range),
                        deprecated: false,
                        children: Vec::new(),
                    })
                })
                .collect(),
            _ => Vec::new(),
        };
        let detail = match field.value.kind() {
            NodeKind::Scalar if !matches!(name.as_str(), "condition" | "output" | "desc") => field.value.text(),
            _ => None,
        };
        out.push(DocumentSymbol {
            name,
            kind: SymbolKind::Key,
            detail,
            full_range: field.entry.range(),
            focus_range: field.key.range(),
            deprecated: false,
            children,
        });
    }
    out
}

#[cfg(test)]
mod tests {
    use crate::fixture::Fixture;
    use crate::types::DocumentSymbol;

    fn outline(symbols: &[DocumentSymbol], depth: usize, out: &mut String) {
        for s in symbols {
            assert!(s.full_range.contains_range(s.focus_range), "{s:?}");
            let detail = s.detail.as_ref().map(|d| format!(" ({d})")).unwrap_or_default();
            out.push_str(&format!("{:1$}{2:?} {3}{detail}\n", "", depth * 2, s.kind, s.name));
            outline(&s.children, depth + 1, out);
        }
    }

    #[test]
    fn outline_of_items_with_a_broken_one_between() {
        let fixture = Fixture::new(
            "- required_engine_version: 0.50.0
- list: shells
  items: [bash, zsh]
- macro: m
  condition: \"evt.type = open
- rule: R
  desc: d
  priority: NOTICE
  exceptions:
    - name: known
      fields: proc.name
",
        );
        let mut out = String::new();
        outline(&fixture.analysis.document_symbols(crate::FileId(0)), 0, &mut out);
        assert_eq!(
            out,
            "Requirement required_engine_version (0.50.0)
List shells (2 items)
  Key items
Macro m
  Key condition
Rule R (NOTICE)
  Key desc
  Key priority (NOTICE)
  Key exceptions
    Exception known
"
        );
    }
}
