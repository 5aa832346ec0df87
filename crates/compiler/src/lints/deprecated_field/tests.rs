use crate::fixture::{check, check_for};
use crate::options::Version;

const QUIET: &str = r#"
- rule: r
  desc: d
  condition: evt.type = open and container.healthcheck exists
  output: x %container.healthcheck
  priority: INFO
"#;

#[test]
fn conditions_are_looked_at() {
    check(
        r#"
- rule: r
  desc: d
  condition: evt.type = open and container.healthcheck exists and evt.dir = <
#                                ^^^^^^^^^^^^^^^^^^^^^ warning: field `container.healthcheck` is deprecated; it has no value any more, since the container plugin of Falco 0.44 dropped it
#                                                                 ^^^^^^^ warning: field `evt.dir` is deprecated
  output: x %container.healthcheck
#            ^^^^^^^^^^^^^^^^^^^^^ warning: field `container.healthcheck` is deprecated; it has no value any more, since the container plugin of Falco 0.44 dropped it
  priority: INFO
"#,
    );
}

#[test]
fn older_engines_have_it() {
    check_for(Version::new(0, 58, 0), QUIET);
}
