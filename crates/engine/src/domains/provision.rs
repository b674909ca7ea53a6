//! Auto-provisioning: existing accounts of a verified domain join its organization when they next sign in (ORG-5).

use std::{fmt::Write as _, time::Duration};

use muster_crypto::Sealer;
use muster_model::{
    Account, AccountId, AccountState, ConnectionState, Domain, DomainState, OrganizationId, Rule, Source,
    domain::Holder, grant::Origin, ledger::Event, trace::Note,
};
use muster_store::{Conn, DomainJoin, Tx};

use super::{find, is_former_holders, record, require_owner};
use crate::{
    EngineError, Env, Refusal,
    guests::Home,
    invitations, mail, roles, seats,
    standing::{Reason, Standing},
};

/// Owners are told of those who joined in the meantime, once in a while.
const TOLD_AFTER: Duration = Duration::from_mins(10);
/// How many people a mail names.
const NAMED: usize = 100;

/// Lets existing accounts of a domain join this organization from their next sign-in on, or none. It counts while the domain
/// is verified.
///
/// # Errors
///
/// [`Refusal::NotAnOwner`]; refused for an organization that is not the holder's; as [`find`].
pub fn set_auto_provision(
    tx: &mut Tx<'_>,
    env: &mut Env,
    holder: Holder,
    name: &str,
    into: Option<OrganizationId>,
) -> Result<Domain, EngineError> {
    require_owner(tx, env, holder)?;
    let before = find(tx, holder, name)?.domain;
    if let Some(id) = into
        && !is_of(tx, holder, id)?
    {
        let text = "auto-provisioning leads into an organization of the domain's holder: name one of those (ORG-5)";
        return Err(Refusal::Invalid(text.to_owned()).into());
    }
    let after = Domain { auto_provision: into, ..before.clone() };
    record::change(tx, env, Event::DomainUpdated, &before, after)
}

/// Whether an organization is a holder's.
pub(crate) fn is_of(conn: &mut Conn<'_>, holder: Holder, id: OrganizationId) -> Result<bool, EngineError> {
    Ok(match holder {
        Holder::Organization(own) => own == id,
        Holder::Company(company) => {
            conn.organization(id)?.is_some_and(|organization| organization.company == Some(company))
        }
    })
}

/// Lets an account that signs in join the organization of its address's domain. Whoever was a member before, in whatever way
/// that ended, is for an owner, a directory or an invitation to bring back (JIT-10, ORG-2).
pub(crate) fn auto_provision(tx: &mut Tx<'_>, env: &mut Env, id: AccountId) -> Result<(), EngineError> {
    let Some(account) = tx.account(id)? else { return Ok(()) };
    let Some((domain, into)) = leading(tx, &account)? else { return Ok(()) };
    let mut standing = Standing::load(tx, account.id, into)?;
    if standing.membership().is_some() || is_kept_out(tx, env, into, &account)? {
        return Ok(());
    }
    let Some(organization) = tx.organization(into)? else { return Ok(()) };
    let invitation = invitations::pending_of(tx, env, into, &account)?;
    if invitation.is_none() && !seats::is_free(tx, into)? {
        let detail =
            format!("{} has an address of {} and would have joined: no seat is left", account.username, domain.name);
        env.report(Rule::Org5, Some(into), Some(account.id.0), detail);
        env.note(Rule::Org5, Note::WaitsForSeat(organization.name));
        return Ok(());
    }
    standing.come_in(env);
    let guest = Home::of(tx, into)?.is_guest(&account);
    standing.edit(|membership| membership.guest = guest);
    if let Some(invitation) = invitation {
        invitations::use_up(tx, env, &mut standing, &invitation, true)?;
    }
    let reason = Reason { team: None, source: Source::AutoProvision, connection: None, origin: Origin::Person };
    standing.give(env, reason, Rule::Org5);
    roles::settle_role(tx, env, None, &mut standing)?;
    standing.save(tx, env, Rule::Org5)?;
    env.note(Rule::Org5, Note::Joined(organization.name));
    let at = env.now();
    tx.resolve_reports(account.id.0, Some(into), Rule::Org5.id(), at)?;
    Ok(tx.insert_domain_join(&DomainJoin { organization: into, account: account.id, domain: domain.name, at })?)
}

/// The verified domain of an account's confirmed address, and where it leads. None where people of the domain sign in through
/// a connection, which decides itself; nor for an account of the domain's former holder.
fn leading(conn: &mut Conn<'_>, account: &Account) -> Result<Option<(Domain, OrganizationId)>, EngineError> {
    let Some(email) = account.email.as_ref().filter(|_| account.email_confirmed) else { return Ok(None) };
    if account.state != AccountState::Active {
        return Ok(None);
    }
    let claims = conn.domains_named(&email.domain())?;
    let Some(domain) = claims.into_iter().find(|claim| claim.state == DomainState::Verified) else { return Ok(None) };
    let Some(into) = domain.auto_provision else { return Ok(None) };
    for id in conn.connections_of_domain(&domain.name)? {
        let is_used = |connection: &muster_model::Connection| {
            connection.state == ConnectionState::Active && connection.settings.sso.is_some()
        };
        if conn.connection(id)?.as_ref().is_some_and(is_used) {
            return Ok(None);
        }
    }
    if is_former_holders(conn, account)? || !is_of(conn, domain.holder, into)? {
        return Ok(None);
    }
    Ok(Some((domain, into)))
}

fn is_kept_out(
    conn: &mut Conn<'_>,
    env: &Env,
    organization: OrganizationId,
    account: &Account,
) -> Result<bool, EngineError> {
    match &account.email {
        Some(email) if conn.keeps_addresses_out(organization)? => {
            crate::blocks::keeps_out(conn, env, organization, email)
        }
        _ => Ok(false),
    }
}

/// An organization whose owners are to be told who joined.
///
/// # Errors
///
/// The store's.
pub fn was_joined(conn: &mut Conn<'_>, now: muster_model::Timestamp) -> Result<Option<OrganizationId>, EngineError> {
    Ok(conn.domain_join_before(now.before(TOLD_AFTER))?)
}

/// Tells the owners of an organization who joined by a domain since they were last told.
///
/// # Errors
///
/// The store's.
pub fn tell_of_joins(
    tx: &mut Tx<'_>,
    env: &mut Env,
    sealer: &Sealer,
    organization: OrganizationId,
) -> Result<(), EngineError> {
    let joins = tx.take_domain_joins(organization)?;
    let Some(organization) = tx.organization(organization)? else { return Ok(()) };
    let mut named = String::new();
    for join in joins.iter().take(NAMED) {
        if let Some(email) = tx.account(join.account)?.and_then(|account| account.email) {
            // Writing to a string does not fail.
            let _ = writeln!(named, "  {email}, by {}, at {}", join.domain, join.at);
        }
    }
    if named.is_empty() {
        return Ok(());
    }
    let name = &organization.name;
    let more = joins.len().saturating_sub(NAMED);
    let more = if more > 0 { format!("  and {more} more\n") } else { String::new() };
    let text = format!(
        "These people have signed in with an address of a verified domain and are members of {name} now:\n\n{named}{more}\n\
         Auto-provisioning of the domain can be turned off with its settings.\n"
    );
    mail::post_to_owners(tx, env, sealer, [organization.id], &format!("New members of {name}"), &text)
}
