//! What users are told, and how the parser goes on.

use super::report;

/// The reports of several conditions.
fn reports<const N: usize>(texts: [&str; N]) -> String {
    texts.map(report).join("\n")
}

#[test]
fn what_stands_where_a_check_should() {
    insta::assert_snapshot!(reports([
        "",
        "   ",
        "()",
        "a and ()",
        "a and",
        "a or ",
        "not ",
        "a andb",
        "(a or",
        "# comment\nand a",
        "'x' and a",
        "= x and a",
        "!a and b",
        "$x = 1 and b",
    ]), @r#"
        ^ the condition is empty
        = a check is `field operator value`, a macro's name, or a group in parentheses
        => <missing>

           
           ^ the condition is empty
           = a check is `field operator value`, a macro's name, or a group in parentheses
        => <missing>

        ()
         ^ the parentheses are empty
         = a check is `field operator value`, a macro's name, or a group in parentheses
        => <missing>

        a and ()
               ^ the parentheses are empty
               = a check is `field operator value`, a macro's name, or a group in parentheses
        => (a and <missing>)

        a and
             ^ expected a check after `and`
        => (a and <missing>)

        a or 
             ^ expected a check, found the end of the condition
             = a check is `field operator value`, a macro's name, or a group in parentheses
        => (a or <missing>)

        not 
            ^ expected a check, found the end of the condition
            = a check is `field operator value`, a macro's name, or a group in parentheses
        => not <missing>

        a andb
             ^ expected a blank after `and`
             = `and` must be followed by a blank or by `(`
        => (a and b)

        (a or
             ^ expected a check after `or`
        => (a or <missing>)

        # comment and a
        ^ conditions have no comments
        => (<missing> and a)

        'x' and a
        ^^^ quoted text cannot stand here
        = a check starts with a field
        => (<missing> and a)

        = x and a
        ^ expected a field before the operator
        => (<missing> and a)

        !a and b
        ^^ `!` is no operator of its own
        = write `not`
        => (a and b)

        $x = 1 and b
        ^^ expected a check, found `$x`
        = a check is `field operator value`, a macro's name, or a group in parentheses
        => (<missing> and b)
    "#);
}

#[test]
fn names_that_are_none() {
    insta::assert_snapshot!(reports([
        "1a.b = c and d",
        "proc.1x = c and d",
        "proc. = c",
        "proc.",
        "proc-name = c and d",
        "macro > 12 and d",
        "macro exists",
        "evt[0] = x",
        "evt.arg[] = x and d",
        "evt.arg[ 0 ] = x and d",
        "evt.arg [0] = x and d",
        "evt.arg[a[b] = x and d",
        "evt.arg[a = x and d",
        "evt.arg['a = x and d",
        "evt.arg[",
    ]), @r#"
        1a.b = c and d
        ^^^^ a name must start with a letter
        => (1a.b = c and d)

        proc.1x = c and d
        ^^^^!^^ each part of a field's name must start with a letter
        = an argument goes into brackets: `name[argument]`
        => (proc.1x = c and d)

        proc. = c
        ^^^^! expected a name after the dot
        => proc. = c

        proc.
        ^^^^! expected a name after the dot
        => proc.

        proc-name = c and d
        ^^^^!^^^^ `-` cannot be part of a name
        => (proc-name = c and d)

        macro > 12 and d
        ^^^^^ ! `macro` is not a field
        = a field's name has a dot, such as `proc.name`; a macro takes no operator
        => (macro > 12 and d)

        macro exists
        ^^^^^ ! `macro` is not a field
        = a field's name has a dot, such as `proc.name`; a macro takes no operator
        => macro exists

        evt[0] = x
        ^^^! `evt` is not a field
        = a field's name has a dot, such as `proc.name`; a macro takes no operator
        => evt[0] = x

        evt.arg[] = x and d
                ^ the argument is empty
                = an empty argument is written `[""]`
        => (evt.arg = x and d)

        evt.arg[ 0 ] = x and d
                ^ no blank may stand before an argument
                = quote it to keep the blank
        => (evt.arg = x and d)

        evt.arg [0] = x and d
                ^^^ no blank may stand before the argument
                = write `name[argument]`
        => (evt.arg and d)

        evt.arg[a[b] = x and d
                 ^^^ expected `]` after the argument
                 = an argument with blanks, brackets or quotes must be quoted
        => (evt.arg[a] = x and d)

        evt.arg[a = x and d
                 ^ expected `]` after the argument
                 = an argument with blanks, brackets or quotes must be quoted
        => (evt.arg[a] = x and d)

        evt.arg['a = x and d
                ^ missing closing quote
        => (evt.arg = x and d)

        evt.arg[
                ^ expected an argument after `[`
        => evt.arg
    "#);
}

#[test]
fn operators() {
    insta::assert_snapshot!(reports([
        "proc.name",
        "proc.name and b",
        "(proc.name)",
        "proc.name startswithfoo and b",
        "proc.name EXISTS and b",
        "proc.name contain x and b",
        "proc.name =~ x and b",
        "proc.name ! x",
        "proc.name is x or b",
        "proc.name foo x or b",
        "proc.name === cat and b",
        "proc.name = a = b and c",
        "evt.type exists x",
    ]), @r#"
        proc.name
                 ^ expected an operator after `proc.name`
                 = such as `= value`, `in (a, b)`, `startswith value` or `exists`
        => proc.name

        proc.name and b
                  ^^^ expected an operator after `proc.name`
                  = such as `= value`, `in (a, b)`, `startswith value` or `exists`
        => (proc.name and b)

        (proc.name)
                  ^ expected an operator after `proc.name`
                  = such as `= value`, `in (a, b)`, `startswith value` or `exists`
        => proc.name

        proc.name startswithfoo and b
                  ^^^^^^^^^^^^^ `startswith` needs a blank after it
                  = write `startswith foo`
        => (proc.name and b)

        proc.name EXISTS and b
                  ^^^^^^ `EXISTS` is not an operator
                  = did you mean `exists`?
        => (proc.name and b)

        proc.name contain x and b
                  ^^^^^^^ `contain` is not an operator
                  = did you mean `contains`?
        => (proc.name and b)

        proc.name =~ x and b
                     ^ `=~` is not an operator
                     = for patterns, write `glob` or `regex`
        => (proc.name = ~ and x and b)

        proc.name ! x
                  ^ `!` is not an operator
                  = write `!=`
        => proc.name

        proc.name is x or b
                  ^^ `is` is not an operator
                  = write `=`
        => (proc.name or b)

        proc.name foo x or b
                  ^^^ `foo` is not an operator
                  = the operators are `exists`, `<=`, `<`, `>=`, `>`, `==`, `=`, `!=`, `glob`, `iglob`, `contains`, `icontains`, `bcontains`, `startswith`, `bstartswith`, `endswith`, `regex`, `intersects`, `in`, `pmatch`
        => (proc.name or b)

        proc.name === cat and b
                    ^ expected a value after `==`, found `=`
                    = quote a value that starts with `=`; `=` and `==` are the operators of equality
        => (proc.name == and b)

        proc.name = a = b and c
                      ^ unexpected `=` after the value
                      = comparisons do not chain; a value that contains `=` must be quoted
        => (proc.name = a and c)

        evt.type exists x
                        ^ unexpected `x` after the check
                        = did you forget `and` or `or`?
        => (evt.type exists and x)
    "#);
}

#[test]
fn operands() {
    insta::assert_snapshot!(reports([
        "proc.name =",
        "proc.name = and b",
        "proc.name in and b",
        "evt.num > ",
        "evt.num > and b",
        "evt.num > '10' and b",
        "evt.num > ten and b",
        "evt.num > 1e5 and b",
        "evt.num > 10s and b",
        "evt.num > oneof (1) and b",
        "proc.name contains (a, b) and c",
        "proc.name = (a)",
        "proc.name in /bin/sh and b",
        "proc.name in 'sh' and b",
        "proc.name = cat dog and b",
        "fd.name = a,b and c",
        "fd.name = a=b and c",
        "fd.name = a(b and c",
        "fd.name = foo(proc.name) and c",
        "fd.name = it's and c",
        "proc.name = \"a\" \"b\"",
        "proc.name = oneof(a) and b",
        "proc.name =oneof (a) and b",
        "proc.name in oneof (a) and b",
    ]), @r#"
        proc.name =
                   ^ expected a value after `=`
        => proc.name =

        proc.name = and b
                        ^ `and` is taken for the value here
                        = write the value before `and`
        => (proc.name = and and b)

        proc.name in and b
                         ^ `and` is taken for the value here
                         = write the value before `and`
        => (proc.name in and and b)

        evt.num > 
                  ^ expected a number after `>`
        => evt.num >

        evt.num > and b
                  ^^^ expected a number after `>`
        => (evt.num > and b)

        evt.num > '10' and b
                  ^^^^ `>` takes a number, not `'10'`
                  = write the number without quotes
        => (evt.num > 10 and b)

        evt.num > ten and b
                  ^^^ `>` takes a number, not `ten`
                  = to compare with another field, write `val(field)`
        => (evt.num > ten and b)

        evt.num > 1e5 and b
                   ^^ `1e5` is not a number
                   = numbers take no unit, and an exponent needs a sign: `1e+5`
        => (evt.num > 1 and b)

        evt.num > 10s and b
                    ^ `10s` is not a number
                    = numbers take no unit, and an exponent needs a sign: `1e+5`
        => (evt.num > 10 and b)

        evt.num > oneof (1) and b
                  ^^^^^ `>` takes a number, not `oneof`
                  = to compare with another field, write `val(field)`
        => (evt.num > oneof and b)

        proc.name contains (a, b) and c
                           ^ `contains` takes one value, not a list
                           = for several values, write `contains anyof (…)`
        => (proc.name contains (a, b) and c)

        proc.name = (a)
                    ^ `=` takes one value, not a list
                    = for several values, write `in (…)` or `= anyof (…)`
        => proc.name = (a)

        proc.name in /bin/sh and b
                     ^^^^^^^ `in` takes a list in parentheses, not `/bin/sh`
                     = write `in (/bin/sh)`
        => (proc.name in /bin/sh and b)

        proc.name in 'sh' and b
                     ^^^^ `in` takes a list in parentheses, not `'sh'`
                     = write `in (…)`
        => (proc.name in sh and b)

        proc.name = cat dog and b
                        ^^^ unexpected `dog` after the check
                        = did you forget `and` or `or`? a value with blanks must be quoted: `"cat dog"`
        => (proc.name = cat and dog and b)

        fd.name = a,b and c
                   ^ unexpected `,` after the value
                   = several values go into a list: `in (a, b)`; a value that contains `,` must be quoted
        => (fd.name = a and c)

        fd.name = a=b and c
                   ^ unexpected `=` after the value
                   = comparisons do not chain; a value that contains `=` must be quoted
        => (fd.name = a and c)

        fd.name = a(b and c
                   ^ `a` is not a transformer
                   = a value that contains `(` must be quoted; the transformers are `tolower`, `toupper`, `b64`, `basename`, `len`, `join`, `concat`, `getopt`
        => (fd.name = a and c)

        fd.name = foo(proc.name) and c
                     ^ `foo` is not a transformer
                     = a value that contains `(` must be quoted; the transformers are `tolower`, `toupper`, `b64`, `basename`, `len`, `join`, `concat`, `getopt`
        => (fd.name = foo and c)

        fd.name = it's and c
                    ^ unexpected quote in a bare value
                    = quote the whole value
        => (fd.name = it and c)

        proc.name = "a" "b"
                        ^^^ unexpected `"b"` after the value
                        = texts side by side are not joined; several values go into a list: `in (a, b)`
        => proc.name = a

        proc.name = oneof(a) and b
                         ^ `oneof` needs a blank before and after it to be a modifier
        => (proc.name = oneof and b)

        proc.name =oneof (a) and b
                         ^ `oneof` needs a blank before and after it to be a modifier
        => (proc.name = oneof and b)

        proc.name in oneof (a) and b
                           ^ `in` takes no modifier
                           = remove `oneof`: `in` is true when one of the list equals the field
        => (proc.name in oneof and b)
    "#);
}

#[test]
fn quotes() {
    insta::assert_snapshot!(reports([
        "proc.name = \"open and b",
        "proc.name = \"open\nand b",
        "(proc.name = \"open)",
        r#"proc.name = "C:\\" and b"#,
        r#"proc.name = "C:\\" and fd.name = "x""#,
        r#"proc.name = "it\'s" and b"#,
        r"proc.name = 'say \qx' and b",
        r#"proc.name = "\x4" and b"#,
        r#"proc.name in (a, "\q") and b"#,
    ]), @r#"
        proc.name = "open and b
                    ^^^^^ missing closing quote
                    = close the text with the same quote
        => (proc.name = open and b)

        proc.name = "open and b
                    ^^^^^ missing closing quote
                    = close the text with the same quote
        => (proc.name = open and b)

        (proc.name = "open)
                     ^^^^^ missing closing quote
                     = close the text with the same quote
        => proc.name = open

        proc.name = "C:\\" and b
                    ^^^^^^ missing closing quote
                    = a quote after a backslash never closes the text, not even after `\\`; for a backslash at the end write `"C:\ "`
        => (proc.name = "C:\\\\\"" and b)

        proc.name = "C:\\" and fd.name = "x"
                                          ^ unexpected `x` after the closing quote
                                          = a quote after a backslash never closes the text, not even after `\\`
        => proc.name = "C:\\\" and fd.name = "

        proc.name = "it\'s" and b
                       ^^  ! unknown escape `\'`
                       = inside `"…"` a single quote needs no backslash
        => (proc.name = its and b)

        proc.name = 'say \qx' and b
                         ^^  ! unknown escape `\q`
                         = the escapes are \b \f \n \r \t \\ \/ \xHH and the quote itself; for a backslash write `\\`
        => (proc.name = "say x" and b)

        proc.name = "\x4" and b
                     ^^  ! unknown escape `\x`
                     = `\x` takes two hexadecimal digits
        => (proc.name = 4 and b)

        proc.name in (a, "\q") and b
                          ^^ ! unknown escape `\q`
                          = the escapes are \b \f \n \r \t \\ \/ \xHH and the quote itself; for a backslash write `\\`
        => (proc.name in (a, ) and b)
    "#);
}

#[test]
fn lists() {
    insta::assert_snapshot!(reports([
        "proc.name in (a b) and c",
        "proc.name in (a,) and c",
        "proc.name in (,a) and c",
        "proc.name in (a, tolower(b.c)) and d",
        "proc.name in (a, (b), c) and d",
        "proc.name in (a=b, c) and d",
        "proc.name in (a, 'b and c",
        "proc.name in (a, b and c = d",
        "proc.name in (",
        "(proc.name in (a, b or c)",
    ]), @r#"
        proc.name in (a b) and c
                        ^ expected `,` or `)`, found `b`
                        = values are separated by commas; one with blanks must be quoted
        => (proc.name in (a, b) and c)

        proc.name in (a,) and c
                        ^ expected a value after `,`
                        = a list has no trailing comma
        => (proc.name in (a) and c)

        proc.name in (,a) and c
                      ^ expected a value before `,`
        => (proc.name in (a) and c)

        proc.name in (a, tolower(b.c)) and d
                                ^ expected `,` or `)`
                                = a list holds constants, not calls
        => (proc.name in (a, tolower) and d)

        proc.name in (a, (b), c) and d
                         ^ lists do not nest
        => (proc.name in (a, c) and d)

        proc.name in (a=b, c) and d
                       ^ expected `,` or `)`, found `=`
                       = a value that contains `=` must be quoted
        => (proc.name in (a, c) and d)

        proc.name in (a, 'b and c
                         ^^ missing closing quote
                         = close the text with the same quote
        => (proc.name in (a, b) and c)

        proc.name in (a, b and c = d
                           ^^^ missing `)` at the end of the list
                     ~ opened here
                               ^ ! `c` is not a field
                               = a field's name has a dot, such as `proc.name`; a macro takes no operator
        => (proc.name in (a, b) and c = d)

        proc.name in (
                      ^ expected a value or `)`
                      = the list is not closed
        => proc.name in ()

        (proc.name in (a, b or c)
                            ^^ missing `)` at the end of the list
                      ~ opened here
        => (proc.name in (a, b) or c)
    "#);
}

#[test]
fn calls() {
    insta::assert_snapshot!(reports([
        "tolower (proc.name) = x and b",
        "TOLOWER(proc.name) = x and b",
        "lower(proc.name) = x and b",
        "tolower(name) = x and b",
        "tolower() = x and b",
        "tolower(proc.name = x and b",
        "tolower(proc.name, = x and b",
        "tolower(",
        "val(proc.name) = x and b",
        "proc.name = val(tolower(proc.name)) and b",
        "proc.name = val(name) and b",
        "proc.name = val(proc.name and b",
        "join(',', (x)) = y and b",
        "join(',', ((proc.name))) = y and b",
        "mymacro(x) and b",
    ]), @r#"
        tolower (proc.name) = x and b
                ^ no blank may stand between `tolower` and its `(`
                = write `tolower(…)`
        => (tolower and b)

        TOLOWER(proc.name) = x and b
        ^^^^^^^! `TOLOWER` is not a transformer
        = did you mean `tolower(…)`?
        => (TOLOWER(proc.name) = x and b)

        lower(proc.name) = x and b
        ^^^^^! `lower` is not a transformer
        = did you mean `tolower(…)`?
        => (lower(proc.name) = x and b)

        tolower(name) = x and b
                ^^^^ `name` is no argument
                = a field's name has a dot, such as `proc.name`; text must be quoted
        => (tolower() = x and b)

        tolower() = x and b
                ^ expected an argument before `)`
                = arguments are fields, calls, quoted texts, numbers, and lists of these in parentheses
        => (tolower() = x and b)

        tolower(proc.name = x and b
                          ^ expected `,` or `)` in `tolower(…)`, found `=`
        => (tolower(proc.name) and b)

        tolower(proc.name, = x and b
                           ^ expected an argument, found `=`
                           = arguments are fields, calls, quoted texts, numbers, and lists of these in parentheses
        => (tolower(proc.name) and b)

        tolower(
                ^ expected an argument, found the end of the condition
                = arguments are fields, calls, quoted texts, numbers, and lists of these in parentheses
        => tolower()

        val(proc.name) = x and b
        ^^^! `val(…)` stands on the right side of a comparison only
        = on the left side, write the field itself
        => (val(proc.name) = x and b)

        proc.name = val(tolower(proc.name)) and b
                        ^^^^^^^ `val(…)` takes a plain field, not a call
                        = a transformer call on the right side needs no `val`
        => (proc.name = val(tolower(proc.name)) and b)

        proc.name = val(name) and b
                        ^^^^ expected a field in `val(…)`, found `name`
        => (proc.name = val() and b)

        proc.name = val(proc.name and b
                                  ^^^ missing `)` after the arguments of `val`
        => (proc.name = val(proc.name) and b)

        join(',', (x)) = y and b
                   ^ `x` is no argument
                   = a field's name has a dot, such as `proc.name`; text must be quoted
        => (join(,,()) = y and b)

        join(',', ((proc.name))) = y and b
                   ^ lists do not nest
                   = arguments are fields, calls, quoted texts, numbers, and lists of these in parentheses
        => (join(,,()) = y and b)

        mymacro(x) and b
        ^^^^^^^! `mymacro` is not a transformer
        = macros take no arguments; the transformers are `tolower`, `toupper`, `b64`, `basename`, `len`, `join`, `concat`, `getopt`
        => (mymacro() and b)
    "#);
}

#[test]
fn connectives() {
    insta::assert_snapshot!(reports([
        "a AND b",
        "NOT a and b",
        "NOT(a) and b",
        "and a",
        "a or or b",
        "a && b || c",
        "a b",
        "a not b",
        "proc.name = x fd.name = y",
        "a or(b) and c or d",
        "a or (b and or c)",
        "a and or(b)",
        "a)",
        "a)) ) and b",
        "(a and b",
        "((a and b) or c",
    ]), @r#"
        a AND b
          ^^^ `AND` is not an operator
          = write `and`
        => (a and b)

        NOT a and b
        ^^^ ! `NOT` is not an operator
        = write `not`
        => (<missing> and a and b)

        NOT(a) and b
        ^^^! `NOT` is not an operator
        = write `not`
        => (a and b)

        and a
        ^^^ ! expected a check before `and`
        = `and` stands between two checks
        => (<missing> and a)

        a or or b
             ^^ ! expected a check before `or`
             = `or` stands between two checks
        => (a or (<missing> and b))

        a && b || c
          ^^ `&&` is not an operator
          = write `and`
               ^^ `||` is not an operator
               = write `or`
        => (a and b and c)

        a b
          ^ unexpected `b` after `a`
          = did you forget `and` or `or`?
        => (a and b)

        a not b
          ^^^ unexpected `not` after `a`
          = did you forget `and` or `or`?
        => (a and not b)

        proc.name = x fd.name = y
                      ^^^^^^^ unexpected `fd.name` after the check
                      = did you forget `and` or `or`? a value with blanks must be quoted: `"x fd.name"`
        => (proc.name = x and fd.name = y)

        a or(b) and c or d
                ^^^ no `and` may follow a group that is glued to its `or`
                = put a blank between `or` and `(`
        => (a or (b and c) or d)

        a or (b and or c)
                    ^^ ! expected a check before `or`
                    = `or` stands between two checks
        => (a or (b and <missing> and c))

        a and or(b)
              ^^! expected a check before `or`
              = `or` stands between two checks
        => (a and b)

        a)
         ^ unmatched `)`
        => a

        a)) ) and b
         ^ unmatched `)`
        => (a and b)

        (a and b
                ^ missing `)`
        ~ opened here
        => (a and b)

        ((a and b) or c
                       ^ missing `)`
        ~ opened here
        => ((a and b) or c)
    "#);
}

#[test]
fn every_check_of_a_broken_condition_is_still_there() {
    insta::assert_snapshot!(reports([
        "evt.type = and proc.nam = cat or fd.name startswith \"/etc and (proc.pid > x or user.name in (root admin)) and evt.dir",
    ]), @r#"
        evt.type = and proc.nam = cat or fd.name startswith "/etc and (proc.pid > x or user.name in (root admin)) and evt.dir
                       ^^^^^^^^ `and` is taken for the value here
                       = write the value before `and`
                                                            ^^^^^ missing closing quote
                                                            = close the text with the same quote
                                                                                  ^ `>` takes a number, not `x`
                                                                                  = to compare with another field, write `val(field)`
                                                                                                          ^^^^^ expected `,` or `)`, found `admin`
                                                                                                          = values are separated by commas; one with blanks must be quoted
                                                                                                                             ^ expected an operator after `evt.dir`
                                                                                                                             = such as `= value`, `in (a, b)`, `startswith value` or `exists`
        => ((evt.type = and and proc.nam = cat) or (fd.name startswith /etc and (proc.pid > x or user.name in (root, admin)) and evt.dir))
    "#);
}
