//! What a text must be like.

use regex::Regex;

/// A condition on the text of an output or of a field. Every part that is given must hold.
#[derive(Debug, Clone, Default)]
pub struct Matcher {
    /// The whole text.
    pub equals: Option<String>,
    /// Texts that must be in it.
    pub contains: Vec<String>,
    /// Texts that must not be in it.
    pub not_contains: Vec<String>,
    /// A regular expression that must match somewhere.
    pub regex: Option<Regex>,
    /// The value must be absent (true) or present (false).
    pub absent: Option<bool>,
}

impl Matcher {
    /// Exactly this text.
    pub fn equals(text: impl Into<String>) -> Self {
        Self { equals: Some(text.into()), ..Self::default() }
    }

    /// Why `text` does not satisfy it (`None`: no value); nothing when it does.
    pub fn mismatch(&self, text: Option<&str>) -> Option<String> {
        if let Some(absent) = self.absent {
            match (absent, text) {
                (true, Some(text)) => return Some(format!("should be absent, is `{text}`")),
                (false, None) => return Some("should be present, is absent".to_owned()),
                _ => {}
            }
        }
        let wants_text =
            self.equals.is_some() || !self.contains.is_empty() || !self.not_contains.is_empty() || self.regex.is_some();
        let Some(text) = text else {
            return wants_text.then(|| format!("should be {}, is absent", self.wanted()));
        };
        if let Some(wanted) = self.equals.as_ref().filter(|w| *w != text) {
            return Some(format!("should be `{wanted}`, is `{text}`"));
        }
        if let Some(part) = self.contains.iter().find(|part| !text.contains(part.as_str())) {
            return Some(format!("should contain `{part}`, is `{text}`"));
        }
        if let Some(part) = self.not_contains.iter().find(|part| text.contains(part.as_str())) {
            return Some(format!("should not contain `{part}`, is `{text}`"));
        }
        match &self.regex {
            Some(regex) if !regex.is_match(text) => Some(format!("should match `{regex}`, is `{text}`")),
            _ => None,
        }
    }

    fn wanted(&self) -> String {
        match (&self.equals, self.contains.first(), &self.regex) {
            (Some(text), _, _) => format!("`{text}`"),
            (None, Some(part), _) => format!("a text with `{part}`"),
            (None, None, Some(regex)) => format!("a text like `{regex}`"),
            (None, None, None) => "a text".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_must_hold() {
        let matcher = Matcher {
            contains: vec!["a".into(), "b".into()],
            not_contains: vec!["x".into()],
            regex: Some(Regex::new("^a.*b$").unwrap()),
            ..Matcher::default()
        };
        assert_eq!(matcher.mismatch(Some("a--b")), None);
        assert_eq!(matcher.mismatch(Some("a--")).as_deref(), Some("should contain `b`, is `a--`"));
        assert_eq!(matcher.mismatch(Some("axb")).as_deref(), Some("should not contain `x`, is `axb`"));
        assert_eq!(matcher.mismatch(Some("-ab")).as_deref(), Some("should match `^a.*b$`, is `-ab`"));
        assert_eq!(matcher.mismatch(None).as_deref(), Some("should be a text with `a`, is absent"));
    }

    #[test]
    fn absence() {
        let absent = Matcher { absent: Some(true), ..Matcher::default() };
        assert_eq!(absent.mismatch(None), None);
        assert!(absent.mismatch(Some("")).is_some());
        let present = Matcher { absent: Some(false), ..Matcher::default() };
        assert!(present.mismatch(None).is_some());
        assert_eq!(present.mismatch(Some("")), None);
    }
}
