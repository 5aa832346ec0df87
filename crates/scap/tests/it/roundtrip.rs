//! What is written reads back the same.

use std::net::{Ipv4Addr, Ipv6Addr};

use falco_catalog::{EventType, event};
use falco_scap::builder::{self, CaptureBuilder, Param, Params};
use falco_scap::params::{Sockaddr, Socktuple};
use falco_scap::{
    Compression, ErrorKind, EventBuf, FdEntry, FdInfo, FdList, GroupEntry, Interface, InterfaceAddr, Item, L4Proto,
    MachineInfo, NamedFd, Options, ProcessEntry, Reader, UserEntry, UserList, WriteError, Writer, params,
};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::shared::{shared, whole_captures};

/// Everything that a reader gives, in one comparable form; portions of lists are put together.
#[derive(Debug, Default, PartialEq, Clone)]
struct Content {
    machine: Option<MachineInfo>,
    interfaces: Vec<Interface>,
    users: UserList,
    processes: Vec<ProcessEntry>,
    fds: Vec<(i64, FdEntry)>,
    fd_threads: Vec<i64>,
    events: Vec<OneEvent>,
}

#[derive(Debug, PartialEq, Clone)]
struct OneEvent {
    ts: u64,
    tid: i64,
    cpu: u16,
    ty: u16,
    flags: u32,
    params: Vec<Vec<u8>>,
}

impl OneEvent {
    fn buf(&self) -> EventBuf {
        let mut buf = EventBuf::default();
        buf.begin(self.ts, self.tid, self.cpu, EventType(self.ty), self.flags);
        self.params.iter().for_each(|p| buf.push(p));
        buf
    }
}

fn content(mut reader: Reader<'_>) -> Content {
    let mut out = Content::default();
    while let Some(item) = reader.next().unwrap() {
        match item {
            Item::Section(_) => {}
            Item::Machine(machine) => out.machine = Some(machine),
            Item::Processes(entries) => out.processes.extend(entries),
            Item::Fds(list) => {
                if out.fd_threads.last() != Some(&list.tid) {
                    out.fd_threads.push(list.tid);
                }
                out.fds.extend(list.fds.into_iter().map(|fd| (list.tid, fd)));
            }
            Item::Interfaces(list) => out.interfaces = list,
            Item::Users(list) => out.users = list,
            Item::Restart => panic!("one section"),
            Item::Event(e) => out.events.push(OneEvent {
                ts: e.ts,
                tid: e.tid,
                cpu: e.cpu,
                ty: e.ty.0,
                flags: e.flags,
                params: e.params().map(<[u8]>::to_vec).collect(),
            }),
        }
    }
    out
}

fn write(content: &Content, compression: Compression) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new(), compression).unwrap();
    if let Some(machine) = &content.machine {
        writer.machine(machine).unwrap();
    }
    writer.interfaces(&content.interfaces).unwrap();
    writer.users(&content.users).unwrap();
    writer.processes(&content.processes).unwrap();
    for &tid in &content.fd_threads {
        let fds = content.fds.iter().filter(|(t, _)| *t == tid).map(|(_, fd)| fd.clone()).collect();
        writer.fds(&FdList { tid, fds }).unwrap();
    }
    for event in &content.events {
        writer.event(&event.buf().event()).unwrap();
    }
    writer.finish().unwrap()
}

fn bytes(most: usize) -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..=most)
}

fn machine() -> impl Strategy<Value = MachineInfo> {
    (any::<(u32, u64, u64, u64, u64)>(), vec(1u8.., 0..=127)).prop_map(
        |((cpus, memory, pid, boot, flags), hostname)| MachineInfo {
            num_cpus: cpus,
            memory_size_bytes: memory,
            max_pid: pid,
            hostname,
            boot_ts_epoch: boot,
            flags,
            reserved3: pid ^ boot,
            reserved4: memory ^ flags,
        },
    )
}

