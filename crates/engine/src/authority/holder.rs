//! Whoever's domains and connections something is of: an organization's or a company's, by name (ORG-1, TEN-1).

use muster_model::{Company, Organization, OrganizationId, Role, domain::Holder};
use muster_store::Conn;

use super::{Action, Caller, Required, Who};
use crate::{EngineError, Refusal, companies};

/// Whose something is, by the name that people use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    /// An organization's.
    Organization(String),
    /// A company's.
    Company(String),
}

/// What has such a name, once it was decided that whoever calls may do something to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The holder.
    pub holder: Holder,
    /// What it is called now.
    pub name: String,
    /// The role of whoever calls.
    pub role: Role,
}

impl Caller {
    /// The company of this name, or that once had it, if whoever calls owns it and their token allows this. To others there is
    /// none (TEN-3); companies have no tokens of their own.
    ///
    /// # Errors
    ///
    /// Not found; [`Refusal::OutOfScope`]; the store's.
    pub fn company(&self, conn: &mut Conn<'_>, name: &str, action: Action) -> Result<Company, EngineError> {
        self.require_scope(action.scope())?;
        let Who::Account(account) = self.who else { return Err(EngineError::not_found("company", name)) };
        let company = companies::owned(conn, account, name)?;
        self.held(Required::CompanyOwner(company.id));
        Ok(company)
    }

    /// The organization or company of this name, if whoever calls may do this to it.
    ///
    /// # Errors
    ///
    /// As [`Caller::organization`] and [`Caller::company`].
    pub fn holder(&self, conn: &mut Conn<'_>, whose: &Whose, action: Action) -> Result<Held, EngineError> {
        match whose {
            Whose::Organization(name) => {
                let (organization, role) = self.organization(conn, name, action)?;
                Ok(Held { holder: Holder::Organization(organization.id), name: organization.name, role })
            }
            Whose::Company(name) => {
                let company = self.company(conn, name, action)?;
                Ok(Held { holder: Holder::Company(company.id), name: company.name, role: Role::Owner })
            }
        }
    }
}

/// The organizations that a holder's domains and connections can lead into: itself, or those of the company, by name.
///
/// # Errors
///
/// The store's.
pub fn organizations_under(conn: &mut Conn<'_>, holder: Holder) -> Result<Vec<Organization>, EngineError> {
    Ok(match holder {
        Holder::Organization(id) => conn.organization(id)?.into_iter().collect(),
        Holder::Company(id) => conn.organizations_of(id)?,
    })
}

/// Into which organization people of a holder's domain join: the holder itself, or the one that is named (ORG-5).
///
/// # Errors
///
/// [`Refusal::Invalid`] where a company names none; as [`Caller::organization`].
pub fn joined(
    conn: &mut Conn<'_>,
    caller: &Caller,
    holder: Holder,
    named: Option<&str>,
) -> Result<OrganizationId, EngineError> {
    match (named, holder) {
        (Some(name), _) => Ok(caller.organization(conn, name, Action::ChangeDomains)?.0.id),
        (None, Holder::Organization(id)) => Ok(id),
        (None, Holder::Company(_)) => {
            Err(Refusal::Invalid("name the `organization` that people join".to_owned()).into())
        }
    }
}
