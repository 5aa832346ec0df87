//! The counts that Falco prints when a capture has been read.

use std::collections::HashMap;
use std::fmt;

use falco_compiler::program::{Priority, Program};

/// Alerts by rule and by priority.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    total: u64,
    by_rule: Vec<u64>,
    by_priority: [u64; 8],
    names: Vec<String>,
    /// For each rule of the program its place in `names` and `by_rule`.
    places: Vec<usize>,
}

impl Summary {
    /// No alerts yet of the program's rules.
    pub fn new(program: &Program) -> Self {
        let mut summary =
            Self { total: 0, by_rule: Vec::new(), by_priority: [0; 8], names: Vec::new(), places: Vec::new() };
        summary.follow(program);
        summary
    }

    /// Goes on with another program: rules of the same name are counted together.
    pub fn follow(&mut self, program: &Program) {
        let known: HashMap<String, usize> = self.names.iter().cloned().zip(0..).collect();
        self.places.clear();
        for rule in &program.rules {
            let place = known.get(&rule.name).copied().unwrap_or_else(|| {
                self.names.push(rule.name.clone());
                self.by_rule.push(0);
                self.names.len() - 1
            });
            self.places.push(place);
        }
    }

    /// Counts an alert.
    pub fn count(&mut self, rule: u32, priority: Priority) {
        self.total += 1;
        if let Some(count) = self.places.get(rule as usize).and_then(|place| self.by_rule.get_mut(*place)) {
            *count += 1;
        }
        self.by_priority[priority as usize] += 1;
    }

    /// How many alerts there were.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// How many alerts a rule raised.
    pub fn of_rule(&self, rule: u32) -> u64 {
        self.places.get(rule as usize).and_then(|place| self.by_rule.get(*place)).copied().unwrap_or(0)
    }
}

impl fmt::Display for Summary {
    /// Falco's text, with a line end behind every line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Events detected: {}", self.total)?;
        writeln!(f, "Rule counts by severity:")?;
        for priority in Priority::ALL {
            let count = self.by_priority[priority as usize];
            if count > 0 {
                let name = match priority {
                    Priority::Informational => "INFO".to_owned(),
                    other => other.as_str().to_uppercase(),
                };
                writeln!(f, "   {name}: {count}")?;
            }
        }
        writeln!(f, "Triggered rules by rule name:")?;
        for (name, count) in self.names.iter().zip(&self.by_rule).filter(|(_, count)| **count > 0) {
            writeln!(f, "   {name}: {count}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use falco_catalog::Catalog;
    use falco_compiler::{Options, SourceFile, compile};

    use super::*;

    fn program(names: &[&str]) -> Arc<Program> {
        let rule =
            |name| format!("- {{rule: {name}, desc: d, condition: evt.type = open, output: o, priority: ERROR}}\n");
        let text: String = names.iter().map(rule).collect();
        let files = [SourceFile::new("rules.yaml", text.as_str())];
        compile(&files, &Options::new(Arc::new(Catalog::builtin()))).program()
    }

    #[test]
    fn counts_go_on_by_name() {
        let mut summary = Summary::new(&program(&["a", "b"]));
        summary.count(1, Priority::Error);
        summary.follow(&program(&["b", "c"]));
        summary.count(0, Priority::Error);
        summary.count(1, Priority::Notice);
        assert_eq!((summary.total(), summary.of_rule(0), summary.of_rule(1), summary.of_rule(2)), (3, 2, 1, 0));
        let text = summary.to_string();
        assert!(text.ends_with("Triggered rules by rule name:\n   b: 2\n   c: 1\n"), "{text}");
    }
}
