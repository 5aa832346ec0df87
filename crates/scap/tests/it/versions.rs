//! Every version of every block, written by hand here: an encoder of its own, so that the reader and the writer cannot agree on
//! the same mistake.

use std::net::{Ipv4Addr, Ipv6Addr};

use falco_catalog::{EventType, event};
use falco_scap::{
    Error, ErrorKind, FdEntry, FdInfo, FdList, GroupEntry, Interface, InterfaceAddr, Item, L4Proto, MachineInfo,
    NamedFd, Options, ProcessEntry, Reader, Section, Stage, UserEntry, UserList,
};

#[derive(Default, Clone)]
struct Bytes(Vec<u8>);

impl Bytes {
    fn u8(mut self, n: u8) -> Self {
        self.0.push(n);
        self
    }
    fn u16(mut self, n: u16) -> Self {
        self.0.extend(n.to_le_bytes());
        self
    }
    fn u32(mut self, n: u32) -> Self {
        self.0.extend(n.to_le_bytes());
        self
    }
    fn u64(mut self, n: u64) -> Self {
        self.0.extend(n.to_le_bytes());
        self
    }
    fn i64(mut self, n: i64) -> Self {
        self.0.extend(n.to_le_bytes());
        self
    }
    fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend(bytes);
        self
    }
    fn str(self, s: &[u8]) -> Self {
        self.u16(s.len() as u16).raw(s)
    }
    fn when(self, yes: bool, f: impl FnOnce(Self) -> Self) -> Self {
        if yes { f(self) } else { self }
    }
    /// The entry with its length in front, which counts itself.
    fn entry(self) -> Self {
        Self::default().u32(self.0.len() as u32 + 4).raw(&self.0)
    }
    fn block(self, block_type: u32) -> Vec<u8> {
        let mut body = self.0;
        while !body.len().is_multiple_of(4) {
            body.push(0);
        }
        let total = body.len() as u32 + 12;
        Self::default().u32(block_type).u32(total).raw(&body).u32(total).0
    }
}

fn b() -> Bytes {
    Bytes::default()
}

fn section() -> Vec<u8> {
    b().u32(0x1A2B_3C4D).u16(1).u16(0).u64(u64::MAX).block(0x0A0D_0D0A)
}

/// A close event in a version 1 block.
fn close_v1() -> Vec<u8> {
    b().u16(3).u64(77).i64(5).u32(22 + 4 + 16).u16(5).u16(8).u16(8).i64(0).i64(9).block(0x204)
}

fn capture(blocks: &[Vec<u8>]) -> Vec<u8> {
    [&section()[..], &blocks.concat(), &close_v1()].concat()
}

/// The items between the section and the event; the event must come.
fn items(blocks: &[Vec<u8>]) -> Vec<Item<'static>> {
    let bytes = capture(blocks);
    let mut reader = Reader::from_bytes(&bytes);
    let mut out = Vec::new();
    loop {
        match reader.next().unwrap().unwrap() {
            Item::Section(section) => assert_eq!(section, Section { major: 1, minor: 0, options_len: 0 }),
            Item::Event(event) => {
                assert_eq!(
                    (event.ts, event.tid, event.cpu, event.ty, event.flags),
                    (77, 5, 3, event::SYSCALL_CLOSE_X, 0)
                );
                assert_eq!((event.i64(0), event.i64(1)), (Ok(Some(0)), Ok(Some(9))));
                break;
            }
            Item::Machine(m) => out.push(Item::Machine(m)),
            Item::Processes(p) => out.push(Item::Processes(p)),
            Item::Fds(f) => out.push(Item::Fds(f)),
            Item::Interfaces(i) => out.push(Item::Interfaces(i)),
            Item::Users(u) => out.push(Item::Users(u)),
            Item::Restart => panic!("one section"),
        }
    }
    assert!(reader.next().unwrap().is_none());
    out
}

fn failure(blocks: &[Vec<u8>]) -> Error {
    let bytes = capture(blocks);
    let mut reader = Reader::from_bytes(&bytes);
    loop {
        match reader.next() {
            Ok(Some(_)) => {}
            Ok(None) => panic!("no failure"),
            Err(e) => return e,
        }
    }
}

