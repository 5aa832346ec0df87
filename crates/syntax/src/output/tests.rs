//! Tests of output formats.

#![allow(clippy::unwrap_used)]

use std::time::{Duration, Instant};

use proptest::prelude::*;
use rowan::{TextRange, TextSize};

use super::{OutputExpr, Piece, expected_at, parse, split};
use crate::condition::Expected;
use crate::condition::nodes::{ConditionNode, Format};
use crate::condition::tests::dump;

/// Fields that exist in these tests; `thread.cgroup.` takes any name behind it.
fn compiles(expr: &OutputExpr) -> bool {
    match expr {
        OutputExpr::Field(field) => {
            let name = field.name.as_str();
            let index = field.arg.as_ref().is_some_and(|arg| arg.value.iter().all(u8::is_ascii_digit));
            match (name, &field.arg) {
                ("proc.name" | "fd.name" | "evt.type" | "evt.args" | "evt.arg.flags", None) => true,
                ("proc.aname", arg) => arg.is_none() || index,
                ("proc.env", arg) => arg.is_some(),
                (name, None) => name.strip_prefix("thread.cgroup.").is_some_and(|rest| !rest.contains('.')),
                _ => false,
            }
        }
        OutputExpr::Call(call) => {
            call.suffix.is_none()
                && call.args.iter().all(|arg| match arg {
                    crate::condition::ast::Arg::Field(field) => compiles(&OutputExpr::Field(field.clone())),
                    crate::condition::ast::Arg::Call(call) => compiles(&OutputExpr::Call(call.clone())),
                    _ => true,
                })
        }
    }
}

/// The pieces as text: `[token]`, `{error}`, and the rest bare.
fn pieces(text: &str) -> String {
    let mut out = String::new();
    let mut end = 0.into();
    for piece in split(text, &mut compiles) {
        assert_eq!(piece.range().start(), end, "no gaps in {text:?}");
        end = piece.range().end();
        let slice = &text[piece.range()];
        match piece {
            Piece::Text { .. } => out.push_str(slice),
            Piece::Token { width: None, expr, .. } => out.push_str(&format!("[{expr}]")),
            Piece::Token { width: Some(width), expr, .. } => out.push_str(&format!("[{width} {expr}]")),
            Piece::Error { message, .. } => out.push_str(&format!("{{{slice}: {message}}}")),
        }
    }
    assert_eq!(usize::from(end), text.len());
    out
}

