//! The machine as it is when the recording begins.

use std::io::Write;
use std::net::Ipv4Addr;

use anyhow::Result;
use falco_scap::{
    FdEntry, FdInfo, FdList, GroupEntry, Interface, InterfaceAddr, L4Proto, MachineInfo, ProcessEntry, UserEntry,
    UserList,
};

use super::habits::{APP, CACHE, DATABASE, WEB, environment};
use super::program::{Habit, Program};
use super::rng::Rng;
use super::sim::{Actor, Container, START, Sim};

/// The containers of the shop, and one for jobs that come and go.
pub fn containers(rng: &mut Rng) -> Vec<Container> {
    vec![
        Container::new(rng, "web", "docker.io/library/nginx", None, [172, 17, 0, 2]),
        Container::new(rng, "database", "docker.io/library/postgres", None, [172, 17, 0, 3]),
        Container::new(rng, "cache", "docker.io/library/redis", Some("cache-0"), [172, 17, 0, 4]),
        Container::new(rng, "app", "registry.example.org/shop/app", Some("app-7d4b9c6f5-x2x8p"), [172, 17, 0, 5]),
        Container::new(rng, "job", "registry.example.org/shop/report", Some("report-0"), [172, 17, 0, 6]),
    ]
}

/// Writes the lists and puts the processes in place.
pub fn write<W: Write>(sim: &mut Sim<W>) -> Result<()> {
    let (v4, mask) = (Ipv4Addr::new(10, 0, 0, 5), Ipv4Addr::new(255, 255, 255, 0));
    sim.writer.machine(&MachineInfo {
        num_cpus: 4,
        memory_size_bytes: 16 << 30,
        max_pid: 4_194_304,
        hostname: b"shop-1".to_vec(),
        boot_ts_epoch: START - 86_400_000_000_000,
        ..MachineInfo::default()
    })?;
    let interface = |name: &str, addr, netmask, broadcast| Interface {
        name: name.into(),
        addr: InterfaceAddr::V4 { addr, netmask, broadcast },
        linkspeed: Some(0),
    };
    sim.writer.interfaces(&[
        interface("lo", Ipv4Addr::LOCALHOST, Ipv4Addr::new(255, 0, 0, 0), Ipv4Addr::LOCALHOST),
        interface("eth0", v4, mask, Ipv4Addr::new(10, 0, 0, 255)),
        interface("docker0", [172, 17, 0, 1].into(), [255, 255, 0, 0].into(), [172, 17, 255, 255].into()),
    ])?;
    sim.writer.users(&users())?;

    for (tid, ptid, program, threads) in residents() {
        for n in 0..threads {
            let mut actor = Actor::new(tid + n, ptid, program.clone());
            actor.pid = tid;
            if actor.container.is_some() {
                (actor.vtid, actor.vpid) = (1 + n, 1);
            }
            sim.add(actor, 10);
        }
    }
    let entries: Vec<ProcessEntry> =
        sim.actors.iter().map(|actor| entry(actor, &sim.cgroups(actor.container))).collect();
    sim.writer.processes(&entries)?;
    for actor in &sim.actors {
        let fds = if actor.tid == actor.pid { descriptors(actor) } else { Vec::new() };
        sim.writer.fds(&FdList { tid: actor.tid, fds })?;
    }
    for index in 0..sim.containers.len() - 1 {
        sim.announce(index, "container")?;
    }
    Ok(())
}

fn users() -> UserList {
    let user = |uid: u32, name: &str, home: &str, shell: &str| UserEntry {
        uid,
        gid: uid,
        name: name.into(),
        homedir: home.into(),
        shell: shell.into(),
    };
    let group = |gid: u32, name: &str| GroupEntry { gid, name: name.into() };
    UserList {
        users: vec![
            user(0, "root", "/root", "/bin/bash"),
            user(33, "www-data", "/var/www", "/usr/sbin/nologin"),
            user(999, "postgres", "/var/lib/postgresql", "/bin/bash"),
            user(1000, "ann", "/home/ann", "/bin/bash"),
        ],
        groups: vec![group(0, "root"), group(33, "www-data"), group(999, "postgres"), group(1000, "ann")],
    }
}

