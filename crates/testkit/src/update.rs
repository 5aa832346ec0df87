//! Brings recorded expectations up to date: of tests of captures, what `expect` says becomes what comes. What still holds stays as it is
//! written, with its comments; so does everything else in the file.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use falco_catalog::Catalog;
use falco_syntax::yaml::{self, Node};

use crate::append::NewExpect;
use crate::command::NoCommands;
use crate::file::{Case, Source};
use crate::report::FileReport;
use crate::run::{RunOptions, Suite, fits, pair, read};

/// A test file with other expectations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Updated {
    /// Its new text.
    pub text: String,
    /// The cases whose expectations changed.
    pub cases: Vec<String>,
    /// Cases that would need it and cannot have it, each with the reason.
    pub left: Vec<(String, String)>,
}

/// What a test file would have to say. Nothing is written.
///
/// # Errors
/// When its tests cannot be run; the report says why.
pub fn update(path: &Path, catalog: &Arc<Catalog>, options: &RunOptions) -> Result<Updated, Box<FileReport>> {
    let mut report = FileReport { path: path.to_owned(), ..FileReport::default() };
    let Some(file) = read(&mut report, options) else { return Err(report.into()) };
    let folder = path.parent().unwrap_or(Path::new(""));
    let Some(mut suite) = Suite::load(&file, folder, catalog, options, &NoCommands, &mut report) else {
        return Err(report.into());
    };
    let mut edits: Vec<(Range<usize>, String)> = Vec::new();
    let mut updated = Updated { text: String::new(), cases: Vec::new(), left: Vec::new() };
    let parse = yaml::parse(&report.text);
    let root = parse.documents().next().map(|document| document.root());
    for (case, set) in suite.cases(&file, options) {
        let (Source::Capture(_), Some((_, judge))) = (&case.source, suite.sets.get_mut(set)) else { continue };
        let raised = match judge.raise(&file, case) {
            Ok((raised, _)) => raised,
            Err(problem) => {
                updated.left.push((case.name.value.clone(), problem.message));
                continue;
            }
        };
        let room: Vec<u64> = case.expect.iter().map(|e| e.count).collect();
        let mut fitting = fits(&case.expect, &raised);
        let pairs = pair(&fitting, &room);
        let mut counts = vec![0u64; case.expect.len()];
        pairs.iter().flatten().for_each(|place| counts[*place] += 1);
        // What fits an expectation that only has too little room makes room there.
        let mut new = Vec::new();
        for ((raised, options), pair) in raised.iter().zip(&mut fitting).zip(&pairs) {
            match (pair, options.first()) {
                (Some(_), _) => {}
                (None, Some(place)) => counts[*place] += 1,
                (None, None) => new.push(raised.alert.clone()),
            }
        }
        if counts == room && new.is_empty() {
            continue;
        }
        if case.row.is_some() {
            let reason = "its matrix makes several tests of one `expect`".to_owned();
            updated.left.push((case.name.value.clone(), reason));
            continue;
        }
        let node = root.as_ref().and_then(|root| expect_node(root, case));
        match node.and_then(|node| rewrite(&report.text, &node, &counts, &room, &NewExpect::of(&new))) {
            Some(mine) => {
                edits.extend(mine);
                updated.cases.push(case.name.value.clone());
            }
            None => updated.left.push((case.name.value.clone(), "its `expect` is not laid out as a list".to_owned())),
        }
    }
    edits.sort_by_key(|(range, _)| range.start);
    updated.text = report.text;
    for (range, text) in edits.into_iter().rev() {
        updated.text.replace_range(range, &text);
    }
    // Whatever was written must be read as it was meant.
    debug_assert!(crate::parse(&updated.text).1.is_empty());
    Ok(updated)
}

fn expect_node(root: &Node, case: &Case) -> Option<Node> {
    let tests = root.as_mapping()?.get("tests")?;
    let all: Vec<Node> = tests.as_sequence()?.items().collect();
    all.iter()
        .filter_map(|test| test.as_mapping()?.get("expect"))
        .find(|node| Range::from(node.range()) == case.expect_span)
}

