//! `cargo xtask test-editors`: the real server in real editors.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::root;

/// An editor takes a few seconds; one that hangs is a failure.
const PATIENCE: Duration = Duration::from_secs(300);

/// An editor and how its script is run.
struct Editor {
    program: &'static str,
    /// What Debian calls it.
    packages: &'static str,
    args: &'static [&'static str],
    script: &'static str,
}

const EDITORS: [Editor; 2] = [
    Editor {
        program: "nvim",
        packages: "neovim",
        args: &["--headless", "-u", "NONE", "-i", "NONE", "-n", "-S"],
        script: "editors/nvim/test/run.lua",
    },
    Editor {
        program: "emacs",
        packages: "emacs-nox elpa-eglot",
        args: &["--batch", "-l"],
        script: "editors/emacs/test.el",
    },
];

/// Builds the server and lets every editor that is installed work with it. Those that are not are skipped, which is said.
pub fn run() -> Result<()> {
    let root = root().canonicalize()?;
    let built = Command::new(env!("CARGO")).args(["build", "-p", "falco-cli"]).current_dir(&root).status()?;
    if !built.success() {
        bail!("the server does not build");
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |dir| root.join(dir));
    let server = target.join("debug/falco-rs");
    let (mut failed, mut skipped) = (Vec::new(), Vec::new());
    for editor in &EDITORS {
        if Command::new(editor.program).arg("--version").output().is_err() {
            eprintln!("skipped: {} is not installed (`apt-get install {}`)", editor.program, editor.packages);
            skipped.push(editor.program);
        } else if !drive(editor, &root, &server)? {
            failed.push(editor.program);
        }
    }
    if !failed.is_empty() {
        bail!("not everything worked in: {}", failed.join(", "));
    }
    eprintln!("editors: {} passed, {} skipped", EDITORS.len() - skipped.len(), skipped.len());
    Ok(())
}

fn drive(editor: &Editor, root: &Path, server: &Path) -> Result<bool> {
    let workspace = std::env::temp_dir().join(format!("falco-rs-{}-{}", editor.program, std::process::id()));
    std::fs::create_dir_all(&workspace)?;
    let mut child = Command::new(editor.program)
        .args(editor.args)
        .arg(root.join(editor.script))
        .env("FALCO_RS", server)
        .env("WORKSPACE", &workspace)
        .env("HOME", &workspace)
        .stdin(Stdio::null())
        .spawn()
        .with_context(|| format!("cannot start {}", editor.program))?;
    let started = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if started.elapsed() > PATIENCE {
            child.kill()?;
            eprintln!("{} did not end in {} s", editor.program, PATIENCE.as_secs());
            break child.wait()?;
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    std::fs::remove_dir_all(&workspace)?;
    Ok(status.success())
}
