//! Frames of the base protocol: headers, an empty line, a body of so many bytes. What comes in is not trusted: a bad frame is an
//! error value, and reading goes on with the next header that looks like one.

use serde_json::Value;
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// The longest body that is taken; longer ones are passed over without being kept.
const MAX_BODY: u64 = 256 * 1024 * 1024;
/// The longest header line that is taken.
const MAX_LINE: u64 = 8 * 1024;

/// Why a frame is no message.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BadFrame {
    /// There is no usable `Content-Length`.
    #[error("a message begins with `Content-Length: NUMBER` and an empty line")]
    Header,
    /// The body is not UTF-8 according to its header.
    #[error("only the charset utf-8 is known")]
    Charset,
    /// The body is longer than anything that makes sense.
    #[error("the message is longer than {MAX_BODY} bytes")]
    TooLong,
    /// The body is no JSON.
    #[error("the message is no JSON: {0}")]
    Json(String),
}

/// Reads the next frame; `None` at the end of the input.
///
/// # Errors
/// When the input cannot be read.
pub async fn read<R: AsyncBufRead + Unpin>(input: &mut R) -> std::io::Result<Option<Result<Value, BadFrame>>> {
    let mut length = None;
    let mut is_utf8 = true;
    let mut any = false;
    loop {
        let mut line = Vec::new();
        if (&mut *input).take(MAX_LINE).read_until(b'\n', &mut line).await? == 0 {
            // A frame that breaks off has nobody left who waits for an answer.
            return Ok(None);
        }
        let line = String::from_utf8_lossy(&line);
        let line = line.trim_end_matches(['\r', '\n']);
        if line.is_empty() {
            if any {
                break;
            }
            continue;
        }
        // What stands before a header is what was left of a broken frame; the header may follow on the same line.
        let header = match line.to_ascii_lowercase().rfind("content-length:") {
            Some(0) => line,
            Some(at) => line.get(at..).unwrap_or_default(),
            None => line,
        };
        match header.split_once(':').map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim())) {
            Some((name, value)) if name == "content-length" => {
                any = true;
                length = value.parse::<u64>().ok();
            }
            Some((name, value)) if name == "content-type" => {
                any = true;
                is_utf8 = charset(value).is_none_or(|charset| matches!(charset.as_str(), "utf-8" | "utf8"));
            }
            // Other headers are for later versions of the protocol.
            Some((name, _)) if is_header_name(&name) => any = true,
            _ => {}
        }
    }
    let Some(length) = length else { return Ok(Some(Err(BadFrame::Header))) };
    if length > MAX_BODY {
        tokio::io::copy(&mut (&mut *input).take(length), &mut tokio::io::sink()).await?;
        return Ok(Some(Err(BadFrame::TooLong)));
    }
    // Grows with what comes, not with what was announced.
    let mut body = Vec::new();
    if ((&mut *input).take(length).read_to_end(&mut body).await? as u64) < length {
        return Ok(None);
    }
    Ok(Some(match is_utf8 {
        true => serde_json::from_slice(&body).map_err(|error| BadFrame::Json(error.to_string())),
        false => Err(BadFrame::Charset),
    }))
}

fn charset(content_type: &str) -> Option<String> {
    let parameters = content_type.split(';').skip(1);
    let charset = parameters.filter_map(|parameter| parameter.trim().strip_prefix("charset=")).next();
    charset.map(|name| name.trim_matches('"').to_ascii_lowercase())
}

fn is_header_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// Writes a message.
///
/// # Errors
/// When the output cannot be written.
pub async fn write<W: AsyncWrite + Unpin>(output: &mut W, message: &str) -> std::io::Result<()> {
    let frame = format!("Content-Length: {}\r\n\r\n{message}", message.len());
    output.write_all(frame.as_bytes()).await?;
    output.flush().await
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn frame(body: &str) -> String {
        format!("Content-Length: {}\r\n\r\n{body}", body.len())
    }

    async fn all(mut input: &[u8]) -> Vec<Result<Value, BadFrame>> {
        let mut found = Vec::new();
        while let Some(frame) = read(&mut input).await.unwrap() {
            found.push(frame);
        }
        found
    }

    #[tokio::test]
    async fn whole_frames() {
        let other =
            "content-length: 2\r\nContent-Type: application/vscode-jsonrpc; charset=utf-8\r\nX-New: 1\r\n\r\n{}";
        let input = format!("{}{other}{}", frame("[1]"), frame("\"é\""));
        assert_eq!(all(input.as_bytes()).await, [Ok(json!([1])), Ok(json!({})), Ok(json!("é"))]);
    }

    #[tokio::test]
    async fn what_is_broken_costs_itself_alone() {
        let good = frame("{\"a\":1}");
        let latin = "Content-Length: 2\r\nContent-Type: x; charset=latin1\r\n\r\n{}";
        let cases = [
            ("Content-Length: many\r\n\r\n".to_owned(), Some(BadFrame::Header)),
            ("Content-Length: -1\r\n\r\n".to_owned(), Some(BadFrame::Header)),
            ("Content-Type: x\r\n\r\n".to_owned(), Some(BadFrame::Header)),
            (latin.to_owned(), Some(BadFrame::Charset)),
            ("\0\u{1}not a header\r\n".to_owned(), None),
            ("\r\n\r\n".to_owned(), None),
        ];
        for (bad, error) in cases {
            let found = all(format!("{bad}{good}").as_bytes()).await;
            let (last, before) = found.split_last().unwrap();
            assert_eq!(*last, Ok(json!({"a": 1})), "{bad:?}");
            let told = before.first().and_then(|frame| frame.as_ref().err());
            assert_eq!(told, error.as_ref(), "{bad:?}");
        }
    }

    #[tokio::test]
    async fn wrong_lengths_and_deep_nesting() {
        let good = frame("{\"a\":1}");
        // Too short: the rest of the body is passed over.
        let short = format!("Content-Length: 3\r\n\r\n{{\"b\": 2}}\r\n{good}");
        let found = all(short.as_bytes()).await;
        assert!(matches!(found.as_slice(), [Err(BadFrame::Json(_)), Ok(_)]), "{found:?}");
        let found = all(format!("Content-Length: 3\r\n\r\n{{\"b\": 2}}{good}").as_bytes()).await;
        assert!(matches!(found.as_slice(), [Err(BadFrame::Json(_)), Ok(_)]), "{found:?}");
        let deep = frame(&"[".repeat(200_000));
        assert!(matches!(all(deep.as_bytes()).await.as_slice(), [Err(BadFrame::Json(_))]));
        let huge = format!("Content-Length: {}\r\n\r\nabc", u64::MAX);
        assert_eq!(all(huge.as_bytes()).await, [Err(BadFrame::TooLong)]);
        let broken_off = "Content-Length: 99999\r\n\r\nabc";
        assert_eq!(all(broken_off.as_bytes()).await, []);
    }
}
