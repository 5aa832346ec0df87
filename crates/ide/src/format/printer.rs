//! The tree of a rules file, printed anew.
//!
//! Blocks are printed line by line at the indentation where they belong. Comments come with the text that follows them
//! ([`Printer::comments_before`]), at the column of the block that they stood in. An item with something that cannot be printed
//! ([`Unprintable`]), or that would not mean the same, stays as it is.

use falco_syntax::yaml::{Node, SyntaxElement, SyntaxKind as K, SyntaxNode};

use super::Unprintable;
use super::comments::{self, Comment, column, follows_blank_line};
use super::condition::Layout;
use super::flow::Collection;
use super::scalar::{Block, reindented, requoted};
use super::style::{Conditions, Style};
use super::verify;

/// How far a block stands in from the one around it.
const STEP: usize = 2;

type Result<T = ()> = std::result::Result<T, Unprintable>;

/// Which items are formatted.
pub(super) type Wanted<'w> = &'w dyn Fn(std::ops::Range<usize>) -> bool;

/// Prints the tree of `text`, whose line breaks are `\n`.
pub(super) fn print(root: &SyntaxNode, text: &str, style: &Style, wanted: Wanted<'_>) -> Result<String> {
    let comments = comments::all(root, text);
    let mut printer = Printer {
        text,
        style,
        wanted,
        out: String::with_capacity(text.len() + text.len() / 8),
        comments,
        next_comment: 0,
        blocks: Vec::new(),
        ends_exactly: false,
    };
    printer.root(root)?;
    Ok(printer.out)
}

/// A block that is, or was just, open.
#[derive(Debug, Clone, Copy)]
struct Open {
    /// Its column in the text.
    from: usize,
    /// Its column in the output; `None` where the text is taken over as it is.
    to: Option<usize>,
}

/// Where a value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Behind a key at this column.
    Key(usize),
    /// Behind a dash at this column.
    Dash(usize),
}

impl Place {
    /// The column of what goes on below.
    fn below(self) -> usize {
        match self {
            Self::Key(column) | Self::Dash(column) => column + STEP,
        }
    }

    /// The indentation of the block that the value is in, from which YAML counts.
    fn parent(self) -> usize {
        match self {
            Self::Key(column) | Self::Dash(column) => column,
        }
    }
}

struct Printer<'t> {
    text: &'t str,
    style: &'t Style,
    wanted: Wanted<'t>,
    out: String,
    comments: Vec<Comment<'t>>,
    next_comment: usize,
    /// The open blocks, outermost first, and behind them those that ended last.
    blocks: Vec<Open>,
    /// The output ends with line breaks that count; no blank line may be added or taken.
    ends_exactly: bool,
}

/// What is undone when an item cannot be printed.
struct Checkpoint {
    out: usize,
    next_comment: usize,
    blocks: Vec<Open>,
    ends_exactly: bool,
}

