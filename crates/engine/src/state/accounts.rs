//! The users and groups of the machine that reads a capture.

use std::sync::OnceLock;

use super::machine::Machine;
use super::types::{Group, NO_ID, User};

/// What `/etc/passwd` and `/etc/group` say here.
#[derive(Debug, Default)]
struct Accounts {
    users: Vec<User>,
    groups: Vec<Group>,
}

impl Accounts {
    /// Reads both files once for the process; what cannot be read has no entries.
    fn local() -> &'static Self {
        static LOCAL: OnceLock<Accounts> = OnceLock::new();
        LOCAL.get_or_init(|| {
            let read = |path| std::fs::read(path).unwrap_or_default();
            Self::parse(&read("/etc/passwd"), &read("/etc/group"))
        })
    }

    fn parse(passwd: &[u8], group: &[u8]) -> Self {
        let number = |text: &[u8]| std::str::from_utf8(text).ok()?.parse().ok();
        let user = |line: &[u8]| {
            let mut parts = line.split(|&b| b == b':').map(<[u8]>::to_vec);
            let name = parts.next()?;
            let uid = number(&parts.nth(1)?)?;
            let gid = number(&parts.next()?)?;
            let homedir = parts.nth(1)?;
            let shell = parts.next()?;
            Some(User { uid, gid, name, homedir, shell })
        };
        let group_of = |line: &[u8]| {
            let mut parts = line.split(|&b| b == b':').map(<[u8]>::to_vec);
            let name = parts.next()?;
            let gid = number(&parts.nth(1)?)?;
            Some(Group { gid, name })
        };
        Self {
            users: passwd.split(|&b| b == b'\n').filter_map(user).collect(),
            groups: group.split(|&b| b == b'\n').filter_map(group_of).collect(),
        }
    }
}

impl Machine {
    /// Lets the users and groups of *this* machine name ids of the host that the capture does not name, as the reference does. Off
    /// unless said: a name that another machine gives to a number is a guess.
    pub fn use_local_accounts(&mut self, use_them: bool) {
        self.local_accounts = use_them;
    }

    /// Looks the ids of a new or changed process up, if that is wanted.
    pub(crate) fn name_ids(&mut self, container_id: &str, uid: u32, gid: u32) {
        if !self.local_accounts || !container_id.is_empty() {
            return;
        }
        let accounts = Accounts::local();
        // Number 0 has its name without being looked up.
        if uid != 0
            && uid != NO_ID
            && self.users.user("", uid).is_none()
            && let Some(user) = accounts.users.iter().find(|user| user.uid == uid)
        {
            self.users.add_user("", user.clone());
        }
        if gid != 0
            && gid != NO_ID
            && self.users.group("", gid).is_none()
            && let Some(group) = accounts.groups.iter().find(|group| group.gid == gid)
        {
            self.users.add_group("", group.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_are_no_entries_are_passed_over() {
        let accounts = Accounts::parse(
            b"root:x:0:0:root:/root:/bin/bash\n# note\n\nann:x:1000:100:Ann,,,:/home/ann:/bin/zsh\nx:y\nz:x:no:1::/:/\n",
            b"root:x:0:\nusers:x:100:ann,bob\n+\n",
        );
        assert_eq!(accounts.users.iter().map(|u| u.uid).collect::<Vec<_>>(), [0, 1000]);
        assert_eq!(
            (&accounts.users[1].homedir[..], &accounts.users[1].shell[..]),
            (&b"/home/ann"[..], &b"/bin/zsh"[..])
        );
        assert_eq!(accounts.groups[1], Group { gid: 100, name: b"users".to_vec() });
    }

    #[test]
    fn nothing_is_looked_up_unless_wanted() {
        let mut machine = Machine::default();
        machine.name_ids("", 1, 1);
        assert!(machine.users().user("", 1).is_none());
    }
}
