//! Recordings that alerts begin: the settings, and what a run does for them.

use std::path::Path;
use std::time::Duration;

use falco_compiler::program::{Priority, Program};
use falco_engine::alert::{Alert, AlertOptions};
use falco_engine::inspector::Step;
use falco_record::{Before, Match, OnAlert, Policy, Seen, Stop, Stopped};
use serde::Deserialize;

use super::judge::{Alerts, Mark};
use crate::Result;
use crate::args::{AlertCaptures, CaptureMode};
use crate::error::CliError;

/// The part of a falco.yaml that is of interest here.
#[derive(Debug, Default, Deserialize)]
struct Config {
    #[serde(default)]
    capture: Option<Capture>,
}

/// Falco's `capture` settings.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Capture {
    #[serde(default)]
    enabled: bool,
    path_prefix: Option<String>,
    mode: Option<Mode>,
    /// In milliseconds.
    default_duration: Option<u64>,
    max_file_size_mb: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Mode {
    Rules,
    AllRules,
}

/// The most that Falco takes for `max_file_size_mb`.
const MOST_MB: u64 = 1 << 20;

/// What the options and the falco.yaml that they name ask for; `None` when nothing is to be recorded.
pub fn policy(args: &AlertCaptures) -> Result<Option<Policy>> {
    let config = match &args.config {
        Some(path) => read(path)?,
        None => Capture::default(),
    };
    let asked = args.capture_path_prefix.is_some()
        || args.capture_mode.is_some()
        || args.capture_default_duration.is_some()
        || args.capture_max_file_size.is_some()
        || args.capture_before.is_some();
    if !args.capture_on_alert && !config.enabled {
        return match asked {
            true => Err(CliError::Usage(
                "nothing is recorded without `--capture-on-alert`, or `capture: {enabled: true}` in the `--config`"
                    .into(),
            )),
            false => Ok(None),
        };
    }
    let default = Policy::default();
    let all_rules = match (args.capture_mode, config.mode) {
        (Some(mode), _) => mode == CaptureMode::AllRules,
        (None, mode) => mode == Some(Mode::AllRules),
    };
    let prefix = args.capture_path_prefix.clone().or(config.path_prefix.map(Into::into));
    let duration = args.capture_default_duration.or(config.default_duration.map(Duration::from_millis));
    let bytes = usize::try_from(args.capture_before_size).unwrap_or(usize::MAX);
    Ok(Some(Policy {
        path_prefix: prefix.unwrap_or(default.path_prefix),
        all_rules,
        default_duration: duration.unwrap_or(default.default_duration),
        max_file_size: args.capture_max_file_size.or(config.max_file_size_mb.map(|mb| mb << 20)).unwrap_or(0),
        before: args.capture_before.map(|time| Before { time, bytes }),
    }))
}

fn read(path: &Path) -> Result<Capture> {
    let text = std::fs::read_to_string(path).map_err(|e| CliError::read(path, e))?;
    parse(&text).map_err(|wrong| CliError::Usage(format!("`{}`: {wrong}", path.display())))
}

fn parse(text: &str) -> std::result::Result<Capture, String> {
    let config: Option<Config> = serde_yaml::from_str(text).map_err(|e| e.to_string())?;
    let capture = config.unwrap_or_default().capture.unwrap_or_default();
    if capture.max_file_size_mb.is_some_and(|mb| mb > MOST_MB) {
        return Err(format!("`max_file_size_mb` is at most {MOST_MB}"));
    }
    Ok(capture)
}

/// Feeds a run's events to what records.
pub struct Recorder {
    on_alert: OnAlert,
    items: Seen,
    /// What each rule says of recordings, by its number.
    rules: Vec<Match>,
}

impl Recorder {
    /// `items` is where what the source tells beside events gathers; `recorded`: whether it was recorded earlier.
    pub fn new(policy: &Policy, program: &Program, items: Seen, recorded: bool) -> Self {
        Self { on_alert: OnAlert::new(policy.clone(), recorded), items, rules: matches(program) }
    }

    /// Goes on with other rules; a recording that is under way goes on, too.
    pub fn follow(&mut self, program: &Program) {
        self.rules = matches(program);
    }

