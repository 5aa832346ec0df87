//! Which release brought what.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use crate::text::{Line, lines, section};

type Version = (u32, u32, u32);

struct Release {
    name: String,
    lowest: Version,
    highest: Version,
}

/// What the file says, by kind and name.
pub struct Versions {
    releases: Vec<Release>,
    since: BTreeMap<(String, String), (String, Version, Version, String)>,
}

fn version(line: &Line, text: &str) -> Version {
    let numbers: Vec<u32> = text.split('.').map(|n| n.parse().unwrap_or_else(|_| line.fail("no version"))).collect();
    let [major, minor, patch] = numbers[..] else { line.fail("a version of three numbers expected") };
    (major, minor, patch)
}

impl Versions {
    pub fn read(path: &Path) -> Self {
        let mut this = Self { releases: Vec::new(), since: BTreeMap::new() };
        let mut in_releases = false;
        let mut last: Option<(String, String)> = None;
        let mut sourced = true;
        for line in lines(path) {
            if line.indented {
                if let Some(entry) = last.as_ref().and_then(|key| this.since.get_mut(key)) {
                    entry.3.clone_from(&line.text);
                }
                sourced = true;
                continue;
            }
            if !sourced {
                line.fail("the entry before has no source");
            }
            if let Some((name, _)) = section(&line.text, '[', ']') {
                in_releases = name == "releases";
                last = None;
                continue;
            }
            sourced = false;
            let words = line.words();
            if in_releases {
                let (name, lowest, highest) = match words[..] {
                    [name, exact] => (name, exact, exact),
                    [name, lowest, highest] => (name, lowest, highest),
                    _ => line.fail("a release with one or two engines expected"),
                };
                let (lowest, highest) = (version(&line, lowest), version(&line, highest));
                if lowest > highest || this.releases.last().is_some_and(|r| r.lowest > lowest || r.highest > highest) {
                    line.fail("engines only grow");
                }
                this.releases.push(Release { name: name.to_owned(), lowest, highest });
                continue;
            }
            let (kind, words) = match words.strip_prefix(&["deprecated"]) {
                Some([kind, words @ ..]) => (format!("deprecated {kind}"), words),
                _ => (words[0].to_owned(), &words[1..]),
            };
            let known = ["key", "operator", "modifier", "transformer", "field", "argument", "event", "code"];
            if !known.contains(&kind.trim_start_matches("deprecated ")) {
                line.fail("unknown kind");
            }
            let (name, release, lacking, having) = match *words {
                [name, release] => {
                    let at = this.releases.iter().position(|r| r.name == release);
                    let at = at.unwrap_or_else(|| line.fail("this release is not in the table"));
                    let lacking = at.checked_sub(1).map_or((0, 0, 0), |before| this.releases[before].lowest);
                    (name, release, lacking, this.releases[at].highest)
                }
                [name, release, lacking, having] => (name, release, version(&line, lacking), version(&line, having)),
                _ => line.fail("a name and a release expected"),
            };
            let key = (kind, name.to_owned());
            if this.since.insert(key.clone(), (release.to_owned(), lacking, having, String::new())).is_some() {
                line.fail("given twice");
            }
            last = Some(key);
        }
        this
    }

    /// The release that brought something.
    pub fn release(&self, kind: &str, name: &str) -> Option<&str> {
        self.since.get(&(kind.to_owned(), name.to_owned())).map(|(release, ..)| release.as_str())
    }

    /// Stops the build if an entry is about something that is not among the names of its kind.
    pub fn check(&self, kind: &str, names: &BTreeSet<&str>) {
        for (k, name) in self.since.keys() {
            let about = k == kind || k.strip_prefix("deprecated ") == Some(kind);
            assert!(!about || names.contains(name.as_str()), "data/versions.txt: there is no {kind} `{name}`");
        }
    }

    pub fn emit(&self) -> String {
        let engine = |v: Version| format!("EngineVersion {{ major: {}, minor: {}, patch: {} }}", v.0, v.1, v.2);
        let mut out = format!("pub(crate) static RELEASES: [Release; {}] = [\n", self.releases.len());
        for r in &self.releases {
            let _ = writeln!(
                out,
                "    Release {{ falco: {:?}, lowest: {}, highest: {} }},",
                r.name,
                engine(r.lowest),
                engine(r.highest)
            );
        }
        out.push_str("];\npub(crate) static SINCE: &[((&str, &str), Since)] = &[\n");
        for ((kind, name), (release, lacking, having, source)) in &self.since {
            let _ = writeln!(
                out,
                "    (({kind:?}, {name:?}), Since {{ falco: {release:?}, lacking: {}, having: {}, source: {source:?} }}),",
                engine(*lacking),
                engine(*having)
            );
        }
        out.push_str("];\n");
        let newest = self.since.values().map(|(_, _, having, _)| *having).max().unwrap_or((0, 0, 0));
        let _ = writeln!(out, "/// Engines from this one on have everything that the facts are about.");
        let _ = writeln!(out, "pub const NEWEST: EngineVersion = {};", engine(newest));
        out
    }
}
