//! What a system call costs: tight loops, the least of several rounds. Run it bare and beside `falco-rs run --live`.
//!
//!     cargo run --release -p falco-probe --example overhead -- 1000000

#[cfg(unix)]
#[allow(clippy::print_stdout)]
fn main() {
    use std::time::Instant;

    let rounds: u64 = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(500_000);
    let least = |name: &str, calls: u64, work: &mut dyn FnMut()| {
        let one = |work: &mut dyn FnMut()| {
            let begun = Instant::now();
            (0..calls).for_each(|_| work());
            begun.elapsed().as_nanos() as f64 / calls as f64
        };
        let least = (0..7).map(|_| one(work)).fold(f64::INFINITY, f64::min);
        println!("{name:<12} {least:8.0} ns");
    };
    // SAFETY: every pointer leads to what the call asks for.
    unsafe {
        least("getppid", rounds, &mut || {
            libc::syscall(libc::SYS_getppid);
        });
        least("open+close", rounds / 4, &mut || {
            let fd = libc::open(c"/etc/hostname".as_ptr(), libc::O_RDONLY);
            libc::close(fd);
        });
        let zero = libc::open(c"/dev/zero".as_ptr(), libc::O_RDONLY);
        let mut buf = [0u8; 64];
        least("read 64", rounds, &mut || {
            libc::read(zero, buf.as_mut_ptr().cast(), buf.len());
        });
    }
}

#[cfg(not(unix))]
fn main() {}