    /// Takes in an event with the alerts that it raised. Gives what is to be told of a recording that ends with it.
    pub fn event(&mut self, step: &Step<'_>, marks: &[Mark]) -> Result<Option<Alert>> {
        for told in self.items.take() {
            self.on_alert.told(told)?;
        }
        let matches = marks.iter().filter_map(|mark| self.rules.get(mark.rule as usize).copied());
        let stopped = self.on_alert.event(&step.event, step.ctx.num, matches, step.machine)?;
        Ok(stopped.filter(|stopped| stopped.stop == Stop::Size).map(|stopped| size_reached(&stopped, step.event.ts)))
    }

    /// There are no more events.
    pub fn finish(mut self) -> Result<()> {
        self.on_alert.finish()?;
        Ok(())
    }
}

fn matches(program: &Program) -> Vec<Match> {
    program.rules.iter().map(|rule| Match { capture: rule.capture }).collect()
}

/// What Falco tells of a recording that became too large.
fn size_reached(stopped: &Stopped, ts: u64) -> Alert {
    let (path, size) = (stopped.path.display().to_string(), stopped.size);
    Alert {
        ts,
        // None of the program's.
        rule: u32::MAX,
        name: "Falco internal: capture size limit reached".into(),
        priority: Priority::Informational,
        source: "internal".into(),
        tags: Vec::new(),
        message: format!("Capture size limit reached, the recording ends (file={path} size={size})"),
        fields: [("file".to_owned(), path.into()), ("size".to_owned(), size.into())].into(),
    }
}

/// The alert's line, as the alerts of rules are written.
pub fn line(alert: &Alert, options: &AlertOptions, json: bool) -> Alerts {
    let mut alerts = Alerts::default();
    alerts.push(alert, options, json);
    alerts
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(clap::Parser)]
    struct Args {
        #[command(flatten)]
        captures: AlertCaptures,
    }

    fn asked(args: &[&str]) -> Result<Option<Policy>> {
        policy(&Args::try_parse_from(["x"].iter().chain(args)).unwrap().captures)
    }

    #[test]
    fn options_say_what_is_recorded() {
        assert_eq!(asked(&[]).unwrap(), None);
        assert_eq!(asked(&["--capture-on-alert"]).unwrap(), Some(Policy::default()));
        let all = ["--capture-on-alert", "--capture-mode", "all_rules", "--capture-before", "2s"];
        let before = Some(Before { time: Duration::from_secs(2), bytes: 32 << 20 });
        assert_eq!(asked(&all).unwrap(), Some(Policy { all_rules: true, before, ..Policy::default() }));
        assert!(asked(&["--capture-before", "2s"]).unwrap_err().to_string().contains("--capture-on-alert"));
    }

    #[test]
    fn falcos_settings_are_read_and_options_go_before_them() {
        let path = std::env::temp_dir().join(format!("falco-rs-config-{}.yaml", std::process::id()));
        let text = "rules_files: [x]\ncapture:\n  enabled: true\n  path_prefix: /var/x\n  mode: all_rules\n  \
                    default_duration: 250\n  max_file_size_mb: 3\n";
        std::fs::write(&path, text).unwrap();
        let config = ["--config", path.to_str().unwrap()];
        let wanted = Policy {
            path_prefix: "/var/x".into(),
            all_rules: true,
            default_duration: Duration::from_millis(250),
            max_file_size: 3 << 20,
            before: None,
        };
        assert_eq!(asked(&config).unwrap(), Some(wanted.clone()));
        let more = ["--capture-mode", "rules", "--capture-max-file-size", "7"];
        let changed = Policy { all_rules: false, max_file_size: 7, ..wanted };
        assert_eq!(asked(&[&config[..], &more[..]].concat()).unwrap(), Some(changed));
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn what_falco_refuses_is_refused() {
        for (text, wrong) in [
            ("capture: {enabld: true}", "unknown field `enabld`"),
            ("capture: {mode: some}", "unknown variant `some`"),
            ("capture: {default_duration: -1}", "capture.default_duration: invalid"),
            ("capture: {max_file_size_mb: 1048577}", "at most 1048576"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(wrong), "{error}");
        }
        assert!(!parse("").unwrap().enabled && !parse("json_output: true").unwrap().enabled);
    }
}
