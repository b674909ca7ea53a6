//! The inverse of [`apply`](super::apply): what the database says, as a declaration.

use std::collections::BTreeMap;

use muster_model::{DomainState, Role, Source, domain};
use muster_store::Conn;

use super::{AutoProvision, Company, Connection, Declaration, Domain, Holder, Mapping, Organization, prune::is_pruned};
use crate::EngineError;

/// Everything that a declaration can state. Connections that were pruned, and secrets, are left out.
///
/// # Errors
///
/// The store's.
pub fn export(conn: &mut Conn<'_>) -> Result<Declaration, EngineError> {
    let companies = conn.companies()?;
    let organizations = conn.organizations()?;
    let names = Names {
        companies: companies.iter().map(|company| (company.id, company.name.clone())).collect(),
        organizations: organizations.iter().map(|one| (one.id, one.name.clone())).collect(),
    };
    let mut declaration = Declaration {
        companies: companies.into_iter().map(|company| Company { name: company.name }).collect(),
        ..Declaration::default()
    };
    for organization in organizations {
        let teams = conn.teams(organization.id)?.into_iter().map(|team| team.name).collect();
        let mut owners = Vec::new();
        for membership in conn.owners(organization.id)? {
            let by_hand = membership.roles.get(Source::Manual, None).is_some_and(|said| said.value == Role::Owner);
            if by_hand {
                owners.extend(conn.account(membership.account)?.and_then(|account| account.email));
            }
        }
        declaration.organizations.push(Organization {
            company: organization.company.and_then(|id| names.companies.get(&id).cloned()),
            name: organization.name,
            seats: organization.seats,
            owners,
            teams,
        });
    }
    let domains = conn.domains()?;
    for domain in &domains {
        let Some(holder) = names.holder(domain.holder) else { continue };
        let verified = (domain.state == DomainState::Verified).then_some(true);
        let into = domain.auto_provision.and_then(|id| names.organizations.get(&id).cloned());
        let auto_provision = into.map(AutoProvision::Into);
        declaration.domains.push(Domain { name: domain.name.clone(), holder, verified, auto_provision });
    }
    for id in conn.connection_ids()? {
        let Some(connection) = conn.connection(id)? else { continue };
        let successor = match connection.settings.successor {
            Some(successor) => conn.connection(successor)?.filter(|successor| !is_pruned(successor)),
            None => None,
        };
        if !is_pruned(&connection) {
            let named = conn.connection_domain_ids(id)?;
            let domains = domains.iter().filter(|domain| named.contains(&domain.id));
            let domains = domains.map(|domain| domain.name.clone()).collect();
            let stated = names.connection(connection, domains);
            declaration
                .connections
                .extend(stated.map(|stated| Connection { successor: successor.map(|one| one.name), ..stated }));
        }
    }
    Ok(declaration)
}

struct Names {
    companies: BTreeMap<muster_model::CompanyId, String>,
    organizations: BTreeMap<muster_model::OrganizationId, String>,
}

impl Names {
    fn holder(&self, holder: domain::Holder) -> Option<Holder> {
        match holder {
            domain::Holder::Organization(id) => self.organizations.get(&id).cloned().map(Holder::Organization),
            domain::Holder::Company(id) => self.companies.get(&id).cloned().map(Holder::Company),
        }
    }

    fn connection(&self, connection: muster_model::Connection, domains: Vec<String>) -> Option<Connection> {
        let holder = self.holder(connection.holder)?;
        let mut organizations: Vec<String> =
            connection.organizations.iter().map(|covered| covered.name.clone()).collect();
        // The holder comes first, as people write it; then it need not be named apart.
        let first = match &holder {
            Holder::Organization(name) => organizations.iter().position(|covered| covered == name),
            Holder::Company(_) => None,
        };
        if let Some(at) = first {
            let name = organizations.remove(at);
            organizations.insert(0, name);
        }
        let settings = connection.settings;
        let mappings = connection.mappings.into_iter().filter_map(|entry| {
            let organization = self.organizations.get(&entry.organization)?.clone();
            Some(Mapping { pattern: entry.pattern, organization, team: entry.team, role: entry.role })
        });
        Some(Connection {
            name: connection.name,
            holder: if first.is_some() { None } else { Some(holder) },
            organizations,
            domains,
            default_organization: settings.default_organization.and_then(|id| self.organizations.get(&id).cloned()),
            default_team: settings.default_team,
            jit: settings.jit,
            precedence: settings.precedence,
            highest_role: settings.highest_role,
            state: connection.state,
            scim: settings.scim,
            pilots: settings.pilots,
            enforced: settings.enforced,
            successor: None,
            sso: settings.sso,
            mappings: mappings.collect(),
        })
    }
}
