//! An active directory user's account and memberships.

use std::collections::BTreeMap;

use muster_model::{
    Account, Connection, DirectoryUser, Email, MembershipState, OrganizationId, Role, Rule, Source, TeamId,
    UserStatement, directory::Unprovisioned, grant::Origin, ledger::Event, membership::Ending, name, trace::Note,
};
use muster_store::{Conn, Tx};

use super::{
    admission::{Admission, Speaker, admit},
    guests, successor, users,
};
use crate::{
    EngineError, Env, Refusal, accounts, blocks, domains, roles,
    standing::{Reason, Standing},
    teams,
};

/// Where the user belongs, by the extension or the connection's defaults (SCIM-4, JIT-5).
pub(super) struct Place {
    pub(super) organization: OrganizationId,
    name: String,
    /// The team, and whether the user states it rather than the default.
    pub(super) team: Option<(String, bool)>,
}

/// What a directory user that is active for the first time, or again, brings about.
pub(super) fn start(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    user: &mut DirectoryUser,
    said: &UserStatement,
) -> Result<(), EngineError> {
    if !said.active {
        user.unprovisioned = user.account.is_none().then_some(Unprovisioned::Inactive);
        env.note(Rule::Scim5, Note::NotProvisioned("the user is inactive".to_owned()));
        return Ok(());
    }
    follow(tx, env, connection, user, said)
}

/// What an active directory user's present statement brings about: the account and its memberships are made to agree.
pub(super) fn follow(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    user: &mut DirectoryUser,
    said: &UserStatement,
) -> Result<(), EngineError> {
    if successor::is_taken_over(connection, user) {
        env.note(Rule::Sso12, Note::NotProvisioned("the connection's successor speaks for the person".to_owned()));
        return Ok(());
    }
    let place = place(connection, said)?;
    let email = said.email(connection.settings.scim.user_names).map_err(Refusal::NotAnEmail)?;
    let Some(email) = email else {
        if user.account.is_none() {
            user.unprovisioned = Some(Unprovisioned::NoEmail);
            env.note(Rule::Scim10, Note::NotProvisioned("no email".to_owned()));
            return Ok(());
        }
        // The account is there already, and keeps its address.
        return follow_account(tx, env, connection, user, said, None, place);
    };
    if !connection.owns(&email) {
        if user.account.is_none() && connection.settings.scim.other_domains {
            return guests::invite(tx, env, connection, user, &email, said, place.map(|place| place.organization));
        }
        // The address of an account that is already there counts only when it changes (SCIM-10).
        let unchanged = match user.account {
            Some(account) => tx.account(account)?.is_some_and(|account| account.email.as_ref() == Some(&email)),
            None => false,
        };
        let reactivated = !was_active(user, tx)?;
        if !unchanged || reactivated {
            let (domain, connection) = (email.domain(), connection.name.clone());
            return Err(Refusal::UnverifiedDomain { domain, connection }.into());
        }
    }
    guests::take_back(tx, env, user)?;
    follow_account(tx, env, connection, user, said, Some(email), place)
}

/// Whether the stored row says that the user was active; a user that is not stored yet was not.
fn was_active(user: &DirectoryUser, tx: &mut Tx<'_>) -> Result<bool, EngineError> {
    Ok(tx.directory_user(user.connection, user.id)?.is_some_and(|stored| stored.active))
}

