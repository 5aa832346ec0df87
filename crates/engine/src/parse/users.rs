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

#[cfg(test)]
mod tests {
    use falco_catalog::event;
    use falco_scap::params;

    use super::super::testing::World;

    #[test]
    fn users_and_groups_come_and_go() {
        let mut world = World::new();
        let user =
            || params! { uid = 1000, gid = 1, name = "ann", home = "/home/ann", shell = "/bin/sh", container_id = "" };
        world.step(-1, event::USER_ADDED_E, user());
        world.step(-1, event::GROUP_ADDED_E, params! { gid = 1000, name = "staff", container_id = "" });
        assert_eq!(world.machine.user(world.thread(100), 1000).unwrap().name, b"ann");
        assert_eq!(world.machine.group(world.thread(100), 1000).unwrap().name, b"staff");
        world.step(-1, event::USER_DELETED_E, user());
        assert!(world.machine.user(world.thread(100), 1000).is_none());
    }

    #[test]
    fn nobody_but_the_capture_names_users() {
        let world = World::new();
        for id in 0..70_000 {
            assert!(world.machine.user(world.thread(100), id).is_none());
        }
    }

    #[test]
    fn containers_come_and_go_with_their_metadata() {
        let mut world = World::new();
        let json = br#"{"container":{"id":"3f2a9c0d1e7b","name":"web","type":0}}"#;
        let ctx = world.step(1, event::ASYNCEVENT_E, params! { plugin_id = 0, name = "container", data = &json[..] });
        assert_eq!(world.machine.container("3f2a9c0d1e7b").unwrap().name, "web");
        assert_eq!(world.machine.event_container(ctx.num).unwrap().name, "web");
        assert_eq!(ctx.thread, None);
        let removed = params! { plugin_id = 0, name = "container_removed", data = &json[..] };
        let ctx = world.step(1, event::ASYNCEVENT_E, removed);
        assert!(world.machine.container("3f2a9c0d1e7b").is_none());
        assert!(world.machine.event_container(ctx.num).is_some(), "its own event still knows it");
        world.step(1, event::CONTAINER_JSON_2_E, params! { json = std::str::from_utf8(json).unwrap() });
        assert!(world.machine.container("3f2a9c0d1e7b").is_some());
        assert_eq!(world.machine.container("").unwrap().name, "host");
    }
}
