use crate::fixture::check_for;
use crate::options::Version;

#[test]
fn doubts_are_told() {
    check_for(
        Version::new(0, 45, 0),
        r#"
- rule: r
  desc: d
  condition: evt.type = open and proc.pgid = 1 and proc.aargs exists and tolower(proc.name) = val(proc.pname)
#                                ^^^^^^^^^ warning: field `proc.pgid` may be newer than engine 0.45.0; it came with Falco 0.40 (engine 0.49.0 at the latest)
#                                                  ^^^^^^^^^^ warning: field `proc.aargs` may be newer than engine 0.45.0; it came with Falco 0.41 (engine 0.57.0 at the latest)
  output: x
  priority: INFO
"#,
    );
    check_for(
        Version::new(0, 35, 0),
        r#"
- rule: r
  desc: d
  condition: evt.type = open and tolower(proc.name) = val(proc.pname)
#                                ^^^^^^^ warning: transformer `tolower` may be newer than engine 0.35.0; it came with Falco 0.38 (engine 0.42.0 at the latest)
#                                                     ^^^ warning: transformer `val` may be newer than engine 0.35.0; it came with Falco 0.38 (engine 0.42.0 at the latest)
  output: x
  priority: INFO
"#,
    );
}
