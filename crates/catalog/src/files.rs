//! What files are called.

use std::path::Path;

/// Whether a file's name is that of a rule test: `*_test.yaml`, `*.test.yaml`, or the same with `.yml`.
pub fn is_test_name(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    ["_test.yaml", ".test.yaml", "_test.yml", ".test.yml"].iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_known_by_their_names() {
        for name in ["shells_test.yaml", "a/shells.test.yml", "_test.yaml"] {
            assert!(is_test_name(Path::new(name)), "{name}");
        }
        for name in ["shells.yaml", "test.yaml", "shells_test.json", "x_test.yaml/rules.yaml", ".."] {
            assert!(!is_test_name(Path::new(name)), "{name}");
        }
    }
}
