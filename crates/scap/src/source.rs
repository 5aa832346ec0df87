//! Where the bytes come from: a slice, or a stream through a window that grows only as far as data really arrives.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::GzDecoder;

/// First size of the window over a stream. Large enough that the copy of a block's tail to the front is rare.
const WINDOW: usize = 256 * 1024;

/// The first two bytes of a gzip member.
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Uncompressed bytes, with a position.
pub(crate) struct Source<'s> {
    data: Data<'s>,
    /// Of the unread bytes.
    start: usize,
    /// Past the unread bytes.
    end: usize,
    /// Offset in the stream of the window's first byte.
    base: u64,
}

enum Data<'s> {
    Slice(&'s [u8]),
    Stream { window: Vec<u8>, stream: Box<dyn Read + Send + 's>, state: StreamState },
}

enum StreamState {
    Open,
    Ended,
    Failed(io::Error),
}

impl<'s> Source<'s> {
    /// Reads from a slice, without a copy unless it is gzip.
    pub(crate) fn slice(bytes: &'s [u8]) -> Self {
        if bytes.starts_with(&GZIP_MAGIC) {
            Self::over(Box::new(Decoded::Unknown(Peek::new(bytes))))
        } else {
            Self { end: bytes.len(), data: Data::Slice(bytes), start: 0, base: 0 }
        }
    }

    /// Reads from a stream, plain or gzip.
    pub(crate) fn stream(read: impl Read + Send + 's) -> Self {
        Self::over(Box::new(Decoded::Unknown(Peek::new(BufReader::with_capacity(WINDOW / 4, read)))))
    }

    fn over(stream: Box<dyn Read + Send + 's>) -> Self {
        let data = Data::Stream { window: Vec::new(), stream, state: StreamState::Open };
        Self { data, start: 0, end: 0, base: 0 }
    }

    /// Offset of the next unread byte.
    #[inline]
    pub(crate) fn offset(&self) -> u64 {
        self.base + self.start as u64
    }

    /// The unread bytes at hand.
    #[inline]
    pub(crate) fn bytes(&self) -> &[u8] {
        let all = match &self.data {
            Data::Slice(bytes) => bytes,
            Data::Stream { window, .. } => window.as_slice(),
        };
        all.get(self.start..self.end).unwrap_or_default()
    }

    /// Makes `bytes()` at least `wanted` long if the stream has that much; says how long it is. A failure of the stream
    /// ends it; [`Source::take_error`] has the reason.
    #[inline]
    pub(crate) fn fill(&mut self, wanted: usize) -> usize {
        let have = self.end - self.start;
        if have >= wanted { have } else { self.fill_slow(wanted) }
    }

    #[cold]
    fn fill_slow(&mut self, wanted: usize) -> usize {
        let Data::Stream { window, stream, state } = &mut self.data else {
            return self.end - self.start;
        };
        window.copy_within(self.start..self.end, 0);
        self.base += self.start as u64;
        self.end -= self.start;
        self.start = 0;
        if window.len() > 8 * WINDOW && self.end.max(wanted) <= WINDOW {
            // One huge block made the window grow; give that back.
            window.truncate(WINDOW);
            window.shrink_to_fit();
        }
        while self.end < wanted && matches!(state, StreamState::Open) {
            if self.end == window.len() {
                // Doubling: memory follows what has arrived, whatever length the file claims.
                let size = (window.len() * 2).max(WINDOW);
                window.resize(size, 0);
            }
            match stream.read(&mut window[self.end..]) {
                Ok(0) => *state = StreamState::Ended,
                Ok(n) => self.end += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => *state = StreamState::Failed(e),
            }
        }
        self.end
    }

    /// Where the next unread byte is in the window, for [`Source::at`].
    #[inline]
    pub(crate) fn position(&self) -> usize {
        self.start
    }

    /// Bytes at a place in the window. They stay until the next `fill`, also when they were consumed.
    #[inline]
    pub(crate) fn at(&self, range: std::ops::Range<usize>) -> &[u8] {
        let all = match &self.data {
            Data::Slice(bytes) => bytes,
            Data::Stream { window, .. } => window.as_slice(),
        };
        all.get(range).unwrap_or_default()
    }

    /// Goes past `n` bytes that are at hand.
    #[inline]
    pub(crate) fn consume(&mut self, n: usize) {
        debug_assert!(n <= self.end - self.start);
        self.start = (self.start + n).min(self.end);
    }

    /// Goes past `n` bytes wherever they are; says how many there were.
    pub(crate) fn skip(&mut self, n: u64) -> u64 {
        let mut left = n;
        while left > 0 {
            let have = self.fill(1).min(usize::try_from(left).unwrap_or(usize::MAX));
            if have == 0 {
                break;
            }
            self.consume(have);
            left -= have as u64;
        }
        n - left
    }

    /// Why the stream failed, if it did.
    pub(crate) fn take_error(&mut self) -> Option<io::Error> {
        let Data::Stream { state, .. } = &mut self.data else { return None };
        match std::mem::replace(state, StreamState::Ended) {
            StreamState::Failed(e) => Some(e),
            other => {
                *state = other;
                None
            }
        }
    }
}

/// A stream of which two bytes can be seen in advance, however few arrive at a time.
struct Peek<R> {
    first: [u8; 2],
    /// How many of `first` have been given away.
    at: usize,
    /// How many of `first` are there.
    len: usize,
    rest: R,
}

impl<R: BufRead> Peek<R> {
    fn new(rest: R) -> Self {
        Self { first: [0; 2], at: 0, len: 0, rest }
    }

    /// Whether a gzip member begins here.
    fn is_gzip(&mut self) -> io::Result<bool> {
        while self.len - self.at < self.first.len() {
            let mut byte = [0];
            match self.rest.read(&mut byte) {
                Ok(0) => return Ok(false),
                Ok(_) => {}
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(e),
            }
            if self.at > 0 {
                self.first.copy_within(self.at..self.len, 0);
                self.len -= self.at;
                self.at = 0;
            }
            self.first[self.len] = byte[0];
            self.len += 1;
        }
        Ok(self.first == GZIP_MAGIC)
    }
}

impl<R: BufRead> Read for Peek<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.at == self.len {
            return self.rest.read(out);
        }
        let n = (&self.first[self.at..self.len]).read(out)?;
        self.at += n;
        Ok(n)
    }
}

