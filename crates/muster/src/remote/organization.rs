//! `muster org` over a server.

use std::collections::BTreeMap;

use http::Method;
use muster_model::Role;
use serde::Deserialize;
use serde_json::json;

use super::{
    client::{self, Client},
    invitation,
    people::{self, Member},
};
use crate::admin::{
    AdminError, Answer, Blocked, BlockedLine, Members, MembersExport, MembersRequest, OrganizationLine,
    OrganizationRequest, Organizations, said,
};

/// That somebody who was removed comes back (ORG-2).
#[derive(Debug, Deserialize)]
struct Removed {
    returns: Vec<Return>,
}

#[derive(Debug, Deserialize)]
struct Return {
    warning: String,
}

/// Those who are kept out.
#[derive(Debug, Deserialize)]
struct Blocks {
    next: Option<String>,
    results: Vec<Block>,
}

#[derive(Debug, Deserialize)]
struct Block {
    id: String,
    username: String,
    removed_at: Option<String>,
}

/// More organizations than anybody is in.
const ORGANIZATIONS: usize = 10_000;

/// An organization, as the management API shows it.
#[derive(Debug, Deserialize)]
struct Organization {
    id: String,
    name: String,
    company: Option<String>,
    date_joined: String,
    seats: Option<i64>,
    members: Option<i64>,
    invitations: Option<i64>,
    owners: Vec<String>,
}

impl From<Organization> for OrganizationLine {
    fn from(organization: Organization) -> Self {
        let Organization { id, name, company, date_joined, seats, members, invitations, owners } = organization;
        Self { id, name, company, seats, members, invitations, owners, created: date_joined }
    }
}

pub(super) fn run(client: &Client, request: OrganizationRequest) -> Result<Answer, AdminError> {
    use OrganizationRequest as Asked;
    match request {
        Asked::List => {
            let found = client.collect::<Organization>(&["orgs"], &[], None, ORGANIZATIONS)?;
            let organizations = found.results.into_iter().map(OrganizationLine::from).collect();
            Ok(Answer::Organizations(Organizations { organizations, done: None }))
        }
        Asked::Show { organization } => one(client, &organization, None),
        Asked::Create { company: None, .. } => Err(AdminError::Wrong(
            "over a server, owners of a company make organizations in it: name it with `--company`".to_owned(),
        )),
        Asked::Create { name, company: Some(company), seats } => {
            let path = ["companies", &company, "organizations"];
            let made: Organization = client.write(Method::POST, &path, &json!({"name": name, "seats": seats}))?;
            one(client, &made.name, Some("the organization was made".to_owned()))
        }
        Asked::Rename { organization, to } => {
            let former = named(client, &organization)?.name;
            let after: Organization = client.write(Method::PATCH, &["orgs", &former], &json!({"name": to}))?;
            one(client, &after.name, Some(said::renamed(&former)))
        }
        Asked::Seats { organization, seats } => {
            let path = ["orgs", &organization];
            let after: Organization = client.write(Method::PATCH, &path, &json!({"seats": seats}))?;
            one(client, &after.name, Some(said::seats_set()))
        }
        Asked::Members(request) => members(client, request).map(Answer::Members),
        Asked::SetRole { organization, who, role } => {
            let username = people::username(client, &organization, &who)?;
            let path = ["orgs", &organization, "members", &username];
            let member: Member = client.write(Method::PUT, &path, &json!({"role": role.as_str()}))?;
            let members = vec![member.line(|_| None)];
            Ok(Answer::Members(Members { organization, count: 1, members, next: None }))
        }
        Asked::RemoveMember { organization, who, block } => {
            let username = people::username(client, &organization, &who)?;
            let blocks = if block { "true" } else { "false" };
            let path = ["orgs", &organization, "members", &username];
            let ways = client.end::<Removed>(&path, &[("block", blocks)])?;
            let mut done = said::removed(&username, block);
            for way in ways.into_iter().flat_map(|removed| removed.returns) {
                done.push_str(&said::returns(&way.warning));
            }
            one(client, &organization, Some(done))
        }
        Asked::Blocked { organization, after, limit } => {
            blocked(client, organization, after, limit).map(Answer::Blocked)
        }
        Asked::Unblock { organization, who } => {
            let username = who.trim().to_lowercase();
            if username.contains('@') {
                return Err(AdminError::Wrong(format!(
                    "over a server, whoever is kept out is named by username (TEN-3): `muster org blocked {organization}` lists them"
                )));
            }
            client.delete(&["orgs", &organization, "blocks", &username], &[])?;
            one(client, &organization, Some(said::unblocked(&username)))
        }
        Asked::Export { organization, .. } => export(client, &organization).map(Answer::MembersExported),
        Asked::Invite { organization, people, dry_run } => {
            invitation::invite(client, &organization, people, dry_run).map(Answer::Invited)
        }
        Asked::Invitations { organization, after, limit } => {
            invitation::list(client, &organization, after, limit).map(Answer::Invitations)
        }
        Asked::Resend { organization, who } => invitation::resend(client, &organization, &who).map(Answer::Invitations),
        Asked::Cancel { organization, who } => invitation::cancel(client, &organization, &who).map(Answer::Invitations),
    }
}

