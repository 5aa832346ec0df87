//! Watches the client's process: a client that dies may leave the pipes open in other hands.

use std::time::Duration;

use serde_json::Value;

/// How often the process is looked for.
const EVERY: Duration = Duration::from_secs(2);

/// A watch for the process that `initialize` names.
#[derive(Debug, Default)]
pub struct Watch {
    process: Option<i32>,
}

impl Watch {
    /// Begins with what `initialize` has as `processId`. One that is not there to begin with lives where it cannot be seen, such as outside
    /// of a container, and is not watched.
    pub fn begin(&mut self, id: Option<&Value>) {
        let id = id.and_then(Value::as_i64).and_then(|id| i32::try_from(id).ok()).filter(|id| *id > 0);
        self.process = id.filter(|id| is_alive(*id));
    }

    /// Waits until the process is gone; for ever where none is watched.
    pub async fn gone(&self) {
        let Some(process) = self.process else { return std::future::pending().await };
        loop {
            tokio::time::sleep(EVERY).await;
            if !is_alive(process) {
                return;
            }
        }
    }
}

#[cfg(unix)]
fn is_alive(process: i32) -> bool {
    use rustix::io::Errno;
    use rustix::process::{Pid, test_kill_process};
    let Some(pid) = Pid::from_raw(process) else { return false };
    // One that may not be signalled is there.
    !matches!(test_kill_process(pid), Err(Errno::SRCH))
}

#[cfg(not(unix))]
fn is_alive(_: i32) -> bool {
    // There the end of the input has to do.
    true
}
