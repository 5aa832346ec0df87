//! The transformers, on values that are already extracted. Results live in the event's arena.

use bumpalo::Bump;
use bumpalo::collections::Vec as BumpVec;
use falco_catalog::ParamType;
use falco_compiler::program::Transformer;

use crate::render::sink::Sink;
use crate::value::Value;

/// Applies a transformer. `None` where the transformer has no result (undecodable base64, an option that is absent).
/// `first_type` is the type of the first argument, which decides what `len` counts.
pub(crate) fn apply<'a>(
    transformer: Transformer,
    args: &[Value<'a>],
    suffix: Option<u8>,
    first_type: ParamType,
    arena: &'a Bump,
) -> Option<Value<'a>> {
    let first = *args.first()?;
    match transformer {
        Transformer::Tolower => each(first, arena, |b| Some(map_bytes(b, arena, u8::to_ascii_lowercase))),
        Transformer::Toupper => each(first, arena, |b| Some(map_bytes(b, arena, u8::to_ascii_uppercase))),
        Transformer::Basename => each(first, arena, |b| Some(basename(b))),
        Transformer::B64 => each(first, arena, |b| decode_base64(b, arena)),
        Transformer::Len => Some(Value::Uint(length(first, first_type))),
        Transformer::Join => join(first, *args.get(1)?, arena),
        Transformer::Concat => concat(args, arena),
        Transformer::Getopt => getopt(first, *args.get(1)?, suffix, arena),
    }
}

fn each<'a>(value: Value<'a>, arena: &'a Bump, f: impl Fn(&'a [u8]) -> Option<&'a [u8]>) -> Option<Value<'a>> {
    match value {
        Value::Bytes(bytes) => f(bytes).map(Value::Bytes),
        Value::List(items) => {
            let mut out = BumpVec::with_capacity_in(items.len(), arena);
            for item in items {
                out.push(Value::Bytes(f(item.as_bytes()?)?));
            }
            Some(Value::List(out.into_bump_slice()))
        }
        _ => None,
    }
}

fn map_bytes<'a>(bytes: &[u8], arena: &'a Bump, f: impl Fn(&u8) -> u8) -> &'a [u8] {
    arena.alloc_slice_fill_iter(bytes.iter().map(f))
}

fn basename(path: &[u8]) -> &[u8] {
    match memchr::memrchr(b'/', path) {
        Some(slash) => &path[slash + 1..],
        None => path,
    }
}

fn length(value: Value<'_>, ty: ParamType) -> u64 {
    match value {
        Value::Bytes(bytes) if ty == ParamType::Bytebuf => bytes.len() as u64,
        Value::Bytes(bytes) => memchr::memchr(0, bytes).unwrap_or(bytes.len()) as u64,
        Value::List(items) | Value::Ends(items) | Value::Ancestors(items) => items.len() as u64,
        _ => 0,
    }
}

/// Text of a scalar inside `join` and `concat`: numbers in decimal.
fn push_text(out: &mut BumpVec<'_, u8>, value: Value<'_>) -> Option<()> {
    match value {
        Value::Bytes(bytes) => out.put(bytes),
        Value::Int(n) => out.put_int(n),
        Value::Uint(n) => out.put_uint(n),
        _ => return None,
    }
    Some(())
}

fn join<'a>(separator: Value<'a>, list: Value<'a>, arena: &'a Bump) -> Option<Value<'a>> {
    let mut out = BumpVec::new_in(arena);
    for (i, item) in list.elements()?.iter().enumerate() {
        if i > 0 {
            push_text(&mut out, separator)?;
        }
        push_text(&mut out, *item)?;
    }
    Some(Value::Bytes(out.into_bump_slice()))
}

fn concat<'a>(args: &[Value<'a>], arena: &'a Bump) -> Option<Value<'a>> {
    let mut out = BumpVec::new_in(arena);
    for arg in args {
        push_text(&mut out, *arg)?;
    }
    Some(Value::Bytes(out.into_bump_slice()))
}

/// Standard base64, decoded; padding is optional.
fn decode_base64<'a>(text: &[u8], arena: &'a Bump) -> Option<&'a [u8]> {
    let mut text = &text[..memchr::memchr(0, text).unwrap_or(text.len())];
    let padded = text.len();
    while let Some(shorter) = text.strip_suffix(b"=") {
        text = shorter;
    }
    let padding = padded - text.len();
    if text.len() % 4 == 1 || padding > 2 || (padding > 0 && !padded.is_multiple_of(4)) {
        return None;
    }
    let mut out = BumpVec::with_capacity_in(text.len() / 4 * 3 + 2, arena);
    let (mut bits, mut count) = (0u32, 0);
    for &byte in text {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(digit);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
        }
    }
    Some(out.into_bump_slice())
}

/// The options of a command line, in the manner of POSIX `getopt`. Without `suffix` a list of the letters seen, each followed by
/// its value where the option takes one; with it, the value of that option's last use.
fn getopt<'a>(list: Value<'a>, options: Value<'a>, suffix: Option<u8>, arena: &'a Bump) -> Option<Value<'a>> {
    let args = list.elements()?;
    let options = options.as_bytes()?;
    let mut out = BumpVec::new_in(arena);
    let mut last = None;
    let mut at = 0;
    while let Some(arg) = args.get(at).and_then(Value::as_bytes) {
        at += 1;
        if arg == b"--" || arg == b"-" || arg.first() != Some(&b'-') {
            break;
        }
        if arg.starts_with(b"--") {
            continue;
        }
        let mut cluster = &arg[1..];
        while let Some((letter, rest)) = cluster.split_first() {
            cluster = rest;
            let letter_text: &'a [u8] = std::slice::from_ref(letter);
            match takes_value(options, *letter) {
                None => {
                    out.push(Value::Bytes(b"?"));
                }
                Some(false) => {
                    out.push(Value::Bytes(letter_text));
                    if suffix == Some(*letter) {
                        last = Some(letter_text);
                    }
                }
                Some(true) => {
                    let value = if !cluster.is_empty() {
                        Some(std::mem::take(&mut cluster))
                    } else {
                        let next = args.get(at).and_then(Value::as_bytes);
                        at += 1;
                        next
                    };
                    match value {
                        Some(value) => {
                            out.push(Value::Bytes(letter_text));
                            out.push(Value::Bytes(value));
                        }
                        None => out.push(Value::Bytes(b"")),
                    }
                    if suffix == Some(*letter) {
                        last = Some(value.unwrap_or(b""));
                    }
                }
            }
        }
    }
    match suffix {
        Some(_) => last.map(Value::Bytes),
        None => Some(Value::List(out.into_bump_slice())),
    }
}

