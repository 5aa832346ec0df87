//! What libbpf says, and its errors as ours.

use std::io;
use std::sync::Mutex;

use libbpf_rs::PrintLevel;

use crate::ProbeError;

/// What libbpf says while it loads; it has one printer for the whole process.
static LOG: Mutex<String> = Mutex::new(String::new());

fn log(_level: PrintLevel, text: String) {
    if let Ok(mut log) = LOG.lock()
        && log.len() < 16 << 10
    {
        log.push_str(&text);
    }
}

/// Keeps what libbpf says for the errors to come, instead of printing it.
pub fn listen() {
    if let Ok(mut log) = LOG.lock() {
        log.clear();
    }
    libbpf_rs::set_print(Some((PrintLevel::Info, log)));
}

/// The error of what was tried, with the last that libbpf said.
pub fn failed(what: &'static str) -> impl FnOnce(libbpf_rs::Error) -> ProbeError {
    move |error| {
        let log = LOG.lock().map(|mut log| std::mem::take(&mut *log)).unwrap_or_default();
        // The last lines say what it was; those before, how the verifier got there.
        let lines: Vec<_> = log.lines().collect();
        let log = lines.get(lines.len().saturating_sub(12)..).unwrap_or_default().join("\n");
        let source = match error.kind() {
            libbpf_rs::ErrorKind::PermissionDenied => io::Error::from(io::ErrorKind::PermissionDenied),
            _ => io::Error::other(error.to_string()),
        };
        ProbeError::Kernel { what, source, log }
    }
}
