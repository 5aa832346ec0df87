//! Who reads rules has no rights, and who has rights reads no rules. Where the probe cannot run, or the tests are not run by root, each
//! says so and returns.

use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::live::{COMMAND, Folder, alerts, binary, clean, works};

/// Nobody, on Debian and elsewhere.
const NOBODY: &str = "65534";
/// What the privileged part keeps: CAP_DAC_READ_SEARCH and CAP_SYS_PTRACE.
const KEPT: &str = "0000000000080004";
const NONE: &str = "0000000000000000";

fn skip(why: &str, test: &str) -> bool {
    std::io::stderr().write_all(format!("skipped: {why} ({test})\n").as_bytes()).unwrap();
    false
}

/// Whether the probe works and this is root.
fn root(test: &str) -> bool {
    works(test) && (status("self", "Uid") == "0\t0\t0\t0" || skip("not run by root", test))
}

/// A field of a process's status; empty when the process is gone.
fn status(process: &str, field: &str) -> String {
    let text = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = text.lines().find_map(|l| l.strip_prefix(field)?.strip_prefix(':'));
    line.unwrap_or_default().trim().to_owned()
}

/// A live run that is watching, and its privileged part.
struct Run {
    reader: Child,
    host: String,
    out: Lines<BufReader<ChildStdout>>,
    err: Lines<BufReader<ChildStderr>>,
}

fn watch(mut command: Command) -> Run {
    let mut reader = command.arg("-v").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut err = BufReader::new(reader.stderr.take().unwrap()).lines();
    let first = err.next().unwrap().unwrap();
    assert!(first.starts_with("watching"), "{first}");
    let pid = reader.id().to_string();
    let processes = std::fs::read_dir("/proc").unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    let host = processes.into_iter().find(|p| status(p, "PPid") == pid).expect("there is a privileged part");
    let out = BufReader::new(reader.stdout.take().unwrap()).lines();
    Run { reader, host, out, err }
}

impl Run {
    fn id(&self) -> String {
        self.reader.id().to_string()
    }

    /// Lets somebody of a name of its own read the file of secrets, and waits for the alert.
    fn alert(&mut self, folder: &Folder) -> String {
        let cat = folder.path("our-own-cat");
        std::fs::copy("/bin/cat", &cat).unwrap();
        Command::new(&cat).arg("/etc/shadow").stdout(Stdio::null()).status().unwrap();
        self.out.find_map(|line| Some(line.unwrap()).filter(|l| l.contains("proc=our-own-cat"))).unwrap()
    }

    fn end(mut self) {
        signal("INT", &self.id());
        assert!(self.reader.wait().unwrap().success());
        assert!(status(&self.host, "Name").is_empty(), "the privileged part has ended");
        assert!(self.err.any(|line| line.unwrap().contains(" 0 lost")));
    }
}

fn signal(name: &str, process: &str) {
    assert!(Command::new("kill").args([&format!("-{name}"), process]).status().unwrap().success());
}

fn live(program: &Path, rules: &str) -> Command {
    let mut command = Command::new(program);
    command.args(["run", "--live", "-r", rules, "--rule", "Read shadow"]);
    command
}

fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_falco-rs"))
}

