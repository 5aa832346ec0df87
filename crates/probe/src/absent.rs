//! What stands for the live source in a build without the programs.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use falco_engine::inspector::EventSource;
use falco_scap::{Advance, Event};

use crate::host::Switch;
use crate::{Counters, ProbeError, Settings};

/// No live source: [`Live::open`] always fails.
#[derive(Debug)]
pub enum Live {}

/// Why this build has no probe.
pub(crate) const WHY: &str = if cfg!(no_clang) {
    "no clang was found when it was built (`apt-get install clang-19`)"
} else if cfg!(not(all(target_os = "linux", target_arch = "x86_64"))) {
    "the probe is for Linux on x86_64"
} else {
    "it was built without the feature `live` (needs clang-19, libelf-dev, zlib1g-dev, pkg-config)"
};

impl Live {
    /// Says why it cannot.
    ///
    /// # Errors
    /// Always.
    pub fn open(_settings: &Settings) -> Result<Self, ProbeError> {
        Err(ProbeError::NotBuilt(WHY))
    }

    /// What changes which events come.
    pub fn switch(&self) -> Option<Switch> {
        match *self {}
    }

    /// What ends it when it is set.
    pub fn stop(&self) -> Arc<AtomicBool> {
        match *self {}
    }

    /// Whether the command has ended.
    pub fn command_has_ended(&self) -> bool {
        match *self {}
    }

    /// Whether the paths of opened files are those that the calls were given.
    pub fn sees_calls_begin(&self) -> bool {
        match *self {}
    }

    /// Events that came after younger ones.
    pub fn late(&self) -> u64 {
        match *self {}
    }

    /// What was counted.
    pub fn counters(&self) -> Counters {
        match *self {}
    }
}

impl EventSource for Live {
    type Error = ProbeError;

    fn advance(&mut self) -> Result<Advance, ProbeError> {
        match *self {}
    }

    fn event(&self) -> Option<Event<'_>> {
        match *self {}
    }
}
