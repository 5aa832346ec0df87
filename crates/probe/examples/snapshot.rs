//! What a picture of the machine costs, from /proc and from the kernel's iterators: the median of several, in milliseconds, beside so
//! many more processes with ten descriptors each. Processor time says more than time on a busy machine.
//!
//!     cargo run --release -p falco-probe --example snapshot -- 100 1000 5000

#[cfg(target_os = "linux")]
#[allow(clippy::print_stdout, clippy::print_stderr)]
fn main() {
    use std::time::Instant;

    use falco_probe::snapshot::{From, Snapshot};

    /// Pictures of each kind.
    const ROUNDS: usize = 7;

    let processor_time = || {
        let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: the call writes one `timespec`, to which the pointer leads.
        unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
        time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
    };
    let mut children = Vec::new();
    for count in std::env::args().skip(1).filter_map(|n| n.parse::<usize>().ok()) {
        while children.len() < count {
            // SAFETY: the child only makes system calls, and waits for its end.
            match unsafe { libc::fork() } {
                0 => unsafe {
                    // SAFETY: as above.
                    for _ in 3..10 {
                        libc::open(c"/etc/passwd".as_ptr(), libc::O_RDONLY);
                    }
                    loop {
                        libc::pause();
                    }
                },
                -1 => {
                    eprintln!("no more than {} processes", children.len());
                    break;
                }
                pid => children.push(pid),
            }
        }
        for (name, from) in [("/proc", From::Procfs), ("iterators", From::Iterators)] {
            let (mut times, mut costs) = (Vec::new(), Vec::new());
            let mut seen = 0;
            for _ in 0..ROUNDS {
                let (begun, spent) = (Instant::now(), processor_time());
                match Snapshot::take_from(from) {
                    Ok((picture, _)) => seen = picture.processes.len(),
                    Err(error) => eprintln!("{name}: {error}"),
                }
                times.push(begun.elapsed().as_secs_f64());
                costs.push(processor_time() - spent);
            }
            let [time, cost] = [times, costs].map(|mut numbers| {
                numbers.sort_by(f64::total_cmp);
                numbers.get(ROUNDS / 2).copied().unwrap_or_default() * 1e3
            });
            let processes = children.len();
            println!(
                "{processes:>6} processes, {seen:>6} threads in all, {name:<9} {cost:8.1} ms of a processor, {time:8.1} ms"
            );
        }
    }
    for pid in children {
        // SAFETY: takes no pointer; the process is a child of this one.
        unsafe {
            libc::kill(pid, libc::SIGKILL);
            libc::waitpid(pid, std::ptr::null_mut(), 0);
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn main() {}
