//! What the machine says when judges ask it, the same for all of them.
//!
//! All judges' threads take in the same events in the same order, so the question that one of them asks as its third is the third of
//! every other, too. They come to it at different times, and the machine goes on meanwhile: the first who asks gets an answer for all.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use falco_scap::FdList;

use crate::inspector::Asker;

/// Answers by the question's number, until everybody has had them.
pub(super) struct Answers {
    asker: Asker,
    judges: usize,
    given: Mutex<HashMap<u64, Answer>>,
}

#[derive(Debug)]
struct Answer {
    list: Option<FdList>,
    /// Who has had it.
    had: usize,
}

impl fmt::Debug for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answers").field("given", &self.given).finish_non_exhaustive()
    }
}

impl Answers {
    /// For so many judges.
    pub(super) fn new(asker: Asker, judges: usize) -> Self {
        Self { asker, judges, given: Mutex::default() }
    }

    /// What the process has open, as the first who asked this was told.
    pub(super) fn get(&self, number: u64, tid: i64) -> Option<FdList> {
        // Whoever comes second waits here for the answer.
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = given.entry(number).or_insert_with(|| Answer { list: (self.asker)(tid), had: 0 });
        answer.had += 1;
        if answer.had >= self.judges {
            return given.remove(&number).and_then(|answer| answer.list);
        }
        answer.list.clone()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn everybody_gets_the_first_answer() {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let asker: Asker = Arc::new(move |tid| {
            let n = count.fetch_add(1, Ordering::Relaxed);
            (n != 1).then(|| FdList { tid: tid + n as i64, fds: Vec::new() })
        });
        let answers = Answers::new(asker, 3);
        let tid = |list: Option<FdList>| list.map(|list| list.tid);
        assert_eq!([(); 3].map(|()| tid(answers.get(0, 10))), [Some(10); 3]);
        assert_eq!([(); 2].map(|()| tid(answers.get(1, 10))), [None; 2], "no answer is one, too");
        assert_eq!(tid(answers.get(2, 10)), Some(12));
        assert_eq!(tid(answers.get(1, 10)), None);
        assert_eq!((asked.load(Ordering::Relaxed), answers.given.lock().unwrap().len()), (3, 1));
    }
}
