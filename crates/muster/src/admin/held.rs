//! What the mass-change guard holds, and what is decided about it (MIG-3).

use std::collections::BTreeMap;

use muster_engine::{EngineError, guard};
use muster_http::Approval;
use muster_model::{
    Actor, Connection, HeldChange, HeldChangeId, HeldState, OrganizationId, RequestId, Timestamp,
    guard::{Endings, OrganizationEndings},
};
use muster_store::Conn;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{AdminError, Installation, named};

/// How many rows are read together.
const PAGE: i64 = 500;

/// What about a connection's held requests.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum HeldRequest {
    /// Which there are.
    List {
        /// Also those that are decided.
        all: bool,
        /// How many are shown at most.
        limit: usize,
    },
    /// One, with what was sent.
    Show {
        /// Which.
        id: HeldChangeId,
    },
    /// Do them.
    Approve {
        /// These; all, if there are none.
        ids: Vec<HeldChangeId>,
        /// How much may end beyond the limit.
        lift: Option<i64>,
    },
    /// Discard them.
    Reject {
        /// These; all, if there are none.
        ids: Vec<HeldChangeId>,
    },
}

/// A connection's held requests.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Held {
    /// The connection.
    pub(crate) connection: String,
    /// How many wait for a decision now.
    pub(crate) waiting: usize,
    /// What those would end.
    pub(crate) would_end: Vec<Ends>,
    /// Those that were asked for, or what became of those that were decided; oldest first.
    pub(crate) held: Vec<HeldLine>,
}

/// What would end in an organization.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Ends {
    pub(crate) organization: String,
    #[serde(flatten)]
    pub(crate) endings: Endings,
}

/// One held request.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct HeldLine {
    pub(crate) id: HeldChangeId,
    /// Its TraceID.
    pub(crate) request: RequestId,
    pub(crate) at: String,
    /// `expired` where nobody decided in time.
    pub(crate) state: String,
    /// Why, where the state alone does not tell.
    pub(crate) note: Option<String>,
    /// Method and path, while the request is on the log.
    pub(crate) sent: Option<String>,
    /// The `userName` or `displayName` of what it is about, while that is there.
    pub(crate) about: Option<String>,
    pub(crate) ends: Vec<Ends>,
    /// What was sent, without secrets, where it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) body: Option<Value>,
}

pub(super) fn run(installation: &Installation, name: &str, request: HeldRequest) -> Result<Held, AdminError> {
    let wanted = name.to_owned();
    let connection = installation.store.read_blocking(move |conn| named::connection(conn, &wanted));
    let connection = connection.map_err(|error| named::explained(installation, name, error))?;
    let of = Shown { connection: connection.clone(), now: installation.surroundings.now() };
    match request {
        HeldRequest::List { all, limit } => {
            Ok(installation.store.scan_blocking(move |conn| of.list(conn, all, limit))?)
        }
        HeldRequest::Show { id } => show(installation, of, id),
        HeldRequest::Approve { ids, lift } => {
            let approval = Approval { connection: connection.id, only: ids, lift, actor: Actor::Operator };
            let settled = installation.with_app(async |app| app.approve_held(approval).await)??;
            let after = move |settled: muster_http::Settled| HeldChange {
                state: settled.state,
                note: settled.detail,
                ..settled.held
            };
            let settled: Vec<HeldChange> = settled.into_iter().map(after).collect();
            Ok(installation.store.scan_blocking(move |conn| of.with(conn, &settled))?)
        }
        HeldRequest::Reject { ids } => {
            let rejected = reject(installation, &connection, ids)?;
            Ok(installation.store.scan_blocking(move |conn| of.with(conn, &rejected))?)
        }
    }
}

fn show(installation: &Installation, of: Shown, id: HeldChangeId) -> Result<Held, AdminError> {
    let (mut held, recorded) = installation.store.scan_blocking::<_, EngineError, _>(move |conn| {
        let change = conn.held_change(of.connection.id, id)?;
        let change = change.ok_or_else(|| EngineError::not_found("held request", id))?;
        let recorded = conn.request(change.request)?;
        Ok((of.with(conn, &[change])?, recorded))
    })?;
    if let (Some(line), Some(recorded)) = (held.held.first_mut(), recorded) {
        let body = installation.with_app(async |app| app.logged_body(&recorded))??;
        line.body = body.and_then(|body| serde_json::from_slice(&body).ok());
    }
    Ok(held)
}

