//! Domains from the shell: claiming and proving them (ORG-4), auto-provisioning (ORG-5), the audit (ORG-6).

mod health;
mod view;

use muster_engine::{
    EngineError,
    domains::{self, Audited, Listed},
    invitations::AT_ONCE,
};
use muster_http::outsiders_csv;
use muster_model::{AccountId, Domain, Role, domain::Holder};
use muster_store::Conn;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub(super) use health::{checks, dns};
pub(crate) use view::{DomainView, Record};

use super::{AdminError, Answer, Installation, InvitedPeople, Invitee, said};

/// How many people a page of an audit holds.
const PAGE: usize = 500;

/// What about domains. Without a holder, a domain that only one has is meant.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DomainRequest {
    /// All of them, or a holder's.
    List { organization: Option<String>, company: Option<String> },
    /// Claim one, or ask for a new proof.
    Add { domain: String, organization: Option<String>, company: Option<String> },
    /// Look for its record now.
    Check { domain: String, organization: Option<String>, company: Option<String> },
    /// One.
    Show { domain: String, organization: Option<String>, company: Option<String> },
    /// Let existing accounts join this organization, or none.
    AutoProvision { domain: String, into: Option<String>, organization: Option<String>, company: Option<String> },
    /// Who has an address there and is no member, after an account.
    Audit { domain: String, organization: Option<String>, company: Option<String>, after: Option<String>, csv: bool },
    /// Invite those whom the audit shows, after an account.
    Invite(InviteRequest),
    /// Remove it.
    Remove { domain: String, organization: Option<String>, company: Option<String> },
}

/// To what the people of a domain are invited.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct InviteRequest {
    pub(crate) domain: String,
    pub(crate) organization: Option<String>,
    pub(crate) company: Option<String>,
    /// The organization; needed for a company's domain.
    pub(crate) into: Option<String>,
    pub(crate) role: Role,
    pub(crate) team: Option<String>,
    pub(crate) dry_run: bool,
    pub(crate) after: Option<String>,
}

/// Domains, and what was done.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Domains {
    /// What was done just now, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) done: Option<String>,
    /// The domains.
    pub(crate) domains: Vec<DomainView>,
}

/// A page of the people of a domain who are no members.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct DomainAudit {
    pub(crate) people: Vec<Outsider>,
    /// The account after which the next page begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<String>,
    /// Whether this is the first page.
    pub(crate) first: bool,
    /// The same as CSV, if that is wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) csv: Option<String>,
}

/// Somebody.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Outsider {
    pub(crate) name: String,
    pub(crate) username: String,
    pub(crate) email: String,
}

impl From<Audited> for Outsider {
    fn from(person: Audited) -> Self {
        let email = person.email.map(|email| email.to_string()).unwrap_or_default();
        Self { name: person.full_name, username: person.username, email }
    }
}

pub(super) fn run(installation: &Installation, request: DomainRequest) -> Result<Answer, AdminError> {
    let domains = match request {
        DomainRequest::List { organization, company } => list(installation, organization, company)?,
        DomainRequest::Add { domain, organization, company } => {
            let Some(holder) = holder(installation, organization, company)? else {
                let text = "say whose the domain is: `--organization NAME` or `--company NAME`";
                return Err(AdminError::Wrong(text.to_owned()));
            };
            let added = installation.change(move |tx, env| domains::add(tx, env, holder, &domain))?;
            shown(installation, Some(said::domain_added()), &added)?
        }
        DomainRequest::Check { domain, organization, company } => {
            let found = find(installation, &domain, organization, company)?;
            let came = installation.with_app(async |app| app.check_domain(found.id).await)??;
            let done = came.map_or_else(
                || "somebody else looks for it just now: ask again in a moment".to_owned(),
                |came| came.text(),
            );
            shown(installation, Some(done), &found)?
        }
        DomainRequest::Show { domain, organization, company } => {
            shown(installation, None, &find(installation, &domain, organization, company)?)?
        }
        DomainRequest::AutoProvision { domain, into, organization, company } => {
            let found = find(installation, &domain, organization, company)?;
            let into = match into {
                Some(name) => Some(super::named::organization(installation, &name)?.id),
                None => None,
            };
            let set = installation
                .change(move |tx, env| domains::set_auto_provision(tx, env, found.holder, &found.name, into))?;
            shown(installation, None, &set)?
        }
        DomainRequest::Audit { domain, organization, company, after, csv } => {
            let found = find(installation, &domain, organization, company)?;
            return audit(installation, found, after.as_deref(), csv).map(Answer::DomainAudit);
        }
        DomainRequest::Invite(request) => return invite(installation, request).map(Answer::Invited),
        DomainRequest::Remove { domain, organization, company } => {
            let found = find(installation, &domain, organization, company)?;
            let removed = installation.change(move |tx, env| domains::remove(tx, env, found.holder, &found.name))?;
            Domains { done: Some(said::domain_removed(&removed.name)), domains: Vec::new() }
        }
    };
    Ok(Answer::Domains(domains))
}

