//! Streams of the activity log, for people.

use super::table;
use crate::admin::Streams;

/// A line for each stream.
pub(super) fn text(streams: &Streams) -> String {
    if streams.streams.is_empty() {
        return "the activity log is streamed nowhere: set `activity.file`, `activity.syslog` or `activity.webhook`"
            .into();
    }
    let mut rows = table(["stream", "sent", "at last", "waiting", "since", "failing since", "because", "lost"]);
    for stream in &streams.streams {
        let some = |text: &Option<String>| text.clone().unwrap_or_default();
        rows.add_row([
            stream.stream.to_string(),
            stream.sent.to_string(),
            some(&stream.sent_at),
            stream.waiting.to_string(),
            some(&stream.waiting_since),
            some(&stream.failing_since),
            some(&stream.reason),
            stream.lost.to_string(),
        ]);
    }
    rows.to_string()
}
