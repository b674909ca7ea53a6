//! The drift check: what is stored against what the IdP last said.

use std::sync::Arc;

use muster_engine::{
    EngineError, Env, Origin, directory,
    drift::{self, Finding},
    transact,
};
use muster_http::ScimDocuments;
use muster_model::{ConnectionId, DirectoryUserId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{AdminError, Change, Installation, named, plan};

/// Users looked at in one transaction.
const SLICE: i64 = 200;
/// Findings told at once; more are found when these are repaired, or further on.
const TOLD: usize = 1_000;

/// What has drifted, and whether it was repaired.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Drift {
    /// The connection.
    pub(crate) connection: String,
    /// Whether this was repaired, but for what is refused.
    pub(crate) repaired: bool,
    /// How many users were looked at.
    pub(crate) users: usize,
    /// Groups that lead elsewhere than they should.
    pub(crate) groups: Vec<Change>,
    /// Users and accounts.
    pub(crate) findings: Vec<DriftLine>,
    /// The user after which to go on; none at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<DirectoryUserId>,
}

/// One of them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct DriftLine {
    /// The `userName`, else the email.
    pub(crate) who: String,
    pub(crate) user: Option<DirectoryUserId>,
    /// Places as they are, and as they should be.
    pub(crate) places: Vec<plan::MemberLine>,
    /// Values as they are, and as they should be.
    pub(crate) values: Vec<Change>,
    /// How many reasons for memberships are missing or too many.
    pub(crate) reasons: usize,
    /// Why it cannot be repaired.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) refused: Option<String>,
}

pub(super) fn run(
    installation: &Installation,
    name: &str,
    after: Option<&str>,
    repair: bool,
) -> Result<Drift, AdminError> {
    let after = DirectoryUserId(named::after(after)?.0);
    let connection = name.to_owned();
    let found = installation.store.read_blocking(move |conn| {
        let connection = named::connection(conn, &connection)?;
        directory::require_scim(&connection)?;
        Ok(connection.id)
    });
    let id = found.map_err(|error| named::explained(installation, name, error))?;
    let work = Check { installation, connection: id };
    let groups = work.groups(repair)?;
    let mut findings = work.orphans(repair)?;
    let (mut users, mut next) = (0, Some(after));
    while let Some(after) = next.filter(|_| findings.len() < TOLD) {
        let checked = work.slice(after)?;
        users += checked.users;
        next = checked.next;
        for finding in checked.findings {
            findings.push(if repair { work.repair(finding)? } else { finding });
        }
    }
    let told = installation
        .store
        .read_blocking(move |conn| findings.iter().map(|finding| line(conn, finding)).collect::<Result<Vec<_>, _>>())?;
    let groups = groups.into_iter().map(Change::from).collect();
    Ok(Drift { connection: name.to_owned(), repaired: repair, users, groups, findings: told, next })
}

/// One check under way.
struct Check<'i> {
    installation: &'i Installation,
    connection: ConnectionId,
}

impl Check<'_> {
    fn fresh(&self) -> impl Fn() -> Env + Send + 'static {
        let surroundings = Arc::clone(&self.installation.surroundings);
        move || Env::new(Arc::clone(&surroundings), Origin::OPERATOR).watched()
    }

    /// Does something to the connection, for good or to see what would come of it.
    fn run<T: Send + 'static>(
        &self,
        repair: bool,
        work: impl Fn(&mut muster_store::Tx<'_>, &mut Env, &muster_model::Connection) -> Result<T, EngineError>
        + Send
        + 'static,
    ) -> Result<T, EngineError> {
        let (fresh, id) = (self.fresh(), self.connection);
        let work = move |tx: &mut muster_store::Tx<'_>| {
            let connection = tx.connection(id)?.ok_or_else(|| EngineError::not_found("connection", id))?;
            transact(tx, &mut fresh(), |tx, env| work(tx, env, &connection))
        };
        let store = &self.installation.store;
        if repair { store.write_blocking(work) } else { store.rehearse_blocking(work) }
    }

    fn groups(&self, repair: bool) -> Result<Vec<muster_engine::describe::Described>, EngineError> {
        self.run(repair, drift::repair_groups)
    }

    fn orphans(&self, repair: bool) -> Result<Vec<Finding>, EngineError> {
        let mut all = Vec::new();
        loop {
            let found = self.run(repair, |tx, env, connection| drift::repair_orphans(tx, env, connection, SLICE))?;
            let more = repair && i64::try_from(found.len()).is_ok_and(|found| found == SLICE);
            all.extend(found);
            if !more {
                return Ok(all);
            }
        }
    }

    fn slice(&self, after: DirectoryUserId) -> Result<drift::Checked, EngineError> {
        let (fresh, id) = (self.fresh(), self.connection);
        self.installation.store.rehearse_blocking(move |tx| {
            let connection = tx.connection(id)?.ok_or_else(|| EngineError::not_found("connection", id))?;
            drift::check(tx, &fresh, &connection, &ScimDocuments, after, SLICE)
        })
    }

    /// Repairs one finding in a transaction of its own; a refusal is part of it.
    fn repair(&self, finding: Finding) -> Result<Finding, EngineError> {
        let Some(user) = finding.user.filter(|_| finding.refused.is_none()) else { return Ok(finding) };
        let repaired =
            self.run(true, move |tx, env, connection| drift::repair(tx, env, connection, &ScimDocuments, user));
        match repaired {
            Ok(repaired) => Ok(repaired.unwrap_or(finding)),
            Err(EngineError::Refused(refusal)) => Ok(Finding { refused: Some(refusal.to_string()), ..finding }),
            // Deleted meanwhile: nothing is left to repair.
            Err(EngineError::NotFound { .. }) => Ok(finding),
            Err(other) => Err(other),
        }
    }
}

fn line(conn: &mut muster_store::Conn<'_>, finding: &Finding) -> Result<DriftLine, EngineError> {
    let who = finding.user_name.clone().or_else(|| finding.email.as_ref().map(ToString::to_string));
    Ok(DriftLine {
        who: who.unwrap_or_else(|| finding.account.map_or_else(|| Uuid::nil().to_string(), |id| id.to_string())),
        user: finding.user,
        places: plan::member_lines(conn, &finding.places)?,
        values: finding.values.iter().cloned().map(Change::from).collect(),
        reasons: finding.reasons,
        refused: finding.refused.clone(),
    })
}