impl Printer<'_> {
    fn root(&mut self, root: &SyntaxNode) -> Result {
        for element in root.children_with_tokens() {
            match element {
                SyntaxElement::Node(document) if document.kind() == K::Document => self.document(&document)?,
                SyntaxElement::Token(token) if token.kind().is_trivia() => {}
                _ => return Err(Unprintable),
            }
        }
        self.comments_before(usize::MAX, 0, &mut false);
        if !self.out.is_empty() && !self.out.ends_with('\n') {
            self.out.push('\n');
        }
        Ok(())
    }

    fn document(&mut self, document: &SyntaxNode) -> Result {
        let mut marker_line = None;
        for element in document.children_with_tokens() {
            let range = range(&element);
            match element.kind() {
                kind if kind.is_trivia() => {}
                K::Directive | K::DocStart | K::DocEnd => {
                    self.comments_before(range.start, 0, &mut false);
                    self.line(range.start, 0, false);
                    self.out.push_str(element.to_string().trim_end());
                    self.blocks.clear();
                    marker_line = Some(comments::line_start(self.text, range.start));
                }
                kind if kind.is_content() => {
                    let starts_line = marker_line != Some(comments::line_start(self.text, range.start));
                    match element {
                        SyntaxElement::Node(node) if node.kind() == K::BlockSeq && starts_line => self.items(&node)?,
                        element => self.verbatim(&element, !starts_line),
                    }
                }
                _ => return Err(Unprintable),
            }
        }
        Ok(())
    }

    /// The items of a rules file.
    fn items(&mut self, sequence: &SyntaxNode) -> Result {
        let from = column(self.text, range_of(sequence).start);
        self.open(0, from, Some(0));
        for element in sequence.children_with_tokens() {
            match element {
                SyntaxElement::Token(token) if token.kind().is_trivia() => {}
                SyntaxElement::Node(item) if item.kind() == K::SeqItem => self.item(&item, from)?,
                _ => return Err(Unprintable),
            }
        }
        Ok(())
    }

    fn item(&mut self, item: &SyntaxNode, from: usize) -> Result {
        let range = range_of(item);
        // A rule stands apart from what is before it, comments included.
        let mut apart = is_rule(item) && !self.blocks.is_empty() && !self.out.is_empty();
        if self.out.ends_with("---") {
            apart = false;
        }
        self.comments_before(range.start, 0, &mut apart);
        let before = self.checkpoint();
        if (self.wanted)(range.clone()) {
            self.line(range.start, 0, apart);
            let start = self.out.len();
            if self.sequence_item(item, 0, 1).is_ok()
                && self.out.get(start..).is_some_and(|printed| verify::same_item(item, printed))
            {
                return Ok(());
            }
            self.restore(before);
        }
        // Items that stay must not stand apart from their neighbours that move.
        if from != 0 {
            return Err(Unprintable);
        }
        self.verbatim(&SyntaxElement::Node(item.clone()), false);
        Ok(())
    }

    /// Takes over a piece of the text as it is.
    fn verbatim(&mut self, element: &SyntaxElement, on_line: bool) {
        let range = range(element);
        self.comments_before(range.start, 0, &mut false);
        if on_line {
            self.out.push(' ');
        } else {
            self.line(range.start, column(self.text, range.start), false);
        }
        let keeps_end = last_block_keeps_end(element);
        let end = if keeps_end { range.end } else { trimmed_end(self.text, &range) };
        self.out.push_str(self.text.get(range.start..end).unwrap_or_default());
        self.ends_exactly = keeps_end;
        while self.comments.get(self.next_comment).is_some_and(|comment| comment.start < end) {
            self.next_comment += 1;
        }
        // Comments that follow stay in their columns.
        self.blocks.truncate(1);
        self.blocks.push(Open { from: 1, to: None });
    }

    fn checkpoint(&self) -> Checkpoint {
        Checkpoint {
            out: self.out.len(),
            next_comment: self.next_comment,
            blocks: self.blocks.clone(),
            ends_exactly: self.ends_exactly,
        }
    }

    fn restore(&mut self, to: Checkpoint) {
        self.out.truncate(to.out);
        self.next_comment = to.next_comment;
        self.blocks = to.blocks;
        self.ends_exactly = to.ends_exactly;
    }

    /// Starts a line for what stands at `offset` of the text. A blank line before it stays, as one.
    fn line(&mut self, offset: usize, indent: usize, apart: bool) {
        if !self.out.is_empty() {
            if !self.out.ends_with('\n') {
                self.out.push('\n');
            }
            if !self.ends_exactly && (apart || follows_blank_line(self.text, offset)) && !self.out.ends_with("\n\n") {
                self.out.push('\n');
            }
        }
        self.ends_exactly = false;
        self.out.push_str(&" ".repeat(indent));
    }

    /// Opens a block at a depth; those that were as deep before are forgotten.
    fn open(&mut self, depth: usize, from: usize, to: Option<usize>) {
        self.blocks.truncate(depth);
        self.blocks.push(Open { from, to });
    }

    /// Prints the comments before `offset`, which is in the block of that depth. `apart` asks for a blank line before the first
    /// of those that stand at the margin.
    fn comments_before(&mut self, offset: usize, depth: usize, apart: &mut bool) {
        while let Some(comment) = self.comments.get(self.next_comment).copied().filter(|c| c.start < offset) {
            self.next_comment += 1;
            if !comment.owns_line && !self.out.is_empty() && !self.out.ends_with('\n') {
                self.out.push_str("  ");
            } else {
                let indent = self.comment_column(comment.column, depth);
                self.line(comment.start, indent, *apart && indent == 0);
                *apart &= indent != 0;
            }
            self.out.push_str(comment.text);
        }
    }

    /// The column of a comment: that of the innermost block that it stands in, judged by its column in the text.
    fn comment_column(&self, column: usize, depth: usize) -> usize {
        let open = self.blocks.get(depth..).unwrap_or_default();
        let block = open.iter().rev().find(|block| block.from <= column).or_else(|| open.first());
        block.map_or(0, |block| block.to.unwrap_or(column))
    }

    /// Whether a comment stands between two offsets.
    fn has_comment(&self, start: usize, end: usize) -> bool {
        self.comments.get(self.next_comment).is_some_and(|comment| comment.start >= start && comment.start < end)
    }

    fn sequence(&mut self, node: &SyntaxNode, to: usize, depth: usize, on_line: bool) -> Result {
        self.open(depth, column(self.text, range_of(node).start), Some(to));
        let mut on_line = on_line;
        for element in node.children_with_tokens() {
            match element {
                SyntaxElement::Token(token) if token.kind().is_trivia() => {}
                SyntaxElement::Node(item) if item.kind() == K::SeqItem => {
                    let start = range_of(&item).start;
                    self.comments_before(start, depth, &mut false);
                    if !std::mem::take(&mut on_line) {
                        self.line(start, to, false);
                    }
                    self.sequence_item(&item, to, depth + 1)?;
                }
                _ => return Err(Unprintable),
            }
        }
        Ok(())
    }

    /// `- …`, its dash at `column`; blocks in it have that depth.
    fn sequence_item(&mut self, item: &SyntaxNode, column: usize, depth: usize) -> Result {
        let mut parts = item.children_with_tokens().filter(|part| !part.kind().is_trivia());
        let (Some(dash), content, None) = (parts.next(), parts.next(), parts.next()) else { return Err(Unprintable) };
        if dash.kind() != K::Dash {
            return Err(Unprintable);
        }
        self.out.push('-');
        let Some(content) = content else { return Ok(()) };
        if self.has_comment(range(&dash).end, range(&content).start) {
            return Err(Unprintable);
        }
        self.value(&content, Place::Dash(column), depth, false)
    }

    fn mapping(&mut self, node: &SyntaxNode, to: usize, depth: usize, on_line: bool) -> Result {
        self.open(depth, column(self.text, range_of(node).start), Some(to));
        let mut on_line = on_line;
        for element in node.children_with_tokens() {
            match element {
                SyntaxElement::Token(token) if token.kind().is_trivia() => {}
                SyntaxElement::Node(entry) if entry.kind() == K::MapEntry => {
                    let start = range_of(&entry).start;
                    self.comments_before(start, depth, &mut false);
                    if !std::mem::take(&mut on_line) {
                        self.line(start, to, false);
                    }
                    self.entry(&entry, to, depth)?;
                }
                _ => return Err(Unprintable),
            }
        }
        Ok(())
    }

    /// `key: value`, in the mapping of that depth.
    fn entry(&mut self, entry: &SyntaxNode, to: usize, depth: usize) -> Result {
        let mut parts = entry.children_with_tokens().filter(|part| !part.kind().is_trivia());
        let (Some(key), Some(colon), content, None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
            return Err(Unprintable);
        };
        if colon.kind() != K::Colon {
            return Err(Unprintable);
        }
        match &key {
            SyntaxElement::Token(token) if !token.text().contains('\n') && token.kind() != K::Alias => {
                self.out.push_str(token.text());
            }
            _ => return Err(Unprintable),
        }
        self.out.push(':');
        let Some(content) = content else { return Ok(()) };
        // Only the items' own conditions; `condition` below an `override` says what happens to it.
        let is_condition = depth == 1 && matches!(&key, SyntaxElement::Token(token) if token.text() == "condition");
        if self.has_comment(range(&colon).end, range(&content).start) && !is_block(&content) {
            self.comments_before(range(&content).start, depth, &mut false);
            // The value stands on the next line, below the comment.
            if self.comments.get(self.next_comment.wrapping_sub(1)).is_some_and(|comment| comment.owns_line) {
                return Err(Unprintable);
            }
        }
        self.value(&content, Place::Key(to), depth + 1, is_condition)
    }

    /// A value, with what stands between it and its dash or key. Blocks in it have that depth.
    fn value(&mut self, element: &SyntaxElement, place: Place, depth: usize, is_condition: bool) -> Result {
        match element {
            SyntaxElement::Node(node) => match node.kind() {
                K::Annotated => {
                    let (properties, content) = annotated(node)?;
                    self.out.push(' ');
                    self.out.push_str(&properties);
                    match content {
                        Some(content) if self.has_comment(range_of(node).start, range(&content).start) => {
                            Err(Unprintable)
                        }
                        // Behind properties a block starts on a line of its own.
                        Some(content) if is_block(&content) => self.block(&content, Place::Key(place.parent()), depth),
                        Some(content) => self.value(&content, place, depth, is_condition),
                        None => Ok(()),
                    }
                }
                K::BlockSeq | K::BlockMap => self.block(element, place, depth),
                K::FlowSeq | K::FlowMap => self.flow(node, place),
                K::BlockScalar => self.block_scalar(node, place, is_condition),
                _ => Err(Unprintable),
            },
            SyntaxElement::Token(token) => self.scalar(token.text(), token.kind(), range(element), place, is_condition),
        }
    }

    fn block(&mut self, element: &SyntaxElement, place: Place, depth: usize) -> Result {
        let SyntaxElement::Node(node) = element else { return Err(Unprintable) };
        let on_line = matches!(place, Place::Dash(_));
        if on_line {
            self.out.push(' ');
        }
        match node.kind() {
            K::BlockSeq => self.sequence(node, place.below(), depth, on_line),
            _ => self.mapping(node, place.below(), depth, on_line),
        }
    }

    /// Whether the output's line ends with a comment, so that a value has to start the next one.
    fn ends_with_comment(&self, start: usize) -> bool {
        let last = self.next_comment.checked_sub(1).and_then(|last| self.comments.get(last));
        last.is_some_and(|comment| self.out.ends_with(comment.text) && comment.start < start)
            && self.text.get(..start).is_some_and(|before| before.trim_end().ends_with(last.map_or("", |c| c.text)))
    }

    /// Puts a blank, or a line break if the line is taken, in front of a value that starts at `start` of the text.
    fn lead(&mut self, start: usize, place: Place) {
        if self.ends_with_comment(start) {
            self.line(start, place.below(), false);
        } else {
            self.out.push(' ');
        }
    }

    fn flow(&mut self, node: &SyntaxNode, place: Place) -> Result {
        let collection = Collection::new(node, self.text, self.style)?;
        let range = range_of(node);
        let below = place.below();
        if matches!(place, Place::Key(_)) && collection.is_tall(self.width() + 1, self.style) {
            self.line(range.start, below, false);
            self.out.push_str(&collection.print(below, below + STEP, below, self.style));
        } else {
            self.lead(range.start, place);
            let column = self.width();
            let indent = if matches!(place, Place::Key(_)) { below } else { below + STEP };
            self.out.push_str(&collection.print(column, indent, below, self.style));
        }
        while self.comments.get(self.next_comment).is_some_and(|comment| comment.start < range.end) {
            self.next_comment += 1;
        }
        Ok(())
    }

    /// How long the output's last line is.
    fn width(&self) -> usize {
        self.out.rsplit('\n').next().map_or(0, |line| line.chars().count())
    }

    /// A plain or quoted scalar, or an alias.
    fn scalar(
        &mut self,
        text: &str,
        kind: K,
        range: std::ops::Range<usize>,
        place: Place,
        is_condition: bool,
    ) -> Result {
        if !matches!(kind, K::Plain | K::SingleQuoted | K::DoubleQuoted | K::Alias) {
            return Err(Unprintable);
        }
        let takes_lines = text.contains('\n');
        if is_condition && kind == K::Plain && self.style.conditions == Conditions::Split {
            let layout = Layout::new(&plain_text(text));
            if let Some(layout) = layout
                && self.condition(&layout, takes_lines, &range, place)
            {
                return Ok(());
            }
        }
        // A value that would be too long behind its key may stay on the line below it.
        let below = comments::line_start(self.text, range.start) == range.start - self.indent_at(range.start)
            && self.indent_at(range.start) > 0
            && matches!(place, Place::Key(_));
        let one_line = requoted(text, kind, self.style.quotes);
        let fits = self.width() + 1 + one_line.chars().count() <= self.style.width;
        if below && (takes_lines || !fits) && !self.ends_with_comment(range.start) {
            self.line(range.start, place.below(), false);
        } else {
            self.lead(range.start, place);
        }
        if takes_lines {
            self.out.push_str(&reindented(text, kind, place.below()));
        } else {
            self.out.push_str(&one_line);
        }
        Ok(())
    }

    /// The blanks before an offset if nothing else stands before it on its line, else 0.
    fn indent_at(&self, offset: usize) -> usize {
        let before = self.text.get(comments::line_start(self.text, offset)..offset).unwrap_or_default();
        if before.bytes().all(|b| b == b' ') { before.len() } else { 0 }
    }

    /// A plain condition: on its line if it stood on one and fits, else as a folded block. False if it has to stay as it is.
    fn condition(&mut self, layout: &Layout, takes_lines: bool, range: &std::ops::Range<usize>, place: Place) -> bool {
        let flat = layout.flat();
        let fits = self.width() + 1 + flat.chars().count() <= self.style.width;
        if !takes_lines && fits {
            if !is_plain_safe(&flat) {
                return false;
            }
            self.lead(range.start, place);
            self.out.push_str(&flat);
            return true;
        }
        // Neither before nor behind the text of a block can be a comment.
        let rest = self.text.get(range.end..).and_then(|rest| rest.lines().next()).unwrap_or_default();
        if rest.trim_start().starts_with('#') || self.ends_with_comment(range.start) {
            return false;
        }
        self.out.push_str(" >");
        let indent = place.below();
        self.lines(&layout.broken(self.style.width.saturating_sub(indent)), indent);
        true
    }

    fn block_scalar(&mut self, node: &SyntaxNode, place: Place, is_condition: bool) -> Result {
        let start = range_of(node).start;
        if self.ends_with_comment(start) {
            return Err(Unprintable);
        }
        let block = Block::new(node)?;
        while self.comments.get(self.next_comment).is_some_and(|comment| comment.start < range_of(node).end) {
            self.next_comment += 1;
        }
        self.out.push(' ');
        let header = self.out.len();
        self.out.push_str(&block.header);
        if let Some(comment) = &block.comment {
            self.out.push_str("  ");
            self.out.push_str(comment);
        }
        let is_laid_out = is_condition && self.style.conditions == Conditions::Split && !block.keeps_end();
        if is_laid_out && let Some(layout) = Layout::new(&block.lines.join("\n")) {
            // The indicator of an indentation is for text that starts with blanks, which this does not.
            let digits = block.header.replace(|c: char| c.is_ascii_digit(), "");
            self.out.replace_range(header..header + block.header.len(), &digits);
            let width = self.style.width.saturating_sub(place.below());
            let flat = layout.flat();
            let lines = match block.text_lines() {
                0 | 1 if flat.chars().count() <= width => vec![flat],
                _ => layout.broken(width),
            };
            self.lines(&lines, place.below());
            return Ok(());
        }
        let indent = block.explicit_indent().map_or(place.below(), |extra| place.parent() + extra);
        self.lines(&block.lines, indent);
        if block.keeps_end() {
            self.out.push('\n');
            self.ends_exactly = true;
        }
        Ok(())
    }

    fn lines(&mut self, lines: &[String], indent: usize) {
        for line in lines {
            self.out.push('\n');
            if !line.is_empty() {
                self.out.push_str(&" ".repeat(indent));
                self.out.push_str(line);
            }
        }
    }
}