/// Who is there from the start: id, parent, program, threads.
fn residents() -> Vec<(i64, i64, Program, i64)> {
    let on_host = |path: &str, args: &[&str], habit| Program::at(path, args).with(|p| p.habit = Some(habit));
    let inside = |path: &str, args: &[&str], habit, container, uid| {
        on_host(path, args, habit).with(|p| {
            p.container = Some(container);
            p.uid = Some(uid);
        })
    };
    let shim_args = &["-namespace", "moby", "-address", "/run/containerd/containerd.sock"];
    let mut all = vec![
        (1, 0, on_host("/usr/lib/systemd/systemd", &["--switched-root", "--system"], Habit::Init), 1),
        (310, 1, on_host("/usr/lib/systemd/systemd-journald", &[], Habit::Journal), 1),
        (702, 1, on_host("/usr/sbin/cron", &["-f"], Habit::Cron), 1),
        (750, 1, on_host("/usr/sbin/sshd", &["-D"], Habit::Sshd), 1),
        (801, 1, on_host("/usr/local/bin/node_exporter", &["--web.listen-address=:9100"], Habit::Monitor), 2),
    ];
    // A shim per container, each the parent of what runs inside.
    for shim in 0..4 {
        all.push((1000 + shim, 1, on_host("/usr/bin/containerd-shim", shim_args, Habit::Shim), 1));
    }
    for worker in 0..4 {
        all.push((1100 + worker, 1000, inside("/usr/sbin/nginx", &["-g", "daemon off;"], Habit::Web, WEB, 33), 1));
    }
    for backend in 0..4 {
        let program = inside("/usr/lib/postgresql/17/bin/postgres", &["-D", "/data"], Habit::Database, DATABASE, 999);
        all.push((1200 + backend, 1001, program, 1));
    }
    all.push((1300, 1002, inside("/usr/local/bin/redis-server", &["*:6379"], Habit::Cache, CACHE, 999), 1));
    all.push((1400, 1003, inside("/usr/local/bin/node", &["/srv/app/server.js"], Habit::App, APP, 1000), 8));
    all
}

fn entry(actor: &Actor, cgroups: &[String]) -> ProcessEntry {
    let list = |items: &[String]| items.iter().flat_map(|item| [item.as_bytes(), b"\0"].concat()).collect::<Vec<u8>>();
    let capabilities = if actor.uid == 0 { 0x1ff_ffff_ffff } else { 0 };
    ProcessEntry {
        tid: actor.tid,
        pid: actor.pid,
        ptid: actor.ptid,
        sid: actor.pid,
        vpgid: actor.vpid,
        pgid: actor.pid,
        vtid: actor.vtid,
        vpid: actor.vpid,
        comm: actor.program.comm.clone().into(),
        exe: actor.program.exe.clone().into(),
        exepath: actor.program.path.clone().into(),
        args: list(&actor.program.args),
        env: list(&environment(actor.uid, &actor.cwd)),
        cwd: actor.cwd.clone().into(),
        root: b"/".to_vec(),
        fdlimit: 1024,
        flags: Sim::<Vec<u8>>::thread_flags(actor.tid == actor.pid),
        uid: actor.uid,
        gid: actor.uid,
        loginuid: u32::MAX,
        cgroups: list(cgroups),
        cap_permitted: capabilities,
        cap_effective: capabilities,
        ..ProcessEntry::default()
    }
}

/// Standard streams, a log, and what a server listens on.
fn descriptors(actor: &Actor) -> Vec<FdEntry> {
    let file = |fd: i64, name: &str, open_flags: u32| FdEntry {
        fd,
        ino: 100 + fd.unsigned_abs(),
        info: FdInfo::FileV2 { open_flags, name: name.into(), dev: 2049 },
    };
    let mut fds = vec![file(0, "/dev/null", 1), file(1, "/dev/null", 2), file(2, "/dev/null", 2)];
    let port = match actor.habit {
        Some(Habit::Sshd) => 22,
        Some(Habit::Web) => 80,
        Some(Habit::Database) => 5432,
        Some(Habit::Cache) => 6379,
        Some(Habit::App) => 8080,
        Some(Habit::Monitor) => 9100,
        _ => {
            fds.push(file(3, "/run/lock/service.lock", 3));
            return fds;
        }
    };
    let info = FdInfo::Ipv4Server { ip: Ipv4Addr::UNSPECIFIED, port, l4proto: L4Proto::TCP };
    fds.push(FdEntry { fd: 6, ino: 7000 + u64::from(port), info });
    fds
}
