//! People of other domains: guests by invitation (SCIM-10, `other_domains`), and the use of invitations (SCIM-5).

use std::time::Duration;

use muster_model::{
    Account, Connection, DirectoryUser, Email, Invitation, InvitationId, OrganizationId, Role, Rule, Source, Statement,
    Timestamp, UserStatement,
    directory::Unprovisioned,
    grant::Origin,
    ledger::{Event, Kind},
    name,
    trace::Note,
};
use muster_store::{Conn, Counter, Tx};

use crate::{
    EngineError, Env, Refusal, blocks,
    ledger::Subject,
    seats,
    standing::{Reason, Standing},
    teams,
};

/// How long an invitation's link works (ORG-3).
const VALID: Duration = Duration::from_secs(14 * 24 * 60 * 60);
/// How many expired invitations end in one transaction.
const EXPIRED_AT_ONCE: i64 = 50;

/// Invites the person that a directory user stands for; no account is linked, renamed or read.
///
/// # Errors
///
/// [`Refusal::NoSeat`]: an invitation takes one. [`Refusal::TeamName`]; the store's.
pub(super) fn invite(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    user: &mut DirectoryUser,
    email: &Email,
    said: &UserStatement,
    organization: Option<OrganizationId>,
) -> Result<(), EngineError> {
    let pending = match tx.invitation_of_directory_user(user.id)? {
        Some(expired) if expired.expires <= env.now() => {
            expire(tx, env, &expired)?;
            None
        }
        pending => pending,
    };
    if pending.as_ref().is_some_and(|pending| pending.email == *email && Some(pending.organization) == organization) {
        return Ok(());
    }
    if let Some(pending) = pending {
        end(tx, env, &pending, "cancelled", Event::InvitationEnded, Rule::Scim10)?;
    }
    user.unprovisioned = Some(Unprovisioned::Invited);
    let Some(covered) = organization.and_then(|id| connection.covered(id)) else {
        env.note(Rule::Scim10, Note::NotProvisioned("the connection has no default organization".to_owned()));
        return Ok(());
    };
    if blocks::is_kept_out(tx, env, connection, covered.id, Some(email))? {
        env.note(Rule::Org2, Note::Blocked(covered.name.clone()));
        return Ok(());
    }
    if self::pending(tx, env, covered.id, email)?.is_some() {
        env.note(Rule::Scim10, Note::Invited(covered.name.clone()));
        return Ok(());
    }
    if !seats::is_free(tx, covered.id)? {
        return Err(Refusal::NoSeat(covered.name.clone()).into());
    }
    let team = match &said.team {
        Some(team) => {
            let team = name::checked(team).map_err(|error| Refusal::TeamName(error.to_string()))?;
            Some(teams::find_or_create(tx, env, covered.id, &team, Rule::Scim10)?.id)
        }
        None => None,
    };
    let invitation = Invitation {
        id: InvitationId(env.new_id()),
        organization: covered.id,
        email: email.clone(),
        team,
        role: said.role.unwrap_or(Role::Member).min(connection.settings.highest_role),
        connection: Some(connection.id),
        directory_user: Some(user.id),
        expires: env.now().after(VALID),
        version: 1,
    };
    tx.insert_invitation(&invitation, env.now())?;
    tx.add_to_count(covered.id.0, Counter::Invitations, 1)?;
    env.created(Event::InvitationCreated, subject(&invitation), 1, Rule::Scim10, &invitation)?;
    env.about(covered.id);
    env.about(user.id);
    env.note(Rule::Scim10, Note::Invited(covered.name.clone()));
    Ok(())
}

/// Takes the invitation of a directory user back, if there is one.
///
/// # Errors
///
/// The store's.
pub(super) fn take_back(tx: &mut Tx<'_>, env: &mut Env, user: &DirectoryUser) -> Result<(), EngineError> {
    if user.unprovisioned != Some(Unprovisioned::Invited) {
        return Ok(());
    }
    match tx.invitation_of_directory_user(user.id)? {
        Some(invitation) => end(tx, env, &invitation, "cancelled", Event::InvitationEnded, Rule::Scim10),
        None => Ok(()),
    }
}

/// The pending invitation of this address to an organization. One that has expired ends here, and gives its seat back.
///
/// # Errors
///
/// The store's.
pub(super) fn pending(
    tx: &mut Tx<'_>,
    env: &mut Env,
    organization: OrganizationId,
    email: &Email,
) -> Result<Option<Invitation>, EngineError> {
    match tx.pending_invitation(organization, email)? {
        Some(expired) if expired.expires <= env.now() => {
            expire(tx, env, &expired)?;
            Ok(None)
        }
        pending => Ok(pending),
    }
}

/// Whether an invitation has expired that [`expire_invitations`] would end; one look into an index.
///
/// # Errors
///
/// The store's.
pub fn has_expired_invitation(conn: &mut Conn<'_>, now: Timestamp) -> Result<bool, EngineError> {
    Ok(!conn.expired_invitations(now, 1)?.is_empty())
}

/// Ends some expired invitations of one organization (ORG-3): their seats are free, and go to whoever waits for one
/// (SCIM-9). To be run in [`transact`](crate::transact), on as many nodes as one likes.
///
/// # Errors
///
/// The store's.
pub fn expire_invitations(tx: &mut Tx<'_>, env: &mut Env) -> Result<(), EngineError> {
    let expired = tx.expired_invitations(env.now(), EXPIRED_AT_ONCE)?;
    // Of one organization, because settling holds its row: two at once could wait for each other.
    let organization = expired.first().map(|first| first.organization);
    for invitation in expired.iter().filter(|expired| Some(expired.organization) == organization) {
        expire(tx, env, invitation)?;
    }
    Ok(())
}

fn expire(tx: &mut Tx<'_>, env: &mut Env, invitation: &Invitation) -> Result<(), EngineError> {
    end(tx, env, invitation, "expired", Event::InvitationEnded, Rule::Org3)
}

/// The pending invitation of an account's address.
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
        Some(email) => pending(tx, env, organization, email),
        None => Ok(None),
    }
}

/// Uses an invitation up: provisioning, or being added by hand, stands for its acceptance. It is one more reason to be
/// in, with its team if `with_team`; its role counts where nobody states one.
///
/// # Errors
///
/// The store's.
pub(crate) fn accept(
    tx: &mut Tx<'_>,
    env: &mut Env,
    standing: &mut Standing,
    invitation: &Invitation,
    with_team: bool,
) -> Result<(), EngineError> {
    // A role that a connection's directory gave is capped by what that connection may give now (ORG-1).
    let cap = match invitation.connection {
        Some(id) => tx.connection_settings(id)?.map_or(Role::Member, |settings| settings.highest_role),
        None => Role::Owner,
    };
    end(tx, env, invitation, "accepted", Event::InvitationAccepted, Rule::Scim10)?;
    let origin = env.origin();
    let role = Statement {
        source: Source::Invitation,
        connection: None,
        value: invitation.role.min(cap),
        rule: Rule::Jit2,
        actor: origin.actor,
        request: origin.request,
        at: env.now(),
        locked: false,
    };
    standing.edit(|membership| {
        membership.roles.say(role);
    });
    let team = invitation.team.filter(|_| with_team);
    let reason = Reason { team, source: Source::Invitation, connection: None, origin: Origin::Person };
    standing.give(env, reason, Rule::Jit2);
    Ok(())
}

fn end(
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

fn subject(invitation: &Invitation) -> Subject {
    Subject::within(Kind::Invitation, invitation.id, invitation.organization)
}
