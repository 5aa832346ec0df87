//! System calls: the engine's own numbering and the x86_64 kernel's.

use crate::event::EventType;

/// A system call in the engine's numbering (`ppm_sc`), the same on every architecture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Syscall(pub u16);

impl Syscall {
    /// How many there are.
    pub const COUNT: usize = NAMES.len();

    /// The name, such as `openat`; `None` for a number out of range.
    pub fn name(self) -> Option<&'static str> {
        NAMES.get(usize::from(self.0)).copied()
    }

    /// The system call of a name.
    pub fn by_name(name: &str) -> Option<Self> {
        let i = BY_NAME.binary_search_by_key(&name, |&c| NAMES[usize::from(c)]).ok()?;
        Some(Self(BY_NAME[i]))
    }

    /// The system call with a number of the x86_64 kernel.
    pub fn from_x86_64(nr: u16) -> Option<Self> {
        native_x86_64(nr).map(|n| n.code)
    }

    /// Every system call.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..).take(Self::COUNT).map(Self)
    }
}

/// A system call of the x86_64 kernel.
#[derive(Debug, PartialEq, Eq)]
pub struct NativeSyscall {
    /// The kernel's number.
    pub nr: u16,
    /// The system call.
    pub code: Syscall,
    /// The event of its enter side (the generic one for calls without their own).
    pub enter: EventType,
    /// The event of its exit side; the generic **enter** event stands here for generic calls, as in Falco's table.
    pub exit: EventType,
    /// Bits of Falco's table: 1 in use, 2 never dropped, 4 always dropped.
    pub flags: u8,
}

/// The entry for a number of the x86_64 kernel.
pub fn native_x86_64(nr: u16) -> Option<&'static NativeSyscall> {
    NATIVE.binary_search_by_key(&nr, |n| n.nr).ok().map(|i| &NATIVE[i])
}

/// Every system call of the x86_64 kernel, by number.
pub fn x86_64() -> &'static [NativeSyscall] {
    NATIVE
}

include!(concat!(env!("OUT_DIR"), "/syscalls.rs"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_agree() {
        let openat = Syscall::by_name("openat").unwrap();
        assert_eq!(openat.name(), Some("openat"));
        assert_eq!(Syscall::from_x86_64(257), Some(openat));
        assert_eq!(Syscall::from_x86_64(0).and_then(Syscall::name), Some("read"));
        assert_eq!(Syscall(9999).name(), None);
        assert_eq!(Syscall::by_name("nonsense"), None);
        assert!(Syscall::all().all(|s| Syscall::by_name(s.name().unwrap()) == Some(s)));
    }
}
