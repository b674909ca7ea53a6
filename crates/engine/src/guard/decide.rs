//! What an owner decides about held requests.
//!
//! Each approved request is run again by whoever keeps what was sent, with [`Env::approve`]; the held change is settled
//! in the transaction of what it does.

use muster_model::{
    ConnectionId, HeldChange, HeldChangeId, HeldState, Rule, Timestamp,
    guard::{EndingWindow, Endings, Lift, OrganizationEndings},
};
use muster_store::{Conn, Tx};

use super::DECISION_LASTS;
use crate::{EngineError, Env, Refusal, env::Guarded};

/// How many held requests are read together.
const PAGE: i64 = 500;

/// All requests of a connection that wait for a decision, in the order in which they came, and what they would end
/// together.
///
/// # Errors
///
/// The store's.
pub fn pending(
    conn: &mut Conn<'_>,
    connection: ConnectionId,
    now: Timestamp,
) -> Result<(Vec<HeldChange>, Vec<OrganizationEndings>), EngineError> {
    let mut all = Vec::new();
    let mut sum: Vec<OrganizationEndings> = Vec::new();
    let mut after = HeldChangeId(uuid::Uuid::nil());
    loop {
        let page = conn.pending_held_changes(connection, now, after, PAGE)?;
        let Some(last) = page.last() else { return Ok((all, sum)) };
        after = last.id;
        for of in page.iter().flat_map(|held| &held.endings) {
            match sum.iter_mut().find(|known| known.organization == of.organization) {
                Some(known) => known.endings += of.endings,
                None => sum.push(*of),
            }
        }
        all.extend(page);
    }
}

/// Lifts the guard for a connection: for a day, so much more may end in each organization than within the limit.
///
/// # Errors
///
/// The store's.
pub fn lift(
    tx: &mut Tx<'_>,
    env: &Env,
    connection: ConnectionId,
    endings: &[OrganizationEndings],
) -> Result<(), EngineError> {
    let minute = EndingWindow::minute_of(env.now());
    let until = env.now().after(DECISION_LASTS);
    let mut endings = endings.to_vec();
    endings.sort_unstable_by_key(|of| of.organization);
    for OrganizationEndings { organization, endings: left } in endings {
        let mut window = tx.add_endings(organization, minute, Endings::default())?;
        window.lift(env.now(), Lift { connection, until, left });
        tx.update_ending_window(organization, &window)?;
    }
    Ok(())
}

/// Settles a held request that is not done: rejected, or approved but overtaken or forbidden today. `note` says why.
///
/// # Errors
///
/// Not found; [`Refusal::Invalid`] if somebody decided before; the store's.
pub fn settle(
    tx: &mut Tx<'_>,
    env: &Env,
    connection: ConnectionId,
    id: HeldChangeId,
    state: HeldState,
    note: Option<&str>,
) -> Result<(), EngineError> {
    let held = undecided(tx, connection, id, env.now())?;
    let bars_until = (state == HeldState::Rejected).then(|| env.now().after(DECISION_LASTS));
    let decided = HeldChange { state, note: note.map(str::to_owned), bars_until, decided: Some(env.now()), ..held };
    tx.decide_held_change(&decided)?;
    settle_report(tx, connection, env.now())
}

/// Settles a held request that was just done by this transaction, unless the resource was written since it was held.
pub(super) fn applied(tx: &mut Tx<'_>, env: &Env, guarded: &Guarded, id: HeldChangeId) -> Result<(), EngineError> {
    let held = undecided(tx, guarded.connection, id, env.now())?;
    if is_overtaken(tx, guarded, &held)? {
        return Err(Refusal::Overtaken.into());
    }
    settle(tx, env, guarded.connection, id, HeldState::Applied, None)
}

/// Whether the resource was written since the request was held. Being put into a group, or taken out of one, moves a
/// user's version as well, but says nothing about the user; neither do earlier approvals.
fn is_overtaken(tx: &mut Tx<'_>, guarded: &Guarded, held: &HeldChange) -> Result<bool, EngineError> {
    let Some((resource, version)) = guarded.resource else { return Ok(false) };
    if Some(resource) != held.resource {
        return Ok(true);
    }
    if Some(version) == held.resource_version {
        return Ok(false);
    }
    Ok(tx.resource_was_written_since(held.connection, resource, held.id.0)?)
}

fn undecided(
    tx: &mut Tx<'_>,
    connection: ConnectionId,
    id: HeldChangeId,
    now: Timestamp,
) -> Result<HeldChange, EngineError> {
    let held = tx.held_change(connection, id)?.ok_or_else(|| EngineError::not_found("held request", id))?;
    if held.is_pending(now) {
        return Ok(held);
    }
    let became = if held.state == HeldState::Held { "expired" } else { held.state.as_str() };
    Err(Refusal::Invalid(format!("held request {id} is {became} already: nothing is left to decide")).into())
}

/// What was told to the owners is over once nothing waits any more.
pub(super) fn settle_report(tx: &mut Tx<'_>, connection: ConnectionId, now: Timestamp) -> Result<(), EngineError> {
    if tx.pending_held_changes(connection, now, HeldChangeId(uuid::Uuid::nil()), 1)?.is_empty() {
        tx.resolve_reports(connection.0, None, Rule::Mig3.id(), now)?;
    }
    Ok(())
}
