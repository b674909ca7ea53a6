//! JSON in and out: bounded parsing, and writing text without an intermediate value.

use std::fmt::Write as _;

use serde_json::Value;

use crate::error::{RequestError, ScimType};
use crate::limits;

/// Parses a body.
///
/// Of a key that occurs twice in one object, the last value counts.
///
/// # Errors
///
/// 400 `invalidSyntax` for anything that is not one JSON value in UTF-8 (lone surrogates included), or that is nested
/// deeper than [`limits::JSON_DEPTH`].
pub fn parse(body: &[u8]) -> Result<Value, RequestError> {
    if depth(body) > limits::JSON_DEPTH {
        let detail = format!("the body is nested deeper than {} levels", limits::JSON_DEPTH);
        return Err(RequestError::bad(ScimType::InvalidSyntax, detail));
    }
    serde_json::from_slice(body).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let detail = if body.is_empty() {
            "the body is empty, send a JSON object".to_owned()
        } else if std::str::from_utf8(body).is_err() {
            "the body is not UTF-8".to_owned()
        } else {
            format!("the body is not JSON: error at line {line}, column {column}")
        };
        RequestError::bad(ScimType::InvalidSyntax, detail)
    })
}

/// How deep the brackets of a body nest, counted before it is parsed. Brackets in strings do not count.
fn depth(body: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0usize, 0usize);
    let (mut in_text, mut escaped) = (false, false);
    for byte in body {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'{' | b'[' if !in_text => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// Appends `text` as a JSON string, quotes included.
pub fn write_text(out: &mut String, text: &str) {
    let is_plain = |byte: u8| byte >= 0x20 && byte != b'"' && byte != b'\\';
    out.push('"');
    // Without an early end, so that many bytes are looked at together: almost no text needs more.
    if text.bytes().fold(true, |plain, byte| plain & is_plain(byte)) {
        out.push_str(text);
        out.push('"');
        return;
    }
    let mut start = 0;
    for (index, byte) in text.bytes().enumerate() {
        if is_plain(byte) {
            continue;
        }
        out.push_str(&text[start..index]);
        start = index + 1;
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            control => {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{control:04x}");
            }
        }
    }
    out.push_str(&text[start..]);
    out.push('"');
}

/// The word for a value's type, for error texts.
pub(crate) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_text_is_what_a_json_parser_reads() {
        for text in ["", "plain", "\"\\/\n\r\t\u{8}\u{c}\u{1f}\u{7f}", "ünïcödé 🦀 \u{202e}", "a\u{0}b"] {
            let mut out = String::new();
            write_text(&mut out, text);
            assert_eq!(serde_json::from_str::<String>(&out).unwrap(), text);
        }
    }

    #[test]
    fn depth_is_bounded_before_parsing() {
        let deep = "[".repeat(100_000);
        assert_eq!(parse(deep.as_bytes()).unwrap_err().scim_type(), Some(ScimType::InvalidSyntax));
        assert!(parse(br#"{"a":"[[[[[[[[[[[[[[[[[[[[[[[[\"[[["}"#).is_ok());
    }

    #[test]
    fn what_is_not_json_is_invalid_syntax() {
        for body in [&b""[..], b"{", b"{}x", b"\xff", br#"{"a":"\ud800"}"#, br#"{"a":"\udc00x"}"#, b"{\"a\":\"\x00\"}"]
        {
            assert_eq!(parse(body).unwrap_err().scim_type(), Some(ScimType::InvalidSyntax), "{body:?}");
        }
    }
}
