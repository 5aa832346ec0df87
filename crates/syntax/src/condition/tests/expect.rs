//! What completion is told.

use rowan::TextSize;

use crate::condition::{Expected, ValuePlace, expected_at};

/// What is expected at `$0`, with the word there between brackets: typed part, bar, rest.
fn expected(text: &str) -> String {
    let cursor = text.find("$0").unwrap();
    let text = text.replacen("$0", "", 1);
    let found = expected_at(&text, TextSize::try_from(cursor).unwrap());
    let what = match found.expected {
        Expected::Check { negated: false } => "check".to_owned(),
        Expected::Check { negated: true } => "check after not".to_owned(),
        Expected::Operator { left } => format!("operator of {left}"),
        Expected::Value { left, op, modifier, place } => {
            let modifier = modifier.map(|m| format!(" {m}")).unwrap_or_default();
            let place = match place {
                ValuePlace::Operand => String::new(),
                ValuePlace::InList { index } => format!(" in list at {index}"),
            };
            format!("value of {left} {op}{modifier}{place}")
        }
        Expected::ListSeparator => "list separator".to_owned(),
        Expected::FieldArgument { field } => format!("argument of {field}"),
        Expected::ValField => "field in val".to_owned(),
        Expected::CallArgument { transformer, index, in_list } => {
            format!("argument {index} of {transformer}{}", if in_list { " in list" } else { "" })
        }
        Expected::CallSeparator { transformer } => format!("separator in {transformer}"),
        Expected::CallSuffix { transformer } => format!("suffix of {transformer}"),
        Expected::Token => "token".to_owned(),
        Expected::Logical { in_group: false } => "and, or".to_owned(),
        Expected::Logical { in_group: true } => "and, or, )".to_owned(),
    };
    let quote = found.quote.map(|quote| format!(" in {quote}")).unwrap_or_default();
    let rest = rowan::TextRange::new(found.prefix.end(), found.word.end());
    assert_eq!(found.prefix.start(), found.word.start());
    format!("{what}{quote} [{}|{}]", &text[found.prefix], &text[rest])
}

#[test]
fn knows_what_comes_next() {
    for (text, wanted) in [
        ("$0", "check [|]"),
        ("  $0", "check [|]"),
        ("proc.na$0", "check [proc.na|]"),
        ("pro$0c.name = x", "check [pro|c.name]"),
        ("$0proc.name = x", "check [|proc.name]"),
        ("proc.$0", "check [proc.|]"),
        ("no$0", "check [no|]"),
        ("not $0", "check after not [|]"),
        ("not not a.b$0 = x", "check after not [a.b|]"),
        ("not($0", "check [|]"),
        ("($0)", "check [|]"),
        ("a and $0", "check [|]"),
        ("a and sh$0 and b", "check [sh|]"),
        ("a or(ev$0", "check [ev|]"),
        ("evt.type $0", "operator of evt.type [|]"),
        ("evt.type sta$0 x", "operator of evt.type [sta|]"),
        ("evt.type in$0", "operator of evt.type [in|]"),
        ("evt.type int$0", "operator of evt.type [int|]"),
        ("evt.type exists$0", "operator of evt.type [exists|]"),
        ("evt.type !$0", "operator of evt.type [!|]"),
        ("evt.arg[0] $0= x", "operator of evt.arg[0] [|]"),
        ("tolower(proc.name) con$0tains x", "operator of tolower(proc.name) [con|tains]"),
        ("evt.type = $0", "value of evt.type = [|]"),
        ("evt.type =$0", "value of evt.type = [|]"),
        ("evt.type=op$0en and x", "value of evt.type = [op|en]"),
        ("evt.num > 1$0", "value of evt.num > [1|]"),
        ("fd.name startswith \"/et$0", "value of fd.name startswith in \" [/et|]"),
        ("fd.name startswith \"/et$0c\" and x", "value of fd.name startswith in \" [/et|c]"),
        ("fd.name startswith '/et$0 and x", "value of fd.name startswith in ' [/et|]"),
        ("fd.name startswith \"$0\"", "value of fd.name startswith in \" [|]"),
        ("evt.type in $0", "value of evt.type in [|]"),
        ("evt.type in ($0", "value of evt.type in in list at 0 [|]"),
        ("evt.type in (op$0", "value of evt.type in in list at 0 [op|]"),
        ("evt.type in (open, $0)", "value of evt.type in in list at 1 [|]"),
        ("evt.type in (open, cl$0ose, x)", "value of evt.type in in list at 1 [cl|ose]"),
        ("evt.type in (open, \"cl$0", "value of evt.type in in list at 1 in \" [cl|]"),
        ("evt.type in (open $0)", "list separator [|]"),
        ("evt.type in shel$0", "value of evt.type in [shel|]"),
        ("proc.name contains anyof $0", "value of proc.name contains anyof [|]"),
        ("proc.name contains anyof (a, $0", "value of proc.name contains anyof in list at 1 [|]"),
        ("proc.name = any$0", "value of proc.name = [any|]"),
        ("evt.type = open $0", "and, or [|]"),
        ("evt.type = open an$0", "and, or [an|]"),
        ("evt.type = open andr$0", "and, or [andr|]"),
        ("a $0", "and, or [|]"),
        ("(a $0", "and, or, ) [|]"),
        ("(a)$0", "and, or [|]"),
        ("(evt.type in (open) o$0", "and, or, ) [o|]"),
        ("evt.type = open foo$0", "and, or [foo|]"),
        ("evt.arg[$0", "argument of evt.arg [|]"),
        ("evt.arg[fl$0ags] = x", "argument of evt.arg [fl|ags]"),
        ("proc.env[\"A$0", "argument of proc.env in \" [A|]"),
        ("tolower($0", "argument 0 of tolower [|]"),
        ("concat(proc.name, 'x', fd.na$0)", "argument 2 of concat [fd.na|]"),
        ("join(\",\", (proc.$0", "argument 1 of join in list [proc.|]"),
        ("b64(toupper(pr$0", "argument 0 of toupper [pr|]"),
        ("tolower(proc.name $0", "separator in tolower [|]"),
        ("tolower(name $0", "separator in tolower [|]"),
        ("getopt(proc.args, 'x')[$0", "suffix of getopt [|]"),
        ("proc.name = val($0", "field in val [|]"),
        ("proc.name = val( pro$0c.x)", "field in val [pro|c.x]"),
        // Broken text before the cursor does not matter once an operand begins.
        ("evt.type = = and proc.na$0", "check [proc.na|]"),
        ("(((a b = c)) or evt.type in (x y) and not fd.$0 and (", "check after not [fd.|]"),
        ("evt.type in (a, b and proc.name = $0", "value of proc.name = [|]"),
        ("evt.type foo bar and proc.name $0", "operator of proc.name [|]"),
    ] {
        assert_eq!(expected(text), wanted, "{text:?}");
    }
}

#[test]
fn there_is_an_answer_everywhere() {
    let text = "evt.type in (open, \"é\") and not (proc.name = 'x y' or tolower(fd.name[\"a\"])[b] > val(a.b)) (] 'é";
    for offset in 0..=text.len() + 2 {
        let found = expected_at(text, TextSize::try_from(offset).unwrap());
        assert!(found.word.contains_range(found.prefix), "{offset}");
        assert!(usize::from(found.word.end()) <= text.len());
    }
    let deep = "(".repeat(100_000);
    expected_at(&deep, TextSize::of(&deep));
}