fn process() -> impl Strategy<Value = ProcessEntry> {
    let ids = any::<[i64; 9]>();
    let words = any::<[u32; 8]>();
    let longs = any::<[u64; 9]>();
    let bits = any::<[bool; 4]>();
    let texts = (bytes(40), bytes(1024), bytes(40), bytes(4096), bytes(40), bytes(300), bytes(300), bytes(40));
    (ids, words, longs, bits, texts).prop_map(|(i, w, l, b, t)| ProcessEntry {
        tid: i[0],
        pid: i[1],
        ptid: i[2],
        sid: i[3],
        vpgid: i[4],
        pgid: i[5],
        comm: t.0,
        exe: t.1,
        exepath: t.2,
        args: t.3,
        cwd: t.4,
        fdlimit: i[6],
        flags: w[0],
        uid: w[1],
        gid: w[2],
        loginuid: w[3],
        vmsize_kb: w[4],
        vmrss_kb: w[5],
        vmswap_kb: w[6],
        pfmajor: l[0],
        pfminor: l[1],
        env: t.5,
        vtid: i[7],
        vpid: i[8],
        cgroups: t.6,
        root: t.7,
        pidns_init_start_ts: l[2],
        tty: w[7],
        exe_writable: b[0],
        exe_upper_layer: b[1],
        exe_lower_layer: b[2],
        exe_from_memfd: b[3],
        cap_inheritable: l[3],
        cap_permitted: l[4],
        cap_effective: l[5],
        exe_ino: l[6],
        exe_ino_ctime: l[7],
        exe_ino_mtime: l[8],
    })
}

fn fd_info() -> impl Strategy<Value = FdInfo> {
    let v4 = || any::<Ipv4Addr>();
    let v6 = || any::<Ipv6Addr>();
    let proto = || (0u8..6).prop_map(L4Proto);
    prop_oneof![
        Just(FdInfo::Unknown),
        (0u8..22, bytes(1023)).prop_map(|(code, name)| match NamedFd::from_code(code) {
            Some(kind) => FdInfo::Named { kind, name },
            None => FdInfo::Unknown,
        }),
        (any::<(u32, u32)>(), bytes(60)).prop_map(|((open_flags, dev), name)| FdInfo::FileV2 { open_flags, name, dev }),
        (v4(), v4(), any::<(u16, u16)>(), proto()).prop_map(|(sip, dip, (sport, dport), l4proto)| FdInfo::Ipv4 {
            sip,
            dip,
            sport,
            dport,
            l4proto
        }),
        (v4(), any::<u16>(), proto()).prop_map(|(ip, port, l4proto)| FdInfo::Ipv4Server { ip, port, l4proto }),
        (v6(), v6(), any::<(u16, u16)>(), proto()).prop_map(|(sip, dip, (sport, dport), l4proto)| FdInfo::Ipv6 {
            sip,
            dip,
            sport,
            dport,
            l4proto
        }),
        (v6(), any::<u16>(), proto()).prop_map(|(ip, port, l4proto)| FdInfo::Ipv6Server { ip, port, l4proto }),
        (any::<(u64, u64)>(), bytes(108)).prop_map(|((source, destination), name)| FdInfo::Unix {
            source,
            destination,
            name
        }),
    ]
}

fn interfaces() -> impl Strategy<Value = Vec<Interface>> {
    let one = |v6: bool| {
        let addresses = (any::<[Ipv4Addr; 3]>(), any::<[Ipv6Addr; 3]>());
        (addresses, bytes(30), any::<Option<u64>>()).prop_map(move |((a, b), name, linkspeed)| Interface {
            name,
            addr: if v6 {
                InterfaceAddr::V6 { addr: b[0], netmask: b[1], broadcast: b[2] }
            } else {
                InterfaceAddr::V4 { addr: a[0], netmask: a[1], broadcast: a[2] }
            },
            linkspeed,
        })
    };
    (vec(one(false), 0..4), vec(one(true), 0..4)).prop_map(|(mut a, b)| {
        a.extend(b);
        a
    })
}

