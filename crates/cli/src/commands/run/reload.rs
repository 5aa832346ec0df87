//! `run --live --watch`: rules that change while they are at work.

use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::{Duration, Instant};

use falco_catalog::Catalog;
use falco_compiler::SourceFile;
use falco_engine::eval::Evaluator;

use super::rules;
use crate::Result;
use crate::args::Run;
use crate::loaded::{Loaded, Refused};
use crate::watch::Changes;

/// How often the thread looks whether anybody still wants to know.
const LOOK: Duration = Duration::from_secs(1);

/// Compiles the rules anew whenever their files change, beside whoever judges by them.
pub struct Reloader {
    fresh: Receiver<Evaluator>,
    /// The thread ends when this goes.
    _wanted: Arc<()>,
}

impl Reloader {
    /// Watches what the rules come from. `tell` hears what became of each change before the rules are handed out.
    ///
    /// # Errors
    /// When the files cannot be watched.
    pub fn start(
        args: &Run,
        catalog: &Arc<Catalog>,
        loaded: &Loaded,
        mut tell: impl FnMut(std::result::Result<&Loaded, Refused>) + Send + 'static,
    ) -> Result<Self> {
        let changes = Changes::of(&loaded.origins)?;
        let (sender, fresh) = channel();
        let (args, catalog, mut files) = (args.clone(), Arc::clone(catalog), loaded.files.clone());
        let wanted = Arc::new(());
        let watched = Arc::downgrade(&wanted);
        thread::spawn(move || {
            while Weak::strong_count(&watched) > 0 {
                if !changes.wait(Some(Instant::now() + LOOK)) {
                    continue;
                }
                match rules::load(&args, &catalog) {
                    Ok(loaded) if same(&loaded.files, &files) => {}
                    Ok(loaded) => {
                        tell(Ok(&loaded));
                        files = loaded.files;
                        if sender.send(loaded.evaluator).is_err() {
                            return;
                        }
                    }
                    // What was mended by going back is news, too.
                    Err(refused) => {
                        files.clear();
                        tell(Err(refused));
                    }
                }
            }
        });
        Ok(Self { fresh, _wanted: wanted })
    }

    /// The newest rules, if there are newer ones than the last time.
    pub fn fresh(&self) -> Option<Evaluator> {
        self.fresh.try_iter().last()
    }
}

/// Whether nothing of what counts has changed.
fn same(a: &[SourceFile], b: &[SourceFile]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.path == b.path && a.text == b.text)
}
