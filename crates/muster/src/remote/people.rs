//! Members of an organization, as the management API shows them.

use muster_model::Role;
use serde::Deserialize;

use super::client::Client;
use crate::admin::{AdminError, PersonLine};

/// A member, or somebody who is invited.
#[derive(Debug, Deserialize)]
pub(super) struct Member {
    id: String,
    pub(super) username: String,
    full_name: String,
    email: String,
    role: String,
    groups: Vec<String>,
    is_guest: bool,
    date_joined: String,
    last_logged_in_at: Option<String>,
    #[serde(rename = "type")]
    kind: String,
}

impl Member {
    /// Whether the person has not accepted yet.
    pub(super) fn is_invited(&self) -> bool {
        self.kind == "Invitee"
    }

    /// As the shell shows them; `invited_as` is the role that comes with an invitation.
    pub(super) fn line(self, invited_as: impl FnOnce(&str) -> Option<Role>) -> PersonLine {
        let role = if self.is_invited() { invited_as(&self.id) } else { self.role.parse().ok() };
        PersonLine {
            role: role.unwrap_or(Role::Member),
            id: self.id,
            kind: self.kind,
            username: self.username,
            full_name: self.full_name,
            email: self.email,
            teams: self.groups,
            is_guest: self.is_guest,
            since: self.date_joined,
            last_signed_in: self.last_logged_in_at,
        }
    }
}

/// The username of the member whom an address or a username names.
pub(super) fn username(client: &Client, organization: &str, who: &str) -> Result<String, AdminError> {
    let who = who.trim();
    if !who.contains('@') {
        return Ok(who.to_lowercase());
    }
    let member = by_address(client, organization, who)?;
    member.map(|member| member.username).ok_or_else(|| AdminError::Missing {
        kind: "member",
        name: who.to_owned(),
        hint: format!("`muster org members {organization}` lists them; invite others with `muster org invite`"),
    })
}

fn by_address(client: &Client, organization: &str, address: &str) -> Result<Option<Member>, AdminError> {
    let path = ["orgs", organization, "members"];
    let found = client.collect::<Member>(&path, &[("search", address), ("type", "member")], None, 1_000)?;
    Ok(found.results.into_iter().find(|member| member.email.eq_ignore_ascii_case(address)))
}

/// Somebody in an organization of whoever calls.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) organization: String,
    pub(super) username: String,
}

/// An organization, as far as it matters here.
#[derive(Debug, Deserialize)]
struct Own {
    name: String,
    role: String,
}

/// Looks for somebody in an organization, or else in all that whoever calls owns: where the person is, or first is.
pub(super) fn find(client: &Client, who: &str, organization: Option<&str>) -> Result<Found, AdminError> {
    let missing = || AdminError::Missing {
        kind: "member",
        name: who.to_owned(),
        hint: "people of organizations that you own are seen over a server: `muster org members NAME` lists them"
            .to_owned(),
    };
    let mut places = places(client, who, organization)?;
    if places.is_empty() { Err(missing()) } else { Ok(places.swap_remove(0)) }
}

/// As [`find`], where it matters in which organization.
pub(super) fn find_only(client: &Client, who: &str, organization: Option<&str>) -> Result<Found, AdminError> {
    let found = places(client, who, organization)?;
    if found.len() > 1 {
        let names: Vec<&str> = found.iter().map(|place| place.organization.as_str()).collect();
        return Err(AdminError::Wrong(format!(
            "`{who}` is in several of your organizations: name one with `--organization`, such as {}",
            names.join(", ")
        )));
    }
    match found.into_iter().next() {
        Some(found) => Ok(found),
        None => find(client, who, organization),
    }
}

fn places(client: &Client, who: &str, organization: Option<&str>) -> Result<Vec<Found>, AdminError> {
    let names = match organization {
        Some(name) => vec![name.to_owned()],
        None => {
            let own = client.collect::<Own>(&["orgs"], &[], None, 10_000)?.results.into_iter();
            own.filter(|own| own.role == "owner").map(|own| own.name).collect()
        }
    };
    let (who, mut found) = (who.trim(), Vec::new());
    for name in names {
        let member = if who.contains('@') {
            by_address(client, &name, who)?
        } else {
            match client.get::<Member>(&["orgs", &name, "members", who], &[]) {
                Err(error) if error.is_not_found() => None,
                member => Some(member?),
            }
        };
        found.extend(member.map(|member| Found { organization: name, username: member.username }));
    }
    Ok(found)
}
