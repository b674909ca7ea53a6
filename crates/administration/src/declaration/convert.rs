//! Between the file and what the engine takes.

use muster_engine::declare::{self, AutoProvision};
use muster_model::Email;

use super::{
    Company, Connection, Declaration, Domain, Mapping, Organization, Precedence, client_from_engine, client_to_engine,
    sso, webhook,
};
use crate::Misstated;

/// What is stated, in the engine's types. Metadata is read as of `now`, in seconds since 1970.
///
/// # Errors
///
/// What cannot be said so, with its place and key.
pub fn to_engine(file: &Declaration, now: i64) -> Result<declare::Declaration, Misstated> {
    Ok(declare::Declaration {
        companies: file.companies.iter().map(company).collect::<Result<_, _>>()?,
        organizations: file.organizations.iter().map(organization).collect::<Result<_, _>>()?,
        domains: file.domains.iter().map(domain).collect::<Result<_, _>>()?,
        connections: file
            .connections
            .iter()
            .map(|stated| connection_to_engine(stated, now))
            .collect::<Result<_, _>>()?,
        clients: file.clients.iter().map(client_to_engine).collect(),
        webhooks: file.webhooks.iter().map(webhook::to_engine).collect(),
    })
}

fn company(stated: &Company) -> Result<declare::Company, Misstated> {
    let place = format!("company `{}`", stated.name);
    Ok(declare::Company { name: stated.name.clone(), owners: emails(&place, "owners", &stated.owners)? })
}

fn organization(stated: &Organization) -> Result<declare::Organization, Misstated> {
    let place = format!("organization `{}`", stated.name);
    Ok(declare::Organization {
        name: stated.name.clone(),
        company: stated.company.clone(),
        seats: stated.seats,
        owners: emails(&place, "owners", &stated.owners)?,
        teams: stated.teams.clone(),
    })
}

fn emails(place: &str, key: &str, stated: &[String]) -> Result<Vec<Email>, Misstated> {
    let wrong = |text, error| Misstated::new(key, format!("{place}: `{key} = {text:?}`: {error}"));
    stated.iter().map(|text| Email::parse(text).map_err(|error| wrong(text, error))).collect()
}

/// What turns a switch off that otherwise names something.
const OFF: &str = "off";

fn domain(stated: &Domain) -> Result<declare::Domain, Misstated> {
    let place = format!("domain `{}`", stated.name);
    let holder = holder(&place, stated.organization.as_ref(), stated.company.as_ref())?;
    let missing =
        || Misstated::new("organization", format!("{place}: say whose it is, with `organization` or `company`"));
    let auto_provision = stated.auto_provision.as_deref().map(|into| match into {
        OFF => AutoProvision::Off,
        name => AutoProvision::Into(name.to_owned()),
    });
    let (name, verified) = (stated.name.clone(), stated.verified);
    Ok(declare::Domain { name, holder: holder.ok_or_else(missing)?, verified, auto_provision })
}

fn holder(
    place: &str,
    organization: Option<&String>,
    company: Option<&String>,
) -> Result<Option<declare::Holder>, Misstated> {
    match (organization, company) {
        (None, None) => Ok(None),
        (Some(name), None) => Ok(Some(declare::Holder::Organization(name.clone()))),
        (None, Some(name)) => Ok(Some(declare::Holder::Company(name.clone()))),
        (Some(_), Some(_)) => {
            Err(Misstated::new("company", format!("{place}: it has one holder: keep `organization` or `company`")))
        }
    }
}

/// One connection, in the engine's types; as [`to_engine`].
///
/// # Errors
///
/// As [`to_engine`].
pub fn connection_to_engine(stated: &Connection, now: i64) -> Result<declare::Connection, Misstated> {
    let place = format!("connection `{}`", stated.name);
    Ok(declare::Connection {
        name: stated.name.clone(),
        holder: holder(&place, stated.organization.as_ref(), stated.company.as_ref())?,
        organizations: stated.organizations.clone(),
        domains: stated.domains.clone(),
        default_organization: stated.default_organization.clone(),
        default_team: stated.default_team.clone(),
        jit: stated.jit,
        precedence: stated.precedence.0,
        highest_role: stated.highest_role,
        state: stated.state,
        pilots: emails(&place, "pilots", &stated.pilots)?,
        enforced: stated.enforced,
        successor: stated.successor.clone(),
        scim: stated.scim.clone(),
        sso: sso::to_engine(&place, stated, now)?,
        mappings: stated.mappings.iter().map(mapping).collect(),
    })
}

fn mapping(stated: &Mapping) -> declare::Mapping {
    declare::Mapping {
        pattern: stated.pattern.clone(),
        organization: stated.organization.clone(),
        team: stated.team.clone(),
        role: stated.role,
    }
}

/// What the engine exports, as a file.
#[must_use]
pub fn from_engine(exported: declare::Declaration) -> Declaration {
    Declaration {
        companies: exported
            .companies
            .into_iter()
            .map(|company| Company {
                name: company.name,
                owners: company.owners.iter().map(Email::to_string).collect(),
            })
            .collect(),
        organizations: exported
            .organizations
            .into_iter()
            .map(|organization| Organization {
                name: organization.name,
                company: organization.company,
                seats: organization.seats,
                owners: organization.owners.iter().map(Email::to_string).collect(),
                teams: organization.teams,
            })
            .collect(),
        domains: exported
            .domains
            .into_iter()
            .map(|domain| {
                let (organization, company) = holder_keys(Some(domain.holder));
                let auto_provision = domain.auto_provision.map(|into| match into {
                    AutoProvision::Off => OFF.to_owned(),
                    AutoProvision::Into(name) => name,
                });
                Domain { name: domain.name, organization, company, verified: domain.verified, auto_provision }
            })
            .collect(),
        connections: exported.connections.into_iter().map(connection_from_engine).collect(),
        clients: exported.clients.into_iter().map(client_from_engine).collect(),
        webhooks: exported.webhooks.into_iter().map(webhook::from_engine).collect(),
    }
}

/// One connection as the engine exports it, without secrets.
#[must_use]
pub fn connection_from_engine(exported: declare::Connection) -> Connection {
    let (organization, company) = holder_keys(exported.holder);
    let (saml, oidc) = sso::from_engine(exported.sso);
    Connection {
        name: exported.name,
        organization,
        company,
        organizations: exported.organizations,
        domains: exported.domains,
        default_organization: exported.default_organization,
        default_team: exported.default_team,
        jit: exported.jit,
        highest_role: exported.highest_role,
        state: exported.state,
        pilots: exported.pilots.iter().map(Email::to_string).collect(),
        enforced: exported.enforced,
        successor: exported.successor,
        precedence: Precedence(exported.precedence),
        saml,
        oidc,
        scim: exported.scim,
        mappings: exported
            .mappings
            .into_iter()
            .map(|mapping| Mapping {
                pattern: mapping.pattern,
                organization: mapping.organization,
                team: mapping.team,
                role: mapping.role,
            })
            .collect(),
    }
}

fn holder_keys(holder: Option<declare::Holder>) -> (Option<String>, Option<String>) {
    match holder {
        Some(declare::Holder::Organization(name)) => (Some(name), None),
        Some(declare::Holder::Company(name)) => (None, Some(name)),
        None => (None, None),
    }
}
