//! Sessions, for people.

use super::table;
use crate::admin::Sessions;

/// A line for each session.
pub(super) fn sessions(sessions: &Sessions) -> String {
    let ended = match sessions.ended {
        0 => String::new(),
        1 => "1 session was ended\n".to_owned(),
        several => format!("{several} sessions were ended\n"),
    };
    let ended = match sessions.left {
        0 => ended,
        left => format!("{ended}{left} of people whose address is of a domain that is not yours were left\n"),
    };
    if sessions.sessions.is_empty() && sessions.next.is_none() {
        return if ended.is_empty() { "signed in nowhere".to_owned() } else { ended.trim_end().to_owned() };
    }
    let mut lines = table(["who", "session", "kind", "device", "through", "began", "ends", "trace"]);
    for session in &sessions.sessions {
        lines.add_row([
            session.who.clone(),
            session.id.to_string(),
            session.kind.clone(),
            session.device.clone(),
            session.connection.clone().unwrap_or_default(),
            session.began.clone(),
            session.ends.clone(),
            session.trace.clone().unwrap_or_default(),
        ]);
    }
    let more = sessions.next.as_ref().map(|next| format!("\n\nmore: add --after {next}")).unwrap_or_default();
    format!("{ended}{lines}{more}")
}
