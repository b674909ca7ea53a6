//! Removing a member: first what it means, then the button (ORG-2).

use askama::Template;
use axum::{
    extract::Path,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use muster_engine::{authority::Action, members, organizations, returns};

use crate::{
    HttpError,
    console::{
        list::address,
        shell::{self, Section, Shell},
        visit::{Posted, Visit, called},
    },
    pages::{self, filters},
};

#[derive(Template)]
#[template(path = "console/members/remove.html")]
struct Page {
    shell: Shell,
    name: String,
    username: String,
    teams: Vec<String>,
    /// What would bring the person back.
    returns: Vec<String>,
}

/// `GET …/members/{username}/remove`: who is affected, and how.
pub(in crate::console) async fn page(
    visit: Visit,
    Path((org, username)): Path<(String, String)>,
) -> Result<Response, HttpError> {
    show(&visit, &org, &username, None).await
}

async fn show(visit: &Visit, org: &str, username: &str, refused: Option<HttpError>) -> Result<Response, HttpError> {
    let who = username.to_owned();
    let read = visit.organization(org, Section::Members, move |conn, at| {
        at.caller.require(conn, &at.organization, Action::ChangeMembers)?;
        let member = members::find(conn, &at.organization, &who)?;
        let ways = returns::ways_back(conn, &at.organization, &member.account)?;
        Ok((member, ways))
    });
    let (shell, (member, ways)) = read.await?;
    let (status, shell) = shell.refused(visit, refused)?;
    let page = Page {
        name: called(&member.account),
        username: member.account.username,
        teams: member.teams,
        returns: ways.iter().map(returns::Return::warning).collect(),
        shell,
    };
    shell::page(status, &page)
}

/// `POST …/members/{username}/remove`.
pub(in crate::console) async fn submit(
    visit: Visit,
    Path((org, username)): Path<(String, String)>,
    Posted(form): Posted,
) -> Result<Response, HttpError> {
    let block = form.text("block").is_some();
    let who = username.clone();
    let removed = visit.change(&org, Action::ChangeMembers, move |tx, env, at| {
        let member = members::find(tx, &at.organization, &who)?;
        organizations::remove_member(tx, env, &at.organization, &member.account, block)
    });
    match removed.await {
        Ok(()) => {
            let path = format!("{}/console/orgs/{org}/members", visit.app().base_url());
            pages::see_other(&address(&path, &[("done", "done-removed")]))
        }
        Err(error) if error.status() == StatusCode::NOT_FOUND => Ok(error.into_response()),
        Err(error) => show(&visit, &org, &username, Some(error)).await,
    }
}