fn says(blocks: &[Vec<u8>]) -> String {
    failure(blocks).kind().to_string()
}

fn process() -> ProcessEntry {
    ProcessEntry {
        tid: 11,
        pid: 12,
        ptid: 13,
        sid: 14,
        vpgid: 15,
        pgid: 16,
        comm: b"comm".to_vec(),
        exe: b"exe".to_vec(),
        exepath: b"/bin/exe".to_vec(),
        args: b"a\0b\0".to_vec(),
        cwd: b"/tmp".to_vec(),
        fdlimit: 1024,
        flags: 17,
        uid: 18,
        gid: 19,
        loginuid: 20,
        vmsize_kb: 21,
        vmrss_kb: 22,
        vmswap_kb: 23,
        pfmajor: 24,
        pfminor: 25,
        env: b"A=1\0".to_vec(),
        vtid: 26,
        vpid: 27,
        cgroups: b"cpu=/x\0".to_vec(),
        root: b"/root".to_vec(),
        pidns_init_start_ts: 28,
        tty: 29,
        exe_writable: true,
        exe_upper_layer: true,
        exe_lower_layer: true,
        exe_from_memfd: true,
        cap_inheritable: 30,
        cap_permitted: 31,
        cap_effective: 32,
        exe_ino: 33,
        exe_ino_ctime: 34,
        exe_ino_mtime: 35,
    }
}

/// The fields up to `root`, as version `v` has them.
fn process_bytes(p: &ProcessEntry, v: u8) -> Bytes {
    b().i64(p.tid)
        .i64(p.pid)
        .i64(p.ptid)
        .when(v >= 6, |b| b.i64(p.sid))
        .when(v >= 8, |b| b.i64(p.vpgid))
        .str(&p.comm)
        .str(&p.exe)
        .when(v >= 7, |b| b.str(&p.exepath))
        .str(&p.args)
        .str(&p.cwd)
        .i64(p.fdlimit)
        .u32(p.flags)
        .u32(p.uid)
        .u32(p.gid)
        .when(v >= 2, |b| b.u32(p.vmsize_kb).u32(p.vmrss_kb).u32(p.vmswap_kb).u64(p.pfmajor).u64(p.pfminor))
        .when(v >= 3, |b| b.str(&p.env))
        .when(v >= 4, |b| b.i64(p.vtid).i64(p.vpid).str(&p.cgroups))
        .when(v >= 5, |b| b.str(&p.root))
}

/// What is left of [`process`] when only the first fields are there.
fn without_appended(p: &ProcessEntry) -> ProcessEntry {
    ProcessEntry {
        pgid: -1,
        loginuid: u32::MAX,
        pidns_init_start_ts: 0,
        tty: 0,
        exe_writable: false,
        exe_upper_layer: false,
        exe_lower_layer: false,
        exe_from_memfd: false,
        cap_inheritable: 0,
        cap_permitted: 0,
        cap_effective: 0,
        exe_ino: 0,
        exe_ino_ctime: 0,
        exe_ino_mtime: 0,
        ..p.clone()
    }
}

fn processes(block: Vec<u8>) -> Vec<ProcessEntry> {
    match items(&[block]).remove(0) {
        Item::Processes(list) => list,
        other => panic!("{other:?}"),
    }
}

#[test]
fn process_lists_of_every_version() {
    let codes: [&[u32]; 9] = [
        &[0x202, 0x8000_ABCD],
        &[0x207, 0x8013_ABCD],
        &[0x209, 0x8014_ABCD],
        &[0x210],
        &[0x211],
        &[0x212],
        &[0x213],
        &[0x214],
        &[0x215],
    ];
    for (v, codes) in (1u8..).zip(codes) {
        let full = process();
        let mut want = without_appended(&full);
        if v < 2 {
            (want.vmsize_kb, want.vmrss_kb, want.vmswap_kb, want.pfmajor, want.pfminor) = (0, 0, 0, 0, 0);
        }
        if v < 3 {
            want.env.clear();
        }
        if v < 4 {
            (want.vtid, want.vpid) = (-1, -1);
            want.cgroups.clear();
        }
        if v < 5 {
            want.root.clear();
        }
        if v < 6 {
            want.sid = -1;
        }
        if v < 7 {
            want.exepath.clear();
        }
        if v < 8 {
            want.vpgid = -1;
        }
        let entry = process_bytes(&full, v);
        let entry = if v == 9 { entry.entry() } else { entry };
        for &code in codes {
            let block = entry.clone().raw(&entry.0).block(code);
            assert_eq!(processes(block), [want.clone(), want.clone()], "version {v}");
        }
    }
}

