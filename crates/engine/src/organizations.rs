//! What owners and the operator do by hand: organizations, members, teams (ORG-1, ORG-2, GRP-5).

use muster_model::{
    Account, AccountId, CompanyId, Grant, Membership, MembershipState, Organization, OrganizationId, Role, Rule,
    Source, Team, TeamId,
    grant::Origin,
    ledger::{Event, Kind},
    membership::Ending,
    name,
};
use muster_store::{Conn, Tx};

use crate::{
    EngineError, Env, Refusal, accounts, blocks, connections, domains, invitations,
    ledger::Subject,
    roles, seats,
    standing::{Reason, Standing},
    teams,
};

/// The most characters of a team's description.
const DESCRIPTION: usize = 500;
/// How many owners are shown at most.
const SHOWN: usize = 100;

/// Makes an organization. The name is checked, and must never have been another's (ACC-3).
///
/// # Errors
///
/// [`Refusal::Name`]; the store's.
pub fn create(
    tx: &mut Tx<'_>,
    env: &mut Env,
    name: &str,
    company: Option<CompanyId>,
    seats: Option<i64>,
) -> Result<Organization, EngineError> {
    let name = name::checked_public(name).map_err(|error| Refusal::Name(error.to_string()))?;
    if tx.organization_by_name(&name)?.is_some() || tx.former_holder("organization", &name)?.is_some() {
        return Err(Refusal::NameTaken(format!("`{name}` is, or was, an organization's name: choose another")).into());
    }
    let organization = Organization {
        id: OrganizationId(env.new_id()),
        name,
        company,
        seats: checked_seats(seats)?,
        consents: Vec::new(),
        created: env.now(),
        version: 1,
    };
    tx.insert_organization(&organization)?;
    env.created(Event::OrganizationCreated, subject(&organization), 1, Rule::Acc3, &organization)?;
    env.about(organization.id);
    connections::changed(tx)?;
    Ok(organization)
}

/// Sets how many seats an organization has; `None` is unlimited. Fewer than are taken end nobody's membership.
///
/// # Errors
///
/// Refused below 0; the store's.
pub fn set_seats(
    tx: &mut Tx<'_>,
    env: &mut Env,
    organization: &Organization,
    seats: Option<i64>,
) -> Result<Organization, EngineError> {
    let seats = checked_seats(seats)?;
    if organization.seats == seats {
        return Ok(organization.clone());
    }
    let after = Organization { seats, version: organization.version + 1, ..organization.clone() };
    tx.update_organization(&after)?;
    env.changed(Event::OrganizationUpdated, subject(&after), after.version, Rule::Scim9, organization, &after)?;
    env.about(after.id);
    env.unsettle(after.id);
    Ok(after)
}

/// Moves an organization to a company, or out of one; its domains pass to the company it joins (ORG-4).
///
/// # Errors
///
/// The store's.
pub fn join_company(
    tx: &mut Tx<'_>,
    env: &mut Env,
    before: &Organization,
    company: Option<CompanyId>,
) -> Result<Organization, EngineError> {
    let after = Organization { company, version: before.version + 1, ..before.clone() };
    tx.update_organization(&after)?;
    env.changed(Event::OrganizationUpdated, subject(&after), after.version, Rule::Ten1, before, &after)?;
    env.about(after.id);
    // Its owners may have become others.
    env.unsettle(after.id);
    connections::changed(tx)?;
    if let Some(company) = company {
        domains::pass_to_company(tx, env, after.id, company)?;
    }
    Ok(after)
}

fn checked_seats(seats: Option<i64>) -> Result<Option<i64>, EngineError> {
    match seats {
        Some(seats) if seats < 0 => {
            Err(Refusal::Invalid(format!("`seats = {seats}`: use 0 or more, or leave it out for unlimited")).into())
        }
        seats => Ok(seats),
    }
}

