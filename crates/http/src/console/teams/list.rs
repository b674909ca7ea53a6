//! The list of teams.

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::Response,
};
use muster_engine::{authority::Action, organizations};
use muster_model::Team;
use serde::Deserialize;

use crate::{
    HttpError,
    console::{
        list::{LINES, Pager, address},
        shell::{self, Section, Shell},
        visit::{Posted, Visit},
    },
    pages::{self, filters, texts},
};

/// What is asked for.
#[derive(Debug, Clone, Default, Deserialize)]
pub(in crate::console) struct Asked {
    #[serde(default)]
    search: String,
    #[serde(default)]
    after: String,
    #[serde(default)]
    done: String,
}

/// A team that is to be made, as it was typed.
#[derive(Debug, Clone, Default)]
struct New {
    name: String,
    description: String,
}

#[derive(Template)]
#[template(path = "console/teams/list.html")]
struct Page {
    shell: Shell,
    search: String,
    may_change: bool,
    lines: Vec<TeamLine>,
    pager: Pager,
    new: New,
}

/// One line.
struct TeamLine {
    name: String,
    description: String,
    members: String,
}

/// `GET /console/orgs/{org}/teams`.
pub(in crate::console) async fn page(
    visit: Visit,
    Path(org): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, HttpError> {
    show(&visit, &org, asked, New::default(), None).await
}

async fn show(
    visit: &Visit,
    org: &str,
    asked: Asked,
    new: New,
    refused: Option<HttpError>,
) -> Result<Response, HttpError> {
    let (prefix, after) = (asked.search.trim().to_lowercase(), asked.after.clone());
    let read = visit.organization(org, Section::Teams, move |conn, at| {
        let organization = at.organization.id;
        let count = conn.teams_count(organization, &prefix)?;
        let teams: Vec<Team> = conn.teams_page(organization, &prefix, &after, 0, LINES)?;
        let mut lines = Vec::with_capacity(teams.len());
        for team in teams {
            lines.push((conn.team_size(team.id)?, team));
        }
        Ok((count, lines, at.may(Action::ChangeTeams)))
    });
    let (shell, (count, teams, may_change)) = read.await?;
    let (status, shell) = shell.done(&asked.done).refused(visit, refused)?;
    let is_full = i64::try_from(teams.len()).unwrap_or(i64::MAX) >= LINES;
    let next = teams
        .last()
        .filter(|_| is_full)
        .map(|(_, last)| address(&shell.at("/teams"), &[("search", &asked.search), ("after", &last.name)]));
    let line = |(size, team): (i64, Team)| TeamLine {
        name: team.name,
        description: team.description,
        members: texts::say("teams-members", [("count", size.into())]),
    };
    let pager = Pager { count: texts::say("teams-count", [("count", count.into())]), next };
    let lines = teams.into_iter().map(line).collect();
    shell::page(status, &Page { shell, search: asked.search, may_change, lines, pager, new })
}

/// `POST /console/orgs/{org}/teams`: makes one.
pub(in crate::console) async fn create(
    visit: Visit,
    Path(org): Path<String>,
    Posted(form): Posted,
) -> Result<Response, HttpError> {
    let said = |field: &str| form.text(field).unwrap_or_default().to_owned();
    let new = New { name: said("name"), description: said("description") };
    let wanted = new.clone();
    let made = visit.change(&org, Action::ChangeTeams, move |tx, env, at| {
        organizations::create_team(tx, env, &at.organization, &wanted.name, &wanted.description)
    });
    match made.await {
        Ok(team) => {
            let path = format!("{}/console/orgs/{org}/teams/{}", visit.app().base_url(), team.name);
            pages::see_other(&address(&path, &[("done", "done-team-made")]))
        }
        Err(error) => show(&visit, &org, Asked::default(), new, Some(error)).await,
    }
}
