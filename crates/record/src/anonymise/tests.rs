use std::net::Ipv4Addr;

use falco_catalog::event;
use falco_scap::builder::CaptureBuilder;
use falco_scap::params::{Sockaddr, Socktuple};
use falco_scap::{
    Compression, FdEntry, FdInfo, GroupEntry, Interface, InterfaceAddr, L4Proto, MachineInfo, NamedFd, ProcessEntry,
    Reader, UserEntry, params,
};

use super::*;
use crate::slice::{Choice, whole};
use crate::testing::lines_of;

const OWN: Ipv4Addr = Ipv4Addr::new(192, 168, 7, 5);
const PEER: Ipv4Addr = Ipv4Addr::new(93, 184, 216, 34);

/// A capture full of names.
fn capture() -> Pieces {
    let (addr, netmask) = (OWN, Ipv4Addr::new(255, 255, 255, 0));
    let broadcast = Ipv4Addr::new(192, 168, 7, 255);
    let process = ProcessEntry {
        tid: 50,
        pid: 50,
        ptid: 1,
        comm: b"diary-editor-wi".to_vec(),
        exe: b"./diary-editor-with-a-long-name".to_vec(),
        exepath: b"/home/mallory/bin/diary-editor-with-a-long-name".to_vec(),
        args: b"--host=vault.example.org\0/home/mallory/secret-plan.txt\0".to_vec(),
        env: b"HOME=/home/mallory\0TOKEN=mallory-12345\0USER=mallory\0".to_vec(),
        cwd: b"/home/mallory/private".to_vec(),
        uid: 1001,
        ..ProcessEntry::default()
    };
    let socket = FdInfo::Ipv4 { sip: OWN, dip: PEER, sport: 4000, dport: 443, l4proto: L4Proto::TCP };
    let file = FdInfo::Named { kind: NamedFd::File, name: b"/home/mallory/secret-plan.txt".to_vec() };
    let open = params! { fd = 5, dirfd = -100, name = "love-letter.md", flags = 1, mode = 0, dev = 1, ino = 2 };
    let exec = params! {
        res = 0, exe = "curl", args = ["http://93.184.216.34/~mallory", "vault"], tid = 50, pid = 50, ptid = 1,
        fdlimit = 1024, comm = "curl", env = ["TOKEN=mallory-12345", "PATH=/home/mallory/bin:/usr/bin"], uid = 1001
    };
    let connect = params! {
        res = 0, fd = 6, tuple = Socktuple::V4 { sip: OWN, sport: 1, dip: PEER, dport: 80 },
        addr = Sockaddr::V4 { ip: PEER, port: 80 }
    };
    let bytes = CaptureBuilder::new()
        .machine(MachineInfo { num_cpus: 1, hostname: b"vault.example.org".to_vec(), ..MachineInfo::default() })
        .interface(Interface {
            name: b"eth0".to_vec(),
            addr: InterfaceAddr::V4 { addr, netmask, broadcast },
            linkspeed: None,
        })
        .user(UserEntry {
            uid: 1001,
            gid: 1001,
            name: b"mallory".to_vec(),
            homedir: b"/home/mallory".to_vec(),
            shell: b"/bin/sh".to_vec(),
        })
        .user(UserEntry { uid: 33, name: b"www-data".to_vec(), homedir: b"/var/www".to_vec(), ..UserEntry::default() })
        .group(GroupEntry { gid: 1001, name: b"plotters".to_vec() })
        .thread(process)
        .fd(50, FdEntry { fd: 3, ino: 1, info: socket })
        .fd(50, FdEntry { fd: 4, ino: 1, info: file })
        .event(1_000, 50, event::SYSCALL_OPENAT_2_X, open)
        .event(2_000, 50, event::SYSCALL_READ_X, params! { res = 9, data = "I am Mall", fd = 5, size = 9 })
        .event(3_000, 50, event::SYSCALL_EXECVE_19_X, exec)
        .event(4_000, 50, event::SOCKET_CONNECT_X, connect)
        .build()
        .unwrap();
    whole(Reader::from_bytes(&bytes), &mut Choice::new(None, None)).unwrap().pieces
}

fn written(pieces: &Pieces) -> Vec<u8> {
    pieces.write(Vec::new(), Compression::None).unwrap()
}

fn has(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

const SECRETS: [&str; 9] =
    ["mallory", "vault", "plotters", "secret-plan", "love-letter", "diary-editor", "private", "12345", "I am"];

#[test]
fn no_name_is_left() {
    let before = capture();
    assert!(SECRETS.iter().all(|secret| has(&written(&before), secret)), "the test would see them");
    let after = anonymise(&before, &Kept::default(), 1);
    let bytes = written(&after.pieces);
    for secret in SECRETS {
        assert!(!has(&bytes, secret), "{secret}");
    }
    for addr in [OWN, PEER] {
        assert!(!has(&bytes, &addr.to_string()));
        assert!(!bytes.windows(4).any(|window| window == addr.octets()));
    }
    assert_eq!(after.leak(&bytes), None);
    assert_eq!(after.leak(b"... mallory ...").as_deref(), Some("mallory"));
    for stays in
        ["www-data", "/var/www", "/bin/sh", "eth0", "curl", ".txt", ".md", "PATH=/home/", ":/usr/bin", "TOKEN=xxx"]
    {
        assert!(has(&bytes, stays), "{stays}");
    }
}

#[test]
fn the_same_thing_has_one_name_everywhere() {
    let after = anonymise(&capture(), &Kept::default(), 1);
    let lines = lines_of(after.pieces.source());
    assert_eq!(lines.len(), 4);
    let user = |line: &str| line.split("/home/").nth(1).map(|rest| rest.split('/').next().unwrap().to_owned());
    let name = user(&lines[0]).unwrap();
    assert!(name.starts_with("user"), "{name}");
    assert!(lines[0].contains(&format!(" {name} /home/{name}/")), "user.name and fd.name: {}", lines[0]);
    assert!(lines[2].contains(&format!("/~{name}")), "{}", lines[2]);
    let peer = Addresses::new(key(1)).v4(PEER);
    assert!(lines[2].contains(&format!("http://{peer}/")), "{}", lines[2]);
    assert!(lines[3].contains(&format!("->{peer}:80")), "{}", lines[3]);
    let own = Addresses::new(key(1)).v4(OWN);
    let Some(Piece::Interface(interface)) = after.pieces.0.iter().find(|p| matches!(p, Piece::Interface(_))) else {
        panic!()
    };
    let InterfaceAddr::V4 { addr, broadcast, .. } = interface.addr else { panic!() };
    assert_eq!((addr, broadcast.octets()), (own, [own.octets()[0], own.octets()[1], own.octets()[2], 255]));
}

#[test]
fn the_seed_decides() {
    let bytes = |seed| written(&anonymise(&capture(), &Kept::default(), seed).pieces);
    assert_eq!(bytes(1), bytes(1));
    assert_ne!(bytes(1), bytes(2));
}

#[test]
fn what_rules_name_stays() {
    let kept = Kept {
        texts: vec![b"/home/*/secret-plan.txt".to_vec(), b"mallory".to_vec()],
        fields: vec!["proc.env[TOKEN]".into(), "evt.buffer".into()],
    };
    let bytes = written(&anonymise(&capture(), &kept, 1).pieces);
    for stays in ["secret-plan.txt", "mallory", "TOKEN=mallory-12345", "I am"] {
        assert!(has(&bytes, stays), "{stays}");
    }
    assert!(!has(&bytes, "love-letter") && !has(&bytes, "vault"));
}
