//! Which requests there were.

use std::collections::BTreeSet;

use muster_engine::EngineError;
use muster_http::{LogError, Logged, log_page};
use muster_model::{Connection, ConnectionId, Email, RequestId, Timestamp};
use muster_store::Conn;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::time;
use crate::admin::{AdminError, Installation, named};

/// Which requests are asked for; what is absent restricts nothing.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Filter {
    /// The connection's name.
    pub(crate) connection: String,
    /// From when.
    pub(crate) since: Option<String>,
    /// Until when.
    pub(crate) until: Option<String>,
    /// `409`, or `4xx`.
    pub(crate) status: Option<String>,
    /// `changed`, `refused`, ...
    pub(crate) outcome: Option<String>,
    /// The id of a user or group.
    pub(crate) resource: Option<Uuid>,
    /// A person's `userName` or email.
    pub(crate) user: Option<String>,
    /// The TraceID before which the page ends.
    pub(crate) before: Option<RequestId>,
    /// How many at most.
    pub(crate) limit: usize,
}

/// A page of them, newest first.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct RequestList {
    /// The connection.
    pub(crate) connection: String,
    /// The requests.
    pub(crate) requests: Vec<RequestLine>,
    /// What to give as `--before` for the next page; absent after the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<Uuid>,
}

/// One request.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct RequestLine {
    /// The TraceID.
    pub(crate) id: RequestId,
    pub(crate) at: String,
    /// `scim`; `replay` or `approval` of a recorded one.
    pub(crate) kind: String,
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) status: u16,
    /// `changed`, `unchanged`, `read`, `refused` or `failed`.
    pub(crate) outcome: String,
    /// The identity provider that was recognised.
    pub(crate) dialect: Option<String>,
    pub(crate) milliseconds: f64,
    /// The user or group that was written.
    pub(crate) resource: Option<Uuid>,
    /// The recorded request that was run again.
    pub(crate) repeats: Option<RequestId>,
    /// Why it was refused, or failed.
    pub(crate) detail: Option<String>,
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
            detail: logged.detail().map(str::to_owned),
        }
    }
}

fn milliseconds(micros: i64) -> f64 {
    // Exact for every time that a request can take.
    i32::try_from(micros).map_or(f64::from(i32::MAX), f64::from) / 1_000.0
}

/// A filter, checked against the database.
#[derive(Clone)]
struct Wanted {
    since: Option<Timestamp>,
    status: Option<(u16, u16)>,
    outcome: Option<String>,
    resource: Option<Uuid>,
    person: Option<Person>,
}

/// Whom requests are about.
#[derive(Clone)]
struct Person {
    /// As it was asked for, in lower case.
    name: String,
    /// The directory users of this connection.
    ids: BTreeSet<Uuid>,
}

pub(super) fn list(installation: &Installation, filter: Filter) -> Result<RequestList, AdminError> {
    let now = installation.surroundings.now();
    let until = filter.until.as_deref().map(|text| time::parse(text, now)).transpose()?;
    let mut before = until.map_or(Uuid::max(), Timestamp::first_id);
    before = filter.before.map_or(before, |id| before.min(id.0));
    let since = filter.since.as_deref().map(|text| time::parse(text, now)).transpose()?;
    let status = filter.status.as_deref().map(statuses).transpose()?;
    let Filter { connection: name, outcome, resource, user, limit, .. } = filter;
    let sought = name.clone();
    let found = installation.store.read_blocking(move |conn| {
        let connection = named::connection(conn, &sought)?;
        let person = user.as_deref().map(|user| person(conn, &connection, user)).transpose()?;
        Ok::<_, EngineError>((connection.id, person))
    });
    let (connection, person) = found.map_err(|error| named::explained(installation, &name, error))?;
    let wanted = Wanted { since, status, outcome, resource, person };
    let (requests, next) = collect(installation, connection, &wanted, before, limit)?;
    Ok(RequestList { connection: name, requests, next })
}

/// Reads page after page, each in a look of its own, until there are enough.
fn collect(
    installation: &Installation,
    connection: ConnectionId,
    wanted: &Wanted,
    mut before: Uuid,
    limit: usize,
) -> Result<(Vec<RequestLine>, Option<Uuid>), AdminError> {
    let mut lines = Vec::new();
    loop {
        let page =
            installation.store.scan_blocking::<_, LogError, _>(move |conn| log_page(conn, connection, before))?;
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
}

impl Wanted {
    fn holds(&self, logged: &Logged) -> bool {
        let resource = match logged {
            Logged::Row(row) => row.resource,
            Logged::Line(_) => None,
        };
        let is_about = |id: &Uuid| resource == Some(*id) || logged.target().to_lowercase().contains(&id.to_string());
        self.status.is_none_or(|(from, to)| (from..=to).contains(&logged.status()))
            && self.outcome.as_deref().is_none_or(|outcome| outcome == logged.outcome())
            && self.resource.as_ref().is_none_or(is_about)
            && self.person.as_ref().is_none_or(|person| {
                let names = |text: &str| text.to_lowercase().contains(&person.name);
                person.ids.iter().any(is_about)
                    || names(logged.target())
                    || names(&decoded(logged.target()))
                    || logged.detail().is_some_and(names)
            })
    }
}

/// The directory users that a name or address means, now or by its account.
fn person(conn: &mut Conn<'_>, connection: &Connection, name: &str) -> Result<Person, EngineError> {
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
    Ok(Person { name: name.to_lowercase(), ids })
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

/// `409`, or `4xx`: from and to.
fn statuses(text: &str) -> Result<(u16, u16), AdminError> {
    let wrong = || AdminError::Wrong(format!("`--status {text}` is not a status: use one such as 409, or 4xx"));
    if let Some(class) = text.strip_suffix("xx") {
        let class: u16 = class.parse().ok().filter(|class| (1..=5).contains(class)).ok_or_else(wrong)?;
        return Ok((class * 100, class * 100 + 99));
    }
    let status = text.parse().ok().filter(|status| (100..=599).contains(status)).ok_or_else(wrong)?;
    Ok((status, status))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_one_or_a_class() {
        assert_eq!(statuses("409").unwrap(), (409, 409));
        assert_eq!(statuses("4xx").unwrap(), (400, 499));
        for wrong in ["", "xx", "6xx", "99", "4x", "x"] {
            assert!(statuses(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn targets_are_decoded_as_far_as_they_are_encoded() {
        assert_eq!(
            decoded("/Users?filter=userName+eq%20%22ada%40x%22&a=%zz%"),
            "/Users?filter=userName eq \"ada@x\"&a=%zz%"
        );
    }
}
