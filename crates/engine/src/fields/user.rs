//! `user.*` and `group.*`: the event's thread's user, by the tables of its container.

use falco_catalog::FieldId;
use falco_catalog::field as ids;

use crate::state::{NO_ID, Thread, User};
use crate::value::Value;
use crate::view::View;

const NA: &[u8] = b"<NA>";

pub(super) fn extract<'a>(view: &'a View<'_>, id: FieldId) -> Option<Value<'a>> {
    let thread = view.thread()?;
    Some(match id {
        ids::USER_UID => Value::Uint(thread.uid.into()),
        ids::USER_NAME => Value::Bytes(name(view, thread, thread.uid)),
        ids::USER_HOMEDIR => Value::Bytes(of_user(view, thread, |user| &user.homedir, b"/root")),
        ids::USER_SHELL => Value::Bytes(of_user(view, thread, |user| &user.shell, NA)),
        ids::USER_LOGINUID if thread.loginuid == NO_ID => Value::Int(-1),
        ids::USER_LOGINUID => Value::Int(thread.loginuid.into()),
        ids::USER_LOGINNAME => Value::Bytes(name(view, thread, thread.loginuid)),
        ids::GROUP_GID => Value::Uint(thread.gid.into()),
        ids::GROUP_NAME => Value::Bytes(match view.machine.group(thread, thread.gid) {
            Some(group) => &group.name,
            None if thread.gid == 0 => b"root",
            None => NA,
        }),
        _ => return None,
    })
}

fn name<'a>(view: &'a View<'_>, thread: &Thread, uid: u32) -> &'a [u8] {
    match view.machine.user(thread, uid) {
        Some(user) => &user.name,
        None if uid == 0 => b"root",
        None => NA,
    }
}

/// A text of the user's entry; without one, `root` stands for root and nothing is known of others.
fn of_user<'a>(
    view: &'a View<'_>,
    thread: &Thread,
    text: impl Fn(&'a User) -> &'a [u8],
    root: &'static [u8],
) -> &'a [u8] {
    match view.machine.user(thread, thread.uid) {
        Some(user) => text(user),
        None if thread.uid == 0 => root,
        None => NA,
    }
}