/// The edits that make the expectations have these counts, and the new ones come after them.
fn rewrite(
    text: &str,
    node: &Node,
    counts: &[u64],
    before: &[u64],
    new: &[NewExpect],
) -> Option<Vec<(Range<usize>, String)>> {
    let sequence = node.as_sequence()?;
    let items: Vec<Node> = sequence.items().collect();
    if items.len() != counts.len() {
        return None;
    }
    let whole: Range<usize> = node.range().into();
    let kept = |place: usize| counts.get(place).is_some_and(|count| *count > 0 || before.get(place) == Some(&0));
    if sequence.is_flow() {
        let key = text.get(..whole.start)?.rfind("expect")?;
        let line = text.get(..key)?.rfind('\n').map_or(0, |at| at + 1);
        // In a mapping in braces there are no lines to put it on.
        let column = text.get(line..key).filter(|before| before.chars().all(|c| matches!(c, ' ' | '-')))?.len();
        if items.is_empty() || !new.is_empty() {
            let mut out = String::new();
            for (place, item) in items.iter().enumerate().filter(|(place, _)| kept(*place)) {
                let range: Range<usize> = item.range().into();
                let (mut written, start) = (text.get(range.clone())?.to_owned(), range.start);
                if let Some((at, count)) = recount(text, item, *counts.get(place)?, *before.get(place)?) {
                    written.replace_range(at.start - start..at.end - start, &count);
                }
                out.push_str(&format!("\n{}- {written}", " ".repeat(column + 2)));
            }
            for expect in new {
                out.push('\n');
                out.push_str(expect.to_yaml(column + 2).trim_end());
            }
            let blank = text.get(..whole.start)?.trim_end_matches(' ').len();
            return Some(vec![(blank..whole.end, out)]);
        }
        let mut parts = Vec::new();
        for (place, item) in items.iter().enumerate().filter(|(place, _)| kept(*place)) {
            let range: Range<usize> = item.range().into();
            let mut written = text.get(range.clone())?.to_owned();
            if let Some((at, count)) = recount(text, item, *counts.get(place)?, *before.get(place)?) {
                written.replace_range(at.start - range.start..at.end - range.start, &count);
            }
            parts.push(written);
        }
        return Some(vec![(whole, format!("[{}]", parts.join(", ")))]);
    }
    let mut edits = Vec::new();
    let first: Range<usize> = items.first()?.range().into();
    let line = text.get(..first.start)?.rfind('\n').map_or(0, |at| at + 1);
    let column = text.get(line..first.start)?.find('-')?;
    let none_left = new.is_empty() && !(0..items.len()).any(kept);
    if none_left {
        let key = text.get(..first.start)?.rfind(':')?;
        let end = text.get(..whole.end)?.trim_end().len();
        return Some(vec![(key + 1..end, " []".to_owned())]);
    }
    for (place, item) in items.iter().enumerate() {
        let range: Range<usize> = item.range().into();
        if kept(place) {
            edits.extend(recount(text, item, *counts.get(place)?, *before.get(place)?));
            continue;
        }
        let start = text.get(..range.start)?.rfind('\n').map_or(0, |at| at + 1);
        edits.push((start..end_of_line(text, range.end), String::new()));
    }
    if !new.is_empty() {
        let at = end_of_line(text, Range::<usize>::from(items.last()?.range()).end);
        let mut out: String = new.iter().map(|expect| expect.to_yaml(column)).collect();
        if !text.get(..at)?.ends_with('\n') {
            out.insert(0, '\n');
        }
        edits.push((at..at, out));
    }
    Some(edits)
}

/// Where the line ends on which a node's text ends; behind its line break.
fn end_of_line(text: &str, end: usize) -> usize {
    let content = text.get(..end).map_or(0, |t| t.trim_end().len());
    text.get(content..).and_then(|rest| rest.find('\n')).map_or(text.len(), |at| content + at + 1)
}

/// The edit that gives an expectation another count.
fn recount(text: &str, item: &Node, count: u64, before: u64) -> Option<(Range<usize>, String)> {
    if count == before {
        return None;
    }
    let mapping = item.as_mapping()?;
    if let Some(node) = mapping.get("count") {
        return Some((node.range().into(), count.to_string()));
    }
    let rule: Range<usize> = mapping.get("rule")?.range().into();
    let flow = text.get(item.range().start().into()..)?.starts_with('{');
    if flow {
        return Some((rule.end..rule.end, format!(", count: {count}")));
    }
    let key = mapping.entries().find(|e| e.key_text().as_deref() == Some("rule"))?;
    let start: Range<usize> = key.key().range().into();
    let line = text.get(..start.start)?.rfind('\n').map_or(0, |at| at + 1);
    let at = end_of_line(text, rule.end);
    Some((at..at, format!("{}count: {count}\n", " ".repeat(start.start - line))))
}

