//! Recording the running kernel for an editor. A process of its own does it, `falco-rs record`, so that this one never gets near the
//! kernel; it ends with the job, and so does what it wrote when nobody wants that any more.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::Result;
use crate::error::CliError;

/// The recording under way.
static RECORDING: Mutex<Option<(Child, PathBuf)>> = Mutex::new(None);

/// Between two looks at whether the recording is done.
const PACE: Duration = Duration::from_millis(20);

/// Records the running kernel to a file.
pub fn record(seconds: u32, capture: &Path) -> Result<()> {
    let failed = |source| CliError::Command { command: "falco-rs record".into(), source };
    // Held while the process begins: it must not be missed by `give_up`.
    let mut recording = lock();
    let mut child = Command::new(falco_lsp::jobs::program().map_err(failed)?)
        .args(["record", "--quiet", "--duration", &format!("{seconds}s"), "-o"])
        .arg(capture)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    let errors = child.stderr.take();
    *recording = Some((child, capture.to_owned()));
    drop(recording);
    let mut said = String::new();
    // Ends when the recorder does.
    if let Some(mut errors) = errors {
        let _ = errors.read_to_string(&mut said);
    }
    loop {
        let mut recording = lock();
        // `give_up` is ending this process.
        let Some((child, _)) = recording.as_mut() else { return Err(CliError::Usage("given up".into())) };
        let Some(status) = child.try_wait().map_err(failed)? else {
            drop(recording);
            std::thread::sleep(PACE);
            continue;
        };
        *recording = None;
        if status.success() {
            return Ok(());
        }
        let _ = std::fs::remove_file(capture);
        let line = said.lines().next().unwrap_or_default().trim_start_matches("error: ");
        return Err(CliError::Usage(format!("the running kernel cannot be watched: {line}")));
    }
}

/// Ends the recording under way, and leaves nothing of it.
pub fn give_up() {
    if let Some((mut child, capture)) = lock().take() {
        let _ = child.kill();
        let _ = child.wait();
        let _ = std::fs::remove_file(capture);
    }
}

fn lock() -> std::sync::MutexGuard<'static, Option<(Child, PathBuf)>> {
    RECORDING.lock().unwrap_or_else(PoisonError::into_inner)
}
