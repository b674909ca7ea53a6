//! The end of what a directory user brought about: remembered (`active: false`) or forgotten (DELETE) (SCIM-5).

use muster_model::{
    AccountId, Connection, DirectoryUser, Grant, MembershipState, Rule, Source, directory::Unprovisioned,
    grant::Origin, membership::Ending, trace::Note,
};
use muster_store::Tx;

use super::{guests, provision::end_unless_last_owner, successor};
use crate::{EngineError, Env, accounts, roles, standing::Standing};

/// Ends every membership that this connection manages, remembering it, and the connection's team grants elsewhere.
pub(super) fn deactivate(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    user: &mut DirectoryUser,
) -> Result<(), EngineError> {
    guests::take_back(tx, env, user)?;
    let Some(account) = user.account else {
        if !successor::is_taken_over(connection, user) {
            user.unprovisioned = Some(Unprovisioned::Inactive);
        }
        return Ok(());
    };
    withdraw(tx, env, connection, account, Withdrawal::Remembered)
}

/// How much is left of what a directory takes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Withdrawal {
    /// It sleeps, and can come back.
    Remembered,
    /// It is over.
    Forgotten,
    /// It is over, and the person does not come in through the connection any more (JIT-10).
    Deleted,
}

/// As [`deactivate`], and nothing is left to come back: the user is deleted.
pub(super) fn forget(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    user: &DirectoryUser,
) -> Result<(), EngineError> {
    guests::take_back(tx, env, user)?;
    match user.account {
        Some(account) => withdraw(tx, env, connection, account, Withdrawal::Deleted),
        None => Ok(()),
    }
}

/// Ends what a connection manages of an account for which it has no user.
pub(super) fn forget_account(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    account: AccountId,
) -> Result<(), EngineError> {
    withdraw(tx, env, connection, account, Withdrawal::Forgotten)
}

fn withdraw(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    account: AccountId,
    extent: Withdrawal,
) -> Result<(), EngineError> {
    let forget = extent != Withdrawal::Remembered;
    for (_, mut standing) in Standing::load_all(tx, account)? {
        withdraw_from(tx, env, connection, &mut standing, forget)?;
        standing.save(tx, env, Rule::Scim5)?;
    }
    if forget {
        forget_profile(tx, env, connection, account, extent == Withdrawal::Deleted)?;
    }
    tx.end_sessions(account, connection.id, muster_model::session::Ended::Deactivated.as_str(), env.now())?;
    Ok(())
}

fn withdraw_from(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    standing: &mut Standing,
    forget: bool,
) -> Result<(), EngineError> {
    let ours = |grant: &Grant| grant.source == Source::Scim && grant.connection == Some(connection.id);
    // What groups and links say is said anew when the user comes back.
    standing.end(|grant| ours(grant) && grant.origin != Origin::Person);
    if standing.managed_by(connection.id).is_none() {
        roles::withdraw(tx, env, connection, standing, Source::Scim)?;
        return unmanaged(tx, env, connection, standing);
    }
    let was_managed = standing.managed_by(connection.id).is_some_and(|grant| !grant.asleep);
    if forget {
        standing.end(|grant| grant.manages(connection.id));
        roles::withdraw(tx, env, connection, standing, Source::Scim)?;
    }
    // SCIM-8: several connections manage it, and another one has the user active.
    let goes_on = standing
        .membership()
        .is_some_and(|membership| matches!(membership.state, MembershipState::Active | MembershipState::Waiting));
    let elsewhere = |grant: &Grant| grant.is_managing() && !grant.asleep && !grant.manages(connection.id);
    if goes_on && standing.grants().any(elsewhere) {
        standing.sleep(|grant| grant.manages(connection.id));
        return Ok(());
    }
    // An owner has added the person again since the user was deactivated: that is not the directory's to end.
    if !was_managed && standing.is_active() {
        return Ok(());
    }
    let by = connection.id;
    let Some(state) = standing.membership().map(|membership| membership.state) else { return Ok(()) };
    match state {
        MembershipState::Active | MembershipState::Waiting => {
            if forget {
                standing.end(|_| true);
                let ended = MembershipState::Ended { why: Ending::Scim, by: Some(by) };
                end_unless_last_owner(tx, env, connection, standing, ended)?;
            } else {
                // The state alone puts every grant to sleep; none of them needs to be written.
                end_unless_last_owner(tx, env, connection, standing, MembershipState::Asleep { by })?;
            }
        }
        MembershipState::Asleep { .. } if forget && !standing.grants().any(Grant::is_managing) => {
            standing.end(|_| true);
            standing.set_state(MembershipState::Ended { why: Ending::Scim, by: Some(by) });
        }
        // The last owner stays on record; what is to become of it is read from the grants when another owner comes.
        MembershipState::Kept { .. } if forget => {
            standing.end(|_| true);
        }
        MembershipState::Asleep { .. } | MembershipState::Kept { .. } | MembershipState::Ended { .. } => {}
    }
    Ok(())
}

/// A membership that this connection does not manage stays, and is reported (SCIM-6).
fn unmanaged(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    standing: &mut Standing,
) -> Result<(), EngineError> {
    if !standing.is_active() {
        return Ok(());
    }
    let Some(covered) = connection.covered(standing.organization()) else { return Ok(()) };
    if standing.awake().next().is_none() {
        let ended = MembershipState::Ended { why: Ending::NoGrant, by: Some(connection.id) };
        return end_unless_last_owner(tx, env, connection, standing, ended);
    }
    let detail = format!(
        "the identity provider deactivated a member of '{}' that it does not manage: the membership stays; remove it by \
         hand, or adopt it",
        covered.name
    );
    env.note(Rule::Scim6, Note::Linked(covered.name.clone()));
    env.report(Rule::Scim6, Some(covered.id), Some(standing.account().0), detail);
    Ok(())
}

/// Takes back what the connection's directory said about the person; when it has deleted the person, notes that.
fn forget_profile(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    account: AccountId,
    is_deleted: bool,
) -> Result<(), EngineError> {
    let Some(before) = tx.account_for_update(account)? else { return Ok(()) };
    let mut after = before.clone();
    // The last word on the name stays (JIT-1: without any name the stored one stays).
    if after.names.iter().any(|said| (said.source, said.connection) != (Source::Scim, Some(connection.id))) {
        after.names.withdraw(Source::Scim, Some(connection.id));
        after.full_name = accounts::effective_name(tx, connection, &after)?;
    }
    after.session_minutes.withdraw(Source::Scim, Some(connection.id));
    if is_deleted {
        after.depart(connection.id, env.now());
    }
    after.conflict = after.names.in_conflict() || after.session_minutes.in_conflict();
    accounts::update(tx, env, &before, after, Rule::Scim5)
}
