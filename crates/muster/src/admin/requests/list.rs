//! Which requests there were.

use muster_engine::EngineError;
use muster_http::traces::{Person, RequestLine, Wanted, traces};
use muster_model::{RequestId, Timestamp};
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
        let person = user.as_deref().map(|user| Person::named(conn, &connection, user)).transpose()?;
        Ok::<_, EngineError>((connection.id, person))
    });
    let (connection, person) = found.map_err(|error| named::explained(installation, &name, error))?;
    let wanted =
        Wanted { since, status, outcomes: outcome.into_iter().collect(), resource, person, ..Wanted::default() };
    let (requests, next) = traces(&installation.store, connection, &wanted, before, limit, usize::MAX)?;
    Ok(RequestList { connection: name, requests, next })
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
}
