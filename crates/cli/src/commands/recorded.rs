//! Recording a command for a test. It is done by a process of its own, `falco-rs record`, so that this one never gets near the kernel.

use std::path::Path;
use std::process::{Command, Stdio};

use falco_probe::detect::Machine;
use falco_testkit::{CommandError, Commands, Recorded};

/// Records commands with the live probe.
#[derive(Debug, Clone, Default)]
pub struct Recorder {
    /// Further options of `record`.
    pub options: Vec<String>,
    /// Whether what the command prints is shown.
    pub shown: bool,
}

impl Commands for Recorder {
    fn record(&self, argv: &[String], folder: &Path) -> Result<Recorded, CommandError> {
        Machine::detect().ready().map_err(|error| CommandError::Unavailable(error.to_string()))?;
        let failed = |what: &str, error: std::io::Error| CommandError::Failed(format!("cannot {what}: {error}"));
        let recorded = Recorded::new().map_err(|e| failed("make a folder for the recording", e))?;
        let program = falco_lsp::jobs::program().map_err(|e| failed("find this program", e))?;
        let mut command = Command::new(program);
        command.args(["record", "--quiet", "--output"]).arg(recorded.capture()).args(&self.options).arg("--");
        command.args(argv).current_dir(folder).stdin(Stdio::null());
        command.stderr(if self.shown { Stdio::inherit() } else { Stdio::piped() });
        let output = command.output().map_err(|e| failed("record the command", e))?;
        if output.status.success() {
            return Ok(recorded);
        }
        let text = String::from_utf8_lossy(&output.stderr);
        let said = text.lines().filter_map(|line| line.strip_prefix("error: ")).next_back();
        Err(CommandError::Failed(said.unwrap_or("the command could not be recorded").to_owned()))
    }
}
