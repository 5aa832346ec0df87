//! Output lines.

use std::sync::Arc;

use falco_syntax::condition::parse_left;
use falco_syntax::output::{Piece, split};

use crate::check::{self, CheckCx, Problem, Range, TKind, TValue};
use crate::collect::RuleState;
use crate::lints;
use crate::loc::Loc;
use crate::report::FalcoCode;
use crate::sink::{ItemType, Path, RawDiag, RawFalco};
use crate::stage::{Findings, Stage};
use crate::text::MappedText;

/// An output's text with its pieces.
#[derive(Debug)]
pub(crate) struct OutputUnit {
    pub(crate) text: MappedText,
    pub(crate) split: Arc<SplitOutput>,
}

/// The pieces of a text for one source.
#[derive(Debug, Default)]
pub(crate) struct SplitOutput {
    pub(crate) pieces: Vec<OutPiece>,
    errors: Vec<OutputError>,
}

#[derive(Debug)]
pub(crate) enum OutPiece {
    Text(Range),
    Value(Box<OutputValue>),
}

#[derive(Debug)]
pub(crate) struct OutputValue {
    pub(crate) width: Option<u32>,
    pub(crate) value: TValue,
}

#[derive(Debug)]
struct OutputError {
    range: Range,
    message: String,
    help: Option<String>,
    replacement: Option<(Range, String)>,
    /// `skip-if-unknown-filter` forgives bad tokens, but not a text that ends too early.
    unknown_name: bool,
}

impl SplitOutput {
    pub(crate) fn is_ok(&self) -> bool {
        self.errors.is_empty()
    }

    /// The first error: range, message, help.
    pub(crate) fn first_error(&self) -> Option<(Range, &str, Option<&str>)> {
        self.errors.first().map(|e| (e.range, &*e.message, e.help.as_deref()))
    }
}

/// Splits an output for a source.
pub(crate) fn split_output(cx: &CheckCx<'_>) -> SplitOutput {
    let text = cx.text;
    let mut output = SplitOutput::default();
    let pieces = split(text, &mut |expr| check::value(cx, expr).is_ok());
    for piece in pieces {
        match piece {
            Piece::Text { range } => output.pieces.push(OutPiece::Text(check::range(range))),
            Piece::Token { width, expr, .. } => match check::value(cx, &expr) {
                Ok(value) => output.pieces.push(OutPiece::Value(Box::new(OutputValue { width, value }))),
                Err(problem) => output.errors.push(OutputError {
                    range: problem.range,
                    message: problem.message,
                    help: problem.help,
                    replacement: problem.replacement,
                    unknown_name: true,
                }),
            },
            Piece::Error { range, message } => {
                output.errors.push(token_error(cx, check::range(range), message.to_string()));
            }
        }
    }
    output
}

/// Says more about a bad token: which field was probably meant.
fn token_error(cx: &CheckCx<'_>, range: Range, message: String) -> OutputError {
    let token = cx.text.get(range.0 as usize..).unwrap_or_default();
    let rest = token.strip_prefix('%').unwrap_or(token);
    let body = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    let start = range.0 + (token.len() - body.len()) as u32;
    let unknown_name = !body.is_empty();
    let name_len = body.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.')).unwrap_or(body.len());
    let name = body.get(..name_len).unwrap_or_default().trim_end_matches('.');
    let after = body.get(name.len()..).unwrap_or_default();
    if name.contains('.')
        && !after.starts_with('(')
        && let Err(problem) = check::exception_field(cx.catalog, cx.source, name)
    {
        let range = (start, start + name.len() as u32);
        return OutputError {
            range,
            message: problem.message,
            help: problem.help,
            replacement: problem.replacement.map(|new| (range, new)),
            unknown_name,
        };
    }
    // The field is known but cannot be used: the engine is too old for it.
    let newer = || {
        let left = parse_left(name).ok()?;
        check::value(&CheckCx { text: name, ..*cx }, &left).err().map(|problem| *problem)
    };
    if let Some(problem) = call_problem(cx, body).or_else(newer) {
        let shift = |(from, to): Range| (from + start, to + start);
        return OutputError {
            range: shift(problem.range),
            message: problem.message,
            help: problem.help,
            replacement: problem.replacement.map(|(range, new)| (shift(range), new)),
            unknown_name,
        };
    }
    let help = body.is_empty().then(|| "a `%` cannot be printed; write `percent`".to_owned());
    OutputError { range, message, help, replacement: None, unknown_name }
}