/// The holder that was named, if one was.
fn holder(
    installation: &Installation,
    organization: Option<String>,
    company: Option<String>,
) -> Result<Option<Holder>, AdminError> {
    if let Some(name) = organization {
        let found = super::named::organization(installation, &name)?;
        return Ok(Some(Holder::Organization(found.id)));
    }
    let Some(name) = company else { return Ok(None) };
    let wanted = name.trim().to_lowercase();
    let found =
        installation.store.read_blocking::<_, EngineError, _>(move |conn| Ok(conn.company_by_name(&wanted)?))?;
    let found = found.ok_or_else(|| AdminError::Missing {
        kind: "company",
        name,
        hint: "`muster export` shows which there are".to_owned(),
    })?;
    Ok(Some(Holder::Company(found.id)))
}

/// The domain of this name: the holder's, or the only one there is.
fn find(
    installation: &Installation,
    name: &str,
    organization: Option<String>,
    company: Option<String>,
) -> Result<Domain, AdminError> {
    let holder = holder(installation, organization, company)?;
    let wanted = name.trim().trim_end_matches('.').to_lowercase();
    let claims = installation.store.read_blocking::<_, EngineError, _>(move |conn| Ok(conn.domains_named(&wanted)?))?;
    let mut claims: Vec<Domain> =
        claims.into_iter().filter(|claim| holder.is_none_or(|holder| claim.holder == holder)).collect();
    match (claims.pop(), claims.is_empty()) {
        (Some(only), true) => Ok(only),
        (Some(_), false) => {
            let text = format!("several have claimed `{name}`: add `--organization NAME` or `--company NAME`");
            Err(AdminError::Wrong(text))
        }
        (None, _) => Err(AdminError::Missing {
            kind: "domain",
            name: name.to_owned(),
            hint: "`muster domain list` shows which there are".to_owned(),
        }),
    }
}

fn list(
    installation: &Installation,
    organization: Option<String>,
    company: Option<String>,
) -> Result<Domains, AdminError> {
    let holder = holder(installation, organization, company)?;
    let domains = installation.store.scan_blocking(move |conn| {
        let all = conn.domains()?.into_iter();
        all.filter(|domain| holder.is_none_or(|holder| domain.holder == holder))
            .map(|domain| listed(conn, domain))
            .collect::<Result<Vec<_>, EngineError>>()
    })?;
    Ok(Domains { done: None, domains })
}

fn listed(conn: &mut Conn<'_>, domain: Domain) -> Result<DomainView, EngineError> {
    let check = conn.domain_check(domain.id)?;
    DomainView::of(conn, &Listed { domain, check })
}

/// The domain as it is now.
fn shown(installation: &Installation, done: Option<String>, domain: &Domain) -> Result<Domains, AdminError> {
    let id = domain.id;
    let view = installation.store.snapshot_blocking(move |conn| {
        let present = conn.domain(id)?;
        present.map(|domain| listed(conn, domain)).transpose()
    })?;
    Ok(Domains { done, domains: view.into_iter().collect() })
}

fn audit(
    installation: &Installation,
    domain: Domain,
    after: Option<&str>,
    csv: bool,
) -> Result<DomainAudit, AdminError> {
    let page = page(installation, domain, after, PAGE)?;
    let next = page.next.map(|next| next.to_string());
    let csv = if csv { Some(outsiders_csv(&page.people, after.is_none())?) } else { None };
    Ok(DomainAudit { people: page.people.into_iter().map(Outsider::from).collect(), next, first: after.is_none(), csv })
}

/// A page of those who have an address of a domain and are no members.
fn page(
    installation: &Installation,
    domain: Domain,
    after: Option<&str>,
    limit: usize,
) -> Result<domains::Page, AdminError> {
    let wrong = |_| AdminError::Wrong("a page begins after the account that the page before ended with".to_owned());
    let from = after.map(str::parse).transpose().map_err(wrong)?.unwrap_or(AccountId(Uuid::nil()));
    let (holder, name) = (domain.holder, domain.name);
    Ok(installation.store.scan_blocking(move |conn| domains::audit(conn, holder, &name, from, limit))?)
}

/// Invites a page of them.
fn invite(installation: &Installation, request: InviteRequest) -> Result<InvitedPeople, AdminError> {
    let InviteRequest { domain, organization, company, into, role, team, dry_run, after } = request;
    let found = find(installation, &domain, organization, company)?;
    let into = match (into, found.holder) {
        (Some(name), _) => super::named::organization(installation, &name)?,
        (None, Holder::Organization(id)) => installation.store.read_blocking(move |conn| {
            conn.organization(id)?.ok_or_else(|| EngineError::not_found("organization", id))
        })?,
        (None, Holder::Company(_)) => {
            let text = "the domain is a company's: name the organization to invite to with `--into NAME`";
            return Err(AdminError::Wrong(text.to_owned()));
        }
    };
    let is_holders = match found.holder {
        Holder::Organization(id) => into.id == id,
        Holder::Company(id) => into.company == Some(id),
    };
    if !is_holders {
        let text = format!("`{}` is no organization of the domain's holder: name one that is", into.name);
        return Err(AdminError::Wrong(text));
    }
    let page = page(installation, found, after.as_deref(), AT_ONCE)?;
    let next = page.next.map(|next| next.to_string());
    let addresses = page.people.into_iter().filter_map(|person| person.email);
    let people = addresses
        .map(|email| Invitee { to: email.to_string(), role, team: team.clone(), line: None, wrong: None })
        .collect();
    let invited = super::invitation::invite(installation, into, people, dry_run)?;
    Ok(InvitedPeople { next, ..invited })
}
