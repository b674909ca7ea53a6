//! The end of every change: who waited gets what came free, the guard counts, and the ledger is written.

use muster_model::{
    Grant, Membership, MembershipState, OrganizationId, Role, Rule, Version,
    ledger::{Event, Kind},
    membership::Ending,
    trace::Note,
};
use muster_store::{StoreError, Tx};

use crate::{
    EngineError, Env, guard,
    ledger::{self, Subject},
    roles, seats,
    standing::Standing,
};

/// How many waiting members are looked at together.
const SETTLED_AT_ONCE: i64 = 200;

/// Runs `work`, settles what it set free, asks the mass-change guard, and writes the ledger: every change goes through
/// here.
///
/// # Errors
///
/// What `work` returns; [`Refusal::Held`](crate::Refusal::Held); the store's.
pub fn transact<T, E: From<EngineError>>(
    tx: &mut Tx<'_>,
    env: &mut Env,
    work: impl FnOnce(&mut Tx<'_>, &mut Env) -> Result<T, E>,
) -> Result<T, E> {
    let done = work(tx, env)?;
    settle(tx, env)?;
    guard::check(tx, env)?;
    ledger::write(tx, env).map_err(EngineError::from)?;
    Ok(done)
}

fn settle(tx: &mut Tx<'_>, env: &mut Env) -> Result<(), EngineError> {
    // Settling one organization frees nothing in another, and what it frees in itself it uses up.
    for organization in std::mem::take(&mut env.unsettled) {
        // Whoever waits, or is about to, holds this row: without it, neither request would see the other.
        tx.organization_for_update(organization)?;
        loop {
            // Who gets a seat may be another owner, whose coming frees the seat of the last one, and so on.
            let mut settled = false;
            for membership in &tx.unsettled_memberships(organization, SETTLED_AT_ONCE)? {
                settled |= settle_membership(tx, env, organization, membership)?;
            }
            if !settled {
                break;
            }
        }
    }
    env.unsettled.clear();
    Ok(())
}

/// Whether the membership could be settled.
fn settle_membership(
    tx: &mut Tx<'_>,
    env: &mut Env,
    organization: OrganizationId,
    membership: &Membership,
) -> Result<bool, EngineError> {
    let can_be = match membership.state {
        MembershipState::Waiting => seats::is_free(tx, organization)?,
        _ => roles::another_owner(tx, organization, membership.account)?,
    };
    let Some(name) = tx.organization(organization)?.map(|organization| organization.name).filter(|_| can_be) else {
        return Ok(false);
    };
    let mut standing = Standing::load(tx, membership.account, organization)?;
    match membership.state {
        MembershipState::Waiting => {
            standing.enter(env, MembershipState::Active);
            env.note(Rule::Scim9, Note::Joined(name));
            tx.resolve_reports(membership.account.0, Some(organization), Rule::Scim9.id(), env.now())?;
            standing.save(tx, env, Rule::Scim9)?;
        }
        MembershipState::Kept { by } => {
            let remembered = standing.grants().any(|grant: &Grant| grant.manages(by));
            standing.set_state(if remembered {
                MembershipState::Asleep { by }
            } else {
                MembershipState::Ended { why: Ending::Scim, by: Some(by) }
            });
            env.note(Rule::Org1, Note::Left(name));
            tx.resolve_reports(membership.account.0, Some(organization), Rule::Org1.id(), env.now())?;
            standing.save(tx, env, Rule::Org1)?;
        }
        _ if membership.role_kept => {
            let role = roles::stated(tx, None, &membership.roles)?.unwrap_or(Role::Member);
            standing.edit(|membership| {
                membership.role = role;
                membership.role_kept = false;
            });
            env.note(Rule::Org1, Note::RoleSet(role.to_string()));
            tx.resolve_reports(membership.account.0, Some(organization), Rule::Org1.id(), env.now())?;
            standing.save(tx, env, Rule::Org1)?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// The subject of a membership's history: the account, within the organization.
pub(crate) fn membership_subject(membership: &Membership) -> Subject {
    Subject::within(Kind::Membership, membership.account, membership.organization)
}

/// Records a membership's change under the event that people know it by.
pub(crate) fn record_membership(
    env: &mut Env,
    rule: Rule,
    old: Option<&Membership>,
    new: &Membership,
) -> Result<(), StoreError> {
    let subject = membership_subject(new);
    let version: Version = new.version;
    env.about(new.account);
    env.about(new.organization);
    let Some(old) = old else {
        return env.created(Event::MemberAdded, subject, version, rule, new);
    };
    let event = match (old.state, new.state) {
        (old, new) if old == new => Event::MemberUpdated,
        (MembershipState::Ended { .. }, MembershipState::Active) => Event::MemberAdded,
        (_, MembershipState::Active) => Event::MemberRestored,
        (_, MembershipState::Ended { .. }) => Event::MemberRemoved,
        (_, MembershipState::Waiting | MembershipState::Kept { .. } | MembershipState::Asleep { .. }) => {
            Event::MemberSuspended
        }
    };
    env.changed(event, subject, version, rule, old, new)
}
