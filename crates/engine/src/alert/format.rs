//! Values as text and as JSON, the way Falco prints them, and output lines made of them.

use falco_catalog::field as ids;
use falco_catalog::{FieldArg, FieldRef, ParamType, PrintFormat};
use falco_compiler::program::{ExtractId, ExtractKind, OutputPiece, OutputTemplate};
use serde_json::Value as Json;

use crate::eval::Session;
use crate::render::sink::Sink;
use crate::value::{FieldSource, Value};

/// What stands for a value that is absent.
pub const MISSING: &[u8] = b"<NA>";

/// Buffers longer than this are cut when printed…
const BUFFER_LIMIT: usize = 1022;
/// … to this.
const BUFFER_CUT: usize = 1021;
/// Lists are cut to this.
const LIST_CUT: usize = 1023;

/// How a value prints: its declared type and number format.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Style {
    pub(crate) ty: ParamType,
    pub(crate) format: PrintFormat,
    pub(crate) is_list: bool,
}

impl<'s, S: FieldSource> Session<'s, S> {
    /// Writes an output line, without line end. False when a value is missing and the format does not keep such lines: `out` is
    /// then as before.
    pub fn format(&mut self, template: &OutputTemplate, out: &mut Vec<u8>) -> bool {
        let start = out.len();
        for piece in &template.pieces {
            match piece {
                OutputPiece::Text(text) => out.put(text.as_bytes()),
                OutputPiece::Value { extract, width } => {
                    let from = out.len();
                    if !self.put_value(*extract, out) {
                        if !template.keep_missing {
                            out.truncate(start);
                            return false;
                        }
                        out.put(MISSING);
                    }
                    if let Some(width) = *width {
                        out.resize(from + width as usize, b' ');
                    }
                }
            }
        }
        true
    }

    /// Writes a value as text. False, and nothing written, where there is none.
    pub fn put_value(&mut self, extract: ExtractId, out: &mut Vec<u8>) -> bool {
        let Some((value, style)) = self.value_and_style(extract) else {
            return false;
        };
        put_value(&value, style, out)
    }

    /// A value as JSON; null where there is none.
    pub fn json_value(&mut self, extract: ExtractId) -> Json {
        let Some((value, style)) = self.value_and_style(extract) else {
            return Json::Null;
        };
        let Some((program, _)) = self.shape(extract) else {
            return Json::Null;
        };
        if let ExtractKind::Field(field) = &program.kind {
            match field.id {
                ids::EVT_TIME
                | ids::EVT_TIME_S
                | ids::EVT_TIME_ISO8601
                | ids::EVT_DATETIME
                | ids::EVT_DATETIME_S
                | ids::EVT_OUTPUTTIME => return self.event().timestamp().into(),
                // These are numbers in JSON even where they print with leading zeros.
                ids::EVT_RAWTIME_NS
                | ids::EVT_RELTIME
                | ids::EVT_RELTIME_NS
                | ids::EVT_LATENCY_NS
                | ids::EVT_DELTATIME_NS => {
                    return json(&value, Style { format: PrintFormat::Dec, ..style });
                }
                _ => {}
            }
        }
        json(&value, style)
    }

    fn value_and_style(&mut self, extract: ExtractId) -> Option<(Value<'s>, Style)> {
        let (program, shape) = self.shape(extract)?;
        let mut style = Style { ty: program.ty, format: shape.format, is_list: program.is_list };
        if let ExtractKind::Field(FieldRef { id: ids::EVT_RAWARG, arg: FieldArg::Key(name), .. }) = &program.kind {
            // Printed as what it is in this event, whatever the rule took it for.
            let param = self.event().event_type().and_then(|ty| ty.info()).and_then(|info| info.param(name));
            if let Some((_, param)) = param {
                style = Style { ty: param.ty, format: param.format, ..style };
            }
        }
        Some((self.shown_value(extract)?, style))
    }
}