#[cfg(test)]
mod tests {
    use falco_catalog::event;
    use falco_scap::builder::CaptureBuilder;
    use falco_scap::params;

    use super::*;
    use crate::run::run_file;

    const RULES: &str = "- rule: Shell
  desc: d
  condition: evt.type = execve and proc.name in (bash, zsh)
  output: x %proc.name
  priority: INFO
- rule: Ls
  desc: d
  condition: evt.type = execve and proc.name = ls
  output: x %proc.name
  priority: INFO
";

    /// Updates a test of a capture in which these programs start.
    fn updated(programs: &[&str], test: &str) -> Updated {
        use std::sync::atomic::{AtomicU32, Ordering};
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("falco-rs-update-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let mut builder = CaptureBuilder::new();
        for (n, name) in (1u64..).zip(programs) {
            let exec = params! { res = 0, exe = *name, tid = 7, pid = 7, ptid = 1, comm = *name, fdlimit = 1024 };
            builder = builder.event(n, 7, event::SYSCALL_EXECVE_19_X, exec);
        }
        std::fs::write(folder.join("x.scap"), builder.build().unwrap()).unwrap();
        std::fs::write(folder.join("r.yaml"), RULES).unwrap();
        let path = folder.join("r_test.yaml");
        std::fs::write(&path, format!("rules: [r.yaml]\ntests:\n{test}")).unwrap();
        let catalog = Arc::new(Catalog::builtin());
        let result = update(&path, &catalog, &RunOptions::default()).unwrap();
        if result.left.is_empty() {
            std::fs::write(&path, &result.text).unwrap();
            let report = run_file(&path, &catalog, None, &NoCommands);
            assert!(report.passed(), "{}\n{report:?}", result.text);
            assert_eq!(update(&path, &catalog, &RunOptions::default()).unwrap().cases, Vec::<String>::new());
        }
        std::fs::remove_dir_all(folder).unwrap();
        Updated { text: result.text.replacen("rules: [r.yaml]\ntests:\n", "", 1), ..result }
    }

    #[test]
    fn what_holds_stays_and_the_rest_follows() {
        let test = "  - name: t # mine
    capture: x.scap
    expect:
      # the shells
      - rule: Shell # any
        fields: {proc.name: bash}
      - rule: Ls
        count: 3
      - rule: Shell
        fields: {proc.name: gone}

  # after
  - name: other
    events: [{evt.type: execve, proc.name: ls}]
    expect: [{rule: Ls}]
";
        let result = updated(&["bash", "bash", "zsh", "ls"], test);
        assert_eq!(result.cases, ["t"]);
        let wanted = "  - name: t # mine
    capture: x.scap
    expect:
      # the shells
      - rule: Shell # any
        count: 2
        fields: {proc.name: bash}
      - rule: Ls
        count: 1
      - rule: Shell
        priority: Informational
        fields:
          proc.name: zsh

  # after
";
        assert!(result.text.starts_with(wanted), "{}", result.text);
    }

    #[test]
    fn lists_in_brackets_and_empty_ones() {
        let test = |expect: &str| format!("  - name: t\n    capture: x.scap\n    expect: {expect} # why\n");
        let result = updated(&["ls"], &test("[]"));
        assert!(
            result.text.contains("    expect:\n      - rule: Ls\n        priority: Informational\n"),
            "{}",
            result.text
        );
        assert!(result.text.contains("# why"), "{}", result.text);
        let result = updated(&["ls", "ls"], &test("[{rule: Ls}, {rule: Shell}]"));
        assert_eq!(result.text, test("[{rule: Ls, count: 2}]"));
        let result = updated(
            &["cat"],
            "  - name: t\n    capture: x.scap\n    expect:\n      - rule: Ls\n  - name: u\n    capture: x.scap\n    expect: []\n",
        );
        assert!(
            result.text.starts_with("  - name: t\n    capture: x.scap\n    expect: []\n  - name: u"),
            "{}",
            result.text
        );
    }

    #[test]
    fn a_matrix_is_left_alone() {
        let test = "  - name: t\n    matrix: {a: [Ls, Shell]}\n    capture: x.scap\n    expect: [{rule: \"${a}\"}]\n";
        let result = updated(&[], test);
        assert_eq!((result.text.as_str(), result.left.len()), (test, 2));
    }
}
