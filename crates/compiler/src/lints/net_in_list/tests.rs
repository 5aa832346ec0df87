use crate::fixture::check;

#[test]
fn the_second_network_is_ignored() {
    check(
        r#"
- rule: r
  desc: d
  condition: evt.type = connect and fd.net in (10.0.0.0/8, 192.168.0.0/16) and fd.snet in (10.0.0.0/8, 192.168.0.0/16)
#                                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ warning: `fd.net in` only looks at the first of these 2 networks; write one check for each network, joined with `or`
  output: x
  priority: INFO
"#,
    );
}
