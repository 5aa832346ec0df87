//! Recordings that begin with an alert, as Falco makes them, and with what was before it.

use std::path::PathBuf;
use std::time::Duration;

use falco_engine::state::Machine;
use falco_scap::{Compression, Event};

use crate::{RecordError, Recording, Ring, Told};

/// Falco's settings of `capture`, and ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// `path_prefix`: what files' names begin with.
    pub path_prefix: PathBuf,
    /// `mode: all_rules`: the alert of any rule begins a recording, not only of those with `capture: true`.
    pub all_rules: bool,
    /// `default_duration`: how long after an alert a recording goes on, where the rule does not say.
    pub default_duration: Duration,
    /// `max_file_size_mb` in bytes: a larger file ends. 0 is no limit.
    pub max_file_size: u64,
    /// What of the time before an alert is kept.
    pub before: Option<Before>,
}

impl Default for Policy {
    /// Falco's defaults.
    fn default() -> Self {
        Self {
            path_prefix: "/tmp/falco".into(),
            all_rules: false,
            default_duration: Duration::from_secs(5),
            max_file_size: 0,
            before: None,
        }
    }
}

/// How much of the time before an alert is kept in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Before {
    /// So much time,
    pub time: Duration,
    /// and no more bytes than this.
    pub bytes: usize,
}

/// A rule that matched an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Match {
    /// The rule's `capture` and `capture_duration` in milliseconds, 0 for the default; see
    /// [`falco_compiler::program::RuleProgram::capture`].
    pub capture: Option<u32>,
}

/// Why a recording ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// Its time was over.
    Deadline,
    /// The file has reached its size.
    Size,
    /// There were no more events.
    End,
}

/// A recording that is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stopped {
    /// Why it ended.
    pub stop: Stop,
    /// Where it is.
    pub path: PathBuf,
    /// How many events are in it.
    pub events: u64,
    /// Bytes in the file when it ended.
    pub size: u64,
}

/// Watches events and the rules that they match, and records when it must.
pub struct OnAlert {
    policy: Policy,
    ring: Option<Ring>,
    current: Option<Current>,
}

struct Current {
    recording: Recording,
    deadline: u64,
}

impl OnAlert {
    /// Nothing is recorded yet. `recorded`: whether the events that will come were recorded earlier.
    pub fn new(policy: Policy, recorded: bool) -> Self {
        let ring = policy.before.map(|before| Ring::new(before.time, before.bytes, recorded));
        Self { policy, ring, current: None }
    }

    /// Takes in what a source tells beside events.
    ///
    /// # Errors
    /// When it belongs to a recording and cannot be written.
    pub fn told(&mut self, told: Told) -> Result<(), RecordError> {
        if let Some(current) = &mut self.current {
            current.recording.told(&told)?;
        }
        if let Some(ring) = &mut self.ring {
            ring.told(told);
        }
        Ok(())
    }

