//! Invitations by owners (ORG-3): reviewed, sent, sent again, cancelled; accepted or declined by whom they are for.
//!
//! A pending invitation holds a seat (SCIM-9). It is used up by whichever way its person comes in: by its link, a push, or
//! an owner who adds the person by hand. Links and mail are the caller's: the engine is given the hash of each link's secret
//! and answers what is to be sent.
//!
//! - `review`: what is wrong with a list, before anything is sent;
//! - `answer`: accepting and declining;
//! - `pending`: how an invitation ends, whoever ends it.

mod answer;
mod pending;
mod review;

use std::{collections::BTreeMap, time::Duration};

use muster_crypto::TokenHash;
use muster_model::{
    Actor, Email, Invitation, InvitationId, Organization, Role, Rule, TeamId, ledger::Event, name, trace::Note,
};
use muster_store::{Conn, Counter, Tx};

pub use self::{
    answer::{accept, decline},
    pending::{expire, has_expired},
    review::{Verdict, review},
};
pub(crate) use self::{
    answer::{is_later_act, let_in},
    pending::{end, end_expired, pending, pending_in, pending_of, subject, use_up},
};
use crate::{EngineError, Env, Refusal, seats, teams};

/// How long an invitation's link works (ORG-3).
pub const VALID: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// The most people that are invited at once (ORG-3).
pub const AT_ONCE: usize = 1_000;

/// Somebody to invite.
#[derive(Debug, Clone)]
pub struct Entry {
    /// An email address, or a username.
    pub to: String,
    /// Of the secret in the link that this person gets.
    pub link: TokenHash,
}

/// What everybody is invited to be.
#[derive(Debug, Clone, Default)]
pub struct Terms {
    /// The role that comes with the invitation.
    pub role: Role,
    /// The team that comes with it; made when missing.
    pub team: Option<String>,
}

/// What became of one entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// Whether it was sent, and if not, why.
    pub verdict: Verdict,
    /// The invitation, if it was sent. Its `email` is for the mail alone when it has an `account`: whoever invites by
    /// username does not learn the address (TEN-3).
    pub invitation: Option<Invitation>,
}

/// Invites people, those of them who can be ([`review`]); for each entry in its order, what became of it. All of them need
/// a seat, or nobody is invited.
///
/// # Errors
///
/// [`Refusal::NotAnOwner`]; [`Refusal::NoSeat`]; [`Refusal::Name`] for the team; refused above [`AT_ONCE`]; the store's.
pub fn send(
    tx: &mut Tx<'_>,
    env: &mut Env,
    organization: &Organization,
    entries: &[Entry],
    terms: &Terms,
) -> Result<Vec<Sent>, EngineError> {
    require_owner(tx, env, organization)?;
    let team_name =
        terms.team.as_deref().map(name::checked).transpose().map_err(|error| Refusal::Name(error.to_string()))?;
    // Two owners who invite the same person at once: the second finds the first's invitation.
    tx.organization_for_update(organization.id)?;
    let texts: Vec<&str> = entries.iter().map(|entry| entry.to.as_str()).collect();
    let judged = review::judge(tx, env.now(), organization, &texts)?;
    for expired in &judged.expired {
        end_expired(tx, env, expired)?;
    }
    let sendable = judged.entries.iter().filter(|(_, invitee)| invitee.is_some()).count();
    if sendable == 0 {
        return Ok(judged.entries.into_iter().map(|(verdict, _)| Sent { verdict, invitation: None }).collect());
    }
    if !seats::are_free(tx, organization.id, sendable)? {
        return Err(Refusal::NoSeat(organization.name.clone()).into());
    }
    let team = match team_name {
        Some(name) => Some(teams::find_or_create(tx, env, organization.id, &name, Rule::Org3)?.id),
        None => None,
    };
    let mut sent = Vec::with_capacity(entries.len());
    for ((verdict, invitee), entry) in judged.entries.into_iter().zip(entries) {
        let invitation = match invitee {
            Some(invitee) => Some(send_one(tx, env, organization, invitee, terms.role, team, &entry.link)?),
            None => None,
        };
        sent.push(Sent { verdict, invitation });
    }
    Ok(sent)
}

