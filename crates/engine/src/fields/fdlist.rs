//! `fdlist.*`: the descriptors that `poll` waits for.

use bumpalo::Bump;
use bumpalo::collections::Vec as BumpVec;
use falco_catalog::FieldId;
use falco_catalog::event::SYSCALL_POLL_X;
use falco_catalog::field as ids;
use falco_scap::params::PollList;

use super::socket::{client, server};
use crate::render::address::put_ip;
use crate::render::sink::Sink;
use crate::value::Value;
use crate::view::View;

pub(super) fn extract<'a>(view: &'a View<'_>, id: FieldId, arena: &'a Bump) -> Option<Value<'a>> {
    if view.event.ty != SYSCALL_POLL_X {
        return None;
    }
    let list = PollList::parse(view.event.param(1)?)?;
    let thread = view.thread()?;
    let mut out = BumpVec::new_in(arena);
    for (num, _) in list {
        let fd = view.machine.fd(thread, num);
        let start = out.len();
        if start > 0 {
            out.put_byte(b',');
        }
        let item = out.len();
        let (client, server) = (fd.and_then(client), fd.and_then(server));
        match id {
            ids::FDLIST_NUMS => out.put_int(num),
            ids::FDLIST_NAMES => match fd {
                Some(fd) if !fd.name.is_empty() => out.put(&fd.name),
                _ => out.put(b"<NA>"),
            },
            ids::FDLIST_CIPS => client.into_iter().for_each(|(ip, _)| put_ip(ip, &mut out)),
            ids::FDLIST_SIPS => server.into_iter().for_each(|(ip, _)| put_ip(ip, &mut out)),
            ids::FDLIST_CPORTS => client.into_iter().for_each(|(_, port)| out.put_uint(port.into())),
            ids::FDLIST_SPORTS => server.into_iter().for_each(|(_, port)| out.put_uint(port.into())),
            _ => return None,
        }
        if out.len() == item {
            // Descriptors without an address leave no gap.
            out.truncate(start);
        }
    }
    if out.is_empty() { None } else { Some(Value::Bytes(out.into_bump_slice())) }
}
