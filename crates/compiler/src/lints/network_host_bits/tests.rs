use crate::fixture::{check_lint, conditions_without};

#[test]
fn it_is_found() {
    check_lint(
        "network-host-bits",
        r#"
- rule: a
  desc: a rule of a test
  condition: evt.type = connect and fd.snet = 10.1.2.3/8
#                                   ^^^^^^^^^^^^^^^^^^^^ warning: `10.1.2.3/8` is the network `10.0.0.0/8`; make the prefix longer, or write the address of the network
  output: x %proc.name
  priority: INFO
"#,
    );
}

#[test]
fn the_rest_is_left_alone() {
    for condition in [
        r#"evt.type = connect and fd.snet in (10.0.0.0/8, 192.168.1.0/24)"#,
        "evt.type = connect and fd.snet = 10.1.2.3/32",
    ] {
        conditions_without("network-host-bits", condition);
    }
}
