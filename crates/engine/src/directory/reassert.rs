//! Saying anew what a directory last said: the same rules as for a push, on a document that is there already.
//!
//! After settings changed, for adoption, and to repair what has drifted. Whoever agrees with what was said already is
//! not written.

use std::collections::BTreeSet;

use muster_model::{
    AccountId, Connection, DirectoryGroupId, DirectoryUser, DirectoryUserId, Grant, OrganizationId, Rule, Source,
    TeamId, UserStatement, directory::Unprovisioned, grant::Origin, ledger::Event,
};
use muster_store::Tx;
use uuid::Uuid;

use super::{Documents, deactivate, placement, provision, users};
use crate::{EngineError, Env, Refusal, roles, standing::Standing};

/// Users read with one statement.
const SLICE: i64 = 200;

/// What becomes of team grants that a successor took over and whose team its own groups have not named yet (SSO-12).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inherited {
    /// They stay.
    Keep,
    /// They end, as everything that the directory does not say.
    End,
}

/// Makes account, memberships and grants agree with what the directory last said of a user, as its push would.
///
/// # Errors
///
/// What a push would be refused for; the store's.
pub fn reassert(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    before: &DirectoryUser,
    said: &UserStatement,
    inherited: Inherited,
) -> Result<(), EngineError> {
    if before.unprovisioned == Some(Unprovisioned::TakenOver) {
        return Ok(());
    }
    let mut user = before.clone();
    if user.active {
        end_unsaid(tx, env, connection, &user, inherited)?;
        provision::follow(tx, env, connection, &mut user, said)?;
        placement::restore(tx, env, connection, &user)?;
        placement::follow_all(tx, env, connection, &user, said)?;
    } else {
        deactivate::deactivate(tx, env, connection, &mut user)?;
    }
    if user == *before {
        return Ok(());
    }
    user.version = before.version + 1;
    user.modified = env.now();
    tx.update_directory_user(before, &user)?;
    env.changed(Event::DirectoryUserUpdated, users::subject(&user), user.version, Rule::Scim5, before, &user)?;
    env.about(user.id);
    if let Some(account) = user.account {
        env.about(account);
    }
    Ok(())
}

/// As [`reassert`], for every user of a connection after its settings changed. A user whose own statement cannot be
/// followed any more stays where it is, and is reported.
///
/// # Errors
///
/// [`Refusal::NoSeat`]; the store's.
pub fn reassert_all(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    documents: &dyn Documents,
) -> Result<(), EngineError> {
    let mut after = DirectoryUserId(Uuid::nil());
    loop {
        let page = tx.directory_users_after(connection.id, after, SLICE)?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.id;
        for user in &page {
            let said = documents.statement(user)?;
            match reassert(tx, env, connection, user, &said, Inherited::Keep) {
                // Refused before anything was written.
                Err(EngineError::Refused(refusal @ Refusal::OrganizationNotCovered(_))) => {
                    env.report(Rule::Scim4, None, Some(user.id.0), format!("a user stays where it is: {refusal}"));
                }
                done => done?,
            }
        }
    }
}

/// Ends what a connection still gives an account for which it has no user any more.
///
/// # Errors
///
/// The store's.
pub(crate) fn withdraw_orphan(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    account: AccountId,
) -> Result<(), EngineError> {
    deactivate::forget_account(tx, env, connection, account)
}

/// Stores what a row says beside its document, and who is in which group, as they are: what lists and filters go by.
///
/// # Errors
///
/// The store's.
pub(crate) fn restate_row(
    tx: &mut Tx<'_>,
    env: &mut Env,
    before: &DirectoryUser,
    said: &UserStatement,
) -> Result<DirectoryUser, EngineError> {
    let groups = i64::try_from(tx.groups_naming(before.id.0)?.len()).unwrap_or(i64::MAX);
    let (user_name, external_id) = (said.user_name.clone(), said.external_id.clone());
    let row = DirectoryUser { groups, user_name, external_id, ..before.clone() };
    if row == *before {
        return Ok(row);
    }
    let row = DirectoryUser { version: before.version + 1, modified: env.now(), ..row };
    tx.update_directory_user(before, &row)?;
    env.changed(Event::DirectoryUserUpdated, users::subject(&row), row.version, Rule::Pre4, before, &row)?;
    env.about(row.id);
    Ok(row)
}

/// Ends the connection's grants that neither the user nor its groups say, and roles that no group gives any more.
fn end_unsaid(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    user: &DirectoryUser,
    inherited: Inherited,
) -> Result<(), EngineError> {
    let Some(account) = user.account else { return Ok(()) };
    let standings = Standing::load_all(tx, account)?;
    let ours = |grant: &Grant| grant.source == Source::Scim && grant.connection == Some(connection.id);
    if !standings.values().any(|standing| standing.grants().any(ours)) {
        return Ok(());
    }
    let said = said_by_groups(tx, connection, user)?;
    for (organization, mut standing) in standings {
        standing.end(|grant| {
            ours(grant)
                && match grant.origin {
                    Origin::Person | Origin::Asserted => false,
                    Origin::Linked(id) => id != user.id.0,
                    Origin::Group(_) if grant.rule == Rule::Sso12 && inherited == Inherited::Keep => false,
                    Origin::Group(id) => !said.contains(&(DirectoryGroupId(id), organization, grant.team)),
                }
        });
        let by_table = standing.membership().is_some_and(|membership| {
            membership.roles.get(Source::Scim, Some(connection.id)).is_some_and(|said| said.rule == Rule::Grp8)
        });
        if by_table {
            let role = provision::role_by_groups(tx, connection, user, organization)?;
            roles::state(tx, env, connection, &mut standing, role, Source::Scim)?;
        }
        standing.save(tx, env, Rule::Grp6)?;
    }
    Ok(())
}

/// Every grant that the user's groups give now.
fn said_by_groups(
    tx: &mut Tx<'_>,
    connection: &Connection,
    user: &DirectoryUser,
) -> Result<BTreeSet<(DirectoryGroupId, OrganizationId, Option<TeamId>)>, EngineError> {
    let mut said = BTreeSet::new();
    for group in placement::groups_of(tx, connection, user)? {
        for target in &group.targets {
            let team = match &target.team {
                Some(name) => match tx.team_by_name(target.organization, name)? {
                    Some(team) => Some(team.id),
                    None => continue,
                },
                None => None,
            };
            said.insert((group.id, target.organization, team));
        }
    }
    Ok(said)
}
