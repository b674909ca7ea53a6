//! What the person does who was invited (ORG-3).

use muster_crypto::TokenHash;
use muster_model::{
    Account, Email, Invitation, InvitationId, Membership, Organization, OrganizationId, Rule, ledger::Event,
    trace::Note,
};
use muster_store::Tx;

use super::{end, use_up};
use crate::{EngineError, Env, Refusal, accounts, blocks, guests::Home, roles, standing::Standing};

/// By what somebody says which invitation they answer.
#[derive(Debug, Clone, Copy)]
pub enum Answered<'a> {
    /// By its link, which tells whose the invited mailbox is.
    Link(&'a TokenHash),
    /// As one of those that are shown to them.
    Own(InvitationId),
}

/// Lets the person in whom an invitation is for, in its seat and with its role and team. A block that was there when it was
/// sent is lifted, and what identity providers withdrew stays withdrawn (SCIM-5).
///
/// # Errors
///
/// Not found for a link that is unknown, used, cancelled or expired; refused for another account, and where the membership
/// has ended since (JIT-10); the store's.
pub fn accept(
    tx: &mut Tx<'_>,
    env: &mut Env,
    account: &Account,
    answered: Answered<'_>,
) -> Result<Organization, EngineError> {
    let invitation = answerable(tx, env, account, answered)?;
    let organization = tx
        .organization(invitation.organization)?
        .ok_or_else(|| EngineError::not_found("organization", invitation.organization))?;
    let mut standing = Standing::load(tx, account.id, organization.id)?;
    if !standing.is_active() {
        if !is_later_act(&invitation, standing.membership()) {
            let text =
                format!("your membership in '{}' has ended since: ask an owner to invite you again", organization.name);
            return Err(Refusal::Invalid(text).into());
        }
        let_in(tx, env, organization.id, account, &mut standing)?;
        env.note(Rule::Org3, Note::Joined(organization.name.clone()));
    }
    use_up(tx, env, &mut standing, &invitation, true)?;
    accounts::welcome(tx, env, account.id, organization.id, Rule::Org3)?;
    roles::settle_role(tx, env, None, &mut standing)?;
    standing.save(tx, env, Rule::Org3)?;
    Ok(organization)
}

/// Ends the invitation at the wish of whom it is for; its seat is free.
///
/// # Errors
///
/// As [`accept`].
pub fn decline(tx: &mut Tx<'_>, env: &mut Env, account: &Account, answered: Answered<'_>) -> Result<(), EngineError> {
    let invitation = answerable(tx, env, account, answered)?;
    end(tx, env, &invitation, "declined", Event::InvitationEnded, Rule::Org3)
}

/// The invitation that is answered, for the account that it is for.
fn answerable(
    tx: &mut Tx<'_>,
    env: &Env,
    account: &Account,
    answered: Answered<'_>,
) -> Result<Invitation, EngineError> {
    let link = match answered {
        Answered::Link(link) => link,
        Answered::Own(id) => {
            let organization = tx.organization_of_invitation(id)?;
            let found = organization.map(|organization| tx.invitation(organization, id)).transpose()?.flatten();
            let found = found.filter(|found| found.expires > env.now() && is_for(found, account));
            return found.ok_or_else(|| EngineError::not_found("invitation", id));
        }
    };
    let invitation = live(tx, env, link)?;
    if is_for(&invitation, account) {
        return Ok(invitation);
    }
    let text =
        "this invitation is for somebody else: sign in with the account, or confirm the address, that it was sent to";
    Err(Refusal::Invalid(text.to_owned()).into())
}

/// The invitation behind a link, while it works.
pub(super) fn live(tx: &mut Tx<'_>, env: &Env, link: &TokenHash) -> Result<Invitation, EngineError> {
    let found = tx.invitation_by_link(link.as_bytes())?.filter(|invitation| invitation.expires > env.now());
    found.ok_or_else(super::link::unknown)
}

/// Whether an invitation is an account's: that has the invited address, confirmed, or is the one that a username meant.
pub(super) fn is_for(invitation: &Invitation, account: &Account) -> bool {
    match invitation.account {
        Some(meant) => meant == account.id,
        None => account.email_confirmed && account.email.as_ref().map(Email::key) == Some(invitation.email.key()),
    }
}

/// Whether an invitation is a later act than whatever ended the membership (JIT-10, ORG-3), so that it begins it anew: sent
/// after that, by an owner; or by a directory, where nobody but that directory ended it.
pub(crate) fn is_later_act(invitation: &Invitation, membership: Option<&Membership>) -> bool {
    let Some(membership) = membership else { return true };
    let by_owner = invitation.connection.is_none();
    let by_whoever_ended =
        || !membership.blocked && membership.state.ended_by().is_none_or(|by| invitation.connection == Some(by));
    membership.ended.is_none_or(|ended| ended <= invitation.sent && (by_owner || by_whoever_ended()))
}

/// Lets somebody in on the word of an owner, whose earlier block is lifted. What identity providers withdrew stays
/// withdrawn: each has to say itself that the person is back (SCIM-5). The seat is the caller's concern.
///
/// # Errors
///
/// The store's.
pub(crate) fn let_in(
    tx: &mut Tx<'_>,
    env: &mut Env,
    organization: OrganizationId,
    account: &Account,
    standing: &mut Standing,
) -> Result<(), EngineError> {
    standing.come_in(env);
    let guest = Home::of(tx, organization)?.is_guest(account);
    standing.edit(|membership| {
        membership.guest = guest;
        membership.blocked = false;
    });
    blocks::lift(tx, env, organization, account)
}