/// Adds a member by hand, or gives one a role by hand (ORG-1). A block that an owner set is lifted.
///
/// # Errors
///
/// [`Refusal::NoSeat`], [`Refusal::LastOwner`]; the store's.
pub fn set_member(
    tx: &mut Tx<'_>,
    env: &mut Env,
    organization: &Organization,
    account: &Account,
    role: Role,
) -> Result<(), EngineError> {
    let mut standing = Standing::load(tx, account.id, organization.id)?;
    if !standing.is_active() {
        // Whoever was invited takes the invitation's seat, whichever way in (SCIM-9).
        let invitation = invitations::pending_of(tx, env, organization.id, account)?;
        if invitation.is_none()
            && !standing.membership().is_some_and(Membership::takes_seat)
            && !seats::is_free(tx, organization.id)?
        {
            return Err(Refusal::NoSeat(organization.name.clone()).into());
        }
        invitations::let_in(tx, env, organization.id, account, &mut standing)?;
        if let Some(invitation) = invitation {
            invitations::use_up(tx, env, &mut standing, &invitation, true)?;
        }
    } else {
        blocks::lift(tx, env, organization.id, account)?;
    }
    let by_hand = Reason { team: None, source: Source::Manual, connection: None, origin: Origin::Person };
    standing.give(env, by_hand, Rule::Org1);
    accounts::welcome(tx, env, account.id, organization.id, Rule::Org1)?;
    let said = env.statement(Source::Manual, None, role, Rule::Org1);
    standing.edit(|membership| {
        membership.roles.say(said);
    });
    let demoted = standing.membership().is_some_and(|membership| membership.is_owner() && role != Role::Owner);
    if demoted && !roles::another_owner(tx, organization.id, account.id)? {
        return Err(last_owner(account, organization));
    }
    roles::settle_role(tx, env, None, &mut standing)?;
    standing.save(tx, env, Rule::Org1)
}

/// Removes a member by hand (ORG-2): never held, never undone by signing in alone. With `block`, nothing but an owner
/// brings the person back.
///
/// # Errors
///
/// Not found; [`Refusal::LastOwner`]; the store's.
pub fn remove_member(
    tx: &mut Tx<'_>,
    env: &mut Env,
    organization: &Organization,
    account: &Account,
    block: bool,
) -> Result<(), EngineError> {
    let mut standing = Standing::load(tx, account.id, organization.id)?;
    let Some(membership) = standing.membership() else {
        return Err(EngineError::not_found("member", &account.username));
    };
    if matches!(membership.state, MembershipState::Ended { .. }) && (membership.blocked || !block) {
        return Err(EngineError::not_found("member", &account.username));
    }
    if membership.is_owner() && !roles::another_owner(tx, organization.id, account.id)? {
        return Err(last_owner(account, organization));
    }
    // What a directory ended before goes on being ended by it (JIT-10).
    let by = membership.state.ended_by();
    standing.end(|_| true);
    standing.set_state(MembershipState::Ended { why: Ending::Removed, by });
    // Removing again lifts no block; only an owner who adds the member does.
    standing.edit(|membership| membership.blocked |= block);
    standing.save(tx, env, Rule::Org2)
}

/// Lets a member leave of their own will: what identity providers and owners gave ends; what brings back whoever is removed
/// brings back whoever left (ORG-2).
///
/// # Errors
///
/// Not found; [`Refusal::LastOwner`]; the store's.
pub fn leave(
    tx: &mut Tx<'_>,
    env: &mut Env,
    organization: &Organization,
    account: &Account,
) -> Result<(), EngineError> {
    let mut standing = Standing::load(tx, account.id, organization.id)?;
    if !standing.is_active() {
        return Err(EngineError::not_found("organization", &organization.name));
    }
    if standing.membership().is_some_and(Membership::is_owner)
        && !roles::another_owner(tx, organization.id, account.id)?
    {
        return Err(last_owner(account, organization));
    }
    standing.end(|_| true);
    standing.set_state(MembershipState::Ended { why: Ending::Left, by: None });
    standing.save(tx, env, Rule::Org2)
}

fn last_owner(account: &Account, organization: &Organization) -> EngineError {
    Refusal::LastOwner { account: account.username.clone(), organization: organization.name.clone() }.into()
}

