//! Repository chores: `cargo xtask testdata` writes the captures under testdata/, `cargo xtask lints` the lints' pages,
//! `cargo xtask capture` a long recording for measurements, `cargo xtask rules` rules for them, `cargo xtask replay` the stages below
//! what `falco-rs run --stats` measures.

#![allow(clippy::print_stderr, reason = "a tool for the terminal")]

mod capture;
mod editors;
mod guest;
mod intrusion;
mod measure;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result};

const USAGE: &str = "usage: cargo xtask testdata|lints [--check]
       cargo xtask capture [--events N] [--seed S] [--gzip] -o FILE
       cargo xtask rules N FILE
       cargo xtask replay CAPTURE
       cargo xtask test-guest
       cargo xtask test-editors

testdata      writes the captures under testdata/captures; with --check only says whether they are what it would write
lints         writes docs/lints from the lints' sources; with --check only says whether it is what it would write
capture       writes a made-up recording of N events (5,000,000) of a small server, always the same for the same seed
rules         writes N made-up rules, no two alike
replay        says how fast a capture is read, and read into the state
test-guest    runs the live probe's tests on Debian's kernel in an emulator
test-editors  lets Neovim and Emacs work with the server, as far as they are installed";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let result = match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["testdata"] => testdata(false),
        ["testdata", "--check"] => testdata(true),
        ["lints"] => lints(false),
        ["lints", "--check"] => lints(true),
        ["capture", options @ ..] => long_capture(options),
        ["rules", count, file] => many_rules(count, file),
        ["test-guest"] => guest::run(),
        ["test-editors"] => editors::run(),
        ["replay", file] => {
            measure::replay(Path::new(file)).map(|lines| lines.iter().for_each(|line| eprintln!("{line}")))
        }
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn long_capture(args: &[&str]) -> Result<()> {
    let options = capture::Options::parse(args).context(USAGE)?;
    let bytes = capture::run(&options)?;
    eprintln!("wrote {bytes} bytes");
    Ok(())
}

fn many_rules(count: &str, file: &str) -> Result<()> {
    let count = count.parse().with_context(|| format!("`{count}` is no number"))?;
    std::fs::write(file, measure::rules(count)).with_context(|| format!("cannot write `{file}`"))
}

/// The captures are made by code, so that everybody can see what is in them, and kept, so that nobody needs the code.
fn testdata(check: bool) -> Result<()> {
    let bytes = intrusion::capture().context("cannot make the capture")?;
    put("testdata/captures/intrusion.scap", &bytes, check)
}

/// Every lint's page, and an index of them by category.
fn lints(check: bool) -> Result<()> {
    use falco_compiler::lints::{ALL, LintCategory};

    let mut index = format!(
        "# Lints\n\nThe {} findings of ours beside Falco's errors and warnings. `falco-rs docs CODE` shows a page in the terminal. How loud each \
         is, and how to silence it at one place: [settings](#settings). These pages are made from \
         `crates/compiler/src/lints` by `cargo xtask lints`.\n",
        ALL.len()
    );
    for category in LintCategory::ALL {
        let mut lints = ALL.iter().filter(|lint| lint.category == category).peekable();
        if lints.peek().is_none() {
            continue;
        }
        index.push_str(&format!("\n## {}\n\n{}.\n\n", capitalised(category.as_str()), capitalised(category.summary())));
        index.push_str("| lint | level | finds |\n| --- | --- | --- |\n");
        for lint in lints {
            index.push_str(&format!("| [{0}]({0}.md) | {1} | {2} |\n", lint.code, lint.level, lint.summary));
        }
    }
    index.push_str(LINT_SETTINGS);
    for lint in ALL {
        put(&format!("docs/lints/{}.md", lint.code), lint.documentation().as_bytes(), check)?;
    }
    put("docs/lints/README.md", index.as_bytes(), check)
}

const LINT_SETTINGS: &str = "
## Settings

In `.falco-rs.yaml`, by code or by category; what is said of a code goes before what is said of its category. A category's level \
does not wake lints that are off by default.

```yaml
lints:
  evasion: error
  duplicate-key: off
  CODE: {level: warning, OPTION: VALUE}
```

Levels are `off`, `hint`, `info`, `warning` and `error`.

In a rules file, `# falco-rs: ignore CODE[, CODE] -- reason` silences findings: behind something, those on its line; on a line of its own, \
those of the item, key or element that follows; `# falco-rs: ignore-file CODE`, those of the file. Comments that silence nothing are \
told of ([stale-ignore](stale-ignore.md)).
";

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// Writes a file, or says that it is stale.
fn put(name: &str, bytes: &[u8], check: bool) -> Result<()> {
    let path = root().join(name);
    if check {
        let there = std::fs::read(&path).with_context(|| format!("cannot read `{name}`"))?;
        anyhow::ensure!(there == bytes, "`{name}` is stale; run the xtask without --check");
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(&path, bytes).with_context(|| format!("cannot write `{name}`"))?;
    eprintln!("wrote {name} ({} bytes)", bytes.len());
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_is_made_is_fresh() {
        super::testdata(true).unwrap_or_else(|e| panic!("{e:#}"));
        super::lints(true).unwrap_or_else(|e| panic!("{e:#}"));
    }
}
