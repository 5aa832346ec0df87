//! Memory that a map of the kernel's shares with this process.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, AtomicU64};

/// A mapping, undone when it goes. Looking into it takes no right beyond having been given the descriptor.
#[derive(Debug)]
pub struct Mapping {
    at: NonNull<u8>,
    len: usize,
    writable: bool,
}

// SAFETY: the memory belongs to no thread, and what both sides change is reached through atomics only.
unsafe impl Send for Mapping {}
// SAFETY: as above.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Maps `len` bytes from `offset` on.
    pub fn new(fd: BorrowedFd<'_>, offset: usize, len: usize, writable: bool) -> io::Result<Self> {
        let offset = offset.try_into().map_err(io::Error::other)?;
        let protection = if writable { libc::PROT_READ | libc::PROT_WRITE } else { libc::PROT_READ };
        // SAFETY: asks for memory wherever there is room; nothing that is mapped already changes.
        let at = unsafe { libc::mmap(std::ptr::null_mut(), len, protection, libc::MAP_SHARED, fd.as_raw_fd(), offset) };
        match NonNull::new(at) {
            Some(at) if at.as_ptr() != libc::MAP_FAILED => Ok(Self { at: at.cast(), len, writable }),
            _ => Err(io::Error::last_os_error()),
        }
    }

    /// A number that the other side may change at any time.
    pub fn atomic_u64(&self, at: usize) -> Option<&AtomicU64> {
        // SAFETY: `place` saw to room, alignment, and that the memory lives as long as `self`.
        self.place(at, 8).map(|place| unsafe { AtomicU64::from_ptr(place.cast().as_ptr()) })
    }

    /// The same of 32 bits.
    pub fn atomic_u32(&self, at: usize) -> Option<&AtomicU32> {
        // SAFETY: as above.
        self.place(at, 4).map(|place| unsafe { AtomicU32::from_ptr(place.cast().as_ptr()) })
    }

    fn place(&self, at: usize, size: usize) -> Option<NonNull<u8>> {
        let fits = at.is_multiple_of(size) && at.checked_add(size)? <= self.len;
        // SAFETY: inside the mapping.
        fits.then(|| unsafe { self.at.add(at) })
    }

    /// Bytes of it.
    ///
    /// # Safety
    /// Nobody may change them as long as they are borrowed.
    pub unsafe fn bytes(&self, at: usize, len: usize) -> Option<&[u8]> {
        if at.checked_add(len)? > self.len {
            return None;
        }
        // SAFETY: inside the mapping, and the caller answers for the rest.
        Some(unsafe { std::slice::from_raw_parts(self.at.add(at).as_ptr(), len) })
    }

    /// Copies bytes there; false when they do not fit.
    pub fn write(&self, at: usize, bytes: &[u8]) -> bool {
        let fits = self.writable && at.checked_add(bytes.len()).is_some_and(|end| end <= self.len);
        if fits {
            // SAFETY: inside the mapping, which this process may write; the kernel's programs read it as they find it.
            unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), self.at.add(at).as_ptr(), bytes.len()) };
        }
        fits
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the mapping is this value's own, and what is borrowed from it is gone.
        unsafe { libc::munmap(self.at.as_ptr().cast(), self.len) };
    }
}

/// Bytes of a page: what mappings are made of.
pub fn page() -> usize {
    // SAFETY: asks for a number.
    usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096)
}
