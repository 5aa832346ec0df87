//! The pages of findings' codes as files, for `codeDescription`: there is no web address for the pages of a version, so those of the running one
//! are written to the user's cache folder when they are first pointed to.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use tower_lsp::lsp_types::Url;

/// The address of a code's page; `None` where it has none or the file cannot be written.
pub fn href(code: &str) -> Option<Url> {
    static KNOWN: OnceLock<Mutex<HashMap<String, Option<Url>>>> = OnceLock::new();
    let known = KNOWN.get_or_init(Mutex::default);
    let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
    known.entry(code.to_owned()).or_insert_with(|| Url::from_file_path(write(&folder()?, code)?).ok()).clone()
}

/// `$XDG_CACHE_HOME/falco-rs/docs/VERSION`, or the same in `~/.cache`.
fn folder() -> Option<PathBuf> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let cache = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")))?;
    Some(cache.join("falco-rs").join("docs").join(env!("CARGO_PKG_VERSION")))
}

/// Writes a page, unless it stands there already, whole: under another name first.
fn write(folder: &Path, code: &str) -> Option<PathBuf> {
    let page = falco_ide::page(code)?;
    let path = folder.join(format!("{code}.md"));
    if std::fs::read_to_string(&path).is_ok_and(|there| there == page) {
        return Some(path);
    }
    std::fs::create_dir_all(folder).ok()?;
    let fresh = folder.join(format!(".{code}.{}", std::process::id()));
    let written = std::fs::write(&fresh, page).and_then(|()| std::fs::rename(&fresh, &path));
    if written.is_err() {
        let _ = std::fs::remove_file(&fresh);
    }
    written.ok().map(|()| path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_written_once_and_mended() {
        let folder = std::env::temp_dir().join(format!("falco-rs-pages-{}", std::process::id()));
        let path = write(&folder, "LOAD_UNUSED_LIST").unwrap();
        assert!(std::fs::read_to_string(&path).unwrap().starts_with("# LOAD_UNUSED_LIST"));
        std::fs::write(&path, "old").unwrap();
        assert_eq!(write(&folder, "LOAD_UNUSED_LIST"), Some(path.clone()));
        assert_ne!(std::fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
        assert_eq!(write(&folder, "../nothing"), None);
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_no_matter() {
        assert_eq!(write(Path::new("/dev/null/x"), "LOAD_UNUSED_LIST"), None);
    }
}
