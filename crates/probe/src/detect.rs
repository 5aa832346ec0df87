//! What of the live source works on this machine, and what is missing.

use std::fs;

use crate::ProbeError;

// Loading programs, reading the kernel, and looking at other users' processes; as the kernel numbers them.
const CAP_SYS_PTRACE: u32 = 19;
const CAP_SYS_ADMIN: u32 = 21;
const CAP_PERFMON: u32 = 38;
const CAP_BPF: u32 = 39;

/// What `setcap` must give. The last is for what other users' processes have open, and for a tracefs.
const SETCAP: &str = "cap_bpf,cap_perfmon,cap_sys_ptrace,cap_dac_read_search+ep";

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    /// The kernel's release, such as `6.1.0-18-amd64`; empty where there is none to ask.
    pub release: String,
    /// Whether the kernel tells its types.
    pub btf: bool,
    /// The effective capabilities.
    pub capabilities: u64,
    /// Why this build has no programs, if it has none.
    pub not_built: Option<&'static str>,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What.
    pub name: &'static str,
    /// Whether it is as it should be.
    pub ok: bool,
    /// What was found.
    pub found: String,
    /// How to get what is missing.
    pub help: Option<String>,
}

impl Machine {
    /// Looks.
    pub fn detect() -> Self {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let caps = status.lines().find_map(|l| l.strip_prefix("CapEff:"));
        Self {
            release: fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default().trim().to_owned(),
            btf: fs::metadata("/sys/kernel/btf/vmlinux").is_ok(),
            capabilities: caps.and_then(|c| u64::from_str_radix(c.trim(), 16).ok()).unwrap_or(0),
            not_built: not_built(),
        }
    }

    fn has(&self, cap: u32) -> bool {
        self.capabilities & (1 << cap) != 0
    }

    /// Major and minor number of the kernel.
    pub fn version(&self) -> Option<(u32, u32)> {
        let mut numbers = self.release.split(|c: char| !c.is_ascii_digit()).map(|n| n.parse().ok());
        Some((numbers.next()??, numbers.next()??))
    }

    /// The capabilities that are missing, by name.
    pub fn missing_capabilities(&self) -> Vec<&'static str> {
        let admin = self.has(CAP_SYS_ADMIN);
        let mut missing = Vec::new();
        for (cap, name, replaced) in [
            (CAP_BPF, "CAP_BPF", admin),
            (CAP_PERFMON, "CAP_PERFMON", admin),
            (CAP_SYS_PTRACE, "CAP_SYS_PTRACE", false),
        ] {
            if !self.has(cap) && !replaced {
                missing.push(name);
            }
        }
        missing
    }

    /// Whether the probe can be tried.
    ///
    /// # Errors
    /// The first thing that is missing.
    pub fn ready(&self) -> Result<(), ProbeError> {
        if let Some(why) = self.not_built {
            return Err(ProbeError::NotBuilt(why));
        }
        if self.version().is_some_and(|v| v < (5, 15)) {
            return Err(ProbeError::OldKernel(self.release.clone()));
        }
        if !self.btf {
            return Err(ProbeError::NoBtf);
        }
        let missing = self.missing_capabilities();
        match missing.is_empty() {
            true => Ok(()),
            false => Err(ProbeError::Capabilities { missing: missing.join(", ") }),
        }
    }

    /// Everything that was looked at.
    pub fn checks(&self) -> Vec<Check> {
        let built = match self.not_built {
            None => Check { name: "probe", ok: true, found: "is part of this build".into(), help: None },
            Some(why) => Check {
                name: "probe",
                ok: false,
                found: format!("is not part of this build: {why}"),
                help: Some("apt-get install clang-19 libelf-dev zlib1g-dev pkg-config, then build again".into()),
            },
        };
        let new_enough = self.version().is_some_and(|v| v >= (5, 15));
        let kernel = Check {
            name: "kernel",
            ok: new_enough,
            found: if self.release.is_empty() { "is not Linux".into() } else { self.release.clone() },
            help: (!new_enough).then(|| "the probe needs Linux 5.15 or newer".into()),
        };
        let btf = Check {
            name: "btf",
            ok: self.btf,
            found: if self.btf { "/sys/kernel/btf/vmlinux is there" } else { "/sys/kernel/btf/vmlinux is not there" }
                .into(),
            help: (!self.btf)
                .then(|| "a kernel built with CONFIG_DEBUG_INFO_BTF, as distributions build theirs".into()),
        };
        let missing = self.missing_capabilities();
        let capabilities = Check {
            name: "capabilities",
            ok: missing.is_empty(),
            found: if missing.is_empty() { "all there".into() } else { format!("missing: {}", missing.join(", ")) },
            help: (!missing.is_empty()).then(|| format!("sudo falco-rs …, or: sudo setcap {SETCAP} falco-rs")),
        };
        vec![built, kernel, btf, capabilities]
    }
}

#[cfg(probe)]
fn not_built() -> Option<&'static str> {
    None
}

#[cfg(not(probe))]
fn not_built() -> Option<&'static str> {
    Some(crate::live::WHY)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine() -> Machine {
        Machine { release: "6.1.0-18-amd64".into(), btf: true, capabilities: u64::MAX, not_built: None }
    }

    #[test]
    fn says_what_is_missing() {
        let without = |caps: &[u32]| caps.iter().fold(u64::MAX, |all, cap| all & !(1 << cap));
        assert!(machine().ready().is_ok());
        let old = Machine { release: "5.4.0".into(), ..machine() };
        assert_eq!(old.ready().unwrap_err().to_string(), "the kernel is 5.4.0; the probe needs 5.15 or newer");
        assert!(matches!(Machine { btf: false, ..machine() }.ready(), Err(ProbeError::NoBtf)));
        let admin = Machine { capabilities: without(&[CAP_BPF, CAP_PERFMON]), ..machine() };
        assert!(admin.ready().is_ok(), "CAP_SYS_ADMIN stands for both");
        let none = Machine { capabilities: 0, ..machine() };
        assert_eq!(none.missing_capabilities(), ["CAP_BPF", "CAP_PERFMON", "CAP_SYS_PTRACE"]);
        assert!(none.ready().unwrap_err().to_string().contains("sudo"));
        assert!(none.checks().iter().filter(|c| !c.ok).all(|c| c.help.is_some()));
    }
}
