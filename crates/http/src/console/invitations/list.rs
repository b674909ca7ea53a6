//! Who is invited, and the form for inviting more.

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::Response,
};
use http::StatusCode;
use muster_crypto::TokenText;
use muster_engine::{EngineError, authority::Action, invitations};
use muster_model::{Invitation, InvitationId, Organization, Timestamp};
use muster_store::{Conn, Counter};
use serde::Deserialize;
use uuid::Uuid;

use crate::{
    HttpError,
    console::{
        list::{LINES, Pager, address},
        shell::{self, Section, Shell},
        visit::{Posted, Visit},
    },
    invitations::links,
    pages::{self, filters, texts},
};

/// What is asked for.
#[derive(Debug, Clone, Default, Deserialize)]
pub(in crate::console) struct Asked {
    #[serde(default)]
    after: String,
    #[serde(default)]
    pub(super) done: String,
}

/// A list as it was typed.
#[derive(Debug, Clone, Default)]
pub(super) struct Typed {
    pub(super) people: String,
    pub(super) role: String,
    pub(super) team: String,
}

#[derive(Template)]
#[template(path = "console/invitations/list.html")]
struct Page {
    shell: Shell,
    lines: Vec<Line>,
    pager: Pager,
    typed: Typed,
    /// The link of an invitation that was sent again, where no mail is sent.
    link: Option<String>,
}

/// One invitation.
struct Line {
    id: InvitationId,
    who: String,
    role: String,
    team: String,
    inviter: String,
    sent: Timestamp,
    expires: Timestamp,
}

/// `GET /console/orgs/{org}/invitations`.
pub(in crate::console) async fn page(
    visit: Visit,
    Path(org): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, HttpError> {
    show(&visit, &org, asked, Typed::default(), None, None).await
}

/// The page, with what was typed and the reason why something was not done.
pub(super) async fn show(
    visit: &Visit,
    org: &str,
    asked: Asked,
    typed: Typed,
    link: Option<String>,
    refused: Option<HttpError>,
) -> Result<Response, HttpError> {
    let after = InvitationId(asked.after.parse::<Uuid>().unwrap_or_default());
    let now = visit.acting().now();
    let read = visit.organization(org, Section::Invitations, move |conn, at| {
        let page = conn.pending_invitations_after(at.organization.id, after, LINES)?;
        let is_full = i64::try_from(page.len()).unwrap_or(i64::MAX) >= LINES;
        let next = page.last().filter(|_| is_full).map(|last| last.id);
        let live = page.iter().filter(|invitation| invitation.expires > now);
        let lines = live.map(|one| line(conn, &at.organization, one)).collect::<Result<Vec<_>, _>>()?;
        Ok((lines, next, conn.count(at.organization.id.0, Counter::Invitations)?))
    });
    let (shell, (lines, next, count)) = read.await?;
    let (status, shell) = shell.done(&asked.done).refused(visit, refused)?;
    let next = next.map(|after| address(&shell.at("/invitations"), &[("after", &after.to_string())]));
    let pager = Pager { count: texts::say("invitations-count", [("count", count.into())]), next };
    shell::page(status, &Page { shell, lines, pager, typed, link })
}

fn line(conn: &mut Conn<'_>, organization: &Organization, invitation: &Invitation) -> Result<Line, EngineError> {
    let inviter = invitation.inviter.map(|id| conn.account(id)).transpose()?.flatten();
    let team = invitation.team.map(|id| conn.team(organization.id, id)).transpose()?.flatten();
    Ok(Line {
        id: invitation.id,
        who: invitations::named(conn, invitation)?,
        role: invitation.role.as_str().to_owned(),
        team: team.map(|team| team.name).unwrap_or_default(),
        inviter: inviter.map(|account| account.username).unwrap_or_default(),
        sent: invitation.sent,
        expires: invitation.expires,
    })
}

/// `POST …/invitations/{id}/resend`: sends it again, with a new link.
pub(in crate::console) async fn resend(
    visit: Visit,
    Path((org, id)): Path<(String, InvitationId)>,
    Posted(_): Posted,
) -> Result<Response, HttpError> {
    let written: Vec<TokenText> = links(1)?;
    let (app, kept) = (visit.app().clone(), written.clone());
    let sent = visit.change(&org, Action::Invite, move |tx, env, at| {
        let Some(link) = written.first() else { return Err(EngineError::not_found("invitation", id)) };
        app.delivering(&written, |delivery| {
            invitations::resend(tx, env, &at.organization, id, &link.hash(), delivery).map(drop)
        })
    });
    match sent.await {
        Ok(()) => {
            let link = kept.first().and_then(|link| visit.app().shown(link));
            let asked = Asked { done: "done-invitation-sent".to_owned(), ..Asked::default() };
            show(&visit, &org, asked, Typed::default(), link, None).await
        }
        Err(error) => show(&visit, &org, Asked::default(), Typed::default(), None, Some(error)).await,
    }
}

/// `POST …/invitations/{id}/cancel`.
pub(in crate::console) async fn cancel(
    visit: Visit,
    Path((org, id)): Path<(String, InvitationId)>,
    Posted(_): Posted,
) -> Result<Response, HttpError> {
    let cancelled =
        visit.change(&org, Action::Invite, move |tx, env, at| invitations::cancel(tx, env, &at.organization, id));
    match cancelled.await {
        Ok(_) => {
            let path = format!("{}/console/orgs/{org}/invitations", visit.app().base_url());
            pages::see_other(&address(&path, &[("done", "done-invitation-cancelled")]))
        }
        Err(error) if error.status() == StatusCode::NOT_FOUND => Err(error),
        Err(error) => show(&visit, &org, Asked::default(), Typed::default(), None, Some(error)).await,
    }
}