fn appended(p: &ProcessEntry, entry: Bytes) -> Bytes {
    entry
        .u64(p.pidns_init_start_ts)
        .u32(p.tty)
        .u32(p.loginuid)
        .u8(1)
        .u64(p.cap_inheritable)
        .u64(p.cap_permitted)
        .u64(p.cap_effective)
        .u8(1)
        .u64(p.exe_ino)
        .u64(p.exe_ino_ctime)
        .u64(p.exe_ino_mtime)
        .u8(1)
        .u8(1)
        .i64(p.pgid)
}

#[test]
fn appended_fields_come_as_far_as_the_entry_goes() {
    let p = process();
    let whole = appended(&p, process_bytes(&p, 9));
    assert_eq!(processes(whole.clone().entry().block(0x215)), std::slice::from_ref(&p));
    // A newer producer appended something.
    let newer = whole.clone().raw(b"what we do not know").entry();
    assert_eq!(processes(newer.clone().raw(&newer.0).block(0x215)), [p.clone(), p.clone()]);
    // A writer that knew everything but the last field.
    let cut = Bytes(whole.0[..whole.0.len() - 8].to_vec());
    assert_eq!(processes(cut.entry().block(0x215)), [ProcessEntry { pgid: -1, ..p.clone() }]);
    // Writers before libs 0.10 began with loginuid.
    let old = process_bytes(&p, 9).u32(p.loginuid).u8(1).u64(30).u64(31).u64(32);
    let want = ProcessEntry {
        loginuid: p.loginuid,
        exe_writable: true,
        cap_inheritable: 30,
        cap_permitted: 31,
        cap_effective: 32,
        ..without_appended(&p)
    };
    assert_eq!(processes(old.entry().block(0x215)), [want]);
    // An entry length of 0 says nothing: no appended field is read.
    let unknown = b().u32(0).raw(&process_bytes(&p, 9).0);
    assert_eq!(processes(unknown.block(0x215)), [without_appended(&p)]);
}

#[test]
fn process_entries_that_lie() {
    let p = process();
    let entry = process_bytes(&p, 9);
    let short = b().u32(20).raw(&entry.0).block(0x215);
    let len = entry.0.len() + 4;
    let text = format!("corrupted input file. Had read {len} bytes, but proclist entry have length 20.");
    assert_eq!(says(&[short]), text);
    let long = b().u32(5000).raw(&entry.0).block(0x215);
    // Its appended fields are sought in what follows.
    let after = b().raw(&[0; 400]).block(0x999);
    assert!(says(&[long, after]).starts_with("scap_read_proclist read more 5000 than a block "));
    let text = |len: usize, what: &str| {
        let s = vec![b'x'; len];
        let p = match what {
            "comm" => ProcessEntry { comm: s, ..process() },
            "exe" => ProcessEntry { exe: s, ..process() },
            "exepath" => ProcessEntry { exepath: s, ..process() },
            "args" => ProcessEntry { args: s, ..process() },
            "cwd" => ProcessEntry { cwd: s, ..process() },
            "env" => ProcessEntry { env: s, ..process() },
            "cgroups" => ProcessEntry { cgroups: s, ..process() },
            "root" => ProcessEntry { root: s, ..process() },
            _ => panic!("{what}"),
        };
        (process_bytes(&p, 9).entry().block(0x215), without_appended(&p))
    };
    for what in ["comm", "exe", "exepath", "args", "cwd", "env", "cgroups", "root"] {
        let most = if matches!(what, "args" | "env" | "cgroups") { 4096 } else { 1024 };
        let (block, want) = text(most, what);
        assert_eq!(processes(block), [want]);
        assert_eq!(says(&[text(most + 1, what).0]), format!("invalid {what}len {}", most + 1));
    }
    let error = failure(&[text(2000, "comm").0]);
    assert_eq!(error.stage(), Stage::Open);
    assert_eq!((error.place().offset, error.place().block), (28, 2));
}

