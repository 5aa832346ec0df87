//! Parameters of a test: `${name}` in its texts stands for a value of the row that is being read.

use std::cell::RefCell;
use std::collections::BTreeSet;

use serde_json::Value;

/// More tests than this are not made of one.
pub(crate) const MAX_ROWS: usize = 10_000;

/// The values of one row.
#[derive(Debug, Default)]
pub(crate) struct Row {
    values: Vec<(String, Value)>,
    used: RefCell<BTreeSet<String>>,
}

impl Row {
    pub(crate) fn new(values: Vec<(String, Value)>) -> Self {
        Self { values, used: RefCell::default() }
    }

    /// The names of its parameters.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.values.iter().map(|(name, _)| name.as_str())
    }

    /// Parameters that nothing asked for so far.
    pub(crate) fn unused(&self) -> Vec<String> {
        let used = self.used.borrow();
        self.names().filter(|name| !used.contains(*name)).map(str::to_owned).collect()
    }

    /// `a=1, b=2`
    pub(crate) fn label(&self) -> String {
        let one = |(name, value): &(String, Value)| format!("{name}={}", shown(value));
        self.values.iter().map(one).collect::<Vec<_>>().join(", ")
    }

    fn get(&self, name: &str) -> Option<&Value> {
        let found = self.values.iter().find(|(n, _)| n == name)?;
        self.used.borrow_mut().insert(name.to_owned());
        Some(&found.1)
    }

    /// The value that stands for the whole text, if that is `${name}` and nothing else.
    pub(crate) fn whole(&self, text: &str) -> Option<&Value> {
        let name = text.strip_prefix("${")?.strip_suffix('}')?;
        if name.contains(['$', '}']) { None } else { self.get(name) }
    }

    /// The text with every `${name}` replaced; `$${` stands for `${`.
    ///
    /// # Errors
    /// The name of a parameter that is not there.
    pub(crate) fn fill(&self, text: &str) -> Result<String, String> {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find("${") {
            let (before, behind) = rest.split_at(at);
            if let Some(before) = before.strip_suffix('$') {
                out.push_str(before);
                out.push_str("${");
                rest = behind.strip_prefix("${").unwrap_or_default();
                continue;
            }
            let Some(end) = behind.find('}') else { break };
            let name = behind.get(2..end).unwrap_or_default();
            out.push_str(before);
            out.push_str(&shown(self.get(name).ok_or_else(|| name.to_owned())?));
            rest = behind.get(end + 1..).unwrap_or_default();
        }
        out.push_str(rest);
        Ok(out)
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// Every combination of one value of each parameter, the last one changing fastest. `None` when there are too many.
pub(crate) fn combinations(parameters: &[(String, Vec<Value>)]) -> Option<Vec<Vec<(String, Value)>>> {
    let count = parameters.iter().try_fold(1usize, |n, (_, values)| n.checked_mul(values.len()));
    if count.is_none_or(|count| count > MAX_ROWS) {
        return None;
    }
    let mut rows: Vec<Vec<(String, Value)>> = vec![Vec::new()];
    for (name, values) in parameters {
        let extend = |row: &Vec<(String, Value)>| {
            let with = |value: &Value| row.iter().cloned().chain([(name.clone(), value.clone())]).collect();
            values.iter().map(with).collect::<Vec<Vec<_>>>()
        };
        rows = rows.iter().flat_map(extend).collect();
    }
    Some(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> Row {
        Row::new(vec![("a".into(), "x".into()), ("n".into(), 7.into()), ("l".into(), vec!["p", "q"].into())])
    }

    #[test]
    fn texts_are_filled() {
        let row = row();
        assert_eq!(row.fill("${a}-${n}${a}").unwrap(), "x-7x");
        assert_eq!(row.fill("no $a {a} ${").unwrap(), "no $a {a} ${");
        assert_eq!(row.fill("$${a} ${l}").unwrap(), "${a} p, q");
        assert_eq!(row.fill("${b}").unwrap_err(), "b");
        assert!(row.unused().is_empty());
        assert_eq!(row.whole("${n}"), Some(&7.into()));
        assert_eq!(row.whole("${n}${n}"), None);
        assert_eq!(Row::new(vec![("a".into(), 1.into()), ("b".into(), "y".into())]).label(), "a=1, b=y");
    }

    #[test]
    fn combinations_are_bounded() {
        let parameter = |name: &str, n: u64| (name.to_owned(), (0..n).map(Value::from).collect::<Vec<_>>());
        let rows = combinations(&[parameter("a", 2), parameter("b", 3)]).unwrap();
        assert_eq!(rows.len(), 6);
        assert_eq!(rows[1], [("a".to_owned(), 0.into()), ("b".to_owned(), 1.into())]);
        assert!(combinations(&[parameter("a", 101), parameter("b", 101)]).is_none());
    }
}
