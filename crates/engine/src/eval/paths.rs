//! `pmatch`: which of many path patterns is a prefix of a path, component by component.

use rustc_hash::FxHashMap;

use super::glob::Glob;

/// Longer patterns are left out: no path has so many components (`PATH_MAX` is 4096), and matching recurses once for each.
const MAX_COMPONENTS: usize = 2048;

/// A trie over path components. Empty components do not count, so `/` alone matches every path.
#[derive(Debug, Default)]
pub(crate) struct PathTrie {
    nodes: Vec<Node>,
}

#[derive(Debug, Default)]
struct Node {
    /// A pattern ends here: whatever follows matches.
    end: bool,
    literal: FxHashMap<Box<[u8]>, usize>,
    globs: Vec<(Glob, usize)>,
}

impl PathTrie {
    /// Builds the trie of the patterns.
    pub(crate) fn new<'p>(patterns: impl IntoIterator<Item = &'p [u8]>) -> Self {
        let mut trie = Self { nodes: vec![Node::default()] };
        let mut seen_globs: FxHashMap<(usize, Box<[u8]>), usize> = FxHashMap::default();
        for pattern in patterns {
            if components(pattern).nth(MAX_COMPONENTS).is_some() {
                continue;
            }
            let mut at = 0;
            for part in components(pattern) {
                let next = trie.nodes.len();
                let child = if part.iter().any(|b| matches!(b, b'?' | b'*' | b'[')) {
                    *seen_globs.entry((at, part.into())).or_insert_with(|| {
                        trie.nodes[at].globs.push((Glob::new(part, false), next));
                        next
                    })
                } else {
                    *trie.nodes[at].literal.entry(part.into()).or_insert(next)
                };
                if child == next {
                    trie.nodes.push(Node::default());
                }
                at = child;
            }
            trie.nodes[at].end = true;
        }
        trie
    }

    /// Whether some pattern is a prefix of the path.
    pub(crate) fn matches(&self, path: &[u8]) -> bool {
        self.walk(0, path)
    }

    /// Recursion goes only as deep as the longest pattern: each step consumes one component of it.
    fn walk(&self, at: usize, path: &[u8]) -> bool {
        let node = &self.nodes[at];
        if node.end {
            return true;
        }
        let Some((part, rest)) = split_component(path) else {
            return false;
        };
        if let Some(&child) = node.literal.get(part)
            && self.walk(child, rest)
        {
            return true;
        }
        node.globs.iter().any(|(glob, child)| glob.matches(part) && self.walk(*child, rest))
    }
}

fn split_component(path: &[u8]) -> Option<(&[u8], &[u8])> {
    let start = path.iter().position(|&b| b != b'/')?;
    let path = &path[start..];
    let end = memchr::memchr(b'/', path).unwrap_or(path.len());
    Some((&path[..end], &path[end..]))
}

fn components(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|&b| b == b'/').filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trie(patterns: &[&str]) -> PathTrie {
        PathTrie::new(patterns.iter().map(|p| p.as_bytes()))
    }

    #[test]
    fn whole_components_must_agree() {
        let trie = trie(&["/opt/dir", "/usr/lib/"]);
        assert!(trie.matches(b"/opt/dir") && trie.matches(b"/opt/dir/a/b") && trie.matches(b"//usr//lib/x"));
        assert!(!trie.matches(b"/opt/dir2") && !trie.matches(b"/opt") && !trie.matches(b""));
        assert!(trie.matches(b"opt/dir/x"), "a leading slash is only an empty component");
    }

    #[test]
    fn globs_stand_for_one_component() {
        let trie = trie(&["/usr/*", "/home/*/.ssh", "/x/[ab]"]);
        assert!(trie.matches(b"/usr/lib/a") && trie.matches(b"/home/alice/.ssh/id") && trie.matches(b"/x/b/c"));
        assert!(!trie.matches(b"/usr") && !trie.matches(b"/home/a/b/.ssh") && !trie.matches(b"/x/c"));
    }

    #[test]
    fn a_literal_that_leads_nowhere_does_not_hide_a_glob() {
        let trie = trie(&["/a/b/c", "/a/*/d", "/a/*/e"]);
        assert!(trie.matches(b"/a/b/d") && trie.matches(b"/a/b/e") && trie.matches(b"/a/b/c"));
    }

    #[test]
    fn the_root_matches_everything() {
        assert!(trie(&["/"]).matches(b"/etc/passwd") && trie(&["/"]).matches(b""));
        assert!(!trie(&[]).matches(b"/etc/passwd"));
    }
}
