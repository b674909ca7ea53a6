//! Reading and writing the lines.

use std::io::{self, BufRead, Write};

use super::{Head, Recorded, VERSION, ids};

/// The longest line that is read, in bytes: a group of 10,000 members takes a tenth of it.
const LINE: u64 = 16 * 1024 * 1024;

/// Why a text is no recording.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// It cannot be read or written.
    #[error("the recording cannot be read or written")]
    Io(#[from] io::Error),
    /// It does not begin as a recording does.
    #[error("it is no recording: its first line is not `{{\"muster_recording\":{VERSION}, ...}}`")]
    NoHead(#[source] Option<serde_json::Error>),
    /// It is of a newer program.
    #[error("it is a recording of version {0}, and this program reads version {VERSION}: use a newer one")]
    Version(u32),
    /// A line is no request.
    #[error("line {line} is no recorded request")]
    Line {
        /// Which line, from 1.
        line: usize,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// A line is too long.
    #[error("line {0} has more than {LINE} bytes")]
    Long(usize),
    /// An id cannot be told from the text around it.
    #[error("line {line}: the id `{id}` has other characters than letters, digits, `-` and `_`")]
    Id {
        /// Which line, from 1.
        line: usize,
        /// The id.
        id: String,
    },
    /// There are fewer requests than the head says.
    #[error("the recording ends after {found} of {due} requests: it is not complete")]
    Short {
        /// How many are there.
        found: usize,
        /// How many there should be.
        due: usize,
    },
}

/// Reads a recording line by line.
#[derive(Debug)]
pub struct Reader<R> {
    source: R,
    head: Head,
    line: usize,
}

impl<R: BufRead> Reader<R> {
    /// Reads the head.
    ///
    /// # Errors
    ///
    /// There is none, or one of a newer program.
    pub fn new(mut source: R) -> Result<Self, RecordingError> {
        let text = next_line(&mut source, 1)?.ok_or(RecordingError::NoHead(None))?;
        let head: Head = serde_json::from_slice(&text).map_err(|error| RecordingError::NoHead(Some(error)))?;
        if head.version == 0 || head.version > VERSION {
            return Err(RecordingError::Version(head.version));
        }
        Ok(Self { source, head, line: 1 })
    }

    /// The head.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// The line that was read last, from 1.
    pub fn line(&self) -> usize {
        self.line
    }

    /// The next request; `None` after the last one.
    ///
    /// # Errors
    ///
    /// The line is none, or there should be more.
    pub fn next_request(&mut self) -> Result<Option<Recorded>, RecordingError> {
        let Some(text) = next_line(&mut self.source, self.line + 1)? else {
            let (found, due) = (self.line - 1, self.head.requests);
            return if found < due { Err(RecordingError::Short { found, due }) } else { Ok(None) };
        };
        self.line += 1;
        let line = self.line;
        let recorded: Recorded =
            serde_json::from_slice(&text).map_err(|source| RecordingError::Line { line, source })?;
        if let Some(id) = recorded.made.iter().flat_map(super::Made::ids).find(|id| !ids::is_id(id)) {
            return Err(RecordingError::Id { line, id: id.to_owned() });
        }
        Ok(Some(recorded))
    }
}

/// Writes a recording.
///
/// # Errors
///
/// What the target says.
pub fn write(target: &mut impl Write, head: &Head, requests: &[Recorded]) -> Result<(), RecordingError> {
    let mut line = |text: Result<String, serde_json::Error>| {
        target.write_all(text.map_err(io::Error::from)?.as_bytes())?;
        target.write_all(b"\n")
    };
    line(serde_json::to_string(head))?;
    for request in requests {
        line(serde_json::to_string(request))?;
    }
    Ok(())
}

/// The next line that is not empty.
fn next_line(source: &mut impl BufRead, number: usize) -> Result<Option<Vec<u8>>, RecordingError> {
    loop {
        let mut text = Vec::new();
        let read = io::Read::take(&mut *source, LINE + 1).read_until(b'\n', &mut text)?;
        if read == 0 {
            return Ok(None);
        }
        if u64::try_from(read).is_ok_and(|read| read > LINE) {
            return Err(RecordingError::Long(number));
        }
        if !text.trim_ascii().is_empty() {
            return Ok(Some(text));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{Made, Missing, PersonalData};
    use super::*;

    fn head(requests: usize) -> Head {
        Head {
            version: VERSION,
            connection: Some("okta".into()),
            from: Some("2026-01-31T12:00:00Z".into()),
            requests,
            personal_data: PersonalData::Pseudonyms,
            changed: vec!["people".into()],
            domains: vec!["example.com".into()],
        }
    }

    fn read(text: &[u8]) -> Result<Vec<Recorded>, RecordingError> {
        let mut reader = Reader::new(text)?;
        let mut requests = Vec::new();
        while let Some(request) = reader.next_request()? {
            requests.push(request);
        }
        Ok(requests)
    }

    #[test]
    fn scim_11_what_is_written_reads_back() {
        let requests = [
            Recorded {
                method: "POST".into(),
                path: "/Users".into(),
                body: Some(json!({"userName": "user1@example.com"})),
                status: 201,
                made: Some(Made::One("0190f5fe-7c2a-7000-8000-0123456789ab".into())),
                idp: Some("Okta".into()),
                ..Recorded::default()
            },
            Recorded {
                after_ms: 12,
                method: "POST".into(),
                path: "/Bulk".into(),
                missing: Some(Missing::Body),
                status: 200,
                made: Some(Made::Each([("a".to_owned(), "1".to_owned())].into())),
                ..Recorded::default()
            },
        ];
        let mut text = Vec::new();
        write(&mut text, &head(2), &requests).unwrap();
        assert!(text.starts_with(b"{\"muster_recording\":1,"), "{}", String::from_utf8_lossy(&text));
        assert_eq!(read(&text).unwrap(), requests);
        text.truncate(text.len() - 20);
        assert!(matches!(read(&text), Err(RecordingError::Line { line: 3, .. })));
    }

    #[test]
    fn what_is_no_recording_is_told() {
        for (text, words) in [
            ("", "its first line"),
            ("{}\n", "its first line"),
            ("{\"muster_recording\":2,\"requests\":0,\"personal_data\":\"kept\"}", "a newer one"),
            ("{\"muster_recording\":1,\"requests\":1,\"personal_data\":\"kept\"}\n\n", "after 0 of 1"),
            ("{\"muster_recording\":1,\"requests\":1,\"personal_data\":\"kept\"}\nx", "line 2"),
        ] {
            let error = read(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
        let line = r#"{"method":"POST","path":"/Users","status":201,"made":"a@b"}"#;
        let text = format!("{{\"muster_recording\":1,\"requests\":1,\"personal_data\":\"kept\"}}\n{line}");
        assert!(matches!(read(text.as_bytes()), Err(RecordingError::Id { line: 2, .. })));
    }
}