#[test]
fn a_token_is_the_longest_text_that_compiles() {
    for (text, wanted) in [
        ("plain text, no token", "plain text, no token"),
        ("f=%fd.name p=%proc.name", "f=[fd.name] p=[proc.name]"),
        ("%proc.namefoo", "[proc.name]foo"),
        ("%proc.name.", "[proc.name]."),
        ("%proc.name.x", "[proc.name].x"),
        ("%proc.name[0]", "[proc.name][0]"),
        ("%proc.name[", "[proc.name]["),
        ("%proc.name[]", "[proc.name][]"),
        (r#"%proc.name["\q"]"#, r#"[proc.name]["\q"]"#),
        ("%proc.aname[2]x", "[proc.aname[2]]x"),
        ("%proc.aname[x]", "[proc.aname][x]"),
        ("%proc.env['A B']!", "[proc.env[\"A B\"]]!"),
        ("%evt.arg.flagsfoo", "[evt.arg.flags]foo"),
        ("%evt.args.x", "[evt.args].x"),
        ("%thread.cgroup.cpusetfoo", "[thread.cgroup.cpusetfoo]"),
        ("%proc.name%fd.name", "[proc.name][fd.name]"),
        ("%10proc.name|%0fd.name", "[10 proc.name]|[fd.name]"),
        ("%99999999999999proc.name", "[4294967295 proc.name]"),
        ("%tolower(proc.name)[x]", "[tolower(proc.name)][x]"),
        ("%tolower( proc.name ) %5len(b64(fd.name))", "[tolower(proc.name)] [5 len(b64(fd.name))]"),
        ("%tolower(proc.name)[", "[tolower(proc.name)]["),
        (r#"%join(", ", (proc.name, "%x"))"#, r#"[join(", ",(proc.name,%x))]"#),
        ("*%proc.name", "*[proc.name]"),
    ] {
        assert_eq!(pieces(text), wanted, "{text:?}");
    }
}

#[test]
fn errors_name_the_fault_and_do_not_hide_later_tokens() {
    insta::assert_snapshot!(
        [
            "%",
            "a %",
            "%12",
            "100% sure",
            "%%",
            "%%proc.name %fd.name",
            "%proc.nam and %fd.name",
            "%nosuch.field[1] %fd.name",
            "%procname",
            "%tolower(proc.nam)",
            "%tolower(proc.namefoo) %fd.name",
            "%tolower(proc.name %fd.name",
            "%toloower(proc.name)",
            "%val(proc.name)",
            "%é",
            "% proc.name",
        ]
        .map(pieces)
        .join("\n"),
        @r#"
        {%: the text ends with `%`; a field must follow}
        a {%: the text ends with `%`; a field must follow}
        {%12: the text ends where a `%` token needs its field}
        100{%: `%` must start a field, not stand alone} sure
        {%%: `%%` is no escape: a `%` always starts a field, and none can be printed}
        {%%: `%%` is no escape: a `%` always starts a field, and none can be printed}proc.name [fd.name]
        {%proc.nam: `proc.nam` is no field or call that an output can show} and [fd.name]
        {%nosuch.field[1]: `nosuch.field` is no field or call that an output can show} [fd.name]
        {%procname: `procname` is no field: a field's name has a dot}
        {%tolower(proc.nam): `tolower(…)` is no field or call that an output can show}
        {%tolower(proc.namefoo): `tolower(…)` is no field or call that an output can show} [fd.name]
        {%tolower(proc.name: expected `,` or `)` in `tolower(…)`, found `%fd.name`} [fd.name]
        {%toloower: `toloower` is not a transformer}(proc.name)
        {%val: `val(…)` has no place in an output; write the field itself}(proc.name)
        {%é: expected a field or a transformer call after `%`, found `é`}
        {%: `%` must start a field, not stand alone} proc.name
    "#
    );
}

fn tree(text: &str) -> String {
    let parsed = parse(text);
    assert_eq!(parsed.syntax().text(), text);
    let errors = parsed.errors().iter().map(|error| {
        let help = error.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
        format!("{:?} {:?} {error}{help}\n", error.range, &text[error.range])
    });
    dump(&parsed.syntax()) + &errors.collect::<String>()
}

#[test]
fn trees() {
    insta::assert_snapshot!(tree("f=%fd.name[x] p=%-10proc.name %5proc.aname[2], %tolower( proc.name )[x]%proc.env["), @r#"
        Output
          Literal "f="
          Format
            Percent "%"
            FieldRef
              FieldName "fd.name"
              Argument
                LBracket "["
                BareArg "x"
                RBracket "]"
          Literal " p="
          Format
            Percent "%"
          Literal "-10proc.name "
          Format
            Percent "%"
            Width "5"
            FieldRef
              FieldName "proc.aname"
              Argument
                LBracket "["
                BareArg "2"
                RBracket "]"
          Literal ", "
          Format
            Percent "%"
            Call
              Transformer "tolower"
              ArgList
                LParen "("
                FieldRef
                  FieldName "proc.name"
                RParen ")"
              Argument
                LBracket "["
                BareArg "x"
                RBracket "]"
          Format
            Percent "%"
            FieldRef
              FieldName "proc.env"
          Literal "["
        16..18 "%-" expected a field or a transformer call after `%`, found `-`
    "#);
    insta::assert_snapshot!(tree("%% 100% %7"), @r#"
        Output
          Format
            Percent "%"
            Junk "%"
          Literal " 100"
          Format
            Percent "%"
          Format
            Percent "%"
            Width "7"
        0..2 "%%" `%%` is no escape: a `%` always starts a field, and none can be printed
        6..7 "%" `%` must start a field, not stand alone
        8..10 "%7" the text ends where a `%` token needs its field
    "#);
    insta::assert_snapshot!(tree("%tolower(proc.name %join(\",\", (a.b, c)) %val(a.b) %concat('x"), @r#"
        Output
          Format
            Percent "%"
            Call
              Transformer "tolower"
              ArgList
                LParen "("
                FieldRef
                  FieldName "proc.name"
          Format
            Percent "%"
            Call
              Transformer "join"
              ArgList
                LParen "("
                Value
                  Quoted "\",\""
                Comma ","
                TransformerList
                  LParen "("
                  FieldRef
                    FieldName "a.b"
                  Comma ","
          Literal " c)) "
          Format
            Percent "%"
          Literal "val(a.b) "
          Format
            Percent "%"
            Call
              Transformer "concat"
              ArgList
                LParen "("
          Literal "'x"
        19..24 "%join" expected `,` or `)` in `tolower(…)`, found `%join`
        36..37 "c" `c` is no argument (a field's name has a dot, such as `proc.name`; text must be quoted)
        40..44 "%val" `val(…)` has no place in an output; write the field itself
        58..60 "'x" missing closing quote (close the text with the same quote)
    "#);
}

#[test]
fn typed_tokens() {
    let root = parse("a %5proc.name b %len(fd.name)").syntax();
    let formats: Vec<Format> = root.children().filter_map(Format::cast).collect();
    assert_eq!(formats.len(), 2);
    assert_eq!(formats[0].width().unwrap().text(), "5");
    assert_eq!(formats[0].field().unwrap().name().unwrap().text(), "proc.name");
    assert_eq!(formats[1].call().unwrap().name().unwrap().text(), "len");
    assert_eq!((formats[1].width(), formats[1].field()), (None, None));
}

/// What is expected at `$0`: the `%`'s offset, and the word there with a bar at the cursor.
fn expected(text: &str) -> Option<String> {
    let cursor = text.find("$0").unwrap();
    let text = text.replacen("$0", "", 1);
    let found = expected_at(&text, TextSize::try_from(cursor).unwrap())?;
    let word = &found.expectation;
    let rest = TextRange::new(word.prefix.end(), word.word.end());
    let what = match &word.expected {
        Expected::Token => "token".to_owned(),
        Expected::FieldArgument { field } => format!("argument of {field}"),
        Expected::CallArgument { transformer, index, in_list } => {
            format!("argument {index} {in_list} of {transformer}")
        }
        other => format!("{other:?}"),
    };
    Some(format!("{} {what} [{}|{}]", u32::from(found.percent), &text[word.prefix], &text[rest]))
}

#[test]
fn completes_inside_of_tokens_only() {
    for (text, wanted) in [
        ("$0", None),
        ("user $0", None),
        ("user=%$0", Some("5 token [|]")),
        ("user=%us$0", Some("5 token [us|]")),
        ("user=%us$0er.name x", Some("5 token [us|er.name]")),
        ("user=%10user.$0", Some("5 token [user.|]")),
        ("user=%user.name $0", None),
        ("user=%user.name x$0", None),
        ("%a.b %proc.n$0)", Some("5 token [proc.n|]")),
        ("%proc.aname[$0", Some("0 argument of proc.aname [|]")),
        ("%proc.aname[2$0]", Some("0 argument of proc.aname [2|]")),
        ("%tolower($0", Some("0 argument 0 false of tolower [|]")),
        ("%concat(a.b, fd.$0name)", Some("0 argument 1 false of concat [fd.|name]")),
        ("%join(',', (fd.$0", Some("0 argument 1 true of join [fd.|]")),
        ("%tolower(a.b)$0", None),
        ("%join(\", %proc.na$0", Some("9 token [proc.na|]")),
        ("100% and %fd$0", Some("9 token [fd|]")),
        ("é %fd.$0é", Some("3 token [fd.|]")),
    ] {
        assert_eq!(expected(text).as_deref(), wanted, "{text:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_covered_by_its_pieces_and_its_tree(
        text in prop::collection::vec(
            prop_oneof![
                Just("%".to_owned()), Just("%proc.name".to_owned()), Just("%proc.aname[".to_owned()), Just("]".to_owned()),
                Just("%tolower(".to_owned()), Just("fd.name".to_owned()), Just(")".to_owned()), Just("%12".to_owned()),
                Just("%join(\",\", (".to_owned()), Just("'".to_owned()), Just("\"".to_owned()), Just("\\".to_owned()),
                Just(" ".to_owned()), "[ -~]{1,3}", any::<char>().prop_map(String::from),
            ],
            0..16,
        ).prop_map(|parts| parts.concat()),
        cut in 0.0..1.0_f64,
    ) {
        pieces(&text);
        let parsed = parse(&text);
        prop_assert!(parsed.syntax().text() == text.as_str());
        let whole = TextRange::up_to(TextSize::of(&text));
        for error in parsed.errors() {
            prop_assert!(whole.contains_range(error.range) && text.is_char_boundary(error.range.end().into()), "{:?}", error);
        }
        // Whatever compiles is grammatical, so with every field known both readings find the same errors.
        let refused = split(&text, &mut |_| true).iter().filter(|piece| matches!(piece, Piece::Error { .. })).count();
        prop_assert_eq!(refused, parsed.errors().len());
        if let Some(found) = expected_at(&text, ((text.len() as f64 * cut) as u32).into()) {
            prop_assert!(whole.contains_range(found.expectation.word));
        }
    }
}

#[test]
fn no_text_takes_long() {
    for unit in [
        "%",
        "%1",
        "%a.",
        "%a.b",
        "a.b",
        "%a.b[",
        "%a.b['",
        "%len(",
        "%len('",
        "%len('\\'",
        "%join((",
        "%join(a.b,",
        "%len(a.b)[",
        "x%",
    ] {
        for text in [
            unit.repeat(200_000 / unit.len()),
            format!("%{}", unit.trim_start_matches('%').repeat(200_000 / unit.len())),
        ] {
            let start = Instant::now();
            let mut calls = 0_u64;
            let covered: TextSize = split(&text, &mut |_| {
                calls += 1;
                false
            })
            .iter()
            .map(|piece| piece.range().len())
            .sum();
            assert_eq!(covered, TextSize::of(&text));
            assert!(parse(&text).syntax().text() == text.as_str());
            expected_at(&text, TextSize::of(&text));
            // A quadratic step takes minutes here.
            let took = start.elapsed();
            assert!(took < Duration::from_secs(10), "{unit}: {took:?}");
            assert!(calls <= 200_000, "{unit}: {calls} candidates");
        }
    }
}
