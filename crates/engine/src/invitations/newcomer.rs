//! Invitations of people who have no account yet: the link is what shows that the address is theirs (ACC-1).

use muster_crypto::{PasswordHash, TokenHash};
use muster_model::{Account, Email, Invitation, Rule, Session, Source, ledger::Event, name};
use muster_store::Tx;

use super::{
    answer, end,
    link::{self, Way},
};
use crate::{
    EngineError, Env, Refusal, accounts,
    credentials::{self, Browser},
    sessions,
};

/// Makes the account of the person in whom an invitation is for, with the invited address confirmed and a password that was
/// hashed outside; lets the person in as [`super::accept`] does, and begins a session.
///
/// # Errors
///
/// As [`super::accept`]; refused where there is an account already, or the address's company signs its people in (SSO-9).
pub fn accept_as_newcomer(
    tx: &mut Tx<'_>,
    env: &mut Env,
    link: &TokenHash,
    full_name: &str,
    password: &PasswordHash,
    browser: &Browser,
) -> Result<Session, EngineError> {
    let invitation = answer::live(tx, env, link)?;
    if link::way(tx, &invitation, None)? != Way::NewAccount {
        return Err(has_another_way());
    }
    let (mut account, _) = accounts::find_or_create(tx, env, &invitation.email, Rule::Acc1)?;
    state_name(env, &mut account, full_name);
    accounts::insert(tx, env, &account, Rule::Acc1)?;
    credentials::set(tx, env, account.id, password, None)?;
    answer::accept(tx, env, &account, answer::Answered::Link(link))?;
    tx.remember_device(account.id, &browser.device, env.now())?;
    env.about(account.id);
    sessions::begin(tx, env, account.id, None, browser.session.clone())
}

/// What the person says to be called counts where nobody else says anything (PRE-5).
fn state_name(env: &Env, account: &mut Account, full_name: &str) {
    let said = name::shortened(full_name.trim(), name::FULL_NAME_BYTES);
    if !said.is_empty() {
        account.names.say(env.statement(Source::Invitation, None, said.to_owned(), Rule::Org3));
        said.clone_into(&mut account.full_name);
    }
}

/// Ends the invitation at the wish of whoever its mail reached and has no account, or has one only at their company.
///
/// # Errors
///
/// As [`super::decline`].
pub fn decline_as_newcomer(tx: &mut Tx<'_>, env: &mut Env, link: &TokenHash) -> Result<(), EngineError> {
    let invitation = answer::live(tx, env, link)?;
    if !may_decline(&invitation, &link::way(tx, &invitation, None)?) {
        return Err(has_another_way());
    }
    end(tx, env, &invitation, "declined", Event::InvitationEnded, Rule::Org3)
}

fn may_decline(invitation: &Invitation, way: &Way) -> bool {
    match way {
        Way::NewAccount => true,
        Way::SingleSignOn(sso) => {
            invitation.confirms && sso.email.as_ref().map(Email::key) == Some(invitation.email.key())
        }
        Way::Answer | Way::SwitchAccount | Way::SignIn => false,
    }
}

fn has_another_way() -> EngineError {
    Refusal::Invalid("sign in first, then answer the invitation".to_owned()).into()
}
