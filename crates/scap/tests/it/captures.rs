//! The sample captures, against the inventory that comes with them and the reference's answers.

use std::collections::BTreeMap;
use std::path::Path;

use falco_catalog::EventType;
use falco_scap::block::BlockKind;
use falco_scap::inspect::{Summary, summarize};
use falco_scap::{Item, Options, Reader, Section};
use serde_json::Value;

use crate::shared::{plain, shared, whole_captures};

fn whole(reader: Reader<'_>) -> Summary {
    let (summary, error) = summarize(reader);
    assert!(error.is_none(), "{error:?}");
    summary
}

/// Counts by the type's name.
fn named(by_type: &BTreeMap<EventType, u64>) -> BTreeMap<String, u64> {
    by_type.iter().map(|(ty, count)| (ty.info().unwrap().code.to_owned(), *count)).collect()
}

/// Block names and sizes, from the frames alone: an independent count.
fn blocks(bytes: &[u8]) -> BTreeMap<&'static str, (u64, u64)> {
    let u32_at = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    let (mut at, mut out) = (0, BTreeMap::<_, (u64, u64)>::new());
    while at < bytes.len() {
        let entry = out.entry(BlockKind::of(u32_at(at)).name()).or_default();
        entry.0 += 1;
        entry.1 += u64::from(u32_at(at + 4));
        at += u32_at(at + 4) as usize;
    }
    out
}

/// The number that follows `before` in `text`.
fn number(text: &str, before: &str) -> u64 {
    let rest = &text[text.find(before).unwrap_or_else(|| panic!("no `{before}`")) + before.len()..];
    rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap()
}

/// The rows of the table whose first heading is `heading`.
fn rows<'a>(section: &'a str, heading: &'a str) -> impl Iterator<Item = Vec<&'a str>> {
    let start = format!("| {heading} |");
    section
        .lines()
        .skip_while(move |line| !line.starts_with(&start))
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
}

#[test]
fn the_four_captures_hold_what_the_inventory_says() {
    let Some(shared) = shared("the_four_captures_hold_what_the_inventory_says") else { return };
    let doc = std::fs::read_to_string(shared.join("spec/captures.md")).unwrap();
    let mut seen = 0;
    for section in doc.split("\n## ").skip(1) {
        let name = section.lines().next().unwrap();
        let path = shared.join("captures").join(name);
        if !path.is_file() {
            continue;
        }
        seen += 1;
        let bytes = plain(&path);
        assert_eq!(bytes.len() as u64, number(section, "uncompressed "), "{name}");
        let want: BTreeMap<_, _> =
            rows(section, "block").map(|r| (r[0], (r[1].parse().unwrap(), r[2].parse().unwrap()))).collect();
        assert_eq!(blocks(&bytes), want, "{name}");

        let raw = Options { convert: false, ..Options::default() };
        let found = whole(Reader::open(&path).unwrap().with_options(raw));
        let want: BTreeMap<_, _> =
            rows(section, "raw event type").map(|r| (r[0].to_owned(), r[1].parse().unwrap())).collect();
        assert_eq!(named(&found.by_type), want, "{name}");
        assert_eq!(found.raw_events, number(section, "\nEvents: "));

        let found = whole(Reader::open(&path).unwrap());
        assert_eq!(found.events, number(section, "last evt.num "), "{name}");
        assert_eq!(found.raw_events, number(section, "\nEvents: "));
        assert_eq!(found.sections.len(), 1);
        let Section { minor, options_len, .. } = found.sections[0];
        assert_eq!(u64::from(minor), number(section, "version 1."));
        assert_eq!(u64::from(options_len), number(section, "options "));
        let machine = found.machine.unwrap();
        assert_eq!(u64::from(machine.num_cpus), number(section, "Machine: "));
        assert_eq!(machine.memory_size_bytes, number(section, "cpu, "));
        let host = String::from_utf8(machine.hostname).unwrap();
        assert!(section.contains(&format!("host `{host}`")));
        assert_eq!(found.threads, number(section, "Threads in header: "));
        assert_eq!(found.main_threads, number(section, &format!("Threads in header: {} (", found.threads)));
        assert_eq!(found.fds.values().sum::<u64>(), number(section, "Fds: "));
        assert_eq!(found.out_of_order, 0);
        let ours: BTreeMap<_, _> = found.blocks.iter().map(|(k, c)| (k.name(), (c.blocks, c.bytes))).collect();
        assert_eq!(ours, blocks(&bytes), "{name}");
        assert_eq!(found.bytes, bytes.len() as u64);
        let times = format!("; ts {} … {},", found.first_ts.unwrap(), found.last_ts.unwrap());
        assert!(section.contains(&times), "{name}: {times}");
        let line = section.lines().find(|line| line.contains("Fds: ")).unwrap();
        for (kind, count) in &found.fds {
            let says = format!("{kind} {count}");
            assert!(line.split([',', '—', '.']).any(|part| part.trim() == says), "{name}: {says}");
        }
    }
    assert_eq!(seen, 4);
}

/// The last event's number in a file of reference answers whose format begins with `evt.num`.
fn last_number(text: &str) -> u64 {
    text.lines().last().unwrap().split('|').next().unwrap().parse().unwrap()
}

#[test]
fn every_capture_delivers_as_many_events_as_the_reference() {
    let Some(shared) = shared("every_capture_delivers_as_many_events_as_the_reference") else { return };
    let synth: Value =
        serde_json::from_slice(&std::fs::read(shared.join("expected/synth/index.json")).unwrap()).unwrap();
    let mut lines = Vec::new();
    for path in whole_captures(&shared) {
        let name = path.file_name().unwrap().to_str().unwrap();
        let found = whole(Reader::open(&path).unwrap());
        let plain = plain(&path);
        assert_eq!(whole(Reader::from_bytes(&plain)), found, "{name}");
        let stem = name.trim_end_matches(".scap");
        let dir = path.parent().unwrap();
        if dir.ends_with("synth") {
            let cases = synth.as_array().unwrap();
            let case = cases.iter().find(|c| c["capture"] == name).unwrap();
            assert_eq!(found.raw_events, case["events_written"].as_u64().unwrap(), "{name}");
            check_last(&dir.join(format!("{stem}.full.txt")), &found);
        } else if dir.ends_with("modern") {
            check_last(&dir.join(format!("all_events.{stem}.txt")), &found);
        } else {
            check_last(&shared.join(format!("expected/libs-48dfd53/all_events.{stem}.txt")), &found);
        }
        lines.push(format!("{name}: {} raw, {} delivered", found.raw_events, found.events));
    }
    assert_eq!(lines.len(), 12);
    println!("{}", lines.join("\n"));
}

fn check_last(answers: &Path, found: &Summary) {
    let last = last_number(&std::fs::read_to_string(answers).unwrap());
    // Hidden enter events may stand at the end.
    assert!(last <= found.events && found.events - last <= 1, "{answers:?}: {last} of {}", found.events);
}

#[test]
fn comments_change_nothing_but_the_section() {
    let Some(shared) = shared("comments_change_nothing_but_the_section") else { return };
    let items = |name: &str| {
        let mut reader = Reader::open(shared.join("captures").join(name)).unwrap();
        let mut items = Vec::new();
        while let Some(item) = reader.next().unwrap() {
            if !matches!(item, Item::Section(_)) {
                items.push(format!("{item:?}"));
            }
        }
        items
    };
    assert!(items("curl_google.scap") == items("curl_google_comments.scap"));
}
