//! What comes is recorded, and the recording says the same when it is replayed.

use std::fmt::Debug;

use falco_catalog::Catalog;
use falco_compiler::compile_output;
use falco_engine::eval::Evaluator;
use falco_engine::inspector::{EventSource, Inspector};
use falco_probe::Live;
use falco_scap::{Advance, Compression, Event, FdList, Reader, Writer};

/// A live source that writes down what it hands out.
struct Recorded {
    live: Live,
    capture: Writer<Vec<u8>>,
}

impl EventSource for Recorded {
    type Error = falco_probe::ProbeError;

    fn advance(&mut self) -> Result<Advance, Self::Error> {
        let advance = self.live.advance()?;
        match &advance {
            Advance::Item(item) => self.capture.item(item).unwrap(),
            Advance::Event => self.capture.event(&self.live.event().unwrap()).unwrap(),
            Advance::End => {}
        }
        Ok(advance)
    }

    fn event(&self) -> Option<Event<'_>> {
        self.live.event()
    }

    fn descriptors(&mut self, tid: i64) -> Option<FdList> {
        self.live.descriptors(tid)
    }
}

/// What the format says of each event after the first `close_range`.
fn lines<S: EventSource<Error: Debug>>(source: S, format: &str) -> (Vec<String>, S) {
    let catalog = Catalog::builtin();
    let output = compile_output(&catalog, "syscall", format).unwrap();
    let (mut evaluator, template) = Evaluator::for_query("syscall", None, output, &catalog).unwrap();
    let mut inspector = Inspector::new(source);
    let (mut lines, mut begun) = (Vec::new(), false);
    while let Some(step) = inspector.next().unwrap() {
        let view = step.view();
        let mut line = Vec::new();
        evaluator.on(&view).format(&template, &mut line);
        if begun {
            lines.push(String::from_utf8(line).unwrap());
        }
        begun |= step.event.ty.name() == "close_range";
    }
    (lines, inspector.into_source())
}

/// Reads a source to its end: what the format says of its events, which is what it says of them in a recording, too.
pub fn live_and_replayed(live: Live, format: &str) -> Vec<String> {
    let capture = Writer::new(Vec::new(), Compression::None).unwrap();
    let (live, recorded) = lines(Recorded { live, capture }, format);
    assert_eq!(recorded.live.counters().lost(), 0);
    let capture = recorded.capture.finish().unwrap();
    let (replayed, _) = lines(Reader::from_bytes(&capture), format);
    assert_eq!(live, replayed);
    live
}
