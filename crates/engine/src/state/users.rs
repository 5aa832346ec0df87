//! Users and groups, per container.

use rustc_hash::FxHashMap;

use super::types::{Group, User};

/// The users and groups that the capture tells of. Nothing is ever asked of the machine that reads it: a name is what the
/// capture says, or unknown.
#[derive(Debug, Clone, Default)]
pub struct Users {
    /// By container id, "" being the host.
    scopes: FxHashMap<Box<str>, Scope>,
    entries: usize,
    dropped: u64,
}

#[derive(Debug, Clone, Default)]
struct Scope {
    users: FxHashMap<u32, User>,
    groups: FxHashMap<u32, Group>,
}

/// How many users and groups are kept, all containers together.
const MAX_ENTRIES: usize = 1 << 18;
/// Longer texts (name, home and shell together) no account has.
const MAX_TEXT: usize = 1024;

impl Users {
    /// A user by id in a container.
    pub fn user(&self, container_id: &str, uid: u32) -> Option<&User> {
        self.scopes.get(container_id)?.users.get(&uid)
    }

    /// A group by id in a container.
    pub fn group(&self, container_id: &str, gid: u32) -> Option<&Group> {
        self.scopes.get(container_id)?.groups.get(&gid)
    }

    /// All users of a container, in no order.
    pub fn users(&self, container_id: &str) -> impl Iterator<Item = &User> + '_ {
        self.scopes.get(container_id).into_iter().flat_map(|scope| scope.users.values())
    }

    /// All groups of a container, in no order.
    pub fn groups(&self, container_id: &str) -> impl Iterator<Item = &Group> + '_ {
        self.scopes.get(container_id).into_iter().flat_map(|scope| scope.groups.values())
    }

    /// The containers of which users or groups are known, in order.
    pub fn containers(&self) -> Vec<&str> {
        let mut ids: Vec<&str> = self.scopes.keys().map(|id| &**id).filter(|id| !id.is_empty()).collect();
        ids.sort_unstable();
        ids
    }

    /// How many entries did not fit.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Adds or replaces a user. Names that begin with `+` or `-` are NIS switches of a passwd file, not users.
    pub fn add_user(&mut self, container_id: &str, user: User) {
        if matches!(user.name.first(), Some(b'+' | b'-')) {
            return;
        }
        if user.name.len() + user.homedir.len() + user.shell.len() > MAX_TEXT {
            self.dropped += 1;
            return;
        }
        let Some(scope) = self.scope(container_id) else { return };
        if scope.users.insert(user.uid, user).is_none() {
            self.entries += 1;
        }
    }

    /// Adds or replaces a group.
    pub fn add_group(&mut self, container_id: &str, group: Group) {
        if matches!(group.name.first(), Some(b'+' | b'-')) {
            return;
        }
        if group.name.len() > MAX_TEXT {
            self.dropped += 1;
            return;
        }
        let Some(scope) = self.scope(container_id) else { return };
        if scope.groups.insert(group.gid, group).is_none() {
            self.entries += 1;
        }
    }

    /// Forgets a user.
    pub fn remove_user(&mut self, container_id: &str, uid: u32) {
        if self.scopes.get_mut(container_id).is_some_and(|scope| scope.users.remove(&uid).is_some()) {
            self.entries -= 1;
        }
    }

    /// Forgets a group.
    pub fn remove_group(&mut self, container_id: &str, gid: u32) {
        if self.scopes.get_mut(container_id).is_some_and(|scope| scope.groups.remove(&gid).is_some()) {
            self.entries -= 1;
        }
    }

    /// Forgets a container's users and groups.
    pub fn remove_container(&mut self, container_id: &str) {
        if let Some(scope) = self.scopes.remove(container_id) {
            self.entries -= scope.users.len() + scope.groups.len();
        }
    }

    fn scope(&mut self, container_id: &str) -> Option<&mut Scope> {
        if self.entries >= MAX_ENTRIES {
            self.dropped += 1;
            return None;
        }
        if !self.scopes.contains_key(container_id) {
            self.scopes.insert(container_id.into(), Scope::default());
        }
        self.scopes.get_mut(container_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(uid: u32, name: &str) -> User {
        User { uid, name: name.into(), ..User::default() }
    }

    #[test]
    fn containers_have_their_own_users() {
        let mut users = Users::default();
        users.add_user("", user(1000, "ann"));
        users.add_user("3f2a9c0d1e7b", user(1000, "app"));
        users.add_user("", user(1001, "+nis"));
        assert_eq!(users.user("", 1000).unwrap().name, b"ann");
        assert_eq!(users.user("3f2a9c0d1e7b", 1000).unwrap().name, b"app");
        assert_eq!(users.user("", 1001), None);
        users.remove_user("", 1000);
        assert_eq!(users.user("", 1000), None);
        users.remove_container("3f2a9c0d1e7b");
        assert_eq!(users.entries, 0);
        users.add_group("", Group { gid: 1, name: vec![b'x'; MAX_TEXT + 1] });
        assert_eq!((users.entries, users.dropped()), (0, 1));
    }
}