impl<R: BufRead> BufRead for Peek<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.at == self.len { self.rest.fill_buf() } else { Ok(&self.first[self.at..self.len]) }
    }

    fn consume(&mut self, n: usize) {
        let peeked = n.min(self.len - self.at);
        self.at += peeked;
        if n > peeked {
            self.rest.consume(n - peeked);
        }
    }
}

/// A stream whose first bytes decide whether it is gzip. Concatenated members are one stream; as with zlib, bytes after a
/// member that do not begin another are ignored.
enum Decoded<R> {
    Unknown(Peek<R>),
    Plain(Peek<R>),
    Gzip(Box<GzDecoder<Peek<R>>>),
    Ended,
}

impl<R: BufRead> Read for Decoded<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            match self {
                Self::Plain(r) => return r.read(out),
                Self::Ended => return Ok(0),
                Self::Unknown(r) => {
                    let gzip = r.is_gzip()?;
                    let Self::Unknown(r) = std::mem::replace(self, Self::Ended) else { return Ok(0) };
                    *self = if gzip { Self::Gzip(Box::new(GzDecoder::new(r))) } else { Self::Plain(r) };
                }
                Self::Gzip(member) => {
                    let n = member.read(out)?;
                    if n > 0 || out.is_empty() {
                        return Ok(n);
                    }
                    let Self::Gzip(member) = std::mem::replace(self, Self::Ended) else { return Ok(0) };
                    let mut rest = member.into_inner();
                    if rest.is_gzip()? {
                        *self = Self::Gzip(Box::new(GzDecoder::new(rest)));
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut out = GzEncoder::new(Vec::new(), Compression::fast());
        out.write_all(bytes).unwrap();
        out.finish().unwrap()
    }

    fn all(mut source: Source<'_>) -> (Vec<u8>, Option<io::Error>) {
        let mut out = Vec::new();
        while source.fill(1) > 0 {
            out.extend_from_slice(source.bytes());
            let n = source.bytes().len();
            source.consume(n);
        }
        assert_eq!(source.offset(), out.len() as u64);
        let error = source.take_error();
        (out, error)
    }

    /// A pipe that gives one byte at a time.
    struct Trickle<'a>(&'a [u8]);

    impl Read for Trickle<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let n = self.0.len().min(1).min(out.len());
            out[..n].copy_from_slice(&self.0[..n]);
            self.0 = &self.0[n..];
            Ok(n)
        }
    }

    #[test]
    fn reads_members_in_a_row_and_ignores_what_follows() {
        let mut bytes = gzip(b"one ");
        bytes.extend(gzip(b"two"));
        bytes.extend(b"\0\0 something else");
        for source in [Source::slice(&bytes), Source::stream(&bytes[..]), Source::stream(Trickle(&bytes))] {
            let (out, error) = all(source);
            assert_eq!(out, b"one two");
            assert!(error.is_none());
        }
    }

    #[test]
    fn half_a_magic_number_is_not_gzip() {
        for text in [&b"\x1f"[..], b"\x1f\0", b"\x1fplain"] {
            for source in [Source::slice(text), Source::stream(text), Source::stream(Trickle(text))] {
                assert_eq!(all(source).0, text);
            }
            let after = [&gzip(b"one"), text].concat();
            for source in [Source::slice(&after), Source::stream(Trickle(&after))] {
                let (out, error) = all(source);
                assert_eq!(out, b"one");
                assert!(error.is_none());
            }
        }
    }

    #[test]
    fn a_cut_member_gives_what_it_holds_then_an_error() {
        let text: Vec<u8> = (0..100_000u32).flat_map(u32::to_le_bytes).collect();
        let bytes = gzip(&text);
        let (out, error) = all(Source::slice(&bytes[..bytes.len() / 2]));
        assert!(text.starts_with(&out) && out.len() > text.len() / 4);
        assert_eq!(error.unwrap().kind(), io::ErrorKind::UnexpectedEof);
    }

    #[test]
    fn plain_streams_pass_through() {
        for source in [Source::slice(b"plain"), Source::stream(&b"plain"[..]), Source::stream(Trickle(b"plain"))] {
            assert_eq!(all(source).0, b"plain");
        }
        assert_eq!(all(Source::stream(&b""[..])).0, b"");
    }

    #[test]
    fn memory_follows_the_data_not_the_request() {
        let mut source = Source::stream(&b"short"[..]);
        assert_eq!(source.fill(1 << 30), 5);
        let Data::Stream { window, .. } = &source.data else { panic!("a stream") };
        assert!(window.len() <= WINDOW);
    }

    #[test]
    fn skipping_stops_at_the_end() {
        let mut source = Source::stream(&[0u8; 1000][..]);
        assert_eq!(source.skip(400), 400);
        assert_eq!(source.offset(), 400);
        assert_eq!(source.skip(u64::MAX), 600);
    }
}