/// Whether an option is known and takes a value.
fn takes_value(options: &[u8], letter: u8) -> Option<bool> {
    if letter == b':' {
        return None;
    }
    let at = options.iter().position(|&b| b == letter)?;
    Some(options.get(at + 1) == Some(&b':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts<'a>(items: &[&'a str], arena: &'a Bump) -> Value<'a> {
        Value::List(arena.alloc_slice_fill_iter(items.iter().map(|t| Value::Bytes(t.as_bytes()))))
    }

    fn show(value: Option<Value<'_>>) -> String {
        match value {
            None => "-".into(),
            Some(Value::Bytes(b)) => String::from_utf8_lossy(b).into_owned(),
            Some(Value::Uint(n)) => n.to_string(),
            Some(Value::List(items)) => items.iter().map(|v| show(Some(*v))).collect::<Vec<_>>().join(","),
            Some(other) => format!("{other:?}"),
        }
    }

    fn call(transformer: Transformer, args: &[Value<'_>], suffix: Option<u8>) -> String {
        let arena = Bump::new();
        let args: Vec<Value<'_>> = args.to_vec();
        show(apply(transformer, &args, suffix, ParamType::Charbuf, &arena))
    }

    #[test]
    fn strings_change_case_and_lose_directories() {
        assert_eq!(call(Transformer::Tolower, &[Value::Bytes(b"BaSh-9")], None), "bash-9");
        assert_eq!(call(Transformer::Toupper, &[Value::Bytes(b"BaSh-9")], None), "BASH-9");
        for (path, base) in [("/bin/ls", "ls"), ("ls", "ls"), ("/bin/", ""), ("", "")] {
            assert_eq!(call(Transformer::Basename, &[Value::Bytes(path.as_bytes())], None), base);
        }
        let arena = Bump::new();
        assert_eq!(call(Transformer::Toupper, &[texts(&["a", "b"], &arena)], None), "A,B");
    }

    #[test]
    fn base64_decodes_with_and_without_padding() {
        for (text, plain) in [("aGVsbG8=", "hello"), ("aGVsbG8", "hello"), ("", ""), ("YQ==", "a"), ("YWJj", "abc")] {
            assert_eq!(call(Transformer::B64, &[Value::Bytes(text.as_bytes())], None), plain);
        }
        for bad in ["a", "aG$s", "aGVsbG8==", "===="] {
            assert_eq!(call(Transformer::B64, &[Value::Bytes(bad.as_bytes())], None), "-", "{bad}");
        }
    }

    #[test]
    fn lengths_stop_at_a_nul_in_text_only() {
        let arena = Bump::new();
        assert_eq!(call(Transformer::Len, &[Value::Bytes(b"ab\0c")], None), "2");
        let buffer = apply(Transformer::Len, &[Value::Bytes(b"ab\0c")], None, ParamType::Bytebuf, &arena);
        assert_eq!(buffer, Some(Value::Uint(4)));
        assert_eq!(call(Transformer::Len, &[texts(&["a", "b", "c"], &arena)], None), "3");
    }

    #[test]
    fn join_and_concat_render_numbers() {
        let arena = Bump::new();
        let list = Value::List(arena.alloc_slice_copy(&[Value::Bytes(b"a"), Value::Int(-7), Value::Uint(0)]));
        assert_eq!(call(Transformer::Join, &[Value::Bytes(b", "), list], None), "a, -7, 0");
        assert_eq!(call(Transformer::Join, &[Value::Bytes(b","), texts(&[], &arena)], None), "");
        assert_eq!(
            call(Transformer::Concat, &[Value::Bytes(b"x"), Value::Uint(u64::MAX)], None),
            "x18446744073709551615"
        );
    }

    #[test]
    fn getopt_walks_clusters_and_values() {
        let arena = Bump::new();
        let args = texts(&["-ab", "-n", "5", "-m7", "--long", "-x", "file", "-a"], &arena);
        let options = Value::Bytes(b"abn:m:");
        assert_eq!(call(Transformer::Getopt, &[args, options], None), "a,b,n,5,m,7,?");
        assert_eq!(call(Transformer::Getopt, &[args, options], Some(b'm')), "7");
        assert_eq!(call(Transformer::Getopt, &[args, options], Some(b'a')), "a");
        assert_eq!(call(Transformer::Getopt, &[args, options], Some(b'z')), "-");
        let missing = texts(&["-a", "-n"], &arena);
        assert_eq!(call(Transformer::Getopt, &[missing, options], None), "a,");
        let stops = texts(&["-a", "--", "-b"], &arena);
        assert_eq!(call(Transformer::Getopt, &[stops, options], None), "a");
        let last_wins = texts(&["-n", "1", "-n2"], &arena);
        assert_eq!(call(Transformer::Getopt, &[last_wins, options], Some(b'n')), "2");
    }
}
