//! Rights that this process has, and how it gives them up for good.
//!
//! Who may read the kernel must not parse what others wrote. So the process that reads rules calls [`give_up`] before it looks at the first
//! of them, and the one that keeps the programs going as soon as they are attached.

use std::ffi::{CString, c_int, c_ulong};
use std::io;
use std::mem::MaybeUninit;

/// Capabilities by their bit, as the kernel numbers them.
#[allow(missing_docs)]
pub mod cap {
    pub const DAC_READ_SEARCH: u32 = 2;
    pub const SETPCAP: u32 = 8;
    pub const SYS_PTRACE: u32 = 19;
    pub const SYS_ADMIN: u32 = 21;
    pub const PERFMON: u32 = 38;
    pub const BPF: u32 = 39;
}

/// Why rights could not be given up.
#[derive(Debug, thiserror::Error)]
pub enum PrivilegeError {
    /// Nobody of that name or number.
    #[error("there is no user `{0}` on this machine")]
    NoUser(String),
    /// Only root can become somebody else.
    #[error("only root can become user `{0}`")]
    NotRoot(String),
    /// Other threads would keep their rights.
    #[error("privileges must be given up before other threads are started")]
    Threads,
    /// The kernel refused.
    #[error("cannot {what}: {source}")]
    Refused {
        /// What was tried.
        what: &'static str,
        /// The error.
        source: io::Error,
    },
    /// Something was kept all the same.
    #[error("privileges could not be given up: {0}")]
    Kept(String),
}

fn refused(what: &'static str) -> PrivilegeError {
    PrivilegeError::Refused { what, source: io::Error::last_os_error() }
}

/// Somebody to become.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The user's number.
    pub uid: u32,
    /// Its group's.
    pub gid: u32,
    /// Its name, by which its other groups are found; a number without an account has none.
    pub name: Option<String>,
}

impl User {
    /// Looks up a name or a number.
    ///
    /// # Errors
    /// When there is none.
    pub fn find(name: &str) -> Result<Self, PrivilegeError> {
        let none = || PrivilegeError::NoUser(name.to_owned());
        match name.parse() {
            Ok(uid) => by_uid(uid).ok_or_else(none),
            Err(_) => by_name(name).ok_or_else(none),
        }
    }

    /// Who called `sudo`, if that is how this process became root.
    fn of_sudo() -> Option<Self> {
        let number = |name| std::env::var(name).ok()?.parse::<u32>().ok();
        let (uid, gid) = (number("SUDO_UID")?, number("SUDO_GID")?);
        Some(by_uid(uid).unwrap_or(Self { uid, gid, name: None }))
    }
}

fn by_name(name: &str) -> Option<User> {
    let text = CString::new(name).ok()?;
    // SAFETY: called with a text and room for the answer, as `lookup` gives it.
    lookup(|entry, buffer, found| unsafe {
        libc::getpwnam_r(text.as_ptr(), entry, buffer.as_mut_ptr().cast(), buffer.len(), found)
    })
}

fn by_uid(uid: u32) -> Option<User> {
    // SAFETY: as above.
    lookup(|entry, buffer, found| unsafe {
        libc::getpwuid_r(uid, entry, buffer.as_mut_ptr().cast(), buffer.len(), found)
    })
}

fn lookup(ask: impl Fn(*mut libc::passwd, &mut [u8], *mut *mut libc::passwd) -> c_int) -> Option<User> {
    let mut buffer = vec![0; 1024];
    loop {
        let (mut entry, mut found) = (MaybeUninit::<libc::passwd>::uninit(), std::ptr::null_mut());
        match ask(entry.as_mut_ptr(), &mut buffer, &raw mut found) {
            libc::ERANGE if buffer.len() < 1 << 20 => buffer.resize(2 * buffer.len(), 0),
            0 if !found.is_null() => {
                // SAFETY: the entry was filled in, and its name is a text in the buffer.
                let (entry, name) = unsafe {
                    let entry = entry.assume_init_ref();
                    (entry, std::ffi::CStr::from_ptr(entry.pw_name))
                };
                return Some(User {
                    uid: entry.pw_uid,
                    gid: entry.pw_gid,
                    name: Some(name.to_string_lossy().into_owned()),
                });
            }
            _ => return None,
        }
    }
}

