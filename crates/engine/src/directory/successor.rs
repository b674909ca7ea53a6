//! A successor's first push of a person takes over what its predecessor's SCIM user stood for, under a new id (SSO-12).

use muster_model::{
    Account, Connection, ConnectionId, DirectoryUser, Grant, MembershipState, Rule, Source, directory::Unprovisioned,
    grant::Origin, ledger::Event, trace::Note,
};
use muster_store::{Conn, Tx};

use super::users;
use crate::{
    EngineError, Env, accounts, declare, roles,
    standing::{Reason, Standing},
};

/// Whether a successor speaks for this user, who is none of the connection's concern any more.
pub(super) fn is_taken_over(connection: &Connection, user: &DirectoryUser) -> bool {
    user.unprovisioned == Some(Unprovisioned::TakenOver) && connection.settings.successor.is_some()
}

/// Whether the successor of a connection has a user for this account already.
pub(super) fn has_successor(
    conn: &mut Conn<'_>,
    connection: &Connection,
    account: &Account,
) -> Result<bool, EngineError> {
    let Some(successor) = connection.settings.successor else { return Ok(false) };
    Ok(conn.directory_users_of(account.id)?.iter().any(|user| user.connection == successor))
}

/// Takes over the memberships of the predecessor's user for this account, if it has one: its grants, its management and
/// its words on name, role and session length are this connection's from now on. In an organization that this connection
/// does not cover the membership stays, by hand.
///
/// # Errors
///
/// The store's.
pub(super) fn take_over(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    user: &DirectoryUser,
    account: &mut Account,
) -> Result<(), EngineError> {
    let Some(predecessor) = connection.settings.predecessor else { return Ok(()) };
    let users = tx.directory_users_of(account.id)?;
    let former: Vec<_> = users.into_iter().filter(|former| former.connection == predecessor).collect();
    if former.is_empty() {
        return Ok(());
    }
    for before in former {
        let (unprovisioned, version) = (Some(Unprovisioned::TakenOver), before.version + 1);
        let freed = DirectoryUser { account: None, unprovisioned, version, ..before.clone() };
        tx.update_directory_user(&before, &freed)?;
        let subject = users::subject(&freed);
        env.changed(Event::DirectoryUserUpdated, subject, freed.version, Rule::Sso12, &before, &freed)?;
        env.about(freed.id);
    }
    account.names.hand_over(Source::Scim, predecessor, connection.id, Rule::Sso12);
    account.session_minutes.hand_over(Source::Scim, predecessor, connection.id, Rule::Sso12);
    account.conflict = account.names.in_conflict() || account.session_minutes.in_conflict();
    // A name that the heir has said already holds, now that the other has no say.
    account.full_name = accounts::effective_name(tx, connection, account)?;
    for (organization, mut standing) in Standing::load_all(tx, account.id)? {
        match connection.covered(organization) {
            Some(covered) => {
                if inherit(env, predecessor, connection, user, &mut standing) {
                    env.note(Rule::Sso12, Note::Managed(covered.name.clone()));
                }
                // A role that the heir has said already holds, now that the other has no say.
                roles::settle_role(tx, env, Some(connection), &mut standing)?;
            }
            None => declare::release(tx, env, predecessor, &mut standing)?,
        }
        standing.save(tx, env, Rule::Sso12)?;
    }
    Ok(())
}

/// Makes one membership the successor's. Answers whether any of it was the predecessor's.
fn inherit(
    env: &mut Env,
    predecessor: ConnectionId,
    connection: &Connection,
    user: &DirectoryUser,
    standing: &mut Standing,
) -> bool {
    let theirs = |grant: &Grant| grant.source == Source::Scim && grant.connection == Some(predecessor);
    let grants: Vec<Grant> = standing.grants().filter(|grant| theirs(grant)).cloned().collect();
    standing.end(theirs);
    // Where the heir has the person active itself, what the other had withdrawn is not to come back, nor to put that to
    // sleep: a sleeping entry would outlast the end of the heir's user.
    let has_its_own = standing.is_wanted_by(connection.id);
    for grant in grants.iter().filter(|grant| !(has_its_own && grant.asleep)) {
        let origin = match grant.origin {
            Origin::Linked(_) => Origin::Linked(user.id.0),
            // The group is still the predecessor's: the grant stands until one of the successor's names the team.
            Origin::Person | Origin::Group(_) | Origin::Asserted => grant.origin,
        };
        // What only groups made, only groups hold (GRP-7).
        let by_groups = grant.is_managing() && grant.rule == Rule::Grp1;
        let reason = Reason::scim(connection.id, grant.team, origin);
        if grant.is_managing() && !by_groups {
            // What the heir's groups had made is the person's own from now on.
            standing.end(|own| own.manages(connection.id) && own.rule == Rule::Grp1);
        }
        standing.give(env, reason, if by_groups { Rule::Grp1 } else { Rule::Sso12 });
        if grant.asleep {
            standing
                .sleep(|own| own.connection == Some(connection.id) && own.team == grant.team && own.origin == origin);
        }
    }
    let by = connection.id;
    standing.edit(|membership| {
        membership.state = match membership.state {
            MembershipState::Asleep { by: ended } if ended == predecessor => MembershipState::Asleep { by },
            MembershipState::Kept { by: ended } if ended == predecessor => MembershipState::Kept { by },
            state => state,
        };
        membership.roles.hand_over(Source::Scim, predecessor, by, Rule::Sso12);
        membership.conflict = membership.roles.in_conflict();
    });
    !grants.is_empty()
}
