//! Several jobs and several rings on the running kernel: what comes out is what one job puts out.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::live::{Folder, alerts, binary, clean, works};

const RULES: &str = "
- rule: Own shell
  desc: a shell that the test started
  condition: evt.type in (execve, execveat) and evt.res=SUCCESS and proc.name=sh
  output: shell (cmd=%proc.cmdline parent=%proc.pname)
  priority: NOTICE
- rule: Own file
  desc: a file that the test opened
  condition: evt.type in (open, openat, openat2) and fd.name startswith FOLDER
  output: opened (name=%fd.name res=%evt.res cmd=%proc.cmdline parent=%proc.pname)
  priority: NOTICE
- rule: Passed on
  desc: a file that came in a message is read
  condition: evt.type in (read, recvmsg) and evt.rawres=6 and fd.name startswith FOLDER
  output: read (name=%fd.name num=%fd.num)
  priority: WARNING
";

/// Much that no rule looks at, from several processes at once, and in between one after the other what rules see.
const SCRIPT: &str = "cd FOLDER
(while ! test -e stop; do /bin/true; done) & noise=$!
(while ! test -e stop; do /bin/true | /bin/true; done) & more=$!
i=0
while test $i -lt 60; do
  echo $i > f$i
  sh -c \"cat f$i no-such-file-$i > /dev/null; exit 0\"
  i=$((i + 1))
done
touch stop
wait $noise $more";

fn run(folder: &Folder, rules: &str, more: &[&str], command: &[&str]) -> Vec<String> {
    let mut run = binary();
    run.args(["run", "--live", "-r", rules]).args(more).arg("--").args(command);
    let output = run.output().unwrap();
    let _ = std::fs::remove_file(folder.path("stop"));
    alerts(&clean(&output)).into_iter().map(str::to_owned).collect()
}

fn rules(folder: &Folder) -> String {
    let rules = folder.path("jobs.yaml");
    std::fs::write(&rules, RULES.replace("FOLDER", &folder.path(""))).unwrap();
    rules
}

#[test]
fn jobs_and_rings_change_nothing() {
    if !works("jobs_and_rings_change_nothing") {
        return;
    }
    let folder = Folder::new("jobs");
    let rules = rules(&folder);
    let script = SCRIPT.replace("FOLDER", &folder.path(""));
    // What looks for the file that ends the noise is noise, too.
    let of = |more: &[&str]| {
        let mut lines = run(&folder, &rules, more, &["sh", "-c", &script]);
        lines.retain(|line| !line.contains("/stop"));
        lines
    };
    let one = of(&[]);
    // A shell, the file that is written, the shell in between, the file that is read and the one that is not there.
    assert_eq!(one.len(), 1 + 60 * 4, "{one:#?}");
    for more in [&["--jobs", "2"][..], &["--jobs", "3"], &["--rings", "cpu"], &["--jobs", "3", "--rings", "cpu"]] {
        let many = of(more);
        let different = one.iter().zip(&many).find(|(a, b)| a != b);
        assert!(one == many, "{more:?}: {} and {} alerts, {different:?}", one.len(), many.len());
    }
}

/// A descriptor that comes in a message is known by asking the machine, which the one who judges must have others do.
#[test]
fn descriptors_that_come_in_messages_are_known() {
    const TEST: &str = "descriptors_that_come_in_messages_are_known";
    if !works(TEST) {
        return;
    }
    if !Command::new("python3").arg("--version").output().is_ok_and(|o| o.status.success()) {
        std::io::stderr().write_all(format!("skipped: no python3 ({TEST})\n").as_bytes()).unwrap();
        return;
    }
    let folder = Folder::new("message");
    let (rules, file) = (rules(&folder), folder.path("passed"));
    std::fs::write(&file, "secret").unwrap();
    let script = format!(
        "import os, socket, time
one, other = socket.socketpair()
passed = os.open('{file}', os.O_RDONLY)
socket.send_fds(one, [b'x'], [passed])
_, (got, *_), _, _ = socket.recv_fds(other, 10, 1)
time.sleep(0.3)
os.read(got, 100)"
    );
    for more in [&[][..], &["--jobs", "3"]] {
        let lines = run(&folder, &rules, &[more, &["--rule", "Passed on"]].concat(), &["python3", "-c", &script]);
        let [line] = &lines[..] else { panic!("{more:?}: {lines:?}") };
        assert!(line.starts_with(&format!("Warning read (name={file} num=")), "{line}");
    }
}

#[test]
fn a_limit_ends_several_jobs() {
    if !works("a_limit_ends_several_jobs") {
        return;
    }
    let folder = Folder::new("limit");
    let rules = rules(&folder);
    let started = Instant::now();
    let mut run = binary();
    run.args(["run", "--live", "-r", &rules, "--jobs", "3", "-n", "20", "--", "sh", "-c", "exec sleep 12"]);
    // The command goes on, and holds its standard error open.
    let output = run.stderr(Stdio::null()).output().unwrap();
    assert_eq!(alerts(&clean(&output)), ["Notice shell (cmd=sh -c exec sleep 12 parent=falco-rs)"]);
    assert!(started.elapsed() < Duration::from_secs(8), "before the command's end: {:?}", started.elapsed());
}
