//! What can be said of a declaration without the database: names, repetitions, and what refers to what.

use std::collections::BTreeSet;

use muster_model::{ConnectionState, Email, connection::SingleSignOn, name};

use super::{AutoProvision, Connection, Declaration, Domain, Holder, Mapping, Organization, quoted, refuse};
use crate::{EngineError, domains};

/// The longest name of a connection, in characters.
const CONNECTION_NAME: usize = 64;

/// The declaration with its names folded.
pub(super) fn checked(declaration: &Declaration) -> Result<Declaration, EngineError> {
    let mut declaration = declaration.clone();
    for company in &mut declaration.companies {
        company.name = public_name("company", "name", &company.name)?;
        let place = format!("company `{}`", company.name);
        once_in(&place, "owners", &company.owners.iter().map(Email::key).collect::<Vec<_>>())?;
    }
    for organization in &mut declaration.organizations {
        check_organization(organization)?;
    }
    for domain in &mut declaration.domains {
        check_domain(domain)?;
    }
    for connection in &mut declaration.connections {
        check_connection(connection)?;
    }
    once("company", declaration.companies.iter().map(|company| &company.name))?;
    once("organization", declaration.organizations.iter().map(|organization| &organization.name))?;
    once("connection", declaration.connections.iter().map(|connection| &connection.name))?;
    let claims = declaration.domains.iter().map(|domain| match &domain.holder {
        Holder::Organization(holder) => format!("{} of organization {holder}", domain.name),
        Holder::Company(holder) => format!("{} of company {holder}", domain.name),
    });
    once("domain", claims.collect::<Vec<_>>().iter())?;
    Ok(declaration)
}

fn check_organization(organization: &mut Organization) -> Result<(), EngineError> {
    organization.name = public_name("organization", "name", &organization.name)?;
    let place = format!("organization `{}`", organization.name);
    fold_some(&place, "company", &mut organization.company)?;
    if let Some(seats) = organization.seats.filter(|seats| *seats < 0) {
        return Err(refuse(&place, "seats", seats, "use 0 or more, or leave it out for unlimited"));
    }
    for team in &mut organization.teams {
        *team = fold(&place, "teams", team)?;
    }
    once_in(&place, "teams", &organization.teams)?;
    once_in(&place, "owners", &organization.owners.iter().map(Email::key).collect::<Vec<_>>())
}

fn check_domain(domain: &mut Domain) -> Result<(), EngineError> {
    let name = domains::checked_name(&domain.name);
    let name = name.map_err(|why| refuse("domain", "name", quoted(&domain.name), why))?;
    let place = format!("domain `{name}`");
    fold_holder(&place, &mut domain.holder)?;
    if let Some(AutoProvision::Into(organization)) = &mut domain.auto_provision {
        *organization = fold(&place, "auto_provision", organization)?;
    }
    domain.name = name;
    Ok(())
}

fn check_connection(connection: &mut Connection) -> Result<(), EngineError> {
    let name = connection.name.trim().to_owned();
    let fits = !name.is_empty() && name.chars().count() <= CONNECTION_NAME && !name.chars().any(char::is_control);
    if !fits {
        let why = format!("use 1 to {CONNECTION_NAME} printable characters");
        return Err(refuse("connection", "name", quoted(&connection.name), why));
    }
    connection.name = name;
    let place = format!("connection `{}`", connection.name);
    if let Some(holder) = &mut connection.holder {
        fold_holder(&place, holder)?;
    }
    for organization in &mut connection.organizations {
        *organization = fold(&place, "organizations", organization)?;
    }
    once_in(&place, "organizations", &connection.organizations)?;
    for domain in &mut connection.domains {
        *domain = domain_name(&place, "domains", domain)?;
    }
    once_in(&place, "domains", &connection.domains)?;
    if connection.holder.is_none() && connection.organizations.is_empty() {
        let why = "name at least one organization to cover, or its holder with `organization` or `company`";
        return Err(refuse(&place, "organizations", "[]", why));
    }
    fold_some(&place, "default_organization", &mut connection.default_organization)?;
    if let Some(default) = &connection.default_organization {
        covered(&place, "default_organization", default, &connection.organizations)?;
    }
    connection.default_team = fold(&place, "default_team", &connection.default_team)?;
    if let Some(successor) = &mut connection.successor {
        *successor = successor.trim().to_owned();
        if *successor == connection.name {
            let why = "a connection cannot succeed itself: name another one";
            return Err(refuse(&place, "successor", quoted(successor), why));
        }
    }
    if connection.state != ConnectionState::Draft
        && let Some(sso) = &connection.sso
    {
        check_sso(&place, sso)?;
    }
    for mapping in &mut connection.mappings {
        check_mapping(&place, mapping, &connection.organizations)?;
    }
    Ok(())
}