fn users() -> impl Strategy<Value = UserList> {
    let user = (any::<(u32, u32)>(), bytes(255), bytes(60), bytes(60))
        .prop_map(|((uid, gid), name, homedir, shell)| UserEntry { uid, gid, name, homedir, shell });
    let group = (any::<u32>(), bytes(255)).prop_map(|(gid, name)| GroupEntry { gid, name });
    (vec(user, 0..6), vec(group, 0..6)).prop_map(|(users, groups)| UserList { users, groups })
}

/// Events of types that are delivered as they are when complete: the reader's converter must not touch them.
fn current_events() -> Vec<(u16, usize)> {
    EventType::all()
        .filter_map(EventType::info)
        .filter(|i| !i.flags.unused() && !i.flags.old_version() && (i.is_exit || !i.flags.converter_managed()))
        .map(|i| (i.ty.0, i.params.len()))
        .collect()
}

fn one_event() -> impl Strategy<Value = OneEvent> {
    let head = any::<(u64, i64, u16)>();
    let flags = prop_oneof![Just(0u32), Just(1), any::<u32>()];
    (head, flags, proptest::sample::select(current_events())).prop_flat_map(|((ts, tid, cpu), flags, (ty, n))| {
        vec(bytes(200), n).prop_map(move |params| OneEvent { ts, tid, cpu, ty, flags, params })
    })
}

