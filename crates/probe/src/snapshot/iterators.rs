//! The picture out of the kernel's iterators: loads bpf/snapshot.bpf.c and reads its records.

use std::io::{ErrorKind, Read as _};
use std::mem::MaybeUninit;

use falco_scap::item::FdEntry;
use libbpf_rs::skel::{OpenSkel as _, SkelBuilder as _};
use libbpf_rs::{Iter, IterOpts, OpenProgramMut, ProgramMut};

use super::fds;
use super::records::{self, Record};
use super::sockets::Sockets;
use super::ways::{Parts, Threads, Wanted};
use crate::{ProbeError, libbpf};

#[allow(
    clippy::all,
    clippy::unwrap_used,
    missing_docs,
    unused_qualifications,
    clippy::undocumented_unsafe_blocks,
    dead_code
)]
mod skel {
    include!(concat!(env!("OUT_DIR"), "/snapshot.skel.rs"));
}

/// More than the kernel gives at a time.
const CHUNK: usize = 64 << 10;

/// Loads what is wanted, reads it, and lets it go.
///
/// # Errors
/// Why the kernel refused.
pub fn read(wanted: Wanted, boot_epoch: u64) -> Result<Parts, ProbeError> {
    libbpf::listen();
    let mut storage = MaybeUninit::uninit();
    let mut open =
        skel::SnapshotSkelBuilder::default().open(&mut storage).map_err(libbpf::failed("read the programs"))?;
    let only = |program: &mut OpenProgramMut<'_>, wanted: bool| program.set_autoload(wanted);
    only(&mut open.progs.threads_with_texts, wanted.threads == Threads::WithTexts);
    only(&mut open.progs.threads, wanted.threads == Threads::Alone);
    only(&mut open.progs.files, wanted.files);
    let loaded = open.load().map_err(libbpf::failed("load the iterators"))?;

    let mut parts = Parts::default();
    let threads = match wanted.threads {
        Threads::No => None,
        Threads::Alone => Some(&loaded.progs.threads),
        Threads::WithTexts => Some(&loaded.progs.threads_with_texts),
    };
    if let Some(program) = threads {
        let mut entries = Vec::new();
        each(program, |bytes| match records::read(bytes, boot_epoch) {
            Some(Record::Thread(entry) | Record::Process(entry)) => {
                entries.push(entry);
                true
            }
            _ => false,
        })?;
        parts.threads = Some(entries);
    }
    if wanted.files {
        let lists = parts.files.insert(Default::default());
        let mut odd = Vec::new();
        each(&loaded.progs.files, |bytes| match records::read(bytes, boot_epoch) {
            Some(Record::Fd(pid, entry)) => {
                lists.entry(pid).or_default().push(entry);
                true
            }
            Some(Record::Odd(pid, fd)) => {
                odd.push((pid, fd));
                true
            }
            _ => false,
        })?;
        let mut sockets = Sockets::default();
        for (pid, fd) in odd {
            if let Some(entry) = fds::one(pid, fd, &mut sockets) {
                let list: &mut Vec<FdEntry> = lists.entry(pid).or_default();
                let at = list.partition_point(|e| e.fd < fd);
                list.insert(at, entry);
            }
        }
    }
    Ok(parts)
}

/// Hands out an iterator's records; the function says whether it knows what it gets.
fn each(program: &ProgramMut<'_>, mut found: impl FnMut(&[u8]) -> bool) -> Result<(), ProbeError> {
    let link = program.attach_iter_with_opts(IterOpts::None).map_err(libbpf::failed("attach an iterator"))?;
    let mut iter = Iter::new(&link).map_err(libbpf::failed("open an iterator"))?;
    let failed = |source| ProbeError::Kernel { what: "read an iterator", source, log: String::new() };
    let (mut buffer, mut len) = (vec![0; CHUNK], 0);
    loop {
        if buffer.len() - len < CHUNK / 2 {
            buffer.resize(buffer.len() + CHUNK, 0);
        }
        match iter.read(buffer.get_mut(len..).unwrap_or_default()) {
            Ok(0) => break,
            Ok(more) => len += more,
            Err(error) if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock) => continue,
            Err(error) => return Err(failed(error)),
        }
        let mut rest = buffer.get(..len).unwrap_or_default();
        while let Some((record, after)) = records::split(rest) {
            if !found(record) {
                return Err(ProbeError::BadRecord(record.len()));
            }
            rest = after;
        }
        let kept = rest.len();
        buffer.copy_within(len - kept..len, 0);
        len = kept;
    }
    match len {
        0 => Ok(()),
        _ => Err(ProbeError::BadRecord(len)),
    }
}