fn fds(block: Vec<u8>) -> FdList {
    match items(&[block]).remove(0) {
        Item::Fds(list) => list,
        other => panic!("{other:?}"),
    }
}

#[test]
fn descriptors_of_every_type() {
    let (a, c) = (Ipv4Addr::new(10, 0, 0, 1), Ipv4Addr::new(10, 0, 0, 2));
    let (d, e): (Ipv6Addr, Ipv6Addr) = ("fe80::1".parse().unwrap(), "::ffff:1.2.3.4".parse().unwrap());
    let tcp = L4Proto::TCP;
    let v4 = b().raw(&a.octets()).raw(&c.octets()).u16(80).u16(443).u8(2);
    let v6 = b().raw(&d.octets()).raw(&e.octets()).u16(80).u16(443).u8(2);
    let mut cases = vec![
        (0, b(), FdInfo::Unknown),
        (3, v4, FdInfo::Ipv4 { sip: a, dip: c, sport: 80, dport: 443, l4proto: tcp }),
        (4, v6, FdInfo::Ipv6 { sip: d, dip: e, sport: 80, dport: 443, l4proto: tcp }),
        (5, b().raw(&a.octets()).u16(80).u8(3), FdInfo::Ipv4Server { ip: a, port: 80, l4proto: L4Proto::UDP }),
        (6, b().raw(&d.octets()).u16(80).u8(2), FdInfo::Ipv6Server { ip: d, port: 80, l4proto: tcp }),
        (8, b().u64(1).u64(2).str(b"/s"), FdInfo::Unix { source: 1, destination: 2, name: b"/s".to_vec() }),
        (16, b().u32(5).str(b"/f"), FdInfo::FileV2 { open_flags: 5, name: b"/f".to_vec(), dev: 0 }),
    ];
    for code in [1, 2, 7, 9, 10, 11, 12, 13, 14, 15, 17, 18, 19, 20, 21] {
        let kind = NamedFd::from_code(code).unwrap();
        assert_eq!(kind as u8, code);
        cases.push((code, b().str(b"name"), FdInfo::Named { kind, name: b"name".to_vec() }));
    }
    let entry = |code: u8, payload: &Bytes| b().i64(i64::from(code) + 100).u64(55).u8(code).raw(&payload.0);
    let mut old = b().i64(42);
    let mut new = b().i64(42);
    let mut want = Vec::new();
    for (code, payload, info) in cases {
        assert_eq!(info.code(), code);
        old = old.raw(&entry(code, &payload).0);
        // Bytes that a newer producer appended.
        let more = if code == 16 { payload } else { payload.raw(b"more") };
        new = new.raw(&entry(code, &more).entry().0);
        want.push(FdEntry { fd: i64::from(code) + 100, ino: 55, info });
    }
    for code in [0x203, 0x8001_ABCD] {
        assert_eq!(fds(old.clone().block(code)), FdList { tid: 42, fds: want.clone() });
    }
    let with_dev = b().u32(5).str(b"/f").u32(77);
    new = new.raw(&entry(16, &with_dev).entry().0);
    want.push(FdEntry { fd: 116, ino: 55, info: FdInfo::FileV2 { open_flags: 5, name: b"/f".to_vec(), dev: 77 } });
    // A type of a newer producer.
    new = new.raw(&entry(99, &b().raw(b"payload")).entry().0);
    let name = b"unknown-type:[99]".to_vec();
    want.push(FdEntry { fd: 199, ino: 55, info: FdInfo::Named { kind: NamedFd::Unsupported, name } });
    assert_eq!(fds(new.block(0x218)), FdList { tid: 42, fds: want });
    assert_eq!(fds(b().i64(42).block(0x218)), FdList { tid: 42, fds: vec![] });
}

#[test]
fn descriptor_entries_that_lie() {
    let named = |len: usize| b().i64(42).raw(&b().i64(1).u64(2).u8(1).str(&vec![b'x'; len]).entry().0).block(0x218);
    assert_eq!(fds(named(1023)).fds[0].info.name().unwrap().len(), 1023);
    assert_eq!(says(&[named(1024)]), "invalid filename len 1024");
    let short = b().i64(42).u32(9).raw(&b().i64(1).u64(2).u8(0).0).block(0x218);
    assert_eq!(says(&[short]), "corrupted input file. Had read 21 bytes, but fdlist entry have length 9.");
    let long = b().i64(42).u32(u32::MAX).raw(&b().i64(1).u64(2).u8(0).0).block(0x218);
    assert!(says(&[long]).starts_with("scap_read_fdlist read more 4294967303 than a block "));
}

