//! Users, groups and network interfaces.

use std::fs;
use std::net::{Ipv4Addr, Ipv6Addr};

use falco_scap::item::{GroupEntry, Interface, InterfaceAddr, UserEntry, UserList};

/// The machine's users and groups.
pub fn users() -> UserList {
    let text = |path: &str| fs::read_to_string(path).unwrap_or_default();
    UserList {
        users: text("/etc/passwd").lines().filter_map(user).collect(),
        groups: text("/etc/group").lines().filter_map(group).collect(),
    }
}

fn user(line: &str) -> Option<UserEntry> {
    let parts: Vec<&str> = line.split(':').collect();
    let [name, _, uid, gid, _, home, shell] = parts.as_slice() else { return None };
    let bytes = |text: &&str| text.as_bytes().to_vec();
    let (uid, gid) = (uid.parse().ok()?, gid.parse().ok()?);
    Some(UserEntry { uid, gid, name: bytes(name), homedir: bytes(home), shell: bytes(shell) })
}

fn group(line: &str) -> Option<GroupEntry> {
    let mut parts = line.split(':');
    let name = parts.next()?.as_bytes().to_vec();
    Some(GroupEntry { name, gid: parts.nth(1)?.parse().ok()? })
}

/// The addresses of the machine's interfaces.
pub fn interfaces() -> Vec<Interface> {
    let mut first = std::ptr::null_mut();
    // SAFETY: the call writes the head of a list that it allocates.
    if unsafe { libc::getifaddrs(&raw mut first) } != 0 {
        return Vec::new();
    }
    let mut interfaces = Vec::new();
    let mut at = first;
    while !at.is_null() {
        // SAFETY: the list's links lead to entries that live until `freeifaddrs`.
        let entry = unsafe { &*at };
        at = entry.ifa_next;
        // SAFETY: the pointers of an entry are null or lead to addresses as long as their family has them, and names end in a NUL.
        interfaces.extend(unsafe { interface(entry) });
    }
    // SAFETY: `first` came from `getifaddrs`, and nothing of the list is kept.
    unsafe { libc::freeifaddrs(first) };
    interfaces
}

/// # Safety
/// The entry is one of `getifaddrs`.
unsafe fn interface(entry: &libc::ifaddrs) -> Option<Interface> {
    // SAFETY: the caller's.
    let (family, name) = unsafe {
        let addr = entry.ifa_addr.as_ref()?;
        (i32::from(addr.sa_family), std::ffi::CStr::from_ptr(entry.ifa_name).to_bytes().to_vec())
    };
    let v4 = |addr: *const libc::sockaddr| {
        // SAFETY: the caller's: addresses of this family are this long.
        let addr = unsafe { addr.cast::<libc::sockaddr_in>().as_ref() };
        addr.map_or(Ipv4Addr::UNSPECIFIED, |a| Ipv4Addr::from(a.sin_addr.s_addr.to_ne_bytes()))
    };
    let v6 = |addr: *const libc::sockaddr| {
        // SAFETY: the caller's: addresses of this family are this long.
        let addr = unsafe { addr.cast::<libc::sockaddr_in6>().as_ref() };
        addr.map_or(Ipv6Addr::UNSPECIFIED, |a| Ipv6Addr::from(a.sin6_addr.s6_addr))
    };
    let addr = match family {
        libc::AF_INET => {
            InterfaceAddr::V4 { addr: v4(entry.ifa_addr), netmask: v4(entry.ifa_netmask), broadcast: v4(entry.ifa_ifu) }
        }
        libc::AF_INET6 => InterfaceAddr::V6 {
            addr: v6(entry.ifa_addr),
            netmask: v6(entry.ifa_netmask),
            broadcast: Ipv6Addr::UNSPECIFIED,
        },
        _ => return None,
    };
    Some(Interface { name, addr, linkspeed: Some(0) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_every_machine_has() {
        let loopback = |i: &Interface| matches!(i.addr, InterfaceAddr::V4 { addr: Ipv4Addr::LOCALHOST, .. });
        assert!(interfaces().iter().any(loopback));
        assert!(users().users.iter().any(|u| u.uid == 0 && u.name == b"root"));
        assert_eq!(user("broken"), None);
        assert_eq!(group("adm:x:4:a,b"), Some(GroupEntry { gid: 4, name: b"adm".to_vec() }));
    }
}
