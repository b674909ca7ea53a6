//! What an owner decides about held requests.
//!
//! Each approved request is run again by whoever keeps what was sent, after [`approve`]; the held change is settled in the
//! transaction of what it does.

use muster_model::{
    ConnectionId, HeldChange, HeldChangeId, HeldState, Rule, Timestamp, Version,
    guard::{EndingWindow, Endings, Lift, OrganizationEndings},
};
use muster_store::{Conn, Tx};

use super::DECISION_LASTS;
use crate::{EngineError, Env, Refusal, directory, env::Guarded};

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
    let mut after = HeldChangeId(uuid::Uuid::nil());
    loop {
        let page = conn.pending_held_changes(connection, now, after, PAGE)?;
        let Some(last) = page.last() else { break };
        after = last.id;
        all.extend(page);
    }
    let sum = sum(&all);
    Ok((all, sum))
}

/// What these would end together.
fn sum<'h>(held: impl IntoIterator<Item = &'h HeldChange>) -> Vec<OrganizationEndings> {
    let mut sum: Vec<OrganizationEndings> = Vec::new();
    for of in held.into_iter().flat_map(|held| &held.endings) {
        match sum.iter_mut().find(|known| known.organization == of.organization) {
            Some(known) => known.endings += of.endings,
            None => sum.push(*of),
        }
    }
    sum
}

/// Begins an approval of some of a connection's held requests, or of all if `only` is empty: lifts the guard for what they
/// end, or for `lift` of each kind where they end something. Answers them in the order in which they came; each is then
/// to be done with [`approve`].
///
/// A request for which the guard was lifted before counts no more: an approval that did not come to its end may be begun
/// again.
///
/// # Errors
///
/// Not found, when one that is named does not wait for a decision; the store's.
pub fn begin_approval(
    tx: &mut Tx<'_>,
    env: &Env,
    connection: ConnectionId,
    only: &[HeldChangeId],
    lift: Option<i64>,
) -> Result<Vec<HeldChange>, EngineError> {
    let mut approved = pending(tx, connection, env.now())?.0;
    if let Some(missing) = only.iter().find(|id| !approved.iter().any(|held| held.id == **id)) {
        return Err(EngineError::not_found("held request", missing));
    }
    approved.retain(|held| only.is_empty() || only.contains(&held.id));
    let mut counted = Vec::with_capacity(approved.len());
    for held in approved.iter().filter(|held| !held.lifted) {
        if tx.note_lifted(connection, held.id)? {
            counted.push(held);
        }
    }
    let mut room = sum(counted);
    if let Some(each) = lift {
        for of in &mut room {
            of.endings = Endings { memberships: each, team_grants: each };
        }
    }
    self::lift(tx, env, connection, &room)?;
    Ok(approved)
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

/// Says that this run does what the guard held and an owner approved: it is neither counted nor held again, and the held
/// change is settled with it. To be called before anything else: the resource is held from here to the end of the
/// transaction, so that nobody writes it after this has looked.
///
/// # Errors
///
/// Not found; [`Refusal::Invalid`] if it is decided already; [`Refusal::Overtaken`] if the resource was written since, or
/// what was held later about it was done already; the store's.
pub fn approve(tx: &mut Tx<'_>, env: &mut Env, connection: ConnectionId, id: HeldChangeId) -> Result<(), EngineError> {
    // Not held until the end: requests hold their resource first.
    let held = tx.held_change(connection, id)?;
    let held = still_pending(held, id, env.now())?;
    if let Some(resource) = held.resource {
        let version = directory::hold(tx, connection, resource)?;
        if is_overtaken(tx, resource, version, &held)? {
            return Err(Refusal::Overtaken(Rule::Mig3).into());
        }
    }
    env.approved = Some(id);
    Ok(())
}

/// Settles a held request that was just done by this transaction.
pub(super) fn applied(tx: &mut Tx<'_>, env: &Env, guarded: &Guarded, id: HeldChangeId) -> Result<(), EngineError> {
    let held = undecided(tx, guarded.connection, id, env.now())?;
    if guarded.resource.is_some_and(|(resource, _)| held.resource != Some(resource)) {
        return Err(Refusal::Overtaken(Rule::Mig3).into());
    }
    settle(tx, env, guarded.connection, id, HeldState::Applied, None)
}

/// Whether the resource, which is at this version or gone, was written since the request was held. Being put into a group,
/// or taken out of one, moves a user's version as well, but says nothing about the user; neither do earlier approvals. A
/// later one does.
fn is_overtaken(
    tx: &mut Tx<'_>,
    resource: uuid::Uuid,
    version: Option<Version>,
    held: &HeldChange,
) -> Result<bool, EngineError> {
    if tx.later_held_change_was_applied(held.connection, resource, held.id)? {
        return Ok(true);
    }
    if version == held.resource_version {
        return Ok(false);
    }
    Ok(tx.resource_was_written_since(held.connection, resource, held.id.0, None)?)
}

fn undecided(
    tx: &mut Tx<'_>,
    connection: ConnectionId,
    id: HeldChangeId,
    now: Timestamp,
) -> Result<HeldChange, EngineError> {
    let held = tx.held_change_for_update(connection, id)?;
    still_pending(held, id, now)
}

fn still_pending(held: Option<HeldChange>, id: HeldChangeId, now: Timestamp) -> Result<HeldChange, EngineError> {
    let held = held.ok_or_else(|| EngineError::not_found("held request", id))?;
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
