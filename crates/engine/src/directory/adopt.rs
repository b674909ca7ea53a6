//! Taking an existing member under management, in place (MIG-1).

use muster_model::{
    Connection, DirectoryUser, Grant, Membership, OrganizationId, Rule, Source, UserStatement, grant::Origin,
    trace::Note,
};
use muster_store::Tx;

use super::{Inherited, provision, reassert};
use crate::{
    EngineError, Env,
    standing::{Reason, Standing},
    teams,
};

/// Why the directory places a person in an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Placed {
    /// By the person's own entry: `dockerOrg`, or the connection's default.
    Person,
    /// By a group alone.
    Group,
}

/// Whether, and why, the directory places the person of this standing where it is.
pub(crate) fn placed(connection: &Connection, said: &UserStatement, standing: &Standing) -> Option<Placed> {
    // What cannot be followed places nobody.
    let place = provision::place(connection, said).ok().flatten();
    if place.is_some_and(|place| place.organization == standing.organization()) {
        return Some(Placed::Person);
    }
    let by_group = |grant: &Grant| ours(grant, connection) && matches!(grant.origin, Origin::Group(_));
    standing.awake().any(by_group).then_some(Placed::Group)
}

fn ours(grant: &Grant, connection: &Connection) -> bool {
    grant.source == Source::Scim && grant.connection == Some(connection.id)
}

/// Lets a connection manage a membership that it found: from now on its end is the membership's end. An inactive user's
/// membership ends with that. Answers whether there was something to adopt.
///
/// `owners`: also an owner, which takes being named singly.
///
/// # Errors
///
/// What a push would be refused for; the store's.
pub(crate) fn adopt(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    user: &DirectoryUser,
    said: &UserStatement,
    organization: OrganizationId,
    owners: bool,
) -> Result<bool, EngineError> {
    let (Some(account), Some(covered)) = (user.account, connection.covered(organization)) else { return Ok(false) };
    let mut standing = Standing::load(tx, account, organization)?;
    if !standing.is_active() || standing.managed_by(connection.id).is_some() {
        return Ok(false);
    }
    if !owners && standing.membership().is_some_and(Membership::is_owner) {
        return Ok(false);
    }
    // What only groups made, only groups hold (GRP-7).
    let rule = match placed(connection, said, &standing) {
        Some(Placed::Person) => Rule::Mig1,
        Some(Placed::Group) => Rule::Grp1,
        None => return Ok(false),
    };
    let place = provision::place(connection, said).ok().flatten();
    let team = match place.filter(|place| place.organization == organization && user.active) {
        Some(provision::Place { team: Some((name, _)), .. }) => {
            Some(teams::find_or_create(tx, env, organization, &name, Rule::Mig1)?.id)
        }
        _ => None,
    };
    let linked = Origin::Linked(user.id.0);
    standing.end(|grant| ours(grant, connection) && grant.origin == linked);
    standing.give(env, Reason::scim(connection.id, team, Origin::Person), rule);
    env.note(Rule::Mig1, Note::Managed(covered.name.clone()));
    tx.resolve_reports(account.0, Some(organization), Rule::Scim6.id(), env.now())?;
    standing.save(tx, env, Rule::Mig1)?;
    reassert(tx, env, connection, user, said, Inherited::Keep)?;
    Ok(true)
}
