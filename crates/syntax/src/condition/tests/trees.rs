//! The shape of the lossless trees, and the typed views of them.

use rowan::{NodeOrToken, TextSize, WalkEvent};

use crate::condition::nodes::{
    Call, Check, ConditionNode, FieldRef, List, MacroRef, Operator, Value, node_at, token_at,
};
use crate::condition::parse;
use crate::condition::syntax::SyntaxNode;

/// The tree, a line for each node and token, without the blanks.
pub(crate) fn dump(root: &SyntaxNode) -> String {
    let mut out = String::new();
    let mut depth = 0;
    for event in root.preorder_with_tokens() {
        match event {
            WalkEvent::Enter(element) => {
                let indent = "  ".repeat(depth);
                match element {
                    NodeOrToken::Node(node) => out.push_str(&format!("{indent}{:?}\n", node.kind())),
                    NodeOrToken::Token(token) if token.text().trim().is_empty() => {}
                    NodeOrToken::Token(token) => {
                        out.push_str(&format!("{indent}{:?} {:?}\n", token.kind(), token.text()));
                    }
                }
                depth += 1;
            }
            WalkEvent::Leave(_) => depth -= 1,
        }
    }
    out
}

fn tree(text: &str) -> String {
    dump(&parse(text).syntax())
}

