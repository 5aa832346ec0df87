//! The live view on a terminal: alerts, counts, rates, the busiest processes.
//!
//! Whoever judges events tells a [`Board`]; a thread of its own draws it a few times a second and listens to the keyboard.

mod board;
mod screen;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use ratatui::crossterm::event::{self, Event};

pub use self::board::{Board, Shown};
use self::screen::{Screen, Wish};
use crate::Result;
use crate::error::CliError;

/// Between two pictures, when no key comes.
const FRAME: Duration = Duration::from_millis(250);

/// The view, from its first picture until it is dropped; then the terminal is as it was.
#[derive(Debug)]
pub struct Dashboard {
    board: Arc<Mutex<Board>>,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Dashboard {
    /// Takes over the terminal. `stop` is set when somebody asks for the end.
    ///
    /// # Errors
    /// When standard output is no terminal, or one that cannot be drawn on.
    pub fn open(loaded: usize, stop: Arc<AtomicBool>) -> Result<Self> {
        let mut terminal = ratatui::try_init().map_err(CliError::Terminal)?;
        let board = Arc::new(Mutex::new(Board::new(loaded)));
        let over = Arc::new(AtomicBool::new(false));
        let (shared, ended) = (Arc::clone(&board), Arc::clone(&over));
        let thread = thread::spawn(move || {
            let mut screen = Screen::default();
            let mut next = Instant::now();
            while !ended.load(Ordering::Relaxed) {
                let now = Instant::now();
                let mut board = lock(&shared);
                if now >= next {
                    board.look(now);
                    next = now + FRAME;
                }
                let drawn = terminal.draw(|frame| screen.draw(&board, frame)).is_ok();
                drop(board);
                let wait = next.saturating_duration_since(Instant::now());
                // A terminal that is gone is as good as the key for the end.
                let wish = match event::poll(wait) {
                    Ok(false) => Wish::Redraw,
                    Ok(true) => match event::read() {
                        Ok(Event::Key(key)) => screen.key(key),
                        Ok(_) => Wish::Redraw,
                        Err(_) => Wish::Quit,
                    },
                    Err(_) => Wish::Quit,
                };
                if wish == Wish::Quit || !drawn {
                    stop.store(true, Ordering::Relaxed);
                    break;
                }
            }
            ratatui::restore();
        });
        Ok(Self { board, over, thread: Some(thread) })
    }

    /// What is shown, to be told what happened.
    pub fn board(&self) -> MutexGuard<'_, Board> {
        lock(&self.board)
    }
}

/// A panic of the other side leaves numbers that can still be looked at.
fn lock(board: &Mutex<Board>) -> MutexGuard<'_, Board> {
    board.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Dashboard {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
