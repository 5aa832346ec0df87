//! Scalars: where they end, and what the reader refuses in them.

use super::Step;
use super::scanner::Scanner;

/// What ends a scalar, apart from indentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Plain,
    PlainInFlow,
    SingleQuote,
    DoubleQuote,
    /// Nothing but indentation: a block scalar.
    Never,
}

impl Scanner<'_> {
    pub(super) fn starts_plain(&self, byte: u8) -> bool {
        match byte {
            b',' | b'[' | b']' | b'{' | b'}' | b'#' | b'&' | b'*' | b'!' | b'|' | b'>' | b'\'' | b'"' | b'%' | b'@'
            | b'`' => false,
            b'?' => !self.in_flow() && !self.space_at(1),
            b'-' | b':' if self.in_flow() => !matches!(self.at(1), None | Some(b' ' | b'\t')),
            b'-' | b':' => !self.space_at(1),
            _ => true,
        }
    }

    fn at_end(&self, end: End) -> bool {
        let comment = || self.blank_or_break_at(0) && self.at(1) == Some(b'#');
        match end {
            End::Plain => self.at(0) == Some(b':') && self.space_at(1) || comment(),
            End::PlainInFlow => match self.at(0) {
                Some(b':') => self.space_at(1) || matches!(self.at(1), Some(b',' | b']' | b'}')),
                Some(b',' | b'?' | b'[' | b']' | b'{' | b'}') => true,
                _ => comment(),
            },
            End::SingleQuote => self.at(0) == Some(b'\'') && self.at(1) != Some(b'\''),
            End::DoubleQuote => self.at(0) == Some(b'"'),
            End::Never => false,
        }
    }

    /// Number of bytes from here on that cannot end the scalar or its line.
    fn run_length(&self, end: End) -> usize {
        let rest = self.bytes.get(self.pos..).unwrap_or_default();
        let found = match end {
            End::Never => memchr::memchr2(b'\n', b'\r', rest),
            End::SingleQuote => memchr::memchr3(b'\'', b'\n', b'\r', rest),
            End::DoubleQuote => rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | b'\n' | b'\r')),
            End::Plain => rest.iter().enumerate().position(|(at, &byte)| match byte {
                b':' | b'\n' | b'\r' => true,
                b' ' | b'\t' => rest.get(at + 1) == Some(&b'#'),
                _ => false,
            }),
            End::PlainInFlow => rest.iter().enumerate().position(|(at, &byte)| match byte {
                b':' | b'\n' | b'\r' | b',' | b'?' | b'[' | b']' | b'{' | b'}' => true,
                b' ' | b'\t' => rest.get(at + 1) == Some(&b'#'),
                _ => false,
            }),
        };
        found.unwrap_or(rest.len())
    }

    /// Scans a plain scalar whose further lines are indented by `indent` or more. Tells whether it ended because the next line is indented less.
    pub(super) fn scan_plain(&mut self, indent: i64) -> Step<bool> {
        if self.in_flow() {
            self.scan_scalar(End::PlainInFlow, 0, false)
        } else {
            self.scan_scalar(End::Plain, usize::try_from(indent).unwrap_or(0), false)
        }
    }

    pub(super) fn scan_quoted(&mut self, single: bool) -> Step<()> {
        self.eat();
        self.scan_scalar(if single { End::SingleQuote } else { End::DoubleQuote }, 0, false)?;
        Ok(())
    }

    pub(super) fn scan_block(&mut self) -> Step<()> {
        self.eat();
        // One sign and one digit, in either order.
        let (sign, digit) = (|byte: u8| matches!(byte, b'+' | b'-'), |byte: u8| byte.is_ascii_digit());
        let length = match (self.at(0), self.at(1)) {
            (Some(a), Some(b)) if sign(a) && digit(b) || digit(a) && sign(b) => 2,
            (Some(a), _) if sign(a) || digit(a) => 1,
            _ => 0,
        };
        let mut explicit = None;
        for _ in 0..length {
            let byte = self.at(0).unwrap_or_default();
            self.eat();
            if byte == b'0' {
                return Err(self.refusal("the indentation of a block scalar cannot be 0"));
            }
            if digit(byte) {
                explicit = Some(usize::from(byte - b'0'));
            }
        }
        while matches!(self.at(0), Some(b' ' | b'\t')) {
            self.eat();
        }
        if self.at(0) == Some(b'#') {
            self.skip_line();
        }
        if self.at(0).is_some() && self.line_break() == 0 {
            return Err(self.refusal("an unexpected character in the header of a block scalar"));
        }
        let base = usize::try_from(self.top_indent()).unwrap_or(0);
        self.scan_scalar(End::Never, base + explicit.unwrap_or(1), explicit.is_none())?;
        Ok(())
    }

    fn scan_scalar(&mut self, end: End, mut indent: usize, detect: bool) -> Step<bool> {
        let quoted = matches!(end, End::SingleQuote | End::DoubleQuote);
        let mut found_text = false;
        while self.at(0).is_some() {
            // The rest of the line.
            while !self.at_end(end) && self.line_break() == 0 && self.at(0).is_some() {
                if self.column == 0 && self.marker() {
                    match end {
                        End::Plain | End::PlainInFlow => break,
                        End::SingleQuote | End::DoubleQuote => {
                            return Err(self.refusal("a document marker inside of a quoted scalar"));
                        }
                        End::Never => {}
                    }
                }
                found_text = true;
                let run = self.run_length(end);
                if run > 0 {
                    self.advance(run);
                } else if end == End::DoubleQuote && self.at(0) == Some(b'\\') {
                    self.eat();
                    if self.line_break() > 0 {
                        break;
                    }
                    self.escape()?;
                } else if end == End::SingleQuote && self.at(0) == Some(b'\'') {
                    self.eat_many(2);
                } else {
                    self.eat();
                }
            }
            if self.at(0).is_none() {
                if quoted {
                    return Err(self.refusal("the file ends inside of a quoted scalar"));
                }
                break;
            }
            if matches!(end, End::Plain | End::PlainInFlow) && self.marker() {
                break;
            }
            if self.at_end(end) {
                if quoted {
                    self.eat();
                }
                break;
            }
            // The break, and the indentation of the next line.
            self.eat_many(self.line_break());
            while self.at(0) == Some(b' ') && (self.column < indent || detect && !found_text) && !self.at_end(end) {
                self.eat();
            }
            if detect && !found_text {
                indent = indent.max(self.column);
            }
            while let Some(byte @ (b' ' | b'\t')) = self.at(0) {
                if byte == b'\t' && self.column < indent && !quoted {
                    return Err(self.refusal("a tab in the indentation of a scalar"));
                }
                if end == End::Never || self.at_end(end) {
                    break;
                }
                self.eat();
            }
            if self.line_break() == 0 && self.column < indent {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn escape(&mut self) -> Step<()> {
        let digits = match self.at(0) {
            Some(
                b'0' | b'a' | b'b' | b't' | b'\t' | b'n' | b'v' | b'f' | b'r' | b'e' | b' ' | b'"' | b'\'' | b'\\'
                | b'/' | b'N' | b'_' | b'L' | b'P',
            ) => 0,
            Some(b'x') => 2,
            Some(b'u') => 4,
            Some(b'U') => 8,
            _ => {
                self.eat();
                return Err(self.refusal("an unknown escape sequence"));
            }
        };
        self.eat();
        let start = self.pos;
        self.eat_many(digits);
        let code = self.text.get(start..self.pos).filter(|code| code.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let valid = digits == 0
            || code
                .filter(|code| code.len() == digits)
                .is_some_and(|code| u32::from_str_radix(code, 16).is_ok_and(|code| char::from_u32(code).is_some()));
        if valid { Ok(()) } else { Err(self.refusal("a bad hexadecimal code in an escape sequence")) }
    }
}
