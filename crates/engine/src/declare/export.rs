//! The inverse of [`apply`](super::apply): what the database says, as a declaration.

use std::collections::BTreeMap;

use muster_model::{ConnectionId, DomainState, Email, OrganizationId, Role, Source, domain};
use muster_store::Conn;

use super::{AutoProvision, Company, Connection, Declaration, Domain, Holder, Mapping, Organization, prune::is_pruned};
use crate::{
    EngineError,
    authority::{self, Who},
};

/// Everything that a declaration can state. Connections that were pruned, and secrets, are left out.
///
/// # Errors
///
/// The store's.
pub fn export(conn: &mut Conn<'_>) -> Result<Declaration, EngineError> {
    let whole = Scope {
        companies: conn.companies()?,
        organizations: conn.organizations()?,
        domains: conn.domains()?,
        connections: conn.connection_ids()?,
        is_whole: true,
    };
    whole.export(conn)
}

/// What a declaration can state of what is somebody's own: the organizations and companies that they own, with their domains
/// and connections (TEN-3).
///
/// # Errors
///
/// The store's.
pub fn export_of(conn: &mut Conn<'_>, who: Who) -> Result<Declaration, EngineError> {
    let mut own = Scope::default();
    match who {
        Who::Account(account) => {
            own.companies = conn.companies_owned_by(account)?;
            let owned = authority::organizations_of(conn, account)?.into_iter();
            own.organizations =
                owned.filter(|(_, role)| *role == Role::Owner).map(|(organization, _)| organization).collect();
        }
        Who::Token { organization, .. } => own.organizations.extend(conn.organization(organization)?),
    }
    own.organizations.sort_by(|one, other| one.name.cmp(&other.name));
    let organizations = own.organizations.iter().map(|one| domain::Holder::Organization(one.id));
    let companies = own.companies.iter().map(|one| domain::Holder::Company(one.id));
    for holder in companies.chain(organizations).collect::<Vec<_>>() {
        own.domains.extend(conn.domains_of(holder, "", i64::MAX)?);
        own.connections.extend(conn.connections_held_by(holder)?);
    }
    own.export(conn)
}

/// One connection with all of its settings, as a declaration states it.
///
/// # Errors
///
/// The store's.
pub fn statement(conn: &mut Conn<'_>, connection: &muster_model::Connection) -> Result<Connection, EngineError> {
    let mut names = Names::default();
    match connection.holder {
        domain::Holder::Organization(id) => {
            names.organizations.extend(conn.organization(id)?.map(|found| (id, found.name)));
        }
        domain::Holder::Company(id) => names.companies.extend(conn.company(id)?.map(|found| (id, found.name))),
    }
    names.organizations.extend(connection.organizations.iter().map(|covered| (covered.id, covered.name.clone())));
    let mut domains = Vec::new();
    for id in conn.connection_domain_ids(connection.id)? {
        domains.extend(conn.domain(id)?.map(|domain| domain.name));
    }
    domains.sort();
    let stated = names.connection(conn, connection.clone(), domains)?;
    stated.ok_or_else(|| EngineError::not_found("connection", connection.id))
}

/// What is exported.
#[derive(Default)]
struct Scope {
    companies: Vec<muster_model::Company>,
    organizations: Vec<muster_model::Organization>,
    domains: Vec<muster_model::Domain>,
    connections: Vec<ConnectionId>,
    /// Whether what belongs to no organization is exported as well.
    is_whole: bool,
}

