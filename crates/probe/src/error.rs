//! What can go wrong with the live source.

use std::io;

/// Why the live source cannot be opened or read.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// This build has no programs for the kernel.
    #[error("this build has no live probe: {0}")]
    NotBuilt(&'static str),
    /// The kernel does not tell its types.
    #[error("the kernel has no BTF at `/sys/kernel/btf/vmlinux`; it must be built with CONFIG_DEBUG_INFO_BTF")]
    NoBtf,
    /// Too old a kernel.
    #[error("the kernel is {0}; the probe needs 5.15 or newer")]
    OldKernel(String),
    /// Not allowed.
    #[error("the probe needs {missing}; run it as root (`sudo`), or give the program these capabilities with `setcap`")]
    Capabilities {
        /// The capabilities that are not there.
        missing: String,
    },
    /// The kernel refused the programs, or something else of it failed.
    #[error("cannot {what}: {source}{}", if .log.is_empty() { String::new() } else { format!("\n{}", .log) })]
    Kernel {
        /// What was tried.
        what: &'static str,
        /// The error.
        source: io::Error,
        /// What the loader said.
        log: String,
    },
    /// The privileged part cannot be started or talked to.
    #[error("cannot {what}: {source}")]
    Host {
        /// What was tried.
        what: &'static str,
        /// The error.
        source: io::Error,
    },
    /// The privileged part could not do what was asked; in its words.
    #[error("{0}")]
    Refused(String),
    /// The privileged part ended, and the programs with it.
    #[error("the privileged part of falco-rs has ended: nothing is seen any more")]
    Gone,
    /// The command whose events were wanted cannot be started.
    #[error("cannot start `{command}`: {source}")]
    Command {
        /// Which.
        command: String,
        /// Why.
        source: io::Error,
    },
    /// The machine could not be looked at.
    #[error("cannot read `{path}`: {source}")]
    Proc {
        /// What was read.
        path: String,
        /// The error.
        source: io::Error,
    },
    /// A record in the ring is no event: the programs and this crate are of different builds.
    #[error("the ring holds a record of {0} bytes that is no event")]
    BadRecord(usize),
}

impl ProbeError {
    /// Whether this machine does not let the probe run, as opposed to a mistake of the probe's.
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::NotBuilt(_) | Self::NoBtf | Self::OldKernel(_) | Self::Capabilities { .. } => true,
            // What the verifier says of a program that it looked at is our mistake, and "permission denied", too.
            Self::Kernel { source, log, .. } => {
                source.kind() == io::ErrorKind::PermissionDenied && !log.contains("processed ")
            }
            _ => false,
        }
    }
}
