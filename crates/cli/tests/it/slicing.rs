//! `slice`: small captures that raise the alerts of large ones.

use crate::commands::check;
use crate::live::Folder;

const CAPTURE: &str = "testdata/captures/intrusion.scap";

/// The alerts of a capture.
fn alerts(rules: &[&str], capture: &str) -> String {
    check(&[&["run", "-q", "--rule-matching", "all", "--capture", capture][..], rules].concat(), 0).0
}

#[test]
fn a_slice_raises_the_same_alerts() {
    let folder = Folder::new("slice");
    let out = folder.path("small.scap");
    let (_, err) = check(&["slice", CAPTURE, "-o", &out, "-r", "rules"], 0);
    assert!(err.contains("what they need"), "{err}");
    let all = alerts(&["-r", "rules"], CAPTURE);
    assert!(!all.is_empty());
    assert_eq!(alerts(&["-r", "rules"], &out), all);
    let size = |path: &str| std::fs::metadata(crate::repository().join(path)).unwrap().len();
    assert!(size(&out) < size(CAPTURE));

    let json = check(&["run", "-q", "--json", "-r", "rules", "--capture", CAPTURE], 0).0;
    let first: serde_json::Value = serde_json::from_str(json.lines().next().unwrap()).unwrap();
    let one = ["-r", "rules", "--rule", first["rule"].as_str().unwrap()];
    check(&[&["slice", CAPTURE, "-o", &out][..], &one].concat(), 0);
    let left = alerts(&one, &out);
    assert_eq!(left, alerts(&one, CAPTURE));
    assert!(left.lines().count() < all.lines().count());
    assert!(!std::path::Path::new(&format!("{out}.partial")).exists());
}

#[test]
fn events_of_a_process_or_a_filter_are_kept() {
    let folder = Folder::new("slicefilter");
    let out = folder.path("small.scap");
    let filter = "evt.type=openat and fd.name startswith /etc";
    check(&["slice", CAPTURE, "-o", &out, "--filter", filter], 0);
    let shown = "%evt.rawtime %fd.name %proc.cmdline %proc.pname %user.name";
    let read = |capture: &str, filter: &str| check(&["read", capture, filter, "-p", shown], 0).0;
    assert_eq!(read(&out, filter), read(CAPTURE, filter));
    assert!(!read(&out, filter).is_empty());
    let pid = check(&["read", CAPTURE, filter, "-p", "%proc.pid", "-n", "1"], 0).0;
    check(&["slice", CAPTURE, "-o", &out, "--pid", pid.trim(), "--plain"], 0);
    let of = format!("proc.pid={}", pid.trim());
    assert_eq!(read(&out, &of), read(CAPTURE, &of));
}

/// The uncompressed bytes of a capture.
fn plain(capture: &str, folder: &Folder) -> Vec<u8> {
    let out = folder.path("plain.scap");
    check(&["slice", capture, "-o", &out, "--filter", "evt.num>0", "--plain"], 0);
    std::fs::read(out).unwrap()
}

fn has(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn names_go_and_alerts_stay() {
    let folder = Folder::new("slicenames");
    let out = folder.path("small.scap");
    let rules = |capture: &str| -> Vec<(String, String)> {
        let (lines, _) =
            check(&["run", "-q", "--json", "-r", "rules", "--rule-matching", "all", "--capture", capture], 0);
        let alert = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap();
        let all = lines.lines().map(alert);
        all.map(|a| (a["rule"].as_str().unwrap().to_owned(), a["time"].as_str().unwrap().to_owned())).collect()
    };
    let secrets = ["mallory", "203.0.113.7", "192.0.2.10"];
    let before = plain(CAPTURE, &folder);
    for secret in secrets {
        let (shown, _) = check(&["read", CAPTURE], 0);
        assert!(has(&before, secret) || shown.contains(secret), "the demonstration has `{secret}`");
    }
    for more in [&["-r", "rules"][..], &[]] {
        let (_, err) =
            check(&[&["slice", CAPTURE, "-o", &out, "--plain", "--anonymise", "--seed", "5"][..], more].concat(), 0);
        assert!(err.contains("renamed"), "{err}");
        // Without rules nothing says what of a name they look at.
        if !more.is_empty() {
            assert_eq!(rules(&out), rules(CAPTURE));
        }
        let (bytes, (shown, _)) = (std::fs::read(&out).unwrap(), check(&["read", &out], 0));
        for secret in secrets {
            assert!(!has(&bytes, secret) && !shown.contains(secret), "{secret}");
        }
        let again = folder.path("again.scap");
        check(&[&["slice", CAPTURE, "-o", &again, "--plain", "--anonymize", "--seed", "5"][..], more].concat(), 0);
        assert_eq!(std::fs::read(&again).unwrap(), bytes, "the seed decides");
        check(&[&["slice", CAPTURE, "-o", &again, "--plain", "--anonymise"][..], more].concat(), 0);
        assert_ne!(std::fs::read(&again).unwrap(), bytes);
    }
}

#[test]
fn what_cannot_be_cut_is_told() {
    let folder = Folder::new("slicewrong");
    let out = folder.path("small.scap");
    let failed = |more: &[&str]| check(&[&["slice", CAPTURE, "-o", &out][..], more].concat(), 2).1;
    assert!(failed(&[]).contains("say what is to be kept"));
    assert!(failed(&["--filter", "proc.name=nobody"]).contains("nothing in the capture is chosen"));
    assert!(failed(&["--filter", "proc.nam=x"]).contains("proc.nam"));
    assert!(failed(&["-r", "rules", "--rule", "None"]).contains("no rule `None`"));
    assert!(!std::path::Path::new(&out).exists());
}
