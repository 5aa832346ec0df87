//! Files and folders that somebody may change meanwhile.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};

use crate::Result;

/// An editor that saves makes several changes in a row: they count as one when this much time passes without another.
const QUIET: Duration = Duration::from_millis(50);
/// A file that is written all the time counts as changed this often all the same.
const PATIENCE: Duration = Duration::from_millis(500);

/// Tells when one of the paths may have changed.
pub struct Changes {
    // Ends the notifications when it goes.
    _watcher: RecommendedWatcher,
    events: Receiver<notify::Result<Event>>,
    watched: Vec<Watched>,
}

/// A folder with what matters in it.
struct Watched {
    folder: PathBuf,
    /// One file, or every YAML file.
    file: Option<PathBuf>,
}

impl Changes {
    /// Watches files and the YAML files of folders. A file may be replaced by another, as editors do that save by renaming.
    ///
    /// # Errors
    /// When a path is not there, or the system watches no more.
    pub fn of(paths: &[PathBuf]) -> Result<Self> {
        let (sender, events) = channel();
        let mut watcher = notify::recommended_watcher(sender)?;
        let mut watched = Vec::new();
        for path in paths {
            // Events name absolute paths.
            let path = std::path::absolute(path).map_err(notify::Error::io)?;
            let one = match path.is_dir() {
                true => Watched { folder: path, file: None },
                false => Watched { folder: path.parent().unwrap_or(&path).to_owned(), file: Some(path) },
            };
            watcher.watch(&one.folder, RecursiveMode::NonRecursive)?;
            watched.push(one);
        }
        Ok(Self { _watcher: watcher, events, watched })
    }

    /// Waits for a change, at most until `deadline`. False when there was none.
    pub fn wait(&self, deadline: Option<Instant>) -> bool {
        let mut first: Option<Instant> = None;
        loop {
            let now = Instant::now();
            let until = match first {
                None => deadline.map(|at| at.saturating_duration_since(now)),
                Some(at) => Some(QUIET.min((at + PATIENCE).saturating_duration_since(now))),
            };
            let event = match until {
                Some(time) => self.events.recv_timeout(time),
                None => self.events.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match event {
                // An event that could not be told may be any.
                Ok(Err(_)) => _ = first.get_or_insert(now),
                Ok(Ok(event)) if self.concerns(&event) => _ = first.get_or_insert(now),
                Ok(Ok(_)) if first.is_some_and(|at| now >= at + PATIENCE) => return true,
                Ok(Ok(_)) => {}
                Err(_) => return first.is_some(),
            }
        }
    }

    fn concerns(&self, event: &Event) -> bool {
        if matches!(event.kind, EventKind::Access(_)) {
            return false;
        }
        event.paths.iter().any(|path| self.watched.iter().any(|watched| watched.has(path)))
    }
}

impl Watched {
    fn has(&self, path: &Path) -> bool {
        match &self.file {
            Some(file) => file == path,
            None => {
                let yaml = path.extension().is_some_and(|e| e == "yaml" || e == "yml");
                path == self.folder || yaml && path.parent() == Some(&self.folder)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn soon() -> Option<Instant> {
        Some(Instant::now() + Duration::from_secs(10))
    }

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("falco-rs-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn changes_of_files_and_folders_are_seen_and_others_are_not() {
        let here = folder("changes");
        let (file, more) = (here.join("a.yaml"), here.join("more"));
        fs::create_dir(&more).unwrap();
        fs::write(&file, "a").unwrap();
        let changes = Changes::of(&[file.clone(), more.clone()]).unwrap();
        fs::write(here.join("b.yaml"), "another file").unwrap();
        fs::write(more.join("notes.txt"), "no rules").unwrap();
        fs::read(&file).unwrap();
        assert!(!changes.wait(Some(Instant::now() + Duration::from_millis(200))));
        fs::write(&file, "b").unwrap();
        assert!(changes.wait(soon()));
        fs::write(here.join("new"), "c").unwrap();
        fs::rename(here.join("new"), &file).unwrap();
        assert!(changes.wait(soon()), "replaced");
        fs::write(more.join("x.yml"), "new").unwrap();
        assert!(changes.wait(soon()));
        fs::remove_file(more.join("x.yml")).unwrap();
        assert!(changes.wait(soon()));
        fs::remove_dir_all(&here).unwrap();
    }

    #[test]
    fn what_is_not_there_cannot_be_watched() {
        assert!(Changes::of(&[PathBuf::from("/nowhere/at/all.yaml")]).is_err());
    }
}
