//! What changed since a commit, as git tells.

use std::path::{Path, PathBuf};

use falco_testkit::Depends;

use crate::error::CliError;
use crate::{Result, git};

/// Files that differ from a commit's, those that git does not know yet among them.
pub struct Changed {
    files: Vec<PathBuf>,
}

impl Changed {
    /// Whether one of them decides what comes of a test file.
    pub fn concerns(&self, test: &Path) -> bool {
        let depends = Depends::of(test);
        self.files.iter().any(|file| depends.has(file))
    }
}

/// Asks git.
pub fn changed(commit: &str) -> Result<Changed> {
    // What begins with a dash would be an option.
    if commit.is_empty() || commit.starts_with('-') {
        return Err(CliError::Usage(format!("`{commit}` is no commit")));
    }
    let top = git::output(&["rev-parse", "--show-toplevel"])?;
    let top = PathBuf::from(String::from_utf8_lossy(&top).trim_end_matches('\n'));
    git::output(&["rev-parse", "--verify", "--quiet", &format!("{commit}^{{commit}}")])
        .map_err(|_| CliError::Usage(format!("git knows no commit `{commit}`")))?;
    let differ = git::output(&["diff", "--name-only", "--no-renames", "-z", commit, "--"])?;
    let new = git::output(&["ls-files", "--others", "--exclude-standard", "--full-name", "-z", "--", ":/"])?;
    let paths = [differ, new].concat();
    let names = paths.split(|byte| *byte == 0).filter(|name| !name.is_empty());
    Ok(Changed { files: names.map(|name| top.join(String::from_utf8_lossy(name).as_ref())).collect() })
}