/// Anchor and tag of a node, and its content.
pub(super) fn annotated(node: &SyntaxNode) -> Result<(String, Option<SyntaxElement>)> {
    let mut properties = Vec::new();
    let mut content = None;
    for element in node.children_with_tokens() {
        match element.kind() {
            K::Whitespace => {}
            K::Anchor | K::Tag if content.is_none() => properties.push(element.to_string()),
            kind if kind.is_content() && content.is_none() => content = Some(element),
            _ => return Err(Unprintable),
        }
    }
    Ok((properties.join(" "), content))
}

fn is_block(element: &SyntaxElement) -> bool {
    matches!(element.kind(), K::BlockSeq | K::BlockMap)
}

fn range(element: &SyntaxElement) -> std::ops::Range<usize> {
    element.text_range().into()
}

fn range_of(node: &SyntaxNode) -> std::ops::Range<usize> {
    node.text_range().into()
}

/// Whether an item is a rule.
fn is_rule(item: &SyntaxNode) -> bool {
    let content = item.children_with_tokens().find(|part| part.kind().is_content());
    let node = content.map(Node::from_syntax);
    node.and_then(|node| node.as_mapping()).is_some_and(|mapping| mapping.entry("rule").is_some())
}

/// What a plain scalar says, but for blank lines in it.
fn plain_text(text: &str) -> String {
    text.split('\n').map(str::trim).collect::<Vec<_>>().join(" ")
}

/// Whether a text can be a plain scalar as it is, behind a key.
fn is_plain_safe(text: &str) -> bool {
    !text.contains(" #") && !text.contains(": ") && !text.ends_with(':')
}

/// Whether an element ends with a block scalar whose last line breaks count.
fn last_block_keeps_end(element: &SyntaxElement) -> bool {
    let SyntaxElement::Node(node) = element else { return false };
    let last = node.last_token();
    let block = last.and_then(|last| last.parent()).filter(|parent| parent.kind() == K::BlockScalar);
    block.and_then(|block| block.first_token()).is_some_and(|header| header.text().contains('+'))
}

/// Where the text of a range ends, without the line breaks at its end.
fn trimmed_end(text: &str, range: &std::ops::Range<usize>) -> usize {
    let inside = text.get(range.clone()).unwrap_or_default();
    range.start + inside.trim_end_matches('\n').len()
}
