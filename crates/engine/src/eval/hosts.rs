//! Host names as operands of `fd.cip.name` and its kin: a name stands for the addresses that it resolves to.

use std::net::{IpAddr, ToSocketAddrs};
use std::sync::OnceLock;

/// Names with their addresses, resolved when first needed: a run that never compares them asks no name server.
#[derive(Debug)]
pub(crate) struct HostNames {
    names: Box<[HostName]>,
}

#[derive(Debug)]
struct HostName {
    name: Box<[u8]>,
    addresses: OnceLock<Box<[IpAddr]>>,
}

impl HostName {
    fn addresses(&self) -> &[IpAddr] {
        self.addresses.get_or_init(|| {
            let Ok(name) = std::str::from_utf8(&self.name) else {
                return Box::default();
            };
            (name, 0).to_socket_addrs().map(|addresses| addresses.map(|a| a.ip()).collect()).unwrap_or_default()
        })
    }
}

impl HostNames {
    pub(crate) fn new<'n>(names: impl Iterator<Item = &'n [u8]>) -> Self {
        Self { names: names.map(|name| HostName { name: name.into(), addresses: OnceLock::new() }).collect() }
    }

    /// Whether one of the names resolves to the address.
    pub(crate) fn resolve_to(&self, address: IpAddr) -> bool {
        self.names.iter().any(|host| host.addresses().contains(&address))
    }

    /// Whether the name is one of these, for events that give the name itself.
    pub(crate) fn contains(&self, name: &[u8]) -> bool {
        self.names.iter().any(|host| *host.name == *name)
    }

    /// A name already resolved that has the address.
    pub(crate) fn name_of(&self, address: IpAddr) -> Option<&[u8]> {
        let known = |host: &&HostName| host.addresses.get().is_some_and(|known| known.contains(&address));
        self.names.iter().find(known).map(|host| &*host.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literal_addresses_need_no_name_server() {
        let names = HostNames::new([b"127.0.0.1".as_slice(), b"::1"].into_iter());
        let local: IpAddr = "::1".parse().unwrap();
        assert_eq!(names.name_of(local), None, "not resolved yet");
        assert!(names.resolve_to(local) && !names.resolve_to("10.0.0.1".parse().unwrap()));
        assert_eq!(names.name_of(local), Some(b"::1".as_slice()));
    }
}
