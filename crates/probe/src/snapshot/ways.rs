//! Which way each part of the picture comes.

use std::collections::BTreeMap;

use falco_scap::item::{FdEntry, ProcessEntry};

use crate::ProbeError;

/// The way that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum From {
    /// Each part from the iterators if they give it here, else from /proc.
    #[default]
    Best,
    /// All from /proc.
    Procfs,
    /// All from the iterators, or nothing.
    Iterators,
}

/// The way that a part came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// From the kernel's iterator.
    Iterator,
    /// From /proc, as was asked for, or since the iterator could not be had.
    Procfs(Option<String>),
}

/// The ways of all parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ways {
    /// Threads: numbers, names, rights, paths, control groups.
    pub threads: Way,
    /// Arguments and environment, which are in each process's own memory: it takes an iterator that may wait (Linux 5.18).
    pub texts: Way,
    /// Open files and sockets.
    pub files: Way,
}

impl Ways {
    /// Each part's name and way.
    pub fn parts(&self) -> [(&'static str, &Way); 3] {
        [("threads", &self.threads), ("arguments and environment", &self.texts), ("files and sockets", &self.files)]
    }

    /// The parts that the iterators were to give and did not, each with the reason's first line.
    pub fn missing(&self) -> Vec<String> {
        let missing = |(name, way): (&str, &Way)| match way {
            Way::Procfs(Some(why)) => Some(format!("{name}: {}", why.lines().next().unwrap_or_default())),
            _ => None,
        };
        self.parts().into_iter().filter_map(missing).collect()
    }
}

/// What the iterators gave.
#[derive(Debug, Default)]
pub struct Parts {
    pub threads: Option<Vec<ProcessEntry>>,
    pub files: Option<BTreeMap<i64, Vec<FdEntry>>>,
}

/// Asks the iterators for what they are to give.
///
/// # Errors
/// When [`From::Iterators`] is asked for and they do not give all.
pub fn read(from: From, boot_epoch: u64) -> Result<(Parts, Ways), ProbeError> {
    let all = |way: Way| Ways { threads: way.clone(), texts: way.clone(), files: way };
    if from == From::Procfs {
        return Ok((Parts::default(), all(Way::Procfs(None))));
    }
    let whole = iterate(Wanted { threads: Threads::WithTexts, files: true }, boot_epoch);
    let error = match whole {
        Ok(parts) => return Ok((parts, all(Way::Iterator))),
        Err(error) if from == From::Iterators => return Err(error),
        Err(error) => Way::Procfs(Some(error.to_string())),
    };
    // Part by part: what one lacks the others need not do without.
    let mut parts = Parts::default();
    let mut ways = all(error);
    for (threads, texts) in [(Threads::WithTexts, true), (Threads::Alone, false)] {
        if parts.threads.is_some() {
            break;
        }
        match iterate(Wanted { threads, files: false }, boot_epoch) {
            Ok(got) => {
                parts.threads = got.threads;
                ways.threads = Way::Iterator;
                if texts {
                    ways.texts = Way::Iterator;
                }
            }
            Err(error) if texts => ways.texts = Way::Procfs(Some(error.to_string())),
            Err(error) => ways.threads = Way::Procfs(Some(error.to_string())),
        }
    }
    match iterate(Wanted { threads: Threads::No, files: true }, boot_epoch) {
        Ok(got) => {
            parts.files = got.files;
            ways.files = Way::Iterator;
        }
        Err(error) => ways.files = Way::Procfs(Some(error.to_string())),
    }
    Ok((parts, ways))
}

/// What is asked of the iterators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(probe), allow(dead_code))]
pub struct Wanted {
    pub threads: Threads,
    pub files: bool,
}

/// What is asked of the iterator of threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Threads {
    No,
    Alone,
    WithTexts,
}

#[cfg(probe)]
fn iterate(wanted: Wanted, boot_epoch: u64) -> Result<Parts, ProbeError> {
    crate::detect::Machine::detect().ready()?;
    super::iterators::read(wanted, boot_epoch)
}

#[cfg(not(probe))]
fn iterate(_wanted: Wanted, _boot_epoch: u64) -> Result<Parts, ProbeError> {
    Err(ProbeError::NotBuilt(crate::live::WHY))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_is_missing_and_why() {
        let ways = Ways {
            threads: Way::Iterator,
            texts: Way::Procfs(Some("the kernel is 5.15\nmore".into())),
            files: Way::Procfs(None),
        };
        assert_eq!(ways.missing(), ["arguments and environment: the kernel is 5.15"]);
    }
}
