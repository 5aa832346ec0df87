//! `diff`: files, folders and commits, with what they change on captures.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::commands::check;

const OLD: &str = "- rule: Shadow read
  desc: d
  condition: evt.type in (open, openat, openat2) and fd.name = /etc/shadow
  output: file=%fd.name by=%proc.name
  priority: NOTICE
";

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("falco-rs-diff-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_looser_condition_gains_alerts_on_a_capture() {
    let folder = Folder::new("capture");
    let old = folder.file("old.yaml", OLD);
    let new = folder.file("new.yaml", &OLD.replace("fd.name = /etc/shadow", "fd.name startswith /etc/"));
    let capture = "testdata/captures/intrusion.scap";
    let (out, _) = check(&["diff", "--color", "never", &old, &new, "--capture", capture, "--semver"], 1);
    assert!(out.contains("~ rule Shadow read"), "{out}");
    assert!(out.contains("condition: looser, it holds on more events  [patch]"), "{out}");
    assert!(out.contains("version: a new patch number"), "{out}");
    assert!(out.contains("0 lost") && out.contains("  + event "), "{out}");
    // The alerts that it names are those that the rules raise.
    let (json, _) = check(&["diff", &old, &new, "--capture", capture, "--format", "json"], 1);
    let report: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(report["changes"][0]["relation"], "looser");
    assert_eq!(report["bump"], "patch");
    let gained = report["captures"][0]["gained"].as_array().unwrap().len() as u64;
    let kept = report["captures"][0]["kept"].as_u64().unwrap();
    let alerts = |rules: &str| check(&["run", "-q", "-r", rules, "--capture", capture], 0).0.lines().count() as u64;
    assert_eq!(alerts(&old), kept);
    assert_eq!(alerts(&new), kept + gained);
    assert!(gained > 0 && kept > 0);
    let (out, _) = check(&["diff", &old, &old, "--capture", capture], 0);
    assert!(out.contains("the same rules"), "{out}");
}

#[test]
fn a_commit_is_a_set_of_rules() {
    let folder = Folder::new("commit");
    folder.file("rules/own_rules.yaml", OLD);
    folder.file("rules/own_rules_test.yaml", "rules: []\n");
    let git = |args: &[&str]| {
        let output = Command::new("git")
            .args(["-c", "user.name=t", "-c", "user.email=t@example.invalid", "-c", "init.defaultBranch=main"])
            .args(args)
            .current_dir(&folder.0)
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
    };
    git(&["init", "-q"]);
    git(&["add", "."]);
    git(&["commit", "-q", "-m", "rules"]);
    folder.file("rules/own_rules.yaml", &OLD.replace("NOTICE", "ERROR"));
    let run = |args: &[&str], at: &Path| {
        let output = Command::new(env!("CARGO_BIN_EXE_falco-rs")).args(args).current_dir(at).output().unwrap();
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr),
        )
    };
    let (status, out) = run(&["diff", "HEAD:rules", "rules"], &folder.0);
    assert_eq!(status, Some(1), "{out}");
    assert!(out.contains("priority: Notice → Error"), "{out}");
    // From a folder below, paths are taken from there.
    let (status, out) = run(&["diff", "HEAD:own_rules.yaml", "own_rules.yaml"], &folder.0.join("rules"));
    assert_eq!(status, Some(1), "{out}");
    let (status, out) = run(&["diff", "HEAD:nothing", "rules"], &folder.0);
    assert_eq!(status, Some(2), "{out}");
    let (status, out) = run(&["diff", "--", "-x:rules", "rules"], &folder.0);
    assert_eq!(status, Some(2), "{out}");
    assert!(out.contains("is no revision"), "{out}");
}
