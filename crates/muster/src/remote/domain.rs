//! `muster domain` over a server.

use http::Method;
use serde::Deserialize;
use serde_json::json;

use super::{client::Client, invitation::Invited};
use crate::admin::{
    AdminError, Answer, DomainAudit, DomainRecord, DomainRequest, DomainView, Domains, InviteRequest, InvitedPeople,
    Outsider, said,
};

/// The most people of a page.
const PAGE: &str = "100";

/// A domain, as the management API shows it.
#[derive(Debug, Deserialize)]
struct Domain {
    name: String,
    state: String,
    proven_by: Option<String>,
    record: Record,
    auto_provision_into: Option<String>,
    lapses_at: Option<String>,
    contested_until: Option<String>,
    checked_at: Option<String>,
    last_seen: Option<String>,
    next_check_at: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Record {
    name: String,
    value: String,
}

#[derive(Debug, Deserialize)]
struct Named {
    name: String,
}

#[derive(Debug, Deserialize)]
struct Companies {
    results: Vec<Named>,
}

#[derive(Debug, Deserialize)]
struct Audit {
    next: Option<String>,
    results: Vec<Person>,
}

#[derive(Debug, Deserialize)]
struct Person {
    full_name: String,
    username: String,
    email: String,
}

/// Whose a domain is.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Holder {
    /// `orgs` or `companies`.
    kind: &'static str,
    name: String,
}

impl Holder {
    fn organization(name: String) -> Self {
        Self { kind: "orgs", name }
    }

    fn company(name: String) -> Self {
        Self { kind: "companies", name }
    }

    /// The holder that was named, if one was.
    fn named(organization: Option<String>, company: Option<String>) -> Option<Self> {
        organization.map(Self::organization).or_else(|| company.map(Self::company))
    }

    fn domains(&self) -> [&str; 3] {
        [self.kind, &self.name, "domains"]
    }

    fn domain<'d>(&'d self, domain: &'d str) -> [&'d str; 4] {
        [self.kind, &self.name, "domains", domain]
    }

    /// As people read it.
    fn shown(&self) -> String {
        match self.kind {
            "orgs" => format!("organization `{}`", self.name),
            _ => format!("company `{}`", self.name),
        }
    }

    fn view(&self, domain: Domain) -> DomainView {
        DomainView {
            name: domain.name,
            holder: self.shown(),
            state: domain.state,
            proven_by: domain.proven_by,
            record: DomainRecord { name: domain.record.name, value: domain.record.value },
            auto_provision: domain.auto_provision_into,
            lapses: domain.lapses_at,
            contested_until: domain.contested_until,
            checked: domain.checked_at,
            seen: domain.last_seen,
            next: domain.next_check_at,
        }
    }
}

/// Every holder whose domains whoever calls may see.
fn holders(client: &Client) -> Result<Vec<Holder>, AdminError> {
    let mut holders = Vec::new();
    for organization in client.collect::<Named>(&["orgs"], &[], None, usize::MAX)?.results {
        holders.push(Holder::organization(organization.name));
    }
    match client.get::<Companies>(&["companies"], &[]) {
        Ok(companies) => holders.extend(companies.results.into_iter().map(|company| Holder::company(company.name))),
        // An organization's token has none.
        Err(error) if error.is_not_found() => {}
        Err(error) => return Err(error.into()),
    }
    Ok(holders)
}

/// The domain of this name: the holder's, or the only one there is.
fn find(client: &Client, name: &str, holder: Option<Holder>) -> Result<(Holder, Domain), AdminError> {
    let name = name.trim().trim_end_matches('.').to_lowercase();
    let among = match holder {
        Some(holder) => vec![holder],
        None => holders(client)?,
    };
    let mut found = Vec::new();
    for holder in among {
        match client.get::<Domain>(&holder.domain(&name), &[]) {
            Ok(domain) => found.push((holder, domain)),
            // Not there, or not for whoever is no owner there.
            Err(error) if error.is_not_found() || error.is_forbidden() => {}
            Err(error) => return Err(error.into()),
        }
    }
    match (found.pop(), found.is_empty()) {
        (Some(only), true) => Ok(only),
        (Some(_), false) => {
            let text = format!("several have claimed `{name}`: add `--organization NAME` or `--company NAME`");
            Err(AdminError::Wrong(text))
        }
        (None, _) => {
            let hint = "`muster domain list` shows which there are".to_owned();
            Err(AdminError::Missing { kind: "domain", name, hint })
        }
    }
}

