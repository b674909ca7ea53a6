//! One team, and who is in it.

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::Response,
};
use muster_engine::{
    authority::Action,
    members::{self, Member},
    organizations,
};
use muster_model::{AccountId, Team};
use serde::Deserialize;
use uuid::Uuid;

use crate::{
    HttpError,
    console::{
        list::{LINES, Pager, address},
        shell::{self, Section, Shell},
        visit::{Visit, called},
    },
    pages::{filters, texts},
};

/// What is asked for.
#[derive(Debug, Clone, Default, Deserialize)]
pub(in crate::console) struct Asked {
    #[serde(default)]
    after: String,
    #[serde(default)]
    done: String,
}

/// What was typed into a form that was refused.
#[derive(Debug, Clone, Default)]
pub(super) struct Typed {
    /// Whom to put in.
    pub(super) member: String,
    /// What the team is to be called, and for.
    pub(super) team: Option<(String, String)>,
}

#[derive(Template)]
#[template(path = "console/teams/one.html")]
struct Page {
    shell: Shell,
    team: Team,
    may_change: bool,
    sees_all: bool,
    people: Vec<Member>,
    pager: Pager,
    typed: Typed,
}

impl Page {
    /// What the name's field has in it.
    fn typed_name(&self) -> &str {
        self.typed.team.as_ref().map_or(&self.team.name, |(name, _)| name)
    }

    /// What the description's field has in it.
    fn typed_description(&self) -> &str {
        self.typed.team.as_ref().map_or(&self.team.description, |(_, description)| description)
    }
}

/// `GET /console/orgs/{org}/teams/{team}`.
pub(in crate::console) async fn page(
    visit: Visit,
    Path((org, team)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response, HttpError> {
    show(&visit, &org, &team, asked, Typed::default(), None).await
}

/// The page again, with the reason why something was not done and what was typed.
pub(super) async fn refused(
    visit: &Visit,
    org: &str,
    team: &str,
    typed: Typed,
    error: HttpError,
) -> Result<Response, HttpError> {
    show(visit, org, team, Asked::default(), typed, Some(error)).await
}

async fn show(
    visit: &Visit,
    org: &str,
    team: &str,
    asked: Asked,
    typed: Typed,
    refused: Option<HttpError>,
) -> Result<Response, HttpError> {
    let team = team.to_owned();
    // A place that is none is the beginning.
    let after = AccountId(asked.after.parse::<Uuid>().unwrap_or_default());
    let read = visit.organization(org, Section::Teams, move |conn, at| {
        let team = organizations::team_named(conn, &at.organization, &team)?;
        let ids = conn.team_members(team.id, after, 0, LINES)?;
        let memberships = conn.memberships_in(at.organization.id, &ids)?;
        let people = members::people(conn, &at.organization, memberships)?;
        let next = ids.last().filter(|_| i64::try_from(ids.len()).is_ok_and(|count| count >= LINES)).copied();
        let count = conn.team_size(team.id)?;
        Ok((team, people, next, count, at.may(Action::ChangeTeams), at.may(Action::ReadMembersInFull)))
    });
    let (shell, (team, people, next, count, may_change, sees_all)) = read.await?;
    let (status, shell) = shell.done(&asked.done).refused(visit, refused)?;
    let path = shell.at(&format!("/teams/{}", team.name));
    let next = next.map(|after| address(&path, &[("after", &after.to_string())]));
    let pager = Pager { count: texts::say("teams-members", [("count", count.into())]), next };
    shell::page(status, &Page { shell, team, may_change, sees_all, people, pager, typed })
}