/// Writes a value as text. False, and nothing written, for what Falco cannot print.
pub(crate) fn put_value(value: &Value<'_>, style: Style, out: &mut Vec<u8>) -> bool {
    match value {
        Value::List(items) => {
            let start = out.len();
            out.put_byte(b'(');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.put_byte(b',');
                }
                put_value(item, style, out);
            }
            out.put_byte(b')');
            out.truncate(start + LIST_CUT);
            true
        }
        // The ancestors of one process on one line.
        Value::Ancestors(items) => {
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.put_byte(b' ');
                }
                put_value(item, style, out);
            }
            true
        }
        Value::Ends(_) => false,
        Value::Bytes(bytes) if style.ty == ParamType::Bytebuf => {
            put_printable(bytes, out);
            true
        }
        // Falco fails on these; their texts are in evt.arg.
        Value::Bytes(_)
            if matches!(
                style.ty,
                ParamType::Sockaddr | ParamType::Socktuple | ParamType::Fdlist | ParamType::Dyn | ParamType::Sigset
            ) =>
        {
            false
        }
        Value::Bytes(bytes) => {
            put_utf8(crate::eval::c_str(bytes), out);
            true
        }
        Value::Bool(b) => {
            out.put(if *b { b"true" } else { b"false" });
            true
        }
        Value::Ip(ip) => {
            crate::render::address::put_ip(*ip, out);
            true
        }
        Value::Net(_) => {
            out.put(b"<IPNET>");
            true
        }
        Value::Double(x) => {
            out.put(format!("{x:.1}").as_bytes());
            true
        }
        Value::Int(n) => put_number(*n as u64, *n < 0, style, out),
        Value::Uint(n) => put_number(*n, false, style, out),
    }
}

/// Falco knows how to print most kinds of numbers only in formats that name a base.
fn put_number(n: u64, negative: bool, style: Style, out: &mut Vec<u8>) -> bool {
    let bits = n & width_mask(style.ty);
    match style.format {
        PrintFormat::Hex => out.put_digits(bits, 16, 0, true),
        PrintFormat::Oct => out.put_digits(bits, 8, 0, false),
        PrintFormat::PaddedDec10 if negative => {
            out.put_byte(b'-');
            out.put_digits((n as i64).unsigned_abs(), 10, 8, false);
        }
        PrintFormat::PaddedDec10 => out.put_digits(n, 10, 9, false),
        PrintFormat::Na | PrintFormat::Dir if !prints_without_format(style.ty) => return false,
        _ if negative => out.put_int(n as i64),
        _ => out.put_uint(n),
    }
    true
}

fn prints_without_format(ty: ParamType) -> bool {
    !matches!(
        ty,
        ParamType::Int8
            | ParamType::Int16
            | ParamType::Int32
            | ParamType::Uint8
            | ParamType::Uint16
            | ParamType::Uint32
            | ParamType::Uint64
    )
}

fn width_mask(ty: ParamType) -> u64 {
    match ty {
        ParamType::Int8 | ParamType::Uint8 | ParamType::Flags8 | ParamType::Enumflags8 => 0xff,
        ParamType::Int16 | ParamType::Uint16 | ParamType::Flags16 | ParamType::Enumflags16 | ParamType::Port => 0xffff,
        ParamType::Int32 | ParamType::Uint32 | ParamType::Flags32 | ParamType::Enumflags32 => 0xffff_ffff,
        _ => u64::MAX,
    }
}

/// A buffer with dots for what cannot be printed.
fn put_printable(bytes: &[u8], out: &mut Vec<u8>) {
    let bytes = if bytes.len() > BUFFER_LIMIT { &bytes[..BUFFER_CUT] } else { bytes };
    out.extend(bytes.iter().map(|&b| if (0x20..0x7f).contains(&b) { b } else { b'.' }));
}

/// Text, with the replacement character for what is not UTF-8.
fn put_utf8(bytes: &[u8], out: &mut Vec<u8>) {
    for chunk in bytes.utf8_chunks() {
        out.put(chunk.valid().as_bytes());
        if !chunk.invalid().is_empty() {
            out.put("\u{fffd}".as_bytes());
        }
    }
}

