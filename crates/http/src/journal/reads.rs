//! Lines that wait to be written: reads, and writes that changed nothing.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use muster_model::{ConnectionId, RequestId, Timestamp, TokenId};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use super::{LogError, codec};

/// A chunk with this many lines is written at once.
const LINES: i64 = 1_000;

/// One line of the log of reads.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct LoggedRead {
    /// The TraceID.
    pub id: RequestId,
    /// When it came.
    pub at: Timestamp,
    /// How long it took, in microseconds.
    pub micros: i64,
    /// The HTTP method.
    pub method: String,
    /// Path and query below the base URL.
    pub target: String,
    /// The HTTP status.
    pub status: u16,
    /// `read`, `unchanged` or `failed`.
    pub outcome: String,
    /// The token that opened it.
    pub token: TokenId,
    /// The identity provider that was recognised.
    #[serde(default)]
    pub dialect: Option<String>,
    /// What was answered instead of a resource.
    #[serde(default)]
    pub detail: Option<String>,
}

/// A [`LoggedRead`] as it is written.
#[derive(Debug, Serialize)]
pub(crate) struct Line<'l> {
    pub(crate) id: RequestId,
    pub(crate) at: Timestamp,
    pub(crate) micros: i64,
    pub(crate) method: &'l str,
    pub(crate) target: &'l str,
    pub(crate) status: u16,
    pub(crate) outcome: &'l str,
    pub(crate) token: TokenId,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) dialect: Option<&'l str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) detail: Option<String>,
}

/// The lines of one chunk, as [`store::Conn::read_chunks`](muster_store::Conn::read_chunks) gives it.
///
/// # Errors
///
/// When it is damaged, or written by a newer program.
pub fn logged_reads(chunk: &[u8]) -> Result<Vec<LoggedRead>, LogError> {
    let text = codec::unpack(chunk)?;
    let lines = serde_json::Deserializer::from_slice(&text).into_iter();
    Ok(lines.collect::<Result<_, _>>()?)
}

/// Lines of one connection that become one row.
#[derive(Debug)]
pub(crate) struct Chunk {
    pub(crate) connection: ConnectionId,
    /// The smallest id of a line's request, which is also the row's.
    pub(crate) first: RequestId,
    pub(crate) lines: i64,
    pub(crate) text: Vec<u8>,
}

/// The buffer. It is bounded: what has no room is dropped, and the caller told.
#[derive(Debug)]
pub(crate) struct ReadLog {
    buffer: Mutex<Buffer>,
    full: Arc<Notify>,
    most_bytes: usize,
}

#[derive(Debug, Default)]
struct Buffer {
    open: HashMap<ConnectionId, Chunk>,
    full: Vec<Chunk>,
    bytes: usize,
}

impl ReadLog {
    pub(crate) fn new(most_bytes: usize) -> Self {
        Self { buffer: Mutex::default(), full: Arc::new(Notify::new()), most_bytes }
    }

    /// Adds a line; `false` if there is no room for it.
    pub(crate) fn push(&self, connection: ConnectionId, line: &Line<'_>) -> bool {
        let mut buffer = self.buffer.lock().unwrap_or_else(PoisonError::into_inner);
        let Buffer { open, bytes, .. } = &mut *buffer;
        let empty = || Chunk { connection, first: line.id, lines: 0, text: Vec::new() };
        let chunk = open.entry(connection).or_insert_with(empty);
        let before = chunk.text.len();
        let written = serde_json::to_writer(&mut chunk.text, line).is_ok();
        chunk.text.push(b'\n');
        let added = chunk.text.len() - before;
        if !written || *bytes + added > self.most_bytes {
            chunk.text.truncate(before);
            return false;
        }
        *bytes += added;
        chunk.lines += 1;
        // A request that took long comes after ones that began later.
        chunk.first = chunk.first.min(line.id);
        if chunk.lines >= LINES
            && let Some(chunk) = buffer.open.remove(&connection)
        {
            buffer.full.push(chunk);
            drop(buffer);
            self.wake();
        }
        true
    }

    /// All chunks, full or not; the buffer is empty afterwards.
    pub(crate) fn take(&self) -> Vec<Chunk> {
        let taken = std::mem::take(&mut *self.buffer.lock().unwrap_or_else(PoisonError::into_inner));
        let open = taken.open.into_values().filter(|chunk| chunk.lines > 0);
        taken.full.into_iter().chain(open).collect()
    }

    /// Told when a chunk is full.
    pub(crate) fn full(&self) -> Arc<Notify> {
        Arc::clone(&self.full)
    }

    /// Tells the one who writes that there is something to do.
    pub(crate) fn wake(&self) {
        self.full.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn line(number: u128) -> Line<'static> {
        Line {
            id: RequestId(Uuid::from_u128(number)),
            at: Timestamp(1),
            micros: 2,
            method: "GET",
            target: "/Users?filter=userName eq \"ada\"",
            status: 200,
            outcome: "read",
            token: TokenId(Uuid::nil()),
            dialect: Some("Okta"),
            detail: None,
        }
    }

    fn as_read(line: &Line<'_>) -> LoggedRead {
        LoggedRead {
            id: line.id,
            at: line.at,
            micros: line.micros,
            method: line.method.into(),
            target: line.target.into(),
            status: line.status,
            outcome: line.outcome.into(),
            token: line.token,
            dialect: line.dialect.map(str::to_owned),
            detail: line.detail.clone(),
        }
    }

    #[test]
    fn scim_11_lines_read_back_in_order() {
        let (log, connection) = (ReadLog::new(1 << 20), ConnectionId(Uuid::nil()));
        let lines: Vec<_> = (0..1_500).map(line).collect();
        assert!(lines.iter().all(|line| log.push(connection, line)));
        let chunks = log.take();
        assert_eq!(chunks.iter().map(|chunk| chunk.lines).collect::<Vec<_>>(), [1_000, 500]);
        assert_eq!(chunks[1].first, lines[1_000].id);
        let packed = chunks.iter().map(|chunk| codec::pack_lines(&chunk.text));
        let read: Vec<_> = packed.flat_map(|chunk| logged_reads(&chunk).unwrap()).collect();
        assert_eq!(read, lines.iter().map(as_read).collect::<Vec<_>>());
        assert!(log.take().is_empty());
    }

    #[test]
    fn the_buffer_is_bounded() {
        let (log, connection) = (ReadLog::new(1_000), ConnectionId(Uuid::nil()));
        let kept = (0..100).filter(|number| log.push(connection, &line(*number))).count();
        assert!(kept > 1 && kept < 10, "{kept}");
        log.take();
        assert!(log.push(connection, &line(0)));
    }
}