fn send_one(
    tx: &mut Tx<'_>,
    env: &mut Env,
    organization: &Organization,
    review::Invitee { email, account }: review::Invitee,
    role: Role,
    team: Option<TeamId>,
    link: &TokenHash,
) -> Result<Invitation, EngineError> {
    let invitation = Invitation {
        id: InvitationId(env.new_id()),
        organization: organization.id,
        email,
        team,
        role,
        account,
        connection: None,
        directory_user: None,
        sent: env.now(),
        expires: env.now().after(VALID),
        version: 1,
    };
    insert(tx, env, &invitation, Some(link), Rule::Org3)?;
    env.note(Rule::Org3, Note::Invited(organization.name.clone()));
    Ok(invitation)
}

/// Stores an invitation, which takes a seat from now on.
pub(crate) fn insert(
    tx: &mut Tx<'_>,
    env: &mut Env,
    invitation: &Invitation,
    link: Option<&TokenHash>,
    rule: Rule,
) -> Result<(), EngineError> {
    tx.insert_invitation(invitation, link.map(TokenHash::as_bytes))?;
    tx.add_to_count(invitation.organization.0, Counter::Invitations, 1)?;
    env.created(Event::InvitationCreated, subject(invitation), 1, rule, invitation)?;
    env.about(invitation.organization);
    Ok(())
}

/// Sends an invitation again: with a new link for another 14 days. The former link works no longer.
///
/// # Errors
///
/// [`Refusal::NotAnOwner`]; not found, also when it has expired; refused for the invitation that a directory made, which has
/// no link; the store's.
pub fn resend(
    tx: &mut Tx<'_>,
    env: &mut Env,
    organization: &Organization,
    id: InvitationId,
    link: &TokenHash,
) -> Result<Invitation, EngineError> {
    require_owner(tx, env, organization)?;
    let before = live(tx, env, organization, id)?;
    if before.connection.is_some() {
        let text = "this invitation is an identity provider's: have it push the person again".to_owned();
        return Err(Refusal::Invalid(text).into());
    }
    let (sent, expires) = (env.now(), env.now().after(VALID));
    let after = Invitation { sent, expires, version: before.version + 1, ..before.clone() };
    tx.resend_invitation(&after, link.as_bytes())?;
    env.changed(Event::InvitationResent, subject(&after), after.version, Rule::Org3, &before, &after)?;
    env.about(organization.id);
    Ok(after)
}

/// Takes an invitation back: its link works no longer, and its seat is free.
///
/// # Errors
///
/// [`Refusal::NotAnOwner`]; not found; the store's.
pub fn cancel(
    tx: &mut Tx<'_>,
    env: &mut Env,
    organization: &Organization,
    id: InvitationId,
) -> Result<(), EngineError> {
    require_owner(tx, env, organization)?;
    let invitation = live(tx, env, organization, id)?;
    end(tx, env, &invitation, "cancelled", Event::InvitationEnded, Rule::Org3)
}

/// A pending invitation of an organization; another's is not found.
fn live(tx: &mut Tx<'_>, env: &Env, organization: &Organization, id: InvitationId) -> Result<Invitation, EngineError> {
    let found = tx.invitation(organization.id, id)?.filter(|invitation| invitation.expires > env.now());
    found.ok_or_else(|| EngineError::not_found("invitation", id))
}

/// Only owners, company owners and the operator invite (ORG-1). Who is no member does not learn that there is such an
/// organization (TEN-3).
pub(crate) fn require_owner(conn: &mut Conn<'_>, env: &Env, organization: &Organization) -> Result<(), EngineError> {
    let account = match env.origin().actor {
        Actor::Operator | Actor::System => return Ok(()),
        Actor::Account(id) => id.into(),
        Actor::Token(_) => return Err(Refusal::NotAnOwner(organization.name.clone()).into()),
    };
    if conn.is_company_owner(organization.id, account)? {
        return Ok(());
    }
    let membership = conn.memberships_in(organization.id, &[account])?.into_iter().next();
    match membership.filter(muster_model::Membership::is_active) {
        Some(membership) if membership.is_owner() => Ok(()),
        Some(_) => Err(Refusal::NotAnOwner(organization.name.clone()).into()),
        None => Err(EngineError::not_found("organization", organization.id)),
    }
}

/// By the address that an invitation is for.
type ByAddress = BTreeMap<String, Invitation>;

fn by_address(invitations: Vec<Invitation>) -> ByAddress {
    invitations.into_iter().map(|invitation| (Email::key(&invitation.email), invitation)).collect()
}
