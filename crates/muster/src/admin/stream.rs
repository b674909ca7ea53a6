//! Where the activity log is streamed to, and how that goes (ORG-9): `muster audit streams`, and what `doctor` says of it.

use std::time::Duration;

use muster_engine::{
    EngineError,
    activity::stream::{self, COUNTED, Health},
};
use muster_model::{Stream, Timestamp};
use muster_store::Conn;
use serde::{Deserialize, Serialize};

use super::{AdminError, Check, Installation};

/// A stream that is so far behind is worth a look, although it gets on.
const BEHIND: Duration = Duration::from_hours(1);

/// What about streams.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct StreamRequest {
    /// One to end: what it has still to send is not sent.
    pub(crate) forget: Option<Stream>,
}

/// The streams.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Streams {
    pub(crate) streams: Vec<StreamLine>,
}

/// One stream.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct StreamLine {
    pub(crate) stream: Stream,
    pub(crate) sent: u64,
    pub(crate) sent_at: Option<String>,
    /// Changes that are still to be sent, counted up to 10,000.
    pub(crate) waiting: i64,
    pub(crate) waiting_since: Option<String>,
    pub(crate) failing_since: Option<String>,
    pub(crate) reason: Option<String>,
    /// Changes that were removed before they were sent.
    pub(crate) lost: u64,
}

pub(super) fn run(installation: &Installation, request: StreamRequest) -> Result<Streams, AdminError> {
    if let Some(stream) = request.forget {
        let was_there = installation.change(move |tx, _| stream::forget(tx, stream))?;
        if !was_there {
            let hint = "see `muster audit streams`".to_owned();
            return Err(AdminError::Missing { kind: "stream", name: stream.to_string(), hint });
        }
    }
    let health = installation.store.scan_blocking(stream::health)?;
    Ok(Streams { streams: health.into_iter().map(line).collect() })
}

fn line(health: Health) -> StreamLine {
    let Health { stream, sent, sent_at, waiting, waiting_since, failing, lost } = health;
    let text = |at: Option<Timestamp>| at.map(|at| at.to_string());
    StreamLine {
        stream,
        sent,
        sent_at: text(sent_at),
        waiting,
        waiting_since: text(waiting_since),
        failing_since: failing.as_ref().map(|failing| failing.since.to_string()),
        reason: failing.map(|failing| failing.reason),
        lost,
    }
}

/// How the streams do, for `doctor`.
pub(super) fn checks(conn: &mut Conn<'_>, now: Timestamp) -> Result<Vec<Check>, EngineError> {
    Ok(stream::health(conn)?.iter().map(|health| check(health, now)).collect())
}

fn check(health: &Health, now: Timestamp) -> Check {
    let name = format!("activity log to {}", health.stream);
    let waiting = match health.waiting {
        COUNTED.. => format!("{COUNTED} changes or more wait"),
        1 => "one change waits".to_owned(),
        count => format!("{count} changes wait"),
    };
    let setting = format!("`activity.{}`", health.stream);
    if let Some(failing) = &health.failing {
        let found = format!("it has not got on since {}: {}; {waiting}", failing.since, failing.reason);
        return Check::problem(
            &name,
            found,
            format!("look at {setting}, and at what is there; nothing is lost until then"),
        );
    }
    if health.lost > 0 {
        let found = format!("{} changes were removed before they were sent; {waiting}", health.lost);
        let advice = format!(
            "see how far it is; keep the log for longer (`retention.activity_days`), or begin anew: \
             muster audit streams --forget {}",
            health.stream
        );
        return Check::warning(&name, found, advice);
    }
    match health.waiting_since {
        Some(since) if since.after(BEHIND) < now => {
            let advice = format!(
                "see that a server runs with {setting}; if it is no more wanted: muster audit streams --forget {}",
                health.stream
            );
            Check::warning(&name, format!("{waiting}, the oldest since {since}"), advice)
        }
        _ => Check::ok(&name, format!("{} entries were sent, {waiting}", health.sent)),
    }
}
