//! The drift check: what is stored against what the IdP last said.

use std::sync::Arc;

use muster_engine::{
    EngineError, Env,
    authority::Action,
    directory,
    drift::{self, Finding},
    transact,
};
use muster_model::{Connection, ConnectionId, DirectoryUserId};
use muster_store::{Conn, Tx};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    AdministrationError, Administrator,
    change::Change,
    plans::{Eyes, MemberLine, member_lines},
};

/// Users looked at in one transaction.
const SLICE: i64 = 200;
/// Findings told, or repaired, at once; more are found when these are repaired, or further on.
pub const TOLD: usize = 1_000;

/// What has drifted, and whether it was repaired.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Drift {
    /// The connection.
    pub connection: String,
    /// Whether this was repaired, but for what is refused.
    pub repaired: bool,
    /// How many users were looked at.
    pub users: usize,
    /// Groups that lead elsewhere than they should.
    pub groups: Vec<Change>,
    /// Users and accounts.
    pub findings: Vec<DriftLine>,
    /// The user after which to go on; none at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Uuid)]
    pub next: Option<DirectoryUserId>,
}

/// One of them.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct DriftLine {
    /// The `userName`, else the email.
    pub who: String,
    /// The directory user, where it is one's place that has drifted.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub user: Option<DirectoryUserId>,
    /// Places as they are, and as they should be.
    pub places: Vec<MemberLine>,
    /// Values as they are, and as they should be.
    pub values: Vec<Change>,
    /// How many reasons for memberships are missing or too many.
    pub reasons: usize,
    /// Why it cannot be repaired.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

impl Administrator {
    /// Compares what is stored with what the directory last said, from the directory user `after` on, and repairs it if that is
    /// wanted; ends soon after `at_most` findings. Each user is repaired in a transaction of its own.
    ///
    /// # Errors
    ///
    /// Not found; refused where SCIM is not enabled; the store's.
    pub fn drift(
        &self,
        id: ConnectionId,
        after: DirectoryUserId,
        repair: bool,
        at_most: usize,
    ) -> Result<Drift, AdministrationError> {
        let (now, behalf) = (self.surroundings.now(), self.behalf);
        let action = if repair { Action::ChangeConnections } else { Action::ReadConnections };
        let connection = self.store.read_blocking::<_, AdministrationError, _>(move |conn| {
            let connection = behalf.connection(conn, now, id, action)?;
            directory::require_scim(&connection)?;
            Ok(connection)
        })?;
        let slice = SLICE.min(i64::try_from(at_most).unwrap_or(SLICE)).max(1);
        let work = Check { administrator: self, connection: id, action, slice };
        let groups = work.groups(repair)?;
        let mut findings = work.orphans(repair, at_most)?;
        let (mut users, mut next) = (0, Some(after));
        while let Some(after) = next.filter(|_| findings.len() < at_most) {
            let checked = work.slice(after)?;
            users += checked.users;
            next = checked.next;
            for finding in checked.findings {
                findings.push(if repair { work.repair(finding)? } else { finding });
            }
        }
        let name = connection.name.clone();
        let told = self.store.read_blocking::<_, EngineError, _>(move |conn| {
            let eyes = Eyes { behalf, connection: Some(&connection) };
            findings.iter().map(|finding| line(conn, &eyes, finding)).collect::<Result<Vec<_>, _>>()
        })?;
        let groups = groups.into_iter().map(Change::from).collect();
        Ok(Drift { connection: name, repaired: repair, users, groups, findings: told, next })
    }
}

/// One check under way.
struct Check<'a> {
    administrator: &'a Administrator,
    connection: ConnectionId,
    action: Action,
    /// How many are looked at in one transaction.
    slice: i64,
}

impl Check<'_> {
    fn fresh(&self) -> impl Fn() -> Env + Send + 'static {
        let fresh = self.administrator.fresh(None);
        move || fresh().watched()
    }

    /// Does something to the connection, for good or to see what would come of it.
    fn run<T: Send + 'static>(
        &self,
        repair: bool,
        work: impl Fn(&mut Tx<'_>, &mut Env, &Connection) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, AdministrationError> {
        let (fresh, id, behalf, action) = (self.fresh(), self.connection, self.administrator.behalf, self.action);
        let work = move |tx: &mut Tx<'_>| {
            let mut env = fresh();
            let connection = behalf.connection(tx, env.now(), id, action)?;
            transact(tx, &mut env, |tx, env| Ok(work(tx, env, &connection)?))
        };
        let store = &self.administrator.store;
        if repair { store.write_blocking(work) } else { store.rehearse_blocking(work) }
    }

    fn groups(&self, repair: bool) -> Result<Vec<muster_engine::describe::Described>, AdministrationError> {
        self.run(repair, drift::repair_groups)
    }

    fn orphans(&self, repair: bool, at_most: usize) -> Result<Vec<Finding>, AdministrationError> {
        let (mut all, slice) = (Vec::new(), self.slice);
        loop {
            let found =
                self.run(repair, move |tx, env, connection| drift::repair_orphans(tx, env, connection, slice))?;
            let more = repair && i64::try_from(found.len()).is_ok_and(|found| found == slice);
            all.extend(found);
            if !more || all.len() >= at_most {
                return Ok(all);
            }
        }
    }

    fn slice(&self, after: DirectoryUserId) -> Result<drift::Checked, AdministrationError> {
        let (fresh, id, behalf, action) = (self.fresh(), self.connection, self.administrator.behalf, self.action);
        let slice = self.slice;
        let documents = Arc::clone(&self.administrator.documents);
        self.administrator.store.rehearse_blocking(move |tx| {
            let connection = behalf.connection(tx, fresh().now(), id, action)?;
            Ok::<_, AdministrationError>(drift::check(tx, &fresh, &connection, documents.as_ref(), after, slice)?)
        })
    }

    /// Repairs one finding in a transaction of its own; a refusal is part of it.
    fn repair(&self, finding: Finding) -> Result<Finding, AdministrationError> {
        let Some(user) = finding.user.filter(|_| finding.refused.is_none()) else { return Ok(finding) };
        let documents = Arc::clone(&self.administrator.documents);
        let repaired =
            self.run(true, move |tx, env, connection| drift::repair(tx, env, connection, documents.as_ref(), user));
        match repaired {
            Ok(repaired) => Ok(repaired.unwrap_or(finding)),
            Err(AdministrationError::Engine(EngineError::Refused(refusal))) => {
                Ok(Finding { refused: Some(refusal.to_string()), ..finding })
            }
            // Deleted meanwhile: nothing is left to repair.
            Err(AdministrationError::Engine(EngineError::NotFound { .. })) => Ok(finding),
            Err(other) => Err(other),
        }
    }
}

fn line(conn: &mut Conn<'_>, eyes: &Eyes<'_>, finding: &Finding) -> Result<DriftLine, EngineError> {
    let who = match (&finding.user_name, &finding.email, finding.account) {
        (Some(user_name), _, _) => user_name.clone(),
        (None, Some(email), _) if eyes.sees(email) => email.to_string(),
        (None, _, Some(account)) => eyes.name(conn, account)?,
        (None, _, None) => String::new(),
    };
    Ok(DriftLine {
        who,
        user: finding.user,
        places: member_lines(conn, eyes, &finding.places)?,
        values: finding.values.iter().cloned().map(Change::from).collect(),
        reasons: finding.reasons,
        refused: finding.refused.clone(),
    })
}
