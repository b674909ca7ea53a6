//! Which requests and sign-ins a connection's log has (SCIM-11, SSO-13).

use std::collections::BTreeSet;

use muster_engine::EngineError;
use muster_model::{
    Connection, ConnectionId, Email, RequestId, Timestamp,
    trace::{Note, Step},
};
use muster_store::{Conn, Store};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::journal::{LogError, Logged, log_page};

/// One request.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct RequestLine {
    /// The TraceID.
    #[schema(value_type = String, format = Uuid)]
    pub id: RequestId,
    /// When it came.
    #[schema(format = DateTime)]
    pub at: String,
    /// `scim`; `replay` or `approval` of a recorded one; `sso` for a sign-in.
    pub kind: String,
    /// The HTTP method.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// The HTTP status that was answered.
    pub status: u16,
    /// `changed`, `unchanged`, `read`, `refused` or `failed`.
    pub outcome: String,
    /// The identity provider that was recognised.
    pub dialect: Option<String>,
    /// How long it took.
    pub milliseconds: f64,
    /// The user or group that was written.
    #[schema(format = Uuid)]
    pub resource: Option<Uuid>,
    /// The recorded request that was run again.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub repeats: Option<RequestId>,
    /// Who signed in, or tried to: the address that the identity provider stated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who: Option<String>,
    /// Why it was refused, or failed.
    pub detail: Option<String>,
}

impl From<&Logged> for RequestLine {
    fn from(logged: &Logged) -> Self {
        let row = match logged {
            Logged::Row(row) => Some(row),
            Logged::Line(_) => None,
        };
        Self {
            id: logged.id(),
            at: logged.at().to_string(),
            kind: row.map_or_else(|| "scim".to_owned(), |row| row.kind.clone()),
            method: logged.method().to_owned(),
            target: logged.target().to_owned(),
            status: logged.status(),
            outcome: logged.outcome().to_owned(),
            dialect: logged.dialect().map(str::to_owned),
            milliseconds: milliseconds(logged.micros()),
            resource: row.and_then(|row| row.resource),
            repeats: row.and_then(|row| row.repeats),
            who: row.and_then(|row| who(&row.steps)).map(str::to_owned),
            detail: logged.detail().map(str::to_owned),
        }
    }
}

/// Who is said to sign in.
fn who(steps: &[Step]) -> Option<&str> {
    steps.iter().find_map(|step| match &step.note {
        Note::SignsIn(email) => Some(email.as_str()),
        _ => None,
    })
}

fn milliseconds(micros: i64) -> f64 {
    // Exact for every time that a request can take.
    i32::try_from(micros).map_or(f64::from(i32::MAX), f64::from) / 1_000.0
}

/// Which of them are wanted; what is absent restricts nothing.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// From when.
    pub since: Option<Timestamp>,
    /// From which status to which.
    pub status: Option<(u16, u16)>,
    /// What came of them: one of these.
    pub outcomes: Vec<String>,
    /// Only those that were run again.
    pub replays: bool,
    /// The user or group that they are about.
    pub resource: Option<Uuid>,
    /// Whom they are about.
    pub person: Option<Person>,
}

/// Whom requests are about.
#[derive(Debug, Clone)]
pub struct Person {
    /// As it was asked for, in lower case.
    name: String,
    /// The directory users of this connection.
    ids: BTreeSet<Uuid>,
}

/// The newest requests of a connection before an id, newest first, and before which id the next page ends; reads page after page,
/// each in a look of its own, until there are `limit`, or it has read `pages`. Blocks.
///
/// # Errors
///
/// The store's; what is damaged.
pub fn traces(
    store: &Store,
    connection: ConnectionId,
    wanted: &Wanted,
    mut before: Uuid,
    limit: usize,
    pages: usize,
) -> Result<(Vec<RequestLine>, Option<Uuid>), LogError> {
    let mut lines = Vec::new();
    for _ in 0..pages {
        let page = store.scan_blocking::<_, LogError, _>(move |conn| log_page(conn, connection, before))?;
        for logged in &page.requests {
            if wanted.since.is_some_and(|since| logged.at() < since) {
                return Ok((lines, None));
            }
            if wanted.holds(logged) {
                if lines.len() == limit {
                    return Ok((lines, Some(before)));
                }
                lines.push(RequestLine::from(logged));
            }
            before = logged.id().0;
        }
        match page.next {
            Some(next) => before = next,
            None => return Ok((lines, None)),
        }
    }
    Ok((lines, Some(before)))
}

impl Wanted {
    fn holds(&self, logged: &Logged) -> bool {
        let row = match logged {
            Logged::Row(row) => Some(row),
            Logged::Line(_) => None,
        };
        let resource = row.and_then(|row| row.resource);
        let is_about = |id: &Uuid| resource == Some(*id) || logged.target().to_lowercase().contains(&id.to_string());
        self.status.is_none_or(|(from, to)| (from..=to).contains(&logged.status()))
            && (self.outcomes.is_empty() || self.outcomes.iter().any(|outcome| outcome == logged.outcome()))
            && (!self.replays || row.is_some_and(|row| row.kind == "replay"))
            && self.resource.as_ref().is_none_or(is_about)
            && self.person.as_ref().is_none_or(|person| {
                let names = |text: &str| text.to_lowercase().contains(&person.name);
                person.ids.iter().any(is_about)
                    || names(logged.target())
                    || names(&decoded(logged.target()))
                    || row.and_then(|row| who(&row.steps)).is_some_and(names)
                    || logged.detail().is_some_and(names)
            })
    }
}

impl Person {
    /// Whom a name or address means: directory users of the connection, now or by their account.
    ///
    /// # Errors
    ///
    /// The store's.
    pub fn named(conn: &mut Conn<'_>, connection: &Connection, name: &str) -> Result<Self, EngineError> {
        let mut ids = BTreeSet::new();
        if let Some(user) = conn.directory_user_by_user_name(connection.id, name)? {
            ids.insert(user.id.0);
        }
        if let Ok(email) = Email::parse(name)
            && let Some(account) = conn.account_by_email(&email)?
        {
            let users = conn.directory_users_of(account.id)?;
            ids.extend(users.iter().filter(|user| user.connection == connection.id).map(|user| user.id.0));
        }
        Ok(Self { name: name.to_lowercase(), ids })
    }
}

/// A target whose percent-encoding is undone, as far as it is text.
fn decoded(target: &str) -> String {
    let bytes = target.as_bytes();
    let mut text = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let hex = bytes.get(at + 1..at + 3).and_then(|hex| std::str::from_utf8(hex).ok());
        match (byte, hex.and_then(|hex| u8::from_str_radix(hex, 16).ok())) {
            (b'%', Some(decoded)) => {
                text.push(decoded);
                at += 3;
            }
            (b'+', _) => {
                text.push(b' ');
                at += 1;
            }
            _ => {
                text.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_decoded_as_far_as_they_are_encoded() {
        assert_eq!(
            decoded("/Users?filter=userName+eq%20%22ada%40x%22&a=%zz%"),
            "/Users?filter=userName eq \"ada@x\"&a=%zz%"
        );
    }
}
