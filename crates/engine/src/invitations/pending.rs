//! Pending invitations, an owner's and those of people whom a directory made guests (SCIM-10), and how they end.

use muster_model::{
    Account, Connection, Email, Invitation, OrganizationId, Role, Rule, Source, Timestamp,
    grant::Origin,
    ledger::{Event, Kind},
};
use muster_store::{Conn, Counter, Tx};

use crate::{
    EngineError, Env,
    ledger::Subject,
    standing::{Reason, Standing},
};

/// How many expired invitations end in one transaction.
const EXPIRED_AT_ONCE: i64 = 50;

/// The pending invitation of this address to an organization. One that has expired ends here, and gives its seat back.
///
/// # Errors
///
/// The store's.
pub(crate) fn pending(
    tx: &mut Tx<'_>,
    env: &mut Env,
    organization: OrganizationId,
    email: &Email,
) -> Result<Option<Invitation>, EngineError> {
    match tx.pending_invitation(organization, email)? {
        Some(expired) if expired.expires <= env.now() => {
            end_expired(tx, env, &expired)?;
            Ok(None)
        }
        pending => Ok(pending),
    }
}

/// The pending invitation of an account's address, unless a username meant somebody else by it.
///
/// # Errors
///
/// The store's.
pub(crate) fn pending_of(
    tx: &mut Tx<'_>,
    env: &mut Env,
    organization: OrganizationId,
    account: &Account,
) -> Result<Option<Invitation>, EngineError> {
    match &account.email {
        Some(email) => {
            let pending = pending(tx, env, organization, email)?;
            Ok(pending.filter(|invitation| invitation.account.is_none_or(|meant| meant == account.id)))
        }
        None => Ok(None),
    }
}

/// The pending invitations of these addresses to organizations of a connection. Those that have expired end here.
///
/// # Errors
///
/// The store's.
pub(crate) fn pending_in(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    keys: &[String],
) -> Result<Vec<Invitation>, EngineError> {
    let mut pending = Vec::new();
    for invitation in tx.pending_invitations_of(keys)? {
        if connection.covered(invitation.organization).is_none() {
            continue;
        }
        if invitation.expires <= env.now() {
            end_expired(tx, env, &invitation)?;
        } else {
            pending.push(invitation);
        }
    }
    Ok(pending)
}

/// Whether an invitation has expired that [`expire`] would end; one look into an index.
///
/// # Errors
///
/// The store's.
pub fn has_expired(conn: &mut Conn<'_>, now: Timestamp) -> Result<bool, EngineError> {
    Ok(!conn.expired_invitations(now, 1)?.is_empty())
}

/// Ends some expired invitations of one organization (ORG-3): their seats are free, and go to whoever waits for one
/// (SCIM-9). To be run in [`transact`](crate::transact), on as many nodes as one likes.
///
/// # Errors
///
/// The store's.
pub fn expire(tx: &mut Tx<'_>, env: &mut Env) -> Result<(), EngineError> {
    let expired = tx.expired_invitations(env.now(), EXPIRED_AT_ONCE)?;
    // Of one organization, because settling holds its row: two at once could wait for each other.
    let organization = expired.first().map(|first| first.organization);
    for invitation in expired.iter().filter(|expired| Some(expired.organization) == organization) {
        end_expired(tx, env, invitation)?;
    }
    Ok(())
}

pub(crate) fn end_expired(tx: &mut Tx<'_>, env: &mut Env, invitation: &Invitation) -> Result<(), EngineError> {
    end(tx, env, invitation, "expired", Event::InvitationEnded, Rule::Org3)
}

/// Uses an invitation up: its link, provisioning, or being added by hand stands for its acceptance. It is one more reason
/// to be in, with its team if `with_team`; its role counts where nobody states one.
///
/// # Errors
///
/// The store's.
pub(crate) fn use_up(
    tx: &mut Tx<'_>,
    env: &mut Env,
    standing: &mut Standing,
    invitation: &Invitation,
    with_team: bool,
) -> Result<(), EngineError> {
    // A role that a connection's directory gave is capped by what that connection may give now (ORG-1).
    let (cap, rule) = match invitation.connection {
        Some(id) => {
            let cap = tx.connection_settings(id)?.map_or(Role::Member, |settings| settings.highest_role);
            (cap, Rule::Scim10)
        }
        None => (Role::Owner, Rule::Org3),
    };
    end(tx, env, invitation, "accepted", Event::InvitationAccepted, rule)?;
    let role = env.statement(Source::Invitation, None, invitation.role.min(cap), Rule::Jit2);
    standing.edit(|membership| {
        membership.roles.say(role);
    });
    let team = invitation.team.filter(|_| with_team);
    let reason = Reason { team, source: Source::Invitation, connection: None, origin: Origin::Person };
    standing.give(env, reason, Rule::Jit2);
    Ok(())
}

/// Ends an invitation; its seat is free.
///
/// # Errors
///
/// The store's.
pub(crate) fn end(
    tx: &mut Tx<'_>,
    env: &mut Env,
    invitation: &Invitation,
    outcome: &str,
    event: Event,
    rule: Rule,
) -> Result<(), EngineError> {
    let ended = Invitation { version: invitation.version + 1, ..invitation.clone() };
    tx.end_invitation(&ended, outcome, env.now())?;
    tx.add_to_count(invitation.organization.0, Counter::Invitations, -1)?;
    env.ended(event, subject(invitation), ended.version, rule, invitation)?;
    env.about(invitation.organization);
    env.unsettle(invitation.organization);
    Ok(())
}

/// Where the history of an invitation is filed.
pub(crate) fn subject(invitation: &Invitation) -> Subject {
    Subject::within(Kind::Invitation, invitation.id, invitation.organization)
}