fn follow_account(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    user: &mut DirectoryUser,
    said: &UserStatement,
    email: Option<Email>,
    place: Option<Place>,
) -> Result<(), EngineError> {
    let (before, made) = match (user.account, &email) {
        (Some(id), _) => {
            let account = tx.account_for_update(id)?.ok_or_else(|| EngineError::not_found("account", id))?;
            (account, false)
        }
        (None, Some(email)) => {
            let (account, made) = accounts::find_or_create(tx, env, email, Rule::Scim5)?;
            if !made {
                // ORG-4: nobody enters, or manages, what was there before the domain passed to this holder.
                if domains::is_former_holders(tx, &account)? {
                    return Err(Refusal::EmailTaken(email.to_string()).into());
                }
                if successor::has_successor(tx, connection, &account)? {
                    user.unprovisioned = Some(Unprovisioned::TakenOver);
                    return Ok(());
                }
                replace_tombstone(tx, env, connection, user, &account, email)?;
            }
            (account, made)
        }
        (None, None) => return Ok(()),
    };
    let mut account = before.clone();
    // What the directory, or the one that it succeeds, deleted is back (JIT-10).
    account.come_back(connection.id);
    connection.settings.predecessor.map(|former| account.come_back(former));
    if !made {
        successor::take_over(tx, env, connection, user, &mut account)?;
    }
    // TEN-2: a connection changes an account only inside its own domains, before and after.
    if account.email.as_ref().is_some_and(|current| connection.owns(current)) {
        if let Some(email) = &email {
            accounts::change_email(tx, env, connection, &mut account, email)?;
        }
        accounts::state_profile(tx, env, connection, &mut account, said.full_name.as_deref(), said.session_minutes)?;
    } else if email.as_ref() != account.email.as_ref() {
        let why = "the account's address is not in a verified domain of this connection".to_owned();
        env.note(Rule::Ten2, Note::EmailKept(why));
    }
    if made {
        accounts::insert(tx, env, &account, Rule::Scim5)?;
    } else {
        accounts::update(tx, env, &before, account.clone(), Rule::Scim5)?;
    }
    user.account = Some(account.id);
    user.unprovisioned = None;
    let standings = if made { BTreeMap::new() } else { Standing::load_all(tx, account.id)? };
    settle_places(tx, env, connection, user, said, &account, standings, place)
}

/// One person is one user of a directory. An inactive user that still speaks for the account gives it up: identity
/// providers rename a deleted person away and create the person anew when it returns.
fn replace_tombstone(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    user: &DirectoryUser,
    account: &Account,
    email: &Email,
) -> Result<(), EngineError> {
    for other in tx.directory_users_of(account.id)? {
        if other.connection != connection.id || other.id == user.id {
            continue;
        }
        if other.active {
            return Err(Refusal::EmailTaken(email.to_string()).into());
        }
        let freed = DirectoryUser {
            account: None,
            unprovisioned: Some(Unprovisioned::Inactive),
            version: other.version + 1,
            ..other.clone()
        };
        tx.update_directory_user(&other, &freed)?;
        let subject = users::subject(&freed);
        env.changed(Event::DirectoryUserUpdated, subject, freed.version, Rule::Scim10, &other, &freed)?;
        env.about(freed.id);
    }
    Ok(())
}

/// Moves the one grant that the extension's attributes are together (SCIM-4) to where they say now.
#[expect(clippy::too_many_arguments, reason = "one statement's parts, each used once")]
fn settle_places(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    user: &DirectoryUser,
    said: &UserStatement,
    account: &Account,
    mut standings: BTreeMap<OrganizationId, Standing>,
    place: Option<Place>,
) -> Result<(), EngineError> {
    let target = place.as_ref().map(|place| place.organization);
    let here = target.map(|organization| {
        standings.remove(&organization).unwrap_or_else(|| Standing::none(account.id, organization))
    });
    let mut was_elsewhere = false;
    for (_, mut standing) in standings {
        was_elsewhere |= leave_former_place(tx, env, connection, user, &mut standing)?;
        wake_elsewhere(tx, env, connection, &mut standing)?;
        standing.save(tx, env, Rule::Scim4)?;
    }
    let (Some(place), Some(mut standing)) = (place, here) else {
        let why = "the connection has no default organization: set one, or send dockerOrg".to_owned();
        env.note(Rule::Scim5, Note::PassedOver(why));
        return Ok(());
    };
    let team = match &place.team {
        Some((name, stated)) => Some((teams::find_or_create(tx, env, place.organization, name, Rule::Scim4)?, *stated)),
        None => None,
    };
    let speaker = Speaker::User { states_team: place.team.as_ref().is_some_and(|(_, stated)| *stated) };
    let admission = admit(tx, env, connection, account, &mut standing, &place.name, speaker)?;
    let team_id = team.as_ref().map(|(team, _)| team.id);
    match admission {
        Admission::Blocked | Admission::Waiting => {}
        Admission::Linked => {
            let stated = team.as_ref().filter(|(_, stated)| *stated).map(|(team, _)| team.id);
            let origin = Origin::Linked(user.id.0);
            standing.end(|grant| grant.origin == origin && grant.team != stated);
            if let Some(team) = stated {
                standing.give(env, Reason::scim(connection.id, Some(team), origin), Rule::Scim4);
            }
        }
        Admission::Managed => {
            // What it was before the connection managed the membership is one with what it is now.
            standing.end(|grant| grant.origin == Origin::Linked(user.id.0));
            move_team(env, connection, &mut standing, team_id, team.as_ref().map(|(team, _)| team.name.as_str()));
        }
    }
    let role = role_stated(tx, connection, user, said, place.organization, target)?;
    roles::state(tx, env, connection, &mut standing, role, Source::Scim)?;
    standing.save(tx, env, if was_elsewhere { Rule::Scim4 } else { Rule::Scim5 })
}

