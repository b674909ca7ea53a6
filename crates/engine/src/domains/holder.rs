//! Holders of domains, as organizations or companies.

use muster_model::{Actor, OrganizationId, domain::Holder};
use muster_store::Conn;

use crate::{EngineError, Env, Refusal, authority};

/// A holder's name, as in "organization `moby`".
///
/// # Errors
///
/// The store's.
pub fn name(conn: &mut Conn<'_>, holder: Holder) -> Result<String, EngineError> {
    Ok(match holder {
        Holder::Organization(id) => {
            let name = conn.organization(id)?.map(|organization| organization.name);
            format!("organization `{}`", name.unwrap_or_default())
        }
        Holder::Company(id) => {
            let name = conn.company(id)?.map(|company| company.name);
            format!("company `{}`", name.unwrap_or_default())
        }
    })
}

/// Only owners, company owners, the organization's own tokens and the operator decide about a holder's domains (ORG-1). Whoever does not belong to it does
/// not learn that there is one (TEN-3).
///
/// # Errors
///
/// [`Refusal::NotAnOwner`]; not found; the store's.
pub fn require_owner(conn: &mut Conn<'_>, env: &Env, holder: Holder) -> Result<(), EngineError> {
    match holder {
        Holder::Organization(id) => {
            let organization = conn.organization(id)?.ok_or_else(|| EngineError::not_found("organization", id))?;
            authority::require_owner(conn, env, &organization)
        }
        Holder::Company(id) => {
            let company = conn.company(id)?.ok_or_else(|| EngineError::not_found("company", id))?;
            match env.origin().actor {
                Actor::Operator | Actor::System => Ok(()),
                Actor::Token(_) => Err(Refusal::NotAnOwner(company.name).into()),
                Actor::Account(account) if conn.owns_company(id, account.into())? => Ok(()),
                Actor::Account(_) => Err(EngineError::not_found("company", id)),
            }
        }
    }
}

/// As [`require_owner`], as a question.
///
/// # Errors
///
/// The store's.
pub(crate) fn owns(conn: &mut Conn<'_>, env: &Env, holder: Holder) -> Result<bool, EngineError> {
    match require_owner(conn, env, holder) {
        Ok(()) => Ok(true),
        Err(EngineError::NotFound { .. } | EngineError::Refused(Refusal::NotAnOwner(_))) => Ok(false),
        Err(error) => Err(error),
    }
}

/// The organizations whose owners a holder's domains concern.
///
/// # Errors
///
/// The store's.
pub(crate) fn organizations(conn: &mut Conn<'_>, holder: Holder) -> Result<Vec<OrganizationId>, EngineError> {
    Ok(match holder {
        Holder::Organization(id) => vec![id],
        Holder::Company(id) => conn.organizations_of(id)?.into_iter().map(|organization| organization.id).collect(),
    })
}

/// Whether `other` is `holder`, or the company that it belongs to.
///
/// # Errors
///
/// The store's.
pub(crate) fn speaks_for(conn: &mut Conn<'_>, holder: Holder, other: Holder) -> Result<bool, EngineError> {
    Ok(holder == other
        || match (holder, other) {
            (Holder::Organization(id), Holder::Company(company)) => {
                conn.organization(id)?.is_some_and(|organization| organization.company == Some(company))
            }
            _ => false,
        })
}