/// A value as JSON: numbers that print in decimal stay numbers.
pub(crate) fn json(value: &Value<'_>, style: Style) -> Json {
    match value {
        Value::Bool(b) => Json::Bool(*b),
        Value::Int(n) if prints_decimal(style.format) => (*n).into(),
        Value::Uint(n) if prints_decimal(style.format) => (*n).into(),
        Value::Double(x) if style.format == PrintFormat::Dec => (*x as i64).into(),
        Value::Double(x) => (*x).into(),
        Value::List(items) if style.is_list => match items {
            [] => Json::Null,
            items => items.iter().map(|item| json(item, style)).collect(),
        },
        _ => {
            let mut text = Vec::new();
            match put_value(value, style, &mut text) {
                true => Json::String(String::from_utf8_lossy(&text).into_owned()),
                false => Json::Null,
            }
        }
    }
}

fn prints_decimal(format: PrintFormat) -> bool {
    matches!(format, PrintFormat::Dec | PrintFormat::Id)
}

/// A value for a reader who wants to know what it is: text in quotes.
pub(crate) fn show_value(value: &Value<'_>) -> String {
    match value {
        Value::Bytes(bytes) => format!("{:?}", String::from_utf8_lossy(bytes)),
        Value::Int(n) => n.to_string(),
        Value::Uint(n) => n.to_string(),
        Value::Bool(b) => b.to_string(),
        Value::Ip(ip) => ip.to_string(),
        Value::Net(net) => net.to_string(),
        Value::Double(x) => x.to_string(),
        Value::List(items) | Value::Ends(items) | Value::Ancestors(items) => {
            let items: Vec<String> = items.iter().map(show_value).collect();
            format!("({})", items.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: Value<'_>, ty: ParamType, format: PrintFormat) -> Option<String> {
        let mut out = Vec::new();
        let style = Style { ty, format, is_list: false };
        put_value(&value, style, &mut out).then(|| String::from_utf8(out).unwrap())
    }

    #[test]
    fn numbers_print_by_their_format() {
        use ParamType::{Double, Int32, Int64, Reltime, Uint32};
        let some = |s: &str| Some(s.to_owned());
        assert_eq!(text(Value::Uint(0x801), Int32, PrintFormat::Hex), some("801"));
        assert_eq!(text(Value::Int(-1), Int32, PrintFormat::Hex), some("FFFFFFFF"));
        assert_eq!(text(Value::Uint(8), Uint32, PrintFormat::Oct), some("10"));
        assert_eq!(text(Value::Uint(42), Reltime, PrintFormat::PaddedDec10), some("000000042"));
        assert_eq!(text(Value::Int(-7), Int64, PrintFormat::Id), some("-7"));
        assert_eq!(text(Value::Uint(1), Uint32, PrintFormat::Na), None, "evt.type.is prints as <NA>");
        assert_eq!(text(Value::Double(12.345), Double, PrintFormat::Na), some("12.3"));
    }

    #[test]
    fn text_ends_at_a_nul_and_is_made_utf8() {
        assert_eq!(text(Value::Bytes(b"ab\0c"), ParamType::Charbuf, PrintFormat::Na).unwrap(), "ab");
        assert_eq!(text(Value::Bytes(b"a\xffz"), ParamType::Charbuf, PrintFormat::Na).unwrap(), "a\u{fffd}z");
        assert_eq!(text(Value::Bytes(b"ab\0\x80c"), ParamType::Bytebuf, PrintFormat::Na).unwrap(), "ab..c");
    }

    #[test]
    fn json_keeps_decimal_numbers() {
        let style = |ty, format| Style { ty, format, is_list: false };
        assert_eq!(json(&Value::Uint(7), style(ParamType::Uint64, PrintFormat::Dec)), 7);
        assert_eq!(json(&Value::Uint(255), style(ParamType::Int32, PrintFormat::Hex)), "FF");
        assert_eq!(json(&Value::Uint(1), style(ParamType::Uint32, PrintFormat::Na)), Json::Null);
        assert_eq!(json(&Value::Int(5), style(ParamType::Int64, PrintFormat::Na)), "5");
        let list = [Value::Bytes(b"a"), Value::Bytes(b"b")];
        let style = Style { ty: ParamType::Charbuf, format: PrintFormat::Na, is_list: true };
        assert_eq!(json(&Value::List(&list), style), serde_json::json!(["a", "b"]));
        assert_eq!(json(&Value::List(&[]), style), Json::Null);
    }
}