/// Makes the managing grant name `team`, and no other.
fn move_team(
    env: &mut Env,
    connection: &Connection,
    standing: &mut Standing,
    team: Option<TeamId>,
    name: Option<&str>,
) {
    // What groups made becomes the person's own, and moves with it.
    if standing.grants().any(|grant| grant.manages(connection.id) && grant.team == team && grant.rule != Rule::Grp1) {
        standing.end(|grant| grant.manages(connection.id) && grant.team != team);
        return;
    }
    let was_in = team.is_some_and(|team| standing.in_team(team));
    standing.end(|grant| grant.manages(connection.id));
    standing.give(env, Reason::scim(connection.id, team, Origin::Person), Rule::Scim5);
    if let Some(name) = name
        && !was_in
    {
        env.note(Rule::Scim5, Note::TeamJoined(name.to_owned()));
    }
}

/// Takes the person's own grant out of an organization that the statement no longer names (SCIM-4). Where the
/// connection's groups still place the person, they go on managing the membership.
fn leave_former_place(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    user: &DirectoryUser,
    standing: &mut Standing,
) -> Result<bool, EngineError> {
    let explicit = standing.membership().is_some_and(|membership| {
        membership.roles.get(Source::Scim, Some(connection.id)).is_some_and(|said| said.rule == Rule::Scim4)
    });
    if explicit && standing.is_active() {
        // GRP-8: `dockerRole` concerns only its own place.
        let role = role_by_groups(tx, connection, user, standing.organization())?;
        roles::state(tx, env, connection, standing, role, Source::Scim)?;
    }
    if standing.managed_by(connection.id).is_none() {
        return Ok(standing.end(|grant| grant.origin == Origin::Linked(user.id.0)));
    }
    // Beside what its own groups made, a successor may have inherited what a person's entry did (SSO-12).
    if !standing.grants().any(|grant| grant.manages(connection.id) && grant.rule != Rule::Grp1) {
        return Ok(false);
    }
    let by_groups = standing
        .awake()
        .any(|grant| grant.connection == Some(connection.id) && matches!(grant.origin, Origin::Group(_)));
    standing.end(|grant| grant.manages(connection.id));
    if by_groups {
        standing.give(env, Reason::scim(connection.id, None, Origin::Person), Rule::Grp1);
        return Ok(true);
    }
    roles::withdraw(tx, env, connection, standing, Source::Scim)?;
    if standing.is_over() {
        let ended = MembershipState::Ended { why: Ending::Scim, by: Some(connection.id) };
        end_unless_last_owner(tx, env, connection, standing, ended)?;
    }
    Ok(true)
}

/// Ends a membership, or keeps the last owner on record (ORG-1).
pub(super) fn end_unless_last_owner(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    standing: &mut Standing,
    ended: MembershipState,
) -> Result<(), EngineError> {
    let owner = standing.membership().is_some_and(muster_model::Membership::is_owner);
    if owner && !roles::another_owner(tx, standing.organization(), standing.account())? {
        standing.set_state(MembershipState::Kept { by: connection.id });
        return roles::keep_last_owner(tx, env, standing);
    }
    standing.set_state(ended);
    if matches!(ended, MembershipState::Ended { .. }) {
        // Also what slept: an ended membership is remembered by nobody.
        standing.end(|_| true);
    }
    let name = match connection.covered(standing.organization()) {
        Some(covered) => covered.name.clone(),
        None => tx.organization(standing.organization())?.map(|organization| organization.name).unwrap_or_default(),
    };
    env.note(
        Rule::Scim5,
        if matches!(ended, MembershipState::Asleep { .. }) { Note::Suspended(name) } else { Note::Left(name) },
    );
    Ok(())
}

