//! What the mass-change guard holds (MIG-3): which requests, what they would end, and rejecting them. Approving runs them again,
//! which is for whoever serves requests.

use std::collections::BTreeMap;

use muster_engine::{EngineError, authority::Action, guard, transact};
use muster_model::{
    Connection, ConnectionId, HeldChange, HeldChangeId, HeldState, OrganizationId, RequestId, Timestamp,
    guard::{Endings, OrganizationEndings},
};
use muster_store::{Conn, RequestRow};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{AdministrationError, Administrator};

/// How many rows are read together.
const PAGE: i64 = 500;

/// A connection's held requests.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Held {
    /// The connection.
    pub connection: String,
    /// How many wait for a decision now.
    pub waiting: usize,
    /// What those would end.
    pub would_end: Vec<Ends>,
    /// Those that were asked for, or what became of those that were decided; oldest first.
    pub held: Vec<HeldLine>,
}

/// What would end in an organization.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Ends {
    /// Where.
    #[schema(example = "moby")]
    pub organization: String,
    /// How much.
    #[serde(flatten)]
    #[schema(value_type = EndingsView)]
    pub endings: Endings,
}

/// How much would end, as descriptions have it.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the schema of the model's type, which knows nothing of descriptions")]
struct EndingsView {
    /// Memberships that no longer give access.
    memberships: i64,
    /// Team grants that end while the membership goes on.
    team_grants: i64,
}

/// One held request.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct HeldLine {
    /// Stable.
    #[schema(value_type = String, format = Uuid)]
    pub id: HeldChangeId,
    /// Its TraceID.
    #[schema(value_type = String, format = Uuid)]
    pub request: RequestId,
    /// When it came.
    #[schema(format = DateTime)]
    pub at: String,
    /// `held`, `applied`, `skipped`, `refused`, `rejected`, or
    /// `expired` where nobody decided in time.
    pub state: String,
    /// Why, where the state alone does not tell.
    pub note: Option<String>,
    /// Method and path, while the request is on the log.
    pub sent: Option<String>,
    /// The `userName` or `displayName` of what it is about, while that is there.
    pub about: Option<String>,
    /// What it would end, in each organization.
    pub ends: Vec<Ends>,
    /// What was sent, without secrets, where it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
}

impl Administrator {
    /// A connection's held requests, oldest first: those that wait, or all; at most `limit`.
    ///
    /// # Errors
    ///
    /// Not found; the store's.
    pub fn held(&self, id: ConnectionId, all: bool, limit: usize) -> Result<Held, AdministrationError> {
        let (now, behalf) = (self.surroundings.now(), self.behalf);
        self.store.scan_blocking(move |conn| {
            let connection = behalf.connection(conn, now, id, Action::ReadConnections)?;
            Ok(Shown { connection, now }.list(conn, all, limit)?)
        })
    }

    /// One held request, and the request that was held, as far as it is still on the log.
    ///
    /// # Errors
    ///
    /// Not found; the store's.
    pub fn held_one(
        &self,
        id: ConnectionId,
        held: HeldChangeId,
    ) -> Result<(Held, Option<RequestRow>), AdministrationError> {
        let (now, behalf) = (self.surroundings.now(), self.behalf);
        self.store.scan_blocking(move |conn| {
            let connection = behalf.connection(conn, now, id, Action::ReadConnections)?;
            let change = conn.held_change(id, held)?;
            let change = change.ok_or_else(|| EngineError::not_found("held request", held))?;
            let recorded = conn.request(change.request)?;
            Ok((Shown { connection, now }.with(conn, &[change])?, recorded))
        })
    }

    /// What became of these.
    ///
    /// # Errors
    ///
    /// Not found; the store's.
    pub fn held_after(&self, id: ConnectionId, changes: Vec<HeldChange>) -> Result<Held, AdministrationError> {
        let (now, behalf) = (self.surroundings.now(), self.behalf);
        self.store.scan_blocking(move |conn| {
            let connection = behalf.connection(conn, now, id, Action::ReadConnections)?;
            Ok(Shown { connection, now }.with(conn, &changes)?)
        })
    }

    /// Whether whoever administers may decide about a connection's held requests.
    ///
    /// # Errors
    ///
    /// Not found; refused; the store's.
    pub fn may_decide(&self, id: ConnectionId) -> Result<(), AdministrationError> {
        let (now, behalf) = (self.surroundings.now(), self.behalf);
        self.store.read_blocking(move |conn| behalf.connection(conn, now, id, Action::ChangeConnections).map(drop))
    }

    /// Rejects these, or all that wait if there are none; each in a transaction of its own: thousands of them are no reason for
    /// others to wait.
    ///
    /// # Errors
    ///
    /// Not found, when one that is named does not wait for a decision; the store's.
    pub fn reject_held(&self, id: ConnectionId, ids: &[HeldChangeId]) -> Result<Held, AdministrationError> {
        let (now, behalf) = (self.surroundings.now(), self.behalf);
        let pending = self.store.scan_blocking::<_, AdministrationError, _>(move |conn| {
            behalf.connection(conn, now, id, Action::ChangeConnections)?;
            Ok(guard::pending(conn, id, now)?.0)
        })?;
        if let Some(missing) = ids.iter().find(|id| !pending.iter().any(|held| held.id == **id)) {
            return Err(EngineError::not_found("held request", missing).into());
        }
        let mut rejected = Vec::new();
        for held in pending.into_iter().filter(|held| ids.is_empty() || ids.contains(&held.id)) {
            let (fresh, one) = (self.fresh(None), held.id);
            self.store.write_blocking::<_, AdministrationError, _>(move |tx| {
                let mut env = fresh();
                behalf.connection(tx, env.now(), id, Action::ChangeConnections)?;
                transact(tx, &mut env, |tx, env| Ok(guard::settle(tx, env, id, one, HeldState::Rejected, None)?))
            })?;
            rejected.push(HeldChange { state: HeldState::Rejected, ..held });
        }
        self.held_after(id, rejected)
    }
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