    /// Takes in an event, the rules that it matches, and the machine after it. `num` is the event's number. Tells when a recording ends
    /// with it.
    ///
    /// # Errors
    /// When a recording cannot be written.
    pub fn event(
        &mut self,
        event: &Event<'_>,
        num: u64,
        matches: impl IntoIterator<Item = Match>,
        machine: &Machine,
    ) -> Result<Option<Stopped>, RecordError> {
        if let Some(ring) = &mut self.ring {
            ring.event(event);
        }
        let (mut begin, mut deadline) = (false, 0);
        for matched in matches {
            begin |= self.policy.all_rules || matched.capture.is_some();
            // The rule's own duration counts whether it begins recordings or not.
            let own = matched.capture.filter(|ms| *ms > 0).map(|ms| Duration::from_millis(ms.into()));
            let duration = own.unwrap_or(self.policy.default_duration);
            deadline = deadline.max(event.ts.saturating_add(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)));
        }
        match &mut self.current {
            Some(current) => {
                current.deadline = current.deadline.max(deadline);
                current.recording.event(event)?;
            }
            None if begin => {
                let recording = self.begin(event, num, machine)?;
                self.current = Some(Current { recording, deadline });
            }
            None => return Ok(None),
        }
        let Some(current) = &self.current else { return Ok(None) };
        let size = self.policy.max_file_size;
        let stop = match () {
            () if event.ts >= current.deadline => Stop::Deadline,
            () if size > 0 && current.recording.size() >= size => Stop::Size,
            () => return Ok(None),
        };
        self.stop(stop)
    }

    fn begin(&mut self, event: &Event<'_>, num: u64, machine: &Machine) -> Result<Recording, RecordError> {
        let mut path = self.policy.path_prefix.clone().into_os_string();
        path.push(format!("_{:020}_{num:020}.scap", event.ts));
        let mut recording = Recording::create(path.as_ref(), Compression::Gzip)?;
        match &mut self.ring {
            Some(ring) => ring.write(&mut recording)?,
            // As in Falco, the picture is of the machine after the event, which comes all the same.
            None => {
                recording.picture(machine, event.ts)?;
                recording.event(event)?;
            }
        }
        Ok(recording)
    }

    fn stop(&mut self, stop: Stop) -> Result<Option<Stopped>, RecordError> {
        let Some(Current { recording, .. }) = self.current.take() else { return Ok(None) };
        let (path, events, size) = (recording.path().to_owned(), recording.events(), recording.size());
        recording.finish()?;
        Ok(Some(Stopped { stop, path, events, size }))
    }

    /// There are no more events.
    ///
    /// # Errors
    /// When a recording cannot be written.
    pub fn finish(&mut self) -> Result<Option<Stopped>, RecordError> {
        self.stop(Stop::End)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Folder, World, opened};

    const RULE: Match = Match { capture: None };

    fn policy(folder: &Folder) -> Policy {
        Policy { path_prefix: folder.path("falco"), default_duration: Duration::from_micros(3), ..Policy::default() }
    }

    /// Feeds the world's events; `matches` says what the event with a number matches.
    fn fed(on_alert: &mut OnAlert, world: &mut World, matches: impl Fn(u64) -> Vec<Match>) -> Vec<Stopped> {
        world.header().into_iter().for_each(|told| on_alert.told(told).unwrap());
        let mut stopped = Vec::new();
        for _ in 0..4 {
            for event in world.a_process_reads("/etc/shadow") {
                let num = world.step(&event);
                stopped.extend(on_alert.event(&event.event(), num, matches(num), world.machine()).unwrap());
            }
        }
        stopped.extend(on_alert.finish().unwrap());
        stopped
    }

    #[test]
    fn a_match_records_itself_and_what_follows() {
        let (folder, mut world) = (Folder::new("alert"), World::new());
        let mut on_alert = OnAlert::new(policy(&folder), true);
        let begins = Match { capture: Some(0) };
        let stopped = fed(&mut on_alert, &mut world, |num| if num == 3 { vec![begins] } else { Vec::new() });
        let [stopped] = &stopped[..] else { panic!("{stopped:?}") };
        assert_eq!((stopped.stop, stopped.events), (Stop::Deadline, 4), "the event at the deadline is the last");
        let name = format!("falco_{:020}_{:020}.scap", world.ts_of(3), 3);
        assert_eq!(stopped.path.file_name().unwrap(), name.as_str());
        assert_eq!(opened(&stopped.path), world.lines()[2..6]);
    }

    #[test]
    fn later_matches_of_any_rule_put_the_end_off() {
        let (folder, mut world) = (Folder::new("later"), World::new());
        let mut on_alert = OnAlert::new(policy(&folder), true);
        let stopped = fed(&mut on_alert, &mut world, |num| match num {
            2 => vec![RULE],
            3 => vec![Match { capture: Some(0) }, RULE],
            5 => vec![RULE],
            _ => Vec::new(),
        });
        let [stopped] = &stopped[..] else { panic!("{stopped:?}") };
        assert_eq!(opened(&stopped.path), world.lines()[2..8]);
    }

    #[test]
    fn a_rule_says_how_long_and_the_end_ends_everything() {
        let (folder, mut world) = (Folder::new("long"), World::new());
        let mut on_alert = OnAlert::new(policy(&folder), true);
        let long = Match { capture: Some(1000) };
        let stopped = fed(&mut on_alert, &mut world, |num| if num == 3 { vec![long] } else { Vec::new() });
        assert_eq!(stopped.iter().map(|s| s.stop).collect::<Vec<_>>(), [Stop::End]);
        assert_eq!(opened(&stopped[0].path), world.lines()[2..]);
    }

    #[test]
    fn all_rules_begin_recordings_if_they_must() {
        let (folder, mut world) = (Folder::new("all"), World::new());
        let mut on_alert = OnAlert::new(Policy { all_rules: true, ..policy(&folder) }, true);
        let stopped = fed(&mut on_alert, &mut world, |num| if num % 8 == 1 { vec![RULE] } else { Vec::new() });
        assert!(stopped.len() > 1 && stopped.iter().all(|s| s.events == 4), "{stopped:?}");
        let mut on_alert = OnAlert::new(policy(&folder), true);
        assert_eq!(fed(&mut on_alert, &mut World::new(), |_| vec![RULE]), []);
    }

    #[test]
    fn a_file_has_its_size() {
        let (folder, mut world) = (Folder::new("size"), World::new());
        let policy = Policy { max_file_size: 1, default_duration: Duration::from_secs(9), ..policy(&folder) };
        let mut on_alert = OnAlert::new(policy, true);
        let begins = Match { capture: Some(0) };
        let stopped = fed(&mut on_alert, &mut world, |num| if num == 3 { vec![begins] } else { Vec::new() });
        assert_eq!(stopped[0].stop, Stop::Size);
        assert!(stopped[0].size >= 1);
    }

    #[test]
    fn the_time_before_an_alert_comes_along() {
        let (folder, mut world) = (Folder::new("before"), World::new());
        let before = Before { time: Duration::from_micros(2), bytes: usize::MAX };
        let mut on_alert = OnAlert::new(Policy { before: Some(before), ..policy(&folder) }, true);
        let begins = Match { capture: Some(0) };
        let stopped = fed(&mut on_alert, &mut world, |num| if num == 7 { vec![begins] } else { Vec::new() });
        assert_eq!(opened(&stopped[0].path), world.lines()[4..10]);
    }
}