/// A membership elsewhere that this connection manages and had put to sleep comes back with the user (SCIM-5).
fn wake_elsewhere(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    standing: &mut Standing,
) -> Result<(), EngineError> {
    let asleep = matches!(
        standing.membership().map(|membership| membership.state),
        Some(MembershipState::Asleep { by } | MembershipState::Kept { by }) if by == connection.id
    );
    // What the groups made, the groups restore.
    let by_person = standing.managed_by(connection.id).is_some_and(|grant| grant.rule != Rule::Grp1);
    let Some(covered) = connection.covered(standing.organization()) else { return Ok(()) };
    if asleep && by_person {
        let Some(account) = tx.account(standing.account())? else { return Ok(()) };
        admit(tx, env, connection, &account, standing, &covered.name, Speaker::User { states_team: false })?;
    }
    Ok(())
}

/// Where the statement puts the user.
pub(super) fn place(connection: &Connection, said: &UserStatement) -> Result<Option<Place>, EngineError> {
    let named = said.organization.as_deref().map(str::trim).filter(|name| !name.is_empty());
    let covered = match named {
        Some(name) => {
            Some(connection.covered_by_name(name).ok_or_else(|| Refusal::OrganizationNotCovered(name.to_owned()))?)
        }
        None => connection.default_organization(),
    };
    let stated_team = said
        .team
        .as_deref()
        .map(str::trim)
        .filter(|team| !team.is_empty())
        .map(|team| name::checked(team).map_err(|error| Refusal::TeamName(error.to_string())))
        .transpose()?;
    let Some(covered) = covered else { return Ok(None) };
    let team = match (stated_team, named) {
        (Some(team), _) => Some((team, true)),
        // JIT-5: naming an organization suppresses the default team.
        (None, Some(_)) => None,
        (None, None) => name::checked(&connection.settings.default_team).ok().map(|team| (team, false)),
    };
    Ok(Some(Place { organization: covered.id, name: covered.name.clone(), team }))
}

/// What the directory says the role is in an organization: `dockerRole` in the user's own place, else the highest that
/// the mapping table gives to one of the user's groups (GRP-8).
pub(super) fn role_stated(
    tx: &mut Conn<'_>,
    connection: &Connection,
    user: &DirectoryUser,
    said: &UserStatement,
    organization: OrganizationId,
    target: Option<OrganizationId>,
) -> Result<Option<(Role, Rule)>, EngineError> {
    if target == Some(organization)
        && let Some(role) = said.role
    {
        return Ok(Some((role, Rule::Scim4)));
    }
    role_by_groups(tx, connection, user, organization)
}

/// The highest role that the mapping table gives to one of the user's groups (GRP-8).
pub(super) fn role_by_groups(
    tx: &mut Conn<'_>,
    connection: &Connection,
    user: &DirectoryUser,
    organization: OrganizationId,
) -> Result<Option<(Role, Rule)>, EngineError> {
    if user.groups == 0 || connection.mappings.iter().all(|entry| entry.role.is_none()) {
        return Ok(None);
    }
    let groups = tx.groups_naming(user.id.0)?;
    let mut best = None;
    for chunk in groups.chunks(200) {
        for group in tx.directory_groups(connection.id, chunk)? {
            let here = group.targets.iter().filter(|target| target.organization == organization);
            best = best.max(here.filter_map(|target| target.role).max());
        }
    }
    Ok(best.map(|role| (role, Rule::Grp8)))
}

/// Whether an active user lacks, in its own place, the membership that it should have: an owner removed it by hand, and
/// the next write adds it again (ORG-2).
pub(super) fn is_missing_somewhere(
    tx: &mut Conn<'_>,
    env: &Env,
    connection: &Connection,
    user: &DirectoryUser,
    said: &UserStatement,
) -> Result<bool, EngineError> {
    let Some(account) = user.account else { return Ok(false) };
    let Some(place) = place(connection, said)? else { return Ok(false) };
    let standing = Standing::load(tx, account, place.organization)?;
    let missing = match standing.membership() {
        None => true,
        Some(membership) => match membership.state {
            MembershipState::Ended { .. } => !membership.blocked,
            // Only the groups have brought it back so far, without the role and the team that the user states.
            MembershipState::Active => {
                standing.managed_by(connection.id).is_some_and(|managing| managing.rule == Rule::Grp1)
            }
            _ => false,
        },
    };
    if !missing {
        return Ok(false);
    }
    let email = tx.account(account)?.and_then(|account| account.email);
    Ok(!blocks::is_kept_out(tx, env, connection, place.organization, email.as_ref())?)
}
