//! What follows from changed settings for the people concerned: groups mapped anew, roles and names resolved anew, guests
//! told apart anew.

use std::collections::BTreeMap;

use muster_model::{
    Account, AccountId, Connection, ConnectionId, MembershipState, OrganizationId, Role, Rule, Source, TeamId,
    domain::Holder, grant::Origin, membership::Ending,
};
use muster_store::Tx;
use uuid::Uuid;

use crate::{
    EngineError, Env, accounts,
    directory::{self, Documents},
    guests::Home,
    roles,
    standing::{Reason, Standing},
};

/// People handled with one statement.
const SLICE: i64 = 200;

/// Lets the people of a connection follow its changed settings.
pub(super) fn connection(
    tx: &mut Tx<'_>,
    env: &mut Env,
    before: &Connection,
    after: &Connection,
    documents: &dyn Documents,
) -> Result<(), EngineError> {
    let uncovered: Vec<OrganizationId> = before
        .organizations
        .iter()
        .map(|covered| covered.id)
        .filter(|organization| after.covered(*organization).is_none())
        .collect();
    if !uncovered.is_empty() {
        each_account(tx, after.id, |tx, account| {
            for organization in &uncovered {
                let mut standing = Standing::load(tx, account, *organization)?;
                release(tx, env, after.id, &mut standing)?;
                standing.save(tx, env, Rule::Sso12)?;
            }
            Ok(())
        })?;
    }
    if before.organizations != after.organizations || before.mappings != after.mappings {
        directory::remap_groups(tx, env, after)?;
    }
    if weight(before) != weight(after) {
        each_account(tx, after.id, |tx, account| resolve(tx, env, after, account))?;
    }
    if places(before) != places(after) && directory::require_scim(after).is_ok() {
        directory::reassert_all(tx, env, after, documents)?;
    }
    Ok(())
}

/// What decides where this connection's directory puts people.
fn places(connection: &Connection) -> impl PartialEq {
    let settings = &connection.settings;
    (
        connection.default_organization().map(|covered| covered.id),
        settings.default_team.clone(),
        settings.scim.user_names,
        settings.scim.membership_follows_groups,
    )
}

/// What decides how this connection's statements count.
fn weight(connection: &Connection) -> impl PartialEq {
    let settings = &connection.settings;
    (settings.precedence, settings.jit, settings.scim.enabled, settings.highest_role)
}

/// Resolves one person's name and roles anew.
fn resolve(tx: &mut Tx<'_>, env: &mut Env, connection: &Connection, account: AccountId) -> Result<(), EngineError> {
    accounts::settle_name(tx, env, connection, account)?;
    for mut standing in Standing::load_all(tx, account)?.into_values() {
        let ended = |state| matches!(state, MembershipState::Ended { .. });
        if standing.membership().is_none_or(|membership| ended(membership.state)) {
            continue;
        }
        roles::settle_role(tx, env, Some(connection), &mut standing)?;
        standing.save(tx, env, Rule::Pre1)?;
    }
    Ok(())
}

/// A connection lets go of one membership: who is in stays in, with the same teams and role, by hand from now on; what
/// only it remembered is over (SSO-12).
pub(crate) fn release(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: ConnectionId,
    standing: &mut Standing,
) -> Result<(), EngineError> {
    let Some(membership) = standing.membership() else { return Ok(()) };
    let (state, role) = (membership.state, membership.role);
    let ours = |connection_of: Option<ConnectionId>| connection_of == Some(connection);
    let teams: Vec<Option<TeamId>> =
        standing.awake().filter(|grant| ours(grant.connection)).map(|grant| grant.team).collect();
    for team in teams {
        let by_hand = Reason { team, source: Source::Manual, connection: None, origin: Origin::Person };
        standing.give(env, by_hand, Rule::Sso12);
    }
    standing.end(|grant| ours(grant.connection));
    match state {
        MembershipState::Asleep { by } if by == connection => {
            standing.end(|_| true);
            standing.set_state(MembershipState::Ended { why: Ending::Scim, by: Some(by) });
        }
        MembershipState::Waiting if standing.grants().next().is_none() => {
            standing.set_state(MembershipState::Ended { why: Ending::NoGrant, by: None });
        }
        MembershipState::Active => keep_role(tx, env, connection, standing, role)?,
        _ => {}
    }
    Ok(())
}

/// The role that the connection gave is from now on given by hand.
fn keep_role(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: ConnectionId,
    standing: &mut Standing,
    role: Role,
) -> Result<(), EngineError> {
    let Some(membership) = standing.membership() else { return Ok(()) };
    let mut said = membership.roles.clone();
    let mut changed = false;
    for source in [Source::Sso, Source::Scim] {
        changed |= said.withdraw(source, Some(connection));
    }
    if !changed {
        return Ok(());
    }
    if roles::stated(tx, None, &said)?.unwrap_or_default() != role {
        said.say(env.statement(Source::Manual, None, role, Rule::Sso12));
    }
    standing.edit(|membership| {
        membership.conflict = said.in_conflict();
        membership.roles = said;
    });
    Ok(())
}

/// Tells guests apart anew where the verified domains of these holders changed (ORG-8).
pub(crate) fn guests(tx: &mut Tx<'_>, env: &mut Env, holders: &[Holder]) -> Result<(), EngineError> {
    let mut organizations = Vec::new();
    for holder in holders {
        match holder {
            Holder::Organization(id) => organizations.push(*id),
            Holder::Company(id) => {
                organizations.extend(tx.organizations_of(*id)?.into_iter().map(|organization| organization.id));
            }
        }
    }
    organizations.sort();
    organizations.dedup();
    for organization in organizations {
        guests_of(tx, env, organization)?;
    }
    Ok(())
}

fn guests_of(tx: &mut Tx<'_>, env: &mut Env, organization: OrganizationId) -> Result<(), EngineError> {
    let home = Home::of(tx, organization)?;
    let mut after = AccountId(Uuid::nil());
    loop {
        let page = tx.memberships_page(organization, after, SLICE)?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.account;
        let ids: Vec<AccountId> = page.iter().map(|membership| membership.account).collect();
        let accounts: BTreeMap<AccountId, Account> =
            tx.accounts(&ids)?.into_iter().map(|account| (account.id, account)).collect();
        for membership in page {
            let Some(account) = accounts.get(&membership.account) else { continue };
            if membership.guest == home.is_guest(account) || matches!(membership.state, MembershipState::Ended { .. }) {
                continue;
            }
            let mut standing = Standing::load(tx, account.id, organization)?;
            standing.edit(|membership| membership.guest = home.is_guest(account));
            standing.save(tx, env, Rule::Org8)?;
        }
    }
}

/// Calls `act` with everybody whom a connection states or has stated something about.
pub(super) fn each_account(
    tx: &mut Tx<'_>,
    connection: ConnectionId,
    mut act: impl FnMut(&mut Tx<'_>, AccountId) -> Result<(), EngineError>,
) -> Result<(), EngineError> {
    let mut after = AccountId(Uuid::nil());
    loop {
        let page = tx.accounts_of_connection(connection, after, SLICE)?;
        let Some(last) = page.last() else { return Ok(()) };
        after = *last;
        for account in page {
            act(tx, account)?;
        }
    }
}