fn euid() -> u32 {
    // SAFETY: asks for a number.
    unsafe { libc::geteuid() }
}

/// Whom this process is to become: the one who is asked for, or who called `sudo`. `None` when it stays who it is.
///
/// # Errors
/// When somebody is asked for who is not there, or whom only root could become.
pub fn target(asked: Option<&str>) -> Result<Option<User>, PrivilegeError> {
    let user = match asked {
        Some(name) => Some(User::find(name)?),
        None if euid() == 0 => User::of_sudo(),
        None => None,
    };
    match user {
        Some(user) if user.uid == euid() => Ok(None),
        Some(user) if euid() != 0 => {
            Err(PrivilegeError::NotRoot(asked.map_or_else(|| user.uid.to_string(), str::to_owned)))
        }
        user => Ok(user),
    }
}

/// The process's rights, as /proc tells them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rights {
    /// The effective user.
    pub uid: u32,
    /// Capabilities that can be used.
    pub effective: u64,
    /// Those that can be taken up again.
    pub permitted: u64,
    /// Those that programs may get that this process starts.
    pub inheritable: u64,
    /// Those that no program can get past.
    pub bounding: u64,
    /// Those that programs keep without being marked.
    pub ambient: u64,
    /// Whether starting a program can give new ones.
    pub no_new_privs: bool,
    /// How many threads there are.
    pub threads: u32,
}

impl Rights {
    /// Of this process, or another by its number.
    pub fn of(pid: Option<u32>) -> Option<Self> {
        let pid = pid.map_or_else(|| "self".to_owned(), |pid| pid.to_string());
        Self::parse(&std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?)
    }

    fn parse(status: &str) -> Option<Self> {
        let field = |name: &str| status.lines().find_map(|l| l.strip_prefix(name)).map(str::trim);
        let caps = |name: &str| u64::from_str_radix(field(name)?, 16).ok();
        Some(Self {
            uid: field("Uid:")?.split_whitespace().nth(1)?.parse().ok()?,
            effective: caps("CapEff:")?,
            permitted: caps("CapPrm:")?,
            inheritable: caps("CapInh:")?,
            bounding: caps("CapBnd:")?,
            // Kernels before 4.3 have none.
            ambient: caps("CapAmb:").unwrap_or(0),
            no_new_privs: field("NoNewPrivs:") == Some("1"),
            threads: field("Threads:")?.parse().ok()?,
        })
    }

    /// Whether a capability can be used.
    pub fn has(&self, cap: u32) -> bool {
        self.effective & (1 << cap) != 0
    }
}

#[repr(C)]
struct CapHeader {
    version: u32,
    pid: c_int,
}

/// Half of the sets: the kernel takes two.
#[repr(C)]
#[derive(Default, Clone, Copy)]
struct CapData {
    effective: u32,
    permitted: u32,
    inheritable: u32,
}

const CAP_VERSION_3: u32 = 0x2008_0522;

/// Leaves these capabilities and no others.
fn keep_only(caps: u64) -> Result<(), PrivilegeError> {
    let header = CapHeader { version: CAP_VERSION_3, pid: 0 };
    let half = |bits: u64| CapData { effective: bits as u32, permitted: bits as u32, inheritable: 0 };
    let data = [half(caps), half(caps >> 32)];
    // SAFETY: a header and two halves, as this version of the call takes them.
    match unsafe { libc::syscall(libc::SYS_capset, &raw const header, data.as_ptr()) } {
        0 => Ok(()),
        _ => Err(refused("give up capabilities")),
    }
}

fn prctl(option: c_int, one: c_ulong, two: c_ulong) -> c_int {
    // SAFETY: the options used here take numbers alone.
    unsafe { libc::prctl(option, one, two, 0, 0) }
}