fn mode(path: &str, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn who_reads_rules_has_no_rights() {
    if !root("who_reads_rules_has_no_rights") {
        return;
    }
    let folder = Folder::new("confined");
    let rules = folder.path("rules.yaml");
    // Plain root stays root, so it may read what only root may.
    mode(&rules, 0o600);
    let mut run = watch(live(program(), &rules));
    for set in ["CapEff", "CapPrm", "CapInh", "CapBnd", "CapAmb"] {
        assert_eq!(status(&run.id(), set), NONE, "{set} of the one who reads rules");
    }
    assert_eq!((status(&run.id(), "NoNewPrivs"), status(&run.host, "NoNewPrivs")), ("1".into(), "1".into()));
    for set in ["CapEff", "CapPrm", "CapBnd"] {
        assert_eq!(status(&run.host, set), KEPT, "{set} of the privileged part");
    }
    assert_eq!(status(&run.host, "Name"), "falco-rs");
    assert!(run.alert(&folder).contains("user=root"));
    run.end();
}

/// The programs and links that a process holds, as the kernel numbers them.
fn held(process: &str, what: &str) -> Vec<u32> {
    let entries = std::fs::read_dir(format!("/proc/{process}/fdinfo")).unwrap();
    let infos = entries.filter_map(|e| std::fs::read_to_string(e.unwrap().path()).ok());
    infos.filter_map(|info| info.lines().find_map(|l| l.strip_prefix(what)?.trim().parse().ok())).collect()
}

/// Whether the kernel still has a program of this number.
fn is_there(program: u32) -> bool {
    const BPF_PROG_GET_FD_BY_ID: i32 = 13;
    let request = [program, 0, 0, 0];
    // SAFETY: the call reads what it asks for from the array, and gives back a descriptor that is closed again.
    unsafe {
        let fd = libc::syscall(libc::SYS_bpf, BPF_PROG_GET_FD_BY_ID, request.as_ptr(), size_of_val(&request));
        if fd >= 0 {
            libc::close(fd as i32);
        }
        fd >= 0
    }
}

#[test]
fn nothing_stays_attached_when_the_reader_is_killed() {
    if !root("nothing_stays_attached_when_the_reader_is_killed") {
        return;
    }
    let folder = Folder::new("killed");
    let mut run = watch(live(program(), &folder.path("rules.yaml")));
    let (programs, links) = (held(&run.host, "prog_id:"), held(&run.host, "link_id:"));
    assert!(!programs.is_empty() && !links.is_empty(), "{programs:?} {links:?}");
    assert!(programs.iter().all(|id| is_there(*id)));
    assert!(held(&run.id(), "prog_id:").is_empty() && held(&run.id(), "link_id:").is_empty());
    signal("KILL", &run.id());
    run.reader.wait().unwrap();
    let killed = Instant::now();
    while programs.iter().any(|id| is_there(*id)) || !status(&run.host, "Name").is_empty() {
        assert!(killed.elapsed() < Duration::from_secs(10), "{programs:?} {}", status(&run.host, "State"));
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn the_reader_ends_when_the_privileged_part_is_killed() {
    if !root("the_reader_ends_when_the_privileged_part_is_killed") {
        return;
    }
    let folder = Folder::new("orphan");
    let mut run = watch(live(program(), &folder.path("rules.yaml")));
    signal("KILL", &run.host);
    assert_eq!(run.reader.wait().unwrap().code(), Some(2));
    assert!(run.err.any(|line| line.unwrap().contains("the privileged part of falco-rs has ended")));
}

#[test]
fn under_sudo_rules_are_read_by_the_one_who_called() {
    if !root("under_sudo_rules_are_read_by_the_one_who_called") {
        return;
    }
    let folder = Folder::new("sudo");
    let (rules, out) = (folder.path("rules.yaml"), folder.path("alerts"));
    mode(&rules, 0o644);
    mode(&folder.path(""), 0o755);
    let sudo = |mut command: Command| {
        command.env("SUDO_UID", NOBODY).env("SUDO_GID", NOBODY);
        command
    };
    let mut command = sudo(live(program(), &rules));
    // A place where only root may write: it is opened before.
    command.args(["--output", &format!("file:{out}"), "--output", "stdout"]);
    let mut run = watch(command);
    let four = format!("{NOBODY}\t{NOBODY}\t{NOBODY}\t{NOBODY}");
    assert_eq!((status(&run.id(), "Uid"), status(&run.id(), "Gid")), (four.clone(), four));
    assert_eq!((status(&run.id(), "Groups"), status(&run.id(), "CapEff")), (NOBODY.into(), NONE.into()));
    let alert = run.alert(&folder);
    run.end();
    assert!(std::fs::read_to_string(&out).unwrap().contains(&alert));

    // So is a recording.
    let capture = folder.path("x.scap");
    let mut record = binary();
    record.args(["record", "-o", &capture, "--"]).args(COMMAND);
    clean(&sudo(record).output().unwrap());
    assert!(std::fs::metadata(&capture).unwrap().len() > 1000);

    // What only root may read stays closed, unless root is asked for.
    mode(&rules, 0o600);
    let refused = sudo(live(program(), &rules)).output().unwrap();
    let text = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(2));
    assert!(text.contains("permission denied") && text.contains("`--user` names another"), "{text}");
    let mut command = sudo(live(program(), &rules));
    command.args(["--user", "root", "--", "cat", "/etc/shadow"]);
    assert_eq!(alerts(&clean(&command.output().unwrap())).len(), 1);
    let mut command = live(program(), &rules);
    command.args(["--user", "no-such-user-here"]);
    let refused = String::from_utf8(command.output().unwrap().stderr).unwrap();
    assert!(refused.contains("there is no user `no-such-user-here`"), "{refused}");
}

#[test]
fn the_command_keeps_the_rights_of_the_one_who_called() {
    const TEST: &str = "the_command_keeps_the_rights_of_the_one_who_called";
    if !root(TEST) {
        return;
    }
    let folder = Folder::new("rights");
    let seen = folder.path("seen");
    let script = format!("cp /proc/self/status {seen}; test $VARIABLE = here && exit 3");
    let mut command = live(program(), &folder.path("rules.yaml"));
    command.env("VARIABLE", "here").env("SUDO_UID", NOBODY).env("SUDO_GID", NOBODY);
    mode(&folder.path(""), 0o755);
    let output = command.args(["--", "sh", "-c", &script]).output().unwrap();
    clean(&output);
    let text = std::fs::read_to_string(&seen).unwrap();
    let of = |name: &str| text.lines().find_map(|l| l.strip_prefix(name)).map(str::trim).unwrap().to_owned();
    assert_eq!((of("CapEff:"), of("NoNewPrivs:")), (status("self", "CapEff"), "0".into()));
    assert!(of("Uid:").starts_with('0') && of("CapBnd:") == status("self", "CapBnd"));
}

#[test]
fn capabilities_of_the_file_are_enough() {
    const TEST: &str = "capabilities_of_the_file_are_enough";
    if !root(TEST) {
        return;
    }
    let folder = Folder::new("setcap");
    let (copy, rules) = (folder.path("falco-rs"), folder.path("rules.yaml"));
    std::fs::copy(program(), &copy).unwrap();
    mode(&folder.path(""), 0o755);
    mode(&copy, 0o755);
    mode(&rules, 0o644);
    let as_nobody = || {
        let mut command = Command::new("setpriv");
        command.args(["--reuid", NOBODY, "--regid", NOBODY, "--clear-groups", "--bounding-set", "-setpcap", &copy]);
        command.args(["run", "--live", "-r", &rules, "--rule", "Read shadow"]);
        command
    };
    let Ok(without) = as_nobody().output() else {
        skip("no setpriv", TEST);
        return;
    };
    let text = String::from_utf8(without.stderr).unwrap();
    assert!(text.contains("the probe needs CAP_BPF, CAP_PERFMON, CAP_SYS_PTRACE"), "{text}");
    let caps = "cap_bpf,cap_perfmon,cap_sys_ptrace,cap_dac_read_search+ep";
    if !Command::new("setcap").args([caps, &copy]).status().is_ok_and(|s| s.success()) {
        skip("no setcap, or no capabilities in this file system", TEST);
        return;
    }
    let mut run = watch(as_nobody());
    assert_eq!((status(&run.id(), "CapEff"), status(&run.id(), "CapPrm")), (NONE.into(), NONE.into()));
    assert_eq!((status(&run.host, "CapEff"), status(&run.host, "CapPrm")), (KEPT.into(), KEPT.into()));
    assert_eq!(status(&run.id(), "NoNewPrivs"), "1");
    // Somebody else's process, by name and with what it opened.
    assert!(run.alert(&folder).contains("cmd=our-own-cat /etc/shadow"));
    run.end();
}

#[test]
fn an_alert_is_there_within_50_ms() {
    const TEST: &str = "an_alert_is_there_within_50_ms";
    if !works(TEST) {
        return;
    }
    let folder = Folder::new("latency");
    let rules = folder.path("rules.yaml");
    let rule = "
- rule: Read shadow
  desc: the time of the event, in nanoseconds
  condition: evt.type in (open, openat, openat2) and fd.name=/etc/shadow and proc.name=our-own-cat
  output: proc=%proc.name at=%evt.rawtime
  priority: WARNING
";
    std::fs::write(&rules, rule).unwrap();
    let mut run = watch(live(program(), &rules));
    let mut late: Vec<Duration> = (0..20)
        .map(|_| {
            let alert = run.alert(&folder);
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
            let at: u64 = alert.split_once("at=").unwrap().1.parse().unwrap();
            now.saturating_sub(Duration::from_nanos(at))
        })
        .collect();
    late.sort();
    assert!(late[10] <= Duration::from_millis(50), "{late:?}");
    run.end();
}
