//! What being in a directory group means (GRP-1, GRP-6, GRP-7, GRP-8).
//!
//! Members are placed in slices: their standings are read with one statement each for memberships and grants, so the
//! cost of a group change follows the change, not the group (SCIM-14), also where a statement is a round trip.

use std::collections::BTreeMap;

use muster_model::{
    Account, AccountId, Connection, DirectoryGroup, DirectoryGroupId, DirectoryUser, Grant, MembershipState, Role,
    Rule, Source, Team, UserStatement, grant::Origin, ledger::Event, mapping::Target, membership::Ending, trace::Note,
};
use muster_store::{Conn, Tx};

use super::{
    admission::{Admission, Speaker, admit},
    provision::{self, end_unless_last_owner, role_by_groups},
    users,
};
use crate::{
    EngineError, Env, roles,
    standing::{Reason, Standing},
    teams,
};

/// Members handled with one statement.
pub(super) const SLICE: usize = 200;

/// Places users that are in a group into its targets. Users without an account, or inactive, are placed when they
/// become active ([`restore`]).
pub(super) fn enter(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    group: DirectoryGroupId,
    targets: &[Target],
    users: &[DirectoryUser],
) -> Result<(), EngineError> {
    let placed: Vec<&DirectoryUser> = users.iter().filter(|user| user.active && user.account.is_some()).collect();
    for target in targets {
        let Some(covered) = connection.covered(target.organization) else { continue };
        let team = match &target.team {
            Some(name) => Some(teams::find_or_create(tx, env, target.organization, name, Rule::Grp1)?),
            None => None,
        };
        for slice in placed.chunks(SLICE) {
            let (accounts, mut standings) = load(tx, target, slice)?;
            for user in slice {
                let Some(account) = user.account.and_then(|id| accounts.get(&id)) else { continue };
                let Some(mut standing) = standings.remove(&account.id) else { continue };
                let was_in = standing.awake().any(|grant| grant.manages(connection.id));
                let admission = admit(tx, env, connection, account, &mut standing, &covered.name, Speaker::Group)?;
                if admission != Admission::Blocked {
                    give_team(env, connection, &mut standing, group, team.as_ref());
                    // Who comes in anew, or comes back, has the role of all of its groups, not of this one alone.
                    if target.role.is_some() || !was_in {
                        restate_role(tx, env, connection, user, &mut standing, target.role)?;
                    }
                }
                standing.save(tx, env, Rule::Grp1)?;
            }
        }
    }
    Ok(())
}

fn give_team(
    env: &mut Env,
    connection: &Connection,
    standing: &mut Standing,
    group: DirectoryGroupId,
    team: Option<&Team>,
) {
    if let Some(team) = team
        && !standing.in_team(team.id)
    {
        env.note(Rule::Grp1, Note::TeamJoined(team.name.clone()));
    }
    let team = team.map(|team| team.id);
    // What was inherited stood for what the connection's own groups had not said yet (SSO-12).
    standing.end(|grant| {
        grant.connection == Some(connection.id)
            && grant.rule == Rule::Sso12
            && grant.team == team
            && matches!(grant.origin, Origin::Group(of) if of != group.0)
    });
    let reason = Reason::scim(connection.id, team, Origin::Group(group.0));
    standing.give(env, reason, Rule::Grp1);
}

/// Takes users that are no longer in a group out of its targets, unless another grant says so (GRP-6).
///
/// `onward` is where they are placed next: a membership there goes on, whatever follows groups.
pub(super) fn leave(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    group: DirectoryGroupId,
    targets: &[Target],
    users: &[DirectoryUser],
    onward: &[Target],
) -> Result<(), EngineError> {
    let placed: Vec<&DirectoryUser> = users.iter().filter(|user| user.account.is_some()).collect();
    for target in targets {
        let goes_on = onward.iter().any(|next| next.organization == target.organization);
        let team = match &target.team {
            Some(name) => tx.team_by_name(target.organization, name)?,
            None => None,
        };
        for slice in placed.chunks(SLICE) {
            let (_, mut standings) = load(tx, target, slice)?;
            for user in slice {
                let Some(mut standing) = user.account.and_then(|account| standings.remove(&account)) else { continue };
                let gone = standing.end(|grant| {
                    grant.connection == Some(connection.id)
                        && grant.origin == Origin::Group(group.0)
                        && grant.team == team.as_ref().map(|team| team.id)
                });
                if gone {
                    end_asserted(connection, &mut standing, team.as_ref());
                    note_left(env, &standing, team.as_ref());
                }
                // What follows is so without the grant, too: it went with a team that was deleted by hand, or with a
                // membership that other groups have brought back.
                match target.role {
                    Some(_) if user.active => restate_role(tx, env, connection, user, &mut standing, None)?,
                    Some(_) if standing.is_active() => lower_role(tx, env, connection, user, &mut standing)?,
                    _ => {}
                }
                if !goes_on {
                    follow_groups(tx, env, connection, &mut standing)?;
                }
                standing.save(tx, env, Rule::Grp6)?;
            }
        }
    }
    Ok(())
}