/// What is wrong inside of a transformer call at the beginning of a text.
fn call_problem(cx: &CheckCx<'_>, text: &str) -> Option<Problem> {
    let open = text.find('(')?;
    let name = text.get(..open)?;
    if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    let mut depth = 0u32;
    let mut quote = None;
    let end = text.char_indices().find_map(|(at, c)| {
        match (quote, c) {
            (Some(open), c) if open == c => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '(') => depth += 1,
            (None, ')') => depth = depth.saturating_sub(1),
            (None, _) => {}
        }
        (c == ')' && depth == 0 && quote.is_none()).then_some(at + 1)
    })?;
    let call = text.get(..end)?;
    let left = parse_left(call).ok()?;
    check::value(&CheckCx { text: call, ..*cx }, &left).err().map(|problem| *problem)
}

const CONTAINER_INFO: &str = "%container.info";

impl Stage<'_> {
    fn split_cached(&mut self, text: &str, source: &Arc<str>) -> Arc<SplitOutput> {
        let known = self.cache.outputs.get(text).and_then(|entries| entries.iter().find(|(s, _)| s == source));
        if let Some((_, known)) = known {
            return Arc::clone(known);
        }
        let cx = CheckCx { catalog: &self.options.catalog, source, engine: self.options.engine_version, text };
        let new = Arc::new(split_output(&cx));
        self.cache.outputs.entry(text.into()).or_default().push((Arc::clone(source), Arc::clone(&new)));
        new
    }

    /// Compiles a rule's output. `None` in place of a unit that does not compile; true if the rule is skipped for it.
    pub(super) fn output(
        &mut self,
        rule: &RuleState,
        rule_path: &Path,
        findings: &mut Findings,
    ) -> (Option<OutputUnit>, bool) {
        let (uid, at) = rule.output_at;
        let path = rule_path.step(ItemType::RuleOutput, "", uid, at);
        let mut text = (*rule.output).clone();
        let whole = text.place(0, text.text.len() as u32).loc;
        let whole = if text.text.is_empty() { rule.definition_name } else { whole };
        let options = self.options;
        for extra in options.append_outputs.iter().filter(|extra| applies(extra, rule)) {
            if let Some(format) = &extra.extra_output {
                text.push_synthetic(" ", whole, 0);
                text.push_synthetic(format, whole, 0);
            }
        }
        while let Some(found) = text.text.find(CONTAINER_INFO) {
            let end = found + CONTAINER_INFO.len();
            let place = text.place(found as u32, end as u32).loc;
            let diag = RawDiag::falco(
                FalcoCode::DeprecatedItem,
                "`%container.info` is deprecated and stands for nothing",
                place,
            )
            .help("the container plugin's fields are `%container.id`, `%container.name` and others")
            .fix("remove it", place, "", true);
            findings.report(FalcoCode::DeprecatedItem, diag, rule_path.clone());
            text.remove(found, end);
        }
        if rule.broken_output {
            return (None, false);
        }
        if text.text.is_empty() {
            let loc = Loc::new(uid, at, at);
            let loc = if rule.output.text.is_empty() { loc } else { whole };
            let diag = RawDiag::falco(FalcoCode::ErrCompileOutput, "the output is empty", loc);
            findings.report(FalcoCode::ErrCompileOutput, diag, path);
            return (None, false);
        }
        let split = self.split_cached(&text.text, &rule.source);
        let mut skipped = false;
        for error in &split.errors {
            let forgiven = rule.skip_if_unknown_filter && error.unknown_name;
            let code = if forgiven { FalcoCode::UnknownFilter } else { FalcoCode::ErrCompileOutput };
            let diag = RawDiag::falco(code, &*error.message, text.place(error.range.0, error.range.1).loc)
                .maybe_help(error.help.clone());
            let diag = match &error.replacement {
                Some((range, new)) => {
                    let loc = text.place(range.0, range.1).loc;
                    diag.fix(format!("replace with `{new}`"), loc, new, false)
                }
                None => diag,
            };
            // Falco stops at the first one and drops the rule.
            if !skipped {
                findings.falco(RawFalco::new(code, diag.message.clone(), path.clone()));
            }
            findings.diags.push(diag);
            skipped |= forgiven;
        }
        if !split.is_ok() {
            return (None, skipped);
        }
        for field in check::versions::deprecated_fields(self.options.engine_version) {
            if let Some(found) = text.text.find(field) {
                let message = format!("field `{field}` is deprecated, and the output names it");
                let mut falco = RawFalco::new(FalcoCode::DeprecatedItem, message.clone(), path.clone());
                falco.deprecated_field = Some(field);
                findings.falco(falco);
                let place = text.place(found as u32, (found + field.len()) as u32).loc;
                findings.diags.push(RawDiag::falco(FalcoCode::DeprecatedItem, message, place));
            }
        }
        self.output_tails(&text, &split, findings);
        self.deprecated_in_output(&rule.source, &text, &split, findings);
        (Some(OutputUnit { text, split }), false)
    }

    /// Lint `deprecated-field`, in outputs.
    fn deprecated_in_output(&self, source: &str, text: &MappedText, split: &SplitOutput, findings: &mut Findings) {
        let cx =
            CheckCx { catalog: &self.options.catalog, source, engine: self.options.engine_version, text: &text.text };
        for piece in &split.pieces {
            let OutPiece::Value(value) = piece else { continue };
            let TKind::Field(field) = &value.value.kind else { continue };
            let Some(field) = self.options.catalog.field(field.id) else { continue };
            let Some(why) = check::versions::silently_deprecated(&cx, field.name) else { continue };
            let Some(at) = text.text.find(field.name) else { continue };
            let place = text.place(at as u32, (at + field.name.len()) as u32).loc;
            let message = lints::deprecated_field::message(field.name);
            let diag = lints::deprecated_field::LINT.diag(&self.options.lints, message, place);
            findings.diags.extend(diag.map(|diag| diag.help(format!("it {why}"))));
        }
    }

    /// Lint `output-tail`: text that looks like part of a token but is literal.
    fn output_tails(&self, text: &MappedText, split: &SplitOutput, findings: &mut Findings) {
        for pair in split.pieces.windows(2) {
            let [OutPiece::Value(value), OutPiece::Text(range)] = pair else { continue };
            let tail = text.text.get(range.0 as usize..range.1 as usize).unwrap_or_default();
            let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let len = match tail.chars().next() {
                Some('[') => tail.find(']').map_or(1, |end| end + 1),
                Some('.') if tail.get(1..).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase())) => {
                    tail.find(|c: char| !word(c) && c != '.').unwrap_or(tail.len())
                }
                Some(c) if word(c) => tail.find(|c: char| !word(c)).unwrap_or(tail.len()),
                _ => continue,
            };
            let tail = tail.get(..len).unwrap_or_default();
            let message =
                format!("`{tail}` is no part of the field `%{}` and is printed as it stands", value.value.text);
            let place = text.place(range.0, range.0 + len as u32).loc;
            findings.diags.extend(lints::output_tail::LINT.diag(&self.options.lints, message, place));
        }
    }

    /// Compiles the additional fields that the configuration gives a rule.
    pub(super) fn extra_fields(
        &mut self,
        rule: &RuleState,
        rule_path: &Path,
        findings: &mut Findings,
    ) -> Vec<(String, OutputUnit)> {
        let (uid, at) = rule.output_at;
        let path = rule_path.step(ItemType::RuleOutput, "", uid, at);
        let mut fields = Vec::new();
        let options = self.options;
        for extra in options.append_outputs.iter().filter(|extra| applies(extra, rule)) {
            for (key, format) in &extra.extra_fields {
                let format = if format.is_empty() { format!("%{key}") } else { format.clone() };
                let split = self.split_cached(&format, &rule.source);
                if let Some((_, message, help)) = split.first_error() {
                    let message = format!("the configured output field `{key}` does not compile: {message}");
                    let diag = RawDiag::falco(FalcoCode::ErrCompileOutput, message, rule.definition_name)
                        .maybe_help(help.map(str::to_owned));
                    findings.report(FalcoCode::ErrCompileOutput, diag, path.clone());
                    continue;
                }
                let text = MappedText::synthetic(&format, Loc::nowhere());
                fields.push((key.clone(), OutputUnit { text, split }));
            }
        }
        fields
    }
}

/// Whether an addition of the configuration is for this rule.
fn applies(extra: &crate::options::AppendOutput, rule: &RuleState) -> bool {
    extra.source.as_deref().is_none_or(|source| *source == *rule.source)
        && extra.rule.as_deref().is_none_or(|name| *name == *rule.name)
        && extra.tags.iter().all(|tag| rule.tags.contains(tag.as_str()))
}