#[test]
fn interfaces_of_every_type() {
    let v4 = InterfaceAddr::V4 {
        addr: Ipv4Addr::new(10, 0, 0, 5),
        netmask: Ipv4Addr::new(255, 0, 0, 0),
        broadcast: Ipv4Addr::new(10, 255, 255, 255),
    };
    let v6 = InterfaceAddr::V6 {
        addr: Ipv6Addr::LOCALHOST,
        netmask: "ffff::".parse().unwrap(),
        broadcast: Ipv6Addr::UNSPECIFIED,
    };
    let v4_bytes = b().raw(&[10, 0, 0, 5]).raw(&[255, 0, 0, 0]).raw(&[10, 255, 255, 255]);
    let mut v6_bytes = [0u8; 48];
    v6_bytes[15] = 1;
    v6_bytes[16..18].fill(0xff);
    let cases = [
        (1u16, v4_bytes.clone().u64(9), v4, Some(9)),
        (2, b().raw(&v6_bytes).u64(8), v6, Some(8)),
        (3, v4_bytes, v4, None),
        (4, b().raw(&v6_bytes), v6, None),
    ];
    let (mut old, mut new, mut want) = (b(), b(), Vec::new());
    for (kind, fixed, addr, linkspeed) in cases {
        let entry = b().u16(kind).u16(4).raw(&fixed.0).raw(b"eth0");
        old = old.raw(&entry.0);
        // The length of an interface's entry does not count itself.
        new = new.u32(entry.0.len() as u32 + 3).raw(&entry.0).raw(b"new");
        want.push(Interface { name: b"eth0".to_vec(), addr, linkspeed });
    }
    for block in [old.clone().block(0x205), old.block(0x8011_ABCD), new.block(0x219)] {
        let Item::Interfaces(found) = items(&[block]).remove(0) else { panic!("interfaces") };
        assert_eq!(found, want);
    }
    assert_eq!(says(&[b().u16(7).u16(4).raw(&[0; 30]).block(0x205)]), "unknown interface type 7");
    let text = "trace file has corrupted interface list(";
    assert!(says(&[b().u16(1).u16(1024).raw(&[0; 30]).block(0x205)]).starts_with(text));
    assert!(says(&[b().u16(1).u16(100).raw(&[0; 30]).block(0x205)]).starts_with(text));
    assert!(says(&[b().u32(5).u16(1).u16(4).raw(&[0; 30]).block(0x219)]).starts_with(text));
}

#[test]
fn users_and_groups_of_every_version() {
    let user = b().u8(0).u32(1000).u32(100).str(b"ann").str(b"/home/ann").str(b"/bin/sh");
    let group = b().u8(1).u32(100).str(b"users");
    let want = UserList {
        users: vec![UserEntry {
            uid: 1000,
            gid: 100,
            name: b"ann".to_vec(),
            homedir: b"/home/ann".to_vec(),
            shell: b"/bin/sh".to_vec(),
        }],
        groups: vec![GroupEntry { gid: 100, name: b"users".to_vec() }],
    };
    let old = user.clone().raw(&group.0);
    let new = user.raw(b"new").entry().raw(&group.raw(b"x").entry().0);
    for block in [old.clone().block(0x206), old.block(0x8012_ABCD), new.block(0x220)] {
        let Item::Users(found) = items(&[block]).remove(0) else { panic!("users") };
        assert_eq!(found, want);
    }
    let named = |len: usize| b().u8(1).u32(1).str(&vec![b'x'; len]).entry().block(0x220);
    assert!(matches!(&items(&[named(255)])[0], Item::Users(list) if list.groups[0].name.len() == 255));
    assert_eq!(says(&[named(256)]), "invalid group name len 256");
    let shell = b().u8(0).u32(1).u32(1).str(b"a").str(b"b").str(&[b'x'; 300]).entry().block(0x220);
    assert_eq!(says(&[shell]), "invalid user shell len 300");
    let short = b().u32(5).u8(1).u32(1).str(b"a").block(0x220);
    assert_eq!(says(&[short]), "corrupted input file. Had read 12 bytes, but userlist entry have length 5.");
}