/// Rejects each in a transaction of its own: thousands of them are no reason for others to wait.
fn reject(
    installation: &Installation,
    connection: &Connection,
    ids: Vec<HeldChangeId>,
) -> Result<Vec<HeldChange>, AdminError> {
    let (id, now) = (connection.id, installation.surroundings.now());
    let pending = installation.store.scan_blocking(move |conn| guard::pending(conn, id, now))?.0;
    if let Some(missing) = ids.iter().find(|id| !pending.iter().any(|held| held.id == **id)) {
        return Err(EngineError::not_found("held request", missing).into());
    }
    let mut rejected = Vec::new();
    for held in pending.into_iter().filter(|held| ids.is_empty() || ids.contains(&held.id)) {
        let HeldChange { connection, id, .. } = held;
        installation.change(move |tx, env| guard::settle(tx, env, connection, id, HeldState::Rejected, None))?;
        rejected.push(HeldChange { state: HeldState::Rejected, ..held });
    }
    Ok(rejected)
}

/// What is needed to show held requests to people.
struct Shown {
    connection: Connection,
    now: Timestamp,
}

impl Shown {
    fn list(&self, conn: &mut Conn<'_>, all: bool, limit: usize) -> Result<Held, EngineError> {
        let mut changes = Vec::new();
        let mut after = HeldChangeId(uuid::Uuid::nil());
        while changes.len() < limit {
            let id = self.connection.id;
            let page = match all {
                true => conn.held_changes(id, after, PAGE)?,
                false => conn.pending_held_changes(id, self.now, after, PAGE)?,
            };
            let Some(last) = page.last() else { break };
            after = last.id;
            changes.extend(page);
        }
        changes.truncate(limit);
        self.with(conn, &changes)
    }

    fn with(&self, conn: &mut Conn<'_>, changes: &[HeldChange]) -> Result<Held, EngineError> {
        let (waiting, would_end) = guard::pending(conn, self.connection.id, self.now)?;
        let mut names = BTreeMap::new();
        for of in changes.iter().flat_map(|change| &change.endings).chain(&would_end) {
            if let std::collections::btree_map::Entry::Vacant(unknown) = names.entry(of.organization) {
                let organization = conn.organization(of.organization)?;
                unknown.insert(organization.map_or_else(|| of.organization.to_string(), |found| found.name));
            }
        }
        let mut held = Vec::with_capacity(changes.len());
        for change in changes {
            held.push(self.line(conn, change, &names)?);
        }
        let would_end = named_endings(&would_end, &names);
        Ok(Held { connection: self.connection.name.clone(), waiting: waiting.len(), would_end, held })
    }

    fn line(
        &self,
        conn: &mut Conn<'_>,
        change: &HeldChange,
        names: &BTreeMap<OrganizationId, String>,
    ) -> Result<HeldLine, EngineError> {
        let is_late = change.state == HeldState::Held && !change.is_pending(self.now);
        let recorded = conn.request(change.request)?;
        Ok(HeldLine {
            id: change.id,
            request: change.request,
            at: change.created.to_string(),
            state: if is_late { "expired" } else { change.state.as_str() }.to_owned(),
            note: change.note.clone(),
            sent: recorded.map(|recorded| format!("{} {}", recorded.method, recorded.target)),
            about: self.about(conn, change)?,
            ends: named_endings(&change.endings, names),
            body: None,
        })
    }

    fn about(&self, conn: &mut Conn<'_>, change: &HeldChange) -> Result<Option<String>, EngineError> {
        let Some(resource) = change.resource else { return Ok(None) };
        if let Some(user) = conn.directory_user(self.connection.id, resource.into())? {
            return Ok(Some(user.user_name));
        }
        Ok(conn.directory_group(self.connection.id, resource.into())?.map(|group| group.display_name))
    }
}

fn named_endings(endings: &[OrganizationEndings], names: &BTreeMap<OrganizationId, String>) -> Vec<Ends> {
    let named = |of: &OrganizationEndings| Ends {
        organization: names.get(&of.organization).cloned().unwrap_or_default(),
        endings: of.endings,
    };
    endings.iter().map(named).collect()
}
