//! Events that no thread caused: users, groups and containers that came and went.

use falco_catalog::event;

use super::{Cycle, Outcome, required, text};
use crate::state::{Group, User};

/// Container ids are ASCII; another one is no container that a thread could be in.
fn container_id(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or("\u{fffd}")
}

pub(super) fn user(cx: &mut Cycle<'_, '_>) -> Outcome {
    let uid = required(cx.event.u32(0))?;
    let container = container_id(text(cx.event, 5)?);
    if cx.event.ty == event::USER_DELETED_E {
        cx.machine.users.remove_user(container, uid);
        return Ok(());
    }
    let user = User {
        uid,
        gid: required(cx.event.u32(1))?,
        name: text(cx.event, 2)?.to_vec(),
        homedir: text(cx.event, 3)?.to_vec(),
        shell: text(cx.event, 4)?.to_vec(),
    };
    cx.machine.users.add_user(container, user);
    Ok(())
}

pub(super) fn group(cx: &mut Cycle<'_, '_>) -> Outcome {
    let gid = required(cx.event.u32(0))?;
    let container = container_id(text(cx.event, 2)?);
    if cx.event.ty == event::GROUP_DELETED_E {
        cx.machine.users.remove_group(container, gid);
        return Ok(());
    }
    let group = Group { gid, name: text(cx.event, 1)?.to_vec() };
    cx.machine.users.add_group(container, group);
    Ok(())
}

pub(super) fn container_json(cx: &mut Cycle<'_, '_>) -> Outcome {
    let json = cx.event.param(0).unwrap_or_default();
    cx.machine.container_event(json, false);
    Ok(())
}

/// Of the events that plugins send between the others, those of the container plugin matter.
pub(super) fn async_event(cx: &mut Cycle<'_, '_>) -> Outcome {
    let removed = match text(cx.event, 1)? {
        b"container" => false,
        b"container_removed" => true,
        _ => return Ok(()),
    };
    let json = cx.event.param(2).unwrap_or_default();
    cx.machine.container_event(json, removed);
    Ok(())
}