/// Gives up every right but `keep`, for good: no program that this process starts gets any back. Becomes `user`, if there is one.
///
/// # Errors
/// When the kernel refuses, or when something would be kept.
pub fn give_up(user: Option<&User>, keep: &[u32]) -> Result<(), PrivilegeError> {
    let unreadable = || PrivilegeError::Kept("/proc cannot be read".into());
    let before = Rights::of(None).ok_or_else(unreadable)?;
    // The kernel keeps these per thread.
    if before.threads > 1 {
        return Err(PrivilegeError::Threads);
    }
    let keep = keep.iter().fold(0, |set, cap| set | 1 << cap) & before.permitted;
    if prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0) != 0 {
        return Err(refused("forbid new privileges"));
    }
    // Who has capabilities of the program's file alone may not change this set. Without new privileges it gives nothing.
    let may = before.has(cap::SETPCAP);
    for bit in (0..64).filter(|bit| may && before.bounding & (1 << bit) != 0 && keep & (1 << bit) == 0) {
        if prctl(libc::PR_CAPBSET_DROP, bit, 0) != 0 {
            return Err(refused("give up capabilities"));
        }
    }
    if let Some(user) = user {
        become_user(user)?;
    }
    prctl(libc::PR_CAP_AMBIENT, libc::PR_CAP_AMBIENT_CLEAR_ALL as c_ulong, 0);
    keep_only(keep)?;

    let after = Rights::of(None).ok_or_else(unreadable)?;
    let sets = [after.effective, after.permitted, after.inheritable, after.ambient];
    if sets.iter().any(|set| set & !keep != 0) || !after.no_new_privs {
        return Err(PrivilegeError::Kept(format!("{after:?}")));
    }
    if user.is_some_and(|user| user.uid != after.uid) {
        return Err(PrivilegeError::Kept(format!("the user is still {}", after.uid)));
    }
    Ok(())
}

fn become_user(user: &User) -> Result<(), PrivilegeError> {
    let groups = match user.name.as_deref().and_then(|name| CString::new(name).ok()) {
        // SAFETY: a text and a number.
        Some(name) => unsafe { libc::initgroups(name.as_ptr(), user.gid) },
        // SAFETY: a list of one number.
        None => unsafe { libc::setgroups(1, &raw const user.gid) },
    };
    if groups != 0 {
        return Err(refused("take on the user's groups"));
    }
    // SAFETY: numbers alone.
    unsafe {
        if libc::setresgid(user.gid, user.gid, user.gid) != 0 {
            return Err(refused("take on the user's group"));
        }
        if libc::setresuid(user.uid, user.uid, user.uid) != 0 {
            return Err(refused("become the user"));
        }
    }
    Ok(())
}

/// Lets nobody look into this process's memory who has not more rights than it, and leaves no picture of it when it crashes.
pub fn hide() {
    prctl(libc::PR_SET_DUMPABLE, 0, 0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_by_name_and_number() {
        let root = User { uid: 0, gid: 0, name: Some("root".into()) };
        assert_eq!((User::find("root").unwrap(), User::find("0").unwrap()), (root.clone(), root));
        assert_eq!(
            User::find("nobody-of-this-name").unwrap_err().to_string(),
            "there is no user `nobody-of-this-name` on this machine"
        );
        assert!(User::find("4294967294").is_err() && User::find("a\0b").is_err());
    }

    #[test]
    fn rights_as_the_kernel_prints_them() {
        let text = "Name:\tx\nUid:\t1\t7\t1\t1\nThreads:\t3\nCapInh:\t0000000000000001\nCapPrm:\t0000000000000003\n\
                    CapEff:\t0000000000080000\nCapBnd:\t000001ffffffffff\nCapAmb:\t0000000000000000\nNoNewPrivs:\t1\n";
        let rights = Rights::parse(text).unwrap();
        assert_eq!((rights.uid, rights.threads, rights.permitted, rights.no_new_privs), (7, 3, 3, true));
        assert!(rights.has(cap::SYS_PTRACE) && !rights.has(cap::BPF));
        assert_eq!(Rights::parse("Name:\tx\n"), None);
        assert!(Rights::of(None).unwrap().threads >= 1);
    }

    #[test]
    fn threads_would_keep_their_rights() {
        // The test harness has other threads; nothing may have changed after the refusal.
        let before = Rights::of(None).unwrap();
        let waiting = std::thread::spawn(std::thread::park);
        assert!(matches!(give_up(None, &[]), Err(PrivilegeError::Threads)));
        waiting.thread().unpark();
        waiting.join().unwrap();
        let after = Rights::of(None).unwrap();
        assert_eq!((before.effective, before.no_new_privs), (after.effective, after.no_new_privs));
    }
}
