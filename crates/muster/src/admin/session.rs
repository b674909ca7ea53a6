//! Sessions: who is signed in where, and ending that (SES-3).

use muster_engine::{
    EngineError,
    sessions::{self, NoPlace, Place, Which},
};
use muster_http::Logged;
use muster_model::{AccountId, Session, SessionId, session::Ended};
use muster_store::Conn;
use serde::{Deserialize, Serialize};

use super::{AdminError, Answer, Installation, RequestLine, RequestList, named, user};

/// What about sessions.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SessionRequest {
    /// Where somebody is signed in.
    List {
        /// An email, a username or an account's id.
        who: String,
    },
    /// Where whoever calls is signed in; over a server.
    ListOwn,
    /// Where an organization's members are signed in.
    ListIn {
        /// The organization's name.
        organization: String,
        /// The session after which the page begins.
        after: Option<String>,
        /// How many at most.
        limit: usize,
    },
    /// Sign all members of an organization out.
    EndIn {
        /// The organization's name.
        organization: String,
    },
    /// How somebody tried to sign in without an identity provider.
    Attempts {
        /// An email, a username or an account's id.
        who: String,
        /// How many at most.
        limit: u32,
    },
    /// Sign whoever calls out; over a server.
    EndOwn {
        /// Only this one; all if none is named.
        session: Option<String>,
    },
    /// Sign somebody out.
    End {
        /// An email, a username or an account's id.
        who: String,
        /// Only this one; all if none is named.
        session: Option<String>,
    },
}

/// Live sessions: of a person, newest first, or of an organization's members, by person.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Sessions {
    /// Whose they are, if it is one person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) account: Option<AccountId>,
    pub(crate) sessions: Vec<SessionLine>,
    /// How many were ended just now.
    pub(crate) ended: usize,
    /// How many could not be, as they are of people whose domain is not yours.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) left: usize,
    /// What to give as `--after` for the next page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as `serde` calls it")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// One session.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SessionLine {
    pub(crate) id: SessionId,
    /// The person's address, or username.
    pub(crate) who: String,
    pub(crate) kind: String,
    pub(crate) device: String,
    /// The connection's name.
    pub(crate) connection: Option<String>,
    pub(crate) began: String,
    /// To the hour.
    pub(crate) last_used: String,
    pub(crate) ends: String,
    /// The TraceID of the sign-in.
    pub(crate) trace: Option<String>,
}

pub(super) fn run(installation: &Installation, request: SessionRequest) -> Result<Answer, AdminError> {
    let (who, ends) = match request {
        SessionRequest::Attempts { who, limit } => return attempts(installation, &who, limit).map(Answer::Requests),
        SessionRequest::ListIn { organization, after, limit } => {
            return list_in(installation, &organization, after.as_deref(), limit).map(Answer::Sessions);
        }
        SessionRequest::ListOwn | SessionRequest::EndOwn { .. } => return Err(nobody_calls()),
        SessionRequest::EndIn { organization } => return end_in(installation, &organization).map(Answer::Sessions),
        SessionRequest::List { who } => (who, None),
        SessionRequest::End { who, session } => (who, Some(session)),
    };
    let account = user::find(installation, &who)?.account;
    let ended = match ends {
        None => 0,
        Some(session) => end(installation, account, session)?,
    };
    let now = installation.surroundings.now();
    let sessions = installation.store.snapshot_blocking(move |conn| {
        let live = sessions::list(conn, account, now)?;
        live.iter().map(|session| line(conn, session)).collect::<Result<Vec<_>, EngineError>>()
    })?;
    Ok(Answer::Sessions(Sessions { account: Some(account), sessions, ended, left: 0, next: None }))
}

fn list_in(installation: &Installation, name: &str, after: Option<&str>, limit: usize) -> Result<Sessions, AdminError> {
    let organization = named::organization(installation, name)?.id;
    let now = installation.surroundings.now();
    let wrong = |error: NoPlace| AdminError::Wrong(format!("`--after` {error}"));
    let after = after.map(str::parse::<Place>).transpose().map_err(wrong)?.unwrap_or_default();
    let (sessions, next) = installation.store.snapshot_blocking(move |conn| {
        let (live, next) = sessions::list_in(conn, organization, Which::Live, after, limit, now)?;
        let lines = live.iter().map(|session| line(conn, session)).collect::<Result<Vec<_>, EngineError>>()?;
        Ok::<_, EngineError>((lines, next))
    })?;
    Ok(Sessions { account: None, sessions, ended: 0, left: 0, next: next.map(|place| place.to_string()) })
}

fn end_in(installation: &Installation, name: &str) -> Result<Sessions, AdminError> {
    let organization = named::organization(installation, name)?.id;
    let (mut after, mut ended) = (Some(Place::default()), 0);
    // In pieces, between which others write.
    while let Some(place) = after {
        let (some, next) = installation
            .change(move |tx, env| sessions::end_in(tx, env, organization, place, Ended::EndedByOperator))?;
        ended += some;
        after = next;
    }
    Ok(Sessions { account: None, sessions: Vec::new(), ended, left: 0, next: None })
}

/// What is somebody's own has no meaning for the operator.
fn nobody_calls() -> AdminError {
    AdminError::Wrong(
        "`--own` is for `--server`, where a token tells who you are: name a person or an organization".to_owned(),
    )
}

fn attempts(installation: &Installation, who: &str, limit: u32) -> Result<RequestList, AdminError> {
    let account = user::find(installation, who)?.account;
    let rows = installation
        .store
        .read_blocking::<_, EngineError, _>(move |conn| Ok(conn.local_sign_ins(account, i64::from(limit))?))?;
    let lines = rows.into_iter().map(|row| RequestLine::from(&Logged::Row(Box::new(row))));
    Ok(RequestList { connection: String::new(), requests: lines.collect(), next: None })
}

fn end(installation: &Installation, account: AccountId, session: Option<String>) -> Result<usize, AdminError> {
    let Some(text) = session else {
        return Ok(installation.change(move |tx, env| sessions::end_all(tx, env, account, Ended::EndedByOperator))?);
    };
    let missing = || AdminError::Missing {
        kind: "session",
        name: text.clone(),
        hint: "`muster session list` shows the person's live ones".to_owned(),
    };
    let id = text.parse::<SessionId>().map_err(|_| missing())?;
    let is_ended = installation.change(move |tx, env| match tx.session(id)? {
        Some(session) if session.account == account => sessions::end(tx, env, id, Ended::EndedByOperator),
        _ => Ok(false),
    })?;
    if is_ended { Ok(1) } else { Err(missing()) }
}

fn line(conn: &mut Conn<'_>, session: &Session) -> Result<SessionLine, EngineError> {
    let connection = session.connection.map(|id| conn.connection(id)).transpose()?.flatten();
    let account = conn.account(session.account)?;
    let who = account.map(|account| account.email.map_or(account.username, |email| email.to_string()));
    Ok(SessionLine {
        id: session.id,
        who: who.unwrap_or_default(),
        kind: session.kind.as_str().to_owned(),
        device: session.device.clone(),
        connection: connection.map(|connection| connection.name),
        began: session.created.to_string(),
        last_used: session.last_used.to_string(),
        ends: session.expires().to_string(),
        trace: session.trace.map(|trace| trace.to_string()),
    })
}
