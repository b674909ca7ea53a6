//! Letting somebody into an organization on the word of a directory (SCIM-5, SCIM-6, SCIM-8, SCIM-9, ORG-2).

use muster_model::{Account, Connection, Invitation, MembershipState, Rule, Source, grant::Origin, trace::Note};
use muster_store::Tx;

use crate::{
    EngineError, Env, Refusal, blocks, guests, invitations, roles, seats,
    standing::{Reason, Standing},
};

/// On whose word somebody is let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Speaker {
    /// The directory user's own, which may state a team.
    User {
        /// Whether it does.
        states_team: bool,
    },
    /// A group's.
    Group,
}

impl Speaker {
    fn rule(self) -> Rule {
        match self {
            Self::User { .. } => Rule::Scim5,
            Self::Group => Rule::Grp1,
        }
    }
}

/// What came of letting somebody in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admission {
    /// In, and this connection manages the membership.
    Managed,
    /// In already, for reasons that are none of this connection's (SCIM-6).
    Linked,
    /// Kept out by an owner (ORG-2).
    Blocked,
    /// No seat.
    Waiting,
}

/// Lets an account into an organization on the word of a directory, or finds that it is in already (SCIM-5, SCIM-6).
///
/// # Errors
///
/// [`Refusal::NoSeat`] when a user's own write would need one; a group's waits instead (SCIM-9).
pub(super) fn admit(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    account: &Account,
    standing: &mut Standing,
    name: &str,
    speaker: Speaker,
) -> Result<Admission, EngineError> {
    let managing = Reason::scim(connection.id, None, Origin::Person);
    let state = standing.membership().map(|membership| (membership.state, membership.blocked, membership.joined));
    match state {
        Some((_, true, _)) if !standing.is_active() => {
            env.note(Rule::Org2, Note::Blocked(name.to_owned()));
            Ok(Admission::Blocked)
        }
        Some((MembershipState::Active, _, joined)) => {
            if standing.managed_by(connection.id).is_some() {
                standing.wake(|grant| grant.manages(connection.id));
                return Ok(Admission::Managed);
            }
            let by_jit = |grant: &muster_model::Grant| {
                grant.source == Source::Sso && grant.connection == Some(connection.id) && grant.given == joined
            };
            let since = connection.scim_since.is_some_and(|since| joined >= since);
            let managed_elsewhere = standing.awake().any(muster_model::Grant::is_managing);
            if (since && standing.grants().any(by_jit)) || managed_elsewhere {
                standing.give(env, managing, if speaker == Speaker::Group { Rule::Grp1 } else { Rule::Scim6 });
                env.note(Rule::Scim6, Note::Managed(name.to_owned()));
                return Ok(Admission::Managed);
            }
            env.note(Rule::Scim6, Note::Linked(name.to_owned()));
            Ok(Admission::Linked)
        }
        Some((MembershipState::Asleep { by } | MembershipState::Kept { by }, ..)) => {
            // What another connection manages and has put to sleep stays asleep: only that one wakes it.
            standing.sleep(|grant| grant.manages(by) && by != connection.id);
            let takes_seat = standing.membership().is_some_and(muster_model::Membership::takes_seat);
            let invitation = invitations::pending_of(tx, env, standing.organization(), account)?;
            if !takes_seat && invitation.is_none() && !seats::is_free(tx, standing.organization())? {
                return wait_or_refuse(env, standing, name, speaker, managing);
            }
            manage(env, standing, managing, speaker);
            standing.set_state(MembershipState::Active);
            if let Some(invitation) = invitation {
                accept(tx, env, connection, standing, name, &invitation, speaker)?;
            }
            if takes_seat {
                tx.resolve_reports(account.id.0, Some(standing.organization()), Rule::Org1.id(), env.now())?;
            }
            env.note(Rule::Scim5, Note::Restored(name.to_owned()));
            Ok(Admission::Managed)
        }
        None | Some((MembershipState::Ended { .. } | MembershipState::Waiting, ..)) => {
            join(tx, env, connection, account, standing, name, speaker, managing)
        }
    }
}

/// Gives the grant by which the connection manages the membership, or wakes it.
fn manage(env: &mut Env, standing: &mut Standing, managing: Reason, speaker: Speaker) {
    let Some(connection) = managing.connection else { return };
    if !standing.wake(|grant| grant.manages(connection)) {
        standing.give(env, managing, speaker.rule());
    }
}

#[expect(clippy::too_many_arguments, reason = "the tail of `admit`, with what it found out")]
fn join(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    account: &Account,
    standing: &mut Standing,
    name: &str,
    speaker: Speaker,
    managing: Reason,
) -> Result<Admission, EngineError> {
    let invitation = invitations::pending_of(tx, env, standing.organization(), account)?;
    // An owner's own invitation is a later act than the block.
    if invitation.as_ref().is_none_or(|invitation| invitation.connection.is_some())
        && blocks::is_kept_out(tx, env, connection, standing.organization(), account.email.as_ref())?
    {
        env.note(Rule::Org2, Note::Blocked(name.to_owned()));
        return Ok(Admission::Blocked);
    }
    // A pending invitation holds a seat already (SCIM-5: the same one).
    if invitation.is_none() && !seats::is_free(tx, standing.organization())? {
        return wait_or_refuse(env, standing, name, speaker, managing);
    }
    standing.enter(env, MembershipState::Active);
    let guest = guests::is_guest(tx, connection, standing.organization(), account)?;
    standing.edit(|membership| membership.guest = guest);
    manage(env, standing, managing, speaker);
    env.note(speaker.rule(), Note::Joined(name.to_owned()));
    if let Some(invitation) = invitation {
        accept(tx, env, connection, standing, name, &invitation, speaker)?;
    }
    Ok(Admission::Managed)
}

/// Uses an invitation: its team and role apply where SCIM states none (SCIM-5).
fn accept(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    standing: &mut Standing,
    name: &str,
    invitation: &Invitation,
    speaker: Speaker,
) -> Result<(), EngineError> {
    invitations::use_up(tx, env, standing, invitation, speaker != Speaker::User { states_team: true })?;
    roles::settle_role(tx, env, Some(connection), standing)?;
    env.note(Rule::Scim5, Note::InvitationUsed(name.to_owned()));
    Ok(())
}

/// A user's own write is refused; a group's is stored, and the membership waits (SCIM-9).
fn wait_or_refuse(
    env: &mut Env,
    standing: &mut Standing,
    name: &str,
    speaker: Speaker,
    managing: Reason,
) -> Result<Admission, EngineError> {
    if speaker != Speaker::Group {
        return Err(Refusal::NoSeat(name.to_owned()).into());
    }
    standing.enter(env, MembershipState::Waiting);
    manage(env, standing, managing, speaker);
    env.note(Rule::Scim9, Note::WaitsForSeat(name.to_owned()));
    let detail = muster_model::texts::not_enough_seats(name);
    env.report(Rule::Scim9, Some(standing.organization()), Some(standing.account().0), detail);
    Ok(Admission::Waiting)
}
