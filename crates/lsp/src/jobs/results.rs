//! What the last runs said, for remarks beside the rules. They follow the text: what stands before and behind an edit keeps its
//! results, what was edited loses them.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use falco_syntax::{TextRange, TextSize};
use rustc_hash::FxHashMap;
use serde_json::Value;
use tower_lsp::lsp_types::Url;

/// What is known of a stretch of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// Where it stands.
    pub range: Range<u32>,
    /// In a few characters.
    pub label: String,
    /// In words.
    pub tooltip: String,
}

#[derive(Debug, Clone)]
struct OfFile {
    /// The text that the results are for.
    text: Arc<str>,
    hits: Vec<Hit>,
}

/// The last results by file.
#[derive(Debug, Clone, Default)]
pub struct Results(Arc<Mutex<FxHashMap<Url, OfFile>>>);

impl Results {
    /// Takes over the `comparisons` and `rules` of a result. `texts` are the files that the job worked on, by path.
    pub fn keep(&self, result: &Value, texts: &[(Url, String, Arc<str>)]) {
        let mut found: FxHashMap<Url, OfFile> = FxHashMap::default();
        let entries = result.get("comparisons").and_then(Value::as_array).into_iter().flatten();
        for entry in entries {
            let Some((url, _, text)) = texts.iter().find(|(_, path, _)| entry["file"] == **path) else { continue };
            let Some(hit) = hit(entry) else { continue };
            let of_file = found.entry(url.clone()).or_insert_with(|| OfFile { text: text.clone(), hits: Vec::new() });
            of_file.hits.push(hit);
        }
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(found);
    }

    /// What is known of a stretch of a file that has this text now.
    pub fn of(&self, url: &Url, text: &Arc<str>, within: TextRange) -> Vec<Hit> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(of_file) = all.get_mut(url) else { return Vec::new() };
        if !Arc::ptr_eq(&of_file.text, text) {
            follow(of_file, text);
        }
        let inside = |hit: &&Hit| within.contains_inclusive(TextSize::new(hit.range.end));
        of_file.hits.iter().filter(inside).cloned().collect()
    }
}

fn hit(entry: &Value) -> Option<Hit> {
    let offset = |end: &str| u32::try_from(entry["range"][end]["offset"].as_u64()?).ok();
    let count = |key: &str| entry[key].as_u64().unwrap_or(0);
    let [yes, no, absent, decisive] = ["true", "false", "no_value", "decisive"].map(count);
    let mut label = format!("✓{yes} ✗{no}");
    if absent > 0 {
        label.push_str(&format!(" ∅{absent}"));
    }
    let tooltip = format!(
        "On the events of the last run: {yes} times true, {no} times false, {absent} times without a value; it decided {decisive} \
         times."
    );
    Some(Hit { range: offset("start")?..offset("end")?, label, tooltip })
}

/// Moves the results to a new text: an edit is what lies between the longest beginning and the longest end that the texts share.
fn follow(of_file: &mut OfFile, text: &Arc<str>) {
    let (old, new) = (of_file.text.as_bytes(), text.as_bytes());
    let before = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let room = old.len().min(new.len()) - before;
    let behind = old.iter().rev().zip(new.iter().rev()).take(room).take_while(|(a, b)| a == b).count();
    let (edited_to, moved) = (old.len() - behind, new.len() as i64 - old.len() as i64);
    of_file.hits.retain_mut(|hit| {
        if (hit.range.end as usize) < before {
            return true;
        }
        let shift = |at: u32| u32::try_from(i64::from(at) + moved).ok();
        match (shift(hit.range.start), shift(hit.range.end)) {
            (Some(start), Some(end)) if hit.range.start as usize > edited_to => {
                hit.range = start..end;
                true
            }
            _ => false,
        }
    });
    of_file.text = text.clone();
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn results_follow_the_text() {
        let (url, path) = (Url::parse("file:///r.yaml").unwrap(), "/r.yaml".to_owned());
        let text: Arc<str> = "aaaa bbbb cccc".into();
        let at = |start: u32, end: u32| json!({"start": {"offset": start}, "end": {"offset": end}});
        let entry = |start, end| json!({"file": path, "range": at(start, end), "true": 2, "false": 1, "no_value": 0});
        let results = Results::default();
        let result = json!({"comparisons": [entry(0, 4), entry(5, 9), entry(10, 14)]});
        results.keep(&result, &[(url.clone(), path.clone(), text.clone())]);
        let whole = TextRange::up_to(TextSize::new(100));
        let ranges =
            |text: &Arc<str>| results.of(&url, text, whole).into_iter().map(|hit| hit.range).collect::<Vec<_>>();
        assert_eq!(ranges(&text), [0..4, 5..9, 10..14]);
        assert_eq!(results.of(&url, &text, whole)[0].label, "✓2 ✗1");
        assert_eq!(ranges(&"aaaa bbXXbb cccc".into()), [0..4, 12..16]);
        assert_eq!(ranges(&"cccc".into()), [] as [Range<u32>; 0]);
    }
}