/// Puts a member into a team by hand; the team is made when missing.
///
/// # Errors
///
/// [`Refusal::Name`], [`Refusal::Invalid`] for somebody who is no member; the store's.
pub fn add_to_team(
    tx: &mut Tx<'_>,
    env: &mut Env,
    organization: &Organization,
    account: &Account,
    team: &str,
) -> Result<Team, EngineError> {
    let name = name::checked(team).map_err(|error| Refusal::Name(error.to_string()))?;
    let mut standing = Standing::load(tx, account.id, organization.id)?;
    if !standing.is_active() {
        let text = format!("`{}` is not a member of '{}': add the member first", account.username, organization.name);
        return Err(Refusal::Invalid(text).into());
    }
    let team = teams::find_or_create(tx, env, organization.id, &name, Rule::Grp6)?;
    let by_hand = Reason { team: Some(team.id), source: Source::Manual, connection: None, origin: Origin::Person };
    standing.give(env, by_hand, Rule::Grp6);
    standing.save(tx, env, Rule::Grp6)?;
    Ok(team)
}

/// Takes a member out of a team, as far as people have put them in. Whom an identity provider has put in, it takes out.
///
/// # Errors
///
/// Not found for somebody who is not in the team; [`Refusal::Invalid`] where only an identity provider says so; the store's.
pub fn remove_from_team(
    tx: &mut Tx<'_>,
    env: &mut Env,
    organization: &Organization,
    account: &Account,
    id: TeamId,
) -> Result<(), EngineError> {
    let team = live_team(tx, organization, id)?;
    let mut standing = Standing::load(tx, account.id, organization.id)?;
    if !standing.is_active() || !standing.in_team(id) {
        return Err(EngineError::not_found("team member", &account.username));
    }
    let is_by_people = |grant: &Grant| grant.team == Some(id) && grant.connection.is_none();
    if !standing.grants().any(is_by_people) {
        let connection = standing.awake().find(|grant| grant.team == Some(id)).and_then(|grant| grant.connection);
        let name = match connection {
            Some(connection) => tx.connection(connection)?.map(|connection| connection.name),
            None => None,
        };
        let text = format!(
            "`{}` is in '{}' because the identity provider of connection `{}` says so: take the person out of the group \
             there",
            account.username,
            team.name,
            name.unwrap_or_default()
        );
        return Err(Refusal::Invalid(text).into());
    }
    end_team(env, &mut standing, is_by_people);
    standing.save(tx, env, Rule::Grp6)
}

/// Makes a team by hand.
///
/// # Errors
///
/// [`Refusal::Name`], also where a team has or had the name; the store's.
pub fn create_team(
    tx: &mut Tx<'_>,
    env: &mut Env,
    organization: &Organization,
    name: &str,
    description: &str,
) -> Result<Team, EngineError> {
    let name = name::checked(name).map_err(|error| Refusal::Name(error.to_string()))?;
    let description = checked_description(description)?;
    match tx.team_by_name(organization.id, &name)? {
        Some(team) if team.ended.is_none() => {
            return Err(Refusal::NameTaken(format!("there is a team `{}` already", team.name)).into());
        }
        // One that was deleted comes back, under whichever of its names, as a push would bring it (GRP-5).
        Some(_) | None => {}
    }
    let made = teams::find_or_create(tx, env, organization.id, &name, Rule::Grp5)?;
    change_team(tx, env, organization, made.id, &name, description)
}

/// Renames a team by hand and says what it is for; groups keep mapping to it under its old names (GRP-5).
///
/// # Errors
///
/// Not found; [`Refusal::Name`]; [`Refusal::Invalid`] for the description; the store's.
pub fn change_team(
    tx: &mut Tx<'_>,
    env: &mut Env,
    organization: &Organization,
    id: TeamId,
    name: &str,
    description: &str,
) -> Result<Team, EngineError> {
    let name = name::checked(name).map_err(|error| Refusal::Name(error.to_string()))?;
    let description = checked_description(description)?.to_owned();
    let before = live_team(tx, organization, id)?;
    if before.name == name && before.description == description {
        return Ok(before);
    }
    let holder = tx.team_by_name(organization.id, &name)?;
    if holder.as_ref().is_some_and(|holder| holder.id != id) {
        return Err(Refusal::NameTaken(format!("`{name}` is, or was, the name of another team: choose another")).into());
    }
    let after = Team { name, description, version: before.version + 1, ..before.clone() };
    if holder.is_none() {
        tx.insert_team_name(&after)?;
    }
    tx.update_team(&after)?;
    env.changed(Event::TeamUpdated, Subject::new(Kind::Team, id), after.version, Rule::Grp5, &before, &after)?;
    env.about(id);
    env.about(organization.id);
    Ok(after)
}

