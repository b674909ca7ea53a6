//! The server being measured, and the bytes of requests to it.

use std::fmt;

use crate::error::Error;

/// The media type of SCIM messages (RFC 7644 §3.1).
const SCIM: &str = "application/scim+json";

/// A SCIM base URL with its token, ready to write requests.
#[derive(Clone)]
pub struct Target {
    address: String,
    path: String,
    headers: String,
}

impl Target {
    /// A target from `http://HOST:PORT/PATH` and a bearer token.
    ///
    /// # Errors
    ///
    /// [`Error::Url`] if the URL is of another form; https is not supported.
    pub fn new(url: &str, token: &str) -> Result<Target, Error> {
        let malformed = || Error::Url(url.to_owned());
        let rest = url.strip_prefix("http://").ok_or_else(malformed)?;
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        if authority.is_empty() {
            return Err(malformed());
        }
        let address = if authority.contains(':') { authority.to_owned() } else { format!("{authority}:80") };
        let headers = format!(
            " HTTP/1.1\r\nhost: {authority}\r\nauthorization: Bearer {token}\r\nuser-agent: muster-load\r\naccept: {SCIM}\r\n"
        );
        Ok(Target { address, path: path.trim_end_matches('/').to_owned(), headers })
    }

    /// Host and port to connect to.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Writes a GET of the base URL followed by `path` into `request`, which is cleared first.
    pub fn get(&self, request: &mut Vec<u8>, path: fmt::Arguments<'_>) {
        self.start(request, "GET", path);
        request.extend_from_slice(b"\r\n");
    }

    /// Writes a request with a body into `request`, which is cleared first.
    pub fn send(&self, request: &mut Vec<u8>, method: &str, path: fmt::Arguments<'_>, body: &[u8]) {
        self.start(request, method, path);
        append(request, format_args!("content-type: {SCIM}\r\ncontent-length: {}\r\n\r\n", body.len()));
        request.extend_from_slice(body);
    }

    fn start(&self, request: &mut Vec<u8>, method: &str, path: fmt::Arguments<'_>) {
        request.clear();
        append(request, format_args!("{method} {}{path}{}", self.path, self.headers));
    }
}

/// Appends formatted text; writing to memory does not fail.
pub(crate) fn append(bytes: &mut Vec<u8>, text: fmt::Arguments<'_>) {
    use std::io::Write as _;
    let _ = bytes.write_fmt(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_written_whole() {
        let target = Target::new("http://127.0.0.1:8080/scim/v2/", "secret").unwrap();
        assert_eq!(target.address(), "127.0.0.1:8080");
        let mut request = b"left over".to_vec();
        target.send(&mut request, "POST", format_args!("/Users"), b"{}");
        assert_eq!(
            String::from_utf8(request).unwrap(),
            "POST /scim/v2/Users HTTP/1.1\r\nhost: 127.0.0.1:8080\r\nauthorization: Bearer secret\r\n\
             user-agent: muster-load\r\naccept: application/scim+json\r\n\
             content-type: application/scim+json\r\ncontent-length: 2\r\n\r\n{}"
        );
    }

    #[test]
    fn other_urls_are_refused() {
        for url in ["https://example.com/scim/v2", "example.com", "http:///scim"] {
            assert!(matches!(Target::new(url, ""), Err(Error::Url(_))), "{url}");
        }
        assert_eq!(Target::new("http://example.com", "").unwrap().address(), "example.com:80");
    }
}