fn any_content() -> impl Strategy<Value = Content> {
    let lists = (proptest::option::of(machine()), interfaces(), users(), vec(process(), 0..5));
    let fds = vec((any::<(i64, u64)>(), fd_info()), 0..20);
    (lists, fds, vec(one_event(), 1..20)).prop_map(|((machine, interfaces, users, processes), fds, events)| {
        let fds: Vec<_> = fds
            .into_iter()
            .enumerate()
            .map(|(i, ((fd, ino), info))| (i as i64 / 7, FdEntry { fd, ino, info }))
            .collect();
        let mut fd_threads: Vec<_> = fds.iter().map(|(tid, _)| *tid).collect();
        fd_threads.dedup();
        Content { machine, interfaces, users, processes, fds, fd_threads, events }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]
    #[test]
    fn what_is_written_reads_back_the_same(content_in in any_content(), gzip in any::<bool>()) {
        let bytes = write(&content_in, if gzip { Compression::Gzip } else { Compression::None });
        prop_assert_eq!(&content(Reader::from_bytes(&bytes)), &content_in);
        prop_assert_eq!(&content(Reader::new(&bytes[..])), &content_in);
    }
}

#[test]
fn real_captures_survive_a_rewrite() {
    let Some(shared) = shared("real_captures_survive_a_rewrite") else { return };
    for path in whole_captures(&shared) {
        let mut reader = Reader::open(&path).unwrap();
        let mut writer = Writer::new(Vec::new(), Compression::Gzip).unwrap();
        while let Some(item) = reader.next().unwrap() {
            writer.item(&item).unwrap();
        }
        let bytes = writer.finish().unwrap();
        let (before, after) = (content(Reader::open(&path).unwrap()), content(Reader::from_bytes(&bytes)));
        assert!(before == after, "{path:?}");
        assert!(!before.events.is_empty());
    }
}

#[test]
fn sections_in_a_row_restart() {
    let one = |ts| {
        let thread = ProcessEntry { tid: 7, pid: 7, ..Default::default() };
        CaptureBuilder::new().thread(thread).event(ts, 7, event::SYSCALL_CLOSE_X, params![0, 3]).build().unwrap()
    };
    let both = [one(1), one(2)].concat();
    let mut reader = Reader::from_bytes(&both);
    let mut seen = Vec::new();
    while let Some(item) = reader.next().unwrap() {
        seen.push(match item {
            Item::Section(s) => format!("section {}.{}", s.major, s.minor),
            Item::Processes(p) => format!("processes {}", p.len()),
            Item::Fds(f) => format!("fds {} {}", f.tid, f.fds.len()),
            Item::Restart => "restart".into(),
            Item::Event(e) => format!("event {}", e.ts),
            other => panic!("{other:?}"),
        });
    }
    let half = |ts| ["section 1.2".to_owned(), "processes 1".into(), "fds 7 0".into(), format!("event {ts}")];
    assert_eq!(seen, [&half(1)[..], &["restart".into()], &half(2)].concat());
    assert_eq!(reader.event_number(), 2);
}

#[test]
fn long_lists_come_in_portions_and_whole_lists_do_not() {
    let threads: Vec<_> =
        (0..1000).map(|tid| ProcessEntry { tid, pid: tid, args: vec![b'a'; 4096], ..Default::default() }).collect();
    let users: Vec<_> =
        (0..1000).map(|uid| UserEntry { uid, name: format!("u{uid}").into_bytes(), ..Default::default() }).collect();
    let mut builder = CaptureBuilder::new().event(1, 1, event::SYSCALL_CLOSE_X, params![0, 3]);
    for user in users {
        builder = builder.user(user);
    }
    for thread in threads {
        builder = builder.thread(thread);
    }
    let bytes = builder.build().unwrap();
    let mut reader = Reader::new(&bytes[..]);
    let (mut portions, mut processes, mut users) = (0, 0, 0);
    while let Some(item) = reader.next().unwrap() {
        match item {
            Item::Processes(p) => {
                portions += 1;
                processes += p.len();
            }
            Item::Users(list) => users = list.users.len(),
            _ => {}
        }
    }
    assert_eq!((processes, users), (1000, 1000));
    assert!(portions > 1);
}

#[test]
fn large_payloads_go_in_large_blocks() {
    let payload = vec![7u8; 300_000];
    let bytes = CaptureBuilder::new()
        .event(1, -1, event::PLUGINEVENT_E, params![3u32, Param::Raw(payload.clone())])
        .with_flags(1)
        .event(2, -1, event::PLUGINEVENT_E, params![3u32, Param::Raw(payload.clone())])
        .with_flags(0)
        .event(3, 1, event::SYSCALL_CLOSE_X, params![0, 3])
        .build()
        .unwrap();
    for mut reader in [Reader::from_bytes(&bytes), Reader::new(&bytes[..])] {
        for (ts, flags) in [(1, 0), (2, 1)] {
            let event = reader.next_event_only().unwrap().unwrap();
            assert_eq!((event.ts, event.flags), (ts, flags));
            assert_eq!(event.param(1).unwrap(), payload);
        }
        assert_eq!(reader.next_event_only().unwrap().unwrap().i64(1), Ok(Some(3)));
        assert!(reader.next_event_only().unwrap().is_none());
    }
}

#[test]
fn events_that_do_not_fit_are_refused() {
    let mut writer = Writer::new(Vec::new(), Compression::None).unwrap();
    let mut event = EventBuf::default();
    event.begin(1, 1, 0, event::SYSCALL_READ_X, 0);
    event.push(&0i64.to_le_bytes());
    event.push(&vec![0; 65_536]);
    assert!(matches!(writer.event(&event.event()), Err(WriteError::EventTooLong { event: "read", .. })));
    event.begin(1, 1, 0, event::SYSCALL_READ_X, 0);
    event.push(&0i64.to_le_bytes());
    event.push(&vec![0; 65_400]);
    writer.event(&event.event()).unwrap();
    let bytes = writer.finish().unwrap();
    let raw = Options { convert: false, ..Options::default() };
    let mut reader = Reader::from_bytes(&bytes).with_options(raw);
    assert_eq!(reader.next_event_only().unwrap().unwrap().param(1).unwrap().len(), 65_400);
}

#[test]
fn the_builder_checks_types_counts_and_names() {
    let build = |ty, params: Params| CaptureBuilder::new().event(1, 1, ty, params).build().map(|_| ());
    let says = |ty, params: Params| build(ty, params).unwrap_err().to_string();
    let close = event::SYSCALL_CLOSE_X;
    build(close, params![0, 3]).unwrap();
    build(close, params! { fd = 3 }).unwrap();
    assert_eq!(says(close, params![0, 3, 4]), "`SYSCALL_CLOSE_X` has 2 parameters, 3 are given");
    assert_eq!(says(close, params! { fdd = 3 }), "`SYSCALL_CLOSE_X` has no parameter `fdd`");
    assert_eq!(
        says(close, params!["x"]),
        "parameter `res` of `SYSCALL_CLOSE_X` is of type Errno, which Bytes([120]) does not fit"
    );
    let flags = params! { fd = 3, name = "/x", flags = u64::from(u32::MAX) + 1 };
    assert!(says(event::SYSCALL_OPEN_X, flags).contains("is of type Flags32"));
    assert!(says(event::SYSCALL_OPEN_X, params! { name = "a\0b" }).contains("is of type"));
    assert_eq!(says(EventType(999), params![]), "there is no event type 999");
}

#[test]
fn the_builder_writes_what_parameters_read_as() {
    let v4 = Sockaddr::V4 { ip: Ipv4Addr::new(10, 0, 0, 1), port: 443 };
    let tuple = Socktuple::Unix { source: 1, destination: 2, path: b"/run/s" };
    let bytes = CaptureBuilder::new()
        .event(1, 1, event::SOCKET_CONNECT_X, params! { res = -115, tuple = tuple, fd = 3, addr = v4 })
        .event(2, 1, event::SYSCALL_POLL_X, params! { res = 1, fds = Param::Fds(vec![(3, 1), (4, 0)]) })
        .event(3, 1, event::SYSCALL_EXECVE_19_X, params! { exe = "/bin/ls", args = ["-l", "", "/tmp"], pid = 5 })
        .event(4, 1, event::SOCKET_GETSOCKOPT_X, params! { res = 0, val = Param::Dynamic(2, Box::new(7.into())) })
        .build()
        .unwrap();
    let mut reader = Reader::from_bytes(&bytes);
    let event = reader.next_event_only().unwrap().unwrap();
    assert_eq!(event.i64(0), Ok(Some(-115)));
    assert_eq!(event.socktuple(1), Some(tuple));
    assert_eq!(event.sockaddr(3), Some(v4));
    let event = reader.next_event_only().unwrap().unwrap();
    assert_eq!(event.fdlist(1).unwrap().collect::<Vec<_>>(), [(3, 1), (4, 0)]);
    let event = reader.next_event_only().unwrap().unwrap();
    assert_eq!(event.str(1), Ok(Some(&b"/bin/ls"[..])));
    assert_eq!(event.list(2).unwrap().collect::<Vec<_>>(), [&b"-l"[..], b"", b"/tmp"]);
    assert_eq!(event.i64(4), Ok(Some(5)));
    assert!(event.is_empty(0));
    let event = reader.next_event_only().unwrap().unwrap();
    let (index, _) = event::SOCKET_GETSOCKOPT_X.info().unwrap().param("val").unwrap();
    assert_eq!(event.dynamic(index), Some((2, &7u32.to_le_bytes()[..])));
}

#[test]
fn an_incomplete_event_of_a_current_type_is_completed() {
    let bytes = CaptureBuilder::new()
        .event(1, 1, event::SYSCALL_CLOSE_E, params![9])
        .event(2, 1, event::SYSCALL_CLOSE_X, params![0])
        .event(3, 1, event::SYSCALL_CLOSE_X, params![0])
        .build()
        .unwrap();
    let mut reader = Reader::from_bytes(&bytes);
    let event = reader.next_event_only().unwrap().unwrap();
    assert_eq!((event.ts, event.i64(1)), (2, Ok(Some(9))), "the descriptor comes from the enter event");
    let event = reader.next_event_only().unwrap().unwrap();
    assert_eq!((event.ts, event.i64(1)), (3, Ok(Some(0))), "which is used once");
    assert_eq!((reader.event_number(), reader.raw_events()), (2, 3));
    assert!(reader.next_event_only().unwrap().is_none());
}

#[test]
fn an_execve_of_an_old_capture_becomes_a_current_one() {
    let mut values: Vec<Param> = vec![Param::Empty; 16];
    values[0] = 0.into();
    values[1] = "/bin/true".into();
    values[13] = "true".into();
    let bytes = CaptureBuilder::new()
        .event(1, 7, event::SYSCALL_EXECVE_16_E, params![])
        .event(2, 7, event::SYSCALL_EXECVE_16_X, values.clone())
        .event(3, 8, event::SYSCALL_EXECVE_18_E, params!["/usr/bin/env"])
        .event(4, 8, event::SYSCALL_EXECVE_16_X, values)
        .build()
        .unwrap();
    let mut reader = Reader::from_bytes(&bytes);
    for (ts, filename) in [(1, ""), (3, "/usr/bin/env")] {
        let enter = reader.next_event_only().unwrap().unwrap();
        assert_eq!((enter.ts, enter.ty, enter.param_count()), (ts, event::SYSCALL_EXECVE_19_E, 1));
        let exit = reader.next_event_only().unwrap().unwrap();
        assert_eq!((exit.ty, exit.param_count()), (event::SYSCALL_EXECVE_19_X, 31));
        assert_eq!(exit.str(1), Ok(Some(&b"/bin/true"[..])));
        assert_eq!(exit.str(13), Ok(Some(&b"true"[..])));
        assert!((16..30).all(|i| exit.is_empty(i)));
        assert_eq!(exit.param(30).unwrap().strip_suffix(&[0]).unwrap_or_default(), filename.as_bytes());
    }
}

#[test]
fn an_old_container_event_becomes_json() {
    let bytes = CaptureBuilder::new()
        .event(1, 1, event::CONTAINER_E, params!["3f2a", 0, "na\"me", "nginx:1"])
        .event(2, 1, event::CONTAINER_E, params!["3f2a", Param::Empty, "name", "nginx:1"])
        .build()
        .unwrap();
    let mut reader = Reader::from_bytes(&bytes);
    let event = reader.next_event_only().unwrap().unwrap();
    assert_eq!(event.ty, event::CONTAINER_JSON_2_E);
    assert_eq!(
        event.str(0).unwrap().map(String::from_utf8_lossy).as_deref(),
        Some(r#"{"id":"3f2a","type":0,"name":"na\"me","image":"nginx:1"}"#)
    );
    let event = reader.next_event_only().unwrap().unwrap();
    assert!(event.is_empty(0));
}

#[test]
fn conversion_failures_say_what_is_wrong() {
    let fails = |builder: CaptureBuilder| {
        let bytes = builder.build().unwrap();
        let mut reader = Reader::from_bytes(&bytes);
        loop {
            match reader.next_event_only() {
                Ok(Some(_)) => {}
                Ok(None) => panic!("no failure"),
                Err(e) => return e,
            }
        }
    };
    let mismatch = CaptureBuilder::new().event(1, 1, event::SYSCALL_READ_E, params![3, 10]).event(
        2,
        1,
        event::SYSCALL_CLOSE_X,
        params![0],
    );
    let error = fails(mismatch);
    assert_eq!(error.kind().to_string(), "The enter event for 'close_X' is not the right one! Event found 'read_E'.");
    assert_eq!(error.place().events, 0);
    let missing = fails(CaptureBuilder::new().event(1, 1, event::SYSCALL_EXECVE_16_X, params![0]));
    let says = "Required conversion for event (type: 154, nparams: 1), but we don't handle it in the table.";
    let ty = event::SYSCALL_EXECVE_16_X.0.to_string();
    assert_eq!(missing.kind().to_string(), says.replace("154", &ty));
    let mut many = EventBuf::default();
    builder::encode(&mut many, 1, 1, 0, event::SYSCALL_CLOSE_X, 0, &params![0, 3]).unwrap();
    many.push(&[1]);
    let error = fails(CaptureBuilder::new().raw_event(&many.event()));
    assert!(matches!(error.kind(), ErrorKind::ConvertTooManyParams { found: 3, most: 2, .. }));
}
