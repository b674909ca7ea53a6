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
    let path = ["orgs", organization, "members"];
    let found = client.collect::<Member>(&path, &[("search", who), ("type", "member")], None, 1_000)?;
    let member = found.results.into_iter().find(|member| member.email.eq_ignore_ascii_case(who));
    member.map(|member| member.username).ok_or_else(|| AdminError::Missing {
        kind: "member",
        name: who.to_owned(),
        hint: format!("`muster org members {organization}` lists them; invite others with `muster org invite`"),
    })
}