fn note_left(env: &mut Env, standing: &Standing, team: Option<&Team>) {
    if let Some(team) = team {
        let (still, name) = (standing.in_team(team.id), team.name.clone());
        env.note(Rule::Grp6, if still { Note::TeamKept(name) } else { Note::TeamLeft(name) });
    }
}

/// GRP-6: within one connection, SCIM taking a person out of a group also ends its `sso` grant for that team, unless
/// another of its groups still says so.
fn end_asserted(connection: &Connection, standing: &mut Standing, team: Option<&Team>) {
    let Some(team) = team else { return };
    let still = standing.grants().any(|grant| {
        grant.source == Source::Scim && grant.connection == Some(connection.id) && grant.team == Some(team.id)
    });
    if !still {
        standing.end(|grant| {
            grant.source == Source::Sso && grant.connection == Some(connection.id) && grant.team == Some(team.id)
        });
    }
}

/// GRP-7: with `membership_follows_groups`, a membership that only groups made ends with the last of them.
fn follow_groups(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    standing: &mut Standing,
) -> Result<(), EngineError> {
    let follows = match standing.membership().map(|membership| membership.state) {
        // Who still waits for a seat was never in: without a group, nobody wants the person there (SCIM-9).
        Some(MembershipState::Waiting) => true,
        Some(MembershipState::Active) => connection.settings.scim.membership_follows_groups,
        // What sleeps is remembered, whatever the groups do meanwhile (SCIM-5).
        _ => false,
    };
    if !follows {
        return Ok(());
    }
    let ours = |grant: &&Grant| grant.source == Source::Scim && grant.connection == Some(connection.id);
    // Likewise what the connection manages while it has the user inactive, and others keep the membership awake (SCIM-8).
    let by_groups = standing.managed_by(connection.id).is_some_and(|grant| grant.rule == Rule::Grp1 && !grant.asleep);
    if !by_groups || standing.grants().filter(ours).any(|grant| matches!(grant.origin, Origin::Group(_))) {
        return Ok(());
    }
    standing.end(|grant| grant.manages(connection.id));
    roles::withdraw(tx, env, connection, standing, Source::Scim)?;
    if !standing.is_over() {
        return Ok(());
    }
    let ended = MembershipState::Ended { why: Ending::Groups, by: Some(connection.id) };
    end_unless_last_owner(tx, env, connection, standing, ended)
}

/// Lets the memberships that only groups made follow them, wherever the user is, other than in its own place.
pub(super) fn follow_all(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    user: &DirectoryUser,
    said: &UserStatement,
) -> Result<(), EngineError> {
    let Some(account) = user.account.filter(|_| connection.settings.scim.membership_follows_groups) else {
        return Ok(());
    };
    let own = provision::place(connection, said)?.map(|place| place.organization);
    for (organization, mut standing) in Standing::load_all(tx, account)? {
        if Some(organization) != own && standing.is_active() {
            follow_groups(tx, env, connection, &mut standing)?;
            standing.save(tx, env, Rule::Grp7)?;
        }
    }
    Ok(())
}

/// The role that the table gives follows the groups at every push; an explicit `dockerRole` beats it (GRP-8).
/// `entered` is the role of the group that the user has just come into.
fn restate_role(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    user: &DirectoryUser,
    standing: &mut Standing,
    entered: Option<Role>,
) -> Result<(), EngineError> {
    let explicit = standing.membership().is_some_and(|membership| {
        membership.roles.get(Source::Scim, Some(connection.id)).is_some_and(|said| said.rule == Rule::Scim4)
    });
    if explicit {
        return Ok(());
    }
    let present = role_by_groups(tx, connection, user, standing.organization())?.map(|(role, _)| role);
    let role = present.max(entered).map(|role| (role, Rule::Grp8));
    roles::state(tx, env, connection, standing, role, Source::Scim)
}

