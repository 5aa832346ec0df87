//! Workspaces in one string, for tests: `//- /path` starts a file, `$0` is the cursor.

use falco_syntax::TextSize;

use crate::types::{FileId, FilePosition};
use crate::{Analysis, Settings, WorkspaceFile};

pub(crate) struct Fixture {
    pub(crate) analysis: Analysis,
    pub(crate) position: Option<FilePosition>,
    pub(crate) texts: Vec<String>,
}

impl Fixture {
    pub(crate) fn new(text: &str) -> Self {
        let mut files: Vec<(String, String)> = Vec::new();
        for line in text.split_inclusive('\n') {
            if let Some(path) = line.strip_prefix("//- /") {
                files.push((path.trim().to_owned(), String::new()));
            } else {
                if files.is_empty() {
                    files.push(("rules.yaml".to_owned(), String::new()));
                }
                files.last_mut().unwrap().1.push_str(line);
            }
        }
        let mut position = None;
        for (index, (_, text)) in files.iter_mut().enumerate() {
            if let Some(at) = text.find("$0") {
                text.replace_range(at..at + 2, "");
                position = Some(FilePosition { file: FileId(index as u32), offset: TextSize::new(at as u32) });
            }
        }
        let texts = files.iter().map(|(_, t)| t.clone()).collect();
        let files = files.into_iter().map(|(path, t)| WorkspaceFile { path, text: t.into() }).collect();
        Self { analysis: Analysis::new(files, &Settings::default(), None), position, texts }
    }

    pub(crate) fn position(&self) -> FilePosition {
        self.position.expect("the fixture has a $0")
    }
}
