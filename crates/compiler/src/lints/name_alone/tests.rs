use crate::fixture::{check_lint, conditions_without};

#[test]
fn it_is_found() {
    check_lint(
        "name-alone",
        r#"
- rule: a
  desc: a rule of a test
  condition: evt.type = execve and proc.name = nmap
#                                  ^^^^^^^^^^^^^^^^ warning: the program is known by its name alone, which a copy of it can change
  output: x %proc.name
  priority: INFO
"#,
    );
}

#[test]
fn the_rest_is_left_alone() {
    for condition in [
        r#"evt.type = execve and proc.name = nmap and proc.args contains x"#,
        r#"evt.type = execve and not proc.name = nmap"#,
    ] {
        conditions_without("name-alone", condition);
    }
}