/// As [`restate_role`], for an inactive user whose membership another connection keeps awake (SCIM-8): a role that its
/// groups no longer give is lost, and none is won.
fn lower_role(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    user: &DirectoryUser,
    standing: &mut Standing,
) -> Result<(), EngineError> {
    let said = standing.membership().and_then(|membership| membership.roles.get(Source::Scim, Some(connection.id)));
    let Some(before) = said.filter(|said| said.rule == Rule::Grp8).map(|said| said.value) else { return Ok(()) };
    let present = role_by_groups(tx, connection, user, standing.organization())?;
    let role = present.map(|(role, rule)| (role.min(before), rule));
    roles::state(tx, env, connection, standing, role, Source::Scim)
}

/// Places a user that has become active where its groups say now (SCIM-5).
pub(super) fn restore(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    user: &DirectoryUser,
) -> Result<(), EngineError> {
    if user.groups == 0 || user.account.is_none() || !user.active {
        return Ok(());
    }
    for group in groups_of(tx, connection, user)? {
        enter(tx, env, connection, group.id, &group.targets, std::slice::from_ref(user))?;
    }
    Ok(())
}

/// Whether an owner removed an active user by hand from an organization where its groups place it: its next write adds
/// the membership again (ORG-2).
pub(super) fn is_missing(
    tx: &mut Conn<'_>,
    connection: &Connection,
    user: &DirectoryUser,
) -> Result<bool, EngineError> {
    let Some(account) = user.account.filter(|_| user.groups > 0) else { return Ok(false) };
    let mut ended = tx.memberships_of(account)?;
    ended.retain(|membership| {
        matches!(membership.state, MembershipState::Ended { .. })
            && !membership.blocked
            && connection.covered(membership.organization).is_some()
    });
    if ended.is_empty() {
        return Ok(false);
    }
    let lacking = |target: &Target| ended.iter().any(|membership| membership.organization == target.organization);
    Ok(groups_of(tx, connection, user)?.iter().any(|group| group.targets.iter().any(lacking)))
}

/// Takes a user that is deleted out of every group, in the same transaction (RFC 7644 §3.6). Its grants have ended.
pub(super) fn leave_all(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    user: &DirectoryUser,
) -> Result<(), EngineError> {
    let member = muster_model::directory::MemberId::User(user.id);
    for group in groups_of(tx, connection, user)? {
        let Some(group) = tx.directory_group(connection.id, group.id)? else { continue };
        tx.delete_group_member(group.id, member)?;
        let left =
            DirectoryGroup { members: group.members - 1, version: group.version + 1, modified: env.now(), ..group };
        tx.update_directory_group(&left)?;
        super::groups::record_members(env, &left, &[member], &[])?;
    }
    Ok(())
}

/// Stores that users came into a group (`+1`) or left it (`-1`): it shows in their `groups`, and so in their entity tag.
pub(super) fn touch_users(
    tx: &mut Tx<'_>,
    env: &mut Env,
    users: &mut [DirectoryUser],
    by: i64,
) -> Result<(), EngineError> {
    for user in users {
        let before = user.clone();
        user.groups += by;
        user.version += 1;
        user.modified = env.now();
        tx.update_directory_user_groups(user)?;
        env.changed(Event::DirectoryUserUpdated, users::subject(user), user.version, Rule::Grp2, &before, &*user)?;
        env.about(user.id);
    }
    Ok(())
}

pub(super) fn groups_of(
    tx: &mut Conn<'_>,
    connection: &Connection,
    user: &DirectoryUser,
) -> Result<Vec<DirectoryGroup>, EngineError> {
    let mut groups = Vec::new();
    for slice in tx.groups_naming(user.id.0)?.chunks(SLICE) {
        groups.extend(tx.directory_groups(connection.id, slice)?);
    }
    Ok(groups)
}

type Loaded = (BTreeMap<AccountId, Account>, BTreeMap<AccountId, Standing>);

fn load(tx: &mut Tx<'_>, target: &Target, users: &[&DirectoryUser]) -> Result<Loaded, EngineError> {
    let ids: Vec<AccountId> = users.iter().filter_map(|user| user.account).collect();
    let accounts = tx.accounts(&ids)?.into_iter().map(|account| (account.id, account)).collect();
    Ok((accounts, Standing::load_in(tx, target.organization, &ids)?))
}
