//! An organization's teams, from the shell (GRP-5, GRP-6).

use muster_engine::{EngineError, members, organizations};
use muster_model::{AccountId, Team};
use muster_store::Conn;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    AdminError, Installation, named,
    organization::{MemberLine, change, member_line},
    said,
};

/// What about an organization's teams.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TeamRequest {
    /// All of them, a page at a time.
    List { after: Option<String>, limit: u32 },
    /// Who is in one.
    Show { team: String, after: Option<String>, limit: u32 },
    /// One is changed.
    Change { team: String, change: TeamChange },
}

/// What is done with a team.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TeamChange {
    /// It is made.
    Create { description: String },
    /// It gets another name.
    Rename { to: String },
    /// It is deleted.
    Delete,
    /// A member is put into it.
    Add { who: String },
    /// A member is taken out of it.
    Remove { who: String },
}

/// Teams, by name.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Teams {
    pub(crate) organization: String,
    pub(crate) teams: Vec<TeamLine>,
    /// What to go on after, if there are more teams, or more members of the one that is shown.
    pub(crate) next: Option<String>,
    /// What was done just now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) done: Option<String>,
}

/// One team.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct TeamLine {
    pub(crate) id: String,
    pub(crate) number: i64,
    pub(crate) name: String,
    pub(crate) description: String,
    /// How many are in it.
    pub(crate) size: i64,
    /// Who, if that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) members: Option<Vec<MemberLine>>,
}

pub(super) fn run(installation: &Installation, organization: &str, request: TeamRequest) -> Result<Teams, AdminError> {
    let organization = named::organization(installation, organization)?;
    let mut teams = Teams { organization: organization.name.clone(), teams: Vec::new(), next: None, done: None };
    match request {
        TeamRequest::List { after, limit } => {
            let (id, after) = (organization.id, after.unwrap_or_default());
            let most = usize::try_from(limit).unwrap_or(usize::MAX);
            teams.teams = installation.store.snapshot_blocking::<_, EngineError, _>(move |conn| {
                let page = conn.teams_page(id, "", &after, 0, i64::from(limit))?.into_iter();
                page.map(|team| line(conn, team)).collect::<Result<_, _>>()
            })?;
            teams.next = teams.teams.last().filter(|_| teams.teams.len() == most).map(|last| last.name.clone());
        }
        TeamRequest::Show { team, after, limit } => {
            let team = named::team(installation, &organization, &team)?;
            let after = match after {
                Some(text) => named::after(Some(&text))?,
                None => AccountId(Uuid::nil()),
            };
            let (at, limit) = (organization, i64::from(limit));
            let (line, next) = installation.store.snapshot_blocking::<_, EngineError, _>(move |conn| {
                let ids = conn.team_members(team.id, after, 0, limit)?;
                let next = ids.last().filter(|_| i64::try_from(ids.len()).unwrap_or(0) == limit).copied();
                let memberships = if ids.is_empty() { Vec::new() } else { conn.memberships_in(at.id, &ids)? };
                let people = members::people(conn, &at, memberships)?.into_iter();
                let members = people.map(|member| member_line(&members::Line::Member(Box::new(member)))).collect();
                Ok((TeamLine { members: Some(members), ..line(conn, team.clone())? }, next))
            })?;
            teams.next = next.map(|next| next.to_string());
            teams.teams = vec![line];
        }
        TeamRequest::Change { team, change } => {
            let (changed, done) = perform(installation, &organization, &team, change)?;
            teams.done = Some(done);
            if let Some(changed) = changed {
                let line = installation.store.snapshot_blocking(move |conn| line(conn, changed.clone()));
                teams.teams = vec![line?];
            }
        }
    }
    Ok(teams)
}

/// Changes a team: the team afterwards, if it is still there, and what was done.
fn perform(
    installation: &Installation,
    organization: &muster_model::Organization,
    name: &str,
    what: TeamChange,
) -> Result<(Option<Team>, String), AdminError> {
    if let TeamChange::Create { description } = what {
        let name = name.to_owned();
        let team = change(installation, organization, move |tx, env, organization| {
            organizations::create_team(tx, env, organization, &name, &description)
        })?;
        return Ok((Some(team), said::team_made()));
    }
    if let TeamChange::Add { who } = &what {
        let (account, name) = (named::account(installation, who)?, name.to_owned());
        let done = said::added(&account.username);
        let team = change(installation, organization, move |tx, env, organization| {
            organizations::add_to_team(tx, env, organization, &account, &name)
        })?;
        return Ok((Some(team), done));
    }
    let team = named::team(installation, organization, name)?;
    let id = team.id;
    match what {
        TeamChange::Rename { to } => {
            let description = team.description.clone();
            let after = change(installation, organization, move |tx, env, organization| {
                organizations::change_team(tx, env, organization, id, &to, &description)
            })?;
            Ok((Some(after), said::team_renamed(&team.name)))
        }
        TeamChange::Delete => {
            change(installation, organization, move |tx, env, organization| {
                organizations::delete_team(tx, env, organization, id)
            })?;
            Ok((None, said::team_deleted(&team.name)))
        }
        TeamChange::Remove { who } => {
            let account = named::account(installation, &who)?;
            let done = said::taken_out(&account.username);
            change(installation, organization, move |tx, env, organization| {
                organizations::remove_from_team(tx, env, organization, &account, id)
            })?;
            Ok((Some(team), done))
        }
        TeamChange::Create { .. } | TeamChange::Add { .. } => Ok((Some(team), String::new())),
    }
}

fn line(conn: &mut Conn<'_>, team: Team) -> Result<TeamLine, EngineError> {
    Ok(TeamLine {
        id: team.id.to_string(),
        number: team.number,
        size: conn.team_size(team.id)?,
        name: team.name,
        description: team.description,
        members: None,
    })
}