/// What a connection that is no draft any more must say of its IdP.
pub(super) fn check_sso(place: &str, sso: &SingleSignOn) -> Result<(), EngineError> {
    let missing = |key: &str, value: &str, why: &str| {
        let is_missing = value.trim().is_empty();
        if is_missing { Err(refuse(place, key, quoted(value), why)) } else { Ok(()) }
    };
    let address = |key: &str, value: &str| {
        let is_web = value.starts_with("https://") || value.starts_with("http://");
        let why = "this is no address such as \"https://idp.example.com/...\"";
        if is_web { Ok(()) } else { Err(refuse(place, key, quoted(value), why)) }
    };
    match sso {
        SingleSignOn::Saml(saml) => {
            for (key, url) in [("saml.metadata_url", &saml.metadata_url), ("saml.slo_url", &saml.slo_url)] {
                if let Some(url) = url {
                    address(key, url)?;
                }
            }
            // What is fetched may come later.
            if saml.metadata_url.is_some() && saml.entity_id.is_empty() {
                return Ok(());
            }
            let why = "state the IdP's metadata (`metadata_file`, `metadata_url` or `metadata`), or all of `entity_id`, \
                       `sso_url` and `certificates`";
            missing("saml.entity_id", &saml.entity_id, why)?;
            missing("saml.sso_url", &saml.sso_url, why)?;
            missing("saml.certificates", saml.certificates.first().map_or("", String::as_str), why)?;
            address("saml.sso_url", &saml.sso_url)
        }
        SingleSignOn::Oidc(oidc) => {
            missing("oidc.issuer", &oidc.issuer, "state the provider's issuer")?;
            missing("oidc.client_id", &oidc.client_id, "state the client id that the provider gave")?;
            address("oidc.issuer", &oidc.issuer)
        }
    }
}

fn check_mapping(connection: &str, mapping: &mut Mapping, organizations: &[String]) -> Result<(), EngineError> {
    let place = format!("{connection}, mapping {}", quoted(&mapping.pattern));
    mapping.pattern = mapping.pattern.trim().to_owned();
    if mapping.pattern.is_empty() {
        return Err(refuse(&place, "pattern", quoted(""), "name a group, exactly or with `*`"));
    }
    mapping.organization = fold(&place, "organization", &mapping.organization)?;
    covered(&place, "organization", &mapping.organization, organizations)?;
    fold_some(&place, "team", &mut mapping.team)?;
    Ok(())
}

/// JIT-9: only covered organizations can be joined.
fn covered(place: &str, key: &str, name: &str, organizations: &[String]) -> Result<(), EngineError> {
    if organizations.iter().any(|organization| organization == name) {
        return Ok(());
    }
    let why = "the connection does not cover it: add it to `organizations`";
    Err(refuse(place, key, quoted(name), why))
}

fn fold_holder(place: &str, holder: &mut Holder) -> Result<(), EngineError> {
    match holder {
        Holder::Organization(name) => *name = fold(place, "organization", name)?,
        Holder::Company(name) => *name = fold(place, "company", name)?,
    }
    Ok(())
}

fn fold_some(place: &str, key: &str, name: &mut Option<String>) -> Result<(), EngineError> {
    if let Some(name) = name {
        *name = fold(place, key, name)?;
    }
    Ok(())
}

fn fold(place: &str, key: &str, text: &str) -> Result<String, EngineError> {
    name::checked(text).map_err(|error| refuse(place, key, quoted(text), error))
}

fn public_name(place: &str, key: &str, text: &str) -> Result<String, EngineError> {
    name::checked_public(text).map_err(|error| refuse(place, key, quoted(text), error))
}

fn domain_name(place: &str, key: &str, text: &str) -> Result<String, EngineError> {
    let why = domains::DomainName::Malformed;
    domains::folded(text).ok_or_else(|| refuse(place, key, quoted(text), why))
}

fn once<'n>(kind: &str, names: impl Iterator<Item = &'n String>) -> Result<(), EngineError> {
    match repeated(names) {
        Some(name) => Err(refuse(kind, "name", quoted(name), "stated twice: keep one of them")),
        None => Ok(()),
    }
}

fn once_in(place: &str, key: &str, names: &[String]) -> Result<(), EngineError> {
    match repeated(names.iter()) {
        Some(name) => Err(refuse(place, key, quoted(name), "stated twice: keep one of them")),
        None => Ok(()),
    }
}

fn repeated<'n>(names: impl Iterator<Item = &'n String>) -> Option<&'n String> {
    let mut seen = BTreeSet::new();
    let mut names = names;
    names.find(|name| !seen.insert(*name))
}
