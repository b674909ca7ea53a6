//! Who was removed and is kept out, and letting them back (ORG-2).

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::Response,
};
use http::StatusCode;
use muster_engine::{EngineError, authority::Action, returns};
use muster_model::{AccountId, Timestamp};
use serde::Deserialize;
use uuid::Uuid;

use crate::{
    HttpError,
    console::{
        list::{LINES, address},
        shell::{self, Section, Shell},
        visit::{Posted, Visit},
    },
    pages::{self, filters},
};

/// What is asked for.
#[derive(Debug, Clone, Default, Deserialize)]
pub(in crate::console) struct Asked {
    #[serde(default)]
    after: String,
    #[serde(default)]
    done: String,
}

/// Somebody who is kept out: no member, of whom an owner knows no more than the username (TEN-3).
struct Line {
    username: String,
    removed: Option<Timestamp>,
}

#[derive(Template)]
#[template(path = "console/members/blocks.html")]
struct Page {
    shell: Shell,
    lines: Vec<Line>,
    next: Option<String>,
}

/// `GET …/blocks`.
pub(in crate::console) async fn page(
    visit: Visit,
    Path(org): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, HttpError> {
    let after = AccountId(asked.after.parse::<Uuid>().unwrap_or_default());
    let read = visit.organization(&org, Section::Members, move |conn, at| {
        at.caller.require(conn, &at.organization, Action::ReadMembersInFull)?;
        returns::blocked(conn, &at.organization, after, LINES + 1)
    });
    let (shell, mut found) = read.await?;
    let shell = shell.done(&asked.done);
    let size = usize::try_from(LINES).unwrap_or(usize::MAX);
    let has_next = found.len() > size;
    found.truncate(size);
    let last = found.last().filter(|_| has_next).map(|(membership, _)| membership.account.to_string());
    let next = last.map(|after| address(&shell.at("/blocks"), &[("after", &after)]));
    let line = |(membership, account): (muster_model::Membership, muster_model::Account)| Line {
        username: account.username,
        removed: membership.ended,
    };
    shell::page(StatusCode::OK, &Page { lines: found.into_iter().map(line).collect(), next, shell })
}

/// `POST …/blocks/{username}/lift`.
pub(in crate::console) async fn lift(
    visit: Visit,
    Path((org, username)): Path<(String, String)>,
    Posted(_): Posted,
) -> Result<Response, HttpError> {
    let lifted = visit.change(&org, Action::ChangeMembers, move |tx, env, at| {
        let account = tx.account_by_username(&username.trim().to_lowercase())?;
        let account = account.ok_or_else(|| EngineError::not_found("block", &username))?;
        returns::lift_block(tx, env, &at.organization, &account)
    });
    lifted.await?;
    let path = format!("{}/console/orgs/{org}/blocks", visit.app().base_url());
    pages::see_other(&address(&path, &[("done", "done-block-lifted")]))
}
