//! People of other domains: guests by invitation (SCIM-10, `other_domains`).

use muster_model::{
    Connection, DirectoryUser, Email, Invitation, InvitationId, OrganizationId, Role, Rule, UserStatement,
    directory::Unprovisioned, ledger::Event, name, trace::Note,
};
use muster_store::Tx;

use crate::{EngineError, Env, Refusal, blocks, invitations, seats, teams};

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
            invitations::end_expired(tx, env, &expired)?;
            None
        }
        pending => pending,
    };
    if pending.as_ref().is_some_and(|pending| pending.email == *email && Some(pending.organization) == organization) {
        return Ok(());
    }
    if let Some(pending) = pending {
        invitations::end(tx, env, &pending, "cancelled", Event::InvitationEnded, Rule::Scim10)?;
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
    if invitations::pending(tx, env, covered.id, email)?.is_some() {
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
        account: None,
        inviter: None,
        confirms: true,
        connection: Some(connection.id),
        directory_user: Some(user.id),
        sent: env.now(),
        expires: env.now().after(invitations::VALID),
        version: 1,
    };
    invitations::insert(tx, env, &invitation, None, Rule::Scim10)?;
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
        Some(invitation) => invitations::end(tx, env, &invitation, "cancelled", Event::InvitationEnded, Rule::Scim10),
        None => Ok(()),
    }
}
