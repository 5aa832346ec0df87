//! What a system call costs: time of the processor in tight loops, the least of many rounds. Run it bare and beside
//! `falco-rs run --live -r RULES`.
//!
//!     cargo run --release -p falco-probe --example overhead

#[cfg(unix)]
#[allow(clippy::print_stdout)]
fn main() {
    /// Calls in a round, and rounds: short ones, since what comes between spoils only the round in which it comes.
    const CALLS: u32 = 3000;
    const ROUNDS: u32 = 300;

    let now = || {
        let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: the call writes one `timespec`, to which the pointer leads.
        unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
        time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
    };
    let least = |name: &str, work: &mut dyn FnMut()| {
        let round = |work: &mut dyn FnMut()| {
            let begun = now();
            (0..CALLS).for_each(|_| work());
            (now() - begun) / f64::from(CALLS)
        };
        let least = (0..ROUNDS).map(|_| round(work)).fold(f64::INFINITY, f64::min);
        println!("{name:<12} {least:8.0} ns");
    };
    // SAFETY: every pointer leads to what the call asks for.
    unsafe {
        least("getppid", &mut || {
            libc::syscall(libc::SYS_getppid);
        });
        least("open+close", &mut || {
            let fd = libc::open(c"/etc/hostname".as_ptr(), libc::O_RDONLY);
            libc::close(fd);
        });
        let zero = libc::open(c"/dev/zero".as_ptr(), libc::O_RDONLY);
        let mut buf = [0u8; 64];
        least("read 64", &mut || {
            libc::read(zero, buf.as_mut_ptr().cast(), buf.len());
        });
    }
}

#[cfg(not(unix))]
fn main() {}
