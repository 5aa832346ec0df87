//! Values that are one word each.

use falco_catalog::keys::{ItemKind as KeyOwner, KeyInfo, KeyValue};
use falco_catalog::language;
use falco_syntax::yaml::Node;
use falco_syntax::{TextRange, TextSize};

use super::{TokenKind, Walk};
use crate::markup::known_field;

impl Walk<'_> {
    /// A scalar with neither a condition nor an output in it.
    pub(super) fn plain_value(&mut self, info: &KeyInfo, node: &Node) {
        let Some(scalar) = node.as_scalar() else { return };
        let decoded = scalar.decode();
        let text = decoded.text.trim_end();
        let all = TextRange::up_to(TextSize::of(text));
        let place = decoded.map_range(all);
        match info.value {
            KeyValue::Text => self.text(info, place),
            KeyValue::Priority => {
                let known = language::priority(text).is_some();
                self.checked(place, TokenKind::Priority, known);
            }
            KeyValue::Source => {
                let known = self.analysis.catalog().is_known_source(text);
                self.checked(place, TokenKind::Source, known);
            }
            KeyValue::Boolean | KeyValue::OverrideAction => {
                self.push(place, TokenKind::Keyword);
            }
            KeyValue::Number | KeyValue::Version => {
                self.push(place, TokenKind::Number);
            }
            KeyValue::Tags => {
                self.push(place, TokenKind::Tag);
            }
            KeyValue::Operators => {
                let known = language::operator(text).is_some();
                self.checked(place, TokenKind::Operator, known);
            }
            KeyValue::Fields => {
                let name = text.split('[').next().unwrap_or_default();
                let range = decoded.map_range(TextRange::up_to(TextSize::of(name)));
                self.field(range, name);
            }
            KeyValue::Scalars | KeyValue::Tuples => {
                let kind = match () {
                    () if self.is_list(place.start().into(), text) => TokenKind::List,
                    () if is_number(text) => TokenKind::Number,
                    () => TokenKind::String,
                };
                self.push(place, kind);
            }
            KeyValue::Condition | KeyValue::Output | KeyValue::Mapping | KeyValue::Mappings => {}
        }
    }

    /// A name, or prose, which has no words.
    fn text(&mut self, info: &KeyInfo, place: TextRange) {
        let kind = match (info.item, info.name) {
            (KeyOwner::Rule, "rule") => TokenKind::Rule,
            (KeyOwner::Macro, "macro") => TokenKind::Macro,
            (KeyOwner::List, "list") => TokenKind::List,
            (KeyOwner::Exception, "name") => TokenKind::Exception,
            _ => return,
        };
        if let Some(token) = self.push(place, kind) {
            token.definition = true;
        }
    }

    fn checked(&mut self, place: TextRange, kind: TokenKind, known: bool) {
        if let Some(token) = self.push(place, kind) {
            token.unresolved = !known;
        }
    }

    /// A field's name.
    pub(super) fn field(&mut self, place: TextRange, name: &str) {
        let known = known_field(self.analysis.catalog(), name);
        self.need(name, known.and_then(|(field, _)| field.known_since()));
        let (unresolved, deprecated) = (known.is_none(), known.is_some_and(|(field, _)| field.deprecated.is_some()));
        if let Some(token) = self.push(place, TokenKind::Field) {
            token.unresolved = unresolved;
            token.deprecated = deprecated;
        }
    }
}

/// Whether a value reads as a number.
pub(super) fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    digits.starts_with(|c: char| c.is_ascii_digit())
        && (digits.bytes().all(|b| b.is_ascii_digit() || b == b'.')
            || digits.strip_prefix("0x").is_some_and(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit())))
}
