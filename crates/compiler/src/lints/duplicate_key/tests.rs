use crate::fixture::check;

#[test]
fn mappings_in_items_are_looked_at() {
    check(
        r#"
- required_plugin_versions:
    - name: json
      version: 0.1.0
      version: 0.2.0
#     ^^^^^^^ warning: `version` stands twice here; Falco takes the first and ignores this one
      alternatives: [{name: k8s, version: 0.1.0, name: json}]
#                                                ^^^^ warning: `name` stands twice here; Falco takes the first and ignores this one
- rule: r
  desc: d
  condition: evt.type = open
  output: x
  priority: INFO
  exceptions:
    - name: e
      fields: proc.name
      values: [a]
      values: [b]
#     ^^^^^^ warning: `values` stands twice here; Falco takes the first and ignores this one
- rule: r
  desc: e
  override:
    desc: append
    desc: replace
#   ^^^^ warning: `desc` stands twice in `override`, and Falco does both
"#,
    );
}

#[test]
fn the_first_one_counts() {
    check(
        r#"
- macro: m
#        ^ warning: macro `m` is not used by anything
  condition: evt.type = open
  condition: evt.type = close
# ^^^^^^^^^ warning: `condition` stands twice in this item; Falco takes the first and ignores this one
"#,
    );
}
