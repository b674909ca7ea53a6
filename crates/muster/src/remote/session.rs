//! `muster session` over a server: of people of one's own organizations, and one's own.

use muster_model::SessionId;
use serde::Deserialize;

use super::{
    client::{self, Client},
    only_there, people,
};
use crate::admin::{AdminError, SessionLine, SessionRequest, Sessions};

/// Sessions, as the management API shows them.
#[derive(Debug, Deserialize)]
struct Page {
    next: Option<String>,
    results: Vec<Session>,
}

#[derive(Debug, Deserialize)]
struct Session {
    id: SessionId,
    username: String,
    email: String,
    kind: String,
    device: String,
    connection: Option<String>,
    created_at: String,
    last_used_at: String,
    expires_at: String,
    trace_id: Option<String>,
}

/// What was ended.
#[derive(Debug, Default, Deserialize)]
struct Ended {
    ended: usize,
    left: usize,
    after: Option<String>,
}

impl From<Session> for SessionLine {
    fn from(session: Session) -> Self {
        Self {
            id: session.id,
            who: if session.email.is_empty() { session.username } else { session.email },
            kind: session.kind,
            device: session.device,
            connection: session.connection,
            began: session.created_at,
            last_used: session.last_used_at,
            ends: session.expires_at,
            trace: session.trace_id,
        }
    }
}

pub(super) fn run(client: &Client, request: SessionRequest) -> Result<Sessions, AdminError> {
    match request {
        SessionRequest::List { who } => list(client, &of(client, &who)?, 0),
        SessionRequest::ListOwn => list(client, &["sessions".to_owned()], 0),
        SessionRequest::End { who, session } => end(client, of(client, &who)?, session),
        SessionRequest::EndOwn { session } => end(client, vec!["sessions".to_owned()], session),
        SessionRequest::ListIn { organization, after, limit } => list_in(client, &organization, after, limit),
        SessionRequest::EndIn { organization } => end_in(client, &organization),
        SessionRequest::Attempts { .. } => Err(only_there("`session attempts`")),
    }
}

/// Where somebody's sessions are.
fn of(client: &Client, who: &str) -> Result<Vec<String>, AdminError> {
    let found = people::find(client, who, None)?;
    Ok(["orgs".to_owned(), found.organization, "members".to_owned(), found.username, "sessions".to_owned()].to_vec())
}

fn list(client: &Client, path: &[String], ended: usize) -> Result<Sessions, AdminError> {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let page: Page = client.get(&path, &[])?;
    let sessions = page.results.into_iter().map(SessionLine::from).collect();
    Ok(Sessions { account: None, sessions, ended, left: 0, next: None })
}

fn end(client: &Client, mut path: Vec<String>, session: Option<String>) -> Result<Sessions, AdminError> {
    let all = path.clone();
    let missing = |name: String| AdminError::Missing {
        kind: "session",
        name,
        hint: "`muster session list` shows the live ones".to_owned(),
    };
    if let Some(text) = &session {
        let id: SessionId = text.parse().map_err(|_| missing(text.clone()))?;
        path.push(id.to_string());
    }
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let ended = match (client.end::<Ended>(&path, &[]), session) {
        (Err(error), Some(text)) if error.is_not_found() => return Err(missing(text)),
        (ended, None) => ended?.unwrap_or_default().ended,
        (one, Some(_)) => one.map(|_| 1)?,
    };
    list(client, &all, ended)
}

fn list_in(
    client: &Client,
    organization: &str,
    mut after: Option<String>,
    limit: usize,
) -> Result<Sessions, AdminError> {
    let mut sessions = Vec::new();
    loop {
        let size = limit.saturating_sub(sessions.len()).clamp(1, client::PAGE).to_string();
        let mut query = vec![("page_size", size.as_str())];
        query.extend(after.as_deref().map(|after| ("after", after)));
        let page: Page = client.get(&["orgs", organization, "sessions"], &query)?;
        sessions.extend(page.results.into_iter().map(SessionLine::from));
        after = page.next.as_deref().and_then(client::place);
        if after.is_none() || sessions.len() >= limit {
            return Ok(Sessions { account: None, sessions, ended: 0, left: 0, next: after });
        }
    }
}

fn end_in(client: &Client, organization: &str) -> Result<Sessions, AdminError> {
    let (mut after, mut ended, mut left): (Option<String>, usize, usize) = (None, 0, 0);
    loop {
        let query: Vec<(&str, &str)> = after.as_deref().map(|after| ("after", after)).into_iter().collect();
        let some: Ended = client.end(&["orgs", organization, "sessions"], &query)?.unwrap_or_default();
        (ended, left) = (ended + some.ended, left + some.left);
        after = some.after;
        if after.is_none() {
            return Ok(Sessions { account: None, sessions: Vec::new(), ended, left, next: None });
        }
    }
}
