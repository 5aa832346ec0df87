use crate::fixture::check_for;
use crate::options::Version;

#[test]
fn keys_are_looked_at() {
    check_for(
        Version::new(0, 31, 0),
        r#"
- macro: m
  condition: evt.type = open
- rule: r
  desc: d
  condition: m
  output: x
  priority: INFO
  capture: true
# ^^^^^^^ error: key `capture` is newer than engine 0.31.0; it came with Falco 0.42 (engine 0.58.0 at the latest)
- rule: r
  warn_evttypes: false
  override:
    warn_evttypes: replace
#   ^^^^^^^^^^^^^ error: key `warn_evttypes` is newer than engine 0.31.0; it came with Falco 0.44 (engine 0.62.0)
"#,
    );
    check_for(
        Version::new(0, 28, 0),
        r#"
- macro: m
#        ^ warning: macro `m` is not used by anything
  condition: evt.type = open
- macro: m
  condition: or evt.type = close
  override: {condition: append}
# ^^^^^^^^ warning: key `override` may be newer than engine 0.28.0; it came with Falco 0.37 (engine 0.31.0)
"#,
    );
    check_for(
        Version::new(0, 17, 0),
        r#"
- macro: m
#        ^ warning: macro `m` is not used by anything
  condition: evt.type = open
- macro: m
  condition: or evt.type = close
  override: {condition: append}
# ^^^^^^^^ error: key `override` is newer than engine 0.17.0; it came with Falco 0.37 (engine 0.31.0)
"#,
    );
}