fn checked_description(description: &str) -> Result<&str, EngineError> {
    let description = description.trim();
    if description.chars().count() <= DESCRIPTION && !description.chars().any(char::is_control) {
        return Ok(description);
    }
    let text = format!("a description has at most {DESCRIPTION} characters, none of them a control character");
    Err(Refusal::Invalid(text).into())
}

/// The accounts of an organization's owners, at most 100 of them.
///
/// # Errors
///
/// The store's.
pub fn owners(conn: &mut Conn<'_>, organization: &Organization) -> Result<Vec<Account>, EngineError> {
    let owners: Vec<AccountId> = conn.owners(organization.id)?.iter().map(|owner| owner.account).take(SHOWN).collect();
    if owners.is_empty() { Ok(Vec::new()) } else { Ok(conn.accounts(&owners)?) }
}

/// The team of this name that is alive; a name that it had before means it as well.
///
/// # Errors
///
/// Not found; the store's.
pub fn team_named(conn: &mut Conn<'_>, organization: &Organization, name: &str) -> Result<Team, EngineError> {
    let missing = || EngineError::not_found("team", name);
    let folded = name::checked(name).map_err(|_| missing())?;
    conn.team_by_name(organization.id, &folded)?.filter(|team| team.ended.is_none()).ok_or_else(missing)
}

/// Deletes a team by hand; its members stay in the organization. The next push that names it brings it back (GRP-5).
///
/// # Errors
///
/// Not found; the store's.
pub fn delete_team(tx: &mut Tx<'_>, env: &mut Env, organization: &Organization, id: TeamId) -> Result<(), EngineError> {
    let before = live_team(tx, organization, id)?;
    loop {
        let accounts = tx.team_grant_holders(id, 200)?;
        if accounts.is_empty() {
            break;
        }
        for (_, mut standing) in Standing::load_in(tx, organization.id, &accounts)? {
            end_team(env, &mut standing, |grant| grant.team == Some(id));
            standing.save(tx, env, Rule::Grp5)?;
        }
    }
    let after = Team { ended: Some(env.now()), version: before.version + 1, ..before.clone() };
    tx.update_team(&after)?;
    env.changed(Event::TeamEnded, Subject::new(Kind::Team, id), after.version, Rule::Grp5, &before, &after)?;
    env.about(id);
    env.about(organization.id);
    Ok(())
}

/// Ends these grants, all for one team; those that also carry the membership go on without it.
fn end_team(env: &mut Env, standing: &mut Standing, which: impl Fn(&Grant) -> bool) {
    let carrying: Vec<(Reason, Rule, bool)> = standing
        .grants()
        .filter(|grant| which(grant) && grant.origin == Origin::Person)
        .map(|grant| {
            let Grant { source, connection, origin, rule, asleep, .. } = *grant;
            (Reason { team: None, source, connection, origin }, rule, asleep)
        })
        .collect();
    standing.end(&which);
    for (reason, rule, asleep) in carrying {
        standing.give(env, reason, rule);
        if asleep {
            standing.sleep(|grant| reason.is_of(grant));
        }
    }
}

fn live_team(conn: &mut Conn<'_>, organization: &Organization, id: TeamId) -> Result<Team, EngineError> {
    let team = conn.team(organization.id, id)?.filter(|team| team.ended.is_none());
    team.ok_or_else(|| EngineError::not_found("team", id))
}

fn subject(organization: &Organization) -> Subject {
    Subject::new(Kind::Organization, organization.id)
}
