//! What owners do to a member by hand.

use axum::{extract::Path, response::Response};
use muster_engine::{EngineError, authority::Action, members, organizations};
use muster_model::{Organization, Role};
use muster_store::Conn;

use crate::{
    HttpError,
    console::{
        list::address,
        members::one,
        visit::{Posted, Visit},
    },
    pages,
};

/// `POST …/members/{username}/role`.
pub(in crate::console) async fn role(
    visit: Visit,
    Path((org, username)): Path<(String, String)>,
    Posted(form): Posted,
) -> Result<Response, HttpError> {
    let Some(role) = form.text("role").and_then(|role| role.parse::<Role>().ok()) else {
        return Err(HttpError::field("role", "choose owner, editor or member"));
    };
    let who = username.clone();
    let changed = visit.change(&org, Action::ChangeMembers, move |tx, env, at| {
        let member = active(tx, &at.organization, &who)?;
        organizations::set_member(tx, env, &at.organization, &member.account, role)
    });
    match changed.await {
        Ok(()) => back(&visit, &org, &username, "done-role"),
        Err(error) => one::refused(&visit, &org, &username, error).await,
    }
}

/// To the member's page, which says what was done.
pub(in crate::console) fn back(visit: &Visit, org: &str, username: &str, done: &str) -> Result<Response, HttpError> {
    let path = format!("{}/console/orgs/{org}/members/{username}", visit.app().base_url());
    pages::see_other(&address(&path, &[("done", done)]))
}

/// A member who has access.
pub(in crate::console) fn active(
    conn: &mut Conn<'_>,
    organization: &Organization,
    username: &str,
) -> Result<members::Member, EngineError> {
    let member = members::find(conn, organization, username)?;
    if member.membership.is_active() { Ok(member) } else { Err(EngineError::not_found("member", username)) }
}
