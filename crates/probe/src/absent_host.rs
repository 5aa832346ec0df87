//! What stands for the privileged part in a build without the programs.

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
    pub fn start(_command: &[String]) -> Result<Self, ProbeError> {
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

/// Says why it cannot.
///
/// # Errors
/// Always.
pub fn serve(_socket: i32, _command: &[String]) -> std::io::Result<()> {
    Err(std::io::Error::new(std::io::ErrorKind::Unsupported, crate::live::WHY))
}
