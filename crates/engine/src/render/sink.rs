//! Where rendered bytes go: heap buffers for output, arena buffers for values.

use bumpalo::collections::Vec as BumpVec;

/// A growing byte buffer.
pub trait Sink {
    /// Appends bytes.
    fn put(&mut self, bytes: &[u8]);

    /// Appends a byte.
    fn put_byte(&mut self, byte: u8) {
        self.put(&[byte]);
    }

    /// Appends a number in decimal.
    fn put_uint(&mut self, n: u64) {
        self.put_digits(n, 10, 0, false);
    }

    /// Appends a number in decimal.
    fn put_int(&mut self, n: i64) {
        if n < 0 {
            self.put_byte(b'-');
        }
        self.put_uint(n.unsigned_abs());
    }

    /// Appends a number in a base up to 16, with zeros on the left up to `width` digits.
    fn put_digits(&mut self, mut n: u64, base: u64, width: usize, upper: bool) {
        let digits = if upper { b"0123456789ABCDEF" } else { b"0123456789abcdef" };
        let mut buffer = [b'0'; 64];
        let mut at = buffer.len();
        while n > 0 {
            at -= 1;
            buffer[at] = digits[(n % base) as usize];
            n /= base;
        }
        let at = at.min(buffer.len() - width.clamp(1, 64));
        self.put(&buffer[at..]);
    }
}

impl Sink for Vec<u8> {
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

impl Sink for BumpVec<'_, u8> {
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice_copy(bytes);
    }
}

/// Text of bounded length on the stack, for what only the standard library's formatting can write.
pub(crate) struct StackText {
    bytes: [u8; 64],
    len: usize,
}

impl StackText {
    /// Formats; what does not fit is left out.
    pub(crate) fn new(text: std::fmt::Arguments<'_>) -> Self {
        let mut out = Self { bytes: [0; 64], len: 0 };
        let _ = std::fmt::Write::write_fmt(&mut out, text);
        out
    }

    /// The text.
    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.len]).unwrap_or_default()
    }
}

impl std::fmt::Write for StackText {
    fn write_str(&mut self, s: &str) -> std::fmt::Result {
        let end = self.len + s.len();
        self.bytes.get_mut(self.len..end).ok_or(std::fmt::Error)?.copy_from_slice(s.as_bytes());
        self.len = end;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_every_base() {
        let mut out = Vec::new();
        out.put_int(i64::MIN);
        out.put_byte(b' ');
        out.put_uint(0);
        out.put_byte(b' ');
        out.put_digits(0xbeef, 16, 0, true);
        out.put_byte(b' ');
        out.put_digits(8, 8, 0, false);
        out.put_byte(b' ');
        out.put_digits(42, 10, 9, false);
        assert_eq!(out, b"-9223372036854775808 0 BEEF 10 000000042");
    }
}
