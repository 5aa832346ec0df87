//! Many test files: several at a time, told in order; shuffled so that the same seed gives the same order everywhere.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::channel;

use falco_catalog::Catalog;

use crate::command::Commands;
use crate::report::FileReport;
use crate::run::{RunOptions, run_file_with};

/// Brings things into an order that `seed` decides.
pub fn shuffle<T>(items: &mut [T], seed: u64) {
    let mut state = seed;
    let mut next = || {
        // splitmix64
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    for last in (1..items.len()).rev() {
        items.swap(last, (next() % (last as u64 + 1)) as usize);
    }
}

/// Does `work` for every item on up to `jobs` threads, and gives the results to `each` in the items' order, as soon as those before are
/// there. Stops when `each` says no.
pub fn in_order<T: Sync, R: Send>(
    items: &[T],
    jobs: usize,
    work: impl Fn(&T) -> R + Sync,
    mut each: impl FnMut(usize, R) -> bool,
) {
    let jobs = jobs.clamp(1, items.len().max(1));
    if jobs == 1 {
        for (place, item) in items.iter().enumerate() {
            if !each(place, work(item)) {
                return;
            }
        }
        return;
    }
    let (sender, results) = channel();
    let next = AtomicUsize::new(0);
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            let (sender, next, stop, work) = (sender.clone(), &next, &stop, &work);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(place) else { break };
                    if sender.send((place, work(item))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        let mut waiting: std::collections::BTreeMap<usize, R> = std::collections::BTreeMap::new();
        let mut told = 0;
        for (place, result) in results {
            waiting.insert(place, result);
            while let Some(result) = waiting.remove(&told) {
                if !each(told, result) {
                    stop.store(true, Ordering::Relaxed);
                    return;
                }
                told += 1;
            }
        }
    });
}

/// Runs test files on up to `jobs` threads. `each` gets the reports in the files' order, and says whether to go on.
pub fn run_files(
    files: &[PathBuf],
    jobs: usize,
    catalog: &Arc<Catalog>,
    options: &RunOptions,
    commands: &dyn Commands,
    mut each: impl FnMut(FileReport) -> bool,
) {
    in_order(files, jobs, |path| run_file_with(path, catalog, options, commands), |_, report| each(report));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_one_order() {
        let order = |seed| {
            let mut items: Vec<u32> = (0..20).collect();
            shuffle(&mut items, seed);
            items
        };
        assert_eq!(order(7), order(7));
        assert_ne!(order(7), order(8));
        let mut sorted = order(7);
        sorted.sort_unstable();
        assert_eq!(sorted, (0..20).collect::<Vec<_>>());
    }

    #[test]
    fn results_come_in_order_whatever_the_threads_do() {
        let items: Vec<u64> = (0..50).collect();
        for jobs in [1, 4, 100] {
            let mut seen = Vec::new();
            let work = |n: &u64| {
                std::thread::sleep(std::time::Duration::from_micros(50 * (n % 3)));
                n * 2
            };
            in_order(&items, jobs, work, |_, doubled| {
                seen.push(doubled);
                doubled < 60
            });
            assert_eq!(seen, (0..=30).map(|n| n * 2).collect::<Vec<u64>>());
        }
    }
}
