//! Tests of output formats.

#![allow(clippy::unwrap_used)]

use super::{OutputExpr, Piece, split};

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
        {%tolower(proc.name : expected `,` or `)` in `tolower(…)`, found `%fd.name`}[fd.name]
        {%toloower: `toloower` is not a transformer}(proc.name)
        {%val: `val(…)` has no place in an output; write the field itself}(proc.name)
        {%é: expected a field or a transformer call after `%`, found `é`}
        {%: `%` must start a field, not stand alone} proc.name
    "#
    );
}
