//! What stands for the privileged part in a build without the programs.

use falco_catalog::EventSet;

use crate::{Live, ProbeError, Settings};

/// The name of the hidden command that [`serve`]s.
pub const COMMAND: &str = "probe-host";
/// Its argument: the socket's number.
pub const SOCKET: &str = "--socket";

/// No privileged part: [`Host::start`] always fails.
#[derive(Debug)]
pub enum Host {}

impl Host {
    /// Says why it cannot.
    ///
    /// # Errors
    /// Always.
    pub fn start(_command: &[String], _silent: bool) -> Result<Self, ProbeError> {
        Err(ProbeError::NotBuilt(crate::live::WHY))
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        match *self {}
    }

    /// Opens the source.
    ///
    /// # Errors
    /// Never: there is none to open.
    pub fn open(self, _settings: &Settings) -> Result<Live, ProbeError> {
        match self {}
    }
}

/// Nothing that could be switched.
#[derive(Clone)]
pub enum Switch {}

impl Switch {
    /// From now on these events are of interest.
    ///
    /// # Errors
    /// Never: there is none that could be told.
    pub fn to(&self, _events: &EventSet) -> Result<(), ProbeError> {
        match *self {}
    }
}

/// Says why it cannot.
///
/// # Errors
/// Always.
pub fn serve(_socket: i32, _command: &[String]) -> std::io::Result<()> {
    Err(std::io::Error::new(std::io::ErrorKind::Unsupported, crate::live::WHY))
}
