//! Jobs that are under way, so that a client can cancel them by their progress.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;
use tower_lsp::lsp_types::ProgressToken;

/// Progress and switch of each job.
type Jobs = Arc<Mutex<Vec<(ProgressToken, Arc<Notify>)>>>;

/// The jobs under way.
#[derive(Debug, Default)]
pub struct Running {
    jobs: Jobs,
    next: AtomicU64,
}

/// A job that is under way until this is dropped.
#[derive(Debug)]
pub struct Ticket {
    jobs: Jobs,
    notify: Arc<Notify>,
}

impl Running {
    /// A number that no progress of ours has yet.
    pub fn number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// A job begins.
    pub fn begin(&self, token: ProgressToken) -> Ticket {
        let notify = Arc::new(Notify::new());
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).push((token, notify.clone()));
        Ticket { jobs: self.jobs.clone(), notify }
    }

    /// The client does not want it any more.
    pub fn cancel(&self, token: &ProgressToken) {
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        // Kept for a job that is just about to wait.
        jobs.iter().filter(|(known, _)| known == token).for_each(|(_, notify)| notify.notify_one());
    }
}

impl Ticket {
    /// Waits until the client does not want the job any more.
    pub async fn cancelled(&self) {
        self.notify.notified().await;
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.retain(|(_, notify)| !Arc::ptr_eq(notify, &self.notify));
    }
}