pub(super) fn run(client: &Client, request: DomainRequest) -> Result<Answer, AdminError> {
    let of = Holder::named;
    let shown =
        |done: Option<String>, holder: &Holder, domain: Domain| Domains { done, domains: vec![holder.view(domain)] };
    let domains = match request {
        DomainRequest::List { organization, company } => list(client, of(organization, company))?,
        DomainRequest::Add { domain, organization, company } => {
            let Some(holder) = of(organization, company) else {
                let text = "say whose the domain is: `--organization NAME` or `--company NAME`";
                return Err(AdminError::Wrong(text.to_owned()));
            };
            let added = client.write(Method::POST, &holder.domains(), &json!({"domain": domain}))?;
            shown(Some(said::domain_added()), &holder, added)
        }
        DomainRequest::Show { domain, organization, company } => {
            let (holder, found) = find(client, &domain, of(organization, company))?;
            shown(None, &holder, found)
        }
        DomainRequest::Check { domain, organization, company } => {
            let (holder, found) = find(client, &domain, of(organization, company))?;
            let [kind, name, domains, domain] = holder.domain(&found.name);
            let path = [kind, name, domains, domain, "verify"];
            let checked: Domain = client.write(Method::POST, &path, &json!({}))?;
            shown(checked.last_seen.clone(), &holder, checked)
        }
        DomainRequest::AutoProvision { domain, into, organization, company } => {
            let (holder, found) = find(client, &domain, of(organization, company))?;
            let body = json!({"auto_provision": into.is_some(), "organization": into});
            let changed = client.write(Method::PATCH, &holder.domain(&found.name), &body)?;
            shown(None, &holder, changed)
        }
        DomainRequest::Remove { domain, organization, company } => {
            let (holder, found) = find(client, &domain, of(organization, company))?;
            client.delete(&holder.domain(&found.name), &[])?;
            Domains { done: Some(said::domain_removed(&found.name)), domains: Vec::new() }
        }
        DomainRequest::Audit { domain, organization, company, after, csv } => {
            let (holder, found) = find(client, &domain, of(organization, company))?;
            return audit(client, &holder, &found.name, after, csv).map(Answer::DomainAudit);
        }
        DomainRequest::Invite(request) => return invite(client, request).map(Answer::Invited),
    };
    Ok(Answer::Domains(domains))
}

fn list(client: &Client, holder: Option<Holder>) -> Result<Domains, AdminError> {
    let (among, is_named) = match holder {
        Some(holder) => (vec![holder], true),
        None => (holders(client)?, false),
    };
    let mut domains = Vec::new();
    for holder in among {
        match client.collect::<Domain>(&holder.domains(), &[], None, usize::MAX) {
            Ok(found) => domains.extend(found.results.into_iter().map(|domain| holder.view(domain))),
            Err(error) if !is_named && (error.is_not_found() || error.is_forbidden()) => {}
            Err(error) => return Err(error.into()),
        }
    }
    domains.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(Domains { done: None, domains })
}

fn audit(
    client: &Client,
    holder: &Holder,
    domain: &str,
    after: Option<String>,
    csv: bool,
) -> Result<DomainAudit, AdminError> {
    let [kind, name, domains, domain] = holder.domain(domain);
    let first = after.is_none();
    if csv {
        let text = client.get_bytes(&[kind, name, domains, domain, "audit", "export"], &[])?;
        let csv = Some(String::from_utf8_lossy(&text).into_owned());
        return Ok(DomainAudit { people: Vec::new(), next: None, first, csv });
    }
    let mut query = vec![("page_size", PAGE)];
    query.extend(after.as_deref().map(|after| ("after", after)));
    let page: Audit = client.get(&[kind, name, domains, domain, "audit"], &query)?;
    let person = |Person { full_name, username, email }| Outsider { name: full_name, username, email };
    let next = page.next.as_deref().and_then(super::client::place);
    Ok(DomainAudit { people: page.results.into_iter().map(person).collect(), next, first, csv: None })
}

fn invite(client: &Client, request: InviteRequest) -> Result<InvitedPeople, AdminError> {
    let InviteRequest { domain, organization, company, into, role, team, dry_run, after } = request;
    let (holder, found) = find(client, &domain, Holder::named(organization, company))?;
    let body = json!({
        "organization": into, "role": role.as_str(), "team": team, "dry_run": dry_run, "after": after,
    });
    let [kind, name, domains, domain] = holder.domain(&found.name);
    let path = [kind, name, domains, domain, "audit", "invite"];
    let invited: Invited = client.write(Method::POST, &path, &body)?;
    let organization = into.unwrap_or_else(|| holder.name.clone());
    Ok(invited.people(organization, dry_run))
}
