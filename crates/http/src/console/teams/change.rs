//! What owners do to a team.

use askama::Template;
use axum::{
    extract::Path,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use muster_engine::{authority::Action, members, organizations};
use muster_model::Team;

use super::one::{self, Typed};
use crate::{
    HttpError,
    console::{
        list::address,
        members::change::active,
        shell::{self, Section, Shell},
        visit::{Posted, Visit},
    },
    pages::{self, filters, texts},
};

/// To a team's page, which says what was done.
fn back(visit: &Visit, org: &str, team: &str, done: &str) -> Result<Response, HttpError> {
    let path = format!("{}/console/orgs/{org}/teams/{team}", visit.app().base_url());
    pages::see_other(&address(&path, &[("done", done)]))
}

/// `POST …/teams/{team}`: says what it is called and for.
pub(in crate::console) async fn update(
    visit: Visit,
    Path((org, team)): Path<(String, String)>,
    Posted(form): Posted,
) -> Result<Response, HttpError> {
    let said = |field: &str| form.text(field).unwrap_or_default().to_owned();
    let (name, description) = (said("name"), said("description"));
    let typed = Typed { team: Some((name.clone(), description.clone())), ..Typed::default() };
    let which = team.clone();
    let changed = visit.change(&org, Action::ChangeTeams, move |tx, env, at| {
        let team = organizations::team_named(tx, &at.organization, &which)?;
        organizations::change_team(tx, env, &at.organization, team.id, &name, &description)
    });
    match changed.await {
        Ok(changed) => back(&visit, &org, &changed.name, "done-team-changed"),
        Err(error) => one::refused(&visit, &org, &team, typed, error).await,
    }
}

/// `POST …/teams/{team}/members`: puts somebody in.
pub(in crate::console) async fn add_member(
    visit: Visit,
    Path((org, team)): Path<(String, String)>,
    Posted(form): Posted,
) -> Result<Response, HttpError> {
    let member = form.text("member").unwrap_or_default().to_owned();
    let (which, who) = (team.clone(), member.clone());
    let added = visit.change(&org, Action::ChangeTeams, move |tx, env, at| {
        let team = organizations::team_named(tx, &at.organization, &which)?;
        let member = active(tx, &at.organization, &who)?;
        organizations::add_to_team(tx, env, &at.organization, &member.account, &team.name)
    });
    let error = match added.await {
        Ok(_) => return back(&visit, &org, &team, "done-team-added"),
        // Of the form, not of the address.
        Err(error) if error.status() == StatusCode::NOT_FOUND && !member.is_empty() => {
            HttpError::field("member", texts::say("team-no-member", [("name", member.as_str().into())]))
        }
        Err(error) => error,
    };
    one::refused(&visit, &org, &team, Typed { member, ..Typed::default() }, error).await
}

/// `POST …/teams/{team}/members/{username}/remove`: takes somebody out.
pub(in crate::console) async fn remove_member(
    visit: Visit,
    Path((org, team, username)): Path<(String, String, String)>,
    Posted(_): Posted,
) -> Result<Response, HttpError> {
    let which = team.clone();
    let removed = visit.change(&org, Action::ChangeTeams, move |tx, env, at| {
        let team = organizations::team_named(tx, &at.organization, &which)?;
        let member = members::find(tx, &at.organization, &username)?;
        organizations::remove_from_team(tx, env, &at.organization, &member.account, team.id)
    });
    match removed.await {
        Ok(()) => back(&visit, &org, &team, "done-team-left"),
        Err(error) => one::refused(&visit, &org, &team, Typed::default(), error).await,
    }
}

#[derive(Template)]
#[template(path = "console/teams/delete.html")]
struct DeletePage {
    shell: Shell,
    team: Team,
    members: String,
}

/// `GET …/teams/{team}/delete`: who is affected.
pub(in crate::console) async fn delete_page(
    visit: Visit,
    Path((org, team)): Path<(String, String)>,
) -> Result<Response, HttpError> {
    show_delete(&visit, &org, &team, None).await
}

async fn show_delete(visit: &Visit, org: &str, team: &str, refused: Option<HttpError>) -> Result<Response, HttpError> {
    let team = team.to_owned();
    let read = visit.organization(org, Section::Teams, move |conn, at| {
        at.caller.require(conn, &at.organization, Action::ChangeTeams)?;
        let team = organizations::team_named(conn, &at.organization, &team)?;
        Ok((conn.team_size(team.id)?, team))
    });
    let (shell, (size, team)) = read.await?;
    let (status, shell) = shell.refused(visit, refused)?;
    let members = texts::say("team-delete-members", [("count", size.into())]);
    shell::page(status, &DeletePage { shell, team, members })
}

/// `POST …/teams/{team}/delete`.
pub(in crate::console) async fn delete(
    visit: Visit,
    Path((org, team)): Path<(String, String)>,
    Posted(_): Posted,
) -> Result<Response, HttpError> {
    let which = team.clone();
    let deleted = visit.change(&org, Action::ChangeTeams, move |tx, env, at| {
        let team = organizations::team_named(tx, &at.organization, &which)?;
        organizations::delete_team(tx, env, &at.organization, team.id)
    });
    match deleted.await {
        Ok(()) => {
            let path = format!("{}/console/orgs/{org}/teams", visit.app().base_url());
            pages::see_other(&address(&path, &[("done", "done-team-deleted")]))
        }
        Err(error) if error.status() == StatusCode::NOT_FOUND => Ok(error.into_response()),
        Err(error) => show_delete(&visit, &org, &team, Some(error)).await,
    }
}