impl Scope {
    fn export(self, conn: &mut Conn<'_>) -> Result<Declaration, EngineError> {
        let mut names = Names {
            companies: self.companies.iter().map(|company| (company.id, company.name.clone())).collect(),
            organizations: self.organizations.iter().map(|one| (one.id, one.name.clone())).collect(),
        };
        let mut declaration = Declaration { ..Declaration::default() };
        for company in self.companies {
            let mut owners = Vec::new();
            for owner in &company.owners {
                owners.extend(conn.account(*owner)?.and_then(|account| account.email));
            }
            declaration.companies.push(Company { name: company.name, owners });
        }
        let holders = self.organizations.iter().map(|one| Some((one.id, one.name.clone())));
        for holder in self.is_whole.then_some(None).into_iter().chain(holders).collect::<Vec<_>>() {
            let (id, name) = holder.unzip();
            let stated = |client: muster_model::Client| super::Client {
                name: client.name,
                organization: name.clone(),
                kind: client.kind,
                settings: client.settings,
            };
            declaration.clients.extend(conn.clients(id)?.into_iter().map(stated));
            let stated = |webhook: muster_model::Webhook| super::Webhook {
                name: webhook.name,
                organization: name.clone(),
                url: webhook.url,
                events: webhook.events,
            };
            declaration.webhooks.extend(conn.webhooks(id)?.into_iter().map(stated));
        }
        for organization in self.organizations {
            let company = match organization.company {
                Some(id) => conn.company(id)?.map(|company| company.name),
                None => None,
            };
            declaration.organizations.push(Organization {
                company,
                owners: owners(conn, organization.id)?,
                teams: conn.teams(organization.id)?.into_iter().map(|team| team.name).collect(),
                name: organization.name,
                seats: organization.seats,
            });
        }
        for domain in &self.domains {
            let Some(holder) = names.holder(domain.holder) else { continue };
            let verified = (domain.state == DomainState::Verified).then_some(true);
            let into = domain.auto_provision.and_then(|id| names.organizations.get(&id).cloned());
            let auto_provision = into.map(AutoProvision::Into);
            declaration.domains.push(Domain { name: domain.name.clone(), holder, verified, auto_provision });
        }
        for id in self.connections {
            let Some(connection) = conn.connection(id)?.filter(|connection| !is_pruned(connection)) else { continue };
            // Others' that it covers, with their consent.
            names.organizations.extend(connection.organizations.iter().map(|one| (one.id, one.name.clone())));
            let mut domains = Vec::new();
            for id in conn.connection_domain_ids(id)? {
                domains.extend(conn.domain(id)?.map(|domain| domain.name));
            }
            domains.sort();
            declaration.connections.extend(names.connection(conn, connection, domains)?);
        }
        Ok(declaration)
    }
}

/// Who are owners by hand.
fn owners(conn: &mut Conn<'_>, organization: OrganizationId) -> Result<Vec<Email>, EngineError> {
    let mut owners = Vec::new();
    for membership in conn.owners(organization)? {
        let by_hand = membership.roles.get(Source::Manual, None).is_some_and(|said| said.value == Role::Owner);
        if by_hand {
            owners.extend(conn.account(membership.account)?.and_then(|account| account.email));
        }
    }
    Ok(owners)
}

#[derive(Default)]
struct Names {
    companies: BTreeMap<muster_model::CompanyId, String>,
    organizations: BTreeMap<OrganizationId, String>,
}

impl Names {
    fn holder(&self, holder: domain::Holder) -> Option<Holder> {
        match holder {
            domain::Holder::Organization(id) => self.organizations.get(&id).cloned().map(Holder::Organization),
            domain::Holder::Company(id) => self.companies.get(&id).cloned().map(Holder::Company),
        }
    }

    /// `None` where the holder is not known by name.
    fn connection(
        &self,
        conn: &mut Conn<'_>,
        connection: muster_model::Connection,
        domains: Vec<String>,
    ) -> Result<Option<Connection>, EngineError> {
        let Some(holder) = self.holder(connection.holder) else { return Ok(None) };
        let successor = match connection.settings.successor {
            Some(successor) => conn.connection(successor)?.filter(|successor| !is_pruned(successor)),
            None => None,
        };
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
        Ok(Some(Connection {
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
            successor: successor.map(|successor| successor.name),
            sso: settings.sso,
            mappings: mappings.collect(),
        }))
    }
}
