//! Reading the data files, and writing Rust.

use std::path::Path;

/// A line of a data file with its number, for messages.
pub struct Line {
    pub file: String,
    pub number: usize,
    pub indented: bool,
    pub text: String,
}

impl Line {
    /// Stops the build with the place of the mistake.
    pub fn fail(&self, what: &str) -> ! {
        panic!("{}:{}: {what}: `{}`", self.file, self.number, self.text)
    }

    pub fn words(&self) -> Vec<&str> {
        self.text.split(' ').collect()
    }
}

/// The lines of a file that say something: comments (`#` at the start) and empty lines are left out.
pub fn lines(path: &Path) -> Vec<Line> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    text.lines()
        .enumerate()
        .filter(|(_, l)| !l.starts_with('#') && !l.trim().is_empty())
        .map(|(i, l)| Line {
            file: path.display().to_string(),
            number: i + 1,
            indented: l.starts_with(' '),
            text: l.trim().to_owned(),
        })
        .collect()
}

/// The text between brackets of a section head such as `[name]`, and what follows.
pub fn section(text: &str, open: char, close: char) -> Option<(&str, &str)> {
    let rest = text.strip_prefix(open)?;
    let (name, rest) = rest.split_once(close)?;
    Some((name, rest.trim()))
}

/// `PT_`'s part after the prefix as the enum spells it: `UINT32` gives `Uint32`.
pub fn camel(upper: &str) -> String {
    upper
        .split('_')
        .flat_map(|part| {
            let mut chars = part.chars();
            chars.next().into_iter().chain(chars.map(|c| c.to_ascii_lowercase()).collect::<Vec<_>>())
        })
        .collect()
}

/// The parameter types that the enum has, by the spelling of the data files.
pub fn param_type(line: &Line, name: &str) -> String {
    if name.is_empty() || !name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_') {
        line.fail("no parameter type");
    }
    format!("ParamType::{}", camel(name))
}

/// A print format by its spelling in the data files.
pub fn print_format(line: &Line, name: &str) -> &'static str {
    match name {
        "NA" => "PrintFormat::Na",
        "DEC" => "PrintFormat::Dec",
        "HEX" => "PrintFormat::Hex",
        "10_PADDED_DEC" => "PrintFormat::PaddedDec10",
        "ID" => "PrintFormat::Id",
        "DIR" => "PrintFormat::Dir",
        "OCT" => "PrintFormat::Oct",
        _ => line.fail("no print format"),
    }
}

/// A constant's name for a dotted name: `proc.exe_ino` gives `PROC_EXE_INO`.
pub fn constant(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect()
}
