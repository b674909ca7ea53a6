//! The effective role of a membership: precedence (PRE-5), cap and last owner (ORG-1).

use muster_model::{
    Connection, ConnectionId, Layers, Membership, OrganizationId, Role, Rule, Source, precedence, trace::Note,
};
use muster_store::{Conn, Counter, Tx};

use crate::{EngineError, Env, standing::Standing};

/// The role that the layers give, capped by the connection that states it; `None` when nobody states one.
///
/// # Errors
///
/// The store's.
pub fn stated(
    tx: &mut Conn<'_>,
    connection: Option<&Connection>,
    roles: &Layers<Role>,
) -> Result<Option<Role>, EngineError> {
    let mut settings = Vec::new();
    for said in roles.iter().filter_map(|said| said.connection) {
        if settings.iter().any(|(id, _)| *id == said) {
            continue;
        }
        let of = match connection.filter(|connection| connection.id == said) {
            Some(connection) => Some(connection.settings.clone()),
            None => tx.connection_settings(said)?,
        };
        settings.extend(of.map(|of| (said, of)));
    }
    let of = |id: ConnectionId| settings.iter().find(|(other, _)| *other == id).map(|(_, settings)| settings);
    let speaker = |id| {
        of(id).map(|settings| precedence::Speaker {
            policy: settings.precedence.role,
            jit: settings.jit,
            scim: settings.scim.enabled,
        })
    };
    Ok(precedence::effective(roles, speaker).map(|said| {
        let cap = said.connection.and_then(of).map_or(Role::Owner, |settings| settings.highest_role);
        said.value.min(cap)
    }))
}

/// Whether the organization has an owner besides this account; company owners count (ORG-1). Holds the organization's
/// row, so that two owners cannot leave at once.
///
/// # Errors
///
/// The store's.
pub fn another_owner(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    account: muster_model::AccountId,
) -> Result<bool, EngineError> {
    tx.organization_for_update(organization)?;
    if tx.has_company_owner(organization, account)? {
        return Ok(true);
    }
    let owners = tx.count(organization.0, Counter::Owners)?;
    let is_one = tx.memberships_in(organization, &[account])?.first().is_some_and(Membership::is_owner);
    Ok(owners - i64::from(is_one) > 0)
}

/// Records what a source says about the role (`None`: nothing any more), and lets the effective role follow.
///
/// # Errors
///
/// The store's.
pub fn state(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    standing: &mut Standing,
    said: Option<(Role, Rule)>,
    source: Source,
) -> Result<(), EngineError> {
    let Some(membership) = standing.membership() else { return Ok(()) };
    let mut roles = membership.roles.clone();
    let changed = match said {
        Some((value, rule)) => {
            if value > connection.settings.highest_role {
                env.note(Rule::Org1, Note::RoleCapped(value.to_string()));
            }
            roles.say(env.statement(source, Some(connection.id), value, rule))
        }
        // What was inherited holds until its heir says something (SSO-12).
        None if roles.get(source, Some(connection.id)).is_some_and(|said| said.rule == Rule::Sso12) => false,
        None => roles.withdraw(source, Some(connection.id)),
    };
    if !changed {
        return Ok(());
    }
    replace(tx, env, connection, standing, roles)?;
    if let (Some((value, _)), Some(membership)) = (said, standing.membership())
        && membership.role != value.min(connection.settings.highest_role)
        && !membership.role_kept
    {
        env.note(Rule::Pre5, Note::Outvoted(format!("role {value}")));
    }
    Ok(())
}

/// Takes back what a source says about the role, inherited or not, and lets the effective role follow.
///
/// # Errors
///
/// The store's.
pub fn withdraw(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    standing: &mut Standing,
    source: Source,
) -> Result<(), EngineError> {
    let Some(membership) = standing.membership() else { return Ok(()) };
    let mut roles = membership.roles.clone();
    if roles.withdraw(source, Some(connection.id)) {
        replace(tx, env, connection, standing, roles)?;
    }
    Ok(())
}

fn replace(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    standing: &mut Standing,
    roles: Layers<Role>,
) -> Result<(), EngineError> {
    standing.edit(|membership| {
        membership.conflict = roles.in_conflict();
        membership.roles = roles;
    });
    settle_role(tx, env, Some(connection), standing)
}

/// Lets the effective role follow from the layers; the last owner's demotion waits (ORG-1).
///
/// # Errors
///
/// The store's.
pub fn settle_role(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: Option<&Connection>,
    standing: &mut Standing,
) -> Result<(), EngineError> {
    let Some(membership) = standing.membership() else { return Ok(()) };
    let (was, account, organization) = (membership.role, membership.account, membership.organization);
    let is_owner = membership.is_owner();
    let role = stated(tx, connection, &membership.roles)?.unwrap_or_default();
    if role == was {
        standing.edit(|membership| membership.role_kept = false);
        return Ok(());
    }
    if is_owner && !another_owner(tx, organization, account)? {
        standing.edit(|membership| membership.role_kept = true);
        keep_last_owner(tx, env, standing)?;
        return Ok(());
    }
    standing.edit(|membership| {
        membership.role = role;
        membership.role_kept = false;
    });
    env.note(Rule::Pre5, Note::RoleSet(role.to_string()));
    Ok(())
}

/// Reports urgently that the last owner stays on record.
///
/// # Errors
///
/// The store's.
pub fn keep_last_owner(tx: &mut Tx<'_>, env: &mut Env, standing: &Standing) -> Result<(), EngineError> {
    let organization = standing.organization();
    let name = tx.organization(organization)?.map(|organization| organization.name).unwrap_or_default();
    let detail = format!(
        "the identity provider ended or demoted the last owner of '{name}': the owner stays on record without access \
         from it until another owner exists; make another member an owner"
    );
    env.report_urgently(Rule::Org1, Some(organization), Some(standing.account().0), detail);
    env.note(Rule::Org1, Note::LastOwnerKept(name));
    Ok(())
}
