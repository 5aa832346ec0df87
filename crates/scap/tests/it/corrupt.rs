//! Damaged captures come to the end that the reference came to.

use falco_scap::{Error, ErrorKind, Reader, Stage, Status};
use serde_json::Value;

use crate::shared::shared;

struct End {
    delivered: u64,
    last: Option<String>,
    error: Option<Error>,
}

/// Enter events that are delivered for the state alone; the reference's counts leave them out.
fn is_hidden(code: &str) -> bool {
    matches!(
        code,
        "SYSCALL_OPEN_E"
            | "SYSCALL_CREAT_E"
            | "SYSCALL_OPENAT_2_E"
            | "SYSCALL_OPENAT2_E"
            | "SOCKET_CONNECT_E"
            | "SYSCALL_EXECVE_19_E"
            | "SYSCALL_EXECVEAT_E"
    )
}

fn read(mut reader: Reader<'_>) -> End {
    let mut end = End { delivered: 0, last: None, error: None };
    loop {
        match reader.next_event_only() {
            Ok(Some(event)) => {
                let info = event.ty.info().unwrap();
                if !is_hidden(info.code) {
                    end.delivered += 1;
                    end.last = Some(info.name.to_owned());
                    let number = reader.event_number();
                    end.last = Some(format!("{number} {}", info.name));
                }
            }
            Ok(None) => return end,
            Err(error) => {
                assert!(matches!(reader.next(), Ok(None)), "nothing comes after an error");
                end.error = Some(error);
                return end;
            }
        }
    }
}

/// The reference's text without what is its own: the kind of exit and the place in its sources.
fn text_of(error: &str) -> String {
    let text = error.trim_start_matches("EXCEPTION ").trim_start_matches("ERROR ").trim_start_matches("scap error: ");
    text.replace(" at <file>, line <n>", "")
}

#[test]
fn damaged_captures_end_as_in_the_reference() {
    let Some(shared) = shared("damaged_captures_end_as_in_the_reference") else { return };
    let dir = shared.join("expected/corrupt");
    let index: Value = serde_json::from_slice(&std::fs::read(dir.join("index.json")).unwrap()).unwrap();
    let cases = index.as_array().unwrap();
    let (mut good, mut report) = (0, String::new());
    for case in cases {
        let name = case["mutation"].as_str().unwrap();
        let path = dir.join(format!("{name}.scap"));
        let bytes = std::fs::read(&path).unwrap();
        let mut wrong = Vec::new();
        let ways = [("file", Reader::open(&path).unwrap()), ("memory", Reader::from_bytes(&bytes))];
        for (way, reader) in ways {
            let end = read(reader);
            let want = case["events_delivered"].as_u64().unwrap();
            if end.delivered != want {
                wrong.push(format!("{way}: {} events, not {want}", end.delivered));
            }
            if end.last.as_deref() != case["last"].as_str() {
                wrong.push(format!("{way}: last {:?}, not {}", end.last, case["last"]));
            }
            let text = end.error.as_ref().map(|e| {
                let prefix = if e.stage() == Stage::Restart { "could not restart capture: " } else { "" };
                format!("{prefix}{}", e.kind())
            });
            let wanted = case["error"].as_str().map(text_of);
            if text != wanted {
                wrong.push(format!("{way}: {text:?}, not {wanted:?}"));
            }
            let exit = match end.error.as_ref().map(Error::stage) {
                None => 0,
                Some(Stage::Events) => 2,
                Some(Stage::Open | Stage::Restart) => 3,
            };
            if exit != case["exit"].as_u64().unwrap() {
                wrong.push(format!("{way}: exit {exit}, not {}", case["exit"]));
            }
            if let Some(e) = &end.error
                && way == "file"
            {
                report += &format!("    {name}: {e}\n");
            }
        }
        if wrong.is_empty() {
            good += 1;
        } else {
            report += &format!("WRONG {name}: {}\n", wrong.join("; "));
        }
    }
    println!("{report}{good} of {} damaged captures end as in the reference", cases.len());
    assert_eq!(cases.len(), 28);
    assert_eq!(good, cases.len(), "\n{report}");
}

#[test]
fn the_kinds_of_failure_are_told_apart() {
    let Some(shared) = shared("the_kinds_of_failure_are_told_apart") else { return };
    let status = |name: &str| {
        let end = read(Reader::open(shared.join("expected/corrupt").join(name)).unwrap());
        end.error.map(|e| e.status())
    };
    assert_eq!(status("raw_uncompressed.scap"), None);
    assert_eq!(status("empty.scap"), Some(Status::NotACapture));
    assert_eq!(status("bad_magic.scap"), Some(Status::NotACapture));
    assert_eq!(status("first_block_type.scap"), Some(Status::NotACapture));
    assert_eq!(status("major_2.scap"), Some(Status::Version));
    assert_eq!(status("no_events.scap"), Some(Status::NoEvents));
    assert_eq!(status("cut_in_event_body.scap"), Some(Status::Damaged));
    assert_eq!(status("concat_self.scap"), Some(Status::Damaged));
    let error = Reader::open(shared.join("no-such-file.scap")).map(|_| ()).unwrap_err();
    assert_eq!(error.status(), Status::Io);
    assert!(matches!(error.kind(), ErrorKind::Open(_)));
    let error = Reader::open(&shared).map(|_| ()).unwrap_err();
    assert_eq!(error.status(), Status::Io);
    // Other things that people hand over.
    let text = std::fs::read(shared.join("spec/captures.md")).unwrap();
    assert_eq!(read(Reader::from_bytes(&text)).error.unwrap().status(), Status::NotACapture);
}

#[test]
fn concatenated_captures_can_be_read_leniently() {
    let Some(shared) = shared("concatenated_captures_can_be_read_leniently") else { return };
    let options = falco_scap::Options { lenient_enter: true, ..Default::default() };
    let reader = Reader::open(shared.join("expected/corrupt/concat_self.scap")).unwrap().with_options(options);
    let end = read(reader);
    assert!(end.error.is_none());
    assert_eq!(end.delivered, 2 * 293);
    assert_eq!(end.last.as_deref(), Some("594 procinfo"));
}
