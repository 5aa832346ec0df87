//! The counts that Falco prints when a capture has been read.

use std::fmt;

use falco_compiler::program::{Priority, Program};

/// Alerts by rule and by priority.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    total: u64,
    by_rule: Vec<u64>,
    by_priority: [u64; 8],
    names: Vec<String>,
}

impl Summary {
    /// No alerts yet of the program's rules.
    pub fn new(program: &Program) -> Self {
        let names: Vec<String> = program.rules.iter().map(|rule| rule.name.clone()).collect();
        Self { total: 0, by_rule: vec![0; names.len()], by_priority: [0; 8], names }
    }

    /// Counts an alert.
    pub fn count(&mut self, rule: u32, priority: Priority) {
        self.total += 1;
        if let Some(count) = self.by_rule.get_mut(rule as usize) {
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
        self.by_rule.get(rule as usize).copied().unwrap_or(0)
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
