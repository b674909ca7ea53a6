//! `muster team` over a server.

use http::Method;
use serde::Deserialize;
use serde_json::json;

use super::{
    client::Client,
    people::{self, Member},
};
use crate::admin::{AdminError, TeamChange, TeamLine, TeamRequest, Teams, said};

/// A team, as the management API shows it.
#[derive(Debug, Deserialize)]
struct Group {
    id: i64,
    uuid: String,
    name: String,
    description: String,
    member_count: i64,
}

impl From<Group> for TeamLine {
    fn from(Group { id, uuid, name, description, member_count }: Group) -> Self {
        Self { id: uuid, number: id, name, description, size: member_count, members: None }
    }
}

pub(super) fn run(client: &Client, organization: &str, request: TeamRequest) -> Result<Teams, AdminError> {
    let mut teams = Teams { organization: organization.to_owned(), teams: Vec::new(), next: None, done: None };
    match request {
        TeamRequest::List { after, limit } => {
            let limit = usize::try_from(limit).unwrap_or(usize::MAX);
            let found = client.collect::<Group>(&["orgs", organization, "groups"], &[], after, limit)?;
            teams.teams = found.results.into_iter().map(TeamLine::from).collect();
            teams.next = found.next;
        }
        TeamRequest::Show { team, after, limit } => {
            let team = find(client, organization, &team)?;
            let limit = usize::try_from(limit).unwrap_or(usize::MAX);
            let path = ["orgs", organization, "groups", &team.name, "members"];
            let found = client.collect::<Member>(&path, &[], after, limit)?;
            let members = found.results.into_iter().map(|member| member.line(|_| None)).collect();
            teams.next = found.next;
            teams.teams = vec![TeamLine { members: Some(members), ..team.into() }];
        }
        TeamRequest::Change { team, change } => {
            let (team, done) = perform(client, organization, &team, change)?;
            teams.teams = team.map(TeamLine::from).into_iter().collect();
            teams.done = Some(done);
        }
    }
    Ok(teams)
}

/// The team of this name.
fn find(client: &Client, organization: &str, name: &str) -> Result<Group, AdminError> {
    Ok(client.get(&["orgs", organization, "groups", name], &[])?)
}

/// Changes a team: the team afterwards, if it is still there, and what was done.
fn perform(
    client: &Client,
    organization: &str,
    name: &str,
    change: TeamChange,
) -> Result<(Option<Group>, String), AdminError> {
    let groups = ["orgs", organization, "groups"];
    match change {
        TeamChange::Create { description } => {
            let body = json!({"name": name, "description": description});
            Ok((Some(client.write(Method::POST, &groups, &body)?), said::team_made()))
        }
        TeamChange::Rename { to } => {
            let former = find(client, organization, name)?.name;
            let path = ["orgs", organization, "groups", &former];
            Ok((Some(client.write(Method::PATCH, &path, &json!({"name": to}))?), said::team_renamed(&former)))
        }
        TeamChange::Delete => {
            let name = find(client, organization, name)?.name;
            client.delete(&["orgs", organization, "groups", &name], &[])?;
            Ok((None, said::team_deleted(&name)))
        }
        TeamChange::Add { who } => {
            let username = people::username(client, organization, &who)?;
            let team = match client.get::<Group>(&["orgs", organization, "groups", name], &[]) {
                Err(error) if error.is_not_found() => client.write(Method::POST, &groups, &json!({"name": name}))?,
                found => found?,
            };
            let path = ["orgs", organization, "groups", &team.name, "members"];
            client.write_bytes(Method::POST, &path, &json!({"member": username}))?;
            Ok((Some(find(client, organization, &team.name)?), said::added(&username)))
        }
        TeamChange::Remove { who } => {
            let username = people::username(client, organization, &who)?;
            let name = find(client, organization, name)?.name;
            client.delete(&["orgs", organization, "groups", &name, "members", &username], &[])?;
            Ok((Some(find(client, organization, &name)?), said::taken_out(&username)))
        }
    }
}
