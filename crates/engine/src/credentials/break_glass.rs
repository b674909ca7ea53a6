//! Break-glass: a sealed code that lets an owner in when the identity provider is down (SSO-11).

use std::time::Duration;

use muster_crypto::{Sealer, TokenHash};
use muster_model::{
    Account, AccountId, AccountState, Email, Membership, Organization, OrganizationId, Rule, Session, Token,
    token::TokenKind, trace::Note,
};
use muster_store::{Conn, Tx};

use super::{
    attempts::Attempts,
    links,
    second_step::{self, Passed, Shown},
};
use crate::{
    EngineError, Env, authority, mail,
    sessions::{self, Begin},
};

/// How long a session lasts that a code begins.
pub const SESSION_LIVES: Duration = Duration::from_mins(60);

/// What came of a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opened {
    /// It is an organization's, and its owner has a session.
    SignedIn(Box<Session>),
    /// It is an organization's, and its owner's second factor is to follow: this is to be kept meanwhile. The code still works.
    SecondFactor(Box<Passed>),
    /// It is no code of an organization that the person owns, or was used.
    Wrong,
    /// There were too many wrong ones.
    Locked,
}

/// Keeps a new code of an organization, of which the caller alone knows the text; the former one works no longer.
///
/// # Errors
///
/// [`Refusal::NotAnOwner`](crate::Refusal::NotAnOwner); the store's.
pub fn make(
    tx: &mut Tx<'_>,
    env: &mut Env,
    organization: &Organization,
    code: &TokenHash,
) -> Result<Token, EngineError> {
    authority::require_owner(tx, env, organization)?;
    links::revoke(tx, env, TokenKind::Glass, organization.id.0, "replaced by a newer one")?;
    tx.resolve_reports(organization.id.0, Some(organization.id), Rule::Sso11.id(), env.now())?;
    links::add(tx, env, TokenKind::Glass, organization.id.0, code, None)
}

/// Whether an organization has a code that works.
///
/// # Errors
///
/// The store's.
pub fn is_ready(conn: &mut Conn<'_>, env: &Env, organization: OrganizationId) -> Result<bool, EngineError> {
    Ok(conn.tokens(organization.0, TokenKind::Glass)?.iter().any(|(token, _)| token.is_live(env.now())))
}

/// The organizations that an account owns, itself or through their company, by name; whether each has a code that works.
///
/// # Errors
///
/// The store's.
pub fn owned_by(conn: &mut Conn<'_>, env: &Env, account: AccountId) -> Result<Vec<(Organization, bool)>, EngineError> {
    let is_own = |membership: &Membership| membership.is_active() && membership.is_owner();
    let memberships = conn.memberships_of(account)?;
    let mut ids: Vec<_> = memberships.iter().filter(|one| is_own(one)).map(|one| one.organization).collect();
    ids.extend(conn.organizations_owned_through_company(account)?);
    ids.sort_unstable();
    ids.dedup();
    let mut owned = Vec::with_capacity(ids.len());
    for id in ids {
        let is_ready = is_ready(conn, env, id)?;
        owned.extend(conn.organization(id)?.map(|organization| (organization, is_ready)));
    }
    owned.sort_by(|one, other| one.0.name.cmp(&other.0.name));
    Ok(owned)
}

/// Lets an owner in with the code of the organization and the owner's own address. It works once; all owners are told by
/// mail, and a new one has to be made.
///
/// # Errors
///
/// The store's. A wrong code is an answer: it is counted in this transaction.
pub fn open(
    tx: &mut Tx<'_>,
    env: &mut Env,
    sealer: &Sealer,
    email: &Email,
    code: &TokenHash,
    session: Begin,
) -> Result<Opened, EngineError> {
    let account = tx.account_by_email(email)?.filter(|account| account.email_confirmed);
    let account = account.filter(|account| account.state == AccountState::Active);
    let attempts = Attempts::new("break-glass", account.as_ref().map(|account| account.id), &email.key(), None);
    if attempts.are_locked(tx, env)? {
        return Ok(Opened::Locked);
    }
    let Some(account) = account else {
        attempts.fail(tx, env)?;
        return Ok(Opened::Wrong);
    };
    if opened_by(tx, env, &account, code)?.is_some()
        && let Some(passed) = second_step::needed(tx, account.id, Shown::Glass(*code.as_bytes()), None)?
    {
        return Ok(Opened::SecondFactor(passed));
    }
    match enter(tx, env, sealer, &account, code, session)? {
        Some(session) => Ok(Opened::SignedIn(Box::new(session))),
        None => {
            attempts.fail(tx, env)?;
            Ok(Opened::Wrong)
        }
    }
}

/// Uses a code up, and begins its owner's session; `None` if it is no code of an organization that the person owns.
pub(super) fn enter(
    tx: &mut Tx<'_>,
    env: &mut Env,
    sealer: &Sealer,
    account: &Account,
    code: &TokenHash,
    session: Begin,
) -> Result<Option<Session>, EngineError> {
    let Some(organization) = opened_by(tx, env, account, code)? else { return Ok(None) };
    links::revoke(tx, env, TokenKind::Glass, organization.id.0, "used")?;
    let latest = env.now().after(SESSION_LIVES);
    let not_after = Some(session.not_after.map_or(latest, |not_after| not_after.min(latest)));
    let session = sessions::begin(tx, env, account.id, None, Begin { not_after, ..session })?;
    tell(tx, env, sealer, &organization, account)?;
    env.about(account.id);
    env.note(Rule::Sso11, Note::Checked("the break-glass code, which works no longer".to_owned()));
    Ok(Some(session))
}

/// The organization that a code opens to an account.
fn opened_by(
    conn: &mut Conn<'_>,
    env: &Env,
    account: &Account,
    code: &TokenHash,
) -> Result<Option<Organization>, EngineError> {
    let token = conn.token_by_hash(TokenKind::Glass, code.as_bytes())?.filter(|token| token.is_live(env.now()));
    token.map_or(Ok(None), |token| owned(conn, account, token.scope.into()))
}

/// The organization, if the account is an owner's of it; company owners are.
fn owned(conn: &mut Conn<'_>, account: &Account, id: OrganizationId) -> Result<Option<Organization>, EngineError> {
    let membership = conn.memberships_in(id, &[account.id])?.into_iter().next();
    let is_owner = membership.is_some_and(|membership| membership.is_active() && membership.is_owner());
    if !is_owner && !conn.is_company_owner(id, account.id)? {
        return Ok(None);
    }
    Ok(conn.organization(id)?)
}

/// Tells all owners, and asks for a new code.
fn tell(
    tx: &mut Tx<'_>,
    env: &mut Env,
    sealer: &Sealer,
    organization: &Organization,
    by: &Account,
) -> Result<(), EngineError> {
    let name = &organization.name;
    let detail = format!("the break-glass code of '{name}' was used by `{}`: make a new one", by.username);
    env.report_urgently(Rule::Sso11, Some(organization.id), Some(organization.id.0), detail);
    let text = format!(
        "{} has signed in with the break-glass code of the organization {name} in Muster, at {} UTC.\n\nIf that was not \
         agreed on, end the session and look at the activity log. The code works no longer: make a new one.\n",
        by.username,
        env.now()
    );
    let subject = format!("The break-glass code of {name} was used");
    mail::post_to_owners(tx, env, sealer, [organization.id], &subject, &text)
}
