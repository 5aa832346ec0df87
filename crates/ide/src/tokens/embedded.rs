//! The words of conditions and outputs.

use falco_catalog::{event, language};
use falco_compiler::ItemKind;
use falco_syntax::condition::nodes::{Check, ConditionNode as _};
use falco_syntax::condition::syntax::{SyntaxKind, SyntaxNode, SyntaxToken};
use falco_syntax::yaml::{Decoded, Node};
use falco_syntax::{TextRange, condition, output};

use super::values::is_number;
use super::{TokenKind, Walk};

impl Walk<'_> {
    pub(super) fn condition(&mut self, node: &Node) {
        let Some(scalar) = node.as_scalar() else { return };
        let decoded = scalar.decode();
        self.tree(&condition::parse(&decoded.text).syntax(), &decoded);
    }

    pub(super) fn output(&mut self, node: &Node) {
        let Some(scalar) = node.as_scalar() else { return };
        let decoded = scalar.decode();
        self.tree(&output::parse(&decoded.text).syntax(), &decoded);
    }

    fn tree(&mut self, root: &SyntaxNode, decoded: &Decoded) {
        let tokens = root.descendants_with_tokens().filter_map(|element| element.into_token());
        for token in tokens {
            let place = decoded.map_range(token.text_range());
            self.word(&token, place);
        }
    }

    fn word(&mut self, token: &SyntaxToken, place: TextRange) {
        let kind = match token.kind() {
            SyntaxKind::FieldName => return self.field(place, token.text()),
            SyntaxKind::Ident => return self.ident(token, place),
            SyntaxKind::Bare => self.constant(token, place),
            SyntaxKind::BareArg => TokenKind::Argument,
            SyntaxKind::Transformer => {
                self.need(token.text(), language::transformer(token.text()).and_then(|t| t.known_since()));
                TokenKind::Transformer
            }
            SyntaxKind::NotKw | SyntaxKind::AndKw | SyntaxKind::OrKw | SyntaxKind::ModifierToken => TokenKind::Keyword,
            SyntaxKind::OperatorToken => {
                self.need(token.text(), language::operator(token.text()).and_then(|op| op.known_since()));
                TokenKind::Operator
            }
            SyntaxKind::Number | SyntaxKind::Width => TokenKind::Number,
            SyntaxKind::Quoted | SyntaxKind::Unclosed => TokenKind::String,
            _ => return,
        };
        self.push(place, kind);
    }

    /// A name without a dot: a macro, or a list to the right of an operator that wants one.
    fn ident(&mut self, token: &SyntaxToken, place: TextRange) {
        let name = token.text();
        if self.is_list(place.start().into(), name) {
            self.push(place, TokenKind::List);
            return;
        }
        let is_macro = token.parent().is_some_and(|node| node.kind() == SyntaxKind::MacroRef);
        if !is_macro {
            let kind = if is_number(name) { TokenKind::Number } else { TokenKind::String };
            self.push(place, kind);
            return;
        }
        let resolved = match self.uses.at(place.start().into()) {
            Some(name) => name.target.is_some(),
            None => self.analysis.compilation().named(ItemKind::Macro, name).is_some(),
        };
        if let Some(token) = self.push(place, TokenKind::Macro) {
            token.unresolved = !resolved;
        }
    }

    fn constant(&self, token: &SyntaxToken, place: TextRange) -> TokenKind {
        let text = token.text();
        if self.is_list(place.start().into(), text) {
            return TokenKind::List;
        }
        let field = token.parent_ancestors().find_map(Check::cast).and_then(|check| check.field()?.name());
        match field {
            Some(field) if matches!(field.text(), "evt.type" | "syscall.type") && event::is_known_name(text) => {
                TokenKind::EventType
            }
            _ if is_number(text) => TokenKind::Number,
            _ => TokenKind::String,
        }
    }
}
