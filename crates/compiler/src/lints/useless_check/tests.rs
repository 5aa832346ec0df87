use crate::fixture::{check_lint, conditions_without};

#[test]
fn checks_that_do_not_matter_are_found() {
    check_lint(
        "useless-check",
        r#"
- rule: a
  desc: a rule of a test
  condition: evt.type = open and proc.name = cat and proc.name != dog
#                                                    ^^^^^^^^^^^^^^^^ warning: `proc.name != dog` always holds here, with the other checks of the condition
  output: x %proc.name
  priority: INFO
- rule: b
  desc: a rule of a test
  condition: evt.type = open and fd.name startswith /etc/ and (fd.name = /tmp/x or proc.name = cat)
#                                                              ^^^^^^^^^^^^^^^^ warning: `fd.name = /tmp/x` can never hold here, with the other checks of the condition
  output: x %proc.name
  priority: INFO
- rule: c
  desc: a rule of a test
  condition: evt.type = open and fd.num > 5 and not fd.num in (2, 3)
#                                                   ^^^^^^^^^^^^^^^^ warning: `not fd.num in (2, 3)` always holds here, with the other checks of the condition
  output: x %proc.name
  priority: INFO
"#,
    );
}

#[test]
fn the_same_check_twice_is_told_of_once() {
    check_lint(
        "useless-check",
        r#"
- rule: a
  desc: a rule of a test
  condition: evt.type = open and proc.name = cat and proc.name = cat
#                                                    ^^^^^^^^^^^^^^^ warning: `proc.name = cat` always holds here, with the other checks of the condition
  output: x %proc.name
  priority: INFO
"#,
    );
}

#[test]
fn checks_that_matter_are_left_alone() {
    for condition in [
        "evt.type in (open, openat) and not evt.type = openat",
        "evt.type = open and fd.name startswith /etc and not fd.name startswith /etc/x and fd.name contains y",
        "evt.type = open and (proc.name = a or proc.name = b) and not proc.pname = a",
        "evt.type = open and fd.num > 5 and fd.num < 7",
    ] {
        conditions_without("useless-check", condition);
    }
}
