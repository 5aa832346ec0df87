//! `cargo xtask test-guest`: the live probe's tests in a guest with another kernel, Debian's, under qemu's software emulation.
//!
//! The guest's root is made in memory: the test program, the shared objects that it and a few tools need, busybox. It needs no disk, no
//! network, and no right on this machine.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};

/// What the guest does. The last line says that it came to its end, and how.
const INIT: &str = "#!/bin/sh
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t cgroup2 none /sys/fs/cgroup
mount -t tracefs tracefs /sys/kernel/tracing
busybox ip link set lo up
uname -r
cd /tmp
/bin/live --test-threads=1 2>&1
echo \"guest: ended with $?\"
poweroff -f
";

/// Programs of this machine that the tests start.
const TOOLS: [&str; 3] = ["/bin/sh", "/bin/true", "/bin/cat"];

/// Runs the tests there; what the guest prints is printed.
pub fn run() -> Result<()> {
    let work = super::root().join("target/guest");
    fs::create_dir_all(&work)?;
    for tool in ["qemu-system-x86_64", "busybox", "cpio", "gzip", "ldd", "dpkg"] {
        let found = Command::new("sh").args(["-c", &format!("command -v {tool}")]).output()?.status.success();
        ensure!(found, "`{tool}` is missing: apt-get install qemu-system-x86 busybox-static cpio");
    }
    let kernel = kernel(&work)?;
    let tests = test_program()?;
    let image = image(&work, &tests)?;
    let output = Command::new("timeout")
        .args(["600", "qemu-system-x86_64", "-accel", "tcg", "-cpu", "qemu64", "-m", "1024M"])
        .args([
            "-nographic",
            "-nodefaults",
            "-serial",
            "stdio",
            "-no-reboot",
            "-append",
            "console=ttyS0 panic=-1 quiet",
        ])
        .arg("-kernel")
        .arg(kernel)
        .arg("-initrd")
        .arg(image)
        .stdin(Stdio::null())
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout).replace('\r', "");
    eprintln!("{text}");
    // The emulator's own status says nothing of the guest's.
    ensure!(text.contains("guest: ended with 0\n"), "the tests failed in the guest");
    ensure!(!text.contains("skipped:"), "the guest skipped tests");
    Ok(())
}

/// The kernel's image, out of Debian's package; fetched once.
fn kernel(work: &Path) -> Result<PathBuf> {
    let find = || fs::read_dir(work.join("kernel/boot")).ok()?.flatten().map(|e| e.path()).find(|p| is_kernel(p));
    if let Some(kernel) = find() {
        return Ok(kernel);
    }
    let script = "set -e; k=$(apt-cache depends linux-image-cloud-amd64 | awk '/Depends: linux-image/{print $2}'); test -n \"$k\"
        apt-get download \"$k\"; dpkg -x \"$k\"_*.deb kernel";
    let status = Command::new("sh").args(["-c", script]).current_dir(work).status()?;
    ensure!(status.success(), "cannot fetch the package linux-image-cloud-amd64");
    find().context("the kernel's package has no image")
}

fn is_kernel(path: &Path) -> bool {
    path.file_name().and_then(|n| n.to_str()).is_some_and(|n| n.starts_with("vmlinuz"))
}

/// Builds the tests and says where they are.
fn test_program() -> Result<PathBuf> {
    let build = Command::new(env!("CARGO"))
        .args(["test", "-p", "falco-probe", "--test", "live", "--no-run", "--message-format=json"])
        .stderr(Stdio::inherit())
        .output()?;
    ensure!(build.status.success(), "the tests do not build");
    let text = String::from_utf8_lossy(&build.stdout);
    let of_line = |line: &str| Some(line.split_once("\"executable\":\"")?.1.split('"').next()?.to_owned());
    let path = text.lines().filter_map(of_line).next_back().context("cargo names no test program")?;
    Ok(path.into())
}

/// The guest's root, packed.
fn image(work: &Path, tests: &Path) -> Result<PathBuf> {
    let root = work.join("root");
    if root.exists() {
        fs::remove_dir_all(&root)?;
    }
    for folder in ["bin", "proc", "sys", "dev", "tmp", "etc"] {
        fs::create_dir_all(root.join(folder))?;
    }
    fs::copy(tests, root.join("bin/live"))?;
    let busybox = Command::new("sh").args(["-c", "command -v busybox"]).output()?;
    fs::copy(String::from_utf8_lossy(&busybox.stdout).trim(), root.join("bin/busybox"))?;
    let mut needed = shared_objects(tests)?;
    for tool in TOOLS {
        fs::copy(tool, root.join(tool.trim_start_matches('/')))?;
        needed.extend(shared_objects(Path::new(tool))?);
    }
    for object in needed {
        let to = root.join(object.trim_start_matches('/'));
        fs::create_dir_all(to.parent().context("a shared object without a folder")?)?;
        fs::copy(&object, &to).with_context(|| format!("cannot copy `{object}`"))?;
    }
    for name in ["mount", "uname", "poweroff"] {
        #[cfg(unix)]
        std::os::unix::fs::symlink("busybox", root.join("bin").join(name))?;
    }
    fs::write(root.join("etc/hostname"), "guest\n")?;
    fs::write(root.join("etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n")?;
    fs::write(root.join("etc/group"), "root:x:0:\n")?;
    fs::write(root.join("init"), INIT)?;
    let script = "chmod 755 init && find . | cpio --quiet -o -H newc | gzip -1 > ../root.cpio.gz";
    let packed = Command::new("sh").args(["-c", script]).current_dir(&root).status()?;
    if !packed.success() {
        bail!("cannot pack the guest's root");
    }
    Ok(work.join("root.cpio.gz"))
}

/// The paths of what a program is linked with.
fn shared_objects(program: &Path) -> Result<BTreeSet<String>> {
    let output = Command::new("ldd").arg(program).output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(text.split_whitespace().filter(|w| w.starts_with('/')).map(str::to_owned).collect())
}