#[test]
fn machines_and_unknown_blocks() {
    let mut host = [0u8; 128];
    host[..4].copy_from_slice(b"host");
    let body = b().u32(4).u64(5).u64(6).raw(&host).u64(7).u64(8).u64(9).u64(10);
    assert_eq!(body.0.len(), 180);
    let want = MachineInfo {
        num_cpus: 4,
        memory_size_bytes: 5,
        max_pid: 6,
        hostname: b"host".to_vec(),
        boot_ts_epoch: 7,
        flags: 8,
        reserved3: 9,
        reserved4: 10,
    };
    for code in [0x201, 0x8002_ABCD] {
        // Unknown blocks are skipped before the first event; so is a section header there.
        let blocks = [b().raw(b"anything").block(0x999), body.clone().block(code), section(), b().block(0x2FF)];
        let found = items(&blocks);
        assert!(matches!(&found[..], [Item::Machine(m)] if *m == want));
    }
    // What a newer producer appended to the machine is taken for the trailer.
    assert_eq!(says(&[body.u32(1).block(0x201)]), "wrong block total length, header=196, trailer=1");
    let bad = b().u32(0x999).u32(16).u32(0).u32(17).0;
    assert_eq!(says(&[bad]), "wrong block total length, header=16, trailer=17");
}

/// The one event of a capture with this block alone, before conversion.
fn one_event(block: &[u8]) -> Result<(EventType, u32, Vec<Vec<u8>>), Error> {
    let bytes = [&section()[..], block].concat();
    let raw = Options { convert: false, ..Options::default() };
    let mut reader = Reader::from_bytes(&bytes).with_options(raw);
    let event = reader.next_event_only()?.expect("an event");
    Ok((event.ty, event.flags, event.params().map(<[u8]>::to_vec).collect()))
}

/// An event without block: V2 when `nparams` is there.
fn event(ty: u16, len: u32, nparams: Option<u32>, rest: &[u8]) -> Bytes {
    b().u64(1).i64(2).u32(len).u16(ty).when(nparams.is_some(), |b| b.u32(nparams.unwrap_or(0))).raw(rest)
}

fn wrong(block_type: u32, event: &Bytes) -> String {
    one_event(&b().u16(0).raw(&event.0).block(block_type)).map(|_| ()).unwrap_err().kind().to_string()
}

#[test]
fn event_blocks_of_every_version() {
    let close = event::SYSCALL_CLOSE_X;
    let params = b().u16(8).u16(0).i64(-2);
    let v1 = event(close.0, 22 + 12, None, &params.0);
    let v2 = event(close.0, 26 + 12, Some(2), &params.0);
    let want = vec![(-2i64).to_le_bytes().to_vec(), vec![]];
    for code in [0x204, 0x8010_ABCD] {
        assert_eq!(one_event(&b().u16(0).raw(&v1.0).block(code)).unwrap(), (close, 0, want.clone()));
    }
    assert_eq!(one_event(&b().u16(0).u32(1).raw(&v1.0).block(0x208)).unwrap(), (close, 1, want.clone()));
    assert_eq!(one_event(&b().u16(0).raw(&v2.0).block(0x216)).unwrap(), (close, 0, want.clone()));
    assert_eq!(one_event(&b().u16(0).u32(7).raw(&v2.0).block(0x217)).unwrap(), (close, 7, want.clone()));
    // Comments after the event do not count.
    assert_eq!(one_event(&b().u16(0).raw(&v2.0).raw(b"a comment").block(0x216)).unwrap(), (close, 0, want));
    let plugin = event::PLUGINEVENT_E;
    let large = event(plugin.0, 26 + 8 + 7, Some(2), &b().u32(4).u32(3).u32(9).raw(b"xyz").0);
    let want = vec![9u32.to_le_bytes().to_vec(), b"xyz".to_vec()];
    assert_eq!(one_event(&b().u16(0).raw(&large.0).block(0x221)).unwrap(), (plugin, 0, want.clone()));
    assert_eq!(one_event(&b().u16(0).u32(1).raw(&large.0).block(0x222)).unwrap(), (plugin, 1, want.clone()));
    assert_eq!(one_event(&b().u16(0).raw(&large.0).block(0x216)).unwrap(), (plugin, 0, want));
}