fn named(client: &Client, name: &str) -> Result<Organization, AdminError> {
    Ok(client.get(&["orgs", name], &[])?)
}

fn one(client: &Client, name: &str, done: Option<String>) -> Result<Answer, AdminError> {
    let organizations = vec![named(client, name)?.into()];
    Ok(Answer::Organizations(Organizations { organizations, done }))
}

/// Those who are kept out, page after page.
fn blocked(
    client: &Client,
    organization: String,
    mut after: Option<String>,
    limit: u32,
) -> Result<Blocked, AdminError> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut blocked = Vec::new();
    loop {
        let size = limit.saturating_sub(blocked.len()).clamp(1, client::PAGE).to_string();
        let mut query = vec![("page_size", size.as_str())];
        query.extend(after.as_deref().map(|after| ("after", after)));
        let page: Blocks = client.get(&["orgs", &organization, "blocks"], &query)?;
        blocked.extend(page.results.into_iter().map(|one| BlockedLine {
            id: one.id,
            username: one.username,
            removed: one.removed_at,
        }));
        after = page.next.as_deref().and_then(client::place);
        if after.is_none() || blocked.len() >= limit {
            return Ok(Blocked { organization, blocked, next: after });
        }
    }
}

fn members(client: &Client, request: MembersRequest) -> Result<Members, AdminError> {
    let MembersRequest { organization, search, role, invites, after, limit } = request;
    let mut query = vec![("invites", if invites { "true" } else { "false" })];
    query.extend(search.as_deref().map(|search| ("search", search)));
    query.extend(role.map(|role| ("role", role.as_str())));
    let after = after.as_deref().map(place).transpose()?;
    let path = ["orgs", &organization, "members"];
    let found = client.collect::<Member>(&path, &query, after, usize::try_from(limit).unwrap_or(usize::MAX))?;
    // The list says of those who are invited only that they are.
    let mut roles: BTreeMap<String, Role> = BTreeMap::new();
    if found.results.iter().any(Member::is_invited) {
        let invitations = invitation::all(client, &organization)?;
        roles.extend(invitations.into_iter().map(|invitation| (invitation.id, invitation.role)));
    }
    let members = found.results.into_iter().map(|member| member.line(|id| roles.get(id).copied())).collect();
    Ok(Members { organization, count: found.count, members, next: found.next.as_deref().and_then(shown) })
}

/// The kinds of places in lists of people: as the shell writes them, and as the management API does.
const PLACES: [(&str, &str); 4] = [("member", "m"), ("username", "u"), ("address", "a"), ("invitation", "i")];

/// A place as it was typed, for the management API.
fn place(text: &str) -> Result<String, AdminError> {
    let known = text.split_once(':').and_then(|(kind, rest)| {
        PLACES.iter().find(|(long, _)| *long == kind).map(|(_, short)| format!("{short}:{rest}"))
    });
    known.ok_or_else(|| {
        AdminError::Wrong(format!("`--after {text}` is no place in a list: use what the last page ended with"))
    })
}

/// A place of the management API, as it is typed.
fn shown(text: &str) -> Option<String> {
    let (kind, rest) = text.split_once(':')?;
    PLACES.iter().find(|(_, short)| *short == kind).map(|(long, _)| format!("{long}:{rest}"))
}

/// All members at once: a server streams them.
fn export(client: &Client, organization: &str) -> Result<MembersExport, AdminError> {
    let csv = client.get_bytes(&["orgs", organization, "members", "export"], &[])?;
    let people = csv::Reader::from_reader(csv.as_ref()).into_byte_records().count();
    Ok(MembersExport { csv: String::from_utf8_lossy(&csv).into_owned(), people, next: None })
}