#[test]
fn of_a_whole_condition() {
    insta::assert_snapshot!(tree(
        "evt.type in (open, 'open at') and not (shell or proc.aname[2] contains anyof (x)) or val_of or tolower(fd.name) = val(fd.name)"
    ), @r#"
        Condition
          OrExpr
            AndExpr
              Check
                FieldRef
                  FieldName "evt.type"
                Operator
                  OperatorToken "in"
                List
                  LParen "("
                  Value
                    Bare "open"
                  Comma ","
                  Value
                    Quoted "'open at'"
                  RParen ")"
              AndKw "and"
              NotExpr
                NotKw "not"
                ParenExpr
                  LParen "("
                  OrExpr
                    MacroRef
                      Ident "shell"
                    OrKw "or"
                    Check
                      FieldRef
                        FieldName "proc.aname"
                        Argument
                          LBracket "["
                          BareArg "2"
                          RBracket "]"
                      Operator
                        OperatorToken "contains"
                        ModifierToken "anyof"
                      List
                        LParen "("
                        Value
                          Bare "x"
                        RParen ")"
                  RParen ")"
            OrKw "or"
            MacroRef
              Ident "val_of"
            OrKw "or"
            Check
              Call
                Transformer "tolower"
                ArgList
                  LParen "("
                  FieldRef
                    FieldName "fd.name"
                  RParen ")"
              Operator
                OperatorToken "="
              Call
                Transformer "val"
                ArgList
                  LParen "("
                  FieldRef
                    FieldName "fd.name"
                  RParen ")"
    "#);
}

#[test]
fn of_calls() {
    insta::assert_snapshot!(tree("getopt((proc.args, 'x', 1), toupper( evt.arg['a b'] ))[t] exists"), @r#"
        Condition
          Check
            Call
              Transformer "getopt"
              ArgList
                LParen "("
                TransformerList
                  LParen "("
                  FieldRef
                    FieldName "proc.args"
                  Comma ","
                  Value
                    Quoted "'x'"
                  Comma ","
                  Value
                    Number "1"
                  RParen ")"
                Comma ","
                Call
                  Transformer "toupper"
                  ArgList
                    LParen "("
                    FieldRef
                      FieldName "evt.arg"
                      Argument
                        LBracket "["
                        Quoted "'a b'"
                        RBracket "]"
                    RParen ")"
                RParen ")"
              Argument
                LBracket "["
                BareArg "t"
                RBracket "]"
            Operator
              OperatorToken "exists"
    "#);
}

#[test]
fn blanks_stay_outside_of_the_nodes_they_separate() {
    let parsed = parse("  a.b  =  c  and  not  d  ");
    let ranges: Vec<_> = parsed
        .syntax()
        .descendants()
        .filter(|node| !node.text().to_string().trim().is_empty())
        .map(|node| format!("{:?} {:?}", node.kind(), node.text().to_string()))
        .collect();
    insta::assert_snapshot!(ranges.join("\n"), @r#"
        Condition "  a.b  =  c  and  not  d  "
        AndExpr "a.b  =  c  and  not  d"
        Check "a.b  =  c"
        FieldRef "a.b"
        Operator "="
        Value "c"
        NotExpr "not  d"
        MacroRef "d"
    "#);
}

#[test]
fn of_broken_conditions() {
    insta::assert_snapshot!(
        [
            "evt.type = ",
            "proc.na",
            "evt.type in (op",
            "not ",
            "fd.name startswith \"/et",
            "(a and fd.name = /x/y(z) or ) b",
            "proc.name in (a, , b c and evt.num > ten",
            "proc.name in (\"\\q\")",
        ]
        .map(tree)
        .join("\n"),
        @r#"
        Condition
          Check
            FieldRef
              FieldName "evt.type"
            Operator
              OperatorToken "="

        Condition
          Check
            FieldRef
              FieldName "proc.na"

        Condition
          Check
            FieldRef
              FieldName "evt.type"
            Operator
              OperatorToken "in"
            List
              LParen "("
              Value
                Bare "op"

        Condition
          NotExpr
            NotKw "not"

        Condition
          Check
            FieldRef
              FieldName "fd.name"
            Operator
              OperatorToken "startswith"
            Value
              Unclosed "\"/et"

        Condition
          AndExpr
            ParenExpr
              LParen "("
              OrExpr
                AndExpr
                  MacroRef
                    Ident "a"
                  AndKw "and"
                  Check
                    FieldRef
                      FieldName "fd.name"
                    Operator
                      OperatorToken "="
                    Value
                      Bare "/x/y"
                  Error
                    Junk "(z)"
                OrKw "or"
              RParen ")"
            MacroRef
              Ident "b"

        Condition
          AndExpr
            Check
              FieldRef
                FieldName "proc.name"
              Operator
                OperatorToken "in"
              List
                LParen "("
                Value
                  Bare "a"
                Comma ","
                Comma ","
                Value
                  Bare "b"
                Value
                  Bare "c"
            AndKw "and"
            Check
              FieldRef
                FieldName "evt.num"
              Operator
                OperatorToken ">"
              Value
                Bare "ten"

        Condition
          Check
            FieldRef
              FieldName "proc.name"
            Operator
              OperatorToken "in"
            List
              LParen "("
              Error
                Quoted "\"\\q\""
              RParen ")"
    "#
    );
}

#[test]
fn offsets_find_their_nodes() {
    let text = "evt.type in (open, close) and proc.name contains anyof (a) or m and tolower(fd.name) = x";
    let root = parse(text).syntax();
    let at = |word: &str| TextSize::try_from(text.find(word).unwrap()).unwrap();

    let check: Check = node_at(&root, at("close")).unwrap();
    assert_eq!(check.syntax().text(), "evt.type in (open, close)");
    assert_eq!(check.field().unwrap().name().unwrap().text(), "evt.type");
    assert_eq!(check.operator().unwrap().op(), Some(crate::condition::ast::Operator::In));
    let list: List = node_at(&root, at("close")).unwrap();
    assert_eq!(list.items().map(|item| item.token().unwrap().to_string()).collect::<Vec<_>>(), ["open", "close"]);
    assert_eq!(check.right().unwrap(), *list.syntax());
    let value: Value = node_at(&root, at("close") + TextSize::new(5)).unwrap();
    assert_eq!((value.syntax().text().to_string().as_str(), value.list()), ("close", Some(list)));

    let operator: Operator = node_at(&root, at("anyof")).unwrap();
    assert_eq!(operator.token().unwrap().text(), "contains");
    assert_eq!(operator.modifier().unwrap().text(), "anyof");

    // Right behind a name is still at the name.
    let end = at("proc.name") + TextSize::new(9);
    assert_eq!(token_at(&root, end).unwrap().text(), "proc.name");
    assert_eq!(node_at::<FieldRef>(&root, end).unwrap().range().start(), at("proc.name"));
    assert_eq!(node_at::<MacroRef>(&root, at("m and")).unwrap().name().unwrap().text(), "m");

    let call: Call = node_at(&root, at("fd.name")).unwrap();
    assert_eq!(call.name().unwrap().text(), "tolower");
    assert_eq!(call.args().count(), 1);
    let check: Check = node_at(&root, at("fd.name")).unwrap();
    assert_eq!((check.field(), check.call()), (None, Some(call)));
    assert_eq!(token_at(&root, TextSize::of(text) + TextSize::new(1)), None);
}
