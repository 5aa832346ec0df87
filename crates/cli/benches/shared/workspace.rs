//! The rules that the benchmarks of the language server work in.

use std::fmt::Write;
use std::path::Path;

/// Small random numbers, the same in every run.
pub struct Random(pub u64);

impl Random {
    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound.max(1) as u64) as usize
    }
}

/// Falco's official `falco_rules.yaml`, with `../shared` beside the clone; else our own rules.
pub fn official() -> (&'static str, String) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    match std::fs::read_to_string(root.join("../shared/corpus/falco/falco_rules.yaml")) {
        Ok(text) => ("falco_rules.yaml", text),
        Err(_) => ("our rules/base.yaml", std::fs::read_to_string(root.join("rules/base.yaml")).unwrap()),
    }
}

/// A workspace of 100,000 lines in seventy files, by name: the first has what the rules in the others use.
pub fn files() -> Vec<(String, String)> {
    std::iter::once(("00_base_rules.yaml".to_owned(), base()))
        .chain((1..70).map(|n| (format!("{n:02}_team_rules.yaml"), team(n * 104, 104))))
        .collect()
}

/// What the rules of all teams use.
fn base() -> String {
    let mut text = String::new();
    text.push_str("- list: shell_binaries\n  items: [bash, zsh, sh, dash, ksh, fish]\n");
    text.push_str("- macro: spawned_process\n  condition: (evt.type in (execve, execveat))\n");
    text.push_str("- macro: open_read\n  condition: (evt.type in (open, openat, openat2) and evt.is_open_read=true)\n");
    text.push_str("- macro: in_container\n  condition: (container.id != host)\n");
    text.push_str("- macro: shell_procs\n  condition: (proc.name in (shell_binaries))\n");
    text
}

/// Lists, macros and rules of one team: about fourteen lines each.
fn team(first: usize, count: usize) -> String {
    let mut text = String::new();
    for i in first..first + count {
        let shared = ["spawned_process and shell_procs", "open_read and in_container", "spawned_process"][i % 3];
        writeln!(text, "- list: names_{i}\n  items: [bash, zsh, perl, python, {i}]").unwrap();
        writeln!(text, "- macro: opens_{i}\n  condition: >\n    {shared}\n    and proc.cwd startswith /etc/{i}")
            .unwrap();
        writeln!(text, "- rule: Reads {i}\n  desc: >\n    Somebody touches configuration number {i}.\n  condition: >")
            .unwrap();
        writeln!(text, "    opens_{i} and proc.name in (names_{i}) and not proc.pname in (systemd, init)").unwrap();
        writeln!(text, "    and not (container.id = host or proc.cmdline contains /public{i})").unwrap();
        writeln!(text, "  output: Configuration | file=%fd.name process=%proc.name user=%user.name").unwrap();
        writeln!(text, "  priority: NOTICE\n  tags: [host, T{i}]").unwrap();
    }
    text
}
