//! Reading the request log in order: rows and lines of reads together, newest first.

use std::time::Duration;

use muster_model::{ConnectionId, RequestId, Timestamp, trace::Note};
use muster_store::{Conn, RequestRow};
use uuid::Uuid;

use super::{LogError, LoggedRead, TARGET_BYTES, logged_reads};

/// How many rows make a page.
const ROWS: i64 = 200;
/// How many chunks of reads are read at first; more where a page needs them.
const CHUNKS: i64 = 16;
/// The longest time between the first and the last request of a chunk: as long as a request may take, and as a chunk
/// waits.
const SPAN: Duration = Duration::from_secs(60);

/// One request in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Logged {
    /// It changed something or was refused.
    Row(Box<RequestRow>),
    /// It only read, or changed nothing.
    Line(LoggedRead),
}

impl Logged {
    /// The TraceID.
    #[must_use]
    pub fn id(&self) -> RequestId {
        match self {
            Self::Row(row) => row.id,
            Self::Line(line) => line.id,
        }
    }

    /// When it came.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        match self {
            Self::Row(row) => row.at,
            Self::Line(line) => line.at,
        }
    }

    /// Path and query.
    #[must_use]
    pub fn target(&self) -> &str {
        match self {
            Self::Row(row) => &row.target,
            Self::Line(line) => &line.target,
        }
    }

    /// Whether the target is longer than what is kept of it.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.target().len() >= TARGET_BYTES
    }

    /// The HTTP method.
    #[must_use]
    pub fn method(&self) -> &str {
        match self {
            Self::Row(row) => &row.method,
            Self::Line(line) => &line.method,
        }
    }

    /// The HTTP status; 0 for one that nobody ever had.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::Row(row) => u16::try_from(row.status).unwrap_or(0),
            Self::Line(line) => line.status,
        }
    }

    /// `changed`, `unchanged`, `read`, `refused` or `failed`.
    #[must_use]
    pub fn outcome(&self) -> &str {
        match self {
            Self::Row(row) => &row.outcome,
            Self::Line(line) => &line.outcome,
        }
    }

    /// How long it took, in microseconds.
    #[must_use]
    pub fn micros(&self) -> i64 {
        match self {
            Self::Row(row) => row.micros,
            Self::Line(line) => line.micros,
        }
    }

    /// The identity provider that was recognised.
    #[must_use]
    pub fn dialect(&self) -> Option<&str> {
        match self {
            Self::Row(row) => row.dialect.as_deref(),
            Self::Line(line) => line.dialect.as_deref(),
        }
    }

    /// Why it was refused, or failed.
    #[must_use]
    pub fn detail(&self) -> Option<&str> {
        match self {
            Self::Row(row) => row.steps.iter().rev().find_map(|step| match &step.note {
                Note::Refused(why) => Some(why.as_str()),
                _ => None,
            }),
            Self::Line(line) => line.detail.as_deref(),
        }
    }
}

/// A piece of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogPage {
    /// The requests, newest first.
    pub requests: Vec<Logged>,
    /// Before which id the next page ends; `None` after the last one.
    pub next: Option<Uuid>,
}

/// The newest requests of a connection's log before an id, newest first. Pages follow each other without a gap, and none
/// is told twice; one of them may be empty.
///
/// # Errors
///
/// The store's; what is damaged.
pub fn log_page(conn: &mut Conn<'_>, connection: ConnectionId, before: Uuid) -> Result<LogPage, LogError> {
    let rows = conn.requests_before(connection, before, ROWS)?;
    let end_of_rows = if is_short(rows.len(), ROWS) { None } else { rows.last().map(|row| row.id.0) };
    let mut limit = CHUNKS;
    let (chunks, end) = loop {
        let chunks = conn.read_chunks_before(connection, before, limit)?;
        let end_of_chunks = if is_short(chunks.len(), limit) { None } else { chunks.last().map(|(id, _)| span(*id)) };
        let end = end_of_rows.max(end_of_chunks);
        if end.is_none_or(|end| end < before) {
            break (chunks, end);
        }
        limit *= 4;
    };
    let is_in = |id: RequestId| id.0 < before && end.is_none_or(|end| id.0 >= end);
    let mut requests: Vec<Logged> = rows.into_iter().map(|row| Logged::Row(Box::new(row))).collect();
    for (first, chunk) in chunks {
        if end.is_none_or(|end| span(first) >= end) {
            requests.extend(logged_reads(&chunk)?.into_iter().map(Logged::Line));
        }
    }
    requests.retain(|logged| is_in(logged.id()));
    requests.sort_by_key(|logged| std::cmp::Reverse(logged.id()));
    Ok(LogPage { requests, next: end })
}

/// The line of a read, wherever it is; `None` if nobody logged it, or not any more.
///
/// # Errors
///
/// The store's; what is damaged.
pub fn logged_read(
    conn: &mut Conn<'_>,
    connection: ConnectionId,
    id: RequestId,
) -> Result<Option<LoggedRead>, LogError> {
    let after = Uuid::from_u128(id.0.as_u128().saturating_add(1));
    let mut before = after;
    loop {
        let chunks = conn.read_chunks_before(connection, before, CHUNKS)?;
        for (first, chunk) in &chunks {
            if span(*first) < id.0 {
                return Ok(None);
            }
            if let Some(line) = logged_reads(chunk)?.into_iter().find(|line| line.id == id) {
                return Ok(Some(line));
            }
        }
        match chunks.last() {
            Some((first, _)) if !is_short(chunks.len(), CHUNKS) => before = *first,
            _ => return Ok(None),
        }
    }
}

fn is_short(found: usize, limit: i64) -> bool {
    i64::try_from(found).unwrap_or(i64::MAX) < limit
}

/// An id above those of all lines of a chunk with this first line.
fn span(first: Uuid) -> Uuid {
    let millis = i64::try_from(first.as_u128() >> 80).unwrap_or(i64::MAX);
    Timestamp(millis.saturating_mul(1_000)).after(SPAN).first_id()
}
