use crate::fixture::{check_lint, conditions_without};

#[test]
fn contradictions_are_found() {
    check_lint(
        "never-true",
        r#"
- macro: container
  condition: container.id != host
- rule: a
  desc: a rule of a test
  condition: evt.type = open and evt.type = close and proc.name = cat
#                                ^^^^^^^^^^^^^^^^ warning: the rule can never match: `evt.type = close` excludes `evt.type = open`
  output: x %proc.name
  priority: INFO
- rule: b
  desc: a rule of a test
  condition: evt.type = open and container and container.id = host
#                                              ^^^^^^^^^^^^^^^^^^^ warning: the rule can never match: `container.id = host` excludes `container.id != host`
  output: x %proc.name %container.id
  priority: INFO
- rule: c
  desc: a rule of a test
  condition: evt.type = open and proc.name in () and fd.name startswith /etc
#                                ^^^^^^^^^^^^^^^ warning: the rule can never match: `proc.name in ()` never holds
  output: x %proc.name
  priority: INFO
"#,
    );
}

#[test]
fn what_can_hold_is_left_alone() {
    for condition in [
        "evt.type in (open, close) and not evt.type = close",
        "evt.type = open and fd.name startswith /etc and not fd.name startswith /etc/x",
        "evt.type = connect and fd.ip = 1.1.1.1 and fd.ip = 2.2.2.2",
        "evt.type = open and proc.aname = a and proc.aname = b",
        "evt.type = open and not proc.name = a and not proc.name != a",
        "evt.num = 0 and evt.type = open",
    ] {
        conditions_without("never-true", condition);
    }
}
