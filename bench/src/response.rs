//! As much of HTTP/1.1's response syntax (RFC 9112) as a load generator needs.

use memchr::memmem;

/// The answer is not a response this parser understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ResponseError {
    /// The first line is not `HTTP/1.x NNN ...`.
    #[error("the status line is malformed")]
    StatusLine,
    /// `Content-Length` is not a number.
    #[error("the content length is malformed")]
    ContentLength,
    /// A chunk's size line or its end is malformed.
    #[error("a chunk is malformed")]
    Chunk,
    /// There is neither a content length nor chunked coding.
    #[error("the body has no length")]
    NoLength,
    /// More bytes came than the answer has.
    #[error("bytes follow the answer")]
    Surplus,
}

/// How the end of a body is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// The body has this many bytes.
    Length(usize),
    /// The body comes in chunks (RFC 9112 §7.1).
    Chunked,
}

/// Status line and the headers that matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The status code.
    pub status: u16,
    /// Bytes up to and including the blank line.
    pub length: usize,
    /// How the body is framed.
    pub framing: Framing,
    /// Whether the server closes the connection after this answer.
    pub close: bool,
}

/// Parses the head at the start of `bytes`; `None` while it is not complete.
///
/// # Errors
///
/// See [`ResponseError`].
pub fn parse_head(bytes: &[u8]) -> Result<Option<Head>, ResponseError> {
    let Some(end) = memmem::find(bytes, b"\r\n\r\n") else {
        return Ok(None);
    };
    let mut lines = bytes[..end].split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let status = parse_status(lines.next().unwrap_or_default())?;
    let mut framing = None;
    let mut close = false;
    for line in lines {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            continue;
        };
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        if name.eq_ignore_ascii_case(b"content-length") {
            framing = Some(Framing::Length(parse_decimal(value).ok_or(ResponseError::ContentLength)?));
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") && value.eq_ignore_ascii_case(b"chunked") {
            framing = Some(Framing::Chunked);
        } else if name.eq_ignore_ascii_case(b"connection") {
            close = value.eq_ignore_ascii_case(b"close");
        }
    }
    let framing = match (status, framing) {
        (100..200 | 204 | 304, _) => Framing::Length(0),
        (_, Some(framing)) => framing,
        (_, None) => return Err(ResponseError::NoLength),
    };
    Ok(Some(Head { status, length: end + 4, framing, close }))
}

/// Decodes a whole chunked body: its content and the number of bytes it took; `None` while it is not complete.
///
/// # Errors
///
/// [`ResponseError::Chunk`] if the coding is malformed.
pub fn decode_chunked(bytes: &[u8]) -> Result<Option<(Vec<u8>, usize)>, ResponseError> {
    let mut content = Vec::with_capacity(bytes.len());
    let mut at = 0;
    loop {
        let rest = &bytes[at..];
        let Some(line) = memmem::find(rest, b"\r\n") else {
            return Ok(None);
        };
        let digits = rest[..line].split(|byte| *byte == b';').next().unwrap_or_default();
        let size = std::str::from_utf8(digits.trim_ascii())
            .ok()
            .and_then(|digits| u32::from_str_radix(digits, 16).ok())
            .ok_or(ResponseError::Chunk)? as usize;
        let start = line + 2;
        if size == 0 {
            // Trailers are allowed before the blank line; none of ours sends any.
            return Ok(memmem::find(&rest[line..], b"\r\n\r\n").map(|end| (content, at + line + end + 4)));
        }
        let Some(chunk) = rest.get(start..start + size + 2) else {
            return Ok(None);
        };
        if !chunk.ends_with(b"\r\n") {
            return Err(ResponseError::Chunk);
        }
        content.extend_from_slice(&chunk[..size]);
        at += start + size + 2;
    }
}

fn parse_status(line: &[u8]) -> Result<u16, ResponseError> {
    let digits = line.strip_prefix(b"HTTP/1.").and_then(|rest| rest.get(2..5)).ok_or(ResponseError::StatusLine)?;
    let status = parse_decimal(digits).ok_or(ResponseError::StatusLine)?;
    u16::try_from(status).map_err(|_| ResponseError::StatusLine)
}

fn parse_decimal(digits: &[u8]) -> Option<usize> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_gives_status_and_length() {
        let bytes = b"HTTP/1.1 201 Created\r\nCONTENT-length:  12\r\netag: W/\"1\"\r\n\r\nhello";
        let head = parse_head(bytes).unwrap().unwrap();
        assert_eq!(head, Head { status: 201, length: bytes.len() - 5, framing: Framing::Length(12), close: false });
    }

    #[test]
    fn an_incomplete_head_waits_for_more() {
        let whole = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
        for end in 0..whole.len() {
            assert_eq!(parse_head(&whole[..end]), Ok(None), "after {end} bytes");
        }
        assert!(parse_head(whole).unwrap().is_some());
    }

    #[test]
    fn answers_without_a_body_need_no_length() {
        let head = parse_head(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n").unwrap().unwrap();
        assert_eq!(head.framing, Framing::Length(0));
        assert!(head.close);
    }

    #[test]
    fn malformed_heads_are_errors() {
        for (bytes, error) in [
            (&b"HTTP/2 200\r\n\r\n"[..], ResponseError::StatusLine),
            (b"HTTP/1.1 2x0 OK\r\n\r\n", ResponseError::StatusLine),
            (b"\r\n\r\n", ResponseError::StatusLine),
            (b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n", ResponseError::ContentLength),
            (b"HTTP/1.1 200 OK\r\nserver: x\r\n\r\n", ResponseError::NoLength),
        ] {
            assert_eq!(parse_head(bytes), Err(error), "{}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn chunks_are_joined() {
        let bytes = b"5;x=y\r\nhello\r\n6\r\n world\r\n0\r\n\r\n";
        for end in 0..bytes.len() {
            assert_eq!(decode_chunked(&bytes[..end]), Ok(None), "after {end} bytes");
        }
        assert_eq!(decode_chunked(bytes), Ok(Some((b"hello world".to_vec(), bytes.len()))));
    }

    #[test]
    fn malformed_chunks_are_errors() {
        assert_eq!(decode_chunked(b"zz\r\n"), Err(ResponseError::Chunk));
        assert_eq!(decode_chunked(b"2\r\nabcd"), Err(ResponseError::Chunk));
        assert_eq!(decode_chunked(b"-1\r\nabcd"), Err(ResponseError::Chunk));
    }
}