#[test]
fn old_writers_stored_two_lengths_wrong() {
    for ty in [event::NOTIFICATION_E, event::INFRASTRUCTURE_EVENT_E] {
        let nparams = ty.info().unwrap().params.len();
        let mut rest = b();
        for _ in 0..nparams {
            rest = rest.u16(2);
        }
        let rest = rest.raw(&vec![b'a'; 2 * nparams]);
        let len = 22 + rest.0.len() as u32;
        let found = one_event(&b().u16(0).raw(&event(ty.0, len + 3, None, &rest.0).0).block(0x204)).unwrap();
        assert_eq!(found, (ty, 0, vec![b"aa".to_vec(); nparams]));
    }
}

#[test]
fn an_old_event_may_have_fewer_parameters_than_the_table() {
    let read = event::SYSCALL_READ_X;
    let rest = b().u16(8).u16(3).i64(3).raw(b"abc");
    let found = one_event(&b().u16(0).raw(&event(read.0, 22 + 15, None, &rest.0).0).block(0x204)).unwrap();
    assert_eq!(found, (read, 0, vec![3i64.to_le_bytes().to_vec(), b"abc".to_vec()]));
}

#[test]
fn events_that_lie() {
    let close = event::SYSCALL_CLOSE_X.0;
    let data = &b().u16(8).u16(8).i64(0).i64(1).0[..];
    let says = |len, nparams, rest: &[u8]| wrong(0x216, &event(close, len, Some(nparams), rest));
    assert_eq!(says(25, 0, data), "invalid event: len 25 is smaller than the event header size");
    assert_eq!(says(60, 2, data), "invalid event: len 60 is larger than the 46 bytes available in the block");
    assert_eq!(says(46, 11, data), "invalid event: nparams 11 does not fit in event len 46");
    assert_eq!(says(46, u32::MAX, data), "invalid event: nparams 4294967295 does not fit in event len 46");
    let long = &b().u16(8).u16(9).i64(0).i64(1).0[..];
    assert_eq!(says(46, 2, long), "invalid event: param 1 len 9 exceeds event len 46");
    // Fewer bytes than there are is no error.
    let short = b().u16(8).u16(4).i64(0).i64(1).0;
    let found = one_event(&b().u16(0).raw(&event(close, 46, Some(2), &short).0).block(0x216)).unwrap();
    assert_eq!(found.2[1], [1, 0, 0, 0]);
    // Parameters that the table does not know are counted, not shown.
    let more = b().u16(8).u16(8).u16(1).i64(0).i64(1).u8(7).0;
    let found = one_event(&b().u16(0).raw(&event(close, 26 + 23, Some(3), &more).0).block(0x216)).unwrap();
    assert_eq!(found.2.len(), 2);
    let tiny = b().u32(0x217).u32(38).u16(0).raw(&[0; 24]).u32(38).0;
    let error = one_event(&tiny).unwrap_err();
    assert_eq!(error.kind().to_string(), "event header exceeds block payload: 20 bytes available, 26 needed");
    let long = b().u16(0).raw(&event(close, 26, Some(0), &vec![0; 65_536]).0).block(0x216);
    assert!(matches!(one_event(&long).unwrap_err().kind(), ErrorKind::BlockTooLong { most: 65_536, .. }));
    let long = b().u16(0).raw(&event(close, 22, None, &vec![0; 65_536 - 28]).0).block(0x204);
    let says = one_event(&long).unwrap_err().kind().to_string();
    assert_eq!(says, "cannot convert v1 event block to v2 (65540 greater than read buffer size 65536)");
}

#[test]
fn a_repeated_list_is_given_again() {
    let user = |uid| b().u8(0).u32(uid).u32(1).str(b"a").str(b"b").str(b"c").entry().block(0x220);
    let found = items(&[user(1), user(2)]);
    let uids: Vec<_> = found
        .iter()
        .map(|item| match item {
            Item::Users(list) => list.users[0].uid,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(uids, [1, 2]);
}
