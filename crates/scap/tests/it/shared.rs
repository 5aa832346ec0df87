//! The facts beside the repository, when they are there.

use std::path::{Path, PathBuf};

/// The folder of shared facts; says so on standard error when it is not there.
pub fn shared(test: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    if path.is_dir() {
        return Some(path);
    }
    // Past the capturing of tests that pass: a skip must be seen.
    let _ = std::io::Write::write_all(
        &mut std::io::stderr(),
        format!("skipped: ../shared is not here ({test})\n").as_bytes(),
    );
    None
}

/// The uncompressed bytes of a capture.
pub fn plain(path: &Path) -> Vec<u8> {
    let bytes = std::fs::read(path).unwrap();
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return bytes;
    }
    let mut out = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::MultiGzDecoder::new(&bytes[..]), &mut out).unwrap();
    out
}

/// Every capture that is whole: the four real ones, the seven synthetic ones, the modern one.
pub fn whole_captures(shared: &Path) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    for dir in ["captures", "expected/synth", "expected/modern"] {
        let mut found: Vec<_> = std::fs::read_dir(shared.join(dir))
            .unwrap()
            .map(|e| e.unwrap().path())
            .filter(|p| p.extension().is_some_and(|e| e == "scap"))
            .collect();
        found.sort();
        paths.extend(found);
    }
    paths
}
