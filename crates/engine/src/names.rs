//! Names of organizations over time: a name that was given up keeps leading to whose it was
//! ([`crate::authority::named`]), and is never another's (ACC-3).

use muster_model::{
    Organization, Rule,
    ledger::{Event, Kind},
    name,
};
use muster_store::Tx;

use crate::{EngineError, Env, Refusal, connections, ledger::Subject};

/// What names organizations among former names.
const KIND: &str = "organization";

/// Renames an organization. Links, tokens and mappings that name it by a former name go on working.
///
/// # Errors
///
/// [`Refusal::Name`] for what cannot be a name, [`Refusal::NameTaken`] for what is or was another's; the store's.
pub fn rename_organization(
    tx: &mut Tx<'_>,
    env: &mut Env,
    organization: &Organization,
    to: &str,
) -> Result<Organization, EngineError> {
    let name = name::checked_public(to).map_err(|error| Refusal::Name(error.to_string()))?;
    if name == organization.name {
        return Ok(organization.clone());
    }
    let former = tx.former_holder(KIND, &name)?;
    if tx.organization_by_name(&name)?.is_some() || former.is_some_and(|holder| holder != organization.id.0) {
        return Err(Refusal::NameTaken(format!("`{name}` is, or was, an organization's name: choose another")).into());
    }
    if tx.former_holder(KIND, &organization.name)?.is_none() {
        tx.insert_former_name(KIND, &organization.name, organization.id.0, env.now())?;
    }
    let after = Organization { name, version: organization.version + 1, ..organization.clone() };
    tx.update_organization(&after)?;
    let subject = Subject::new(Kind::Organization, after.id);
    env.changed(Event::OrganizationUpdated, subject, after.version, Rule::Acc3, organization, &after)?;
    env.about(after.id);
    connections::changed(tx)?;
    Ok(after)
}
