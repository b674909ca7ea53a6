//! The mass-change guard (MIG-3).
//!
//! A request that ends memberships or team grants adds them to its organizations' windows as the last thing that it
//! does (`check`); a window is one row, held until the commit, so that the count is exact on any number of nodes. A
//! request that would go beyond the limit is refused with [`Refusal::Held`], which rolls it
//! back, and kept ([`keep`]) until an owner decides (`decide`).
//!
//! While a request about a resource is held, whatever would end something through that resource is held as well, in
//! order; what ends nothing is done, and the held ones are superseded: they are older than what the identity provider
//! says now. So an unassignment that was a mistake is undone by assigning again.

mod decide;

use std::{fmt, time::Duration};

use muster_model::{
    ConnectionId, HeldChange, HeldChangeId, HeldState, Organization, RequestId, Rule, Timestamp, Version,
    guard::{Admits, EndingWindow, Endings, OrganizationEndings},
};
use muster_store::{Counter, ReportRow, Tx};
use uuid::Uuid;

pub use decide::{approve, begin_approval, lift, pending, settle};

use crate::{EngineError, Env, Refusal, env::Guarded};

/// How long a held request waits for a decision, and what was sent is kept: as long as the request log (SCIM-11).
pub const HELD_FOR: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// How long a rejection, or an approval, is in effect.
pub const DECISION_LASTS: Duration = Duration::from_secs(24 * 60 * 60);
/// The most requests of one connection that wait for a decision, and of one resource among them. What is held beyond is
/// answered the same and not kept, so that a client that goes in circles does not fill the disk.
pub const KEPT: i64 = 1_000;
const KEPT_OF_RESOURCE: i64 = 10;
/// When a client whose request is held is to ask again.
pub const ASK_AGAIN: Duration = Duration::from_secs(15 * 60);

/// A request that the guard refused: what is kept of it, and what is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    id: HeldChangeId,
    at: Timestamp,
    guarded: GuardedResource,
    endings: Vec<OrganizationEndings>,
    why: Why,
}

impl Held {
    /// What it is about; `None` when it would have made something.
    #[must_use]
    pub fn resource(&self) -> Option<Uuid> {
        self.guarded.resource.map(|(resource, _)| resource)
    }

    /// What it would have ended.
    #[must_use]
    pub fn endings(&self) -> &[OrganizationEndings] {
        &self.endings
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct GuardedResource {
    connection: ConnectionId,
    name: String,
    resource: Option<(Uuid, Version)>,
}

/// Why a request is held.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Why {
    /// It would go beyond the limit.
    Beyond { organization: Organization, total: Endings, limit: i64 },
    /// Another request about the same resource waits for a decision.
    Behind,
    /// An owner rejected a request about the same resource not long ago.
    Rejected,
    /// So many requests wait that no more are kept.
    Full,
}

impl fmt::Display for Held {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("held by the mass-change guard, nothing was changed: ")?;
        match &self.why {
            Why::Beyond { organization, total, limit } => {
                let name = &organization.name;
                let (ended, what) = if total.memberships > *limit {
                    (total.memberships, "memberships")
                } else {
                    (total.team_grants, "team grants")
                };
                write!(
                    out,
                    "with this request {ended} {what} of organization '{name}' would end within the hour, and {limit} may"
                )?;
            }
            Why::Behind => out.write_str("an earlier request about this resource waits for a decision")?,
            Why::Rejected => out.write_str("an owner rejected such a request about this resource")?,
            Why::Full => {
                write!(out, "{KEPT} requests wait for a decision, and no more are kept: send it again after that")?;
            }
        }
        write!(
            out,
            "; an owner decides about it with `muster held list --connection {}`, and sending what is right again undoes it; ask later",
            self.guarded.name
        )
    }
}

/// Counts what this run ends, and refuses it if that is too much. Costs nothing when nothing ends.
pub(crate) fn check(tx: &mut Tx<'_>, env: &mut Env) -> Result<(), EngineError> {
    let Some(guarded) = env.guarded.take() else { return Ok(()) };
    if let Some(held) = env.approved {
        return decide::applied(tx, env, &guarded, held);
    }
    let mut endings = std::mem::take(&mut env.endings);
    if endings.is_empty() || !guarded.on {
        return supersede(tx, env, &guarded);
    }
    // In one order everywhere, so that no two requests wait for each other.
    endings.sort_unstable_by_key(|of| of.organization);
    let why = match barred(tx, env, &guarded)? {
        Some(why) => Some(why),
        None => count(tx, env, &guarded, &endings)?,
    };
    let Some(why) = why else { return Ok(()) };
    let Guarded { connection, name, resource, .. } = guarded;
    let guarded = GuardedResource { connection, name, resource };
    let held = Held { id: HeldChangeId(env.new_id()), at: env.now(), guarded, endings, why };
    Err(Refusal::Held(Box::new(held)).into())
}

