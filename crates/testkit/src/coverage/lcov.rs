//! Coverage as a tracefile of LCOV: a line counts how often its least judged comparison was judged; a comparison's branches are that it
//! held, that it did not, and that it decided.

use std::collections::BTreeMap;
use std::fmt::Write;

use falco_compiler::SourceFile;

use super::{CoverageReport, Covered, Point, place};

/// The tracefile.
pub fn document(report: &CoverageReport, files: &[SourceFile]) -> String {
    let mut by_file: BTreeMap<&str, BTreeMap<usize, Vec<&Covered>>> = BTreeMap::new();
    for covered in report.comparisons() {
        let text = files.iter().find(|f| f.path == covered.file).map_or("", |f| &*f.text);
        let (line, _) = place(text, covered.range.start as usize);
        by_file.entry(&covered.file).or_default().entry(line).or_default().push(covered);
    }
    let mut out = String::new();
    for (file, lines) in by_file {
        let _ = writeln!(out, "TN:\nSF:{file}");
        let (mut branches, mut taken) = (0, 0);
        for (line, comparisons) in &lines {
            for (block, covered) in comparisons.iter().enumerate() {
                for (branch, point) in Point::ALL.into_iter().enumerate() {
                    let seen = covered.seen(point);
                    branches += 1;
                    taken += usize::from(seen > 0);
                    // What was never judged has no count.
                    let count = if covered.judged() == 0 { "-".to_owned() } else { seen.to_string() };
                    let _ = writeln!(out, "BRDA:{line},{block},{branch},{count}");
                }
            }
        }
        let _ = writeln!(out, "BRF:{branches}\nBRH:{taken}");
        let count = |comparisons: &[&Covered]| comparisons.iter().map(|c| c.judged()).min().unwrap_or(0);
        for (line, comparisons) in &lines {
            let _ = writeln!(out, "DA:{line},{}", count(comparisons));
        }
        let hit = lines.values().filter(|comparisons| count(comparisons) > 0).count();
        let _ = writeln!(out, "LF:{}\nLH:{hit}\nend_of_record", lines.len());
    }
    out
}
