//! Where recordings of the running kernel are kept while a session may still ask about their events.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

/// The last ones stay; a busy machine fills a disk with them.
const KEPT: usize = 3;

/// The recordings of a session, in a folder that goes with it.
#[derive(Debug, Default)]
pub struct Recordings(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    folder: Option<PathBuf>,
    captures: VecDeque<PathBuf>,
    next: u64,
}

impl Recordings {
    /// The path of a new recording. The oldest makes room for it.
    ///
    /// # Errors
    /// When there can be no folder for it.
    pub fn create(&self) -> std::io::Result<PathBuf> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = match &kept.folder {
            Some(folder) => folder.clone(),
            None => kept.folder.insert(new_folder(&std::env::temp_dir())?).clone(),
        };
        while kept.captures.len() >= KEPT {
            if let Some(old) = kept.captures.pop_front() {
                let _ = std::fs::remove_file(old);
            }
        }
        kept.next += 1;
        let path = folder.join(format!("live-{}.scap", kept.next));
        kept.captures.push_back(path.clone());
        Ok(path)
    }
}

impl Drop for Recordings {
    fn drop(&mut self) {
        let kept = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(folder) = kept.folder.take() {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

/// A folder that nobody else can read: recordings hold what a whole machine did.
fn new_folder(within: &Path) -> std::io::Result<PathBuf> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_nanos());
    let path = within.join(format!("falco-rs-lsp-{}-{now}", std::process::id()));
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    // It must be new: somebody else's could be a trap.
    builder.create(&path)?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_recordings_stay_until_the_session_ends() {
        let recordings = Recordings::default();
        let paths: Vec<PathBuf> = (0..KEPT + 1)
            .map(|_| {
                let path = recordings.create().unwrap();
                std::fs::write(&path, "events").unwrap();
                path
            })
            .collect();
        assert_eq!(paths.iter().map(|path| path.exists()).collect::<Vec<_>>(), [false, true, true, true]);
        drop(recordings);
        assert!(!paths[KEPT].parent().unwrap().exists());
    }
}