/// What was done makes what is held of the resource outdated.
fn supersede(tx: &mut Tx<'_>, env: &Env, guarded: &Guarded) -> Result<(), EngineError> {
    let Some((resource, _)) = guarded.resource.filter(|_| env.barring) else { return Ok(()) };
    if tx.barring_changes(guarded.connection, resource, env.now())?.is_empty() {
        return Ok(());
    }
    tx.supersede_held_changes(guarded.connection, resource, env.now())?;
    decide::settle_report(tx, guarded.connection, env.now())
}

/// Whether requests that are held, or were rejected, keep anything from ending through the resource; or there are so many
/// of them that nothing ends at all, lest what is not kept ends bit by bit.
fn barred(tx: &mut Tx<'_>, env: &Env, guarded: &Guarded) -> Result<Option<Why>, EngineError> {
    if !env.barring {
        return Ok(None);
    }
    let barring = match guarded.resource {
        Some((resource, _)) => tx.barring_changes(guarded.connection, resource, env.now())?,
        None => Vec::new(),
    };
    if barring.iter().any(|held| held.state == HeldState::Held) {
        return Ok(Some(Why::Behind));
    }
    if !barring.is_empty() {
        return Ok(Some(Why::Rejected));
    }
    let (all, _) = tx.count_pending_held_changes(guarded.connection, None, env.now(), KEPT)?;
    Ok((all >= KEPT).then_some(Why::Full))
}

/// Adds to the windows; the first that is full says why nothing may be done.
fn count(
    tx: &mut Tx<'_>,
    env: &Env,
    guarded: &Guarded,
    endings: &[OrganizationEndings],
) -> Result<Option<Why>, EngineError> {
    let minute = EndingWindow::minute_of(env.now());
    for OrganizationEndings { organization, endings } in endings {
        let mut window = tx.add_endings(*organization, minute, *endings)?;
        let begun = window.is_in(minute);
        if !begun {
            let population = tx.count(organization.0, Counter::Members)? + endings.memberships;
            window.begin(minute, population, *endings);
        }
        let minute = window.minute;
        match window.admits(guarded.connection, env.now(), minute, *endings) {
            Admits::Yes if begun => {}
            Admits::Yes | Admits::ByLift => tx.update_ending_window(*organization, &window)?,
            Admits::No => {
                let (total, limit) = (window.total(minute), window.limit(minute));
                let organization = tx.organization(*organization)?;
                let organization = organization.ok_or_else(|| EngineError::not_found("organization", "of a member"))?;
                return Ok(Some(Why::Beyond { organization, total, limit }));
            }
        }
    }
    Ok(None)
}

/// Keeps a request that was refused with [`Refusal::Held`], unless the same one is kept already, or as many as are kept,
/// and tells the owners. The oldest stay, because they are done in order.
///
/// `request` is where the log has what was sent, `fingerprint` is the same for the same request sent again.
///
/// # Errors
///
/// The store's.
pub fn keep(
    tx: &mut Tx<'_>,
    held: &Held,
    request: RequestId,
    fingerprint: [u8; 32],
) -> Result<(), muster_store::StoreError> {
    let Held { id, at, guarded, endings, .. } = held;
    let (all, of_resource) = tx.count_pending_held_changes(guarded.connection, held.resource(), *at, KEPT)?;
    if all >= KEPT || of_resource >= KEPT_OF_RESOURCE {
        return Ok(());
    }
    let change = HeldChange {
        id: *id,
        connection: guarded.connection,
        request,
        fingerprint,
        resource: guarded.resource.map(|(resource, _)| resource),
        resource_version: guarded.resource.map(|(_, version)| version),
        endings: endings.clone(),
        lifted: false,
        state: HeldState::Held,
        note: None,
        bars_until: Some(at.after(HELD_FOR)),
        created: *at,
        decided: None,
    };
    if !tx.insert_held_change(&change)? {
        return Ok(());
    }
    let name = &guarded.name;
    tx.insert_report(&ReportRow {
        id: id.0,
        connection: Some(guarded.connection),
        organization: None,
        subject: Some(guarded.connection.0),
        kind: Rule::Mig3.id().to_owned(),
        urgent: true,
        detail: format!(
            "the identity provider of connection '{name}' ends more than may end within an hour: its requests are held; \
             see `muster held list --connection {name}`, then approve or reject them"
        ),
        request: Some(request),
        at: *at,
    })
}
